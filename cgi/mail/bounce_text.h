#ifndef MAIL_BOUNCE_TEXT_H
#define MAIL_BOUNCE_TEXT_H

/*
 * Reports in words: qmail, Exim, Sendmail, Postfix, Exchange, Gmail and the
 * many that imitate them, or a piece of one that somebody pasted.  The text is
 * cut into sections, each begun by a line that names a recipient; the answer
 * of the server is looked for inside the section.
 */

#include "mail/data.h"

#define TEXT_RECIPIENTS_MAX	2000

struct text_recipient {
	struct text	 address, original;	/* p NULL = none */
	struct text	 diagnostic;		/* answer, or the words of the report; p NULL = none */
	struct text	 lead;			/* the paragraph before, when there is no diagnostic */
	bool		 answered;		/* the diagnostic is an answer with a code */
	const char	*mta;
	unsigned	 strength;		/* how surely the line names a recipient, 0 to 3 */
};

struct text_report {
	struct text_recipient	*recipients;
	size_t			 count;
	bool			 too_many;
	const char		*reporting_mta;
	struct text		 answer;	/* the first one anywhere; p NULL = none */
	struct text		 words;		/* first paragraph that tells something, for reports about nobody */
	const char		*mta;
};

struct text_context {
	const struct bounce_words *words;
	struct text		 reporter;	/* From of the report; n 0 = not known */
	struct text		 sender;	/* who got the report */
	const struct text	*failed;	/* X-Failed-Recipients */
	size_t			 failed_count;
};

/* The text before the returned message; *original is what stands behind (n 0 = nothing). */
struct text	 bounce_text_cut(const struct bounce_words *, struct arena *, struct text, struct text *original);

const struct text_report *bounce_text_read(struct arena *, const struct text_context *, struct text);

/* One of the phrases is in `lower` (lower case, single blanks, ends in NUL); "a*b" is a and, soon after, b. */
bool		 phrase_in(struct text_list, const char *lower);
/* `lower` begins with one of them. */
bool		 phrase_begins(struct text_list, const char *lower);
/* Lower case, blanks and line ends as single blanks. */
const char	*phrase_text(struct arena *, struct text, size_t max);

#endif
