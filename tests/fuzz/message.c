/* Header fields, From, and a whole verification (ARC too) without any DNS. */

#include <assert.h>

#include "base/arena.h"
#include "mail/verify.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key that no signature fits, so that all hashing is done. */
static const char key[] = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

static const struct dns_answer *
answer(void *ctx, struct name name, enum rrtype type)
{
	struct arena *a = ctx;
	struct dns_answer *ans = arena_zalloc(a, sizeof(*ans));
	struct rr *rr = arena_zalloc(a, sizeof(*rr));

	rr->u.txt.joined = text_of(key);
	ans->name = name;
	ans->type = type;
	ans->outcome = DNS_FOUND;
	ans->rrs = rr;
	ans->count = 1;
	return ans;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)data, size };
	struct dns_source src = { answer, a };
	struct verify_input input = { .now = 1700000000 };
	const char *end = in.p;
	struct message m;
	struct verify v;
	struct from f;
	size_t i;

	assert(message_read(a, in, &m, NULL));
	for (i = 0; i < m.count; i++) {
		/* Fields stand in order, apart, and inside the message. */
		assert(m.fields[i].raw.p >= end);
		end = m.fields[i].raw.p + m.fields[i].raw.n;
		assert(end <= in.p + in.n);
		assert(m.fields[i].above == MESSAGE_NO_FIELD || m.fields[i].above < i);
	}
	assert(m.body.p >= end && m.body.p + m.body.n == in.p + in.n);
	from_parse(a, in, &f);
	assert(f.count <= f.addresses);
	input.message = &m;
	assert(verify_message(a, &src, &input, &v));
	assert(v.dkim.count <= DKIM_SIGNATURES_MAX);
	arena_free(a);
	return 0;
}
