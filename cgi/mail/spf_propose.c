#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "mail/spf_job.h"

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

/* --- the fixes that need no file of their own ---------------------------------------------------- */

/* Other ways to let the addresses pass than to name them, shown with what they cost. */
static bool
other_ways(struct spf_job *j, const struct spf_draft *base)
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
	size_t at, i, k;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (ways[i].term == NULL)
			continue;
		d = spf_draft_copy(j->arena, base);
		at = spf_draft_before_all(d);
		spf_draft_add(d, at, text_of(ways[i].term), "address");
		for (k = 0; k < d->count; k++)
			if (k != at && spf_same_term(&d->edits[k].term, &d->edits[at].term))
				break;
		if (k < d->count)
			continue;		/* it is there already */
		spf_job_set_all(j, d);
		if (!spf_job_prove(j, d, ways[i].way, &c))
			return false;
		spf_job_take_other(j, &c);
	}
	return true;
}

static bool
fix_publish(struct spf_job *j)
{
	struct spf_draft *d = spf_draft_new(j->arena), *others;
	const struct spf_sender *s;
	struct spf_candidate c;
	struct text term;
	size_t i, k;
	enum spf_use use;

	if (j->record_count > 0) {
		spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.has_record");
		return true;
	}
	for (i = 0; i < j->q->sender_count; i++) {
		s = &j->q->senders[i];
		for (k = 0; k < s->term_count && !s->deprecated && !s->not_at_root; k++) {
			term = text_of(s->terms[k]);
			if ((use = spf_term_use(j->arena, &j->q->ask, term)) == SPF_USE_PENDING)
				return false;
			if (use != SPF_USE_YES) {
				spf_job_refuse(j, use == SPF_USE_NO ? SPF_WOULD_BREAK : SPF_CANNOT_KNOW,
				    use == SPF_USE_NO ? "spf_edit.refused.sender_unusable" : "spf_edit.refused.dns");
				spf_reason_text(j->arena, &j->ret->reason, "name", term);
				return true;
			}
			spf_draft_add(d, d->count, term, "sender");
		}
	}
	others = spf_draft_copy(j->arena, d);
	spf_job_authorise(j, d, j->q->ask.addresses, j->q->ask.address_count, true);
	spf_draft_dedupe(d);
	if (d->count == 0 && (j->q->all == NULL || strcmp(j->all, "-all") != 0)) {
		spf_job_refuse(j, SPF_INVALID_VALUE, "spf_edit.refused.no_senders");
		return true;
	}
	if (!spf_job_finish(j, d, "spf_edit.way.new", &c))
		return false;
	spf_job_take(j, &c);
	return c.refused != SPF_OFFERED || j->q->ask.address_count == 0 || other_ways(j, others);
}

static bool
fix_authorise(struct spf_job *j)
{
	const struct spf *spf = spf_job_one_record(j);
	struct ip *ips = arena_array(j->arena, j->q->ask.address_count, sizeof(*ips));
	struct spf_candidate c;
	struct spf_draft *d;
	struct spf_tree tree;
	size_t count;

	if (spf == NULL)
		return true;
	if (!spf_explain(j->arena, &j->q->ask, &tree) || !spf_job_sample(j, spf->text))
		return false;
	d = spf_draft_of(j->arena, spf);
	if (!spf_job_missing(j, d, ips, &count))
		return false;
	if (count == 0) {
		spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.all_pass");
		return true;
	}
	if (!spf_job_finish(j, d, "spf_edit.way.address", &c))
		return false;
	spf_job_take(j, &c);
	if (c.refused != SPF_OFFERED && (tree.permerror || tree.void_lookups > SPF_VOIDS_MAX)) {
		spf_job_needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
		return true;
	}
	if (c.refused != SPF_OFFERED && tree.lookups > SPF_LOOKUPS_MAX) {
		spf_job_needs_first(j, SPF_FIX_REDUCE, "spf_edit.refused.reduce_first");
		spf_reason_int(j->arena, &j->ret->reason, "count", tree.lookups);
		return true;
	}
	return c.refused != SPF_OFFERED || other_ways(j, spf_draft_of(j->arena, spf));
}

/* "+all", "?all", no end, or networks as wide as the world. */
static bool
fix_close(struct spf_job *j)
{
	const struct spf *spf = spf_job_one_record(j);
	struct spf_candidate c;
	struct spf_draft *d;
	bool more;
	size_t i, k, all;
	char q;

	if (spf == NULL)
		return true;
	if (spf->faults > 0) {
		spf_job_needs_first(j, SPF_FIX_REPAIR, "spf_edit.refused.repair_first");
		return true;
	}
	if (!spf_job_sample(j, spf->text) || !spf_job_effective_all(j, spf, 0, &q))
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
				spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.closed");
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
			spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.closed");
			return true;
		}
		spf_draft_change(d, all, text_of(j->all), "chosen_all");
	}
	if (!spf_job_finish(j, d, "spf_edit.way.close", &c))
		return false;
	spf_job_take(j, &c);
	return true;
}

/* --- the question ------------------------------------------------------------------------------ */

static void
note_replaced(struct spf_job *j)
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

/* Records that no person wrote by hand are not edited by hand either: others publish them. */
#define EDIT_TERMS_MAX		1000
#define EDIT_RECORDS_MAX	50

static bool
is_editable(const struct spf_job *j)
{
	size_t i, k, terms = 0;
	struct text t;

	for (i = 0; i < j->record_count; i++) {
		t = j->records[i]->u.txt.joined;
		for (k = 0; k < t.n; k++)
			terms += t.p[k] == ' ';
	}
	return terms <= EDIT_TERMS_MAX && j->record_count <= EDIT_RECORDS_MAX;
}

bool
spf_propose(struct arena *a, const struct spf_propose_query *q, enum spf_fix fix,
    struct spf_proposal *ret)
{
	static bool (*const fixes[])(struct spf_job *) = { fix_publish, spf_fix_merge, fix_authorise, spf_fix_repair,
	    spf_fix_reduce, fix_close };
	struct spf_job j = { .arena = a, .q = q, .ret = ret };
	const struct dns_answer *ans;

	memset(ret, 0, sizeof(*ret));
	ret->fix = fix;
	j.all = q->all != NULL ? spf_all_parse(q->all) :
	    q->default_all == NULL ? "~all" : spf_all_parse(q->default_all);
	/* The provider's default may be neutral; who chooses one chooses a protection. */
	if (j.all == NULL || (q->all != NULL && j.all[0] == '?')) {
		spf_job_refuse(&j, SPF_INVALID_VALUE, "spf_edit.refused.all_value");
		return true;
	}
	if ((ans = dns_ask(q->ask.dns, q->ask.domain, RR_TXT)) == NULL)
		return false;
	if (ans->outcome == DNS_FAILED) {
		spf_job_refuse(&j, SPF_CANNOT_KNOW, "spf_edit.refused.dns");
		spf_reason_text(a, &ret->reason, "name", text_of(q->ask.domain.s));
		return true;
	}
	j.records = spf_select_all(a, ans, &j.record_count);
	if (!is_editable(&j)) {
		spf_job_refuse(&j, SPF_CANNOT_KNOW, "spf_edit.refused.too_long");
		return true;
	}
	if (!fixes[fix](&j) || j.pending)
		return false;
	note_replaced(&j);
	if (ret->refused == SPF_OFFERED && ret->replace_count == 1 &&
	    text_eq(ret->best.record, ret->replaces[0]))
		spf_job_refuse(&j, SPF_NOT_NEEDED, "spf_edit.refused.nothing_wrong");
	return true;
}

bool
spf_propose_all(struct arena *a, const struct spf_propose_query *q, struct spf_proposal ret[SPF_FIXES],
    size_t *count)
{
	struct spf_proposal p;
	bool complete = true;
	int fix;

	*count = 0;
	for (fix = SPF_FIX_PUBLISH; fix <= SPF_FIX_CLOSE; fix++) {
		if (!spf_propose(a, q, (enum spf_fix)fix, &p)) {
			complete = false;
			continue;
		}
		/* what another remedy has to do first is that one's to offer */
		if (p.refused != SPF_NOT_NEEDED && p.refused != SPF_NEEDS_FIRST)
			ret[(*count)++] = p;
	}
	return complete;
}
