/*
 * Messages: parts lie inside the message and inside their parents, what is
 * decoded is no longer than allowed.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "mail/html.h"
#include "mail/mailaddr.h"
#include "mail/mime.h"
#include "mail/mime_decode.h"

#define DECODED_MAX	4096

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(struct text outer, struct text inner)
{
	assert(inner.n == 0 || (inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena		*a = arena_new();
	struct text		 t = { (const char *)data, size }, rest, addr;
	const struct mime	*m = mime_parse(a, t);

	assert(m->count >= 1 && m->count <= MIME_PARTS_MAX);
	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part	*p = &m->parts[i];
		bool			 cut;

		inside(m->text, p->head);
		inside(m->text, p->body);
		assert(p->depth < MIME_DEPTH_MAX + 1);
		assert(p->parent == MIME_NONE ? i == 0 : p->parent < i);
		if (p->parent != MIME_NONE && m->parts[p->parent].body.n > 0)
			inside(m->parts[p->parent].body, p->body);
		assert(mime_decode(a, p, DECODED_MAX, &cut).n <= DECODED_MAX);
		t = mime_decode_text(a, p, DECODED_MAX, NULL);
		assert(html_to_text(a, t).n <= t.n);
		(void)mime_words(a, p, "Subject");
	}
	rest = (struct text){ (const char *)data, size };
	while (mailaddr_next(&rest, &addr))
		inside((struct text){ (const char *)data, size }, addr);
	arena_free(a);
	return 0;
}
