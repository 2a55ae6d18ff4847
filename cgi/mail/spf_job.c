#include <string.h>

#include "base/arena.h"
#include "mail/spf_job.h"

void
spf_job_refuse(struct spf_job *j, enum spf_refusal refused, const char *id)
{
	j->ret->refused = refused;
	spf_reason_set(&j->ret->reason, id);
}

void
spf_job_needs_first(struct spf_job *j, enum spf_fix fix, const char *id)
{
	spf_job_refuse(j, SPF_NEEDS_FIRST, id);
	j->ret->needs = spf_fix_id(fix);
}

/* --- who passed before ------------------------------------------------------------------------- */

static void
sample(struct spf_job *j, const struct spf_explain_query *as, struct ip ip)
{
	struct spf_query host = { .ip = ip, .dns = as->dns, .cache = as->cache, .now_s = as->now_s,
	    .helo = as->helo.n > 0 ? as->helo : text_of(as->domain.s),
	    .sender = text_of(as->domain.s), .quiet = true };
	struct spf_answer ans;
	size_t i;

	for (i = 0; i < j->sample_count; i++)
		if (ip_eq(j->samples[i], ip))
			return;
	if (j->sample_count >= SPF_SAMPLES_MAX || ip.family == 0 || ip_is_private(ip))
		return;
	if (!spf_check_host(j->arena, &host, &ans)) {
		j->pending = true;
		return;
	}
	if (ans.result == SPF_PASS)
		j->samples[j->sample_count++] = ip;
}

/* First and last address of a network. */
static void
sample_net(struct spf_job *j, const struct spf_explain_query *as, const struct spf_term *t)
{
	unsigned bits = t->kind == SPF_IP4 ? t->bits4 : t->bits6, size = t->kind == SPF_IP4 ? 32 : 128, i;
	struct ip first = t->ip, last = t->ip;

	for (i = bits; i < size; i++) {
		first.b[i / 8] &= (uint8_t)~(0x80 >> i % 8);
		last.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	sample(j, as, first);
	sample(j, as, last);
}

static void
sample_host(struct spf_job *j, const struct spf_explain_query *as, struct name host)
{
	const enum rrtype types[] = { RR_A, RR_AAAA };
	const struct dns_answer *ans;
	size_t t, i;

	for (t = 0; t < 2; t++) {
		if ((ans = dns_ask(as->dns, host, types[t])) == NULL)
			j->pending = true;
		else if (ans->outcome == DNS_FOUND)
			for (i = 0; i < ans->count && i < 8; i++)
				sample(j, as, ans->rrs[i].u.ip);
	}
}

/* Addresses that a record (alone at its name) lets pass, taken from its own tree. */
bool
spf_job_sample(struct spf_job *j, struct text record)
{
	struct spf_explain_query as = j->q->ask;
	const struct dns_answer *mx;
	const struct spf_term *t;
	struct spf_tree tree;
	struct name name;
	size_t i, k;

	as.dns = spf_overlay(j->arena, as.dns, as.domain, record);
	if (!spf_explain(j->arena, &as, &tree))
		return false;
	for (i = 0; i < tree.count; i++) {
		t = tree.terms[i].term;
		if (t->fault != SPF_FINE || tree.terms[i].note == SPF_NOTE_DEAD || spf_is_wide(t))
			continue;
		if (t->kind == SPF_IP4 || t->kind == SPF_IP6) {
			sample_net(j, &as, t);
			continue;
		}
		if ((t->kind != SPF_A && t->kind != SPF_MX) || t->macros != 0)
			continue;
		name.s = tree.terms[i].domain;
		if (t->domain.n > 0 && !name_parse(j->arena, t->domain, &name))
			continue;
		if (t->kind == SPF_A) {
			sample_host(j, &as, name);
			continue;
		}
		if ((mx = dns_ask(as.dns, name, RR_MX)) == NULL)
			return false;
		for (k = 0; mx->outcome == DNS_FOUND && k < mx->count && k < SPF_MX_MAX; k++)
			if (mx->rrs[k].u.mx.exchange.s[0] != '\0')
				sample_host(j, &as, mx->rrs[k].u.mx.exchange);
	}
	return !j->pending;
}

/* --- proving ----------------------------------------------------------------------------------- */

/* Candidate of a draft as it stands.  False = pending. */
bool
spf_job_prove(struct spf_job *j, const struct spf_draft *d, const char *way, struct spf_candidate *c)
{
	memset(c, 0, sizeof(*c));
	c->way = way;
	c->record = spf_draft_text(d);
	c->edits = d->edits;
	c->edit_count = d->count;
	return spf_prove(j->arena, &j->q->ask, j->samples, j->sample_count, c);
}

/* Sending addresses for which the draft's record gives no pass. */
bool
spf_job_missing(struct spf_job *j, const struct spf_draft *d, struct ip *ret, size_t *count)
{
	const struct spf_explain_query *q = &j->q->ask;
	struct spf_query host = { .cache = q->cache, .now_s = q->now_s, .quiet = true, .ask_ahead = true,
	    .helo = q->helo.n > 0 ? q->helo : text_of(q->domain.s), .sender = text_of(q->domain.s) };
	struct spf_answer ans;
	bool complete = true;
	size_t i;

	*count = 0;
	host.dns = spf_overlay(j->arena, q->dns, q->domain, spf_draft_text(d));
	for (i = 0; i < q->address_count; i++) {
		host.ip = q->addresses[i];
		if (!spf_check_host(j->arena, &host, &ans))
			complete = false;
		else if (ans.result != SPF_PASS)
			ret[(*count)++] = q->addresses[i];
	}
	return complete;
}

bool
spf_draft_has(const struct spf_draft *d, struct ip ip)
{
	const struct spf_term *t;
	size_t i;

	ip = ip_unmap(ip);
	for (i = 0; i < d->count; i++) {
		t = &d->edits[i].term;
		if (d->edits[i].op != SPF_DROP && t->qualifier == '+' && t->fault == SPF_FINE &&
		    ((t->kind == SPF_IP4 && spf_in_net(ip, t->ip, t->bits4)) ||
		    (t->kind == SPF_IP6 && spf_in_net(ip, t->ip, t->bits6))))
			return true;
	}
	return false;
}

/* Let the sending addresses pass by ip4:/ip6: terms, which cost nothing. */
void
spf_job_authorise(struct spf_job *j, struct spf_draft *d, const struct ip *ips, size_t count, bool in_front)
{
	size_t i, at = in_front ? 0 : spf_draft_before_all(d);

	for (i = 0; i < count; i++)
		if (in_front || !spf_draft_has(d, ips[i]))
			spf_draft_add(d, at++, spf_address_term(j->arena, ips[i]), "address");
}

/* No record without an end: what it says of all others. */
void
spf_job_set_all(struct spf_job *j, struct spf_draft *d)
{
	if (spf_draft_find(d, SPF_ALL) == SIZE_MAX && spf_draft_find(d, SPF_REDIRECT) == SIZE_MAX)
		spf_draft_add(d, spf_draft_before_all(d), text_of(j->all), "no_all");
}

/*
 * Bring a draft to what may be offered: an "all", every sending address, proof.
 * The addresses go before "all"; if something earlier turns them away, to the front.
 */
bool
spf_job_finish(struct spf_job *j, struct spf_draft *d, const char *way, struct spf_candidate *c)
{
	struct ip *ips = arena_array(j->arena, j->q->ask.address_count, sizeof(*ips));
	struct spf_candidate front;
	struct spf_draft *copy;
	size_t count;

	spf_job_set_all(j, d);
	if (!spf_job_missing(j, d, ips, &count))
		return false;
	copy = spf_draft_copy(j->arena, d);
	spf_job_authorise(j, d, ips, count, false);
	if (!spf_job_prove(j, d, way, c))
		return false;
	if (c->refused == SPF_OFFERED || count == 0 || c->reason.id == NULL ||
	    strcmp(c->reason.id, "spf_edit.refused.not_pass") != 0)
		return true;
	spf_job_authorise(j, copy, ips, count, true);
	if (!spf_job_prove(j, copy, way, &front))
		return false;
	if (front.refused == SPF_OFFERED)
		*c = front;
	return true;
}

/* The proposal is this candidate, offered or refused. */
void
spf_job_take(struct spf_job *j, const struct spf_candidate *c)
{
	j->ret->best = *c;
	j->ret->refused = c->refused;
	j->ret->reason = c->reason;
}

void
spf_job_take_other(struct spf_job *j, struct spf_candidate *c)
{
	if (j->ret->other_count >= SPF_OTHERS_MAX)
		return;
	if (c->refused == SPF_OFFERED) {	/* good, but the best is cheaper */
		c->refused = SPF_NOT_NEEDED;
		spf_reason_set(&c->reason, "spf_edit.refused.costs_more");
		spf_reason_int(j->arena, &c->reason, "count", c->lookups);
		spf_reason_int(j->arena, &c->reason, "best", j->ret->best.lookups);
	}
	j->ret->others[j->ret->other_count++] = *c;
}

/* --- the record of now --------------------------------------------------------------------------- */

/* What a record says of all others, through its redirect too. */
bool
spf_job_effective_all(struct spf_job *j, const struct spf *spf, int depth, char *ret)
{
	const struct dns_answer *ans;
	struct spf_found found;
	struct name name;

	*ret = '\0';
	if (spf->all != NULL) {
		*ret = spf->all->qualifier;
		return true;
	}
	if (spf->redirect == NULL || spf->redirect->macros != 0 || depth > 10 ||
	    !name_parse(j->arena, spf->redirect->domain, &name))
		return true;
	if ((ans = dns_ask(j->q->ask.dns, name, RR_TXT)) == NULL)
		return false;
	spf_select(ans, &found);
	if (found.count != 1)
		return true;
	return spf_job_effective_all(j, spf_cached(j->q->ask.cache, j->arena, found.first), depth + 1, ret);
}

/* The one record of now, fit to be edited; false with the refusal set. */
const struct spf *
spf_job_one_record(struct spf_job *j)
{
	if (j->record_count == 1)
		return spf_cached(j->q->ask.cache, j->arena, j->records[0]);
	if (j->record_count == 0)
		spf_job_needs_first(j, SPF_FIX_PUBLISH, "spf_edit.refused.no_record");
	else
		spf_job_needs_first(j, SPF_FIX_MERGE, "spf_edit.refused.several_records");
	return NULL;
}

