#ifndef CHECKS_PTR_NAMES_H
#define CHECKS_PTR_NAMES_H

/* Reverse names of an address and which of them lead back to it. */

#include "checks/check.h"

#define PTR_NAMES_MAX	64	/* names of one answer that are looked up: the one that counts may be the last */

struct ptr_names {
	const struct dns_answer	*ptr;
	struct name		 confirmed[PTR_NAMES_MAX];
	size_t			 confirmed_count;
	const struct dns_answer	*forward[PTR_NAMES_MAX];	/* as asked, by name */
	size_t			 forward_count;
};

/* false = cannot go on.  A name that could not be looked up counts as not
 * known: without any other that confirms, the whole is not known. */
bool	ptr_names(struct run *, struct ip, struct ptr_names *ret);

#endif
