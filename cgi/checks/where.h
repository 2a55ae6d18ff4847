#ifndef CHECKS_WHERE_H
#define CHECKS_WHERE_H

/*
 * Where a domain's DNS is edited: what the guide calls "where is it
 * configured".  The name servers that the world asks decide, not what the
 * panel believes.  In this order: patterns of the configuration; a name server
 * whose address is this server's; name servers that are those of the panel's
 * own zone (hidden primary, secondaries elsewhere); the DNS hosts we know;
 * else whoever has the name server's address.
 */

#include "checks/check.h"

enum dns_where {
	DNS_HERE,		/* this panel serves the zone: a change here is seen */
	DNS_AT_PROVIDER,	/* the hosting provider's own control panel */
	DNS_ELSEWHERE,
	DNS_NOWHERE,		/* nobody serves it: no such domain, or no NS */
	DNS_UNCLEAR,		/* name servers could not be had */
};

struct dns_location {
	enum dns_where		 where;
	const struct delegation	*delegation;
	const char		*operator;	/* name, or NULL = not known */
	const char		*url;		/* where one logs in, or NULL */
	const char		*menu;		/* menu path there, or NULL */
	const char		*at_label;	/* how the domain itself is written: "@", "blank", "fqdn" */
	const struct json	*zone;		/* the panel's fact; NULL = no panel, or not read */
	/* DNS_ELSEWHERE at name servers that nobody knows, while the panel, which might own
	 * them, could not be asked: why.  NULL = where is known. */
	const char		*unread;
};

/* false = cannot go on (evidence.h). */
bool	dns_locate(struct evidence *, struct arena *, const struct rules *, struct name domain,
	    struct dns_location *ret);

const char	*dns_where_word(enum dns_where);	/* "this_panel", ... */

#endif
