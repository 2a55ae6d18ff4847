#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

/*
 * Which accounts and domains the panel had at one moment, and which domains
 * each login sees: its own, and those of the accounts below it.  Never changed
 * once made; shared by whoever holds a reference.
 */

#include "engine/engine.h"

#define CHAIN_MAX	8	/* accounts above each other */

struct map;

struct owned {				/* a domain and whose it is */
	const char	*name;		/* A-labels */
	const char	*display;
	const char	*owner;		/* login or NULL */
	const char	*reseller;	/* the highest reseller above or at the owner, or NULL */
};

struct account {
	const char	*login, *parent;
	enum role	 role;
	bool		 suspended;
};

struct set {				/* what one login sees */
	const struct owned	**rows;
	const char		**names;
	size_t			 count, room;
	size_t			 as_owner, as_reseller;	/* rows found by that column */
};

struct snapshot {
	struct arena		*arena;
	_Atomic unsigned	 refs;
	int64_t			 at;		/* monotonic seconds */
	uint64_t		 turn;		/* the how manyth of this process */
	bool			 open;
	struct owned		*rows;
	size_t			 count;
	struct set		 all;
	struct map		*accounts;	/* login -> struct account */
	struct map		*sets;		/* login -> struct set */
};

/* From the facts "domains" and "accounts" (NULL = none); `open`: no panel says what exists.  One reference. */
struct snapshot	*snapshot_new(const struct json *domains, const struct json *accounts, bool open);
void		 snapshot_unref(void *);		/* NULL is allowed */

/* Of a login's set what is its own, without what is below it; made in the arena if it is another. */
const struct set *set_owned(struct arena *, const struct set *, const char *login);

#endif
