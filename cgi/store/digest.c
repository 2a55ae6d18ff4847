#include "store/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/random.h>

static void
hex(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

const char *
digest_hex(struct text t, char buf[DIGEST_HEX_MAX])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_Digest(t.p != NULL ? t.p : "", t.n, md, &n, EVP_sha256(), NULL) != 1 || n != 32)
		abort();	/* out of memory, or a crypto library without SHA-256 */
	hex(md, n, buf);
	return buf;
}

const char *
id_new(char buf[ID_HEX_MAX])
{
	unsigned char r[16];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		abort();	/* up to 256 bytes never come short (random(7)) */
	hex(r, sizeof(r), buf);
	return buf;
}
