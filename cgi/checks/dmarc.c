/*
 * DMARC: is there a policy for the domain, can receivers use it, and would the
 * domain's own mail survive it (RFC 9989, RFC 9990)?
 */

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/dmarc_state.h"

static const struct finding_row rows[] = {
	{ "dmarc.missing", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "dmarc.publish" } },
	{ "dmarc.multiple", VERDICT_PROBLEM, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "dmarc.merge" } },
	{ "dmarc.syntax", VERDICT_PROBLEM, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "dmarc.publish" } },
	{ "dmarc.bad_tag", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "dmarc.publish" } },
	{ "dmarc.no_policy", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "dmarc.publish" } },
	{ "dmarc.report_unauthorised", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { NULL } },
	{ "dmarc.refuses_own_mail", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_CUSTOMER, { "dmarc.relax" } },
	{ "dmarc.obsolete_tag", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_CUSTOMER, { NULL } },
	{ "dmarc.monitoring", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_CUSTOMER, { NULL } },
};

/* For every finding and for the ok. */
static void
put_data(struct run *run, const struct dmarc_state *s)
{
	const struct dmarc_lookup *l = &s->lookup;
	struct json *data = run_data(run);

	if (l->has_record)
		json_put_text(data, "record", l->record.text);
	else
		json_put_null(data, "record");
	json_put_str(data, "policy", dmarc_policy_word(l->policy));
	json_put_str(data, "policy_tag", l->policy_tag);
	json_put_str(data, "policy_domain", l->policy_domain.s);
	json_put_str(data, "found_at", l->found_at.s);
	json_put_str(data, "org_domain", l->org_domain.s);
	if (s->own != NULL && s->own->answer != NULL)
		run_dns(run, s->own->answer);
	if (s->at != NULL && s->at != s->own)
		run_dns(run, s->at->answer);
}

/*
 * A finding about the record.  One that stands above the domain is the
 * organizational domain's matter: that is where it is put right.
 */
static struct finding *
about_record(struct run *run, const struct dmarc_state *s, const char *id)
{
	struct finding *f = report(run, id, NULL);

	finding_value(f, "name", s->at == NULL ? "" : s->at->name.s);
	finding_value(f, "record", s->lookup.has_record ?
	    text_show(run->arena, s->lookup.record.text) : "");
	finding_value(f, "policy", dmarc_policy_word(s->lookup.policy));
	if (s->at != NULL && s->at != s->own)
		finding_parent(run, f, id, s->at->domain.s);
	return f;
}

/* --- no usable record ------------------------------------------------------------------------------------- */

static void
report_multiple(struct run *run, const struct dmarc_state *s, const struct dmarc_level *at)
{
	struct finding *f = report(run, "dmarc.multiple", NULL);
	struct json *records = json_put_array(f->data, "records");
	struct str list = str_in(run->arena, 4096);
	size_t i, n = 0;

	for (i = 0; i < at->answer->count; i++) {
		struct text text = at->answer->rrs[i].u.txt.joined;

		if (!dmarc_is_record(text))
			continue;
		json_add_text(records, text);
		str_addf(&list, "%s\"%s\"", n++ == 0 ? "" : ", ", text_show(run->arena, text));
	}
	finding_value(f, "name", at->name.s);
	finding_value_int(run, f, "count", (int64_t)n);
	finding_value(f, "records", list.p);
	if (at != s->own)
		finding_parent(run, f, "dmarc.multiple", at->domain.s);
}

/* Returns whether a policy applies, so that more can be said of it. */
static bool
report_status(struct run *run, const struct dmarc_state *s)
{
	const struct dmarc_lookup *l = &s->lookup;
	struct finding *f;
	size_t i;

	if (s->own != NULL && s->own->found == DMARC_FOUND_SEVERAL)
		report_multiple(run, s, s->own);
	switch (l->status) {
	case DMARC_STATUS_TEMPERROR:
		ev_fail(run->ev, arena_printf(run->arena, "TXT _dmarc.%s", run->domain.s),
		    dns_failure_word(l->failure), NULL);
		return false;
	case DMARC_STATUS_INVALID:
		f = about_record(run, s, "dmarc.syntax");
		for (i = 0; i < l->problems.count; i++) {
			const struct problem *p = &l->problems.list[i];

			if (p->severity != PROBLEM_ERROR)
				continue;
			finding_value(f, "fault", p->code);
			finding_value(f, "part", p->value_count > 0 ? p->values[0].value : "");
			json_put_str(f->data, "fault", p->code);
		}
		return false;
	case DMARC_STATUS_NONE:
		if (s->own != NULL && s->own->found == DMARC_FOUND_SEVERAL)
			return false;
		if (s->at != NULL && s->at->found == DMARC_FOUND_SEVERAL)
			report_multiple(run, s, s->at);
		else
			report(run, "dmarc.missing", NULL);
		return false;
	case DMARC_STATUS_OK:
		break;
	}
	return true;
}

/* --- parts of it that do not count ------------------------------------------------------------------------ */

static bool
is_bad_tag(const struct problem *p)
{
	/* A bad p= is dmarc.no_policy. */
	return (text_is(text_of(p->code), "bad_value") && !text_is(text_of(p->where), "p")) ||
	    text_is(text_of(p->code), "bad_report_uri");
}

static void
note_tag(struct str *list, const struct problem *p)
{
	str_addf(list, "%s%s=%s", list->n == 0 ? "" : ", ", p->where,
	    p->value_count > 0 ? p->values[0].value : "");
}

static void
report_tags(struct run *run, const struct dmarc_state *s)
{
	struct str bad = str_in(run->arena, 1024), old = str_in(run->arena, 1024);
	const struct problems *ps = &s->lookup.problems;
	size_t i;

	for (i = 0; i < ps->count; i++) {
		if (is_bad_tag(&ps->list[i]))
			note_tag(&bad, &ps->list[i]);
		else if (text_is(text_of(ps->list[i].code), "removed_tag"))
			note_tag(&old, &ps->list[i]);
	}
	if (bad.n > 0)
		finding_value(about_record(run, s, "dmarc.bad_tag"), "tags", bad.p);
	if (old.n > 0)
		finding_value(about_record(run, s, "dmarc.obsolete_tag"), "tags", old.p);
	if (s->lookup.record.p == DMARC_ABSENT)
		about_record(run, s, "dmarc.no_policy");
}

/* A record where nobody looks for it: at the domain itself. */
static void
report_wrong_place(struct run *run, const struct dmarc_state *s)
{
	const struct problems *ps = &s->lookup.problems;
	struct finding *f;
	size_t i;

	for (i = 0; i < ps->count; i++) {
		if (!text_is(text_of(ps->list[i].code), "wrong_place"))
			continue;
		for (i = 0; i < run->finding_count; i++)
			if (text_is(text_of(run->findings[i].id), "dmarc.bad_tag"))
				return;
		f = report(run, "dmarc.bad_tag", NULL);
		finding_variant(run, f, "wrong_place");
		return;
	}
}

/* --- reports to others, RFC 9990 4 ------------------------------------------------------------------------- */

/* false = answers are on their way. */
static bool
ask_consent(struct run *run, const struct dmarc_lookup *l, const struct dmarc_uris *uris,
    struct str *refusing, bool *failed)
{
	struct dns_source dns = ev_truth_source(run->ev, run->domain);
	enum dmarc_consent consent;
	bool all = true;
	size_t i;

	for (i = 0; i < uris->count; i++) {
		if (!dmarc_consent(run->arena, &dns, l->policy_domain, uris->list[i].domain, &consent))
			all = false;
		else if (consent == DMARC_CONSENT_UNKNOWN)
			*failed = true;
		else if (consent == DMARC_CONSENT_MISSING)
			str_addf(refusing, "%s%s", refusing->n == 0 ? "" : ", ",
			    uris->list[i].domain.s);
	}
	return all;
}

static bool
report_consent(struct run *run, const struct dmarc_state *s)
{
	const struct dmarc_record *r = &s->lookup.record;
	struct str refusing = str_in(run->arena, 1024);
	bool failed = false, all;

	all = ask_consent(run, &s->lookup, &r->rua, &refusing, &failed);
	all = ask_consent(run, &s->lookup, &r->ruf, &refusing, &failed) && all;
	if (!all) {
		ev_wait(run->ev);
		return false;
	}
	if (refusing.n > 0)
		finding_value(about_record(run, s, "dmarc.report_unauthorised"), "receivers",
		    refusing.p);
	else if (failed)
		ev_fail(run->ev, arena_printf(run->arena, "TXT %s._report._dmarc",
		    s->lookup.policy_domain.s), "servfail", NULL);
	return true;
}

/* --- the domain's own mail ---------------------------------------------------------------------------------- */

static const char *
known_word(enum known known)
{
	return known == KNOWN_YES ? "pass" : known == KNOWN_NO ? "fail" : "unknown";
}

static bool
all_well(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->finding_count; i++)
		if (run->findings[i].verdict != VERDICT_INFORMATION)
			return false;
	return true;
}

static void
report_own_mail(struct run *run, const struct dmarc_state *s)
{
	enum known pass = dmarc_can_pass(s);
	struct finding *f;

	if (s->lookup.policy == DMARC_QUARANTINE || s->lookup.policy == DMARC_REJECT) {
		if (pass != KNOWN_NO || !s->sends)
			return;
		f = report(run, "dmarc.refuses_own_mail", NULL);
		finding_value(f, "policy", dmarc_policy_word(s->lookup.policy));
		finding_value(f, "name", s->at == NULL ? "" : s->at->name.s);
		json_put_str(f->data, "spf", known_word(s->spf));
		json_put_str(f->data, "dkim", known_word(s->dkim));
	} else if (!s->lookup.record.testing && pass != KNOWN_NO && all_well(run))
		about_record(run, s, "dmarc.monitoring");
}

static void
check(struct run *run)
{
	struct dmarc_state s;

	if (!dmarc_look(run, &s))
		return;
	put_data(run, &s);
	if (report_status(run, &s)) {
		report_tags(run, &s);
		if (!report_consent(run, &s))
			return;
	}
	report_wrong_place(run, &s);
	if (s.lookup.status == DMARC_STATUS_OK)
		report_own_mail(run, &s);
}

const struct check check_dmarc = {
	"dmarc", SCOPE_DOMAIN, "dmarc", rows, sizeof(rows) / sizeof(rows[0]), check,
};
