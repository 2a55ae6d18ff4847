#ifndef TOOLS_PASSWORD_H
#define TOOLS_PASSWORD_H

/*
 * Is this password fit for a mailbox?  Length and guessability decide, as
 * NIST SP 800-63B 3.1.1 wants it; no rules about kinds of characters.  Nothing of the
 * password is kept or returned.
 */

#include "base/text.h"

#define PASSWORD_LEAST	12	/* characters */
#define PASSWORD_MOST	256	/* bytes; longer ones no panel takes */

struct password_strength {
	bool		 good;
	int		 score;		/* 0 guessed at once .. 4 out of reach */
	double		 bits;		/* what a guesser has to search */
	/* why not: "short", "long", "name" (holds the mailbox's or domain's name),
	 * "characters" (control characters), "guessable"; NULL = good */
	const char	*why;
};

/* `about`: mailbox, domain or any words that everybody knows of its owner; NULL = none. */
void	password_judge(struct arena *, struct text password, const char *about,
	    struct password_strength *ret);

#endif
