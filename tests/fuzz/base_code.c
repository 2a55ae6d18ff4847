/* Base64 and hexadecimal: there and back, and the strict ones accept one spelling. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/code.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)data, size }, out;

	assert(base64_decode(a, text_of(base64_encode(a, in)), &out) && text_eq(in, out));
	assert(base64_decode_fws(a, text_of(base64_encode(a, in)), &out) && text_eq(in, out));
	assert(base64url_decode(a, text_of(base64url_encode(a, in)), &out) && text_eq(in, out));
	assert(hex_decode(a, text_of(hex_encode(a, in)), &out) && text_eq(in, out));
	if (base64_decode(a, in, &out))
		assert(text_is(in, base64_encode(a, out)));
	if (base64url_decode(a, in, &out))
		assert(text_is(in, base64url_encode(a, out)));
	if (hex_decode(a, in, &out))
		assert(text_iis(in, hex_encode(a, out)));
	(void)base64_decode_fws(a, in, &out);
	arena_free(a);
	return 0;
}
