/* Every denied and every changing request, and whether the chain is whole. */

#include "base/arena.h"
#include "store/audit.h"
#include "web/pages/pages.h"

#define PER_PAGE	100

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
	for (const struct json *e = json_first(json_get(answer, "events")); e != NULL; e = json_next(e)) {
		struct json *one = json_copy(x->arena, e);

		view_time(one, x, "when", time_of(e, "at"));
		json_add_copy(rows, one);
	}
	json_put_str(view, "q", text);
	json_put_bool(view, "whole", proved && proof.whole);
	json_put_bool(view, "broken", proved && !proof.whole);
	if (proved && !proof.whole)
		json_put_str(view, "broken_text", say1(x, "pages.audit.broken", "row",
		    arena_printf(x->arena, "%lld", (long long)proof.first_bad)));
	view_pages(view, x, "/audit", page, PER_PAGE, (size_t)json_int(answer, "total", 0));
	page_html(x, "audit", say(x, "pages.audit.title"), view);
}
