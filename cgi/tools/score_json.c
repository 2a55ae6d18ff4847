#include "tools/score_json.h"

#include "base/arena.h"

static void
put_item(struct json *list, struct arena *a, const struct score_item *item, const struct tool_words *words)
{
	struct json *one = json_add_object(list);

	json_put_str(one, "code", item->code);
	json_put_double(one, "points", item->points / 10.0);
	json_put_str(one, "severity", problem_severity_word(item->severity));
	json_put_str(one, "title", tool_text(a, words, arena_printf(a, "score_item.%s.title", item->code),
	    item->values, item->value_count));
	json_put_str(one, "text", tool_text(a, words, arena_printf(a, "score_item.%s.text", item->code),
	    item->values, item->value_count));
	json_put_str(one, "fix", item->fix);
}

struct json *
score_json(struct arena *a, const struct score *score, const struct json *verify,
    const struct tool_words *words)
{
	struct json *into = json_new_object(a), *items;

	json_put_double(into, "score", score->points / 10.0);
	json_put_double(into, "max", SCORE_MAX / 10.0);
	items = json_put_array(into, "items");
	for (size_t i = 0; i < score->count; i++)
		put_item(items, a, &score->items[i], words);
	json_put_copy(into, "verify", verify);
	json_put_array(into, "filters");
	return into;
}

void
score_json_filter(struct json *answer, const char *name, const struct filter_answer *f)
{
	struct json *one = json_add_object(json_edit(answer, "filters")), *rules, *rule;

	json_put_str(one, "name", name);
	json_put_double(one, "score", f->points);
	json_put_double(one, "required", f->limit);
	json_put_bool(one, "spam", f->spam);
	rules = json_put_array(one, "rules");
	for (size_t i = 0; i < f->count; i++) {
		rule = json_add_object(rules);
		json_put_str(rule, "name", f->rules[i].name);
		if (f->rules[i].known)
			json_put_double(rule, "points", f->rules[i].points);
		else
			json_put_null(rule, "points");
	}
}
