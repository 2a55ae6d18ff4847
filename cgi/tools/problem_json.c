/* Problems as the command line and the pages give them. */

#include "base/arena.h"
#include "tools/problem_json.h"

const char *
tool_text(struct arena *a, const struct tool_words *words, const char *id,
    const struct catalog_value *values, size_t count)
{
	if (words == NULL || words->catalog == NULL)
		return id;
	return catalog_text(words->catalog, a, words->lang, id, values, count);
}

static const char *
message(struct arena *a, const struct problem *p, const char *tool,
    const struct tool_words *words)
{
	struct catalog_value values[PROBLEM_VALUES_MAX + 1];
	size_t i;

	for (i = 0; i < p->value_count; i++)
		values[i] = p->values[i];
	values[i].name = "where";
	values[i].value = p->where == NULL ? "" : p->where;
	return tool_text(a, words, arena_printf(a, "%s_problem.%s", tool, p->code), values, i + 1);
}

void
problems_put(struct json *into, struct arena *a, const struct problems *ps, const char *tool,
    const struct tool_words *words)
{
	struct problems sorted = problems_in(a);
	struct json *list = json_put_array(into, "problems"), *one;
	size_t i;

	sorted.list = arena_grow(a, ps->list, ps->count, ps->count, sizeof(*ps->list));
	sorted.count = ps->count;
	problems_sort(&sorted);
	for (i = 0; i < sorted.count; i++) {
		one = json_add_object(list);
		json_put_str(one, "code", sorted.list[i].code);
		json_put_str(one, "severity", problem_severity_word(sorted.list[i].severity));
		json_put_str(one, "message", message(a, &sorted.list[i], tool, words));
		json_put_str(one, "where", sorted.list[i].where);
	}
}
