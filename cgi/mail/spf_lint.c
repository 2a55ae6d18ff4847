#include <string.h>

#include "base/arena.h"
#include "mail/spf_explain.h"

static void
note(struct problems *ps, enum problem_severity severity, const char *code, const char *domain,
    struct text term)
{
	struct problem *p = problem_add(ps, severity, code,
	    term.n == 0 ? domain : text_show(ps->arena, term));

	if (p == NULL || p->value_count > 0)
		return;
	problem_value(ps, p, "term", term);
	problem_value(ps, p, "domain", text_of(domain));
}

bool
spf_is_wide(const struct spf_term *t)
{
	if (t->fault != SPF_FINE)
		return false;
	return (t->kind == SPF_IP4 && t->bits4 < 8) || (t->kind == SPF_IP6 && t->bits6 < 16);
}

bool
spf_is_private(const struct spf_term *t)
{
	if (t->fault != SPF_FINE || (t->kind != SPF_IP4 && t->kind != SPF_IP6) || spf_is_wide(t))
		return false;
	return ip_is_private(t->ip);
}

bool
spf_is_mistaken(const struct spf_term *t)
{
	static const char *const words[] = { "v=spf", "ip4=", "ip6=", "a=", "mx=", "ptr=", "include=",
	    "exists=", "all=", "ip=", "ipv4=", "ipv6=" };
	size_t i;

	if (t->kind != SPF_MODIFIER)
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_istarts(t->text, words[i]))
			return true;
	return false;
}

static struct text
without_dot(struct text t)
{
	if (t.n > 0 && t.p[t.n - 1] == '.')
		t.n--;
	return t;
}

bool
spf_same_term(const struct spf_term *a, const struct spf_term *b)
{
	if (a->kind != b->kind || a->qualifier != b->qualifier || a->fault != SPF_FINE ||
	    b->fault != SPF_FINE)
		return false;
	switch (a->kind) {
	case SPF_ALL:
		return true;
	case SPF_IP4:
		return a->bits4 == b->bits4 && spf_in_net(a->ip, b->ip, a->bits4);
	case SPF_IP6:
		return a->bits6 == b->bits6 && spf_in_net(a->ip, b->ip, a->bits6);
	case SPF_MODIFIER:
		return text_eq(a->text, b->text);
	default:
		return a->bits4 == b->bits4 && a->bits6 == b->bits6 &&
		    text_ieq(without_dot(a->domain), without_dot(b->domain));
	}
}

static bool
covers(const struct spf_term *wide, const struct spf_term *t)
{
	if (wide->kind != t->kind || wide->qualifier != t->qualifier || wide->fault != SPF_FINE ||
	    t->fault != SPF_FINE)
		return false;
	if (t->kind == SPF_IP4)
		return wide->bits4 < t->bits4 && spf_in_net(t->ip, wide->ip, wide->bits4);
	return t->kind == SPF_IP6 && wide->bits6 < t->bits6 && spf_in_net(t->ip, wide->ip, wide->bits6);
}

/* Duplicates are looked for in this many terms: a record of 64 KiB is not worth a square. */
#define COMPARED_MAX	200

static void
lint_term(struct problems *ps, const struct spf *spf, size_t i, const char *domain)
{
	const struct spf_term *t = &spf->terms[i];
	size_t j;

	if (t->fault != SPF_FINE)
		return;
	if (spf->all != NULL && t > spf->all && spf_is_mechanism(t->kind))
		note(ps, PROBLEM_WARNING, "behind_all", domain, t->text);
	if (t->kind == SPF_PTR)
		note(ps, PROBLEM_WARNING, "ptr_mechanism", domain, t->text);
	if (spf_is_wide(t) && t->qualifier == '+')
		note(ps, PROBLEM_ERROR, "too_open", domain, t->text);
	if (spf_is_private(t))
		note(ps, PROBLEM_WARNING, "private_address", domain, t->text);
	if (spf_is_mistaken(t))
		note(ps, PROBLEM_WARNING, "mistaken_modifier", domain, t->text);
	for (j = 0; j < spf->count && j < COMPARED_MAX && i < COMPARED_MAX; j++) {
		if (j < i && spf_same_term(&spf->terms[j], t) && t->kind != SPF_ALL &&
		    spf_is_mechanism(t->kind))
			note(ps, PROBLEM_WARNING, "duplicate", domain, t->text);
		else if (j != i && covers(&spf->terms[j], t))
			note(ps, PROBLEM_INFO, "covered", domain, t->text);
	}
}

void
spf_lint(struct problems *ps, const struct spf *spf, const char *domain)
{
	size_t i;

	for (i = 0; i < spf->count; i++)
		lint_term(ps, spf, i, domain);
	if (spf->all != NULL && spf->all->qualifier == '+')
		note(ps, PROBLEM_ERROR, "too_open", domain, spf->all->text);
	if (spf->all != NULL && spf->all->qualifier == '?')
		note(ps, PROBLEM_WARNING, "neutral", domain, spf->all->text);
	if (spf->all == NULL && spf->redirect == NULL)
		note(ps, PROBLEM_WARNING, "no_all", domain, (struct text){ NULL, 0 });
	if (spf->all != NULL && spf->redirect != NULL)
		note(ps, PROBLEM_WARNING, "redirect_ignored", domain, spf->redirect->text);
	if (spf->text.n > 450)			/* RFC 7208 3.4 */
		note(ps, PROBLEM_INFO, "record_long", domain, (struct text){ NULL, 0 });
}
