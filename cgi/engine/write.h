#ifndef ENGINE_WRITE_H
#define ENGINE_WRITE_H

/*
 * One change, made through the panel.  The present state is read, compared
 * and written over within one evidence, so the adapter's calls rest on exactly
 * what was compared; the calls themselves are made once and never again.
 */

#include "engine/engine.h"

enum write_result {
	WRITE_DONE,		/* the panel said so; not yet read back */
	WRITE_CONFLICT,		/* the present state is not `before`: nothing was sent */
	WRITE_FAILED,		/* refused, or could not be asked */
	WRITE_UNKNOWN,		/* something was sent and its answer was lost */
};

struct write {
	enum write_result	 result;
	bool			 sent;		/* at least one call went out */
	bool			 unheard;	/* and its answer was lost, whatever is seen now */
	struct err		 err;		/* FAILED, UNKNOWN */
	const struct json	*present;	/* CONFLICT: what is there; NULL = nothing */
};

/* From any thread; returns when it has ended.  Everything lives in the arena. */
void	change_write(struct engine *, struct arena *, const struct change *, struct write *ret);

enum present { PRESENT_BEFORE, PRESENT_AFTER, PRESENT_OTHER, PRESENT_UNREADABLE };

struct state {
	enum present		 at;
	const struct json	*value;		/* NULL = not there */
	const char		*reason;	/* UNREADABLE: a stable word; NULL = nobody can read such a thing */
	uint32_t		 old_ttl_s;	/* RRSET: how long caches may keep what the world sees now */
};

/*
 * How the things of these changes stand, read anew from the panel.  With
 * `public` also how long the world may remember what its name servers say now.
 * A change that equals both (before == after) counts as BEFORE.
 */
void	changes_present(struct engine *, struct arena *, const struct change *, size_t count,
	    bool public, struct state *ret);

/* The latter alone, into each old_ttl_s. */
void	changes_public(struct engine *, struct arena *, const struct change *, size_t count, struct state *ret);

/* Through the panel other things are true now: forget what it said. */
void	facts_drop(struct engine *);
/* Many things are: forget all answers, so that each is asked anew, once. */
void	answers_drop(struct engine *);
void	engine_secret_put(struct engine *, const char *ref, struct text secret);
void	engine_secret_drop(struct engine *, const char *ref);

#endif
