/* Every denied and every changing request, and whether the chain is whole. */

#include <string.h>

#include "base/arena.h"
#include "store/audit.h"
#include "web/pages/pages.h"

#define PER_PAGE	100

/* How an action ended: those that are no state of an entry. */
static const struct { const char *outcome, *tone, *symbol; } outcomes[] = {
	{ "ok", "ok", "\xe2\x9c\x93" }, { "begun", "information", "i" }, { "denied", "warning", "!" },
	{ "csrf", "warning", "!" }, { "role", "warning", "!" },
};

static void
view_outcome(struct json *one, const struct exchange *x, const char *outcome)
{
	if (outcome == NULL)
		outcome = "unknown";
	view_state(one, x, outcome);
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (strcmp(outcomes[i].outcome, outcome) == 0) {
			json_put_str(one, "tone", outcomes[i].tone);
			json_put_str(one, "symbol", outcomes[i].symbol);
			json_put_str(one, "word", say(x, arena_printf(x->arena, "pages.audit.ended.%s", outcome)));
		}
	/* The status of an answer. */
	if (outcome[0] == '4' || outcome[0] == '5') {
		json_put_str(one, "tone", "warning");
		json_put_str(one, "symbol", "!");
		json_put_str(one, "word", say1(x, "pages.audit.ended.status", "status", outcome));
	}
}

/* "entry 4: spf.merge cust.example", "spf.merge cust.example", "entry 4"; what else it is about stands as it is. */
static void
view_object(struct json *one, const struct exchange *x, const char *object)
{
	struct text rest = text_of(object), number = { NULL, 0 }, fix;
	uint64_t n = 0;

	json_put_null(one, "about_entry");
	json_put_null(one, "about_fix");
	json_put_str(one, "about", object);
	if (object == NULL)
		return;
	if (text_starts(rest, "entry ")) {
		rest = text_skip(rest, 6);
		text_split(&rest, ':', &number);
		if (!text_uint(number, INT64_MAX, &n))
			return;
		json_put_int(one, "about_entry", (int64_t)n);
		json_put_str(one, "about", NULL);
		rest = text_trim(rest);
	}
	if (!text_split(&rest, ' ', &fix) || fix_find(text_cstr(x->arena, fix)) == NULL)
		return;
	json_put_str(one, "about_fix", say_fix(x, text_cstr(x->arena, fix)));
	json_put_str(one, "about", say_target(x, text_cstr(x->arena, rest)));
}

/* What was changed is kept as the changes themselves; too many for a row stand in the journal's entry. */
static void
view_detail(struct json *one, const struct exchange *x, const char *detail)
{
	bool changes = detail != NULL && detail[0] == '[';

	view_changes(one, x, changes ? json_parse(x->arena, text_of(detail), NULL) : NULL);
	json_put_str(one, "detail", changes ? NULL : detail);
}

static void
view_event(struct json *list, const struct exchange *x, const struct json *e)
{
	struct json *one = json_add_object(list);
	const char *from = json_str(e, "from");

	json_put_copy(one, "id", json_get(e, "id"));
	view_time(one, x, "when", time_of(e, "at"));
	json_put_copy(one, "by_login", json_get(e, "login"));
	json_put_copy(one, "by_acting", json_get(e, "acting"));
	json_put_str(one, "by_role", say_word(x, "role", json_str(e, "role")));
	json_put_str(one, "from", from != NULL && strcmp(from, "bulk") == 0 ? say(x, "pages.audit.from_bulk") : from);
	json_put_str(one, "action", say_word(x, "audit_action", json_str(e, "action")));
	view_object(one, x, json_str(e, "object"));
	view_outcome(one, x, json_str(e, "outcome"));
	view_detail(one, x, json_str(e, "detail"));
}

void
page_audit_log(struct exchange *x)
{
	static const struct column columns[] = {
		{ "id", NULL }, { "at", NULL }, { "login", NULL }, { "role", NULL }, { "acting", NULL },
		{ "from", NULL }, { "action", NULL }, { "object", NULL }, { "outcome", NULL }, { "detail", NULL },
	};
	size_t page = (size_t)field_int(&x->req->query, "page", 1, 1000000, 1);
	const char *text = field_get(&x->req->query, "q");
	struct err err = { 0 };
	struct json *answer = store_audit_list(engine_store(x->engine), x->arena, &x->scope,
	    text == NULL || text[0] == '\0' ? NULL : text, page, PER_PAGE, &err), *view, *rows;
	struct audit_proof proof = { 0 };
	bool proved;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	proved = store_audit_verify(engine_store(x->engine), &proof, &err);
	if (proved)
		json_put_bool(answer, "whole", proof.whole);
	else
		json_put_null(answer, "whole");
	if (page_data(x, answer, "events", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "journal");
	rows = json_put_array(view, "events");
	for (const struct json *e = json_first(json_get(answer, "events")); e != NULL; e = json_next(e))
		view_event(rows, x, e);
	json_put_bool(view, "has_events", json_count(rows) > 0);
	json_put_str(view, "q", text == NULL || text[0] == '\0' ? NULL : text);
	json_put_bool(view, "whole", proved && proof.whole);
	json_put_str(view, "broken", !proved || proof.whole ? NULL : say1(x, "pages.audit.broken", "row",
	    lang_int(x->arena, x->lang, proof.first_bad)));
	json_put_bool(view, "unread", !proved);
	view_pages(view, x, "/audit", page, PER_PAGE, (size_t)json_int(answer, "total", 0));
	page_html(x, "audit", say(x, "pages.audit.title"), view);
}
