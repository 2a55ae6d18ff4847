#ifndef MAIL_MAILADDR_H
#define MAIL_MAILADDR_H

/*
 * Mail addresses as they stand in reports and header fields (RFC 5321 4.1.2,
 * RFC 6531: octets above 127 are allowed).  Everything found is a piece of the
 * text it was found in, written as it stood there.
 */

#include "base/text.h"

/* The first address in `t`; `at` (NULL allowed) is where it begins. */
bool		 mailaddr_find(struct text t, struct text *ret, size_t *at);

/* Take the next address and everything before it from `rest`. */
bool		 mailaddr_next(struct text *rest, struct text *ret);

/*
 * The whole text is one address, apart from blanks, angle brackets, quotes and
 * a source route: "<user@example.net>", " user@example.net ".
 */
bool		 mailaddr_only(struct text t, struct text *ret);

/*
 * The mailbox of a header field: what stands in angle brackets, else the first
 * address: "Anna <anna@example.net>".
 */
bool		 mailaddr_field(struct text t, struct text *ret);

/* Domains compare without case, local parts too: no provider tells them apart. */
bool		 mailaddr_eq(struct text, struct text);
struct text	 mailaddr_domain(struct text);
struct text	 mailaddr_local(struct text);

#endif
