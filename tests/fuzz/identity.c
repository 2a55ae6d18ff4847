/* Nothing that we did not sign is an identity, however it is built. */

#include <stdlib.h>

#include "base/arena.h"
#include "engine/identity.h"
#include "web/csrf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct text key = TEXT("0123456789abcdef0123456789abcdef");
	struct arena *a = arena_new();
	struct text t = { (const char *)data, n };
	struct identity who = { 0 };
	const char *why = NULL;

	if (identity_verify(a, key, text_cstr(a, t), 1790000000, &who, &why))
		abort();		/* it would take a broken HMAC */
	if (why == NULL)
		abort();
	who = (struct identity){ .login = "anna", .role = ROLE_CUSTOMER, .session = "s" };
	if (csrf_ok(a, key, &who, text_cstr(a, t)))
		abort();
	csrf_origin_ok(text_cstr(a, t), "host");
	arena_free(a);
	return 0;
}
