/*
 * SPF: one record, proven by check_host for every address that really sends;
 * all other TXT values of the name stay.
 */

#include <string.h>

#include "base/arena.h"
#include "checks/sending.h"
#include "checks/use.h"
#include "fixes/all.h"
#include "fixes/as_run.h"
#include "mail/data.h"
#include "mail/spf_propose.h"

/* --- what the person said ------------------------------------------------------------------------------ */

static const char *const *
terms_of(struct arena *a, const char *term)
{
	const char **list = arena_array(a, 1, sizeof(*list));

	list[0] = term;
	return list;
}

static bool
sender_of(struct plan_run *r, struct text word, struct spf_sender *ret)
{
	const char *text = text_cstr(r->arena, word);
	const struct sender *known = r->rules->data == NULL ? NULL : data_sender(r->rules->data, text);
	struct ipnet net;

	memset(ret, 0, sizeof(*ret));
	ret->id = ret->name = text;
	if (known != NULL) {
		ret->id = known->id;
		ret->name = known->name;
		ret->terms = known->spf.v;
		ret->term_count = known->spf.count;
		ret->not_at_root = known->spf_needed != SPF_NEEDED_ROOT;
		return true;
	}
	if (!ipnet_parse(word, &net) || ip_is_private(net.ip) || net.bits < (net.ip.family == 4 ? 8u : 16u))
		return false;		/* mail never comes from there, or from everywhere */
	ret->terms = terms_of(r->arena, arena_printf(r->arena, "ip%d:%s", net.ip.family, text));
	ret->term_count = 1;
	return true;
}

/* "google_workspace,203.0.113.5"; false: one of them is not known. */
static bool
senders_of(struct plan_run *r, struct spf_propose_query *q)
{
	struct text rest = text_of(plan_param(r, "senders")), word;
	struct spf_sender *list = arena_array(r->arena, rest.n / 2 + 2, sizeof(*list));

	q->senders = list;
	while (text_split(&rest, ',', &word)) {
		word = text_trim(word);
		if (word.n == 0)
			continue;
		if (!sender_of(r, word, &list[q->sender_count])) {
			plan_refuse(r, REFUSED_INVALID_VALUE, "fix.refused.sender");
			plan_refuse_value(r, "sender", text_show(r->arena, word));
			return false;
		}
		q->sender_count++;
	}
	return true;
}

/* --- from a proposal to a plan ---------------------------------------------------------------------------- */

static enum refused
refused_of(enum spf_refusal refusal)
{
	static const enum refused map[] = {
		[SPF_OFFERED] = REFUSED_NO, [SPF_NOT_NEEDED] = REFUSED_NOT_NEEDED,
		[SPF_WOULD_BREAK] = REFUSED_WOULD_BREAK, [SPF_NEEDS_FIRST] = REFUSED_NEEDS_FIRST,
		[SPF_INVALID_VALUE] = REFUSED_INVALID_VALUE, [SPF_NOT_ALLOWED] = REFUSED_NOT_ALLOWED,
		[SPF_CANNOT_KNOW] = REFUSED_UNKNOWN,
	};

	return map[refusal];
}

static void
note_alternative(struct plan_run *r, const struct spf_candidate *c)
{
	struct alternative *alt = plan_alternative(r, c->way,
	    c->refused == SPF_OFFERED ? NULL : c->reason.id);
	size_t i, n = 0;

	alt->values[n++] = (struct finding_value){ "record", text_show(r->arena, c->record) };
	for (i = 0; i < c->reason.count && n < 4; i++)
		alt->values[n++] = (struct finding_value){ c->reason.values[i].name,
		    c->reason.values[i].value };
}

static void
refuse(struct plan_run *r, const struct spf_proposal *p)
{
	size_t i;

	if (p->refused == SPF_NEEDS_FIRST)
		plan_needs(r, p->needs, p->reason.id);
	else
		plan_refuse(r, refused_of(p->refused), p->reason.id);
	for (i = 0; i < p->reason.count; i++)
		plan_refuse_value(r, p->reason.values[i].name, p->reason.values[i].value);
}

/*
 * The name's TXT values with the new record where the first old one stood (or
 * at the end) and no other SPF record: exactly one, the rest untouched.
 */
static const char **
values_with(struct plan_run *r, const struct json *present, struct text record, size_t *count)
{
	const struct json *values = json_get(present, "values"), *v;
	const char **list = arena_array(r->arena, json_count(values) + 2, sizeof(*list));
	bool placed = false;

	*count = 0;
	for (v = json_first(values); v != NULL; v = json_next(v)) {
		bool old = spf_is_record(text_of(json_value_str(v)));

		if (!old)
			list[(*count)++] = json_value_str(v);
		else if (!placed) {
			list[(*count)++] = text_cstr(r->arena, record);
			placed = true;
		}
	}
	if (!placed)
		list[(*count)++] = text_cstr(r->arena, record);
	return list;
}

/* Values meant to be SPF that the repair replaces ("v=spf1;..."), besides real records. */
static const struct json *
without(struct plan_run *r, const struct json *present, const struct spf_proposal *p)
{
	struct json *kept, *values;
	const struct json *v;
	size_t i;

	if (present == NULL)
		return NULL;
	kept = json_copy(r->arena, present);
	values = json_put_array(kept, "values");
	for (v = json_first(json_get(present, "values")); v != NULL; v = json_next(v)) {
		struct text value = text_of(json_value_str(v));

		for (i = 0; i < p->replace_count; i++)
			if (text_eq(value, p->replaces[i]))
				break;
		if (i == p->replace_count || spf_is_record(value))
			json_add_text(values, value);
	}
	return kept;
}

static void
plan_record(struct plan_run *r, const struct truth *txt, const struct spf_proposal *p)
{
	const struct json *present;
	const char **values;
	size_t count;

	if (!plan_where(r, r->domain))
		return;
	present = r->panel_zone != NULL ? zone_rrset(r->arena, r->panel_zone, r->domain, RR_TXT) :
	    answer_rrset(r->arena, txt->answer);
	values = values_with(r, without(r, present, p), p->best.record, &count);
	plan_rrset(r, r->domain, r->domain, RR_TXT, values, count, 0);
}

/* --- the plans ---------------------------------------------------------------------------------------------- */

/*
 * A domain without mail has nobody to name, and its first record says just that
 * (RFC 7208 10.1.2).  Where mail goes elsewhere somebody may send: then the
 * person has to say it.  false = cannot go on.
 */
static bool
close_if_parked(struct plan_run *r, struct run *asking, struct spf_propose_query *q)
{
	bool parked;

	if (q->all != NULL || q->sender_count > 0 || q->ask.address_count > 0)
		return true;
	if (!domain_is_parked(asking, &parked))
		return false;
	if (!parked)
		return true;
	q->all = "-all";
	plan_alternative(r, "spf_edit.way.soft", "spf_edit.refused.no_senders");
	return true;
}

static void
plan_spf(struct plan_run *r, enum spf_fix fix)
{
	struct run asking = plan_as_run(r);
	struct dns_source dns = ev_truth_source(r->ev, r->domain);
	struct spf_propose_query q = { .ask = { .domain = r->domain, .now_s = r->now, .dns = &dns },
	    .default_all = r->rules->spf_all, .all = plan_param(r, "all"),
	    .include = r->rules->spf_include };
	const struct truth *txt = ev_truth(r->ev, r->domain, r->domain, RR_TXT);
	const struct ip *sending;
	struct spf_proposal p;
	size_t count, i;
	bool sends = true;

	if (!server_sending(&asking, &q.own, &q.own_count) ||
	    !domain_sending(&asking, &sending, &count) || !domain_sends_here(&asking, &sends) ||
	    txt == NULL || !ev_need(r->ev, txt->answer))
		return;
	if (txt->disagree) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.refused.servers_disagree");
		return;
	}
	if (sends) {
		q.ask.addresses = sending;
		q.ask.address_count = count;
	}
	if (!senders_of(r, &q) || (fix == SPF_FIX_PUBLISH && !close_if_parked(r, &asking, &q)))
		return;
	if (!spf_propose(r->arena, &q, fix, &p)) {
		ev_wait(r->ev);
		return;
	}
	for (i = 0; i < p.other_count; i++)
		note_alternative(r, &p.others[i]);
	if (p.refused != SPF_OFFERED)
		refuse(r, &p);
	else
		plan_record(r, txt, &p);
}

static void plan_publish(struct plan_run *r) { plan_spf(r, SPF_FIX_PUBLISH); }
static void plan_merge(struct plan_run *r) { plan_spf(r, SPF_FIX_MERGE); }
static void plan_authorise(struct plan_run *r) { plan_spf(r, SPF_FIX_AUTHORISE); }
static void plan_repair(struct plan_run *r) { plan_spf(r, SPF_FIX_REPAIR); }
static void plan_reduce(struct plan_run *r) { plan_spf(r, SPF_FIX_REDUCE); }
static void plan_close(struct plan_run *r) { plan_spf(r, SPF_FIX_CLOSE); }

#define SPF_ROW(what, params_, function) { \
	.id = what, .scope = SCOPE_DOMAIN, .roles = ROLE_ALL, .panels = PANEL_PLESK | PANEL_CPANEL, \
	.params = params_, .checks_after = { "spf" }, .plan = function }
#define PARAMS(...) { __VA_ARGS__ }

const struct fix fix_spf_publish = SPF_ROW("spf.publish", PARAMS("all", "senders"), plan_publish);
const struct fix fix_spf_merge = SPF_ROW("spf.merge", PARAMS("all"), plan_merge);
const struct fix fix_spf_authorise = SPF_ROW("spf.authorise", PARAMS(NULL), plan_authorise);
const struct fix fix_spf_repair = SPF_ROW("spf.repair", PARAMS(NULL), plan_repair);
const struct fix fix_spf_reduce = SPF_ROW("spf.reduce", PARAMS(NULL), plan_reduce);
const struct fix fix_spf_close = SPF_ROW("spf.close", PARAMS("all"), plan_close);
