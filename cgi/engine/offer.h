#ifndef ENGINE_OFFER_H
#define ENGINE_OFFER_H

/*
 * What can be done about each finding: one click, a record to copy, or a
 * message to send.  The fix's own plan is made (nothing is stored or changed)
 * over the evidence of the run, so what is offered is what would happen.
 */

#include "engine/run.h"
#include "fixes/fix.h"

struct offers {
	struct engine	*engine;	/* given */
	struct json	*list;		/* per finding an array of fixes; NULL = not made yet */
	struct json	*made;		/* "fix target" -> its offer: several findings share a fix */
	struct delist_gate gate;	/* as a plan would find it now */
	bool		 gate_known;
};

/* Restartable; fills offers in the arena.  At depth RESOLVER only the mode is told. */
bool	offers_question(struct offers *, const struct target_run *, struct evidence *, struct arena *);

/* Into the "fixes" of a neutral report whose findings are those of the run. */
void	offers_put(struct json *report, const struct offers *);

#endif
