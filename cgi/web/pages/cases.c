/* A started "I have SPAM" or "blocked by Hotmail": what was found, done and asked for. */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/name.h"
#include "store/cases.h"
#include "web/pages/pages.h"

#define PER_PAGE	50
#define NOTE_MAX	10000

static void
view_case(struct json *one, const struct exchange *x, const struct json *c)
{
	const char *about = json_str(c, "about");

	json_put_copy(one, "case", json_get(c, "case"));
	json_put_copy(one, "about", json_get(c, "about"));
	if (about != NULL && strcmp(about, "server") != 0)
		json_put_str(one, "domain_link", link_to(x, "/domains/%s", about));
	json_put_str(one, "kind", say_word(x, "case_kind", json_str(c, "kind")));
	json_put_bool(one, "hotmail", json_str(c, "kind") != NULL && strcmp(json_str(c, "kind"), "hotmail") == 0);
	json_put_copy(one, "login", json_get(c, "login"));
	json_put_str(one, "state", json_str(c, "state"));
	json_put_str(one, "state_word", say_word(x, "case_state", json_str(c, "state")));
	json_put_bool(one, "closed", json_str(c, "state") != NULL && strcmp(json_str(c, "state"), "closed") == 0);
	view_time(one, x, "opened", time_of(c, "opened_at"));
	view_time(one, x, "updated", time_of(c, "updated_at"));
}

void
page_cases(struct exchange *x)
{
	static const struct column columns[] = {
		{ "case", NULL }, { "about", NULL }, { "kind", NULL }, { "login", NULL }, { "state", NULL },
		{ "opened_at", NULL }, { "updated_at", NULL },
	};
	size_t page = (size_t)field_int(&x->req->query, "page", 1, 1000000, 1);
	struct err err = { 0 };
	struct json *answer = store_cases(engine_store(x->engine), x->arena, &x->scope, NULL, NULL, page,
	    PER_PAGE, &err), *view, *rows;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, answer, "cases", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, NULL);
	rows = json_put_array(view, "cases");
	for (const struct json *c = json_first(json_get(answer, "cases")); c != NULL; c = json_next(c))
		view_case(json_add_object(rows), x, c);
	json_put_bool(view, "has_cases", json_count(rows) > 0);
	json_put_bool(view, "may_server", x->role == ROLE_ADMIN);
	view_pages(view, x, "/cases", page, PER_PAGE, (size_t)json_int(answer, "total", 0));
	page_html(x, "cases", say(x, "pages.cases.title"), view);
}

/* The number of the route; 0 = none. */
static int64_t
case_number(const struct exchange *x)
{
	uint64_t n;

	return text_uint(text_of(x->args[0]), INT64_MAX, &n) ? (int64_t)n : 0;
}

void
page_case(struct exchange *x)
{
	struct err err = { 0 };
	struct json *c = store_case_get(engine_store(x->engine), x->arena, &x->scope, case_number(x), &err);
	struct json *view, *notes;

	if (c == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, c, NULL, NULL, 0))
		return;
	view = page_view(x, NULL);
	view_case(view, x, c);
	notes = json_put_array(view, "notes");
	for (const struct json *n = json_first(json_get(c, "notes")); n != NULL; n = json_next(n)) {
		struct json *one = json_add_object(notes);

		view_time(one, x, "at", time_of(n, "at"));
		json_put_copy(one, "login", json_get(n, "login"));
		json_put_copy(one, "text", json_get(n, "text"));
	}
	page_html(x, "case", say1(x, "pages.case.title", "number", x->args[0]), view);
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
