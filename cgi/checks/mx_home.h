#ifndef CHECKS_MX_HOME_H
#define CHECKS_MX_HOME_H

/* Where a domain's mail arrives. */

#include "checks/check.h"

enum mx_home {
	MX_HERE,		/* some MX host has an address of this server */
	MX_ELSEWHERE,
	MX_NONE,		/* no MX, or the null MX: see domain_is_parked */
	MX_UNCLEAR,		/* nobody knows this server's addresses */
};

struct mx_place {
	enum mx_home		 home;
	bool			 null_mx;	/* RFC 7505 */
	const struct dns_answer	*mx;
};

/* false = cannot go on (evidence.h). */
bool	mx_place(struct run *, struct mx_place *ret);

#endif
