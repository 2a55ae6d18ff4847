/*
 * What Gmail, Yahoo and Microsoft ask of who sends to many (Gmail and Yahoo since February 2024, one-click
 * unsubscribing since June 2024; Outlook.com since May 2025).  Each thing missing has an item with its points
 * already; here it is only said for whom it is missing.
 */

#include "base/arena.h"
#include "base/str.h"
#include "mail/score_parts.h"

enum { NEED_SPF = 1, NEED_DKIM = 2, NEED_ALIGNED = 4, NEED_DMARC = 8, NEED_PTR = 16, NEED_ONE_CLICK = 32, NEED_TLS = 64 };

static const struct { const char *code; unsigned needs; } providers[] = {
	{ "bulk_gmail", NEED_SPF | NEED_DKIM | NEED_ALIGNED | NEED_DMARC | NEED_PTR | NEED_ONE_CLICK | NEED_TLS },
	{ "bulk_yahoo", NEED_SPF | NEED_DKIM | NEED_ALIGNED | NEED_DMARC | NEED_PTR | NEED_ONE_CLICK },
	{ "bulk_microsoft", NEED_SPF | NEED_DKIM | NEED_ALIGNED | NEED_DMARC | NEED_PTR },
};

static const struct { unsigned need; const char *name; } names[] = {
	{ NEED_SPF, "SPF" }, { NEED_DKIM, "DKIM" }, { NEED_DMARC, "DMARC" }, { NEED_ALIGNED, "DMARC alignment" },
	{ NEED_PTR, "PTR" }, { NEED_ONE_CLICK, "List-Unsubscribe-Post" }, { NEED_TLS, "TLS" },
};

/* Only what is surely missing: what could not be found out is not. */
static unsigned
missing(const struct score_content *c, const struct score_items *items, const struct score_outside *o)
{
	const struct verify *v = o->verify;
	unsigned need = 0;

	if (o->spf_checked && o->spf != SPF_PASS && o->spf != SPF_TEMPERROR)
		need |= NEED_SPF;
	if (score_has(items, "dkim_missing") || score_has(items, "dkim_fail") || score_has(items, "dkim_weak"))
		need |= NEED_DKIM;
	if (v->dmarc == DMARC_RESULT_NONE || v->dmarc == DMARC_RESULT_PERMERROR)
		need |= NEED_DMARC;
	if (v->dmarc == DMARC_RESULT_FAIL && o->spf_checked)
		need |= NEED_ALIGNED;
	if (o->address.family != 0 && (o->ptr == SCORE_PTR_MISSING || o->ptr == SCORE_PTR_UNCONFIRMED))
		need |= NEED_PTR;
	if (score_has(&c->items, "unsubscribe_missing") || score_has(&c->items, "unsubscribe_invalid") ||
	    score_has(&c->items, "unsubscribe_no_https") || score_has(&c->items, "unsubscribe_no_post") ||
	    score_has(&c->items, "unsubscribe_post_invalid") || score_has(items, "unsubscribe_unsigned"))
		need |= NEED_ONE_CLICK;
	if (score_has(items, "tls_missing"))
		need |= NEED_TLS;
	return need;
}

void
score_rules(struct score_items *items, const struct score_content *c, const struct score_outside *o)
{
	unsigned need;

	if (!c->bulk)
		return;
	need = missing(c, items, o);
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
		struct str list = str_in(items->arena, 200);

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if ((need & providers[i].needs & names[j].need) != 0)
				str_addf(&list, "%s%s", list.n > 0 ? ", " : "", names[j].name);
		if (list.n > 0)
			score_value(items, score_add(items, providers[i].code, PROBLEM_WARNING, 0, NULL), "missing",
			    str_text(&list));
	}
}
