#ifndef ENGINE_ACCESS_H
#define ENGINE_ACCESS_H

/*
 * Whose is what, from the panel's own accounts and domains.  One snapshot is
 * shared by all; it is at most 60 s old, and read anew for changes.  When many
 * ask for a fresh one at once, one reading that began after all of them came
 * serves them all.  While the panel is down what was known last may still be
 * looked at, never changed.
 */

#include "engine/engine.h"

struct access;
struct snapshot;

struct owned {				/* a domain and whose it is */
	const char	*name;		/* A-labels */
	const char	*display;
	const char	*owner;		/* login or NULL */
	const char	*reseller;	/* the highest reseller above or at the owner, or NULL */
};

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

void		 access_free(struct access *);
void		 access_idle(struct access *);		/* wait for a reading that is under way */

/* Young enough to change something by (while the panel is down older ones are handed out). */
bool		 rights_recent(const struct rights *);

/* The row of a domain in these rights, or NULL. */
const struct owned *rights_row(const struct rights *, const char *ascii);

#endif
