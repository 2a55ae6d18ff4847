/* One case: what is known of it, as a page, as a report and as text to paste into a ticket. */

#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "engine/delist.h"
#include "engine/report.h"
#include "store/bounces.h"
#include "store/cases.h"
#include "store/delist.h"
#include "store/reports.h"
#include "web/pages/case.h"
#include "web/pages/pages.h"
#include "web/redact.h"

#define DONE_MAX	50	/* entries of the journal */
#define BOUNCES_MAX	10
#define TEXT_MAX	(256 * 1024)

static const char *const step_names[] = { "configuration", "spam" };

/* The domain, or the server in words. */
static const char *
about_name(const struct exchange *x, const struct json *c)
{
	const char *about = json_str(c, "about");

	return about != NULL && strcmp(about, "server") == 0 ? say(x, "pages.common.the_server") : about;
}

static const char *
case_title(const struct exchange *x, const struct json *c)
{
	return say2(x, "pages.case.title", "number", arena_printf(x->arena, "%lld",
	    (long long)json_int(c, "case", 0)), "about", about_name(x, c));
}

void
view_case(struct json *one, const struct exchange *x, const struct json *c)
{
	const char *about = json_str(c, "about");

	json_put_copy(one, "case", json_get(c, "case"));
	json_put_str(one, "about", about_name(x, c));
	if (about != NULL)
		json_put_str(one, "about_link", strcmp(about, "server") == 0 ? link_to(x, "/server") :
		    link_to(x, "/domains/%s", about));
	json_put_str(one, "kind", say_word(x, "case_kind", json_str(c, "kind")));
	json_put_bool(one, "hotmail", json_str(c, "kind") != NULL && strcmp(json_str(c, "kind"), "hotmail") == 0);
	json_put_copy(one, "login", json_get(c, "login"));
	json_put_str(one, "state", json_str(c, "state"));
	json_put_str(one, "state_word", say_word(x, "case_state", json_str(c, "state")));
	json_put_bool(one, "closed", json_str(c, "state") != NULL && strcmp(json_str(c, "state"), "closed") == 0);
	json_put_bool(one, "handed", json_str(c, "state") != NULL && strcmp(json_str(c, "state"), "handed_over") == 0);
	json_put_bool(one, "open_state", json_str(c, "state") != NULL && strcmp(json_str(c, "state"), "open") == 0);
	view_time(one, x, "opened", time_of(c, "opened_at"));
	view_time(one, x, "updated", time_of(c, "updated_at"));
}

int64_t
case_number(const struct exchange *x)
{
	uint64_t n;

	return text_uint(text_of(x->args[0]), INT64_MAX, &n) ? (int64_t)n : 0;
}

/* --- what is known of it ------------------------------------------------------------------------ */

static bool
is_open(const struct json *finding)
{
	const char *verdict = json_str(finding, "verdict");

	return verdict != NULL && (strcmp(verdict, "problem") == 0 || strcmp(verdict, "warning") == 0);
}

const struct json *
case_report_of(struct exchange *x, const char *about)
{
	bool server = strcmp(about, "server") == 0;
	struct err err;
	struct json *neutral = store_report_get(engine_store(x->engine), x->arena, &x->scope,
	    server ? "server" : "domain", about, &err);

	/* What is wrong with the server is the administrator's to know. */
	if (neutral == NULL || (server && x->role != ROLE_ADMIN))
		return NULL;
	return report_words(x->arena, neutral, x->face->catalog, x->lang);
}

struct json *
case_found(struct arena *a, const struct json *report)
{
	struct json *list = json_new_array(a);

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		struct json *one;

		if (!is_open(f))
			continue;
		one = json_add_object(list);
		json_put_copy(one, "id", json_get(f, "id"));
		json_put_copy(one, "verdict", json_get(f, "verdict"));
		json_put_copy(one, "subject", json_get(f, "subject"));
	}
	return list;
}

static bool
holds_finding(const struct json *list, const struct json *finding)
{
	const char *id = json_str(finding, "id"), *subject = json_str(finding, "subject");

	for (const struct json *f = json_first(list); f != NULL; f = json_next(f))
		if (id != NULL && json_str(f, "id") != NULL && strcmp(id, json_str(f, "id")) == 0 &&
		    (subject == NULL || json_str(f, "subject") == NULL ||
		    strcmp(subject, json_str(f, "subject")) == 0))
			return true;
	return false;
}

static bool
is_of_step(const struct json *finding, const char *step)
{
	const char *id = json_str(finding, "id"), *of = id == NULL ? NULL : step_of(id);

	return of != NULL && strcmp(of, step) == 0;
}

/* {"step","state","open":[FINDING],"solved":[{"id",...}]} */
static void
put_step(struct json *steps, const char *step, const struct json *report, const struct json *then)
{
	struct json *one = json_add_object(steps), *open, *solved;
	const char *state = report == NULL ? "unknown" : "ok";

	json_put_str(one, "step", step);
	open = json_put_array(one, "open");
	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *verdict = json_str(f, "verdict");

		if (verdict == NULL || !is_of_step(f, step))
			continue;
		if (is_open(f))
			json_add_copy(open, f);
		if (strcmp(verdict, "problem") == 0 || (strcmp(state, "problem") != 0 &&
		    (strcmp(verdict, "warning") == 0 || (strcmp(verdict, "unknown") == 0 &&
		    strcmp(state, "ok") == 0))))
			state = verdict;
	}
	solved = json_put_array(one, "solved");
	for (const struct json *f = json_first(then); f != NULL; f = json_next(f))
		if (is_of_step(f, step) && report != NULL && !holds_finding(json_get(report, "findings"), f))
			json_add_copy(solved, f);
	json_put_str(one, "state", state);
}

/* "bounces": what receivers said to who began it, newest first, where that is for this person to see. */
static void
put_bounces(struct json *c, const struct exchange *x)
{
	const char *kind = json_str(c, "kind"), *login = json_str(c, "login");
	struct json *list = json_put_array(c, "bounces");
	struct err err;
	const struct json *kept = store_bounces(engine_store(x->engine), x->arena, &x->scope,
	    kind != NULL && strcmp(kind, "hotmail") == 0 ? "outlook_com" : NULL, &err);

	for (const struct json *b = json_first(kept); b != NULL && json_count(list) < BOUNCES_MAX; b = json_next(b))
		if (login != NULL && json_str(b, "login") != NULL && strcmp(login, json_str(b, "login")) == 0)
			json_add_copy(list, b);
}

/* The case with "steps", "done" (of the journal, newest first), "requests", "bounces", "checked_at" and "server_findings". */
static struct json *
case_answer(struct exchange *x, const struct json **report, struct err *err)
{
	struct json *c = store_case_get(engine_store(x->engine), x->arena, &x->scope, case_number(x), err);
	const struct json *entries, *requests, *delist, *then;
	struct json *steps, *list, *one;
	const char *about, *opened;

	if (c == NULL)
		return NULL;
	about = json_str(c, "about");
	opened = json_str(c, "opened_at");
	*report = case_report_of(x, about);
	then = json_get(json_get(c, "data"), "found");
	json_put_copy(c, "checked_at", json_get(*report, "checked_at"));
	json_put_copy(c, "server_findings", json_get(*report, "server_findings"));
	steps = json_put_array(c, "steps");
	for (size_t i = 0; i < sizeof(step_names) / sizeof(step_names[0]); i++)
		put_step(steps, step_names[i], *report, then);
	delist = engine_delist(x->engine, x->arena, x->lang, &x->scope, err);
	one = json_add_object(steps);
	json_put_str(one, "step", "delist");
	json_put_str(one, "state", json_bool(delist, "ready", false) ? "ok" : "locked");

	entries = engine_journal_page(x->engine, x->arena, x->rights, x->lang, about, NULL, NULL, 1, DONE_MAX, err);
	if (entries == NULL)
		return NULL;
	list = json_put_array(c, "done");
	for (const struct json *e = json_first(json_get(entries, "entries")); e != NULL; e = json_next(e))
		if (opened == NULL || json_str(e, "at") == NULL || strcmp(json_str(e, "at"), opened) >= 0)
			json_add_copy(list, e);
	/* Who was asked for removal is between the server's administrator and them. */
	list = json_put_array(c, "requests");
	requests = x->role != ROLE_ADMIN ? NULL : store_delist_requests(engine_store(x->engine), x->arena, NULL, err);
	for (const struct json *r = json_first(requests); r != NULL; r = json_next(r))
		if (opened == NULL || json_str(r, "at") == NULL || strcmp(json_str(r, "at"), opened) >= 0)
			json_add_copy(list, r);
	put_bounces(c, x);
	*err = (struct err){ 0 };
	return c;
}

/* --- view --------------------------------------------------------------------------------------- */

static void
view_step(struct json *list, const struct exchange *x, const struct json *step)
{
	const char *name = json_str(step, "step"), *state = json_str(step, "state");
	struct json *one = json_add_object(list), *open = json_put_array(one, "open"), *solved;

	json_put_str(one, "step", name);
	view_verdict(one, x, strcmp(state, "locked") == 0 ? "not_applicable" : state);
	json_put_str(one, "word", say_word(x, "step_state", state));
	json_put_str(one, "title", say(x, arena_printf(x->arena, "pages.case.step.%s", name)));
	json_put_bool(one, "is_delist", strcmp(name, "delist") == 0);
	for (const struct json *f = json_first(json_get(step, "open")); f != NULL; f = json_next(f)) {
		struct json *finding = json_add_object(open);

		view_verdict(finding, x, json_str(f, "verdict"));
		if (x->role != ROLE_ADMIN && json_str(f, "owner") != NULL && strcmp(json_str(f, "owner"), "provider") == 0)
			json_put_str(finding, "tone", "neutral");	/* nothing red that this person cannot change */
		json_put_copy(finding, "id", json_get(f, "id"));
		json_put_copy(finding, "title", json_get(f, "title"));
		json_put_copy(finding, "sentence", json_get(f, "text"));
	}
	solved = json_put_array(one, "solved");
	for (const struct json *f = json_first(json_get(step, "solved")); f != NULL; f = json_next(f))
		json_add_str(solved, say_finding(x, json_str(f, "id")));
	json_put_bool(one, "has_open", json_count(open) > 0);
	json_put_bool(one, "has_solved", json_count(solved) > 0);
}

static const char *
bounce_recipient(const struct exchange *x, const struct json *bounce)
{
	return json_str(bounce, "recipient") != NULL ? json_str(bounce, "recipient") : say(x, "pages.bounces.no_recipient");
}

static struct json *
case_view(struct exchange *x, const struct json *c)
{
	struct json *view = page_view(x, "home"), *list;

	view_case(view, x, c);
	view_time(view, x, "checked", time_of(c, "checked_at"));
	list = json_put_array(view, "steps");
	for (const struct json *s = json_first(json_get(c, "steps")); s != NULL; s = json_next(s))
		view_step(list, x, s);
	list = json_put_array(view, "done");
	for (const struct json *e = json_first(json_get(c, "done")); e != NULL; e = json_next(e)) {
		struct json *one = json_add_object(list);

		view_entry(one, x, e);
		json_put_copy(one, "login", json_get(e, "login"));
		view_time(one, x, "at", time_of(e, "at"));
	}
	json_put_bool(view, "has_done", json_count(list) > 0);
	list = json_put_array(view, "requests");
	for (const struct json *r = json_first(json_get(c, "requests")); r != NULL; r = json_next(r)) {
		struct json *one = json_add_object(list);

		json_put_str(one, "provider", provider_name(x, json_str(r, "provider")));
		json_put_copy(one, "where", json_get(r, "where"));
		json_put_copy(one, "answer", json_get(r, "answer"));
		view_time(one, x, "at", time_of(r, "at"));
	}
	json_put_bool(view, "has_requests", json_count(list) > 0);
	list = json_put_array(view, "bounces");
	for (const struct json *b = json_first(json_get(c, "bounces")); b != NULL; b = json_next(b)) {
		struct json *one = json_add_object(list);

		json_put_str(one, "recipient", bounce_recipient(x, b));
		json_put_copy(one, "status", json_get(b, "status"));
		json_put_copy(one, "answer", json_get(b, "answer"));
		view_time(one, x, "at", time_of(b, "at"));
	}
	json_put_bool(view, "has_bounces", json_count(list) > 0);
	list = json_put_array(view, "notes");
	for (const struct json *n = json_first(json_get(c, "notes")); n != NULL; n = json_next(n)) {
		struct json *one = json_add_object(list);

		view_time(one, x, "at", time_of(n, "at"));
		json_put_copy(one, "login", json_get(n, "login"));
		json_put_copy(one, "text", json_get(n, "text"));
	}
	json_put_bool(view, "has_notes", json_count(list) > 0);
	return view;
}

/* --- as text, to paste into a ticket -------------------------------------------------------------- */

static void
add_line(struct str *s, const char *before, const char *text)
{
	if (text != NULL && text[0] != '\0')
		str_addf(s, "%s%s\n", before, text);
}

static const char *
case_text(const struct exchange *x, const struct json *c)
{
	struct str s = str_in(x->arena, TEXT_MAX);

	str_addf(&s, "%s\n%s, %s, %s %s, %s\n", case_title(x, c), say_word(x, "case_kind", json_str(c, "kind")),
	    say_word(x, "case_state", json_str(c, "state")), say(x, "pages.case.by"), json_str(c, "login"),
	    lang_time(x->arena, x->lang, time_of(c, "opened_at")));
	if (time_of(c, "checked_at") != 0)
		str_addf(&s, "%s %s\n", say(x, "pages.common.checked"),
		    lang_time(x->arena, x->lang, time_of(c, "checked_at")));
	for (const struct json *t = json_first(json_get(c, "steps")); t != NULL; t = json_next(t)) {
		str_addf(&s, "\n%s [%s]\n", say(x, arena_printf(x->arena, "pages.case.step.%s", json_str(t, "step"))),
		    say_word(x, "step_state", json_str(t, "state")));
		for (const struct json *f = json_first(json_get(t, "open")); f != NULL; f = json_next(f)) {
			str_addf(&s, "- [%s] %s (%s)\n", say_word(x, "verdict", json_str(f, "verdict")),
			    json_str(f, "title"), json_str(f, "id"));
			add_line(&s, "  ", json_str(f, "text"));
			add_line(&s, "  ", json_str(f, "detail"));
		}
		for (const struct json *f = json_first(json_get(t, "solved")); f != NULL; f = json_next(f))
			str_addf(&s, "+ %s: %s\n", say(x, "pages.case.solved"), say_finding(x, json_str(f, "id")));
	}
	if (json_count(json_get(c, "server_findings")) > 0)
		str_addf(&s, "\n%s\n", say(x, "pages.common.server_touches"));
	for (const struct json *r = json_first(json_get(c, "server_findings")); r != NULL; r = json_next(r)) {
		struct json *one = json_new_object(x->arena);

		view_reference(one, x, json_value_str(r));
		str_addf(&s, "- %s (%s)\n", json_str(one, "title"), json_str(one, "subject"));
	}
	if (json_count(json_get(c, "done")) > 0)
		str_addf(&s, "\n%s\n", say(x, "pages.case.done"));
	for (const struct json *e = json_first(json_get(c, "done")); e != NULL; e = json_next(e))
		str_addf(&s, "- %s, %s: %s: %s\n", lang_time(x->arena, x->lang, time_of(e, "at")), json_str(e, "login"),
		    entry_title(x, e), say_word(x, "state", json_str(e, "state")));
	if (json_count(json_get(c, "requests")) > 0)
		str_addf(&s, "\n%s\n", say(x, "pages.case.requests"));
	for (const struct json *r = json_first(json_get(c, "requests")); r != NULL; r = json_next(r)) {
		str_addf(&s, "- %s, %s:\n", lang_time(x->arena, x->lang, time_of(r, "at")),
		    provider_name(x, json_str(r, "provider")));
		add_line(&s, "  ", json_str(r, "where"));
		add_line(&s, "  ", json_str(r, "answer"));
	}
	if (json_count(json_get(c, "bounces")) > 0)
		str_addf(&s, "\n%s\n", say(x, "pages.case.bounces"));
	for (const struct json *b = json_first(json_get(c, "bounces")); b != NULL; b = json_next(b)) {
		str_addf(&s, "- %s, %s:\n", lang_time(x->arena, x->lang, time_of(b, "at")), bounce_recipient(x, b));
		add_line(&s, "  ", json_str(b, "answer"));
	}
	if (json_count(json_get(c, "notes")) > 0)
		str_addf(&s, "\n%s\n", say(x, "pages.case.notes"));
	for (const struct json *n = json_first(json_get(c, "notes")); n != NULL; n = json_next(n))
		str_addf(&s, "- %s, %s:\n%s\n", lang_time(x->arena, x->lang, time_of(n, "at")), json_str(n, "login"),
		    json_str(n, "text"));
	return s.p;
}

/* A report leaves the house: what people pasted may hold more than they meant to give away. */
static void
redact_notes(const struct exchange *x, struct json *c)
{
	for (struct json *n = json_edit_first(json_edit(c, "notes")); n != NULL; n = json_edit_next(n))
		if (json_str(n, "text") != NULL)
			json_put_str(n, "text", redact(x->arena, json_str(n, "text")));
}

static void
show_case(struct exchange *x, const char *template)
{
	bool printed = strcmp(template, "case_report") == 0;
	const char *format = field_get(&x->req->query, "format");
	const struct json *report = NULL;
	struct err err = { 0 };
	struct json *c = case_answer(x, &report, &err), *view;

	if (c == NULL) {
		page_err(x, &err);
		return;
	}
	if (json_str(c, "login") == NULL || strcmp(json_str(c, "login"), x->who.login) != 0)
		page_audit(x, "view", x->req->path, json_str(c, "about"), "ok");
	if (printed)
		redact_notes(x, c);
	if (page_data(x, c, NULL, NULL, 0))
		return;
	if (printed && format != NULL && strcmp(format, "text") == 0) {
		x->res = (struct response){ .status = 200, .content_type = "text/plain; charset=utf-8",
		    .body = text_of(case_text(x, c)), .file_name = arena_printf(x->arena, "case-%s.txt", x->args[0]) };
		return;
	}
	view = case_view(x, c);
	if (report != NULL)
		view_findings(view, x, report);
	if (printed)
		json_put_str(view, "as_text", case_text(x, c));
	page_html(x, template, printed ? say1(x, "pages.case_report.title", "case", case_title(x, c)) : case_title(x, c), view);
}

void
page_case(struct exchange *x)
{
	show_case(x, "case");
}

void
page_case_report(struct exchange *x)
{
	show_case(x, "case_report");
}
