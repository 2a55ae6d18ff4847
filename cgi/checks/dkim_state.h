#ifndef CHECKS_DKIM_STATE_H
#define CHECKS_DKIM_STATE_H

/*
 * How a domain's mail is signed, as far as can be known: the panel's switches,
 * the selectors that matter, what the world finds there, and whether that is
 * the key that signs.  Shared by the checks of DKIM and DMARC and their fixes.
 *
 * Which selectors: the panel's, where it says; else its default one.  Without a
 * panel those that the person and the configuration name, none of which must
 * be there.  Other selectors of a zone belong to other senders: no concern.
 */

#include "checks/check.h"
#include "mail/dkim_key.h"
#include "mail/dmarc_walk.h"

enum dkim_fault {
	DKIM_FINE, DKIM_WEAK,		/* verifiers use it */
	DKIM_NOT_KNOWN,			/* DNS failed */
	DKIM_NO_KEY, DKIM_SEVERAL, DKIM_REVOKED, DKIM_CUT, DKIM_SHORT, DKIM_BROKEN,
	DKIM_STRANGE,			/* a type or service that mail does not use */
	DKIM_DIFFERS,			/* a good key, and not the one that signs */
};

struct dkim_selector {
	const char		*selector;
	bool			 signing;	/* the panel signs with it */
	struct name		 name;		/* s._domainkey.example.com */
	const struct dns_answer	*answer;
	bool			 disagree;	/* name servers answer differently */
	struct dkim_key		 key;		/* as published */
	const struct dkim_record *record;	/* the one key record there; NULL = none or several */
	struct text		 panel_record;	/* as the panel signs; n 0 = not known */
	enum dkim_fault		 fault;
};

#define DKIM_SELECTORS_MAX	16

struct dkim_state {
	bool			 panel;
	bool			 sends;		/* mail of the domain leaves from here */
	int			 server_signs;	/* -1 = not said, 0, 1 */
	int			 domain_signs;
	const struct json	*mail;		/* the panel's fact domain_mail; NULL = no panel */
	const struct json	*keys;		/* the panel's; NULL = not said, or not asked */
	const char		*keys_failed;	/* why they could not be had; NULL = no failure */
	bool			 guessed;	/* nobody said which selector it is */
	struct dkim_selector	 selectors[DKIM_SELECTORS_MAX];
	size_t			 count;		/* 0 where the domain's switch is off */
	bool			 nothing_below;	/* _domainkey does not exist: no key at all (RFC 8020) */
	bool			 other_rsa;	/* the panel has an RSA key at another selector too */
};

/* false = cannot go on (evidence.h); DNS failures are values in here. */
bool		 dkim_look(struct run *, struct dkim_state *ret);

/* Does the server sign, by its fact mail_server?  -1 = not said. */
int		 dkim_server_signs(const struct run *, const struct json *mail_server);

/* Would a signature of the domain verify and be aligned? */
enum known	 dkim_can_pass(const struct run *, const struct dkim_state *);

#endif
