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

/* "5.7" is part of "5.7.10", "5.7.1" is another code. */
static bool
holds_code(const char *text, struct text query)
{
	struct text rest = text == NULL ? (struct text){ 0 } : text_of(text);
	bool number = query.n > 0 && memchr(query.p, '.', query.n) != NULL;
	size_t at;

	while (text_ifind(rest, query, &at)) {
		rest = text_skip(rest, at + query.n);
		if (!number || rest.n == 0 || !ascii_isdigit((unsigned char)rest.p[0]))
			return true;
	}
	return false;
}

struct row {
	const char		*code, *kind, *provider, *says, *category;
	const char		*words;		/* id of the text; NULL = the category's */
	const struct text_list	*steps;
	bool			 named;		/* by the query */
};

static void
add_row(struct json *list, struct arena *a, const struct tool_words *w, const struct row *r, struct text query)
{
	const char *text = tool_text(a, w, r->words != NULL ? r->words :
	    arena_printf(a, "bounce.category.%s", r->category), NULL, 0);
	struct json *row, *advice;

	if (query.n > 0 && !r->named && !holds_code(r->code, query) && !holds_code(r->says, query) &&
	    !holds(r->provider, query) && !holds(text, query) && !holds(r->category, query))
		return;
	row = json_add_object(list);
	json_put_str(row, "code", r->code);
	json_put_str(row, "kind", r->kind);
	json_put_str(row, "provider", r->provider);
	json_put_str(row, "says", r->says);
	json_put_str(row, "category", r->category);
	json_put_str(row, "text", text);
	advice = json_put_array(row, "advice");
	for (size_t i = 0; i < r->steps->count; i++)
		json_add_str(advice, tool_text(a, w, arena_printf(a, "bounce.step.%s", r->steps->v[i]), NULL, 0));
}

/* What the standard means by it, where there are words of its own for it. */
static const char *
words_of(struct arena *a, const struct tool_words *w, const char *code)
{
	const char *id = arena_printf(a, "smtp_code.%s", code);

	return w != NULL && w->catalog != NULL && catalog_raw(w->catalog, w->lang, id) != NULL ? id : NULL;
}

static void
add_basic(struct json *list, struct arena *a, const struct tool_words *w, const struct smtp_code *c, struct text query)
{
	add_row(list, a, w, &(struct row){ .code = c->code, .kind = "basic", .category = c->category,
	    .words = words_of(a, w, c->code), .steps = &c->steps, .named = names_code(query, c->code) }, query);
}

/* "X.1.1" stands for 4 and 5. */
static void
add_enhanced(struct json *list, struct arena *a, const struct tool_words *w, const struct smtp_code *c, struct text query)
{
	const char *four = arena_printf(a, "4%s", c->code + 1), *five = arena_printf(a, "5%s", c->code + 1);

	add_row(list, a, w, &(struct row){ .code = c->code[0] == 'X' ? arena_printf(a, "%s, %s", four, five) : c->code,
	    .kind = "enhanced", .category = c->category, .words = words_of(a, w, c->code), .steps = &c->steps,
	    .named = names_code(query, four) || names_code(query, five) }, query);
}

static void
add_answer(struct json *list, struct arena *a, const struct tool_words *w, const struct data *data,
    const struct smtp_pattern *p, struct text query)
{
	const struct provider *provider = p->provider == NULL ? NULL : data_provider(data, p->provider);
	struct row row = { .code = p->id, .kind = "answer", .says = p->says, .category = p->category, .steps = &p->steps };

	if (p->provider == NULL)
		return;
	row.provider = provider == NULL ? p->provider : provider->name;
	row.named = query.n > 0 && p->regex != NULL && late_regex_fits(p->regex, text_cstr(a, query));
	for (size_t i = 0; i < p->words.count && !row.named; i++)
		row.named = query.n > 0 && holds(text_cstr(a, query), text_of(p->words.v[i]));
	add_row(list, a, w, &row, query);
}

struct json *
codes_json(struct arena *a, const struct data *data, const struct tool_words *w, const char *asked)
{
	struct text query = text_trim(text_of(asked));
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "codes");

	for (size_t i = 0; i < data->basic_count; i++)
		add_basic(list, a, w, &data->basic[i], query);
	for (size_t i = 0; i < data->enhanced_count; i++)
		add_enhanced(list, a, w, &data->enhanced[i], query);
	for (size_t i = 0; i < data->pattern_count; i++)
		add_answer(list, a, w, data, &data->patterns[i], query);
	return answer;
}
