/* What was changed, by whom, how it stands now; undo. */

#include <string.h>

#include "base/arena.h"
#include "web/pages/pages.h"

#define PER_PAGE	50

/* --- the list ----------------------------------------------------------------------------------- */

/*
 * How an entry ended, where its state alone would say too little: what the panel took and does not tell, for
 * which nothing waits, and an undo that has done what it was to do.
 */
static const char *
state_seen(const struct json *entry)
{
	const char *state = json_str(entry, "state");

	if (state != NULL && strcmp(state, "applied") == 0 && json_bool(entry, "final", false))
		return "accepted";
	if (state != NULL && strcmp(state, "undone") == 0 && json_int(entry, "undo_of", 0) != 0)
		return "restored";
	return state;
}

/* "Undo of entry 3: Publish the SPF record" */
const char *
entry_title(const struct exchange *x, const struct json *e)
{
	const char *fix = say_fix(x, json_str(e, "fix"));
	int64_t of = json_int(e, "undo_of", 0);

	return of == 0 ? fix : say2(x, "pages.common.undo_of", "entry", arena_printf(x->arena, "%lld", (long long)of),
	    "fix", fix);
}

void
view_entry(struct json *view, const struct exchange *x, const struct json *e)
{
	const char *state = json_str(e, "state");

	json_put_copy(view, "entry", json_get(e, "entry"));
	json_put_str(view, "fix_title", entry_title(x, e));
	json_put_str(view, "target", say_target(x, json_str(e, "target")));
	json_put_copy(view, "by_login", json_get(e, "login"));
	json_put_copy(view, "by_acting", json_get(e, "acting"));
	view_state(view, x, state_seen(e));
	json_put_str(view, "state", state);
	view_time(view, x, "when", time_of(e, "at"));
	json_put_copy(view, "undo_of", json_get(e, "undo_of"));
	json_put_copy(view, "undone_by", json_get(e, "undone_by"));
}

static const char *const state_choices[] = {
	"applied", "verified", "undone", "conflict", "failed", "not_applied", "partly", "unknown",
};

static void
view_filter(struct json *view, const struct exchange *x, const char *target, const char *state)
{
	struct json *list = json_put_array(view, "states");

	json_put_str(view, "filter_target", target);
	json_put_bool(view, "filtered", (target != NULL && target[0] != '\0') || (state != NULL && state[0] != '\0'));
	for (size_t i = 0; i < sizeof(state_choices) / sizeof(state_choices[0]); i++) {
		struct json *one = json_add_object(list);

		json_put_str(one, "value", state_choices[i]);
		json_put_str(one, "label", say_word(x, "state", state_choices[i]));
		json_put_bool(one, "selected", state != NULL && strcmp(state, state_choices[i]) == 0);
	}
}

void
page_journal(struct exchange *x)
{
	static const struct column columns[] = {
		{ "entry", NULL }, { "at", NULL }, { "login", NULL }, { "role", NULL }, { "fix", NULL },
		{ "target", NULL }, { "state", NULL }, { "changes", NULL }, { "undone_by", NULL },
	};
	const char *target = field_get(&x->req->query, "target"), *state = field_get(&x->req->query, "state");
	size_t page = (size_t)field_int(&x->req->query, "page", 1, 1000000, 1);
	size_t per_page = x->req->wants_csv ? STORE_PER_PAGE_MAX : PER_PAGE;
	struct err err = { 0 };
	struct json *answer = engine_journal_page(x->engine, x->arena, x->rights, x->lang,
	    NULL, target == NULL || target[0] == '\0' ? NULL : target, state == NULL || state[0] == '\0' ? NULL : state,
	    page, per_page, &err), *list, *view;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, answer, "entries", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "journal");
	list = json_put_array(view, "entries");
	for (const struct json *e = json_first(json_get(answer, "entries")); e != NULL; e = json_next(e))
		view_entry(json_add_object(list), x, e);
	json_put_bool(view, "has_entries", json_count(list) > 0);
	view_filter(view, x, target, state);
	view_pages(view, x, "/journal", page, per_page, (size_t)json_int(answer, "total", 0));
	page_html(x, "journal", say(x, "pages.journal.title"), view);
}

/* --- one entry ---------------------------------------------------------------------------------- */

/* done and ok, failed and silent: as verdicts look. */
static const struct { const char *word, *tone, *symbol; } marks[] = {
	{ "done", "ok", "\xe2\x9c\x93" }, { "ok", "ok", "\xe2\x9c\x93" },
	{ "failed", "problem", "\xe2\x9c\x95" }, { "skipped", "not_applicable", "\xe2\x80\x93" },
	{ "differs", "problem", "\xe2\x9c\x95" }, { "old", "running", "\xe2\x8b\xaf" }, { "silent", "unknown", "?" },
};

static void
put_mark(struct json *one, const struct exchange *x, const char *group, const char *word)
{
	const char *tone = "unknown", *symbol = "?";

	for (size_t i = 0; word != NULL && i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strcmp(marks[i].word, word) == 0) {
			tone = marks[i].tone;
			symbol = marks[i].symbol;
		}
	json_put_str(one, "tone", tone);
	json_put_str(one, "symbol", symbol);
	json_put_str(one, "word", say_word(x, group, word));
}

/* Each step by the change that it makes. */
static void
view_steps(struct json *view, const struct exchange *x, const struct json *steps)
{
	struct json *list = json_put_array(view, "steps");

	for (const struct json *s = json_first(steps); s != NULL; s = json_next(s)) {
		struct json *one = json_add_object(list);
		int64_t n = json_int(s, "change", 0);
		const struct json *c = json_first(json_get(view, "changes"));

		for (int64_t i = 0; i < n && c != NULL; i++)
			c = json_next(c);
		json_put_int(one, "change", n);
		json_put_copy(one, "kind", json_get(c, "kind"));
		json_put_copy(one, "key", json_get(c, "key"));
		json_put_copy(one, "what", json_get(c, "what"));
		put_mark(one, x, "step", json_str(s, "state"));
		json_put_str(one, "text", json_str(s, "text"));
	}
	json_put_bool(view, "has_steps", json_count(list) > 0);
}

static void
view_verification(struct json *view, const struct exchange *x, const struct json *v)
{
	int64_t until = time_of(v, "caches_until");
	struct json *one, *list;

	if (json_is_null(v)) {
		json_put_null(view, "verification");
		return;
	}
	one = json_put_object(view, "verification");
	put_mark(one, x, "panel_state", json_str(v, "panel"));
	list = json_put_array(one, "name_servers");
	for (const struct json *s = json_first(json_get(v, "name_servers")); s != NULL; s = json_next(s)) {
		struct json *server = json_add_object(list);

		json_put_copy(server, "server", json_get(s, "server"));
		put_mark(server, x, "name_server", json_str(s, "state"));
	}
	json_put_str(one, "caches", until <= x->now ? NULL : say1(x, "pages.entry.caches", "time",
	    lang_time(x->arena, x->lang, until)));
}

/* The number of the route; 0 = none, and no entry has it. */
static int64_t
entry_number(const struct exchange *x)
{
	uint64_t n;

	return text_uint(text_of(x->args[0]), INT64_MAX, &n) ? (int64_t)n : 0;
}

/* The entry's own fields, and "entries" with the same, as `journal ENTRY` has it. */
static struct json *
get_entry(struct exchange *x)
{
	struct err err = { 0 };
	struct json *answer = NULL, *entry;
	int64_t n = entry_number(x);

	if (n == 0)
		err_set(&err, ERR_NOT_FOUND, "no entry %.40s", x->args[0]);
	else
		answer = engine_journal(x->engine, x->arena, x->rights, x->lang, n, &err);
	if (answer == NULL) {
		page_err(x, &err);
		return NULL;
	}
	entry = json_copy(x->arena, json_first(json_get(answer, "entries")));
	json_put_copy(entry, "entries", json_get(answer, "entries"));
	return entry;
}

void
page_entry(struct exchange *x)
{
	struct json *entry = get_entry(x), *view;
	const char *target, *bulk;

	if (entry == NULL || page_data(x, entry, NULL, NULL, 0))
		return;
	target = json_str(entry, "target");
	bulk = json_str(entry, "bulk");
	view = page_view(x, "journal");
	view_entry(view, x, entry);
	json_put_str(view, "undo_title", json_int(entry, "undo_of", 0) == 0 ? NULL : say_fix(x, json_str(entry, "fix")));
	json_put_str(view, "explain", json_str(entry, "state") == NULL ? NULL :
	    say(x, arena_printf(x->arena, "pages.entry.explain.%s", state_seen(entry))));
	json_put_str(view, "reason", json_str(entry, "reason"));
	view_verification(view, x, json_get(entry, "verification"));
	view_changes(view, x, json_get(entry, "changes"));
	view_steps(view, x, json_get(entry, "steps"));
	json_put_bool(view, "can_undo", json_bool(entry, "can_undo", false));
	json_put_copy(view, "no_undo", json_get(entry, "no_undo"));
	/* The run is shown to whoever made it, and to administrators. */
	json_put_str(view, "bulk_link", bulk == NULL || x->role == ROLE_CUSTOMER || (x->role != ROLE_ADMIN &&
	    strcmp(json_str(entry, "login"), x->who.login) != 0) ? NULL : link_to(x, "/bulk/%s", bulk));
	if (target != NULL && rights_domain(x->rights, target))
		json_put_str(view, "domain_link", link_to(x, "/domains/%s", target));
	page_html(x, "entry", arena_printf(x->arena, "%s: %s (%s)", json_str(view, "fix_title"),
	    json_str(view, "target"), x->args[0]), view);
}

void
page_entry_undo(struct exchange *x)
{
	struct json *entry = get_entry(x), *answer;
	struct err err = { 0 };
	int64_t n;

	if (entry == NULL)
		return;
	answer = engine_undo(x->engine, x->arena, x->rights, x->lang, entry_number(x), false, &err);
	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	n = json_int(answer, "entry", 0);
	if (json_str(answer, "state") != NULL && strcmp(json_str(answer, "state"), "conflict") == 0)
		page_conflict(x, answer);
	else if (n > 0)
		page_redirect(x, link_to(x, "/journal/%lld", (long long)n));
	else
		page_error(x, 409);
}
