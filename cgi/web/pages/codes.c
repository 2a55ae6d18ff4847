/* What the codes of mail servers mean, to search; by subject and by who says it. */

#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/map.h"
#include "engine/tools.h"
#include "web/pages/pages.h"

#define QUERY_MAX	500
#define OPEN_MAX	20	/* that few are found: nothing is folded */

/* Where a row stands: the basic codes, "x.7" of 4.7.1 and 5.7.1 (RFC 3463 3), or its provider. */
static const char *
group_of(struct arena *a, const struct json *row)
{
	const char *kind = json_str(row, "kind"), *code = json_str(row, "code");

	if (strcmp(kind, "answer") == 0)
		return json_str(row, "provider");
	return strcmp(kind, "basic") == 0 || strlen(code) < 3 ? "basic" : arena_printf(a, "x.%c", code[2]);
}

static void
view_groups(struct json *view, const struct exchange *x, const struct json *codes, bool open)
{
	struct json *standard = json_put_array(view, "standard"), *own = json_put_array(view, "own");
	struct map *groups = map_new(x->arena), *lists = map_new(x->arena);

	for (const struct json *c = json_first(codes); c != NULL; c = json_next(c)) {
		const char *key = group_of(x->arena, c);
		struct json *one = map_get(groups, key), *row;
		bool of_provider = json_str(c, "provider") != NULL;

		if (one == NULL) {
			one = json_add_object(of_provider ? own : standard);
			json_put_str(one, "anchor", of_provider ? NULL : key);
			json_put_str(one, "title", of_provider ? key : say_word(x, "code_group", key));
			map_put(groups, key, one);
			map_put(lists, key, json_put_array(one, "codes"));
		}
		row = json_add_object(map_get(lists, key));
		for (const struct json *v = json_first(c); v != NULL; v = json_next(v))
			json_put_copy(row, json_key(v), v);
		json_put_bool(row, "has_advice", json_count(json_get(c, "advice")) > 0);
	}
	for (size_t i = 0; i < map_count(groups); i++) {
		const char *key;
		struct json *one = map_at(groups, i, &key);

		json_put_bool(one, "open", open || map_count(groups) == 1);
		json_put_str(one, "count", lang_int(x->arena, x->lang, (int64_t)json_count(map_get(lists, key))));
	}
	json_put_bool(view, "has_standard", json_count(standard) > 0);
	json_put_bool(view, "has_own", json_count(own) > 0);
}

void
page_codes(struct exchange *x)
{
	static const struct column columns[] = {
		{ "code", NULL }, { "kind", NULL }, { "provider", NULL }, { "category", NULL }, { "text", NULL },
		{ "says", NULL },
	};
	const char *q = field_get(&x->req->query, "q");
	const struct json *codes;
	struct json *answer, *view;

	if (q != NULL && strlen(q) > QUERY_MAX)
		q = arena_strndup(x->arena, q, QUERY_MAX);
	answer = engine_smtp_codes(x->engine, x->arena, x->lang, q);
	if (page_data(x, answer, "codes", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	codes = json_get(answer, "codes");
	view = tool_view(x, "codes");
	view_groups(view, x, codes, json_count(codes) <= OPEN_MAX);
	json_put_bool(view, "has_codes", json_count(codes) > 0);
	json_put_str(view, "q", q == NULL ? "" : q);
	json_put_str(view, "found", say_count(x, "pages.codes.found", (int64_t)json_count(codes)));
	page_html(x, "codes", say(x, "pages.codes.title"), view);
}
