/* One fix for many domains: dry run with a diff per domain, apply, progress, undo of the batch. */

#include <string.h>

#include "base/arena.h"
#include "store/bulk.h"
#include "web/pages/pages.h"

#define LIST_MAX	100
#define TICKED_MAX	200	/* domains with a box each */
#define PLAN_WAIT_MS	900	/* then the page shows how far it is */
#define STOP_AFTER	10	/* failures */
#define PER_PAGE	100	/* domains drawn on one page; the JSON and CSV have all */

/* Fixes that concern a domain and may be made by this person. */
static void
view_choices(struct json *view, const struct exchange *x, const char *chosen)
{
	struct json *list = json_put_array(view, "fixes");

	for (size_t i = 0; i < fixes_count; i++) {
		const struct fix *fix = fixes[i];
		struct json *one;

		if (fix->scope != SCOPE_DOMAIN || fix->request || fix->no_undo || !(fix->roles & x->role))
			continue;
		one = json_add_object(list);
		json_put_str(one, "id", fix->id);
		json_put_str(one, "title", say_fix(x, fix->id));
		json_put_bool(one, "chosen", chosen != NULL && strcmp(chosen, fix->id) == 0);
	}
}

/* A state of a run and how it looks: the tones of the verdicts. */
static const struct { const char *state, *tone, *symbol; } run_states[] = {
	{ "planning", "running", "\xe2\x8b\xaf" }, { "planned", "information", "i" },
	{ "applying", "running", "\xe2\x8b\xaf" }, { "paused", "warning", "!" }, { "done", "ok", "\xe2\x9c\x93" },
	{ "undoing", "running", "\xe2\x8b\xaf" }, { "undone", "not_applicable", "\xe2\x86\xb6" },
	{ "interrupted", "warning", "!" },
};

static void
view_run_state(struct json *view, const struct exchange *x, const char *state)
{
	json_put_str(view, "state", state);
	json_put_str(view, "word", say_word(x, "bulk_state", state));
	for (size_t i = 0; state != NULL && i < sizeof(run_states) / sizeof(run_states[0]); i++)
		if (strcmp(run_states[i].state, state) == 0) {
			json_put_str(view, "tone", run_states[i].tone);
			json_put_str(view, "symbol", run_states[i].symbol);
			json_put_bool(view, "running", strcmp(run_states[i].tone, "running") == 0);
		}
}

static void
view_runs(struct json *view, const struct exchange *x, const struct json *runs)
{
	struct json *list = json_put_array(view, "runs");

	for (const struct json *b = json_first(runs); b != NULL; b = json_next(b)) {
		struct json *one = json_add_object(list);

		json_put_copy(one, "bulk", json_get(b, "bulk"));
		json_put_str(one, "fix_title", say_fix(x, json_str(b, "fix")));
		json_put_copy(one, "by_login", json_get(b, "login"));
		json_put_str(one, "count", lang_int(x->arena, x->lang, json_int(b, "count", 0)));
		view_run_state(one, x, json_str(b, "state"));
		view_time(one, x, "at", time_of(b, "at"));
	}
	json_put_bool(view, "has_runs", json_count(list) > 0);
}

/* The remedy that the finding names, when that is the filter. */
static const char *
fix_of_finding(const struct fields *given)
{
	const char *finding = field_get(given, "finding");
	const struct finding_row *row = finding == NULL || finding[0] == '\0' ? NULL : finding_row_find(finding, NULL);

	for (size_t i = 0; row != NULL && i < FINDING_FIXES_MAX && row->fixes[i] != NULL; i++) {
		const struct fix *fix = fix_find(row->fixes[i]);

		if (fix != NULL && fix->scope == SCOPE_DOMAIN && !fix->request && !fix->no_undo)
			return fix->id;
	}
	return NULL;
}

/* What all that match have in common. */
static const char *const filters[] = { "q", "verdict", "finding", "owner" };

static const char *
filter_shown(const struct exchange *x, const char *name, const char *value)
{
	const char *shown = strcmp(name, "finding") == 0 ? say_finding(x, value) :
	    strcmp(name, "verdict") == 0 ? say_word(x, "verdict", value) : value;

	return say1(x, arena_printf(x->arena, "pages.bulk.filter.%s", name), "value", shown);
}

/* Chosen one by one, they stand in the form; all that match are chosen again when it is sent. */
static void
view_targets(struct json *view, const struct exchange *x, const struct fields *given, const char *const *names,
    size_t count)
{
	const char *select = field_get(given, "select");
	struct json *targets = json_put_array(view, "targets"), *hidden = json_put_array(view, "hidden");
	bool by_filter = select != NULL && strcmp(select, "filter") == 0;

	json_put_bool(view, "has_targets", count > 0);
	json_put_bool(view, "by_filter", by_filter);
	json_put_str(view, "targets_text", say_count(x, by_filter ? "pages.bulk.matching" : "pages.bulk.targets",
	    (int64_t)count));
	if (!by_filter) {
		for (size_t i = 0; i < count; i++)
			json_add_str(count <= TICKED_MAX ? targets : hidden, names[i]);
		json_put_bool(view, "ticked", count > 0 && count <= TICKED_MAX);
	}
	targets = json_put_array(view, "filter");
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		const char *value = field_get(given, filters[i]);
		struct json *one;

		json_put_str(view, arena_printf(x->arena, "given_%s", filters[i]), value);
		if (value == NULL || value[0] == '\0')
			continue;
		one = json_add_object(targets);
		json_put_str(one, "name", filters[i]);
		json_put_str(one, "value", value);
		json_put_str(one, "shown", filter_shown(x, filters[i], value));
	}
}

/*
 * The list of runs and the form; after "repair the selected" with the selection
 * in it, after a form that cannot be used with what is wrong with it.
 */
static void
show_start(struct exchange *x, const struct fields *given, const char *const *names, size_t count,
    const char *complaint)
{
	static const struct column columns[] = {
		{ "bulk", NULL }, { "at", NULL }, { "login", NULL }, { "fix", NULL }, { "count", NULL }, { "state", NULL },
	};
	struct err err = { 0 };
	struct json *runs = store_bulks(engine_store(x->engine), x->arena, &x->scope, LIST_MAX, &err);
	struct json *answer, *view;
	const char *fix = field_get(given, "fix"), *finding = field_get(given, "finding");

	if (runs == NULL) {
		page_err(x, &err);
		return;
	}
	answer = json_new_object(x->arena);
	json_put_copy(answer, "bulks", runs);
	if (page_data(x, answer, "bulks", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "bulk");
	view_choices(view, x, fix != NULL && fix[0] != '\0' ? fix : fix_of_finding(given));
	view_finding_choices(view, x, finding == NULL || finding[0] == '\0' ? NULL : finding);
	view_runs(view, x, runs);
	view_targets(view, x, given, names, count);
	/* Left open, the fix is the one that the finding asks for. */
	json_put_bool(view, "own_fix", count == 0 || fix_of_finding(given) != NULL);
	json_put_bool(view, "shows_owner", rights_owners(x->rights));
	json_put_int(view, "stop_after", field_int(given, "stop_after", 1, 100000, STOP_AFTER));
	json_put_str(view, "complaint", complaint);
	page_html(x, "bulk", say(x, "pages.bulk.title"), view);
}

void
page_bulk(struct exchange *x)
{
	show_start(x, &x->req->query, NULL, 0, NULL);
}

/* Nothing is changed here: the selection is carried into the form. */
void
page_bulk_new(struct exchange *x)
{
	const char *const *names;
	size_t count;
	struct err err = { 0 };

	if (!domains_selected(x, &x->req->form, &names, &count, &err))
		page_err(x, &err);
	else
		show_start(x, &x->req->form, names, count, count > 0 ? NULL : say(x, "pages.bulk.nothing"));
}

/* A bad value: the form again, and what is wrong with it. */
static void
refuse(struct exchange *x, const char *const *names, size_t count, const char *complaint)
{
	x->res.status = 422;
	if (x->req->wants_json)
		page_error_text(x, 422, "invalid_value", complaint);
	else
		show_start(x, &x->req->form, names, count, complaint);
}

void
page_bulk_make(struct exchange *x)
{
	const struct fields *form = &x->req->form;
	const char *fix = field_get(form, "fix");
	const char *const *names;
	size_t count;
	struct err err = { 0 };
	struct json *answer;

	if (!domains_selected(x, form, &names, &count, &err)) {
		page_err(x, &err);
		return;
	}
	if (fix == NULL || fix[0] == '\0')
		fix = fix_of_finding(form);
	if (fix == NULL || count == 0) {
		refuse(x, names, count, say(x, fix == NULL ? "pages.bulk.no_fix" : "pages.bulk.no_match"));
		return;
	}
	answer = engine_bulk_plan(x->engine, x->arena, x->rights, x->lang, fix, names, count, NULL, 0,
	    field_int(form, "stop_after", 1, 100000, STOP_AFTER), PLAN_WAIT_MS, &err);
	if (answer == NULL)
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/bulk/%s", json_str(answer, "bulk")));
}

/* --- one run ------------------------------------------------------------------------------------ */

static const struct { const char *mode, *tone, *symbol; } modes[] = {
	{ "one_click", "ok", "\xe2\x9c\x93" }, { "copy", "information", "i" },
	{ "refused", "not_applicable", "\xe2\x80\x93" }, { "unknown", "unknown", "?" },
};

static bool
is_mode(const char *word)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].mode, word) == 0)
			return true;
	return false;
}

/* How it ended, or what would be done. */
static void
view_item_state(struct json *one, const struct exchange *x, const char *mode, const char *state)
{
	if (state != NULL) {
		view_state(one, x, state);
		return;
	}
	view_state(one, x, "planned");
	for (size_t i = 0; mode != NULL && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].mode, mode) == 0) {
			json_put_str(one, "tone", modes[i].tone);
			json_put_str(one, "symbol", modes[i].symbol);
		}
	json_put_str(one, "word", say_word(x, "bulk_mode", mode));
}

/* Most of what is refused is right already. */
static void
view_refused(struct json *one, const struct exchange *x, const char *code)
{
	bool needed = strcmp(code, "not_needed") != 0;

	if (needed) {
		json_put_str(one, "tone", "warning");
		json_put_str(one, "symbol", "!");
	}
	json_put_str(one, "word", say_word(x, "bulk_mode", needed ? "not_possible" : "not_needed"));
}

static void
view_plan(struct json *list, const struct exchange *x, const struct json *p, bool only)
{
	const char *mode = json_str(p, "mode"), *target = json_str(p, "target");
	const char *code = json_str(json_get(p, "refused"), "code");
	struct json *one = json_add_object(list);

	json_put_str(one, "target", target);
	json_put_str(one, "link", link_to(x, "/domains/%s", target));
	json_put_str(one, "copy_link", mode == NULL || strcmp(mode, "copy") != 0 || json_str(p, "plan") == NULL ? NULL :
	    link_to(x, "/plans/%s", json_str(p, "plan")));
	view_item_state(one, x, mode, json_str(p, "state"));
	if (code != NULL && mode != NULL && strcmp(mode, "refused") == 0)
		view_refused(one, x, code);
	json_put_bool(one, "open", only);
	json_put_copy(one, "entry", json_get(p, "entry"));
	json_put_str(one, "why", json_str(json_get(p, "refused"), "text"));
	view_changes(one, x, json_get(p, "changes"));
}

/* How many of each kind; what one click could do is told by how it ended, once that is known. */
static void
view_totals(struct json *view, const struct exchange *x, const struct json *summary, const char *show)
{
	struct json *list = json_put_array(view, "totals");
	bool tried = !json_is_null(json_get(summary, "verified"));

	for (const struct json *v = json_first(summary); v != NULL; v = json_next(v)) {
		const char *key = json_key(v);
		struct json *one;

		if (json_value_int(v, 0) == 0 || (tried && strcmp(key, "one_click") == 0))
			continue;
		one = json_add_object(list);
		view_item_state(one, x, is_mode(key) ? key : NULL, is_mode(key) ? NULL : key);
		json_put_str(one, "link", link_to(x, "/bulk/%s?show=%s", x->args[0], key));
		json_put_bool(one, "current", show != NULL && strcmp(show, key) == 0);
		json_put_str(one, "count", lang_int(x->arena, x->lang, json_value_int(v, 0)));
	}
}

/* As the summary counts: by mode, or by how it ended; what ended in any other way has failed. */
static bool
is_counted_as(const struct json *p, const char *show)
{
	static const char *const ends[] = { "verified", "applied", "conflict", "not_tried", "undone" };
	const char *mode = json_str(p, "mode"), *state = json_str(p, "state");

	if (mode == NULL || strcmp(mode, show) == 0)
		return true;
	if (state == NULL || strcmp(state, show) == 0)
		return state != NULL;
	if (strcmp(show, "failed") != 0 || strcmp(mode, "one_click") != 0)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(ends[i], state) == 0)
			return false;
	return true;
}

/* Only what `show` says, in the page, the CSV and the JSON alike. */
static void
keep_shown(struct exchange *x, struct json *answer, const char *show)
{
	struct json *list = json_new_array(x->arena);

	for (const struct json *p = json_first(json_get(answer, "plans")); p != NULL; p = json_next(p))
		if (is_counted_as(p, show))
			json_add_copy(list, p);
	json_put_own(answer, "plans", list);
}

/* How far a run is: done of so many. */
static void
view_progress(struct json *view, const struct exchange *x, const struct json *answer, bool running)
{
	int64_t of = json_int(json_get(answer, "summary"), "one_click", 0), done = json_int(answer, "done", 0);
	struct json *one;

	if (!running || of == 0 || strcmp(json_str(answer, "state"), "planning") == 0) {
		json_put_null(view, "progress");
		return;
	}
	if (strcmp(json_str(answer, "state"), "undoing") == 0)
		done = json_int(json_get(answer, "summary"), "undone", 0);
	one = json_put_object(view, "progress");
	json_put_int(one, "done", done);
	json_put_int(one, "of", of);
	json_put_str(one, "text", say2(x, "pages.bulk_run.progress", "done", lang_int(x->arena, x->lang, done), "of",
	    lang_int(x->arena, x->lang, of)));
}

/* Every domain has one mode. */
static int64_t
all_of(const struct json *summary)
{
	int64_t n = 0;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		n += json_int(summary, modes[i].mode, 0);
	return n;
}

/* What has failed may have left something behind. */
static bool
has_written(const struct json *summary)
{
	return json_int(summary, "verified", 0) + json_int(summary, "applied", 0) + json_int(summary, "failed", 0) > 0;
}

void
page_bulk_run(struct exchange *x)
{
	static const struct column columns[] = {
		{ "target", NULL }, { "mode", NULL }, { "plan", NULL }, { "changes", NULL }, { "refused", NULL },
		{ "entry", NULL }, { "state", NULL },
	};
	struct err err = { 0 };
	struct json *answer = engine_bulk(x->engine, x->arena, x->rights, x->lang, x->args[0], &err), *view, *list;
	const char *state, *show = field_get(&x->req->query, "show");
	size_t page = (size_t)field_int(&x->req->query, "page", 1, 1000000, 1), i = 0;
	int64_t open;
	bool paused;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (show != NULL && show[0] != '\0')
		keep_shown(x, answer, show);
	if (page_data(x, answer, "plans", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	state = json_str(answer, "state");
	view = page_view(x, "bulk");
	json_put_str(view, "bulk", x->args[0]);
	json_put_str(view, "show", show);
	json_put_str(view, "fix_title", say_fix(x, json_str(answer, "fix")));
	json_put_str(view, "by_login", json_str(answer, "login"));
	view_time(view, x, "at", time_of(answer, "at"));
	view_run_state(view, x, state);
	json_put_str(view, "explain", state == NULL ? NULL : say(x, arena_printf(x->arena, "pages.bulk_run.explain.%s",
	    state)));
	paused = state != NULL && strcmp(state, "paused") == 0;
	open = json_int(json_get(answer, "summary"), "one_click", 0) - (paused ? json_int(answer, "done", 0) : 0);
	json_put_bool(view, "can_apply", (paused || (state != NULL && strcmp(state, "planned") == 0)) && open > 0);
	json_put_str(view, "apply_text", say_count(x, paused ? "pages.bulk_run.resume" : "pages.bulk_run.apply", open));
	json_put_bool(view, "can_pause", state != NULL && strcmp(state, "applying") == 0);
	json_put_bool(view, "can_undo", (paused || (state != NULL && strcmp(state, "done") == 0)) &&
	    has_written(json_get(answer, "summary")));
	json_put_str(view, "count_text", say_count(x, "pages.bulk_run.domains", all_of(json_get(answer, "summary"))));
	json_put_str(view, "nothing_to_do", state != NULL && strcmp(state, "planned") == 0 && open == 0 ?
	    say(x, "pages.bulk_run.nothing_to_do") : NULL);
	view_totals(view, x, json_get(answer, "summary"), show);
	list = json_put_array(view, "plans");
	for (const struct json *p = json_first(json_get(answer, "plans")); p != NULL; p = json_next(p), i++)
		if (i / PER_PAGE == page - 1)
			view_plan(list, x, p, json_next(json_first(json_get(answer, "plans"))) == NULL);
	json_put_bool(view, "has_plans", json_count(list) > 0);
	view_progress(view, x, answer, json_bool(view, "running", false));
	view_pages(view, x, link_to(x, "/bulk/%s", x->args[0]) + strlen(x->req->mount), page, PER_PAGE, i);
	page_html(x, "bulk_run", say_fix(x, json_str(answer, "fix")), view);
}

void
page_bulk_apply(struct exchange *x)
{
	struct err err = { 0 };

	if (engine_bulk_apply(x->engine, x->arena, x->rights, x->lang, x->args[0], false, NULL,
	    &err) == NULL)
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/bulk/%s", x->args[0]));
}

void
page_bulk_pause(struct exchange *x)
{
	struct err err = { 0 };

	if (engine_bulk_pause(x->engine, x->arena, x->rights, x->lang, x->args[0], &err) == NULL)
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/bulk/%s", x->args[0]));
}

void
page_bulk_undo(struct exchange *x)
{
	struct err err = { 0 };

	if (engine_bulk_undo(x->engine, x->arena, x->rights, x->lang, x->args[0], false, &err) == NULL)
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/bulk/%s", x->args[0]));
}
