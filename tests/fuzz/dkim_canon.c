/*
 * Canonicalisation: the same octets however the body is cut, relaxed is
 * idempotent, and nothing grows but by line ends.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/dkim_canon.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
into_str(void *ctx, const char *p, size_t n)
{
	str_addt(ctx, (struct text){ p, n });
}

static struct text
body(struct arena *a, enum canon canon, struct text in, const uint8_t *cuts, size_t cut_count)
{
	struct str out = str_in(a, 2 * in.n + 16);
	struct canon_body *b = arena_alloc(a, sizeof(*b));
	size_t i = 0, step;

	canon_body_init(b, canon, (struct canon_sink){ into_str, &out });
	while (in.n > 0) {
		step = cut_count == 0 ? in.n : (size_t)cuts[i++ % cut_count] % 7 + 1;
		canon_body_add(b, text_head(in, step));
		in = text_skip(in, step);
	}
	canon_body_end(b);
	assert(str_ok(&out) && b->bytes == out.n);
	return str_text(&out);
}

static struct text
field(struct arena *a, enum canon canon, struct text in)
{
	struct str out = str_in(a, 2 * in.n + 16);
	struct message m;

	message_read(a, in, &m, NULL);
	if (m.count == 0)
		return TEXT("");
	canon_field(canon, &m.fields[0], (struct canon_sink){ into_str, &out });
	assert(str_ok(&out));
	return str_text(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size > 8 ? 8 : 0;
	struct arena *a = arena_new();
	struct text in = { (const char *)data + n, size - n }, simple, relaxed;

	simple = body(a, CANON_SIMPLE, in, NULL, 0);
	relaxed = body(a, CANON_RELAXED, in, NULL, 0);
	assert(text_eq(simple, body(a, CANON_SIMPLE, in, data, n)));
	assert(text_eq(relaxed, body(a, CANON_RELAXED, in, data, n)));
	assert(text_eq(relaxed, body(a, CANON_RELAXED, relaxed, NULL, 0)));
	assert(text_eq(simple, body(a, CANON_SIMPLE, simple, NULL, 0)));
	assert(text_eq(relaxed, body(a, CANON_RELAXED, simple, NULL, 0)));
	assert(relaxed.n <= simple.n);

	relaxed = field(a, CANON_RELAXED, in);
	if (relaxed.n > 0 && relaxed.p[0] != ':')
		assert(text_eq(relaxed, field(a, CANON_RELAXED, relaxed)));
	(void)field(a, CANON_SIMPLE, in);
	arena_free(a);
	return 0;
}
