#ifndef MAIL_SPF_WIZARD_H
#define MAIL_SPF_WIZARD_H

/*
 * Who sends for the domain -> the record.  A service whose include does not lead
 * to a usable record is never written, nor one that needs nothing at the domain
 * itself; a warning says so.  There is no record when nobody would send and the
 * person did not say that clearly ("-all"), or when it would break the limits.
 */

#include "mail/spf_propose.h"

struct spf_wizard_query {
	struct spf_explain_query ask;		/* domain {NULL} = not said; addresses that send */
	const struct spf_sender	*senders;
	size_t			 sender_count;
	const char		*all;		/* "~all", "-all", "?all"; NULL = "~all" */
};

struct spf_wizard {
	struct text		 record;	/* p NULL = none */
	const struct text	*strings;	/* of at most 255 octets */
	size_t			 string_count;
	unsigned		 lookups, void_lookups;
	const struct spf_address_result *results;
	size_t			 result_count;
	struct problems		 warnings;
};

/* False: answers are missing. */
bool		spf_wizard(struct arena *, const struct spf_wizard_query *, struct spf_wizard *ret);

#endif
