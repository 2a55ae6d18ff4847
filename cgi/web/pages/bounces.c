/* Bounces that were explained, kept for the forms that ask for them. */

#include "base/arena.h"
#include "engine/bounces.h"
#include "store/bounces.h"
#include "web/pages/pages.h"

void
page_bounces(struct exchange *x)
{
	static const struct column columns[] = {
		{ "bounce", NULL }, { "at", NULL }, { "login", NULL }, { "recipient", NULL }, { "provider", NULL },
		{ "status", NULL }, { "category", NULL }, { "answer", NULL },
	};
	struct err err = { 0 };
	const struct json *kept = store_bounces(engine_store(x->engine), x->arena, &x->scope, NULL, &err);
	struct json *answer = json_new_object(x->arena), *view, *list;

	if (kept == NULL) {
		page_err(x, &err);
		return;
	}
	json_put_copy(answer, "bounces", kept);
	if (page_data(x, answer, "bounces", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "tools");
	list = json_put_array(view, "bounces");
	for (const struct json *b = json_first(kept); b != NULL; b = json_next(b)) {
		struct json *one = json_add_object(list);

		for (const struct json *v = json_first(b); v != NULL; v = json_next(v))
			json_put_copy(one, json_key(v), v);
		json_put_str(one, "provider", provider_name(x, json_str(b, "provider")));
		json_put_str(one, "meaning", say(x, arena_printf(x->arena, "bounce.category.%s", json_str(b, "category"))));
		view_time(one, x, "when", time_of(b, "at"));
		json_put_str(one, "forget", link_to(x, "/bounces/%lld/forget", (long long)json_int(b, "bounce", 0)));
	}
	json_put_bool(view, "has_bounces", json_count(list) > 0);
	json_put_str(view, "how_long", say_count(x, "pages.bounces.how_long", BOUNCES_DAYS));
	page_html(x, "bounces", say(x, "pages.bounces.title"), view);
}

void
page_bounce_forget(struct exchange *x)
{
	uint64_t number;
	struct err err = { 0 };

	if (!text_uint(text_of(x->args[0]), INT64_MAX, &number))
		page_error(x, 404);
	else if (!store_bounce_forget(engine_store(x->engine), &x->scope, (int64_t)number, &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/bounces"));
}
