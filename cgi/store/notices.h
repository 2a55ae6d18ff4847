#ifndef STORE_NOTICES_H
#define STORE_NOTICES_H

/*
 * What the keeper remembers between its looks: what is to be looked at soon,
 * which findings stand and what was told of them, and what was told to whom.
 */

#include "store/store.h"

/* --- looks: soon, not only when the day comes ------------------------------------------------- */

struct look { const char *name; int64_t tries; };	/* name: a domain, or "server" */

/*
 * To be looked at in `after_s`.  Said again before that, it waits anew, but no longer
 * than `most_s` since it was said first: what changes ten times a minute is
 * looked at once.
 */
bool		 store_look_soon(struct store *, const char *name, int64_t now, int64_t after_s,
		    int64_t most_s, struct err *);
/* Not seen alike by both ways: again at `at`, counted. */
bool		 store_look_again(struct store *, const char *name, int64_t now, int64_t at, int64_t tries,
		    struct err *);
/* Takes those that are due. */
bool		 store_looks_take(struct store *, struct arena *, int64_t now, size_t max,
		    const struct look **ret, size_t *count, struct err *);

/* --- what stands ------------------------------------------------------------------------------- */

struct standing {
	const char	*finding, *subject;
	int		 weight;	/* confirmed; 0 = it is gone */
	int64_t		 since;		/* of that */
	int		 flips;		/* how often it came and went, until it stood still */
	int		 told;		/* what people believe; 0 = that it is gone */
};

/* Of a target; *known false: nothing was ever kept of it. */
bool		 store_standing(struct store *, struct arena *, const char *target,
		    const struct standing **ret, size_t *count, bool *known, struct err *);

struct notice {
	const char	*login;		/* whom it is for; NULL = the administrators */
	const char	*reseller;	/* in whose digest it comes; NULL = in none */
	const char	*kind;		/* appeared, worse, resolved, digest */
	const char	*target, *finding, *subject;
	const struct json *data;	/* or NULL */
};

/* All of a target in one transaction: what is gone and told is forgotten. */
bool		 store_standing_put(struct store *, const char *target, const struct standing *, size_t count,
		    const struct notice *, size_t notice_count, int64_t now, struct err *);

/* --- notices ------------------------------------------------------------------------------------ */

bool		 store_notice_put(struct store *, const struct notice *, int64_t now, struct err *);
/* [{"id","at","kind","target","finding","subject","data","seen"}], newest first; login NULL = administrators'. */
struct json	*store_notices(struct store *, struct arena *, const char *login, size_t max, struct err *);
/* Those after this id, oldest first, of everybody: with "login" (null = administrators'). */
struct json	*store_notices_after(struct store *, struct arena *, int64_t id, size_t max, struct err *);
/* The newest one's id; 0 = there is none. */
bool		 store_notices_last(struct store *, int64_t *ret, struct err *);
bool		 store_notices_seen(struct store *, const char *login, int64_t now, struct err *);
bool		 store_notices_purge(struct store *, int64_t before, struct err *);

/* What a digest tells each reseller of the time since: [{"reseller","appeared","worse","resolved",
 * "domains":[..at most 50]}] */
struct json	*store_digests(struct store *, struct arena *, int64_t since, struct err *);

/* The off switch of one person. */
bool		 store_notices_off(struct store *, const char *login, bool off, int64_t now, struct err *);
bool		 store_notices_are_off(struct store *, const char *login);

#endif
