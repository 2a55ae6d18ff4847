#ifndef MAIL_ARC_H
#define MAIL_ARC_H

/*
 * The ARC chain of a message, validated (RFC 8617 5.2).  Read, ask, verify, as
 * for DKIM.  What counts: the structure, the newest message signature, every
 * seal; older message signatures are broken by forwarding as a rule and are
 * not asked for.
 */

#include "mail/dkim_verify.h"

#define ARC_INSTANCES_MAX	50	/* RFC 8617 4.2.1 */

enum arc_result { ARC_NONE, ARC_PASS, ARC_FAIL, ARC_TEMPERROR };

const char	*arc_result_word(enum arc_result);

struct arc_set {
	const struct message_field *results;	/* ARC-Authentication-Results */
	struct signature	 message, seal;	/* field NULL = absent */
	struct dkim_key		 message_key, seal_key;
};

struct arc {
	enum arc_result		 result;
	unsigned		 instances;	/* the highest that is there */
	const char		*why;		/* FAIL: a word, for the log and the texts */
	struct arc_set		*sets;		/* sets[0] is instance 1 */
};

void	arc_read(struct arena *, const struct message *, int64_t now, struct arc *ret);
bool	arc_ask(struct arena *, const struct dns_source *, struct arc *);
void	arc_verify(struct arena *, const struct message *, struct arc *);

#endif
