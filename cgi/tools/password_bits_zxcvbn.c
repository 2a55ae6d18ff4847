#include "tools/password_bits.h"

#include <stdint.h>
#include <zxcvbn.h>

double
password_bits(const char *password, const char *const *words)
{
	/* It reads them only, but does not say so. */
	return ZxcvbnMatch(password, (const char **)(uintptr_t)words, NULL);
}
