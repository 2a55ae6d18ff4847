/* What the codes of mail servers mean, to search. */

#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "engine/tools.h"
#include "web/pages/pages.h"

#define QUERY_MAX	500

void
page_codes(struct exchange *x)
{
	static const struct column columns[] = {
		{ "code", NULL }, { "kind", NULL }, { "provider", NULL }, { "category", NULL }, { "text", NULL },
	};
	const char *q = field_get(&x->req->query, "q");
	struct json *answer, *view, *list;

	if (q != NULL && strlen(q) > QUERY_MAX)
		q = arena_strndup(x->arena, q, QUERY_MAX);
	answer = engine_smtp_codes(x->engine, x->arena, x->lang, q);
	if (page_data(x, answer, "codes", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = tool_view(x, "codes");
	list = json_put_array(view, "codes");
	for (const struct json *c = json_first(json_get(answer, "codes")); c != NULL; c = json_next(c)) {
		struct json *one = json_add_object(list);

		for (const struct json *v = json_first(c); v != NULL; v = json_next(v))
			json_put_copy(one, json_key(v), v);
		json_put_bool(one, "has_advice", json_count(json_get(c, "advice")) > 0);
	}
	json_put_bool(view, "has_codes", json_count(list) > 0);
	json_put_str(view, "q", q == NULL ? "" : q);
	json_put_str(view, "found", say_count(x, "pages.codes.found", (int64_t)json_count(list)));
	page_html(x, "codes", say(x, "pages.codes.title"), view);
}
