#include "helper/thin.h"

#include <string.h>

#define LINE_BYTES	(1024UL * 1024)		/* a longer line is seen and never kept */

struct thin
thin_new(struct arena *a, size_t max_bytes, void (*seen)(void *, struct text), void *ctx)
{
	return (struct thin){ .kept = str_in(a, max_bytes), .part = str_in(a, LINE_BYTES), .every = 1, .seen = seen,
	    .ctx = ctx };
}

/* The first of each two stays. */
static void
halve(struct thin *t)
{
	struct text rest = str_text(&t->kept), line;
	size_t to = 0, i = 0;

	while (text_line(&rest, &line)) {
		if (i++ % 2 != 0)
			continue;
		memmove(t->kept.p + to, line.p, line.n);
		to += line.n;
		t->kept.p[to++] = '\n';
	}
	t->kept.n = to;
	t->kept.p[to] = '\0';
	t->every *= 2;
}

static void
take_line(struct thin *t, struct text line)
{
	size_t number = t->lines++;

	t->seen(t->ctx, line);
	if (t->part.full || line.n + 1 > t->kept.max)
		return;
	while (number % t->every == 0 && t->kept.n + line.n + 1 > t->kept.max)
		halve(t);
	if (number % t->every != 0)
		return;
	str_addt(&t->kept, line);
	str_addc(&t->kept, '\n');
}

static void
end_line(struct thin *t)
{
	take_line(t, str_text(&t->part));
	t->part.n = 0;
	t->part.full = false;
}

void
thin_add(struct thin *t, struct text bytes)
{
	while (bytes.n > 0) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end == NULL ? bytes.n : (size_t)(end - bytes.p);

		if (end != NULL && t->part.n == 0 && !t->part.full)
			take_line(t, text_head(bytes, n));
		else {
			str_addt(&t->part, text_head(bytes, n));
			if (end != NULL)
				end_line(t);
		}
		bytes = text_skip(bytes, n + (end != NULL));
	}
}

void
thin_end(struct thin *t)
{
	if (t->part.n > 0 || t->part.full)
		end_line(t);
}
