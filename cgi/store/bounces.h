#ifndef STORE_BOUNCES_H
#define STORE_BOUNCES_H

/*
 * What bounces said, kept for the forms that ask for it.  Each belongs to the
 * login that had it explained; an administrator sees all.  Not the message
 * itself: who it was for, and the receiver's answer.
 */

#include "store/store.h"

#define BOUNCES_OF_ONE_MAX	50	/* of a login; older ones make room */

struct kept_bounce {
	const char	*recipient;	/* NULL = not told */
	const char	*provider;	/* id; NULL = not known */
	const char	*status;	/* "5.7.1"; NULL = none */
	const char	*category;
	const char	*answer;
};

/* The same answer for the same recipient again is the same one, of now. */
bool		 store_bounce_keep(struct store *, const char *login, const struct kept_bounce *, int64_t now,
		    struct err *);

/* [{"bounce","at","login","recipient","provider","status","category","answer"}], newest first;
 * provider NULL = of all. */
struct json	*store_bounces(struct store *, struct arena *, const struct store_scope *, const char *provider,
		    struct err *);

/* ERR_NOT_FOUND: none of that number, or another's. */
bool		 store_bounce_forget(struct store *, const struct store_scope *, int64_t id, struct err *);

bool		 store_bounces_purge(struct store *, int64_t before, struct err *);

#endif
