/*
 * Blacklists: of each sending address, of each domain, and whether the lists
 * answer us at all.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"

static const struct finding_row address_rows[] = {
	{ "blacklist.listed", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_PROVIDER, { "delist.request" } },
	{ "blacklist.pay_to_delist", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_LIST_OPERATOR, { NULL } },
	{ "blacklist.does_not_apply", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_LIST_OPERATOR, { NULL } },
	{ "blacklist.probably_infected", VERDICT_WARNING, SEVERITY_HIGH, OWNER_PROVIDER, { NULL } },
};

static const struct finding_row domain_rows[] = {
	{ "domain_blacklist.listed", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "delist.request" } },
};

static const struct finding_row resolver_rows[] = {
	{ "resolver.refused_by_lists", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER,
	    { "resolver.local" } },
	{ "resolver.list_out_of_service", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_LIST_OPERATOR,
	    { NULL } },
};

/* --- one listing -------------------------------------------------------------------------------------------- */

static const char *
codes_text(struct run *run, const struct list_answer *answer)
{
	struct str list = str_in(run->arena, 256);
	size_t i;

	for (i = 0; i < answer->code_count; i++)
		str_addf(&list, "%s%s", i == 0 ? "" : ", ", ip_str(run->arena, answer->codes[i]));
	return list.p;
}

static void
tell(struct run *run, struct finding *f, const struct blacklist *list, const struct list_answer *answer)
{
	struct json *codes;
	size_t i;

	finding_value(f, "list", list->name);
	finding_value(f, "zone", answer->zone);
	finding_value(f, "codes", codes_text(run, answer));
	finding_value(f, "list_reason", answer->code == NULL || answer->code->reason == NULL ? "spam" :
	    answer->code->reason);
	finding_value(f, "said", answer->reason == NULL ? "" : answer->reason);
	finding_value(f, "url", list->removal_url == NULL ? "" : list->removal_url);
	json_put_str(f->data, "list", list->id);
	json_put_str(f->data, "zone", answer->zone);
	codes = json_put_array(f->data, "codes");
	for (i = 0; i < answer->code_count; i++)
		json_add_str(codes, ip_str(run->arena, answer->codes[i]));
	json_put_str(f->data, "scope", answer->code != NULL && answer->code->reason != NULL &&
	    strcmp(answer->code->reason, "network") == 0 ? "network" :
	    list->kind == BLACKLIST_IP ? "address" : "domain");
	json_put_bool(f->data, "pay", list->pay);
	json_put_str(f->data, "reason", answer->code == NULL ? NULL : answer->code->reason);
	json_put_str(f->data, "removal", list->removal);
	json_put_str(f->data, "removal_url", list->removal_url);
	if (strstr(list->zone == NULL ? "" : list->zone, "{key}") == NULL)	/* a key is in the name */
		finding_dns(run, f, answer->answer);
}

static bool
reason_is(const struct list_answer *answer, const char *reason)
{
	return answer->code != NULL && answer->code->reason != NULL &&
	    strcmp(answer->code->reason, reason) == 0;
}

/* A range that is not meant to send, or looks dialled: a warning, no accusation. */
static bool
is_range(const struct list_answer *answer)
{
	return reason_is(answer, "pbl") || reason_is(answer, "dynamic") || reason_is(answer, "no_ptr");
}

/* How much one listing counts.  VERDICT_OK: folded away. */
static enum verdict
weigh(const struct blacklist *list, const struct list_answer *answer, enum severity *severity)
{
	switch (list->weight) {
	case WEIGHT_HIGH:
		*severity = is_range(answer) ? SEVERITY_HIGH : SEVERITY_CRITICAL;
		return is_range(answer) ? VERDICT_WARNING : VERDICT_PROBLEM;
	case WEIGHT_MEDIUM:
		*severity = SEVERITY_MEDIUM;
		return VERDICT_WARNING;
	case WEIGHT_LOW:
		*severity = SEVERITY_NONE;
		return VERDICT_INFORMATION;
	default:
		return VERDICT_OK;
	}
}

/* A list that cannot be tested and says nothing may be dead: its silence is no news. */
static bool
is_known(const struct blacklist *list, const struct list_answer *answer)
{
	return answer->state == LIST_LISTED ||
	    (answer->state == LIST_CLEAN && list->test_positive != NULL);
}

/* --- addresses ---------------------------------------------------------------------------------------------- */

/* true: a list of weight lists it for what it sends. */
static bool
report_listing(struct run *run, const struct blacklist *list, const struct list_answer *answer, bool relayed)
{
	enum severity severity = SEVERITY_NONE;
	enum verdict verdict = weigh(list, answer, &severity);
	struct finding *f;

	if (list->pay || reason_is(answer, "network")) {
		tell(run, report(run, "blacklist.pay_to_delist", NULL), list, answer);
		return false;
	}
	if (!list->everyone) {
		tell(run, report(run, "blacklist.does_not_apply", NULL), list, answer);
		return false;
	}
	if (verdict == VERDICT_OK)
		return false;
	f = report(run, "blacklist.listed", NULL);
	if (relayed)
		verdict = VERDICT_INFORMATION;
	finding_verdict(f, verdict, verdict == VERDICT_INFORMATION ? SEVERITY_NONE : severity);
	tell(run, f, list, answer);
	return verdict != VERDICT_INFORMATION && !is_range(answer);
}

/* Looked at in this run, and neither wrong nor unknown. */
static bool
is_right(const struct outcome *outcome)
{
	size_t i;

	for (i = 0; i < outcome->count; i++)
		if (outcome->findings[i].verdict == VERDICT_PROBLEM ||
		    outcome->findings[i].verdict == VERDICT_UNKNOWN)
			return false;
	return outcome->count > 0;
}

/* Configuration right and yet listed: something here very likely sends spam. */
static void
report_infection(struct run *run)
{
	const struct outcome *helo = run->other(run, "helo", NULL);
	const struct outcome *ptr = run->other(run, "ptr", ip_str(run->arena, run->address));

	if (helo == NULL || ptr == NULL || !is_right(helo) || !is_right(ptr))
		return;
	finding_parent(run, report(run, "blacklist.probably_infected", NULL), "blacklist.listed",
	    ip_str(run->arena, run->address));
}

/* false = cannot go on. */
static bool
is_relayed(struct run *run, bool *ret)
{
	const struct json *mail;
	const struct ev_failure *why;

	*ret = run->rules->relay != NULL;
	if (*ret || !ev_has_panel(run->ev))
		return true;
	mail = ev_fact_any(run->ev, "mail_server", NULL, &why);
	*ret = json_str(mail, "relay") != NULL;
	return mail != NULL || why != NULL;
}

/* What every finding shows: how many lists were asked, and what they said.  Returns how many of that is news. */
static size_t
put_counts(struct run *run, const struct list_answer *answers, size_t *asked)
{
	const struct data *data = run->rules->data;
	size_t known = 0, count[LIST_STATES] = { 0 };
	struct json *states;

	*asked = 0;
	for (size_t i = 0; i < data->blacklist_count; i++) {
		if (answers[i].zone == NULL)
			continue;
		(*asked)++;
		known += is_known(&data->blacklists[i], &answers[i]);
		count[answers[i].state]++;
	}
	json_put_int(run_data(run), "asked", (int64_t)*asked);
	json_put_int(run_data(run), "known", (int64_t)known);
	states = json_put_object(run_data(run), "states");
	for (size_t i = 0; i < LIST_STATES; i++)
		json_put_int(states, list_state_word((enum list_state)i), (int64_t)count[i]);
	return known;
}

static void
check_address(struct run *run)
{
	const struct data *data = run->rules->data;
	struct list_answer *answers;
	bool waiting = false, accused = false, relayed;
	size_t i, asked, known;

	if (!run->rules->lists.enabled || data == NULL) {
		report_not_applicable(run, "off");
		return;
	}
	answers = arena_array(run->arena, data->blacklist_count + 1, sizeof(*answers));
	for (i = 0; i < data->blacklist_count; i++) {		/* ask wide, then read */
		const struct blacklist *list = &data->blacklists[i];

		if (list_is_asked(&run->rules->lists, list) && list_takes(list, run->address) &&
		    !ev_list_ip(run->ev, &run->rules->lists, list, run->address, &answers[i]))
			waiting = true;
	}
	if (!is_relayed(run, &relayed) || waiting)
		return;
	known = put_counts(run, answers, &asked);
	for (i = 0; i < data->blacklist_count; i++)
		if (answers[i].zone != NULL && answers[i].state == LIST_LISTED)
			accused = report_listing(run, &data->blacklists[i], &answers[i], relayed) || accused;
	if (asked > 0 && known == 0)
		report_unknown(run, "no_list_answers");
	else if (accused)
		report_infection(run);
}

/* --- domains ------------------------------------------------------------------------------------------------ */

static void
check_domain(struct run *run)
{
	const struct data *data = run->rules->data;
	struct list_answer *answers;
	bool waiting = false;
	size_t i, asked = 0, known = 0;

	if (!run->rules->lists.enabled || data == NULL) {
		report_not_applicable(run, "off");
		return;
	}
	answers = arena_array(run->arena, data->blacklist_count + 1, sizeof(*answers));
	for (i = 0; i < data->blacklist_count; i++) {
		const struct blacklist *list = &data->blacklists[i];

		if (list_is_asked(&run->rules->lists, list) && list->kind == BLACKLIST_DOMAIN &&
		    !ev_list_domain(run->ev, &run->rules->lists, list, run->domain, &answers[i]))
			waiting = true;
	}
	if (waiting)
		return;
	for (i = 0; i < data->blacklist_count; i++) {
		const struct blacklist *list = &data->blacklists[i];
		struct finding *f;
		enum severity severity;

		if (answers[i].zone == NULL)
			continue;
		asked++;
		known += is_known(list, &answers[i]);
		if (answers[i].state != LIST_LISTED || list->weight == WEIGHT_IGNORE)
			continue;
		f = report(run, "domain_blacklist.listed", NULL);
		if (list->pay || !list->everyone || list->weight == WEIGHT_LOW)
			finding_verdict(f, VERDICT_INFORMATION, SEVERITY_NONE);
		else if (weigh(list, &answers[i], &severity) == VERDICT_WARNING)
			finding_verdict(f, VERDICT_WARNING, severity);
		tell(run, f, list, &answers[i]);
	}
	if (asked > 0 && known == 0)
		report_unknown(run, "no_list_answers");
}

/* --- do they answer us? ---------------------------------------------------------------------------------------- */

/* Resolvers that everybody uses, which the large lists refuse. */
static bool
is_public_resolver(struct ip ip)
{
	static const char *const known[] = { "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9",
	    "149.112.112.112", "208.67.222.222", "208.67.220.220", "2001:4860:4860::8888",
	    "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe" };
	struct ip one;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (ip_parse(text_of(known[i]), &one) && ip_eq(one, ip))
			return true;
	return false;
}

struct tally { struct str names; struct json *ids; size_t count; };

static void
count_list(struct run *run, struct tally *t, const struct blacklist *list)
{
	if (t->ids == NULL) {
		t->ids = json_new_array(run->arena);
		t->names = str_in(run->arena, 2048);
	}
	str_addf(&t->names, "%s%s", t->count == 0 ? "" : ", ", list->name);
	json_add_str(t->ids, list->id);
	t->count++;
}

static void
check_lists_answer(struct run *run)
{
	const struct data *data = run->rules->data;
	struct tally refusing = { 0 }, out = { 0 };
	const char *public_one = NULL;
	struct finding *f;
	struct json *through;
	bool waiting = false;
	size_t i, asked = 0, silent = 0;

	if (!run->rules->lists.enabled || data == NULL) {
		report_not_applicable(run, "off");
		return;
	}
	for (i = 0; i < data->blacklist_count; i++) {
		const struct blacklist *list = &data->blacklists[i];
		enum list_state state;
		bool refused;

		/* One that cannot be tested tells nothing about us or itself. */
		if (!list_is_asked(&run->rules->lists, list) ||
		    (list->test_positive == NULL && list->test_negative == NULL))
			continue;
		if (!ev_list_health(run->ev, &run->rules->lists, list, &state, &refused)) {
			waiting = true;
			continue;
		}
		asked++;
		if (refused)
			count_list(run, &refusing, list);
		else if (state == LIST_OUT_OF_SERVICE)
			count_list(run, &out, list);
		else if (state == LIST_UNKNOWN)
			silent++;
	}
	if (waiting)
		return;
	json_put_int(run_data(run), "tested", (int64_t)asked);
	json_put_int(run_data(run), "answering", (int64_t)(asked - refusing.count - out.count - silent));
	through = json_put_array(run_data(run), "resolvers");	/* empty: the system's */
	for (i = 0; i < run->rules->resolver_count; i++)
		json_add_str(through, ip_str(run->arena, run->rules->resolvers[i].ip));
	for (i = 0; i < run->rules->resolver_count; i++)
		if (is_public_resolver(run->rules->resolvers[i].ip))
			public_one = ip_str(run->arena, run->rules->resolvers[i].ip);
	if (refusing.count > 0 || public_one != NULL) {
		f = report(run, "resolver.refused_by_lists", NULL);
		finding_value(f, "lists", refusing.count > 0 ? refusing.names.p : "-");
		finding_value(f, "resolver", public_one != NULL ? public_one : "");
		if (public_one != NULL)
			finding_variant(run, f, "public");
		if (refusing.ids != NULL)
			json_put_copy(f->data, "lists", refusing.ids);
	}
	if (out.count > 0) {
		f = report(run, "resolver.list_out_of_service", NULL);
		finding_value(f, "lists", out.names.p);
		json_put_copy(f->data, "lists", out.ids);
	}
	if (asked > 0 && silent == asked)
		report_unknown(run, "no_list_answers");
}

/* Is the configuration right? */
static const char *const address_needs[] = { "helo", "ptr", NULL };

const struct check check_blacklist = {
	"blacklist", SCOPE_ADDRESS, "blacklists", address_rows,
	sizeof(address_rows) / sizeof(address_rows[0]), check_address, .needs = address_needs,
};
const struct check check_domain_blacklist = {
	"domain_blacklist", SCOPE_DOMAIN, "blacklists", domain_rows,
	sizeof(domain_rows) / sizeof(domain_rows[0]), check_domain, NULL,
};
const struct check check_resolver = {
	"resolver", SCOPE_SERVER, "blacklists", resolver_rows,
	sizeof(resolver_rows) / sizeof(resolver_rows[0]), check_lists_answer, NULL,
};
