/*
 * SPF: the record, evaluated as a receiver would for every address that the
 * domain really sends from, and its cost whoever asks (RFC 7208).
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/sending.h"
#include "checks/use.h"
#include "mail/data.h"
#include "mail/spf_data.h"

static const struct finding_row rows[] = {
	{ "spf.missing", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.publish" } },
	{ "spf.type99_only", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.publish" } },
	{ "spf.multiple", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.merge" } },
	{ "spf.syntax", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.repair" } },
	{ "spf.lookup_limit", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.reduce" } },
	{ "spf.lookup_near_limit", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { NULL } },
	{ "spf.void_limit", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.repair" } },
	{ "spf.void_near_limit", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "spf.repair" } },
	{ "spf.not_authorised", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.authorise" } },
	{ "spf.too_open", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "spf.close" } },
	{ "spf.neutral", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "spf.close" } },
	{ "spf.ptr_mechanism", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "spf.repair" } },
	{ "spf.private_address", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "spf.repair" } },
	{ "spf.other_senders", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_CUSTOMER, { NULL } },
};

/* --- no usable record ----------------------------------------------------------------------------------- */

static void
report_missing(struct run *run, const struct spf_tree *tree)
{
	const struct truth *old = ev_truth(run->ev, run->domain, run->domain, RR_SPF);
	struct finding *f;
	size_t i;
	bool parked;

	if (old == NULL || !domain_is_parked(run, &parked))
		return;
	for (i = 0; old->answer->outcome == DNS_FOUND && i < old->answer->count; i++) {
		if (spf_is_record(old->answer->rrs[i].u.txt.joined)) {
			f = report(run, "spf.type99_only", NULL);
			finding_dns(run, f, old->answer);
			return;
		}
	}
	f = report(run, "spf.missing", NULL);
	if (parked) {
		finding_verdict(f, VERDICT_WARNING, SEVERITY_LOW);
		finding_variant(run, f, "parked");
	} else if (tree->near.p != NULL) {
		finding_variant(run, f, "near");
		finding_value(f, "near", text_show(run->arena, tree->near));
	}
}

static void
report_multiple(struct run *run, const struct spf_tree *tree)
{
	struct finding *f = report(run, "spf.multiple", NULL);
	struct str list = str_in(run->arena, 4096);
	size_t i;

	for (i = 0; i < tree->record_count; i++)
		str_addf(&list, "%s\"%s\"", i == 0 ? "" : ", ",
		    text_show(run->arena, tree->records[i]));
	finding_value_int(run, f, "count", (int64_t)tree->record_count);
	finding_value(f, "records", list.p);
}

/* --- what breaks it ---------------------------------------------------------------------------------------- */

static bool
note_breaks(enum spf_note note)
{
	return note == SPF_NOTE_FAULT || note == SPF_NOTE_LOOP || note == SPF_NOTE_NO_RECORD ||
	    note == SPF_NOTE_MANY_RECORDS || note == SPF_NOTE_MX_MANY;
}

/* The first term that makes receivers give up; true when there is one. */
static bool
report_syntax(struct run *run, const struct spf_tree *tree)
{
	const struct spf_cost *bad = NULL;
	struct finding *f;
	size_t i;

	for (i = 0; i < tree->count && bad == NULL; i++)
		if (note_breaks(tree->terms[i].note) || tree->terms[i].term->fault != SPF_FINE)
			bad = &tree->terms[i];
	if (bad == NULL && !tree->permerror)
		return false;
	f = report(run, "spf.syntax", NULL);
	if (bad == NULL)
		return true;
	finding_value(f, "term", text_show(run->arena, bad->term->text));
	finding_value_int(run, f, "position", (int64_t)bad->term->at + 1);
	finding_value(f, "domain", bad->domain);
	finding_value(f, "fault", bad->term->fault != SPF_FINE ?
	    spf_fault_word(bad->term->fault) : spf_note_word(bad->note));
	json_put_text(f->data, "term", bad->term->text);
	json_put_int(f->data, "position", (int64_t)bad->term->at + 1);
	json_put_str(f->data, "fault", bad->term->fault != SPF_FINE ?
	    spf_fault_word(bad->term->fault) : spf_note_word(bad->note));
	json_put_str(f->data, "domain", bad->domain);
	return true;
}

static bool
report_limits(struct run *run, const struct spf_tree *tree)
{
	bool broken = false;
	struct finding *f = NULL;

	if (tree->lookups > SPF_LOOKUPS_MAX) {
		f = report(run, "spf.lookup_limit", NULL);
		broken = true;
	} else if (tree->lookups >= SPF_LOOKUPS_MAX - 1)
		f = report(run, "spf.lookup_near_limit", NULL);
	if (f != NULL)
		finding_value_int(run, f, "lookups", tree->lookups);
	f = NULL;
	if (tree->void_lookups > SPF_VOIDS_MAX) {
		f = report(run, "spf.void_limit", NULL);
		broken = true;
	} else if (tree->void_lookups == SPF_VOIDS_MAX)
		f = report(run, "spf.void_near_limit", NULL);
	if (f != NULL)
		finding_value_int(run, f, "voids", tree->void_lookups);
	return broken;
}

/* --- who is let through -------------------------------------------------------------------------------------- */

static void
report_unauthorised(struct run *run, const struct spf_tree *tree)
{
	struct str list = str_in(run->arena, 2048);
	struct finding *f;
	bool v4 = false, v6 = false, other_v4_passes = false;
	size_t i;

	for (i = 0; i < tree->result_count; i++) {
		const struct spf_address_result *r = &tree->results[i];

		if (r->result == SPF_PASS && r->ip.family == 4)
			other_v4_passes = true;
		if (r->result != SPF_FAIL && r->result != SPF_SOFTFAIL && r->result != SPF_NEUTRAL)
			continue;
		*(r->ip.family == 4 ? &v4 : &v6) = true;
		str_addf(&list, "%s%s (%s)", list.n == 0 ? "" : ", ", ip_str(run->arena, r->ip),
		    spf_result_word(r->result));
	}
	if (!v4 && !v6)
		return;
	f = report(run, "spf.not_authorised", NULL);
	finding_value(f, "addresses", list.p);
	if (!v4 && other_v4_passes) {		/* only IPv6 lacks it */
		finding_verdict(f, VERDICT_WARNING, SEVERITY_MEDIUM);
		finding_variant(run, f, "ipv6");
	}
}

static void
report_openness(struct run *run, const struct spf_tree *tree)
{
	const struct spf *spf = tree->spf;
	struct finding *f;
	size_t i;

	for (i = 0; i < tree->count; i++) {
		const struct spf_term *term = tree->terms[i].term;

		if (tree->terms[i].note == SPF_NOTE_DEAD || term->qualifier != '+')
			continue;
		if (term->kind == SPF_ALL || spf_is_wide(term)) {
			f = report(run, "spf.too_open", NULL);
			finding_value(f, "term", text_show(run->arena, term->text));
			finding_value(f, "domain", tree->terms[i].domain);
			break;
		}
	}
	if (spf->all == NULL ? spf->redirect == NULL : spf->all->qualifier == '?') {
		f = report(run, "spf.neutral", NULL);
		if (spf->all == NULL)
			finding_variant(run, f, "no_all");
	}
}

static void
report_terms(struct run *run, const struct spf_tree *tree)
{
	const struct spf_term *ptr = NULL, *private = NULL;
	size_t i;

	for (i = 0; i < tree->spf->count; i++) {
		const struct spf_term *term = &tree->spf->terms[i];

		if (term->kind == SPF_PTR && ptr == NULL)
			ptr = term;
		if (spf_is_private(term) && private == NULL)
			private = term;
	}
	if (ptr != NULL)
		finding_value(report(run, "spf.ptr_mechanism", NULL), "term",
		    text_show(run->arena, ptr->text));
	if (private != NULL)
		finding_value(report(run, "spf.private_address", NULL), "term",
		    text_show(run->arena, private->text));
}

static const char *
sender_name(const struct run *run, const char *term)
{
	const struct data *data = run->rules->data;
	size_t i;

	for (i = 0; data != NULL && i < data->sender_count; i++)
		if (data_regex_fits(data->senders[i].spf_regex, term))
			return data->senders[i].name;
	return NULL;
}

static bool
is_own_net(const struct spf_term *term, const struct ip *own, size_t count)
{
	unsigned bits = term->ip.family == 4 ? term->bits4 : term->bits6, most;
	size_t i;

	most = term->ip.family == 4 ? 32 : 128;
	for (i = 0; i < count; i++)
		if (bits == most && ip_eq(term->ip, own[i]))
			return true;
	return false;
}

/* Others may send too: never an error, only who. */
static void
report_others(struct run *run, const struct spf_tree *tree, const struct ip *own, size_t own_count)
{
	struct str list = str_in(run->arena, 2048);
	struct json *senders = NULL;
	struct finding *f;
	size_t i;

	for (i = 0; i < tree->spf->count; i++) {
		const struct spf_term *term = &tree->spf->terms[i];
		const char *text = text_show(run->arena, term->text), *name = NULL;
		struct json *one;

		if (term->kind == SPF_INCLUDE)
			name = sender_name(run, text);
		else if ((term->kind != SPF_IP4 && term->kind != SPF_IP6) || own_count == 0 ||
		    is_own_net(term, own, own_count))
			continue;
		if (run->rules->spf_include != NULL && text_is(term->domain, run->rules->spf_include))
			continue;
		if (senders == NULL)
			senders = json_new_array(run->arena);
		one = json_add_object(senders);
		json_put_str(one, "term", text);
		json_put_str(one, "name", name);
		str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", name != NULL ? name : text);
	}
	if (senders == NULL)
		return;
	f = report(run, "spf.other_senders", NULL);
	finding_value(f, "senders", list.p);
	json_put_copy(f->data, "senders", senders);
}

/* --- the check ------------------------------------------------------------------------------------------------ */

static void
judge(struct run *run, const struct spf_tree *tree, const struct ip *own, size_t own_count)
{
	bool broken = report_syntax(run, tree);

	broken = report_limits(run, tree) || broken;
	if (tree->temperror)
		report_unknown(run, "servfail");
	if (!broken)			/* one cause, one finding */
		report_unauthorised(run, tree);
	report_openness(run, tree);
	report_terms(run, tree);
	report_others(run, tree, own, own_count);
}

static void
check(struct run *run)
{
	const struct truth *txt = ev_truth(run->ev, run->domain, run->domain, RR_TXT);
	struct dns_source dns = ev_truth_source(run->ev, run->domain);
	struct spf_explain_query query = { .domain = run->domain, .now_s = run->now, .dns = &dns };
	const struct ip *own;
	struct spf_tree tree;
	size_t own_count;
	bool sends = false, ready;

	ready = domain_sending(run, &own, &own_count) && domain_sends_here(run, &sends);
	if (txt == NULL || !ev_need(run->ev, txt->answer) || !ready)
		return;
	if (sends) {
		query.addresses = own;
		query.address_count = own_count;
	}
	if (!spf_explain(run->arena, &query, &tree)) {
		ev_wait(run->ev);
		return;
	}
	run_dns(run, txt->answer);
	spf_data_put(run_data(run), run->arena, &tree);
	if (tree.record_count == 0)
		report_missing(run, &tree);
	else if (tree.record_count > 1)
		report_multiple(run, &tree);
	else
		judge(run, &tree, own, own_count);
}

const struct check check_spf = {
	"spf", SCOPE_DOMAIN, "spf", rows, sizeof(rows) / sizeof(rows[0]), check,
};
