/* Answers of spamd and Rspamd: read or refused, never more rules than there is room for. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "mail/filter.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct arena *a, const struct filter_answer *f)
{
	const char *text = filter_rules_text(a, f, 8);

	assert(f->count <= FILTER_RULES_MAX && text != NULL && strchr(text, '\n') == NULL);
	assert(f->points == f->points && f->limit == f->limit);		/* no NaN */
	for (size_t i = 1; i < f->count; i++)
		assert(f->rules[i - 1].points >= f->rules[i].points);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)data, size };
	struct filter_answer f;
	struct err err = { 0 };

	if (filter_spamd_read(a, in, &f, &err))
		check(a, &f);
	else
		assert(err.code == ERR_PROTOCOL);
	if (filter_rspamd_read(a, in, &f, &err))
		check(a, &f);
	else
		assert(err.code == ERR_PROTOCOL);
	arena_free(a);
	return 0;
}
