#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

/*
 * One question being driven to its end: its function is run, what it wants is
 * fetched, and it is run again once per turn of the loop while answers come.
 * Engine thread only.
 */

#include "engine/engine.h"
#include "evidence/evidence.h"

struct waiter;

struct ask {
	struct engine		*engine;
	struct arena		*arena;
	struct evidence		*ev;
	struct evidence_source	 source;
	question		 fn;
	void			*ctx;
	void			(*done)(struct ask *);	/* its owner's; frees nothing of the ask */
	void			*owner;
	uint64_t		 deadline_ms;
	unsigned		 activations;
	unsigned		 runs;		/* how often it has been run: cache_facts_leave */
	bool			 fresh;
	bool			 runnable;	/* in the run list */
	bool			 answered;	/* fn said so; false: the limit came first */
	struct waiter		*waiters;	/* the cache's */
	struct ask		*run_next;
	struct ask		*older, *newer;	/* all that are open, by start */
};

struct ask_options_engine {
	enum truth_depth	 depth;
	bool			 fresh;
	bool			 bulk;		/* one of many, though it asks the name servers themselves */
	bool			 alone;		/* one of few of a large panel, though it asks the resolver */
	uint32_t		 time_limit_ms;	/* 0 = the engine's */
};

struct ask	*ask_start(struct engine *, question, void *ctx, const struct ask_options_engine *,
		    void (*done)(struct ask *), void *owner);
/* An answer came: run it at the end of this turn. */
void		 ask_wake(struct ask *);

/* One turn of the engine: net, deadlines, then each runnable ask once. */
/* Every ask that is open ends now, with what there is. */
void		 asks_expire(struct engine *);
void		 engine_turn(struct engine *, int timeout_ms);

#endif
