#ifndef MAIL_DKIM_KEY_H
#define MAIL_DKIM_KEY_H

/*
 * DKIM key records (RFC 6376 3.6.1, 3.6.2; RFC 8301; RFC 8463).  Pure.
 *
 * A TXT is a key record when it begins with v=DKIM1, or has a p= tag and no
 * other v= in front: verification tokens and the like at the same name do not
 * count.  Tag names and values are case-sensitive.
 */

#include "base/dns.h"
#include "mail/crypto.h"
#include "mail/problem.h"
#include "mail/taglist.h"

enum dkim_key_result {
	DKIM_KEY_OK,
	DKIM_KEY_WEAK,		/* used, but short: RSA 1024 to 2047 */
	DKIM_KEY_MISSING,
	DKIM_KEY_REVOKED,	/* empty p= */
	DKIM_KEY_INVALID,
	DKIM_KEY_UNSUPPORTED,	/* k= unknown, or s= excludes e-mail */
	DKIM_KEY_MULTIPLE,
	DKIM_KEY_TEMPERROR,
};

const char	*dkim_key_result_word(enum dkim_key_result);

/* One record, whatever it is worth. */
struct dkim_record {
	enum dkim_key_result	 result;	/* OK, WEAK, REVOKED, INVALID, UNSUPPORTED */
	struct text		 text;		/* as published, strings joined */
	bool			 type_known;
	enum key_type		 type;
	unsigned		 bits;		/* 0 = not known; also of keys that are too short */
	const struct pubkey	*key;		/* NULL = none that decodes */
	bool			 testing;	/* t=y */
	bool			 strict_identity;	/* t=s */
	bool			 other_service;	/* UNSUPPORTED because of s= */
	bool			 has_hashes;	/* h= is there */
	const struct text	*hashes;
	size_t			 hash_count;
};

bool		 dkim_record_is_key(struct text);
/* `ps` may be NULL. */
void		 dkim_record_parse(struct arena *, struct text, struct dkim_record *ret,
		    struct problems *ps);
/* h= absent, or holds "sha1" or "sha256". */
bool		 dkim_record_allows(const struct dkim_record *, enum hash);

/* What stands at a selector. */
struct dkim_key {
	enum dkim_key_result	 result;
	struct name		 name;		/* s._domainkey.example.com */
	size_t			 count;		/* key records there */
	const struct dkim_record *records;	/* the first DKIM_KEY_RECORDS_MAX of them */
	struct name		 cname;		/* end of the alias chain; NULL = none */
	enum dns_failure	 failure;	/* TEMPERROR only */
	struct problems		 problems;
};

#define DKIM_KEY_RECORDS_MAX	10

/* False: selector or domain make no name. */
bool		 dkim_key_name(struct arena *, const char *selector, struct name domain,
		    struct name *ret);
void		 dkim_key_from_answer(struct arena *, const struct dns_answer *,
		    struct dkim_key *ret);
/* False = pending. */
bool		 dkim_key_lookup(struct arena *, const struct dns_source *, struct name,
		    struct dkim_key *ret);

/* --- for checks and fixes ----------------------------------------------------------------------- */

/* The same key by its decoded octets; false when one does not decode. */
bool		 dkim_key_same(struct arena *, struct text record, struct text other);

/*
 * Was `published` cut off from the whole record `full` (typically at 255
 * octets)?  Quotes, backslashes and blanks from a split gone wrong are looked
 * through; so is another order or choice of the tags before p=.
 */
bool		 dkim_key_is_truncated(struct arena *, struct text published, struct text full);

/* "v=DKIM1; k=rsa; p=..." */
const char	*dkim_key_text(struct arena *, const struct pubkey *);

#endif
