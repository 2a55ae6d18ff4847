#ifndef STORE_NOTES_H
#define STORE_NOTES_H

/*
 * Acknowledged findings: known, accepted until a day, with a word why, and as
 * bad as they are: when a report says worse (more of it, more severe), the
 * acknowledgement is gone (store_reports_put).
 */

#include "store/store.h"

/* target: domain in A-labels, or "server" (any administrator).  until 0 = for ever. */
bool		 store_acknowledge(struct store *, const char *target, const char *finding,
		    const char *login, const char *note, int64_t now, int64_t until, struct err *);
bool		 store_acknowledge_drop(struct store *, const char *target, const char *finding,
		    struct err *);
/* [{"target","finding","login","at","until","note"}] that hold at `now`; target NULL = all in scope. */
struct json	*store_acknowledged(struct store *, struct arena *, const struct store_scope *,
		    const char *target, int64_t now, struct err *);

#endif
