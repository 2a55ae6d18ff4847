/*
 * "I have SPAM, what should I do?": the guide's three steps with live state.
 * What has not been looked at is said, never counted as right.
 */

#include <stdlib.h>
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

struct found {				/* one finding of a step */
	const char	*id;
	enum verdict	 verdict;
	enum severity	 severity;
	int64_t		 count;		/* of domains, or of places of the server */
	bool		 server;
};

struct tally {				/* of one step */
	int64_t		 problem, warning, unknown;
	struct found	*found;
	size_t		 count;
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
count_finding(struct tally *t, struct found one)
{
	const struct finding_row *row = finding_row_find(one.id, NULL);

	if (t == NULL || one.count == 0)
		return;
	if (one.verdict == VERDICT_PROBLEM)
		t->problem += one.count;
	else if (one.verdict == VERDICT_WARNING)
		t->warning += one.count;
	else if (one.verdict == VERDICT_UNKNOWN)
		t->unknown += one.count;
	else
		return;
	for (size_t i = 0; i < t->count; i++)
		if (one.server && t->found[i].server && strcmp(t->found[i].id, one.id) == 0) {
			t->found[i].count += one.count;
			return;
		}
	one.severity = row != NULL ? row->severity : SEVERITY_NONE;
	t->found[t->count++] = one;
}

/* Worst first, then what the most domains have. */
static int
by_weight(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->verdict != y->verdict)
		return verdict_rank(x->verdict) - verdict_rank(y->verdict);
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->id, y->id);
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
	struct json *one = json_add_object(steps), *list;

	json_put_str(one, "step", id);
	json_put_str(one, "state", state == STEP_LOCKED ? "locked" : step_verdicts[state]);
	json_put_int(one, "problem", t->problem);
	json_put_int(one, "warning", t->warning);
	json_put_int(one, "unknown", t->unknown);
	list = json_put_array(one, "findings");
	if (t->count > 0)
		qsort(t->found, t->count, sizeof(*t->found), by_weight);
	for (size_t i = 0; i < t->count; i++) {
		struct json *f = json_add_object(list);

		json_put_str(f, "id", t->found[i].id);
		json_put_str(f, "verdict", verdict_word(t->found[i].verdict));
		json_put_int(f, "count", t->found[i].count);
		json_put_bool(f, "server", t->found[i].server);
	}
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
	struct tally configuration = { 0 }, spam = { 0 }, none = { 0 };
	enum verdict verdict;
	size_t most;
	enum step_state first, second;
	bool looked, server_looked;

	if (counts == NULL || (found = store_domains_findings(store, x->arena, &x->scope, err)) == NULL ||
	    (cases = store_cases(store, x->arena, &x->scope, "open", NULL, 1, CASES_MAX, err)) == NULL)
		return NULL;
	server = store_report_get(store, x->arena, &x->scope, "server", "server", err);
	if (server == NULL && err->code != ERR_NOT_FOUND)
		return NULL;
	most = json_count(found) + json_count(json_get(server, "findings")) + 1;
	configuration.found = arena_array(x->arena, most, sizeof(*configuration.found));
	spam.found = arena_array(x->arena, most, sizeof(*spam.found));
	for (const struct json *v = json_first(found); v != NULL; v = json_next(v))
		count_finding(tally_of(json_key(v), &configuration, &spam), (struct found){ .id = json_key(v),
		    .verdict = finding_row_verdict(json_key(v)), .count = json_value_int(v, 0) });
	/* The server's own findings are the administrator's. */
	for (const struct json *f = x->role == ROLE_ADMIN ? json_first(json_get(server, "findings")) : NULL;
	    f != NULL; f = json_next(f))
		if (json_str(f, "id") != NULL && verdict_parse(json_str(f, "verdict"), &verdict))
			count_finding(tally_of(json_str(f, "id"), &configuration, &spam), (struct found){
			    .id = json_str(f, "id"), .verdict = verdict, .count = 1, .server = true });
	looked = json_int(counts, "total", 0) > 0 && json_int(counts, "never", 0) == 0;
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
	json_put_bool(one, "open", strcmp(state, "locked") != 0);
	json_put_str(one, "text", say(x, arena_printf(x->arena, "pages.home.%s.%s", id, state)));
	for (const struct json *f = json_first(json_get(step, "findings")); f != NULL; f = json_next(f)) {
		struct json *finding = json_add_object(list);
		const char *fid = json_str(f, "id");

		view_verdict(finding, x, json_str(f, "verdict"));
		json_put_str(finding, "id", fid);
		json_put_str(finding, "title", say_finding(x, fid));
		json_put_str(finding, "count", say_count(x, json_bool(f, "server", false) ? "pages.home.places" :
		    "pages.home.total", json_int(f, "count", 0)));
		json_put_str(finding, "link", json_bool(f, "server", false) ? link_to(x, "/server#findings-title") :
		    link_to(x, "/domains?finding=%s", fid));
	}
	if (never > 0 && strcmp(id, "delist") != 0)
		json_put_str(one, "never", say_count(x, "pages.home.never", never));
}

/* How many domains have what as their worst, each with the way to them. */
static void
view_domains(struct json *view, const struct exchange *x, const struct json *counts)
{
	view_summary(view, x, counts);
	for (struct json *c = json_edit_first(json_edit(view, "counts")); c != NULL; c = json_edit_next(c)) {
		const char *verdict = json_str(c, "verdict");

		json_put_str(c, "word", say_count(x, arena_printf(x->arena, "pages.home.counted.%s", verdict),
		    json_int(counts, verdict, 0)));
		json_put_str(c, "link", link_to(x, "/domains?verdict=%s", verdict));
	}
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
	view_domains(view, x, counts);
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
