#ifndef MAIL_RSA_DER_H
#define MAIL_RSA_DER_H

/*
 * RSA public keys as DKIM publishes them (RFC 6376 3.6.1 and its erratum):
 * SubjectPublicKeyInfo, or a bare RSAPublicKey (RFC 8017 A.1.1).  Pure.
 *
 * Only plain DER is read (X.690 8.1, 10.1: shortest definite lengths, positive
 * numbers in their shortest form); who wants more asks libcrypto.
 */

#include "base/text.h"

/* The two numbers point into `der`; nothing may follow the key. */
bool		 rsa_der_read(struct text der, struct text *n, struct text *e);
/* SubjectPublicKeyInfo of two numbers without leading zeros. */
struct text	 rsa_der_write(struct arena *, struct text n, struct text e);

#endif
