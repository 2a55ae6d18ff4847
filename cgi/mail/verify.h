#ifndef MAIL_VERIFY_H
#define MAIL_VERIFY_H

/*
 * Everything that a receiver finds out about one message: DKIM, DMARC (RFC 9989
 * 5.3) with a given SPF result, and ARC.  Pure; the message is already read.
 *
 * Limits, so that any message is answered in bounded time and memory:
 *
 *	message			50 MiB, 50,000 header fields
 *	DKIM-Signature		20 fields, 10,000 names in h=, 200 tags
 *	key records		10 a selector; RSA moduli up to 16,384 bits
 *	body			canonical twice at most, one digest per signature
 *	ARC			50 sets
 *	DMARC			8 questions a walk; one walk per signing domain that
 *				lies within the author's organizational domain
 *	From			1,000 addresses, 4,096 octets each
 */

#include "mail/arc.h"
#include "mail/dkim_verify.h"
#include "mail/dmarc_walk.h"
#include "mail/from.h"

/* What SPF found, as far as DMARC cares. */
enum verify_spf { VERIFY_SPF_NOT_CHECKED, VERIFY_SPF_PASS, VERIFY_SPF_TEMPERROR,
    VERIFY_SPF_OTHER };

struct verify_input {
	const struct message	*message;
	int64_t			 now;		/* Unix seconds, for x= */
	enum verify_spf		 spf;
	struct name		 spf_domain;	/* of MAIL FROM, or HELO for a null path */
};

enum dmarc_result { DMARC_RESULT_PASS, DMARC_RESULT_FAIL, DMARC_RESULT_NONE,
    DMARC_RESULT_TEMPERROR, DMARC_RESULT_PERMERROR };

const char	*dmarc_result_word(enum dmarc_result);

struct verify {
	struct name		 from_domain;	/* NULL = none, or not one only */
	struct dkim		 dkim;
	enum known		 aligned[DKIM_SIGNATURES_MAX];	/* d= with From, pass or not */
	struct arc		 arc;
	enum verify_spf		 spf;
	enum known		 spf_aligned;	/* its domain with From, pass or not */

	enum dmarc_result	 dmarc;
	struct dmarc_lookup	 policy;	/* when there is a From domain */
	bool			 dkim_pass;	/* a signature passes and is aligned */
	bool			 spf_pass;	/* SPF passes and is aligned */
	enum dmarc_policy	 disposition;	/* what the domain's owner asks for this one */

	struct problems		 problems;
};

/* False = pending: nothing was hashed yet, call again when answers have come. */
bool		 verify_message(struct arena *, const struct dns_source *,
		    const struct verify_input *, struct verify *ret);

#endif
