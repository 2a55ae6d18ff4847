#ifndef MAIL_DKIM_SIG_H
#define MAIL_DKIM_SIG_H

/*
 * A signature field, taken apart: DKIM-Signature (RFC 6376 3.5) and, with other
 * rules, ARC-Message-Signature and ARC-Seal (RFC 8617 4.1).  Pure, no DNS.
 *
 * Tests are made in a fixed order and the first that fails decides: syntax,
 * required tags, version, algorithm, canonicalisation, query method, identity,
 * From signed, times.  The values that could be read are there all the same.
 */

#include "base/name.h"
#include "mail/crypto.h"
#include "mail/dkim_canon.h"
#include "mail/taglist.h"

enum dkim_result {
	DKIM_PASS, DKIM_FAIL, DKIM_POLICY, DKIM_NEUTRAL, DKIM_TEMPERROR, DKIM_PERMERROR,
};

enum dkim_reason {
	DKIM_OK,
	DKIM_BODY_HASH_MISMATCH, DKIM_SIGNATURE_MISMATCH,
	DKIM_WEAK_KEY, DKIM_WEAK_HASH,
	DKIM_HEADER_SYNTAX,
	DKIM_MISSING_TAG, DKIM_UNSUPPORTED_VERSION, DKIM_UNSUPPORTED_ALGORITHM,
	DKIM_UNSUPPORTED_CANONICALIZATION, DKIM_UNSUPPORTED_QUERY_METHOD,
	DKIM_IDENTITY_MISMATCH, DKIM_FROM_NOT_SIGNED, DKIM_EXPIRED, DKIM_BAD_TIMESTAMP,
	DKIM_KEY_IS_MISSING, DKIM_KEY_IS_REVOKED, DKIM_KEY_IS_INVALID, DKIM_KEY_IS_UNSUPPORTED,
	DKIM_KEY_HASH_NOT_ALLOWED, DKIM_KEY_SERVICE_MISMATCH, DKIM_KEY_FLAG_MISMATCH,
	DKIM_DNS_ERROR,
};

const char	*dkim_result_word(enum dkim_result);		/* "pass" (RFC 8601) */
const char	*dkim_reason_word(enum dkim_reason);		/* "body_hash_mismatch" */
enum dkim_result dkim_reason_result(enum dkim_reason);

enum signature_kind { SIGNATURE_DKIM, SIGNATURE_ARC_MESSAGE, SIGNATURE_ARC_SEAL };

#define SIGNATURE_FOREVER	INT64_MAX	/* of over 12 digits, RFC 6376 3.5 x= */

struct signature {
	const struct message_field *field;
	enum dkim_reason	 reason;	/* DKIM_OK: to be verified */
	const char		*fault;		/* which tag is wrong, or NULL */
	struct name		 domain;	/* d=; NULL = cannot be read */
	struct name		 selector;	/* s= */
	const char		*identity;	/* i=, decoded, else "@" d=; NULL = cannot be read */
	const char		*algorithm;	/* a= as written; NULL = absent */
	enum key_type		 key_type;
	enum hash		 hash;
	enum canon		 header_canon, body_canon;
	bool			 has_length;	/* l= */
	uint64_t		 length;
	int64_t			 signed_at;	/* t=; -1 = absent */
	int64_t			 expires_at;	/* x=; -1 = absent */
	bool			 strict_subdomain;	/* i='s domain is below d=, not d= itself */
	struct text		 b, bh;		/* decoded */
	struct text		 b_hole;	/* b='s octets within field->value */
	const struct text	*headers;	/* h= */
	size_t			 header_count;
	unsigned		 instance;	/* ARC: i=; 0 = none */
	const char		*chain;		/* ARC-Seal: cv= as written; NULL = absent */
};

#define SIGNATURE_HEADERS_MAX	10000	/* names in h=; more is a syntax error */

void		 signature_parse(struct arena *, const struct message_field *,
		    enum signature_kind, int64_t now, struct signature *ret);

/* Which octets b= covers: the header fields in the order of h=, each name from
 * the bottom up (5.4.2), then the signature field itself.  To the sink. */
void		 signature_headers(struct arena *, const struct message *,
		    const struct signature *, struct canon_sink);

#endif
