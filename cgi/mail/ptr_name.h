#ifndef MAIL_PTR_NAME_H
#define MAIL_PTR_NAME_H

#include "base/addr.h"
#include "base/name.h"

/*
 * Does this reverse name look as if the network had given it (203-0-113-10.pool
 * .example) rather than whoever runs the server?  Receivers score such names.
 * True when it holds the address (octets dotted, dashed, run together, reversed,
 * hexadecimal, or its last two), or one of the usual words beside digits.
 */
bool	ptr_name_is_generic(struct name, struct ip);

/* The opposite of a host name for HELO, RFC 5321 2.3.5: why it cannot be one. */
enum helo_fault {
	HELO_FINE, HELO_LITERAL, HELO_LOCALHOST, HELO_NO_DOT, HELO_PRIVATE_ZONE, HELO_SYNTAX,
};

enum helo_fault	 helo_fault(const char *name);
const char	*helo_fault_word(enum helo_fault);

#endif
