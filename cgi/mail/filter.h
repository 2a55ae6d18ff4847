#ifndef MAIL_FILTER_H
#define MAIL_FILTER_H

/*
 * What spam filters answer: spamd (spamd/PROTOCOL of SpamAssassin, 1.1 to 1.5)
 * to REPORT and SYMBOLS, Rspamd to /checkv2.  Pure; the answer is as received.
 */

#include "base/err.h"
#include "base/text.h"

#define FILTER_RULES_MAX	100

struct filter_rule {
	const char	*name;
	double		 points;
	bool		 known;		/* points are: SYMBOLS tells names only */
};

struct filter_answer {
	double			 points, limit;
	bool			 spam;
	struct filter_rule	*rules;		/* costliest first */
	size_t			 count;
};

/* ERR_PROTOCOL when it is no such answer, or one of failure; *ret is then untouched. */
bool	filter_spamd_read(struct arena *, struct text, struct filter_answer *ret, struct err *);
bool	filter_rspamd_read(struct arena *, struct text, struct filter_answer *ret, struct err *);

/* "BAYES_99 (3.5), HTML_FONT_LOW_CONTRAST (0.1)": the first `most` that weigh anything. */
const char *filter_rules_text(struct arena *, const struct filter_answer *, size_t most);

#endif
