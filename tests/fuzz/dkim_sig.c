/* Signature fields of all three kinds, and what they cover. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "mail/dkim_verify.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
one(struct arena *a, struct text in, enum signature_kind kind)
{
	const char *whole = arena_printf(a, "DKIM-Signature:");
	struct message m;
	struct signature sig;
	struct text text;
	char *copy;

	copy = arena_alloc(a, in.n + 64);
	memcpy(copy, whole, strlen(whole));
	memcpy(copy + strlen(whole), in.p, in.n);
	memcpy(copy + strlen(whole) + in.n, "\r\nFrom: a\r\nTo: b\r\n", 19);
	text = (struct text){ copy, strlen(whole) + in.n + 18 };
	message_read(a, text, &m, NULL);
	assert(m.count >= 1);
	signature_parse(a, &m.fields[0], kind, 1700000000, &sig);
	if (sig.reason == DKIM_OK && kind != SIGNATURE_ARC_SEAL)
		assert(sig.header_count > 0 && sig.bh.n > 0);
	if (sig.reason != DKIM_OK)
		return;
	assert(sig.domain.s != NULL && sig.selector.s != NULL && sig.b.n > 0);
	assert(sig.b_hole.p >= m.fields[0].value.p &&
	    sig.b_hole.p + sig.b_hole.n <= m.fields[0].value.p + m.fields[0].value.n);
	(void)signature_digest(a, &m, &sig);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)data, size };

	one(a, in, SIGNATURE_DKIM);
	one(a, in, SIGNATURE_ARC_MESSAGE);
	one(a, in, SIGNATURE_ARC_SEAL);
	arena_free(a);
	return 0;
}
