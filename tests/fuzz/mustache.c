/*
 * First line: the template; the rest: data that is put everywhere.  Whatever
 * the template is, no '<', quote or '&' of the data comes out unescaped.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "web/markdown.h"
#include "web/mustache.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* '\1' frames the data, so that it is known from the template's own text. */
static void
check_escaped(const char *p, size_t n)
{
	bool data = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\1') {
			data = !data;
			continue;
		}
		if (!data)
			continue;
		if (strchr("<>\"'", p[i]) != NULL && p[i] != '\0')
			abort();
		if (p[i] == '&' && strncmp(p + i, "&amp;", 5) != 0 && strncmp(p + i, "&lt;", 4) != 0 &&
		    strncmp(p + i, "&gt;", 4) != 0 && strncmp(p + i, "&quot;", 6) != 0 &&
		    strncmp(p + i, "&#39;", 5) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static const char *const raw_names[] = { "main", NULL };
	struct arena *a = arena_new();
	struct text rest = { (const char *)input, n }, source = { "", 0 };
	struct mustache_set *set = mustache_set_new(a, raw_names);
	struct json *context = json_new_object(a), *list;
	struct str value, out, html;
	struct err err = { 0 };

	text_split(&rest, '\n', &source);
	value = str_in(a, rest.n + 2);
	str_addc(&value, '\1');
	for (size_t i = 0; i < rest.n; i++)
		str_addc(&value, rest.p[i] == '\1' || rest.p[i] == '\0' ? '.' : rest.p[i]);
	str_addc(&value, '\1');
	json_put_str(context, "a", value.p);
	list = json_put_array(context, "l");
	json_add_str(list, value.p);
	json_put_str(json_add_object(list), "b", value.p);

	if (memchr(source.p, '\1', source.n) == NULL && mustache_add(set, "t", "t", source, &err) &&
	    mustache_add(set, "p", "p", TEXT("  {{a}}\n{{#l}}\n{{.}}{{b}}\n{{/l}}\n"), &err)) {
		out = str_in(a, 1024 * 1024);
		mustache_render(set, mustache_find(set, "t"), context, NULL, NULL, 0, &out);
		check_escaped(out.p, out.n);
	}
	html = str_in(a, 64 * (n + 64));
	markdown_html((struct text){ (const char *)input, n }, "", &html);
	arena_free(a);
	return 0;
}
