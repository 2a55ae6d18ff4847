/*
 * SPF records: what is printed parses alike, positions are inside the text,
 * strings join to the text again, guesses are well formed.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "mail/spf_edit.h"
#include "mail/spf_explain.h"
#include "mail/spf_guess.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_terms(const struct spf *x, const struct spf *y)
{
	size_t i;

	assert(x->count == y->count && x->faults == y->faults);
	for (i = 0; i < x->count; i++) {
		assert(text_eq(x->terms[i].text, y->terms[i].text));
		assert(x->terms[i].kind == y->terms[i].kind && x->terms[i].fault == y->terms[i].fault);
		assert(x->terms[i].qualifier == y->terms[i].qualifier);
		assert(x->terms[i].macros == y->terms[i].macros);
	}
}

static void
check_guess(struct arena *a, const struct spf *spf, size_t at)
{
	struct spf_guess g;
	const struct spf *meant;

	if (!spf_guess(a, spf, at, &g))
		return;
	assert(g.terms >= 1 && at + g.terms <= spf->count);
	if (g.text.n == 0)
		return;
	meant = spf_parse(a, text_of(arena_printf(a, "v=spf1 %.*s", (int)g.text.n, g.text.p)));
	assert(meant != NULL && meant->faults == 0 && meant->count > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { (const char *)data, size };
	const struct text *parts;
	struct arena *a;
	struct spf_draft *d;
	struct problems ps;
	const struct spf *spf;
	size_t i, count, sum;

	if (size > 65536)
		return 0;
	a = arena_new();
	parts = spf_split(a, t, &count);
	for (i = 0, sum = 0; i < count; i++) {
		assert(parts[i].n <= 255);
		sum += parts[i].n;
	}
	assert(sum == size);
	spf_bind(a, t);
	spf = spf_parse(a, t);
	assert((spf != NULL) == spf_is_record(t));
	if (spf != NULL) {
		same_terms(spf, spf_parse(a, spf_print(a, spf)));
		for (i = 0; i < spf->count; i++) {
			assert(spf->terms[i].at + spf->terms[i].text.n <= size);
			assert(spf->terms[i].fault_at <= size);
			if (i < 20 && (spf->terms[i].fault != SPF_FINE || spf_is_mistaken(&spf->terms[i])))
				check_guess(a, spf, i);
		}
		ps = problems_in(a);
		spf_lint(&ps, spf, "d.example");
		assert(ps.count <= PROBLEMS_MAX);
		d = spf_draft_of(a, spf);
		same_terms(spf, spf_parse(a, spf_draft_text(d)));
		spf_draft_dedupe(d);
		assert(spf_parse(a, spf_draft_text(d)) != NULL);
	}
	arena_free(a);
	return 0;
}
