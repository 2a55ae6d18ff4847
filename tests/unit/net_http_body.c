#include "unit/test.h"

#include "net/http_body.h"

static const struct {
	const char	*name, *type, *body, *secret, *want;	/* NULL = refused */
} cases[] = {
	{ "JSON",		"application/json", "{\"p\":\"@@\"}", "a\"\\\n\x7f/", "{\"p\":\"a\\\"\\\\\\u000a\\u007f/\"}" },
	{ "JSON with charset",	"application/json; charset=utf-8", "\"@@\"", "\"", "\"\\\"\"" },
	{ "JSON of a kind",	"application/ld+json", "\"@@\"", "\"", "\"\\\"\"" },
	{ "the case of a type",	"Application/JSON", "\"@@\"", "\"", "\"\\\"\"" },
	{ "UTF-8 stays",	"application/json", "\"@@\"", "\xc3\xa9", "\"\xc3\xa9\"" },
	{ "XML",		"text/xml", "<p>@@</p>", "<&>\"'\t", "<p>&lt;&amp;&gt;&quot;&#39;\t</p>" },
	{ "XML has no control characters", "application/xml", "<p>@@</p>", "a\1", NULL },
	{ "urlencoded",		"application/x-www-form-urlencoded", "p=@@&q", "a b&=+%\xc3", "p=a%20b%26%3D%2B%25%C3&q" },
	{ "anything else",	"text/plain", "@@", "<\"", "<\"" },
	{ "no type",		NULL, "@@", "x", "x" },
	{ "everywhere",		"text/plain", "@@,@@", "x", "x,x" },
	{ "nowhere",		"text/plain", "none", "x", "none" },
	{ "not in what was put in", "text/plain", "@@", "a@@b", "a@@b" },
	{ "an empty secret",	"text/plain", "[@@]", "", "[]" },
	{ "an empty body",	"text/plain", "", "x", "" },
};

int
main(void)
{
	size_t i, n;
	char *got;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = http_body_with_secret(text_of(cases[i].body), cases[i].type, "@@",
		    text_of(cases[i].secret), &n);
		CHECK_STR(cases[i].name, got, cases[i].want);
		CHECK(cases[i].name, got == NULL || n == strlen(got));
		free(got);
	}
	TEST_END();
}
