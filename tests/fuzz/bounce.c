/*
 * `bounce explain` in process: addresses occur in the input (unless it was
 * encoded, as in JSON), memory stays below sixteen times the input and a mebibyte, and the
 * answer is one line of JSON.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "shipped.h"
#include "tools/bounce_json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct data	*d;
	static const struct tool_words	 words = { NULL, "en" };
	struct arena			*a = arena_new();
	struct text			 t = { (const char *)data, size };
	const struct bounce		*b;
	const char			*line;
	size_t				 at;

	if (d == NULL)
		d = shipped_data(arena_new());		/* lives as long as the process */
	b = bounce_read(a, d, t);
	assert(arena_used(a) <= 16 * size + (1 << 20));
	assert((b->kind != BOUNCE_AUTO_REPLY && b->kind != BOUNCE_NONE) || b->count == 0);
	for (size_t i = 0; i < b->count; i++) {
		assert(b->recipients[i].category != NULL);
		if (b->recipients[i].address.p != NULL && !text_ifind(t, TEXT("encoding"), &at) &&
		    !text_ifind(t, TEXT("charset"), &at) && !text_ifind(t, TEXT("html"), &at) &&
		    !text_ifind(t, TEXT("emailaddress"), &at) && !text_ifind(t, TEXT("\\u"), &at) &&
		    memchr(t.p, '\r', t.n) == NULL)
			assert(text_find(t, b->recipients[i].address, &at));
	}
	line = json_print(a, bounce_json(a, b, &words));
	assert(line != NULL && strchr(line, '\n') == NULL);
	arena_free(a);
	return 0;
}
