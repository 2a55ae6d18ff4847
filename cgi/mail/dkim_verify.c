/* DKIM signatures verified, RFC 6376 6; see the header. */

#include <string.h>

#include "base/arena.h"
#include "mail/dkim_verify.h"

static void
decide(struct dkim_check *c, enum dkim_reason reason)
{
	c->reason = reason;
	c->result = dkim_reason_result(reason);
}

void
dkim_read(struct arena *a, const struct message *m, int64_t now, struct dkim *ret)
{
	const struct message_field **fields;
	size_t i;

	*ret = (struct dkim){ 0 };
	fields = message_fields_of(a, m, "dkim-signature", &ret->present);
	ret->count = ret->present < DKIM_SIGNATURES_MAX ? ret->present : DKIM_SIGNATURES_MAX;
	ret->checks = arena_array(a, ret->count, sizeof(*ret->checks));
	for (i = 0; i < ret->count; i++) {
		ret->checks[i].index = (unsigned)i + 1;
		signature_parse(a, fields[i], SIGNATURE_DKIM, now, &ret->checks[i].sig);
		decide(&ret->checks[i], ret->checks[i].sig.reason);
	}
}

/* --- keys --------------------------------------------------------------------------------------- */

static bool
ask_key(struct arena *a, const struct dns_source *src, struct dkim_check *c)
{
	struct name name;

	if (!dkim_key_name(a, c->sig.selector.s, c->sig.domain, &name)) {
		decide(c, DKIM_KEY_IS_MISSING);		/* no such name can exist */
		return true;
	}
	return dkim_key_lookup(a, src, name, &c->key);
}

bool
dkim_ask(struct arena *a, const struct dns_source *src, struct dkim *dkim)
{
	bool all = true;
	size_t i;

	for (i = 0; i < dkim->count; i++)
		if (dkim->checks[i].reason == DKIM_OK && !ask_key(a, src, &dkim->checks[i]))
			all = false;
	return all;
}

/* RFC 6376 6.1.2, steps 4 to 9. */
enum dkim_reason
dkim_record_fits(const struct dkim_record *r, const struct signature *sig)
{
	if (r->result == DKIM_KEY_REVOKED)
		return DKIM_KEY_IS_REVOKED;
	if (r->result == DKIM_KEY_UNSUPPORTED)
		return r->other_service ? DKIM_KEY_SERVICE_MISMATCH : DKIM_KEY_IS_UNSUPPORTED;
	if (r->key == NULL)
		return DKIM_KEY_IS_INVALID;
	if (!dkim_record_allows(r, sig->hash))
		return DKIM_KEY_HASH_NOT_ALLOWED;
	if (r->type != sig->key_type)
		return DKIM_KEY_IS_UNSUPPORTED;
	if (r->strict_identity && sig->strict_subdomain)
		return DKIM_KEY_FLAG_MISMATCH;
	return DKIM_OK;
}

/*
 * RFC 6376 6.1.2 step 2 leaves open which of several records is taken: any that
 * fits may verify.  The first that fits is shown; if none does, the first.
 */
static const struct dkim_record *
first_fitting(const struct dkim_check *c, enum dkim_reason *why)
{
	const struct dkim_key *key = &c->key;
	size_t i, n = key->count < DKIM_KEY_RECORDS_MAX ? key->count : DKIM_KEY_RECORDS_MAX;

	if (n == 0) {
		*why = key->result == DKIM_KEY_TEMPERROR ? DKIM_DNS_ERROR : DKIM_KEY_IS_MISSING;
		return NULL;
	}
	for (i = 0; i < n; i++)
		if ((*why = dkim_record_fits(&key->records[i], &c->sig)) == DKIM_OK)
			return &key->records[i];
	*why = dkim_record_fits(&key->records[0], &c->sig);
	return &key->records[0];
}

static void
judge_key(struct dkim_check *c)
{
	const struct dkim_record *r;
	enum dkim_reason why;

	r = first_fitting(c, &why);
	if (r != NULL) {
		c->bits = r->bits;
		c->testing = r->testing;
	}
	if (why != DKIM_OK)
		decide(c, why);
}

/* --- hashes ------------------------------------------------------------------------------------- */

static void
add_to_digest(void *ctx, const char *p, size_t n)
{
	digest_add(ctx, (struct text){ p, n });
}

struct canon_sink
digest_sink(struct digest *d)
{
	return (struct canon_sink){ add_to_digest, d };
}

/* A length over the body's own is a lie about it (3.5, l=): no match. */
bool
dkim_body_matches(const struct body_hash *h, const struct signature *sig)
{
	if (sig->has_length && sig->length > h->body_bytes)
		return false;
	return sig->bh.n == h->n && memcmp(sig->bh.p, h->value, h->n) == 0;
}

struct text
signature_digest(struct arena *a, const struct message *m, const struct signature *sig)
{
	struct digest *d = digest_new(a, sig->hash);
	uint8_t *value = arena_alloc(a, HASH_BYTES_MAX);
	size_t n;

	signature_headers(a, m, sig, digest_sink(d));
	n = digest_end(d, value);
	return (struct text){ (const char *)value, n };
}

/* The record whose key verifies, of those that fit; NULL = none does. */
static const struct dkim_record *
verifying_record(struct arena *a, const struct message *m, const struct dkim_check *c)
{
	struct text digest = signature_digest(a, m, &c->sig);
	const struct dkim_key *key = &c->key;
	size_t i;

	for (i = 0; i < key->count && i < DKIM_KEY_RECORDS_MAX; i++)
		if (dkim_record_fits(&key->records[i], &c->sig) == DKIM_OK &&
		    pubkey_verify(key->records[i].key, c->sig.hash, digest, c->sig.b))
			return &key->records[i];
	return NULL;
}

static void
verify_one(struct arena *a, const struct message *m, struct dkim_check *c)
{
	const struct dkim_record *r;

	if (!dkim_body_matches(c->body, &c->sig)) {
		decide(c, DKIM_BODY_HASH_MISMATCH);
		return;
	}
	r = verifying_record(a, m, c);
	if (r == NULL) {
		decide(c, DKIM_SIGNATURE_MISMATCH);
		return;
	}
	c->bits = r->bits;
	c->testing = r->testing;
	if (c->sig.hash == HASH_SHA1)
		decide(c, DKIM_WEAK_HASH);		/* RFC 8301 3.1 */
	else if (r->type == KEY_RSA && r->bits < KEY_RSA_BITS_MIN)
		decide(c, DKIM_WEAK_KEY);		/* RFC 8301 3.2 */
	if (c->result == DKIM_PASS && c->sig.has_length &&
	    c->sig.length < c->body->body_bytes) {
		c->unsigned_body = true;
		c->unsigned_bytes = c->body->body_bytes - c->sig.length;
	}
}

void
dkim_verify(struct arena *a, const struct message *m, struct dkim *dkim)
{
	struct body_hashes bodies = { .arena = a };
	struct dkim_check *c;
	size_t i;

	for (i = 0; i < dkim->count; i++) {
		c = &dkim->checks[i];
		if (c->reason == DKIM_OK)
			judge_key(c);
		if (c->reason == DKIM_OK)
			c->body = body_hashes_want(&bodies, (struct body_wish){
			    c->sig.body_canon, c->sig.hash, c->sig.has_length, c->sig.length });
	}
	body_hashes_run(&bodies, m->body);
	for (i = 0; i < dkim->count; i++)
		if (dkim->checks[i].body != NULL)
			verify_one(a, m, &dkim->checks[i]);
}
