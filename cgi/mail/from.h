#ifndef MAIL_FROM_H
#define MAIL_FROM_H

/*
 * Whose name a From field carries: the domains of its mailboxes (RFC 5322 3.4
 * and 4.4, groups as in RFC 6854, RFC 2047 words in display names, U-labels as
 * in RFC 6532).  Pure.
 *
 * Real mail has display names with commas and other errors; what is between
 * "<" and ">" counts, and an element without any address is passed over.
 */

#include "base/name.h"

struct from {
	const struct name *domains;	/* without repeats */
	size_t		 count;
	size_t		 addresses;	/* mailboxes found */
	bool		 unreadable;	/* an address whose domain cannot be read */
	bool		 malformed;	/* not as RFC 5322 has it */
};

/* `value` with or without its folding. */
void	from_parse(struct arena *, struct text value, struct from *ret);

#endif
