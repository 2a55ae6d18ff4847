#ifndef MAIL_BOUNCE_HEADING_H
#define MAIL_BOUNCE_HEADING_H

/*
 * Lines of a report that name a recipient: "<a@b>:", "  a@b", "Recipient: a@b",
 * "a@b on Mon, 23 Nov", "Anna Smith (a@b)", "554 <a@b>... Host unknown".
 */

#include "mail/data.h"

struct heading {
	struct text	 address, original;
	struct text	 labelled;	/* the line, when a label says what it is: "Unknown user: a@b" */
	bool		 cause;		/* ... and why */
	const char	*rest;		/* where the words about it begin */
	const char	*line;
	unsigned	 strength;	/* 3 stands alone, 2 with words, 1 behind a weak label */
};

/* False: the line names nobody, or somebody else (From:, Sender:). */
bool	 heading_of(const struct bounce_words *, struct text line, struct heading *ret);

/* "label:" at the start of t: the label's length and the text after it; 0 = none of them. */
size_t	 heading_skip_label(struct text_list labels, struct text t, struct text *after);

/* What may stand between an address and the words about it: another writing of
 * the same address, remarks about aliases. */
struct text	 heading_skip_remarks(struct text t, struct text *original);

#endif
