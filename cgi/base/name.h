#ifndef BASE_NAME_H
#define BASE_NAME_H

/*
 * Domain names.  A struct name holds the one canonical form: A-labels, lower
 * case, no final dot, octets that are not printable ASCII (and '.' and '\'
 * inside a label) as \DDD (RFC 1035 5.1), so it never holds NUL.  The root is
 * "".  Made only by the functions below; lives where its maker says.
 */

#include "base/err.h"
#include "base/text.h"

#define NAME_TEXT_MAX	1024		/* 255 octets, worst case escaped */

struct name {
	const char	*s;		/* NULL = no name */
};

/*
 * What a person or a message wrote: U-labels or A-labels (IDNA 2008 by
 * libidn2), any case, with or without the final dot.  Only host names with
 * LDH labels and '_' are accepted; at least one label, total at most 253.
 */
bool		name_from_person(struct arena *, struct text, struct name *ret, struct err *);

/* Any DNS name in presentation form (from records and macros): labels of 1 to
 * 63 octets, 253 in all; no IDNA, bytes are kept. */
bool		name_parse(struct arena *, struct text, struct name *ret);

/* Presentation -> wire; returns octets written (with the root), 0 on failure. */
size_t		name_to_wire(struct name, uint8_t *buf, size_t size);
/* One uncompressed wire name of exactly the given labels; used by net/dns. */
bool		name_from_labels(struct arena *, const struct text *labels, size_t count,
		    struct name *ret);

bool		name_eq(struct name, struct name);
bool		name_is_under(struct name child, struct name parent);	/* equal counts */
size_t		name_labels(struct name);
struct name	name_parent(struct name);		/* "" for one label */
/* The right-most n labels. */
struct name	name_tail(struct name, size_t n);
/* label(s) + "." + parent; false when too long. */
bool		name_prefix(struct arena *, const char *labels, struct name parent,
		    struct name *ret);
/* For people: U-label form, or the A-label form when it does not convert. */
const char	*name_display(struct arena *, struct name);
/* Letters, digits, hyphens only, at least two labels: may be a host name. */
bool		name_is_host(struct name);

#endif
