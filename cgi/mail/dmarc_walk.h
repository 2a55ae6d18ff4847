#ifndef MAIL_DMARC_WALK_H
#define MAIL_DMARC_WALK_H

/*
 * The DNS tree walk of RFC 9989 4.10 and what is read from it: the policy for a
 * domain, its organizational domain, alignment, and whether report receivers
 * agree (RFC 9990 4).
 *
 * From a.b.example.com the walk asks for TXT at _dmarc.a.b.example.com,
 * _dmarc.b.example.com and so on down to _dmarc.com: eight questions at most,
 * since from eight labels on the second is for the right-most seven.  A
 * record with psd=y or psd=n ends it, and so do a record nobody can use and a
 * DNS failure: beyond them nothing is known for sure.  Several records at one
 * name are as none.
 *
 * Every function here that asks returns false while an answer is on its way;
 * all questions of a walk are asked before the first answer is read.
 */

#include "base/dns.h"
#include "mail/dmarc.h"

#define DMARC_WALK_MAX	8

enum dmarc_found {
	DMARC_FOUND_NONE,
	DMARC_FOUND_ONE,
	DMARC_FOUND_SEVERAL,		/* all discarded, 4.10 step 2 */
	DMARC_FOUND_BROKEN,		/* one, which receivers cannot use */
	DMARC_FOUND_FAILED,		/* DNS */
};

struct dmarc_level {
	struct name		 domain;
	struct name		 name;		/* _dmarc.domain */
	enum dmarc_found	 found;
	const struct dns_answer	*answer;
	struct dmarc_record	 record;	/* ONE and BROKEN */
};

struct dmarc_walk {
	struct dmarc_level	 levels[DMARC_WALK_MAX];	/* longest name first */
	size_t			 count;		/* as far as the walk went */
};

bool		 dmarc_walk(struct arena *, const struct dns_source *, struct name domain,
		    struct dmarc_walk *ret);

/* 4.10.2; the domain itself when no record says otherwise.  NULL: DNS failed. */
struct name	 dmarc_walk_org(const struct dmarc_walk *);

/* --- policy for a domain ------------------------------------------------------------------------ */

enum dmarc_status { DMARC_STATUS_OK, DMARC_STATUS_NONE, DMARC_STATUS_INVALID,
    DMARC_STATUS_TEMPERROR };

const char	*dmarc_status_word(enum dmarc_status);

enum known { KNOWN_NO, KNOWN_YES, NOT_KNOWN };

struct dmarc_lookup {
	struct name		 domain;
	enum dmarc_status	 status;
	enum known		 exists;	/* not NXDOMAIN */
	enum dmarc_policy	 policy;	/* applied, t=y allowed for; ABSENT unless OK */
	const char		*policy_tag;	/* "p", "sp", "np"; NULL unless OK */
	struct name		 policy_domain;	/* where the record that applies stands */
	struct name		 found_at;	/* its name, also of one that is INVALID */
	struct name		 org_domain;	/* NULL = could not be found out */
	bool			 has_record;
	struct dmarc_record	 record;
	enum dns_failure	 failure;	/* TEMPERROR */
	struct problems		 problems;
};

enum dmarc_depth {
	DMARC_FOR_MAIL,		/* what a receiver asks, no more */
	DMARC_FOR_OWNER,	/* also: does the domain exist, is a record in the wrong place */
};

bool		 dmarc_discover(struct arena *, const struct dns_source *, struct name domain,
		    enum dmarc_depth, struct dmarc_lookup *ret);

/* --- alignment ---------------------------------------------------------------------------------- */

/*
 * Is `identifier` aligned with the author's domain?  NOT_KNOWN: DNS failed.
 * Equal names always are; else, relaxed, equal organizational domains.
 */
bool		 dmarc_aligned(struct arena *, const struct dns_source *, struct name author,
		    struct name identifier, bool strict, enum known *ret);

/* --- reports to others, RFC 9990 4 -------------------------------------------------------------- */

enum dmarc_consent {
	DMARC_CONSENT_NOT_NEEDED,	/* the same organizational domain, or no host in it */
	DMARC_CONSENT_GIVEN,
	DMARC_CONSENT_MISSING,		/* no reports will be sent there */
	DMARC_CONSENT_UNKNOWN,		/* DNS failed */
};

/* "example.com._report._dmarc.receiver.example"; false = too long. */
bool		 dmarc_consent_name(struct arena *, struct name policy_domain,
		    struct name receiver, struct name *ret);
bool		 dmarc_consent(struct arena *, const struct dns_source *, struct name policy_domain,
		    struct name receiver, enum dmarc_consent *ret);

#endif
