#include "tools/codes_json.h"

#include <string.h>

#include "base/arena.h"
#include "base/late_regex.h"

/* "550-5.7.1" holds "550" and "5.7.1": words of digits and points. */
static bool
names_code(struct text query, const char *code)
{
	const char *p = query.p, *end = query.p + query.n;

	while (p < end) {
		const char *from = p;

		while (p < end && ((*p >= '0' && *p <= '9') || *p == '.'))
			p++;
		if (p > from && text_is((struct text){ from, (size_t)(p - from) }, code))
			return true;
		if (p == from)
			p++;
	}
	return false;
}

static bool
holds(const char *text, struct text query)
{
	size_t at;

	return text != NULL && text_ifind(text_of(text), query, &at);
}

static void
add_row(struct json *list, struct arena *a, const struct tool_words *w, const char *code, const char *kind,
    const char *provider, const char *category, const struct text_list *steps, struct text query, bool named)
{
	const char *text = tool_text(a, w, arena_printf(a, "bounce.category.%s", category), NULL, 0);
	struct json *row, *advice;

	if (query.n > 0 && !named && !holds(code, query) && !holds(provider, query) && !holds(text, query) &&
	    !holds(category, query))
		return;
	row = json_add_object(list);
	json_put_str(row, "code", code);
	json_put_str(row, "kind", kind);
	json_put_str(row, "provider", provider);
	json_put_str(row, "category", category);
	json_put_str(row, "text", text);
	advice = json_put_array(row, "advice");
	for (size_t i = 0; i < steps->count; i++)
		json_add_str(advice, tool_text(a, w, arena_printf(a, "bounce.step.%s", steps->v[i]), NULL, 0));
}

/* "X.1.1" stands for 4 and 5. */
static void
add_enhanced(struct json *list, struct arena *a, const struct tool_words *w, const struct smtp_code *c, struct text query)
{
	const char *four = arena_printf(a, "4%s", c->code + 1), *five = arena_printf(a, "5%s", c->code + 1);

	add_row(list, a, w, c->code[0] == 'X' ? arena_printf(a, "%s, %s", four, five) : c->code, "enhanced", NULL,
	    c->category, &c->steps, query, names_code(query, four) || names_code(query, five));
}

static void
add_answer(struct json *list, struct arena *a, const struct tool_words *w, const struct data *data,
    const struct smtp_pattern *p, struct text query)
{
	const struct provider *provider = p->provider == NULL ? NULL : data_provider(data, p->provider);
	bool named = query.n > 0 && p->regex != NULL && late_regex_fits(p->regex, text_cstr(a, query));

	for (size_t i = 0; i < p->words.count && !named; i++)
		named = query.n > 0 && holds(text_cstr(a, query), text_of(p->words.v[i]));
	if (p->provider != NULL)
		add_row(list, a, w, p->id, "answer", provider == NULL ? p->provider : provider->name, p->category,
		    &p->steps, query, named);
}

struct json *
codes_json(struct arena *a, const struct data *data, const struct tool_words *w, const char *asked)
{
	struct text query = text_trim(text_of(asked));
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "codes");

	for (size_t i = 0; i < data->basic_count; i++)
		add_row(list, a, w, data->basic[i].code, "basic", NULL, data->basic[i].category, &data->basic[i].steps,
		    query, names_code(query, data->basic[i].code));
	for (size_t i = 0; i < data->enhanced_count; i++)
		add_enhanced(list, a, w, &data->enhanced[i], query);
	for (size_t i = 0; i < data->pattern_count; i++)
		add_answer(list, a, w, data, &data->patterns[i], query);
	return answer;
}
