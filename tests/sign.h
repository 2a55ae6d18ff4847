#ifndef TESTS_SIGN_H
#define TESTS_SIGN_H

/*
 * A DKIM signer for tests: keys made on the spot, signatures over messages of
 * the tables.  What is signed is worked out by the code under test; that this
 * is what others sign is shown by fixed vectors and by tests/diff.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/code.h"
#include "mail/body_hash.h"
#include "mail/dkim_verify.h"

struct signer {
	EVP_PKEY	*pkey;
	bool		 ed25519;
};

static inline struct signer
signer_rsa(unsigned bits)
{
	return (struct signer){ EVP_RSA_gen(bits), false };
}

static inline struct signer
signer_ed25519(void)
{
	return (struct signer){ EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), true };
}

static inline void
signer_free(struct signer s)
{
	EVP_PKEY_free(s.pkey);
}

/* What p= holds. */
static inline const char *
signer_p(struct arena *a, struct signer s)
{
	unsigned char *der = NULL, raw[32];
	size_t n = sizeof(raw);
	const char *p;
	int len;

	if (s.ed25519) {
		EVP_PKEY_get_raw_public_key(s.pkey, raw, &n);
		return base64_encode(a, (struct text){ (const char *)raw, n });
	}
	len = i2d_PUBKEY(s.pkey, &der);
	p = base64_encode(a, (struct text){ (const char *)der, (size_t)len });
	OPENSSL_free(der);
	return p;
}

/* The bare PKCS#1 form of the same. */
static inline const char *
signer_p_pkcs1(struct arena *a, struct signer s)
{
	unsigned char *der = NULL;
	int len = i2d_PublicKey(s.pkey, &der);
	const char *p = base64_encode(a, (struct text){ (const char *)der, (size_t)len });

	OPENSSL_free(der);
	return p;
}

static inline const char *
signer_record(struct arena *a, struct signer s)
{
	return arena_printf(a, "v=DKIM1; k=%s; p=%s", s.ed25519 ? "ed25519" : "rsa",
	    signer_p(a, s));
}

static inline const char *
sign_digest(struct arena *a, struct signer s, enum hash hash, struct text digest)
{
	unsigned char out[4096];
	size_t n = sizeof(out);

	if (s.ed25519) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		EVP_DigestSignInit(ctx, NULL, NULL, NULL, s.pkey);
		EVP_DigestSign(ctx, out, &n, (const unsigned char *)digest.p, digest.n);
		EVP_MD_CTX_free(ctx);
	} else {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s.pkey, NULL);

		EVP_PKEY_sign_init(ctx);
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
		EVP_PKEY_CTX_set_signature_md(ctx, hash == HASH_SHA1 ? EVP_sha1() : EVP_sha256());
		if (EVP_PKEY_sign(ctx, out, &n, (const unsigned char *)digest.p, digest.n) != 1)
			n = 0;
		EVP_PKEY_CTX_free(ctx);
	}
	return base64_encode(a, (struct text){ (const char *)out, n });
}

/* "name: tags" with bh= and b= added (each only where `tags` has none), in front of `message`. */
static inline const char *
sign_as(struct arena *a, struct signer s, const char *name, enum signature_kind kind,
    const char *tags, const char *message)
{
	struct body_hashes bodies = { .arena = a };
	struct body_hash *body;
	struct signature sig;
	struct message m;
	const char *head, *whole;
	struct digest *d;
	uint8_t value[HASH_BYTES_MAX];
	size_t n;

	head = arena_printf(a, "%s: %s", name, tags);
	if (kind != SIGNATURE_ARC_SEAL && strstr(tags, "bh=") == NULL) {
		whole = arena_printf(a, "%s; bh=%s\r\n%s", head,
		    strstr(tags, "; b=") != NULL ? "" : "; b=", message);
		message_read(a, text_of(whole), &m, NULL);
		signature_parse(a, &m.fields[0], kind, 0, &sig);
		body = body_hashes_want(&bodies, (struct body_wish){ sig.body_canon, sig.hash,
		    sig.has_length, sig.length });
		body_hashes_run(&bodies, m.body);
		head = arena_printf(a, "%s;\r\n bh=%s", head,
		    base64_encode(a, (struct text){ (const char *)body->value, body->n }));
	}
	if (strstr(tags, "; b=") != NULL)
		return arena_printf(a, "%s\r\n%s", head, message);
	whole = arena_printf(a, "%s; b=\r\n%s", head, message);
	message_read(a, text_of(whole), &m, NULL);
	signature_parse(a, &m.fields[0], kind, 0, &sig);
	d = digest_new(a, sig.hash);
	signature_headers(a, &m, &sig, digest_sink(d));
	n = digest_end(d, value);
	return arena_printf(a, "%s; b=%s\r\n%s", head, sign_digest(a, s, sig.hash,
	    (struct text){ (const char *)value, n }), message);
}

static inline const char *
sign(struct arena *a, struct signer s, const char *tags, const char *message)
{
	return sign_as(a, s, "DKIM-Signature", SIGNATURE_DKIM, tags, message);
}

#endif
