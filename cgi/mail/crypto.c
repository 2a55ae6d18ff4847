/* Digests and public keys over libcrypto; see the header. */

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "mail/crypto.h"
#include "mail/rsa_der.h"

#define ED25519_BYTES	32

/* --- digests ------------------------------------------------------------------------------------ */

struct digest {
	EVP_MD_CTX	*ctx;
};

static void
free_md(void *p)
{
	EVP_MD_CTX_free(p);
}

static struct digest *
digest_alloc(struct arena *a)
{
	struct digest *d = arena_alloc(a, sizeof(*d));

	d->ctx = EVP_MD_CTX_new();
	if (d->ctx == NULL)
		abort();		/* out of memory, as everywhere */
	arena_defer(a, free_md, d->ctx);
	return d;
}

struct digest *
digest_new(struct arena *a, enum hash hash)
{
	struct digest *d = digest_alloc(a);

	EVP_DigestInit_ex(d->ctx, hash == HASH_SHA1 ? EVP_sha1() : EVP_sha256(), NULL);
	return d;
}

struct digest *
digest_copy(struct arena *a, const struct digest *from)
{
	struct digest *d = digest_alloc(a);

	EVP_MD_CTX_copy_ex(d->ctx, from->ctx);
	return d;
}

void
digest_add(struct digest *d, struct text t)
{
	EVP_DigestUpdate(d->ctx, t.p, t.n);
}

size_t
digest_end(struct digest *d, uint8_t out[HASH_BYTES_MAX])
{
	unsigned n = 0;

	memset(out, 0, HASH_BYTES_MAX);
	EVP_DigestFinal_ex(d->ctx, out, &n);
	return n;
}

/* --- what a key is ------------------------------------------------------------------------------ */

/*
 * A key is read without libcrypto, whose decoders take a hundred times as long,
 * since most keys are only looked at: their length, and whether two are the
 * same.  What is not plain DER is left to libcrypto.
 */
struct pubkey {
	enum key_type	 type;
	unsigned	 bits;
	struct text	 n, e;		/* RSA, without leading zeros */
	struct text	 raw;		/* Ed25519 */
};

static struct text
without_zeros(struct text t)
{
	while (t.n > 0 && t.p[0] == '\0')
		t = text_skip(t, 1);
	return t;
}

static unsigned
bit_length(struct text n)
{
	unsigned bits = 8 * (unsigned)n.n;
	unsigned char first;

	if (n.n == 0)
		return 0;
	for (first = (unsigned char)n.p[0]; (first & 0x80) == 0; first = (unsigned char)(first << 1))
		bits--;
	return bits;
}

static struct pubkey *
rsa_new(struct arena *a, struct text n, struct text e)
{
	struct pubkey *key;

	n = without_zeros(n);
	e = without_zeros(e);
	if (n.n == 0 || n.n > KEY_RSA_BITS_MAX / 8)
		return NULL;
	key = arena_alloc(a, sizeof(*key));
	*key = (struct pubkey){ .type = KEY_RSA, .bits = bit_length(n), .n = text_dup(a, n),
	    .e = text_dup(a, e) };
	return key;
}

static struct pubkey *
ed25519_new(struct arena *a, struct text raw)
{
	struct pubkey *key = arena_alloc(a, sizeof(*key));

	*key = (struct pubkey){ .type = KEY_ED25519, .bits = 256, .raw = text_dup(a, raw) };
	return key;
}

/* --- by libcrypto --------------------------------------------------------------------------------- */

static struct text
number_of(struct arena *a, EVP_PKEY *pkey, const char *which)
{
	BIGNUM *number = NULL;
	struct text ret = TEXT("");
	unsigned char *octets;

	if (EVP_PKEY_get_bn_param(pkey, which, &number) != 1)
		return ret;
	octets = arena_alloc(a, (size_t)BN_num_bytes(number) + 1);
	ret = (struct text){ (const char *)octets, (size_t)BN_bn2bin(number, octets) };
	BN_free(number);
	return ret;
}

/* Takes pkey over; NULL for what DKIM does not know. */
static struct pubkey *
pubkey_of(struct arena *a, EVP_PKEY *pkey)
{
	unsigned char raw[ED25519_BYTES];
	struct pubkey *key = NULL;
	size_t n = sizeof(raw);
	int id, bits;

	ERR_clear_error();		/* what failed on the way concerns nobody */
	if (pkey == NULL)
		return NULL;
	id = EVP_PKEY_get_base_id(pkey);
	bits = EVP_PKEY_get_bits(pkey);
	if (id == EVP_PKEY_ED25519 && EVP_PKEY_get_raw_public_key(pkey, raw, &n) == 1)
		key = ed25519_new(a, (struct text){ (const char *)raw, n });
	else if (id == EVP_PKEY_RSA && bits > 0 && bits <= KEY_RSA_BITS_MAX)
		key = rsa_new(a, number_of(a, pkey, OSSL_PKEY_PARAM_RSA_N),
		    number_of(a, pkey, OSSL_PKEY_PARAM_RSA_E));
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return key;
}

static EVP_PKEY *
decode_rsa(struct text der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	EVP_PKEY *pkey;

	if (der.n == 0 || der.n > 8 * KEY_RSA_BITS_MAX)
		return NULL;
	pkey = d2i_PUBKEY(NULL, &p, (long)der.n);
	if (pkey == NULL) {
		p = (const unsigned char *)der.p;
		pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	if (pkey != NULL && p != (const unsigned char *)der.p + der.n) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

/* --- keys ------------------------------------------------------------------------------------------ */

struct pubkey *
pubkey_decode(struct arena *a, enum key_type type, struct text bytes)
{
	struct pubkey *key;
	struct text n, e;

	if (type == KEY_ED25519)
		return bytes.n == ED25519_BYTES ? ed25519_new(a, bytes) : NULL;
	if (rsa_der_read(bytes, &n, &e))
		return rsa_new(a, n, e);
	key = pubkey_of(a, decode_rsa(bytes));
	return key != NULL && key->type == type ? key : NULL;
}

enum key_type
pubkey_type(const struct pubkey *key)
{
	return key->type;
}

unsigned
pubkey_bits(const struct pubkey *key)
{
	return key->bits;
}

bool
pubkey_same(const struct pubkey *x, const struct pubkey *y)
{
	return x->type == y->type && text_eq(x->n, y->n) && text_eq(x->e, y->e) &&
	    text_eq(x->raw, y->raw);
}

struct text
pubkey_bytes(struct arena *a, const struct pubkey *key)
{
	return key->type == KEY_ED25519 ? text_dup(a, key->raw) : rsa_der_write(a, key->n, key->e);
}

/* For libcrypto to verify with; NULL = it does not want it. */
static EVP_PKEY *
pubkey_open(const struct pubkey *key)
{
	struct arena *a;
	EVP_PKEY *pkey;

	if (key->type == KEY_ED25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
		    (const unsigned char *)key->raw.p, key->raw.n);
	a = arena_new();
	pkey = decode_rsa(rsa_der_write(a, key->n, key->e));
	arena_free(a);
	return pkey;
}

/* --- signatures --------------------------------------------------------------------------------- */

/* DigestInfo without the digest itself: RFC 8017 9.2, note 1. */
static const char info_sha1[] = "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";
static const char info_sha256[] =
    "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/*
 * The signed value is recovered and compared here instead of telling libcrypto
 * the hash: where a system's policy forbids SHA-1 signatures, libcrypto would
 * refuse, and "forbidden here" would look like "does not verify".
 */
static bool
verify_rsa(EVP_PKEY *pkey, enum hash hash, struct text digest, struct text signature)
{
	struct text info = hash == HASH_SHA1 ? TEXT(info_sha1) : TEXT(info_sha256);
	unsigned char got[KEY_RSA_BITS_MAX / 8];
	size_t n = sizeof(got);
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (signature.n != (size_t)EVP_PKEY_get_size(pkey))
		return false;
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	ok = ctx != NULL && EVP_PKEY_verify_recover_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_verify_recover(ctx, got, &n, (const unsigned char *)signature.p,
	    signature.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok && n == info.n + digest.n && memcmp(got, info.p, info.n) == 0 &&
	    memcmp(got + info.n, digest.p, digest.n) == 0;
}

static bool
verify_ed25519(EVP_PKEY *pkey, struct text digest, struct text signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
	    (const unsigned char *)digest.p, digest.n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
pubkey_verify(const struct pubkey *key, enum hash hash, struct text digest,
    struct text signature)
{
	EVP_PKEY *pkey;
	bool ok = false;

	if (signature.n == 0)
		return false;
	pkey = pubkey_open(key);
	if (pkey != NULL && key->type == KEY_RSA)
		ok = verify_rsa(pkey, hash, digest, signature);
	else if (pkey != NULL)
		ok = verify_ed25519(pkey, digest, signature);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return ok;
}
