#ifndef MAIL_SPF_GUESS_H
#define MAIL_SPF_GUESS_H

/*
 * What a wrong term was meant to be.  People make the same mistakes over and
 * over ("ipv4:", commas, curly quotes, a blank behind the colon, none where two
 * strings of a TXT meet); each is a rule here, and a guess counts only when what
 * comes out is well formed.
 */

#include "mail/spf.h"

enum spf_mistake {
	SPF_MISTAKE_NONE,	/* cannot tell */
	SPF_MISTAKE_WORD,	/* "ipv4:", "ip:", "includes:", "redirect:" */
	SPF_MISTAKE_SEPARATOR,	/* "," ";" tab, or other blanks than the blank */
	SPF_MISTAKE_QUOTES,	/* straight or curly, invisible signs, a long dash */
	SPF_MISTAKE_JOINT,	/* two terms run together, as where strings meet */
	SPF_MISTAKE_BLANK,	/* "include: a.example", "- all" */
	SPF_MISTAKE_SIGN,	/* "ip4=" for "ip4:" */
	SPF_MISTAKE_ADDRESS,	/* an address where a name belongs, or the other family */
	SPF_MISTAKE_NAME,	/* a name where an address belongs */
	SPF_MISTAKE_NETWORK,	/* "192.0.2/24", "/255.255.255.0", "/024", a port */
	SPF_MISTAKE_ALL,	/* "--all", "all.", "all:x" */
	SPF_MISTAKE_VERSION,	/* a second "v=spf1" */
	SPF_MISTAKE_IDN,	/* U-labels */
	SPF_MISTAKE_TWICE,	/* second redirect or exp */
};

const char	*spf_mistake_word(enum spf_mistake);

struct spf_guess {
	enum spf_mistake	 mistake;
	struct text		 text;		/* well-formed terms parted by blanks; n 0 = leave it out */
	size_t			 terms;		/* how many terms of the record it replaces, from 1 */
};

/* False: no idea.  The term at `at` has a fault or is spf_is_mistaken. */
bool		spf_guess(struct arena *, const struct spf *, size_t at, struct spf_guess *ret);

/* Two terms that ran together without making a fault ("include:a.example-all"). */
bool		spf_guess_joint(struct arena *, const struct spf *, size_t at, struct spf_guess *ret);

#endif
