#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

/* Every page, with the method, the path and who may come. */

#include "web/page.h"

struct route {
	enum web_method	 method;
	const char	*path;		/* ":x" takes one segment */
	unsigned	 roles;
	void		(*page)(struct exchange *);
	bool		 anybodys;	/* shows nobody's things: works while the panel is down */
	bool		 looks;		/* a POST that changes nothing at the panel: rights as for looking */
	bool		 kept;		/* made of the store and the panel's list alone (page_kept) */
};

/* The row for a request, args filled; NULL = there is none. */
const struct route	*route_find(struct arena *, enum web_method, const char *path, const char *args[2]);

extern const struct route routes[];
extern const size_t routes_count;

#endif
