/*
 * DMARC records put right, and DKIM keys that were cut off.  What comes of a
 * repair is a record that receivers can use whole, and never stricter than what
 * they read in the old one.
 */

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "mail/dkim_cut.h"
#include "mail/dmarc_repair.h"

static void
must(bool fine)
{
	if (!fine)
		abort();
}

static enum dmarc_policy
effective(const struct dmarc_record *r)
{
	return r->usable ? dmarc_own_policy(r) : DMARC_NONE;
}

/* sp or np below the domain: absent means p. */
static void
compare(const struct dmarc_record *old, const struct dmarc_record *made)
{
	must(made->usable && made->p != DMARC_ABSENT);
	must(effective(made) == effective(old));
	if (!old->usable)
		return;
	must(made->sp == old->sp && made->np == old->np);
	must(made->adkim_strict == old->adkim_strict && made->aspf_strict == old->aspf_strict);
	must(made->psd == old->psd && made->testing == old->testing);
	must(made->rua.count == old->rua.count && made->ruf.count == old->ruf.count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size }, made, again;
	struct arena *a = arena_new();
	struct dmarc_record old, new;

	dkim_key_is_cut(a, text);
	dmarc_parse(a, text, &old, NULL);
	if (dmarc_repair(a, text, DMARC_ABSENT, TEXT(""), &made)) {
		dmarc_parse(a, made, &new, NULL);
		compare(&old, &new);
		must(dmarc_repair(a, made, DMARC_ABSENT, TEXT(""), &again) && text_eq(made, again));
	}
	if (dmarc_repair(a, text, DMARC_NONE, TEXT("mailto:a@b.example"), &made)) {
		dmarc_parse(a, made, &new, NULL);
		must(new.p == DMARC_NONE && new.rua.count > 0);
	}
	arena_free(a);
	return 0;
}
