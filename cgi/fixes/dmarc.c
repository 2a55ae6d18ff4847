/*
 * DMARC: publish a first record or put one right, keep one of several, make a
 * policy softer that would hit the domain's own mail.  A stricter policy is
 * written only where it is proven that the mail passes; reject never.
 */

#include <string.h>

#include "base/arena.h"
#include "checks/dmarc_state.h"
#include "fixes/all.h"
#include "fixes/as_run.h"
#include "fixes/dmarc_rua.h"
#include "mail/dmarc_edit.h"
#include "mail/dmarc_repair.h"

/* --- what all three need ---------------------------------------------------------------------------------- */

struct subject {
	struct dmarc_state	 state;
	struct name		 name;		/* _dmarc.domain */
	const struct json	*present;	/* its TXT values; NULL = none */
};

/* false = cannot go on, or refused. */
static bool
look(struct plan_run *r, struct subject *s)
{
	struct run asking = plan_as_run(r);
	const struct truth *txt;

	if (!name_prefix(r->arena, "_dmarc", r->domain, &s->name)) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.dmarc.refused.name");
		return false;
	}
	txt = ev_truth(r->ev, r->domain, s->name, RR_TXT);
	if (!dmarc_look(&asking, &s->state) || txt == NULL || !ev_need(r->ev, txt->answer))
		return false;
	if (txt->disagree) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.refused.servers_disagree");
		return false;
	}
	if (!plan_where(r, r->domain))
		return false;
	s->present = r->panel_zone != NULL ? zone_rrset(r->arena, r->panel_zone, s->name, RR_TXT) :
	    txt->answer->cname.s != NULL ? NULL : answer_rrset(r->arena, txt->answer);
	return true;
}

/* The values with one record, where the first old one stood; all else stays. */
static void
write_record(struct plan_run *r, const struct subject *s, struct text record)
{
	const struct json *values = json_get(s->present, "values"), *v;
	const char **list = arena_array(r->arena, json_count(values) + 2, sizeof(*list));
	bool placed = false;
	size_t count = 0;

	if (s->state.own != NULL && s->state.own->answer != NULL &&
	    s->state.own->answer->cname.s != NULL) {
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.dmarc.refused.alias");
		plan_refuse_value(r, "name", s->name.s);
		plan_refuse_value(r, "target", s->state.own->answer->cname.s);
		return;
	}
	for (v = json_first(values); v != NULL; v = json_next(v)) {
		if (!dmarc_is_record(text_of(json_value_str(v))))
			list[count++] = json_value_str(v);
		else if (!placed) {
			list[count++] = text_cstr(r->arena, record);
			placed = true;
		}
	}
	if (!placed)
		list[count++] = text_cstr(r->arena, record);
	plan_rrset(r, r->domain, s->name, RR_TXT, list, count, 0);
}

/* May a policy be written that acts on what does not pass?  Else it is refused. */
static bool
may_be_strict(struct plan_run *r, const struct dmarc_state *state, enum dmarc_policy policy)
{
	if (policy == DMARC_NONE || dmarc_can_pass(state) == KNOWN_YES)
		return true;
	if (dmarc_can_pass(state) == KNOWN_NO)
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.dmarc.refused.nothing_passes");
	else
		plan_refuse(r, REFUSED_UNKNOWN, "fix.dmarc.refused.passing_not_known");
	plan_refuse_value(r, "policy", dmarc_policy_word(policy));
	return false;
}

static bool
has_mistakes(struct arena *a, struct text record)
{
	struct problems ps = problems_in(a);
	struct dmarc_record parsed;

	dmarc_parse(a, record, &parsed, &ps);
	return !parsed.usable || parsed.p == DMARC_ABSENT || problems_have(&ps, "bad_value") ||
	    problems_have(&ps, "bad_report_uri");
}

/* --- dmarc.publish -------------------------------------------------------------------------------------------- */

/*
 * none or quarantine; ABSENT = not given.  false = refused: reject is never
 * ours to write, and where nothing passes it is harm before anything else.
 */
static bool
policy_of(struct plan_run *r, const struct dmarc_state *state, enum dmarc_policy *ret)
{
	const char *given = plan_param(r, "policy");

	*ret = DMARC_ABSENT;
	if (given == NULL || *given == '\0')
		return true;
	if (dmarc_policy_parse(text_of(given), ret)) {
		if (*ret != DMARC_REJECT)
			return true;
		if (dmarc_can_pass(state) == KNOWN_NO)
			return may_be_strict(r, state, *ret);
	}
	plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.policy");
	plan_refuse_value(r, "policy", text_show(r->arena, text_head(text_of(given), 64)));
	return false;
}

/* A text at the domain itself that belongs to _dmarc; n 0 = none. */
static struct text
misplaced(const struct dmarc_state *state, const struct truth *txt)
{
	size_t i;

	if (!problems_have(&state->lookup.problems, "wrong_place"))
		return TEXT("");
	for (i = 0; i < txt->answer->count; i++)
		if (dmarc_is_record(txt->answer->rrs[i].u.txt.joined))
			return txt->answer->rrs[i].u.txt.joined;
	return TEXT("");
}

/* The record to write; n 0 = the present one stays.  false = refused. */
static bool
new_record(struct plan_run *r, const struct subject *s, struct text stray, enum dmarc_policy policy,
    struct text rua, struct text *ret)
{
	const struct dmarc_level *own = s->state.own;
	struct text old = stray;
	struct err err;

	*ret = TEXT("");
	if (own->found == DMARC_FOUND_ONE || own->found == DMARC_FOUND_BROKEN) {
		enum dmarc_policy present = own->record.usable ? dmarc_own_policy(&own->record) :
		    DMARC_ABSENT;

		old = own->record.text;
		if (policy != DMARC_ABSENT && policy < present) {
			plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dmarc.refused.is_stricter");
			return false;
		}
		if (!has_mistakes(r->arena, old) && rua.n == 0 &&
		    (policy == DMARC_ABSENT || policy == present))
			return true;
		/* What is there already, and acted upon, needs no new proof. */
		if (policy > present && !may_be_strict(r, &s->state, policy))
			return false;
	} else if (s->state.lookup.status == DMARC_STATUS_OK && policy == DMARC_ABSENT && rua.n == 0) {
		return true;			/* the organizational domain's counts */
	} else if (!may_be_strict(r, &s->state, policy == DMARC_ABSENT ? DMARC_NONE : policy))
		return false;
	if (old.n > 0 && own->found == DMARC_FOUND_NONE && policy == DMARC_ABSENT)
		policy = DMARC_NONE;		/* it had no effect where it stood */
	if (old.n > 0 && dmarc_repair(r->arena, old, policy, rua, ret))
		return true;
	if (dmarc_make(r->arena, policy == DMARC_ABSENT ? DMARC_NONE : policy, rua, ret, &err))
		return true;
	plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.no_address");
	return false;
}

static void
remove_stray(struct plan_run *r, const struct truth *txt)
{
	const struct json *present = r->panel_zone != NULL ?
	    zone_rrset(r->arena, r->panel_zone, r->domain, RR_TXT) :
	    answer_rrset(r->arena, txt->answer), *v;
	const struct json *values = json_get(present, "values");
	const char **list = arena_array(r->arena, json_count(values) + 1, sizeof(*list));
	size_t count = 0;

	for (v = json_first(values); v != NULL; v = json_next(v))
		if (!dmarc_is_record(text_of(json_value_str(v))))
			list[count++] = json_value_str(v);
	if (present != NULL)
		plan_rrset(r, r->domain, r->domain, RR_TXT, list, count, 0);
}

static void
plan_publish(struct plan_run *r)
{
	const struct truth *txt = ev_truth(r->ev, r->domain, r->domain, RR_TXT);
	enum dmarc_policy policy;
	struct text rua, record, stray;
	struct subject s;

	if (!look(r, &s) || txt == NULL || !policy_of(r, &s.state, &policy) || !plan_rua(r, &rua))
		return;
	if (s.state.own->found == DMARC_FOUND_SEVERAL) {
		plan_needs(r, "dmarc.merge", "fix.dmarc.refused.several");
		return;
	}
	if (s.state.lookup.status == DMARC_STATUS_TEMPERROR && s.state.own->found == DMARC_FOUND_NONE) {
		ev_fail(r->ev, "dmarc", dns_failure_word(s.state.lookup.failure), NULL);
		return;
	}
	stray = misplaced(&s.state, txt);
	if (!new_record(r, &s, stray, policy, rua, &record))
		return;
	if (record.n > 0)
		write_record(r, &s, record);
	if (stray.n > 0 && r->refused == REFUSED_NO)
		remove_stray(r, txt);
	if (r->change_count == 0)
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dmarc.refused.has_record");
}

/* --- dmarc.merge ----------------------------------------------------------------------------------------------- */

#define RECORDS_MAX	64

static size_t
records_of(const struct json *present, struct text *list)
{
	const struct json *v;
	size_t n = 0;

	for (v = json_first(json_get(present, "values")); v != NULL && n < RECORDS_MAX;
	    v = json_next(v))
		if (dmarc_is_record(text_of(json_value_str(v))))
			list[n++] = text_of(json_value_str(v));
	return n;
}

/* None of them counts today, so the softest that can be used; of those one with reports. */
static size_t
softest(struct arena *a, const struct text *records, size_t count)
{
	struct dmarc_record one;
	size_t i, best = count;
	int rank, best_rank = 0;

	for (i = 0; i < count; i++) {
		dmarc_parse(a, records[i], &one, NULL);
		if (!one.usable)
			continue;
		rank = 2 * (int)dmarc_own_policy(&one) + (one.rua.count == 0);
		if (best == count || rank < best_rank) {
			best = i;
			best_rank = rank;
		}
	}
	return best;
}

static bool
choose(struct plan_run *r, const struct text *records, size_t count, size_t *ret)
{
	const char *given = plan_param(r, "keep");
	uint64_t index;

	*ret = softest(r->arena, records, count);
	if (given == NULL || *given == '\0')
		return true;
	if (text_uint(text_trim(text_of(given)), count - 1, &index)) {
		*ret = (size_t)index;
		return true;
	}
	plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.keep");
	plan_refuse_value(r, "keep", text_show(r->arena, text_head(text_of(given), 64)));
	plan_refuse_value(r, "last", arena_printf(r->arena, "%zu", count - 1));
	return false;
}

static void
plan_merge(struct plan_run *r)
{
	struct text records[RECORDS_MAX], kept;
	struct dmarc_record parsed;
	struct subject s;
	struct err err;
	size_t count, keep, i;

	if (!look(r, &s))
		return;
	count = records_of(s.present, records);
	if (count < 2) {
		plan_refuse(r, REFUSED_NOT_NEEDED, s.state.at != NULL && s.state.at != s.state.own &&
		    s.state.at->found == DMARC_FOUND_SEVERAL ? "fix.dmarc.refused.several_above" :
		    "fix.dmarc.refused.one_record");
		plan_refuse_value(r, "name", s.state.at == NULL ? s.name.s : s.state.at->name.s);
		return;
	}
	if (!choose(r, records, count, &keep))
		return;
	if (keep == count || !dmarc_merge(r->arena, records, count, keep, &kept, &err)) {
		/* None that receivers could use: what is left of the first, without a policy. */
		if (plan_param(r, "keep") != NULL) {
			plan_refuse(r, REFUSED_INVALID_VALUE, "fix.dmarc.refused.kept_is_broken");
			return;
		}
		keep = 0;
		if (!dmarc_repair(r->arena, records[0], DMARC_NONE, TEXT(""), &kept))
			kept = TEXT("v=DMARC1; p=none");
	}
	dmarc_parse(r->arena, kept, &parsed, NULL);
	if (!may_be_strict(r, &s.state, dmarc_own_policy(&parsed)))
		return;
	for (i = 0; i < count; i++)
		if (i != keep)
			plan_alternative(r, "fix.dmarc.way.other", NULL)->values[0] =
			    (struct finding_value){ "record", text_show(r->arena, records[i]) };
	write_record(r, &s, kept);
}

/* --- dmarc.relax ------------------------------------------------------------------------------------------------ */

static void
plan_relax(struct plan_run *r)
{
	struct text record;
	struct subject s;
	struct err err;

	if (!look(r, &s))
		return;
	if (s.state.lookup.status == DMARC_STATUS_TEMPERROR) {
		ev_fail(r->ev, "dmarc", dns_failure_word(s.state.lookup.failure), NULL);
		return;
	}
	if (s.state.lookup.status != DMARC_STATUS_OK || s.state.lookup.policy < DMARC_QUARANTINE) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dmarc.refused.is_soft");
		return;
	}
	if (dmarc_can_pass(&s.state) == KNOWN_YES) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dmarc.refused.mail_passes");
		return;
	}
	/* Inherited: a record of its own frees this domain and leaves the others alone. */
	if (s.state.own->found != DMARC_FOUND_ONE)
		record = TEXT("v=DMARC1; p=none");
	else if (!dmarc_relax(r->arena, s.state.own->record.text, &record, &err)) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.dmarc.refused.unreadable");
		return;
	}
	write_record(r, &s, record);
}

#define DMARC_ROW(what, params_, function) { \
	.id = what, .scope = SCOPE_DOMAIN, .roles = ROLE_ALL, .panels = PANEL_PLESK | PANEL_CPANEL, \
	.params = params_, .checks_after = { "dmarc" }, .plan = function }
#define PARAMS(...) { __VA_ARGS__ }

const struct fix fix_dmarc_publish = DMARC_ROW("dmarc.publish", PARAMS("policy", "rua"), plan_publish);
const struct fix fix_dmarc_merge = DMARC_ROW("dmarc.merge", PARAMS("keep"), plan_merge);
const struct fix fix_dmarc_relax = DMARC_ROW("dmarc.relax", PARAMS(NULL), plan_relax);
