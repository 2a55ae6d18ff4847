#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

/*
 * One step of a message's way, as a server wrote it down (RFC 5321 4.4):
 * "from HELO (PTR [ADDRESS]) by NAME with PROTOCOL; DATE".  What is not there
 * or cannot be read is NULL, family 0 or -1.  Anybody can write such a line:
 * only those that servers of ours have added say something.
 */

#include "base/addr.h"
#include "base/text.h"

struct received {
	const char	*helo;		/* the name after "from", as given */
	struct ip	 address;	/* of the client; in brackets */
	const char	*by;
	struct ip	 by_address;	/* where the server names itself by its address */
	const char	*with;		/* "ESMTPS", upper case */
	int64_t		 at;		/* Unix seconds; -1 = no date */
	bool		 authenticated;	/* handed in by a person with a password (RFC 3848) */
	bool		 encrypted;
};

void	received_parse(struct arena *, struct text value, struct received *ret);

#endif
