#ifndef MAIL_CRYPTO_H
#define MAIL_CRYPTO_H

/*
 * Digests and public keys as DKIM and ARC use them (RFC 6376 3.3, RFC 8463),
 * over libcrypto.  No randomness, no private keys.  What is made here lives as
 * long as its arena.
 */

#include "base/text.h"

enum hash { HASH_SHA1, HASH_SHA256 };

#define HASH_BYTES_MAX	32

struct digest;

struct digest	*digest_new(struct arena *, enum hash);
void		 digest_add(struct digest *, struct text);
/* A digest that goes on from here by itself. */
struct digest	*digest_copy(struct arena *, const struct digest *);
/* Writes to `out` and returns the length; the digest is then spent. */
size_t		 digest_end(struct digest *, uint8_t out[HASH_BYTES_MAX]);

enum key_type { KEY_RSA, KEY_ED25519 };

#define KEY_RSA_BITS_MIN	1024	/* RFC 8301 3.2: shorter keys do not count */
#define KEY_RSA_BITS_GOOD	2048
#define KEY_RSA_BITS_SURE	4096	/* verifiers need not know longer ones */
#define KEY_RSA_BITS_MAX	16384	/* longer ones are refused, to bound the work */

struct pubkey;

/*
 * RSA: SubjectPublicKeyInfo, or a bare PKCS#1 RSAPublicKey (RFC 6376 3.6.1 and
 * its erratum); nothing may follow it.  Ed25519: 32 octets (RFC 8463 4).
 * NULL = not a key of that type.
 */
struct pubkey	*pubkey_decode(struct arena *, enum key_type, struct text);

enum key_type	 pubkey_type(const struct pubkey *);
unsigned	 pubkey_bits(const struct pubkey *);	/* modulus; 256 for Ed25519 */
bool		 pubkey_same(const struct pubkey *, const struct pubkey *);
/* What stands in p=, decoded: SubjectPublicKeyInfo or the 32 octets. */
struct text	 pubkey_bytes(struct arena *, const struct pubkey *);

/*
 * RSA: PKCS#1 v1.5 over the digest with exactly the DigestInfo of that hash.
 * Ed25519: PureEdDSA over the digest octets (RFC 8463 3).
 */
bool		 pubkey_verify(const struct pubkey *, enum hash, struct text digest,
		    struct text signature);

#endif
