/* A DKIM key record: no crash, and what is said of it holds together. */

#include <assert.h>

#include "base/arena.h"
#include "mail/dkim_key.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)data, size };
	struct problems ps = problems_in(a);
	struct dkim_record r, again;

	(void)dkim_record_is_key(in);
	dkim_record_parse(a, in, &r, &ps);
	assert(r.result == DKIM_KEY_OK || r.result == DKIM_KEY_WEAK ||
	    r.result == DKIM_KEY_REVOKED || r.result == DKIM_KEY_INVALID ||
	    r.result == DKIM_KEY_UNSUPPORTED);
	if (r.result == DKIM_KEY_OK || r.result == DKIM_KEY_WEAK) {
		assert(r.key != NULL && dkim_record_is_key(in));
		assert(r.bits >= (r.type == KEY_RSA ? KEY_RSA_BITS_MIN : 256));
		/* What we would publish is the same key. */
		dkim_record_parse(a, text_of(dkim_key_text(a, r.key)), &again, NULL);
		assert(again.key != NULL && pubkey_same(r.key, again.key));
		assert(dkim_key_same(a, in, text_of(dkim_key_text(a, r.key))));
	}
	assert(!dkim_key_is_truncated(a, in, in));
	arena_free(a);
	return 0;
}
