#ifndef MAIL_DKIM_VERIFY_H
#define MAIL_DKIM_VERIFY_H

/*
 * The DKIM signatures of a message, verified (RFC 6376 6).  Three steps, so
 * that all DNS is asked before the first octet is hashed: a caller that is run
 * again while answers arrive does the costly part once.
 *
 *	dkim_read	take the fields apart (no DNS)
 *	dkim_ask	ask for every key; false = pending
 *	dkim_verify	hash and verify
 *
 * Bounds: 20 signatures, 10 key records a selector, keys up to 16,384 bits; the
 * body is made canonical twice at most.
 */

#include "base/dns.h"
#include "mail/body_hash.h"
#include "mail/dkim_key.h"
#include "mail/dkim_sig.h"

#define DKIM_SIGNATURES_MAX	20

struct dkim_check {
	unsigned		 index;		/* from 1, top to bottom */
	struct signature	 sig;
	enum dkim_result	 result;
	enum dkim_reason	 reason;
	unsigned		 bits;		/* of the key; 0 = none */
	bool			 testing;	/* t=y */
	struct dkim_key		 key;		/* when it was asked for */
	bool			 unsigned_body;	/* pass, but l= ends before the body does */
	uint64_t		 unsigned_bytes;
	struct body_hash	*body;		/* NULL = not needed */
};

struct dkim {
	struct dkim_check	*checks;
	size_t			 count;
	size_t			 present;	/* DKIM-Signature fields in the message */
};

void	dkim_read(struct arena *, const struct message *, int64_t now, struct dkim *ret);
bool	dkim_ask(struct arena *, const struct dns_source *, struct dkim *);
void	dkim_verify(struct arena *, const struct message *, struct dkim *);

/* --- one signature, for ARC too ----------------------------------------------------------------- */

/*
 * May this record verify that signature?  DKIM_OK, or why not.  An RSA key that
 * is too short may: the result is then `policy` (weak_key).
 */
enum dkim_reason dkim_record_fits(const struct dkim_record *, const struct signature *);

/* The digest that b= signs: the fields of h= and the signature field itself. */
struct text	signature_digest(struct arena *, const struct message *,
		    const struct signature *);

bool		dkim_body_matches(const struct body_hash *, const struct signature *);

/* A sink into a digest. */
struct canon_sink digest_sink(struct digest *);

#endif
