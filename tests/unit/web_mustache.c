/* The renderer against the behaviour that the public Mustache specification describes. */

#include "unit/test.h"

#include "base/arena.h"
#include "web/mustache.h"

struct partial { const char *name, *source; };

static const struct {
	const char	*name, *context, *template, *want;
	struct partial	 partials[3];
} cases[] = {
	/* variables */
	{ "text alone", "{}", "plain\ntext\n", "plain\ntext\n", {{0}} },
	{ "a value", "{\"a\":\"x\"}", "[{{a}}]", "[x]", {{0}} },
	{ "blanks in the tag", "{\"a\":\"x\"}", "[{{  a\t}}]", "[x]", {{0}} },
	{ "escapes for html", "{\"a\":\"<b a=\\\"1\\\">&'</b>\"}", "{{a}}",
	  "&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;", {{0}} },
	{ "controls are shown", "{\"a\":\"x\\u001b[1m\\u007f\"}", "{{a}}", "x\\x1b[1m\\x7f", {{0}} },
	{ "what turns text is shown", "{\"a\":\"a\\u202eb\\u2066c\\u200fd\\u061ce\\u2013\\u20ac\"}", "{{a}}",
	  "a\\u202eb\\u2066c\\u200fd\\u061ce\xe2\x80\x93\xe2\x82\xac", {{0}} },
	{ "an integer", "{\"a\":85}", "{{a}}", "85", {{0}} },
	{ "a decimal", "{\"a\":1.21}", "{{a}}", "1.21", {{0}} },
	{ "null is nothing", "{\"a\":null}", "[{{a}}]", "[]", {{0}} },
	{ "absent is nothing", "{}", "[{{a}}]", "[]", {{0}} },
	{ "dotted name", "{\"a\":{\"b\":{\"c\":\"x\"}}}", "{{a.b.c}}", "x", {{0}} },
	{ "dotted name breaks off", "{\"a\":{\"b\":{}},\"c\":{\"name\":\"no\"}}", "[{{a.b.c.name}}]", "[]", {{0}} },
	{ "dotted name: first part decides", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"no\"}}", "{{#a}}[{{b.c}}]{{/a}}", "[]", {{0}} },
	{ "data is never a template", "{\"a\":\"{{b}}\",\"b\":\"no\"}", "{{a}}", "{{b}}", {{0}} },
	{ "case of names matters", "{\"A\":\"no\"}", "[{{a}}]", "[]", {{0}} },
	{ "indentation before a value stays", "{\"a\":\"x\"}", "  {{a}}\n", "  x\n", {{0}} },
	/* sections */
	{ "true", "{\"a\":true}", "{{#a}}yes{{/a}}", "yes", {{0}} },
	{ "false", "{\"a\":false}", "[{{#a}}no{{/a}}]", "[]", {{0}} },
	{ "null is false", "{\"a\":null}", "[{{#a}}no{{/a}}]", "[]", {{0}} },
	{ "absent is false", "{}", "[{{#a}}no{{/a}}]", "[]", {{0}} },
	{ "object is a context", "{\"a\":{\"b\":\"x\"}}", "{{#a}}{{b}}{{/a}}", "x", {{0}} },
	{ "names are looked for outwards", "{\"c\":\"o\",\"a\":{\"b\":{}}}", "{{#a}}{{#b}}{{c}}{{/b}}{{/a}}", "o", {{0}} },
	{ "inner name wins", "{\"c\":\"o\",\"a\":{\"c\":\"i\"}}", "{{#a}}{{c}}{{/a}}{{c}}", "io", {{0}} },
	{ "list", "{\"l\":[{\"n\":1},{\"n\":2}]}", "{{#l}}{{n}},{{/l}}", "1,2,", {{0}} },
	{ "empty list", "{\"l\":[]}", "[{{#l}}no{{/l}}]", "[]", {{0}} },
	{ "implicit iterator", "{\"l\":[\"a\",2,\"<\"]}", "{{#l}}({{.}}){{/l}}", "(a)(2)(&lt;)", {{0}} },
	{ "lists in lists", "{\"l\":[[1,2],[3]]}", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "(12)(3)", {{0}} },
	{ "number is a context", "{\"n\":0}", "{{#n}}[{{.}}]{{/n}}", "[0]", {{0}} },
	{ "same section twice", "{\"b\":true}", "{{#b}}1{{/b}}{{#b}}2{{/b}}", "12", {{0}} },
	{ "same name nested", "{\"b\":true}", "{{#b}}A{{#b}}B{{/b}}C{{/b}}", "ABC", {{0}} },
	{ "dotted section", "{\"a\":{\"b\":true}}", "{{#a.b}}x{{/a.b}}", "x", {{0}} },
	{ "lines of their own vanish", "{\"b\":true}", "|\n{{#b}}\n x\n{{/b}}\n|\n", "|\n x\n|\n", {{0}} },
	{ "indented lines of their own vanish", "{\"b\":true}", "|\n  {{#b}}\t\nx\n  {{/b}}\n|", "|\nx\n|", {{0}} },
	{ "CR LF counts as a line end", "{\"b\":true}", "|\r\n{{#b}}\r\n{{/b}}\r\n|", "|\r\n|", {{0}} },
	{ "without a line before", "{\"b\":true}", "  {{#b}}\n#{{/b}}\n/", "#\n/", {{0}} },
	{ "without a line after", "{\"b\":true}", "#{{#b}}\n/\n  {{/b}}", "#\n/\n", {{0}} },
	{ "two in a line are text", "{\"b\":true}", " {{#b}} {{/b}}\n", "  \n", {{0}} },
	/* inverted */
	{ "inverted false", "{\"a\":false}", "{{^a}}yes{{/a}}", "yes", {{0}} },
	{ "inverted true", "{\"a\":true}", "[{{^a}}no{{/a}}]", "[]", {{0}} },
	{ "inverted list", "{\"a\":[1]}", "[{{^a}}no{{/a}}]", "[]", {{0}} },
	{ "inverted empty list", "{\"a\":[]}", "{{^a}}none{{/a}}", "none", {{0}} },
	{ "inverted absent", "{}", "{{^a}}none{{/a}}", "none", {{0}} },
	{ "inverted on its own line", "{\"b\":false}", "|\n{{^b}}\nx\n{{/b}}\n|", "|\nx\n|", {{0}} },
	/* comments */
	{ "comment", "{}", "12{{! no }}34", "1234", {{0}} },
	{ "comment of many lines", "{}", "12{{!\n a\n b\n}}34\n", "1234\n", {{0}} },
	{ "comment on its own line", "{}", "a\n  {{! no }}\nb\n", "a\nb\n", {{0}} },
	{ "long comment on its own lines", "{}", "a\n{{!\nno\n}}\nb\n", "a\nb\n", {{0}} },
	{ "comment beside text", "{}", "  12 {{! 34 }}\n", "  12 \n", {{0}} },
	{ "two comments in a line", "{}", "{{!a}}{{!b}}\nx", "\nx", {{0}} },
	/* delimiters */
	{ "other delimiters", "{\"t\":\"H\"}", "{{=<% %>=}}(<%t%>)", "(H)", {{0}} },
	{ "and back", "{\"t\":\"H\"}", "({{=| |=}}|t|{{t}}|={{ }}=|{{t}})", "(H{{t}}H)", {{0}} },
	{ "on their own line", "{}", "a\n{{=@ @=}}\nb", "a\nb", {{0}} },
	{ "blanks inside", "{}", "|{{= @   @ =}}|", "||", {{0}} },
	{ "a partial keeps its own", "{\"v\":\"y\"}", "{{=| |=}}\n.|>p|.", "..y..", {{"p", ".{{v}}."}} },
	/* partials */
	{ "partial", "{\"a\":\"x\"}", "[{{>p}}]", "[*x*]", {{"p", "*{{a}}*"}} },
	{ "missing partial", "{}", "[{{>p}}]", "[]", {{0}} },
	{ "recursion", "{\"c\":\"X\",\"n\":[{\"c\":\"Y\",\"n\":[]}]}", "{{>p}}", "X<Y<>>", {{"p", "{{c}}<{{#n}}{{>p}}{{/n}}>"}} },
	{ "blanks around stay", "{}", "| {{>p}} |", "| \t|\t |", {{"p", "\t|\t"}} },
	{ "inside a line no indentation", "{\"d\":\"|\"}", "  {{d}}  {{> p}}\n", "  |  >\n>\n", {{"p", ">\n>"}} },
	{ "own line, no end before", "{}", "  {{>p}}\n>", "  >\n  >>", {{"p", ">\n>"}} },
	{ "own line, no end after", "{}", ">\n  {{>p}}", ">\n  >\n  >", {{"p", ">\n>"}} },
	{ "lines of a partial are indented, values not", "{\"c\":\"<\\n-\"}", "\\\n {{>p}}\n/\n", "\\\n |\n &lt;\n-\n |\n/\n", {{"p", "|\n{{c}}\n|\n"}} },
	{ "indentation adds up", "{}", " {{>p}}\n", " a\n  b\n", {{"p", "a\n {{>q}}\n"}, {"q", "b\n"}} },
	{ "indentation passes through", "{}", " {{>p}}\n", " a\n b\n", {{"p", "a\n{{>q}}\n"}, {"q", "b\n"}} },
	{ "a section in an indented partial", "{\"l\":[1,2]}", "  {{>p}}\n", "  1\n  2\n", {{"p", "{{#l}}\n{{.}}\n{{/l}}\n"}} },
	{ "text after an end tag is indented", "{\"a\":true}", " {{>p}}\n", " x\n y\n", {{"p", "{{#a}}x\n{{/a}}y\n"}} },
	/* markup made by us */
	{ "raw markup comes by name", "{\"main\":\"<no>\"}", "[{{{main}}}|{{& main}}]", "[<p>|<p>]", {{0}} },
};

static const struct { const char *name, *template, *want; } errors[] = {
	{ "unescaped data", "a\n\n{{{name}}}", "t.html:3: unescaped tag is not allowed for 'name'" },
	{ "unescaped data by &", "{{&name}}", "t.html:1: unescaped tag is not allowed for 'name'" },
	{ "section without end", "x\n{{#a}}\n", "t.html:2: section 'a' is not closed" },
	{ "end without section", "\n{{/a}}", "t.html:2: end of a section that is not open 'a'" },
	{ "wrong end", "{{#a}}{{/b}}", "t.html:1: end of a section that is not open 'b'" },
	{ "open tag", "x\ny {{a", "t.html:2: tag is not closed '{{a'" },
	{ "no name", "{{ }}", "t.html:1: tag without a name ''" },
	{ "blank in a name", "{{a b}}", "t.html:1: blank inside a name 'a b'" },
	{ "bad delimiters", "{{=x=}}", "t.html:1: malformed delimiters 'x'" },
};

static const char *const raw_names[] = { "main", NULL };
static const struct mustache_raw raw[] = { { "main", { "<p>", 3 }, NULL } };

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new();
		struct mustache_set *set = mustache_set_new(a, raw_names);
		struct json *context = json_parse(a, text_of(cases[i].context), NULL);
		struct str out = str_in(a, 100000);
		struct err err = { 0 };
		bool ok = mustache_add(set, "t", "t.html", text_of(cases[i].template), &err);

		for (const struct partial *p = cases[i].partials; p->name != NULL; p++)
			ok = ok && mustache_add(set, p->name, p->name, text_of(p->source), &err);
		CHECK(cases[i].name, ok && context != NULL);
		if (ok) {
			mustache_render(set, mustache_find(set, "t"), context, NULL, raw, 1, &out);
			CHECK_STR(cases[i].name, out.p, cases[i].want);
		}
		arena_free(a);
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct arena *a = arena_new();
		struct mustache_set *set = mustache_set_new(a, raw_names);
		struct err err = { 0 };

		CHECK(errors[i].name,
		    !mustache_add(set, "t", "t.html", text_of(errors[i].template), &err));
		CHECK_STR(errors[i].name, err.text, errors[i].want);
		arena_free(a);
	}
	TEST_END();
}
