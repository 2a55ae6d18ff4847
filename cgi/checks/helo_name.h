#ifndef CHECKS_HELO_NAME_H
#define CHECKS_HELO_NAME_H

/* The name this server says it has, and who says so. */

#include "checks/check.h"

struct helo_names {
	const char		*name;		/* the one that counts, as given */
	const char		*source;	/* "setting", "greeting" or "panel" */
	const char		*setting;	/* the MTA's own; NULL = not known */
	const char		*greeting;	/* to EHLO on port 25; NULL = not asked or no answer */
	const char		*banner;	/* in the first line there; NULL = that begins with no host's name */
	const char		*panel;		/* full host name; NULL = none */
	const struct json	*smtp;		/* the greeting as it came */
	bool			 per_domain;	/* greets with each domain's own name */
};

/* false = cannot go on: on its way, or nobody told a name. */
bool	helo_names(struct run *, struct helo_names *ret);

#endif
