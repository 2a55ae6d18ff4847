#ifndef ENGINE_RIGHTS_H
#define ENGINE_RIGHTS_H

/* What one identity may see and change: a role and a set of domains (engine/access.h). */

#include "engine/snapshot.h"

struct rights {
	struct identity		 who;		/* copied */
	const char		*login;		/* whose rights: acting, else login */
	enum role		 role;		/* of that login */
	bool			 all;		/* administrator, not acting */
	bool			 open;		/* no panel says what exists: any name */
	const struct snapshot	*snapshot;
	const struct owned	*const *rows;	/* by name */
	size_t			 count;
	const char *const	*names;		/* of the rows */
	const char		*owner, *reseller;	/* for store_scope */
};

/* The rights are recent enough to change something by. */
bool		 rights_recent(const struct rights *);

/* The row of a domain in these rights, or NULL. */
const struct owned *rights_row(const struct rights *, const char *ascii);

#endif
