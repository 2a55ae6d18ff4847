/*
 * "I have SPAM, what should I do?": the guide's three steps with live state.
 * What has not been looked at is said, never counted as right.
 */

#include <string.h>

#include "base/arena.h"
#include "store/cases.h"
#include "store/reports.h"
#include "web/pages/pages.h"

#define CASES_MAX	5

enum step_state { STEP_OK, STEP_PROBLEM, STEP_WARNING, STEP_UNKNOWN, STEP_LOCKED };

static const char *const step_verdicts[] = { "ok", "problem", "warning", "unknown", "not_applicable" };

/* Findings that mean: spam is leaving from here. */
static const char *const spam_checks[] = { "queue", "mail_log", "antivirus", "wordpress", "limits" };

/* What is wrong with the configuration, in the guide's order. */
static const char *const configuration_checks[] = {
	"helo", "ptr", "egress", "dns", "mail_routing", "spf", "dkim_server", "dkim", "dmarc", "transport",
	"role_mailboxes", "forwarding",
};

struct tally {				/* of one step */
	int64_t		 problem, warning, unknown;
	struct json	*findings;	/* [{"id","verdict","count"}] */
};

static bool
is_of(const char *finding, const char *const *names, size_t count)
{
	struct text rest = text_of(finding), check = { "", 0 };

	text_split(&rest, '.', &check);
	for (size_t i = 0; i < count; i++)
		if (text_is(check, names[i]))
			return true;
	return false;
}

const char *
step_of(const char *finding)
{
	if (is_of(finding, spam_checks, sizeof(spam_checks) / sizeof(spam_checks[0])))
		return "spam";
	if (is_of(finding, configuration_checks, sizeof(configuration_checks) / sizeof(configuration_checks[0])))
		return "configuration";
	return NULL;
}

static struct tally *
tally_of(const char *finding, struct tally *configuration, struct tally *spam)
{
	const char *step = step_of(finding);

	return step == NULL ? NULL : step[0] == 's' ? spam : configuration;
}

static void
count_finding(struct tally *t, const char *id, const char *verdict, int64_t n)
{
	struct json *one;

	if (t == NULL || verdict == NULL || n == 0)
		return;
	if (strcmp(verdict, "problem") == 0)
		t->problem += n;
	else if (strcmp(verdict, "warning") == 0)
		t->warning += n;
	else if (strcmp(verdict, "unknown") == 0)
		t->unknown += n;
	else
		return;
	one = json_add_object(t->findings);
	json_put_str(one, "id", id);
	json_put_str(one, "verdict", verdict);
	json_put_int(one, "count", n);
}

static const char *
row_verdict(const char *id)
{
	const struct finding_row *row = finding_row_find(id, NULL);

	if (row != NULL)
		return verdict_word(row->verdict);
	return text_ends(text_of(id), ".unknown") ? "unknown" : NULL;
}

static enum step_state
state_of(const struct tally *t, bool looked)
{
	if (t->problem > 0)
		return STEP_PROBLEM;
	if (t->warning > 0)
		return STEP_WARNING;
	return !looked || t->unknown > 0 ? STEP_UNKNOWN : STEP_OK;
}

static void
put_step(struct json *steps, const char *id, enum step_state state, const struct tally *t)
{
	struct json *one = json_add_object(steps);

	json_put_str(one, "step", id);
	json_put_str(one, "state", state == STEP_LOCKED ? "locked" : step_verdicts[state]);
	json_put_int(one, "problem", t->problem);
	json_put_int(one, "warning", t->warning);
	json_put_int(one, "unknown", t->unknown);
	json_put_copy(one, "findings", t->findings);
}

/*
 * {"domains":{...counts},"steps":[{"step","state",...}],"server_checked":bool|null,"cases":[...]}
 */
static struct json *
home_answer(struct exchange *x, struct err *err)
{
	struct store *store = engine_store(x->engine);
	const struct json *counts = store_domains_counts(store, x->arena, &x->scope, err), *found, *cases, *server;
	struct json *answer = json_new_object(x->arena), *steps;
	struct tally configuration = { .findings = json_new_array(x->arena) };
	struct tally spam = { .findings = json_new_array(x->arena) };
	struct tally none = { .findings = json_new_array(x->arena) };
	enum step_state first, second;
	bool looked, server_looked;

	if (counts == NULL || (found = store_domains_findings(store, x->arena, &x->scope, err)) == NULL ||
	    (cases = store_cases(store, x->arena, &x->scope, "open", NULL, 1, CASES_MAX, err)) == NULL)
		return NULL;
	server = store_report_get(store, x->arena, &x->scope, "server", "server", err);
	if (server == NULL && err->code != ERR_NOT_FOUND)
		return NULL;
	for (const struct json *v = json_first(found); v != NULL; v = json_next(v)) {
		const char *id = json_key(v);
		int64_t n = json_value_int(v, 0);

		count_finding(tally_of(id, &configuration, &spam), id, row_verdict(id), n);
	}
	/* The server's own findings are the administrator's. */
	for (const struct json *f = x->role == ROLE_ADMIN ? json_first(json_get(server, "findings")) : NULL;
	    f != NULL; f = json_next(f)) {
		const char *id = json_str(f, "id");

		if (id != NULL)
			count_finding(tally_of(id, &configuration, &spam), id, json_str(f, "verdict"), 1);
	}
	looked = json_int(counts, "never", 0) == 0;
	server_looked = server != NULL;
	first = state_of(&configuration, looked && (x->role != ROLE_ADMIN || server_looked));
	second = state_of(&spam, looked && server_looked);
	json_put_copy(answer, "domains", counts);
	steps = json_put_array(answer, "steps");
	put_step(steps, "configuration", first, &configuration);
	put_step(steps, "spam", second, &spam);
	put_step(steps, "delist", first == STEP_PROBLEM || second == STEP_PROBLEM || !looked ? STEP_LOCKED :
	    STEP_OK, &none);
	json_put_bool(answer, "server_checked", server_looked);
	json_put_copy(answer, "cases", json_get(cases, "cases"));
	return answer;
}

/* --- view --------------------------------------------------------------------------------------- */

static void
view_step(struct json *view, const struct exchange *x, const struct json *step, const struct json *counts)
{
	const char *id = json_str(step, "step"), *state = json_str(step, "state");
	struct json *one = json_put_object(view, id), *list = json_put_array(one, "findings");
	int64_t never = json_int(counts, "never", 0);

	view_verdict(one, x, strcmp(state, "locked") == 0 ? "not_applicable" : state);
	json_put_str(one, "word", say_word(x, "step_state", state));
	json_put_str(one, "text", say(x, arena_printf(x->arena, "pages.home.%s.%s", id, state)));
	for (const struct json *f = json_first(json_get(step, "findings")); f != NULL; f = json_next(f)) {
		struct json *finding = json_add_object(list);
		const char *fid = json_str(f, "id");

		view_verdict(finding, x, json_str(f, "verdict"));
		json_put_str(finding, "id", fid);
		json_put_str(finding, "title", say_finding(x, fid));
		json_put_str(finding, "count", lang_int(x->arena, x->lang, json_int(f, "count", 0)));
		json_put_str(finding, "link", link_to(x, "/domains?finding=%s", fid));
	}
	if (never > 0 && strcmp(id, "delist") != 0)
		json_put_str(one, "never", say_count(x, "pages.home.never", never));
}

void
page_home(struct exchange *x)
{
	struct err err = { 0 };
	struct json *answer = home_answer(x, &err), *view, *cases;
	const struct json *counts, *notices;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, answer, NULL, NULL, 0))
		return;
	view = page_view(x, "home");
	counts = json_get(answer, "domains");
	view_summary(view, x, counts);
	json_put_str(view, "total", say_count(x, "pages.home.total", json_int(counts, "total", 0)));
	notices = notices_of(x, &err);
	json_put_str(view, "changed", json_int(notices, "unseen", 0) == 0 ? NULL :
	    say_count(x, "pages.home.changed", json_int(notices, "unseen", 0)));
	json_put_bool(view, "no_domains", json_int(counts, "total", 0) == 0);
	for (const struct json *s = json_first(json_get(answer, "steps")); s != NULL; s = json_next(s))
		view_step(view, x, s, counts);
	cases = json_put_array(view, "cases");
	for (const struct json *c = json_first(json_get(answer, "cases")); c != NULL; c = json_next(c)) {
		struct json *one = json_add_object(cases);

		json_put_str(one, "link", link_to(x, "/cases/%lld", (long long)json_int(c, "case", 0)));
		json_put_copy(one, "about", json_get(c, "about"));
		json_put_str(one, "kind", say_word(x, "case_kind", json_str(c, "kind")));
		view_time(one, x, "updated", time_of(c, "updated_at"));
	}
	json_put_bool(view, "has_cases", json_count(cases) > 0);
	/* Who has one domain need not name it. */
	json_put_str(view, "only", rights_count(x->rights) == 1 ? rights_at(x->rights, 0) : NULL);
	page_html(x, "home", say(x, "pages.home.title"), view);
}
