#include <string.h>

#include "base/arena.h"
#include "mail/spf_job.h"

/* --- own names to addresses -------------------------------------------------------------------- */

static bool
is_own(const struct spf_job *j, struct ip ip)
{
	size_t i;

	for (i = 0; i < j->q->own_count; i++)
		if (ip_eq(ip_unmap(j->q->own[i]), ip_unmap(ip)))
			return true;
	for (i = 0; i < j->q->ask.address_count; i++)
		if (ip_eq(ip_unmap(j->q->ask.addresses[i]), ip_unmap(ip)))
			return true;
	return false;
}

struct own {
	struct ip	 ips[16];
	size_t		 count;
	bool		 foreign;	/* also, or nothing but, what is not ours; or too many; or unknown */
};

static void
own_host(struct spf_job *j, struct name host, struct own *o)
{
	const enum rrtype types[] = { RR_A, RR_AAAA };
	const struct dns_answer *ans;
	size_t t, i;

	for (t = 0; t < 2; t++) {
		if ((ans = dns_ask(j->q->ask.dns, host, types[t])) == NULL) {
			j->pending = true;
			continue;
		}
		o->foreign |= ans->outcome == DNS_FAILED;
		for (i = 0; ans->outcome == DNS_FOUND && i < ans->count; i++) {
			if (o->count == 16 || !is_own(j, ans->rrs[i].u.ip))
				o->foreign = true;
			else
				o->ips[o->count++] = ans->rrs[i].u.ip;
		}
	}
}

/* The addresses behind an a or mx term, if all of them are this server's. */
static bool
own_addresses(struct spf_job *j, const struct spf_term *t, struct own *o)
{
	const struct dns_answer *mx;
	struct name name = j->q->ask.domain;
	size_t i;

	memset(o, 0, sizeof(*o));
	if ((t->kind != SPF_A && t->kind != SPF_MX) || t->fault != SPF_FINE || t->macros != 0 ||
	    (t->domain.n > 0 && !name_parse(j->arena, t->domain, &name)))
		return false;
	if (t->kind == SPF_A) {
		own_host(j, name, o);
		return o->count > 0 && !o->foreign && !j->pending;
	}
	if ((mx = dns_ask(j->q->ask.dns, name, RR_MX)) == NULL) {
		j->pending = true;
		return false;
	}
	if (mx->outcome != DNS_FOUND || mx->count > SPF_MX_MAX)
		return false;
	for (i = 0; i < mx->count; i++)
		if (mx->rrs[i].u.mx.exchange.s[0] != '\0')
			own_host(j, mx->rrs[i].u.mx.exchange, o);
	return o->count > 0 && !o->foreign && !j->pending;
}

/* a, mx -> ip4:, ip6: of the same networks; nothing where they are said already. */
static void
to_addresses(struct spf_job *j, struct spf_draft *d, size_t at, const struct own *o)
{
	struct spf_term t = d->edits[at].term;
	bool changed = false;
	struct text term;
	unsigned bits;
	size_t i;

	for (i = 0; i < o->count; i++) {
		if (t.qualifier == '+' && spf_draft_has(d, o->ips[i]) &&
		    (o->ips[i].family == 4 ? t.bits4 == 32 : t.bits6 == 128))
			continue;
		bits = o->ips[i].family == 4 ? t.bits4 : t.bits6;
		term = spf_address_term(j->arena, o->ips[i]);
		if (bits < (o->ips[i].family == 4 ? 32U : 128U))
			term = text_of(arena_printf(j->arena, "%s/%u", text_cstr(j->arena, term), bits));
		if (t.qualifier != '+')
			term = text_of(arena_printf(j->arena, "%c%s", t.qualifier, text_cstr(j->arena, term)));
		if (changed)
			spf_draft_add(d, ++at, term, "own_name");
		else
			spf_draft_change(d, at, term, "own_name");
		changed = true;
	}
	if (!changed)
		spf_draft_drop(d, at, "own_name");
}

/*
 * Take cost out of a draft, only by edits that cannot go stale: dead terms, what
 * is said twice, and this server's own names.  Own names go one by one until the
 * whole fits; with `all` every one of them.
 */
bool
spf_job_reduce(struct spf_job *j, struct spf_draft *d, bool every)
{
	struct spf_candidate c;
	struct own o;
	size_t i, all;

	all = spf_draft_find(d, SPF_ALL);
	for (i = all; all != SIZE_MAX && i < d->count; i++)
		if (d->edits[i].op != SPF_DROP && ((i > all && spf_is_mechanism(d->edits[i].term.kind)) ||
		    d->edits[i].term.kind == SPF_REDIRECT))
			spf_draft_drop(d, i, "dead");
	for (i = 0; all != SIZE_MAX && i < all; i++)
		if (d->edits[i].op != SPF_DROP && d->edits[i].term.kind == SPF_REDIRECT)
			spf_draft_drop(d, i, "dead");
	spf_draft_dedupe(d);
	for (i = 0; i < d->count; i++) {	/* ask wide */
		if (d->edits[i].op != SPF_DROP)
			(void)own_addresses(j, &d->edits[i].term, &o);
	}
	if (j->pending)
		return false;
	for (i = 0; i < d->count; i++) {
		if (d->edits[i].op == SPF_DROP || !own_addresses(j, &d->edits[i].term, &o))
			continue;
		if (!every) {
			if (!spf_job_prove(j, d, NULL, &c))
				return false;
			if (c.lookups <= SPF_LOOKUPS_MAX)
				return true;
		}
		to_addresses(j, d, i, &o);
	}
	spf_draft_dedupe(d);
	return true;
}

/* --- the fix ------------------------------------------------------------------------------------- */

bool
spf_fix_reduce(struct spf_job *j)
{
	const struct spf *spf = spf_job_one_record(j);
	struct spf_candidate c;
	struct spf_draft *d;
	struct spf_tree tree;

	if (spf == NULL)
		return true;
	if (!spf_explain(j->arena, &j->q->ask, &tree) || !spf_job_sample(j, spf->text))
		return false;
	if (spf->faults > 0 || (tree.void_lookups > SPF_VOIDS_MAX && tree.lookups < SPF_LOOKUPS_MAX - 1)) {
		spf_job_needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
		return true;
	}
	if (tree.lookups < SPF_LOOKUPS_MAX - 1 && !tree.cut) {	/* what works is left alone */
		spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.few_lookups");
		spf_reason_int(j->arena, &j->ret->reason, "count", tree.lookups);
		return true;
	}
	d = spf_draft_of(j->arena, spf);
	if (!spf_job_reduce(j, d, tree.lookups <= SPF_LOOKUPS_MAX))
		return false;
	if (!spf_draft_changed(d) && tree.lookups <= SPF_LOOKUPS_MAX) {
		spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.nothing_to_reduce");
		return true;
	}
	if (!spf_job_finish(j, d, "spf_edit.way.reduce", &c))
		return false;
	spf_job_take(j, &c);
	if (c.refused != SPF_OFFERED && tree.permerror)
		spf_job_needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
	return true;
}

