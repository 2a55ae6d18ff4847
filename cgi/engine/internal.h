#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

/* What the files of this room share; nobody else includes it. */

#include <pthread.h>

#include "engine/engine.h"
#include "engine/ask.h"
#include "engine/cache.h"

struct net;
struct job;

struct engine {
	struct engine_setup	 setup;
	struct arena		*arena;		/* lives as long as the engine */
	struct net		*net;		/* NULL: a replay */
	struct cache		*cache;
	struct evidence_source	*replay;	/* NULL: the real world */

	/* asks, engine thread only */
	struct ask		*oldest, *newest;
	struct ask		*run_first, **run_last;

	/* the engine thread and those who hand it work */
	bool			 threaded;
	pthread_t		 thread;
	pthread_mutex_t		 lock;
	pthread_cond_t		 changed;	/* a job ended */
	struct job		*jobs, **jobs_last;
	bool			 stopping;

	struct access		*access;	/* access.c */
	struct apply_state	*apply;		/* apply.c */
	struct checking		*checking;	/* check.c: names being checked now */
	pthread_t		 keeper;	/* keeper.c */
	bool			 keeper_ending;
};

/*
 * Work for the engine thread: start is called there, and must sooner or later
 * call job_end.  engine_do returns when it has.  On the command line the
 * caller's thread is the engine thread.
 */
struct job {
	void			(*start)(struct engine *, struct job *);
	void			*ctx;
	bool			 ended;
	bool			 detached;	/* nobody waits: freed at its end */
	void			(*turned)(struct engine *, struct job *);	/* command line: after each turn, or NULL */
	struct job		*next;
};

void	engine_do(struct engine *, struct job *);
void	job_end(struct engine *, struct job *);

/* One request to the outside, from any thread; waits for the reply, which lives in the arena.
 * Writes come here: they are made once and never shared. */
void	engine_call(struct engine *, struct arena *, const struct request *, struct reply *ret);

/* engine_ask with depth and freshness. */
bool	engine_ask_at(struct engine *, question, void *ctx, const struct ask_options_engine *);

/*
 * The engine's thread alone, without the keeper: so that a command line may do
 * several things at once for a while.  At the end nothing may be under way.
 */
bool	engine_thread_start(struct engine *, struct err *);
void	engine_thread_stop(struct engine *);

/* `serve` is ending: what can be gone on with later stops here. */
bool	engine_ending(struct engine *);

/* The thread that re-checks, settles and recovers by itself (serve). */
bool	keeper_start(struct engine *, struct err *);
void	keeper_stop(struct engine *);

/* The wall clock, by the loop's turn. */
int64_t	engine_now(struct engine *);
int64_t	monotonic_ms(void);		/* for how long something takes; never set back */

#endif
