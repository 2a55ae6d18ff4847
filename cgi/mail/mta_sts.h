#ifndef MAIL_MTA_STS_H
#define MAIL_MTA_STS_H

/*
 * MTA-STS (RFC 8461) and TLS reporting (RFC 8460): records and policies.  Pure.
 */

#include "base/dns.h"

enum sts_fault {
	STS_FINE,
	STS_NONE,		/* no record: the domain does not use it */
	STS_SEVERAL,		/* RFC 8461 3.1: as if there were none */
	STS_BAD_ID,		/* id= missing, or not 1 to 32 letters and digits */
	STS_BAD_RECORD,
	/* of a policy, RFC 8461 3.2 */
	STS_BAD_VERSION,
	STS_BAD_MODE,
	STS_BAD_MAX_AGE,
	STS_NO_MX,
	STS_TOO_LARGE,
	STS_BAD_TYPE,		/* not served as text/plain */
};

const char	*sts_fault_word(enum sts_fault);

#define STS_MX_MAX	64
#define STS_POLICY_MAX	(64 * 1024)	/* RFC 8461 3.3 */

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

struct sts_policy {
	enum sts_mode	 mode;
	uint64_t	 max_age_s;
	struct text	 mx[STS_MX_MAX];	/* "mail.example.com", "*.example.com" */
	size_t		 mx_count;
};

/* The answer for _mta-sts.DOMAIN. */
enum sts_fault	 sts_record(const struct dns_answer *txt);
bool		 sts_media_type(const char *content_type);	/* as it has to be, or none was given */
enum sts_fault	 sts_policy_parse(struct text, struct sts_policy *ret);
/* RFC 8461 4.1: a leading "*." stands for exactly one label. */
bool		 sts_covers(const struct sts_policy *, struct name mx);

/* The answer for _smtp._tls.DOMAIN: STS_NONE, STS_FINE or why it is of no use. */
enum sts_fault	 tls_rpt_record(struct arena *, const struct dns_answer *txt);

#endif
