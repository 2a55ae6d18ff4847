#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "mail/spf_guess.h"
#include "mail/spf_propose.h"

#define SAMPLES_MAX	64	/* addresses of the old record that must go on passing */

struct job {
	struct arena			*arena;
	const struct spf_propose_query	*q;
	struct spf_proposal		*ret;
	const char			*all;		/* to be set where there is none */
	const struct rr			**records;	/* published now */
	size_t				 record_count;
	struct ip			 samples[SAMPLES_MAX];
	size_t				 sample_count;
	bool				 pending;
};

static const char *const fix_ids[] = { "spf.publish", "spf.merge", "spf.authorise", "spf.repair",
    "spf.reduce", "spf.close" };
static const char *const refusal_words[] = { "offered", "not_needed", "would_break", "needs_first",
    "invalid_value", "not_allowed", "unknown" };

const char *
spf_fix_id(enum spf_fix f)
{
	return fix_ids[f];
}

const char *
spf_refusal_word(enum spf_refusal r)
{
	return refusal_words[r];
}

const char *
spf_all_parse(const char *s)
{
	static const char *const forms[] = { "~all", "-all", "?all" };
	size_t i;

	for (i = 0; s != NULL && i < 3; i++)
		if (strcasecmp(s, forms[i]) == 0)
			return forms[i];
	return NULL;
}

static void
refuse(struct job *j, enum spf_refusal refused, const char *id)
{
	j->ret->refused = refused;
	spf_reason_set(&j->ret->reason, id);
}

static void
needs_first(struct job *j, enum spf_fix fix, const char *id)
{
	refuse(j, SPF_NEEDS_FIRST, id);
	j->ret->needs = spf_fix_id(fix);
}

/* --- who passed before ------------------------------------------------------------------------- */

static void
sample(struct job *j, const struct spf_explain_query *as, struct ip ip)
{
	struct spf_query host = { .ip = ip, .dns = as->dns, .cache = as->cache, .now_s = as->now_s,
	    .helo = as->helo.n > 0 ? as->helo : text_of(as->domain.s),
	    .sender = text_of(as->domain.s), .quiet = true };
	struct spf_answer ans;
	size_t i;

	for (i = 0; i < j->sample_count; i++)
		if (ip_eq(j->samples[i], ip))
			return;
	if (j->sample_count >= SAMPLES_MAX || ip.family == 0 || ip_is_private(ip))
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
sample_net(struct job *j, const struct spf_explain_query *as, const struct spf_term *t)
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
sample_host(struct job *j, const struct spf_explain_query *as, struct name host)
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
static bool
sample_record(struct job *j, struct text record)
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
static bool
prove(struct job *j, const struct spf_draft *d, const char *way, struct spf_candidate *c)
{
	memset(c, 0, sizeof(*c));
	c->way = way;
	c->record = spf_draft_text(d);
	c->edits = d->edits;
	c->edit_count = d->count;
	return spf_prove(j->arena, &j->q->ask, j->samples, j->sample_count, c);
}

/* Sending addresses for which the draft's record gives no pass. */
static bool
missing(struct job *j, const struct spf_draft *d, struct ip *ret, size_t *count)
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

static bool
has_address(const struct spf_draft *d, struct ip ip)
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
static void
authorise(struct job *j, struct spf_draft *d, const struct ip *ips, size_t count, bool in_front)
{
	size_t i, at = in_front ? 0 : spf_draft_before_all(d);

	for (i = 0; i < count; i++)
		if (in_front || !has_address(d, ips[i]))
			spf_draft_add(d, at++, spf_address_term(j->arena, ips[i]), "address");
}

/* No record without an end: what it says of all others. */
static void
set_all(struct job *j, struct spf_draft *d)
{
	if (spf_draft_find(d, SPF_ALL) == SIZE_MAX && spf_draft_find(d, SPF_REDIRECT) == SIZE_MAX)
		spf_draft_add(d, spf_draft_before_all(d), text_of(j->all), "no_all");
}

/*
 * Bring a draft to what may be offered: an "all", every sending address, proof.
 * The addresses go before "all"; if something earlier turns them away, to the front.
 */
static bool
finish(struct job *j, struct spf_draft *d, const char *way, struct spf_candidate *c)
{
	struct ip *ips = arena_array(j->arena, j->q->ask.address_count, sizeof(*ips));
	struct spf_candidate front;
	struct spf_draft *copy;
	size_t count;

	set_all(j, d);
	if (!missing(j, d, ips, &count))
		return false;
	copy = spf_draft_copy(j->arena, d);
	authorise(j, d, ips, count, false);
	if (!prove(j, d, way, c))
		return false;
	if (c->refused == SPF_OFFERED || count == 0 || c->reason.id == NULL ||
	    strcmp(c->reason.id, "spf_edit.refused.not_pass") != 0)
		return true;
	authorise(j, copy, ips, count, true);
	if (!prove(j, copy, way, &front))
		return false;
	if (front.refused == SPF_OFFERED)
		*c = front;
	return true;
}

/* The proposal is this candidate, offered or refused. */
static void
take(struct job *j, const struct spf_candidate *c)
{
	j->ret->best = *c;
	j->ret->refused = c->refused;
	j->ret->reason = c->reason;
}

static void
take_other(struct job *j, struct spf_candidate *c)
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

/* --- own names to addresses -------------------------------------------------------------------- */

static bool
is_own(const struct job *j, struct ip ip)
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
own_host(struct job *j, struct name host, struct own *o)
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
own_addresses(struct job *j, const struct spf_term *t, struct own *o)
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
to_addresses(struct job *j, struct spf_draft *d, size_t at, const struct own *o)
{
	struct spf_term t = d->edits[at].term;
	bool changed = false;
	struct text term;
	unsigned bits;
	size_t i;

	for (i = 0; i < o->count; i++) {
		if (t.qualifier == '+' && has_address(d, o->ips[i]) &&
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
static bool
reduce(struct job *j, struct spf_draft *d, bool every)
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
			if (!prove(j, d, NULL, &c))
				return false;
			if (c.lookups <= SPF_LOOKUPS_MAX)
				return true;
		}
		to_addresses(j, d, i, &o);
	}
	spf_draft_dedupe(d);
	return true;
}

/* --- the fixes --------------------------------------------------------------------------------- */

/* Is the include usable: one record, no error anywhere below?  0 no, 1 yes, -1 pending, -2 unknown. */
static int
usable(struct job *j, struct text term)
{
	struct spf_candidate c = { .record = TEXT("v=spf1 ") };
	struct spf_explain_query as = j->q->ask;
	struct spf_tree tree;

	c.record = text_of(arena_printf(j->arena, "v=spf1 %s", text_cstr(j->arena, term)));
	as.dns = spf_overlay(j->arena, as.dns, as.domain, c.record);
	as.address_count = 0;
	if (!spf_explain(j->arena, &as, &tree))
		return -1;
	return tree.permerror ? 0 : tree.temperror ? -2 : 1;
}

static bool
fix_publish(struct job *j)
{
	struct spf_draft *d = spf_draft_new(j->arena);
	const struct spf_sender *s;
	struct spf_candidate c;
	struct text term;
	size_t i, k;
	int use;

	if (j->record_count > 0) {
		refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.has_record");
		return true;
	}
	authorise(j, d, j->q->ask.addresses, j->q->ask.address_count, false);
	for (i = 0; i < j->q->sender_count; i++) {
		s = &j->q->senders[i];
		for (k = 0; k < s->term_count && !s->deprecated && !s->not_at_root; k++) {
			term = text_of(s->terms[k]);
			if ((use = usable(j, term)) == -1)
				return false;
			if (use != 1) {
				refuse(j, use == 0 ? SPF_WOULD_BREAK : SPF_CANNOT_KNOW,
				    use == 0 ? "spf_edit.refused.sender_unusable" : "spf_edit.refused.dns");
				spf_reason_text(j->arena, &j->ret->reason, "name", term);
				return true;
			}
			spf_draft_add(d, d->count, term, "sender");
		}
	}
	spf_draft_dedupe(d);
	if (d->count == 0 && (j->q->all == NULL || strcmp(j->all, "-all") != 0)) {
		refuse(j, SPF_INVALID_VALUE, "spf_edit.refused.no_senders");
		return true;
	}
	if (!finish(j, d, "spf_edit.way.new", &c))
		return false;
	take(j, &c);
	return true;
}

/* Softness of a qualifier: + is softer than all, but never wins. */
static int
softness(char qualifier)
{
	return qualifier == '?' ? 3 : qualifier == '~' ? 2 : qualifier == '-' ? 1 : 0;
}

/* What a record says of all others, through its redirect too. */
static bool
effective_all(struct job *j, const struct spf *spf, int depth, char *ret)
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
	return effective_all(j, spf_cached(j->q->ask.cache, j->arena, found.first), depth + 1, ret);
}

static void
merge_term(struct job *j, struct spf_draft *d, const struct spf_term *t, bool alone)
{
	struct spf_edit *e;
	size_t i;

	if (t->kind == SPF_ALL)
		return;
	if (t->kind == SPF_PTR && t->fault == SPF_FINE) {
		spf_draft_add(d, d->count, t->text, "merge");
		e = &d->edits[d->count - 1];
		e->op = SPF_KEEP;		/* so that the drop is seen */
		e->before = t->text;
		spf_draft_drop(d, d->count - 1, "ptr");
		return;
	}
	for (i = 0; i < d->count; i++)		/* at most one redirect and exp, same modifiers once */
		if (d->edits[i].op != SPF_DROP && (spf_same_term(&d->edits[i].term, t) ||
		    (t->kind == SPF_EXP && d->edits[i].term.kind == SPF_EXP)))
			return;
	if (t->kind == SPF_REDIRECT && !alone) {
		spf_draft_add(d, d->count, text_of(arena_printf(j->arena, "include:%s",
		    text_cstr(j->arena, t->domain))), "redirect");
		e = &d->edits[d->count - 1];
		for (i = 0; i + 1 < d->count; i++)
			if (d->edits[i].op != SPF_DROP && spf_same_term(&d->edits[i].term, &e->term)) {
				spf_draft_drop(d, d->count - 1, "duplicate");
				return;
			}
		e->op = SPF_CHANGE;
		e->before = t->text;
		return;
	}
	spf_draft_add(d, d->count, t->text, NULL);
	e = &d->edits[d->count - 1];
	e->op = SPF_KEEP;
	e->before = t->text;
}

static bool
all_the_same(const struct job *j)
{
	size_t i;

	for (i = 1; i < j->record_count; i++)
		if (!text_ieq(j->records[i]->u.txt.joined, j->records[0]->u.txt.joined))
			return false;
	return true;
}

static bool	repair_draft(struct job *, const struct spf *, struct spf_draft *);

/* Wrong terms must not come into the one record: each is mended first, by itself. */
static bool
mended(struct job *j, const struct spf *spf, const struct spf **ret)
{
	struct spf_draft *d;

	*ret = spf;
	if (spf->faults == 0)
		return true;
	d = spf_draft_of(j->arena, spf);
	if (!repair_draft(j, spf, d))
		return false;
	*ret = spf_parse(j->arena, spf_draft_text(d));
	return true;
}

static bool
fix_merge(struct job *j)
{
	struct spf_draft *d = spf_draft_new(j->arena), *lean;
	struct spf_candidate c, less;
	const struct spf *spf;
	bool alone = all_the_same(j);
	char q, softest = '\0';
	size_t i, k;

	if (j->record_count < 2) {
		refuse(j, SPF_NOT_NEEDED, j->record_count == 0 ? "spf_edit.refused.no_record" :
		    "spf_edit.refused.one_record");
		return true;
	}
	for (i = 0; i < j->record_count; i++)
		if (!sample_record(j, j->records[i]->u.txt.joined))
			return false;
	for (i = 0; i < j->record_count; i++) {
		if (!mended(j, spf_cached(j->q->ask.cache, j->arena, j->records[i]), &spf) ||
		    !effective_all(j, spf, 0, &q))
			return false;
		if (softness(q) > softness(softest))
			softest = q;
		for (k = 0; k < spf->count; k++)
			merge_term(j, d, &spf->terms[k], alone);
	}
	spf_draft_dedupe(d);
	if (j->q->all != NULL)
		softest = j->all[0];
	if (softest != '\0' && spf_draft_find(d, SPF_REDIRECT) == SIZE_MAX)
		spf_draft_add(d, spf_draft_before_all(d),
		    text_of(arena_printf(j->arena, "%call", softest)), "softer_all");
	lean = spf_draft_copy(j->arena, d);
	if (!finish(j, d, "spf_edit.way.merge", &c))
		return false;
	if (c.refused == SPF_WOULD_BREAK && c.lookups > SPF_LOOKUPS_MAX) {
		if (!reduce(j, lean, false) || !finish(j, lean, "spf_edit.way.merge_reduced", &less))
			return false;
		if (less.refused == SPF_OFFERED) {
			take(j, &less);
			take_other(j, &c);
			return true;
		}
	}
	take(j, &c);
	return true;
}

/* The one record of now, fit to be edited; false with the refusal set. */
static const struct spf *
one_record(struct job *j)
{
	if (j->record_count == 1)
		return spf_cached(j->q->ask.cache, j->arena, j->records[0]);
	if (j->record_count == 0)
		needs_first(j, SPF_FIX_PUBLISH, "spf_edit.refused.no_record");
	else
		needs_first(j, SPF_FIX_MERGE, "spf_edit.refused.several_records");
	return NULL;
}

/* Other ways to let the addresses pass, shown with what they cost. */
static bool
other_ways(struct job *j, const struct spf *spf)
{
	const struct {
		const char	*way;
		const char	*term;
	} ways[] = {
		{ "spf_edit.way.a", "a" }, { "spf_edit.way.mx", "mx" },
		{ "spf_edit.way.include", j->q->include == NULL ? NULL :
		    arena_printf(j->arena, "include:%s", j->q->include) },
	};
	struct spf_candidate c;
	struct spf_draft *d;
	size_t i, k;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (ways[i].term == NULL)
			continue;
		d = spf_draft_of(j->arena, spf);
		spf_draft_add(d, spf_draft_before_all(d), text_of(ways[i].term), "address");
		for (k = 0; k < spf->count; k++)
			if (spf_same_term(&spf->terms[k], &d->edits[spf_draft_before_all(d) - 1].term))
				break;
		if (k < spf->count)
			continue;		/* it is there already */
		set_all(j, d);
		if (!prove(j, d, ways[i].way, &c))
			return false;
		take_other(j, &c);
	}
	return true;
}

static bool
fix_authorise(struct job *j)
{
	const struct spf *spf = one_record(j);
	struct ip *ips = arena_array(j->arena, j->q->ask.address_count, sizeof(*ips));
	struct spf_candidate c;
	struct spf_draft *d;
	struct spf_tree tree;
	size_t count;

	if (spf == NULL)
		return true;
	if (!spf_explain(j->arena, &j->q->ask, &tree) || !sample_record(j, spf->text))
		return false;
	d = spf_draft_of(j->arena, spf);
	if (!missing(j, d, ips, &count))
		return false;
	if (count == 0) {
		refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.all_pass");
		return true;
	}
	if (!finish(j, d, "spf_edit.way.address", &c))
		return false;
	take(j, &c);
	if (c.refused != SPF_OFFERED && (tree.permerror || tree.void_lookups > SPF_VOIDS_MAX)) {
		needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
		return true;
	}
	if (c.refused != SPF_OFFERED && tree.lookups > SPF_LOOKUPS_MAX) {
		needs_first(j, SPF_FIX_REDUCE, "spf_edit.refused.reduce_first");
		spf_reason_int(j->arena, &j->ret->reason, "count", tree.lookups);
		return true;
	}
	return c.refused != SPF_OFFERED || other_ways(j, spf);
}

/* Put the guess in the place of the term (and of the next, when it took two). */
static void
put_guess(struct job *j, struct spf_draft *d, size_t *at, const struct spf_guess *g)
{
	const char *why = arena_printf(j->arena, "mistake_%s", spf_mistake_word(g->mistake));
	struct text rest = g->text, piece;
	bool first = true;
	size_t i;

	for (i = 1; i < g->terms; i++)
		spf_draft_drop(d, *at + i, why);
	while (text_split(&rest, ' ', &piece)) {
		if (piece.n == 0)
			continue;
		if (first)
			spf_draft_change(d, *at, piece, why);
		else
			spf_draft_add(d, ++*at, piece, why);
		first = false;
	}
	if (first)
		spf_draft_drop(d, *at, why);
	*at += g->terms - 1;
}

/* Wrong terms: what was meant, or nothing.  `from` is the record that the draft was made of. */
static void
repair_faults(struct job *j, const struct spf *from, struct spf_draft *d)
{
	struct spf_guess g;
	size_t i, n;

	for (i = 0, n = 0; i < d->count && n < from->count; i++, n++) {
		if (from->terms[n].fault == SPF_FINE && !spf_is_mistaken(&from->terms[n]))
			continue;
		if (spf_guess(j->arena, from, n, &g)) {
			put_guess(j, d, &i, &g);
			n += g.terms - 1;
		} else if (from->terms[n].fault != SPF_FINE)
			spf_draft_drop(d, i, "fault");
	}
}

/* What a look at DNS says of a term; NULL = it is fine. */
static const char *
dead_reason(const struct spf_cost *c)
{
	switch (c->note) {
	case SPF_NOTE_LOOP:		return "loop";
	case SPF_NOTE_NO_RECORD:	return "no_record";
	case SPF_NOTE_MANY_RECORDS:	return "include_broken";
	case SPF_NOTE_MX_MANY:		return "mx_many";
	case SPF_NOTE_VOID:		return "void";
	default:			return NULL;
	}
}

/* A term of the record itself whose tree has an error further down. */
static bool
broken_below(const struct spf_tree *tree, size_t at)
{
	size_t i;

	for (i = at + 1; i < tree->count && tree->terms[i].depth > 0; i++)
		switch (tree->terms[i].note) {
		case SPF_NOTE_FAULT:
		case SPF_NOTE_LOOP:
		case SPF_NOTE_NO_RECORD:
		case SPF_NOTE_MANY_RECORDS:
		case SPF_NOTE_MX_MANY:
			return true;
		default:
			break;
		}
	return false;
}

static const char *
term_reason(const struct spf_tree *tree, size_t at)
{
	const struct spf_term *t = tree->terms[at].term;
	const char *why = dead_reason(&tree->terms[at]);

	if (t->kind == SPF_ALL || t->kind == SPF_EXP || t->kind == SPF_MODIFIER)
		return NULL;
	if (t->kind == SPF_PTR)
		return "ptr";
	if (spf_is_private(t))
		return "private";
	if (why == NULL && broken_below(tree, at))
		why = "include_broken";
	return why;
}

/* The term of the record that an untouched edit stands for; SIZE_MAX = none. */
static size_t
origin(const struct spf *spf, const struct spf_edit *e)
{
	size_t i;

	for (i = 0; e->op == SPF_KEEP && i < spf->count; i++)
		if (spf->terms[i].text.p == e->before.p)
			return i;
	return SIZE_MAX;
}

/*
 * Mend what is wrong in itself, then leave out what DNS shows to be of no use.
 * Both families are looked at, whoever sends from here: an `a` that is void for
 * one may serve the other.  False = pending.
 */
static bool
repair_draft(struct job *j, const struct spf *spf, struct spf_draft *d)
{
	struct spf_explain_query as = j->q->ask;
	struct spf_guess g;
	struct spf_tree tree;
	const char *why;
	size_t i, k, n;

	repair_faults(j, spf, d);
	as.dns = spf_overlay(j->arena, as.dns, as.domain, spf_draft_text(d));
	as.address_count = 0;
	if (!spf_explain(j->arena, &as, &tree))
		return false;
	for (i = 0, k = 0; i < tree.count; i++) {
		if (tree.terms[i].depth > 0)
			continue;
		while (k < d->count && d->edits[k].op == SPF_DROP)
			k++;
		if (k >= d->count)
			break;
		if ((why = term_reason(&tree, i)) != NULL) {
			n = origin(spf, &d->edits[k]);
			if ((strcmp(why, "no_record") == 0 || strcmp(why, "void") == 0) && n != SIZE_MAX &&
			    spf_guess_joint(j->arena, spf, n, &g)) {
				put_guess(j, d, &k, &g);
			} else if (d->edits[k].op == SPF_ADD) {
				spf_draft_drop(d, k, why);
				continue;	/* the next one has moved here */
			} else
				spf_draft_drop(d, k, why);
		}
		k++;
	}
	return true;
}

/* Text that is no record but was meant to be one: from its "spf1" on. */
static bool
meant_record(struct job *j, struct text *ret)
{
	const struct dns_answer *ans;
	struct spf_found found;
	struct text t, *old;
	size_t at;

	if ((ans = dns_ask(j->q->ask.dns, j->q->ask.domain, RR_TXT)) == NULL)
		return false;
	spf_select(ans, &found);
	*ret = (struct text){ NULL, 0 };
	if (found.count > 0 || found.near.p == NULL || !text_ifind(found.near, TEXT("spf1"), &at))
		return true;
	t = text_trim(text_skip(found.near, at + 4));
	while (t.n > 0 && strchr("\"';,:=", t.p[0]) != NULL && t.p[0] != '\0')
		t = text_trim(text_skip(t, 1));
	*ret = text_of(arena_printf(j->arena, "v=spf1 %s", text_cstr(j->arena, t)));
	old = arena_array(j->arena, 1, sizeof(*old));
	*old = found.near;
	j->ret->replaces = old;
	j->ret->replace_count = 1;
	return true;
}

static bool
fix_repair(struct job *j)
{
	struct spf_candidate c, less;
	struct spf_draft *d, *lean;
	const struct spf *spf;
	struct text meant = { NULL, 0 };

	if (j->record_count == 0 && !meant_record(j, &meant))
		return false;
	spf = meant.p != NULL ? spf_parse(j->arena, meant) : one_record(j);
	if (spf == NULL)
		return true;
	if (!sample_record(j, spf->text))
		return false;
	d = spf_draft_of(j->arena, spf);
	if (!repair_draft(j, spf, d))
		return false;
	if (!spf_draft_changed(d) && meant.p == NULL) {
		refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.nothing_wrong");
		return true;
	}
	lean = spf_draft_copy(j->arena, d);
	if (!finish(j, d, "spf_edit.way.repair", &c))
		return false;
	if (c.refused == SPF_WOULD_BREAK && (c.lookups > SPF_LOOKUPS_MAX || c.void_lookups > SPF_VOIDS_MAX)) {
		if (!reduce(j, lean, true) || !finish(j, lean, "spf_edit.way.repair_reduced", &less))
			return false;
		if (less.refused == SPF_OFFERED)
			c = less;
	}
	take(j, &c);
	return true;
}

static bool
fix_reduce(struct job *j)
{
	const struct spf *spf = one_record(j);
	struct spf_candidate c;
	struct spf_draft *d;
	struct spf_tree tree;

	if (spf == NULL)
		return true;
	if (!spf_explain(j->arena, &j->q->ask, &tree) || !sample_record(j, spf->text))
		return false;
	if (spf->faults > 0) {
		needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
		return true;
	}
	d = spf_draft_of(j->arena, spf);
	if (!reduce(j, d, tree.lookups <= SPF_LOOKUPS_MAX))
		return false;
	if (!spf_draft_changed(d) && tree.lookups <= SPF_LOOKUPS_MAX) {
		refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.nothing_to_reduce");
		return true;
	}
	if (!finish(j, d, "spf_edit.way.reduce", &c))
		return false;
	take(j, &c);
	if (c.refused != SPF_OFFERED && tree.permerror)
		needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
	return true;
}

/* "+all", "?all", no end, or networks as wide as the world. */
static bool
fix_close(struct job *j)
{
	const struct spf *spf = one_record(j);
	struct spf_candidate c;
	struct spf_draft *d;
	bool more;
	size_t i, k, all;
	char q;

	if (spf == NULL)
		return true;
	if (spf->faults > 0) {
		needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
		return true;
	}
	if (!sample_record(j, spf->text) || !effective_all(j, spf, 0, &q))
		return false;
	d = spf_draft_of(j->arena, spf);
	for (i = 0; i < d->count; i++)
		if (d->edits[i].op != SPF_DROP && spf_is_wide(&d->edits[i].term) &&
		    d->edits[i].term.qualifier == '+')
			spf_draft_drop(d, i, "wide");
	all = spf_draft_find(d, SPF_ALL);
	if (all == SIZE_MAX && spf->redirect != NULL) {
		if (q == '-' || q == '~') {
			if (!spf_draft_changed(d)) {
				refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.closed");
				return true;
			}
		} else {			/* an end of our own; the redirect serves as an include */
			i = spf_draft_find(d, SPF_REDIRECT);
			spf_draft_change(d, i, text_of(arena_printf(j->arena, "include:%s",
			    text_cstr(j->arena, d->edits[i].term.domain))), "redirect");
		}
	} else if (all != SIZE_MAX && (q == '+' || q == '?')) {
		for (i = all + 1, more = false; i < d->count; i++)
			more |= d->edits[i].op != SPF_DROP && spf_is_mechanism(d->edits[i].term.kind);
		if (!more)
			spf_draft_change(d, all, text_of(j->all), "open_all");
		else {				/* what stands behind comes to life */
			spf_draft_drop(d, all, "open_all");
			while ((k = spf_draft_find(d, SPF_ALL)) != SIZE_MAX)
				spf_draft_drop(d, k, "open_all");
			spf_draft_add(d, spf_draft_before_all(d), text_of(j->all), "open_all");
		}
	} else if (all != SIZE_MAX && !spf_draft_changed(d)) {
		if (j->q->all == NULL || d->edits[all].term.qualifier == j->all[0]) {
			refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.closed");
			return true;
		}
		spf_draft_change(d, all, text_of(j->all), "chosen_all");
	}
	if (!finish(j, d, "spf_edit.way.close", &c))
		return false;
	take(j, &c);
	return true;
}

/* --- the question ------------------------------------------------------------------------------ */

static void
note_replaced(struct job *j)
{
	struct text *old;
	size_t i;

	if (j->ret->replaces != NULL || j->record_count == 0)
		return;
	old = arena_array(j->arena, j->record_count, sizeof(*old));
	for (i = 0; i < j->record_count; i++)
		old[i] = j->records[i]->u.txt.joined;
	j->ret->replaces = old;
	j->ret->replace_count = j->record_count;
}

bool
spf_propose(struct arena *a, const struct spf_propose_query *q, enum spf_fix fix,
    struct spf_proposal *ret)
{
	static bool (*const fixes[])(struct job *) = { fix_publish, fix_merge, fix_authorise, fix_repair,
	    fix_reduce, fix_close };
	struct job j = { .arena = a, .q = q, .ret = ret };
	const struct dns_answer *ans;

	memset(ret, 0, sizeof(*ret));
	ret->fix = fix;
	j.all = q->all != NULL ? spf_all_parse(q->all) :
	    q->default_all == NULL ? "~all" : spf_all_parse(q->default_all);
	if (j.all == NULL) {
		refuse(&j, SPF_INVALID_VALUE, "spf_edit.refused.all_value");
		return true;
	}
	if ((ans = dns_ask(q->ask.dns, q->ask.domain, RR_TXT)) == NULL)
		return false;
	if (ans->outcome == DNS_FAILED) {
		refuse(&j, SPF_CANNOT_KNOW, "spf_edit.refused.dns");
		spf_reason_text(a, &ret->reason, "name", text_of(q->ask.domain.s));
		return true;
	}
	j.records = spf_select_all(a, ans, &j.record_count);
	if (!fixes[fix](&j) || j.pending)
		return false;
	note_replaced(&j);
	if (ret->refused == SPF_OFFERED && ret->replace_count == 1 &&
	    text_eq(ret->best.record, ret->replaces[0]))
		refuse(&j, SPF_NOT_NEEDED, "spf_edit.refused.nothing_wrong");
	return true;
}
