#ifndef BASE_SHA256_H
#define BASE_SHA256_H

/* SHA-256 (FIPS 180-4), for the keys of requests; cryptography proper is OpenSSL's. */

#include "base/text.h"

void		 sha256(struct text, uint8_t ret[32]);

#endif
