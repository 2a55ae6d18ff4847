#include <string.h>

#include "base/arena.h"
#include "mail/spf_wizard.h"

struct wizard {
	struct arena			*arena;
	const struct spf_wizard_query	*q;
	struct spf_explain_query	 ask;
	struct spf_wizard		*ret;
	struct spf_draft		*draft;
};

static struct problem *
warn(struct wizard *w, enum problem_severity severity, const char *code, const char *where)
{
	return problem_add(&w->ret->warnings, severity, code, where);
}

/* Order of the record: addresses first, they cost nothing; then names, then others' records. */
static int
rank(enum spf_kind k)
{
	static const enum spf_kind order[] = { SPF_IP4, SPF_IP6, SPF_A, SPF_MX, SPF_INCLUDE, SPF_EXISTS };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == k)
			return (int)i;
	return (int)i;
}

static void
add_in_order(struct wizard *w, struct text term, const char *why)
{
	struct spf_draft *d = w->draft;
	size_t at;
	enum spf_kind kind;

	spf_draft_add(d, d->count, term, why);
	kind = d->edits[d->count - 1].term.kind;
	for (at = 0; at + 1 < d->count && rank(d->edits[at].term.kind) <= rank(kind); at++)
		;
	if (at + 1 == d->count)
		return;
	spf_draft_drop(d, d->count - 1, why);
	spf_draft_add(d, at, term, why);
}

/* Never ptr, exists, +all or anything wrong: the wizard writes only what it can answer for. */
static bool
is_writable(struct wizard *w, struct text term)
{
	struct spf_draft *d = spf_draft_new(w->arena);

	spf_draft_add(d, 0, term, NULL);
	return d->edits[0].term.fault == SPF_FINE && rank(d->edits[0].term.kind) <= rank(SPF_INCLUDE) &&
	    !spf_is_wide(&d->edits[0].term) && text_eq(d->edits[0].after, d->edits[0].term.text);
}

/* False = pending. */
static bool
add_term(struct wizard *w, const struct spf_sender *s, struct text term)
{
	const char *shown = text_show(w->arena, term);
	struct problem *p = NULL;

	if (!is_writable(w, term)) {
		p = warn(w, PROBLEM_WARNING, "term_unusable", shown);
	} else
		switch (spf_term_use(w->arena, &w->ask, term)) {
		case SPF_USE_PENDING:
			return false;
		case SPF_USE_NO:
			p = warn(w, PROBLEM_WARNING, "term_unusable", shown);
			break;
		case SPF_USE_UNKNOWN:
			p = warn(w, PROBLEM_WARNING, "term_unchecked", shown);
			break;
		case SPF_USE_YES:
			add_in_order(w, term, "sender");
			break;
		}
	if (p != NULL && p->value_count == 0)
		problem_value(&w->ret->warnings, p, "name", text_of(s->name));
	return true;
}

static bool
add_sender(struct wizard *w, const struct spf_sender *s)
{
	const char *code = s->deprecated ? "sender_deprecated" :
	    s->not_at_root ? "sender_not_at_root" : s->term_count == 0 ? "sender_needs_nothing" : NULL;
	bool complete = true;
	struct problem *p;
	size_t i;

	if (code != NULL) {
		p = warn(w, s->deprecated ? PROBLEM_WARNING : PROBLEM_INFO, code, s->id);
		if (p != NULL && p->value_count == 0)
			problem_value(&w->ret->warnings, p, "name", text_of(s->name));
		return true;
	}
	for (i = 0; i < s->term_count; i++)
		complete &= add_term(w, s, text_of(s->terms[i]));
	return complete;
}

static void
add_addresses(struct wizard *w)
{
	const char *shown;
	struct ip ip;
	size_t i;

	for (i = 0; i < w->ask.address_count; i++) {
		ip = ip_unmap(w->ask.addresses[i]);
		shown = ip_str(w->arena, ip);
		if (ip_is_private(ip))
			warn(w, PROBLEM_WARNING, "private_address", shown);
		else
			add_in_order(w, spf_address_term(w->arena, ip), "address");
	}
}

/* The domain has one already: two are none. */
static bool
look_at_present(struct wizard *w)
{
	const struct dns_answer *ans;
	struct spf_found found;
	struct problem *p;

	if (w->q->ask.domain.s == NULL)
		return true;
	if ((ans = dns_ask(w->ask.dns, w->ask.domain, RR_TXT)) == NULL)
		return false;
	spf_select(ans, &found);
	if (found.count == 0)
		return true;
	p = warn(w, PROBLEM_WARNING, "has_record", w->ask.domain.s);
	if (p != NULL && p->value_count == 0)
		problem_value(&w->ret->warnings, p, "record", found.first->u.txt.joined);
	return true;
}

/* Proof; what does not hold gives no record. */
static bool
prove(struct wizard *w)
{
	struct spf_candidate c = { .record = spf_draft_text(w->draft) };
	struct spf_explain_query as = w->ask;
	struct ip *public = arena_array(w->arena, as.address_count, sizeof(*public));
	struct spf_wizard *r = w->ret;
	struct problem *p;
	size_t i, n = 0;

	for (i = 0; i < as.address_count; i++)
		if (!ip_is_private(ip_unmap(as.addresses[i])))
			public[n++] = as.addresses[i];
	as.addresses = public;
	as.address_count = n;
	if (!spf_prove(w->arena, &as, NULL, 0, &c))
		return false;
	r->lookups = c.lookups;
	r->void_lookups = c.void_lookups;
	r->results = c.results;
	r->result_count = c.result_count;
	if (c.refused != SPF_OFFERED) {
		p = warn(w, PROBLEM_ERROR, c.lookups > SPF_LOOKUPS_MAX ? "too_many_lookups" :
		    c.void_lookups > SPF_VOIDS_MAX ? "too_many_voids" : "cannot_be_proven", NULL);
		if (p != NULL && p->value_count == 0)
			problem_value_int(&r->warnings, p, "count",
			    c.lookups > SPF_LOOKUPS_MAX ? c.lookups : c.void_lookups);
		return true;
	}
	if (c.lookups >= SPF_LOOKUPS_MAX - 1) {
		p = warn(w, PROBLEM_WARNING, "lookups_near", NULL);
		if (p != NULL && p->value_count == 0)
			problem_value_int(&r->warnings, p, "count", c.lookups);
	}
	r->record = c.record;
	r->strings = spf_split(w->arena, c.record, &r->string_count);
	return true;
}

bool
spf_wizard(struct arena *a, const struct spf_wizard_query *q, struct spf_wizard *ret)
{
	const char *all = q->all == NULL ? "~all" : spf_all_parse(q->all);
	struct wizard w = { .arena = a, .q = q, .ask = q->ask, .ret = ret, .draft = spf_draft_new(a) };
	bool complete = true;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->warnings = problems_in(a);
	if (w.ask.domain.s == NULL)
		w.ask.domain.s = "example.invalid";	/* only to evaluate by */
	if (all == NULL) {
		warn(&w, PROBLEM_ERROR, "all_value", q->all);
		return true;
	}
	add_addresses(&w);
	for (i = 0; i < q->sender_count; i++)
		complete &= add_sender(&w, &q->senders[i]);
	complete &= look_at_present(&w);
	if (!complete)
		return false;
	spf_draft_dedupe(w.draft);
	if (w.draft->count == 0 && strcmp(all, "-all") != 0) {
		warn(&w, PROBLEM_WARNING, "nobody_sends", NULL);
		return true;
	}
	if (w.draft->count == 0)
		warn(&w, PROBLEM_INFO, "sends_no_mail", NULL);
	spf_draft_add(w.draft, w.draft->count, text_of(all), "all");
	if (!prove(&w))
		return false;
	problems_sort(&ret->warnings);
	return true;
}
