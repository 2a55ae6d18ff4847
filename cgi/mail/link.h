#ifndef MAIL_LINK_H
#define MAIL_LINK_H

/*
 * Where a link of a message leads (RFC 3986), and the links and other things
 * of an HTML text that filters look at.  Pure; nothing is ever fetched.
 */

#include "base/addr.h"
#include "base/name.h"

struct link {
	bool		 web;		/* http or https */
	bool		 secure;	/* https */
	bool		 user;		/* "user@" before the host: hides where it leads */
	struct name	 host;		/* NULL = an address, or unreadable */
	struct ip	 address;	/* the host is an address, in whatever spelling; family 0 = not */
	bool		 odd_port;
};

/* False = no web link (mailto, tel, relative, a template's placeholder...). */
bool	link_parse(struct arena *, struct text url, struct link *ret);

/*
 * A person reads this as an address of the web: "https://bank.example/x",
 * "www.bank.example", "bank.example".  *ret is its host.
 */
bool	link_shown(struct arena *, struct text shown, struct name *ret);

#endif
