/* One fix for many domains: dry run with a diff per domain, apply, progress, undo of the batch. */

#include <string.h>

#include "base/arena.h"
#include "store/bulk.h"
#include "web/pages/pages.h"

#define LIST_MAX	100
#define TICKED_MAX	200	/* domains with a box each */
#define PLAN_WAIT_MS	900	/* then the page shows how far it is */
#define PER_PAGE	100	/* domains drawn on one page; the JSON and CSV have all */

static const char *
fix_title(const struct exchange *x, const char *fix)
{
	return fix == NULL ? "" : say(x, arena_printf(x->arena, "pages.fixes.%s.button", fix));
}

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
		json_put_str(one, "title", fix_title(x, fix->id));
		json_put_bool(one, "chosen", chosen != NULL && strcmp(chosen, fix->id) == 0);
	}
}

static void
view_runs(struct json *view, const struct exchange *x, const struct json *runs)
{
	struct json *list = json_put_array(view, "runs");

	for (const struct json *b = json_first(runs); b != NULL; b = json_next(b)) {
		struct json *one = json_add_object(list);

		json_put_copy(one, "bulk", json_get(b, "bulk"));
		json_put_str(one, "fix_title", fix_title(x, json_str(b, "fix")));
		json_put_copy(one, "login", json_get(b, "login"));
		json_put_str(one, "count", lang_int(x->arena, x->lang, json_int(b, "count", 0)));
		json_put_str(one, "state", json_str(b, "state"));
		json_put_str(one, "state_word", say_word(x, "bulk_state", json_str(b, "state")));
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

/* Chosen one by one, they stand in the form; all that match are chosen again when it is sent. */
static void
view_targets(struct json *view, const struct exchange *x, const struct fields *given, const char *const *names,
    size_t count)
{
	static const char *const filter[] = { "q", "verdict", "finding", "owner" };
	const char *select = given == NULL ? NULL : field_get(given, "select");
	struct json *targets = json_put_array(view, "targets"), *hidden = json_put_array(view, "hidden");
	bool by_filter = select != NULL && strcmp(select, "filter") == 0;

	json_put_bool(view, "has_targets", count > 0);
	json_put_bool(view, "by_filter", by_filter);
	json_put_str(view, "targets_text", say_count(x, "pages.bulk.targets", (int64_t)count));
	if (!by_filter) {
		for (size_t i = 0; i < count; i++)
			json_add_str(count <= TICKED_MAX ? targets : hidden, names[i]);
		json_put_bool(view, "ticked", count > 0 && count <= TICKED_MAX);
		return;
	}
	targets = json_put_array(view, "filter");
	for (size_t i = 0; i < sizeof(filter) / sizeof(filter[0]); i++) {
		const char *value = field_get(given, filter[i]);
		struct json *one;

		if (value == NULL || value[0] == '\0')
			continue;
		one = json_add_object(targets);
		json_put_str(one, "name", filter[i]);
		json_put_str(one, "value", value);
		json_put_str(one, "shown", strcmp(filter[i], "finding") == 0 ? say_finding(x, value) :
		    strcmp(filter[i], "verdict") == 0 ? say_word(x, "verdict", value) : value);
	}
}

/* The list of runs and the form; after "repair the selected" with the selection in it. */
static void
show_start(struct exchange *x, const struct fields *given)
{
	struct err err = { 0 };
	struct json *runs = store_bulks(engine_store(x->engine), x->arena, &x->scope, LIST_MAX, &err);
	struct json *answer, *view;
	const char *const *names = NULL, *fix;
	size_t count = 0;

	if (runs == NULL || (given != NULL && !domains_selected(x, given, &names, &count, &err))) {
		page_err(x, &err);
		return;
	}
	answer = json_new_object(x->arena);
	json_put_copy(answer, "bulks", runs);
	if (page_data(x, answer, "bulks", NULL, 0))
		return;
	view = page_view(x, "bulk");
	fix = field_get(given != NULL ? given : &x->req->query, "fix");
	view_choices(view, x, fix != NULL ? fix : given == NULL ? NULL : fix_of_finding(given));
	view_runs(view, x, runs);
	view_targets(view, x, given, names, count);
	json_put_str(view, "nothing", given != NULL && count == 0 ? say(x, "pages.bulk.nothing") : NULL);
	page_html(x, "bulk", say(x, "pages.bulk.title"), view);
}

void
page_bulk(struct exchange *x)
{
	show_start(x, NULL);
}

/* Nothing is changed here: the selection is carried into the form. */
void
page_bulk_new(struct exchange *x)
{
	show_start(x, &x->req->form);
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

	if (fix == NULL || fix[0] == '\0') {
		page_error(x, 422);
		return;
	}
	if (!domains_selected(x, form, &names, &count, &err)) {
		page_err(x, &err);
		return;
	}
	if (count == 0) {
		page_error(x, 422);
		return;
	}
	answer = engine_bulk_plan(x->engine, x->arena, x->rights, x->lang, fix, names, count, NULL, 0,
	    field_int(form, "stop_after", 1, 100000, 10), PLAN_WAIT_MS, &err);
	if (answer == NULL)
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/bulk/%s", json_str(answer, "bulk")));
}

/* --- one run ------------------------------------------------------------------------------------ */

static const struct { const char *mode, *tone, *symbol; } modes[] = {
	{ "one_click", "ok", "\xe2\x9c\x93" }, { "copy", "information", "i" },
	{ "refused", "warning", "!" }, { "unknown", "unknown", "?" },
};

static void
view_plan(struct json *list, const struct exchange *x, const struct json *p)
{
	const char *mode = json_str(p, "mode"), *state = json_str(p, "state"), *target = json_str(p, "target");
	struct json *one = json_add_object(list);

	json_put_str(one, "target", target);
	json_put_str(one, "link", link_to(x, "/domains/%s", target));
	json_put_str(one, "plan", json_str(p, "plan"));
	if (state != NULL)
		view_state(one, x, state);
	else {
		json_put_str(one, "state", "planned");
		json_put_str(one, "tone", "unknown");
		json_put_str(one, "symbol", "?");
		for (size_t i = 0; mode != NULL && i < sizeof(modes) / sizeof(modes[0]); i++)
			if (strcmp(modes[i].mode, mode) == 0) {
				json_put_str(one, "tone", modes[i].tone);
				json_put_str(one, "symbol", modes[i].symbol);
			}
		json_put_str(one, "word", say_word(x, "bulk_mode", mode));
	}
	json_put_copy(one, "entry", json_get(p, "entry"));
	json_put_str(one, "why", json_str(json_get(p, "refused"), "text"));
	view_changes(one, x, json_get(p, "changes"));
}

static void
view_totals(struct json *view, const struct exchange *x, const struct json *summary, const char *show)
{
	struct json *list = json_put_array(view, "totals");

	for (const struct json *v = json_first(summary); v != NULL; v = json_next(v)) {
		struct json *one;

		if (json_value_int(v, 0) == 0)
			continue;
		one = json_add_object(list);
		json_put_str(one, "link", link_to(x, "/bulk/%s?show=%s", x->args[0], json_key(v)));
		json_put_bool(one, "current", show != NULL && strcmp(show, json_key(v)) == 0);
		json_put_str(one, "word", say_word(x, "bulk_mode", json_key(v)));
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
	json_put_str(view, "fix_title", fix_title(x, json_str(answer, "fix")));
	json_put_str(view, "state", state);
	json_put_str(view, "state_word", say_word(x, "bulk_state", state));
	json_put_bool(view, "running", state != NULL && (strcmp(state, "applying") == 0 ||
	    strcmp(state, "undoing") == 0 || strcmp(state, "planning") == 0));
	paused = state != NULL && strcmp(state, "paused") == 0;
	open = json_int(json_get(answer, "summary"), "one_click", 0) - (paused ? json_int(answer, "done", 0) : 0);
	json_put_bool(view, "can_apply", (paused || (state != NULL && strcmp(state, "planned") == 0)) && open > 0);
	json_put_str(view, "apply_text", say_count(x, paused ? "pages.bulk_run.resume" : "pages.bulk_run.apply", open));
	json_put_bool(view, "can_pause", state != NULL && strcmp(state, "applying") == 0);
	json_put_bool(view, "can_undo", paused || (state != NULL && strcmp(state, "done") == 0));
	view_totals(view, x, json_get(answer, "summary"), show);
	list = json_put_array(view, "plans");
	for (const struct json *p = json_first(json_get(answer, "plans")); p != NULL; p = json_next(p), i++)
		if (i / PER_PAGE == page - 1)
			view_plan(list, x, p);
	view_progress(view, x, answer, json_bool(view, "running", false));
	view_pages(view, x, link_to(x, "/bulk/%s", x->args[0]) + strlen(x->req->mount), page, PER_PAGE, i);
	page_html(x, "bulk_run", fix_title(x, json_str(answer, "fix")), view);
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
