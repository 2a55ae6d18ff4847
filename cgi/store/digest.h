#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

/* SHA-256 in lower-case hexadecimal, and unguessable ids. */

#include "base/text.h"

#define DIGEST_HEX_MAX	65
#define ID_HEX_MAX	33

const char	*digest_hex(struct text, char buf[DIGEST_HEX_MAX]);
const char	*id_new(char buf[ID_HEX_MAX]);		/* 128 random bits */

#endif
