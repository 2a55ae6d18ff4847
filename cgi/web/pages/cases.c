/*
 * Started "I have SPAM" and "blocked by Hotmail": their list, and what is done
 * with one: begun, written to, handed over, closed.  What it holds: case.c.
 */

#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/name.h"
#include "store/cases.h"
#include "web/pages/case.h"
#include "web/pages/pages.h"

#define PER_PAGE	50
#define NOTE_MAX	10000

static const char *const states[] = { "open", "handed_over", "closed" };

/* How many are in which state, as links; one state chosen takes the others away. */
static bool
view_states(struct json *view, const struct exchange *x, const char *chosen, struct err *err)
{
	struct json *list = json_put_array(view, "states");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct json *some = store_cases(engine_store(x->engine), x->arena, &x->scope, states[i], NULL, 1, 1, err);
		bool current = chosen == states[i];
		struct json *one;

		if (some == NULL)
			return false;
		if (json_int(some, "total", 0) == 0 && !current)
			continue;
		one = json_add_object(list);
		json_put_str(one, "word", say_word(x, "case_state", states[i]));
		json_put_str(one, "count", lang_int(x->arena, x->lang, json_int(some, "total", 0)));
		json_put_bool(one, "current", current);
		json_put_str(one, "link", current ? link_to(x, "/cases") : link_to(x, "/cases?state=%s", states[i]));
	}
	json_put_bool(view, "has_states", json_count(list) > 0);
	return true;
}

void
page_cases(struct exchange *x)
{
	static const struct column columns[] = {
		{ "case", NULL }, { "about", NULL }, { "kind", NULL }, { "login", NULL }, { "state", NULL },
		{ "opened_at", NULL }, { "updated_at", NULL },
	};
	const char *asked = field_get(&x->req->query, "state"), *state = NULL;
	size_t page = (size_t)field_int(&x->req->query, "page", 1, 1000000, 1);
	struct err err = { 0 };
	struct json *answer, *view, *rows;

	for (size_t i = 0; asked != NULL && i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], asked) == 0)
			state = states[i];
	answer = store_cases(engine_store(x->engine), x->arena, &x->scope, state, NULL, page, PER_PAGE, &err);
	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, answer, "cases", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "home");
	if (!view_states(view, x, state, &err)) {
		page_err(x, &err);
		return;
	}
	rows = json_put_array(view, "cases");
	for (const struct json *c = json_first(json_get(answer, "cases")); c != NULL; c = json_next(c))
		view_case(json_add_object(rows), x, c);
	json_put_bool(view, "has_cases", json_count(rows) > 0);
	json_put_str(view, "about", x->role == ROLE_ADMIN ? "server" : rights_count(x->rights) == 1 ?
	    rights_at(x->rights, 0) : "");
	view_pages(view, x, "/cases", page, PER_PAGE, (size_t)json_int(answer, "total", 0));
	page_html(x, "cases", say(x, "pages.cases.title"), view);
}

/* --- changes ------------------------------------------------------------------------------------ */

/* How it stood when the case began: what is gone from this later is solved. */
static bool
keep_found(struct exchange *x, int64_t id, const char *about, struct err *err)
{
	const struct json *report = case_report_of(x, about);
	struct json *data = json_new_object(x->arena);

	if (report == NULL) {	/* looked at now: the case shows it when it is there */
		if (strcmp(about, "server") != 0 && !engine_checking(x->engine, about) &&
		    !engine_check_start(x->engine, x->rights, &about, 1, err))
			*err = (struct err){ 0 };
		return true;
	}
	json_put_copy(data, "found", case_found(x->arena, report));
	json_put_copy(data, "found_at", json_get(report, "checked_at"));
	return store_case_data(engine_store(x->engine), &x->scope, id, data, x->now, err);
}

void
page_case_open(struct exchange *x)
{
	const char *about = field_get(&x->req->form, "about"), *kind = field_get(&x->req->form, "kind");
	const char *text = field_get(&x->req->form, "text");	/* a first note: the bounce */
	struct err err = { 0 };
	struct name name;
	int64_t id;

	if (about == NULL || kind == NULL || (strcmp(kind, "spam") != 0 && strcmp(kind, "hotmail") != 0)) {
		page_error(x, 422);
		return;
	}
	if (strcmp(about, "server") == 0) {
		if (x->role != ROLE_ADMIN) {
			err_set(&err, ERR_NOT_FOUND, "server case by %s", x->who.login);
			page_err(x, &err);
			return;
		}
	} else if (!name_from_person(x->arena, text_of(about), &name, NULL)) {
		page_error(x, 422);
		return;
	} else if (!rights_domain(x->rights, name.s)) {
		err_set(&err, ERR_NOT_FOUND, "%.100s", about);
		page_err(x, &err);
		return;
	} else
		about = name.s;
	if (!store_case_open(engine_store(x->engine), about, kind, x->who.login, x->now, &id, &err) ||
	    !keep_found(x, id, about, &err) ||
	    (text != NULL && text[0] != '\0' && strlen(text) <= NOTE_MAX &&
	    !store_case_note(engine_store(x->engine), &x->scope, id, x->who.login, text, x->now, &err)))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/cases/%lld", (long long)id));
}

void
page_case_note(struct exchange *x)
{
	const char *text = field_get(&x->req->form, "text");
	struct err err = { 0 };

	/* Whose case it is comes first: bad input must not tell that it exists. */
	if (store_case_get(engine_store(x->engine), x->arena, &x->scope, case_number(x), &err) == NULL) {
		page_err(x, &err);
		return;
	}
	if (text == NULL || text_trim(text_of(text)).n == 0 || strlen(text) > NOTE_MAX) {
		page_error(x, 422);
		return;
	}
	if (!store_case_note(engine_store(x->engine), &x->scope, case_number(x), x->who.login, text, x->now,
	    &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/cases/%lld", (long long)case_number(x)));
}

static void
set_state(struct exchange *x, const char *state)
{
	struct err err = { 0 };

	if (!store_case_state(engine_store(x->engine), &x->scope, case_number(x), x->who.login, state, x->now,
	    &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/cases/%lld", (long long)case_number(x)));
}

void
page_case_handover(struct exchange *x)
{
	set_state(x, "handed_over");
}

void
page_case_close(struct exchange *x)
{
	set_state(x, "closed");
}

void
page_case_reopen(struct exchange *x)
{
	set_state(x, "open");
}
