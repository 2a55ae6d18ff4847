/* The XML scanner of the Plesk adapter, and the texts of its utilities. */

#include "unit/test.h"

#include "base/arena.h"
#include "base/json.h"
#include "panel/plesk/cli_text.h"
#include "panel/plesk/xml.h"

/* name, document, path, its text; text NULL = it must be refused. */
static const struct { const char *name, *xml, *path, *text; } cases[] = {
	{ "plain",			"<a><b>x</b></a>",			"b",	"x" },
	{ "declaration and byte order mark", "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<a><b>x</b></a>\n", "b", "x" },
	{ "attributes are passed over",	"<a v=\"1\"><b k='>' l=\"</b>\">x</b></a>", "b", "x" },
	{ "a '>' inside an attribute",	"<a><b k='1>2'>x</b></a>",		"b",	"x" },
	{ "empty element",		"<a><b/></a>",				"b",	"" },
	{ "empty element with a blank",	"<a><b /></a>",				"b",	"" },
	{ "blanks around text",		"<a><b>\n  x y \n</b></a>",		"b",	"x y" },
	{ "comment inside text",	"<a><b>x<!-- <b> -->y</b></a>",		"b",	"xy" },
	{ "CDATA is not decoded",	"<a><b><![CDATA[<x>&amp;]]></b></a>",	"b",	"<x>&amp;" },
	{ "the five entities",		"<a><b>&lt;&gt;&amp;&quot;&apos;</b></a>", "b",	"<>&\"'" },
	{ "numeric entities",		"<a><b>&#65;&#x42;&#xe9;&#x20AC;&#x1F600;</b></a>", "b", "AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "text with children keeps its own", "<a><b>x<c>y</c>z</b></a>",	"b",	"xz" },
	{ "path",			"<a><b><c>1</c></b><b><c>2</c></b></a>", "b/c",	"1" },
	{ "element names are whole",	"<a><bb>1</bb><b>2</b></a>",		"b",	"2" },
	{ "end tag with a blank",	"<a><b>x</b ></a >",			"b",	"x" },
	{ "bytes that are no UTF-8 are shown", "<a><b>\xff</b></a>",		"b",	"\\xff" },
	{ "document type",		"<!DOCTYPE a [<!ENTITY x \"y\">]><a><b>&x;</b></a>", "b", NULL },
	{ "unknown entity",		"<a><b>&nbsp;</b></a>",			"b",	NULL },
	{ "entity without end",		"<a><b>&amp</b></a>",			"b",	NULL },
	{ "surrogate",			"<a><b>&#xD800;</b></a>",		"b",	NULL },
	{ "NUL",			"<a><b>&#0;</b></a>",			"b",	NULL },
	{ "beyond Unicode",		"<a><b>&#x110000;</b></a>",		"b",	NULL },
	{ "no number",			"<a><b>&#;</b></a>",			"b",	NULL },
	{ "cut in an element",		"<a><b>x</b>",				"b",	NULL },
	{ "cut in a tag",		"<a><b",				"b",	NULL },
	{ "cut in a comment",		"<a><b>x</b><!-- </a>",			"b",	NULL },
	{ "cut in CDATA",		"<a><b><![CDATA[x</b></a>",		"b",	NULL },
	{ "wrong end",			"<a><b>x</c></a>",			"b",	NULL },
	{ "end without begin",		"</a>",					"b",	NULL },
	{ "two roots",			"<a><b>x</b></a><a/>",			"b",	NULL },
	{ "text after the root",	"<a><b>x</b></a>y",			"b",	NULL },
	{ "nothing",			"",					"b",	NULL },
	{ "no XML at all",		"Bad Gateway",				"b",	NULL },
	{ "an element without a name",	"<a>< >x</a>",				"b",	NULL },
};

static void
scanner(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new();
		const struct xml *root;
		struct err err;

		if (!xml_parse(a, text_of(cases[i].xml), &root, &err))
			CHECK(cases[i].name, cases[i].text == NULL && err.code == ERR_SYNTAX);
		else {
			const struct xml *found = xml_path(root, cases[i].path);

			CHECK_STR(cases[i].name, found == NULL ? "(none)" :
			    text_show(a, text_trim(found->text)), cases[i].text);
		}
		arena_free(a);
	}
}

static void
depth(void)
{
	struct arena *a = arena_new();
	struct str deep = str_in(a, 100000);
	const struct xml *root;
	struct err err;

	for (int i = 0; i < 1000; i++)
		str_add(&deep, "<a>");
	CHECK("too deep is a limit", !xml_parse(a, str_text(&deep), &root, &err) && err.code == ERR_LIMIT);
	arena_free(a);
}

static void
accessors(void)
{
	static const char doc[] = "<r><n> 12 </n><m>-1</m><x>default</x><t>true</t><f>false</f>"
	    "<big>99999999999</big><e/></r>";
	struct arena *a = arena_new();
	const struct xml *r;
	int64_t n = 0;

	CHECK("it is read", xml_parse(a, text_of(doc), &r, NULL));
	CHECK("a number", xml_number(r, "n", &n) && n == 12);
	CHECK("a negative number", xml_number(r, "m", &n) && n == -1);
	CHECK("a word is no number", !xml_number(r, "x", &n));
	CHECK("too large is no number", !xml_number(r, "big", &n));
	CHECK("nothing is no number", !xml_number(r, "e", &n) && !xml_number(r, "none", &n));
	CHECK("true", xml_tristate(r, "t") == 1);
	CHECK("false", xml_tristate(r, "f") == 0);
	CHECK("neither", xml_tristate(r, "x") == -1 && xml_tristate(r, "none") == -1);
	CHECK_STR("empty is there", xml_str(a, r, "e"), "");
	CHECK_STR("absent is not", xml_str(a, r, "none"), NULL);
	CHECK_STR("nothing of nothing", xml_str(a, xml_path(NULL, "a/b"), "c"), NULL);
	arena_free(a);
}

static void
writing(void)
{
	struct arena *a = arena_new();
	struct str out = str_in(a, 1000);

	xml_add_element(&out, "v", "a<b>&\"'\x01\tz");
	CHECK_STR("what is written is escaped, control characters left out", out.p,
	    "<v>a&lt;b&gt;&amp;&quot;&apos;\tz</v>");
	arena_free(a);
}

static void
utilities(void)
{
	static const char info[] = "General\n=====\nDomain name:                            a.example\r\n"
	    "Total size of backup files in local storage:0 B\n:nothing\nMail service:   On\n"
	    "SUCCESS: Gathering: done\n";
	struct text value;
	struct arena *a = arena_new();
	struct json *rows = json_new_array(a);

	CHECK("a key", cli_find(text_of(info), "domain NAME", &value) && text_is(value, "a.example"));
	CHECK("a long key touches its value", cli_find(text_of(info),
	    "Total size of backup files in local storage", &value) && text_is(value, "0 B"));
	CHECK("the last key", cli_find(text_of(info), "Mail service", &value) && text_is(value, "On"));
	CHECK("a line of success is no pair", !cli_find(text_of(info), "SUCCESS", &value));
	CHECK("nothing in nothing", !cli_find(TEXT(""), "x", &value));
	cli_dns_records(rows, a, TEXT("a.example. TXT \"v=spf1 \" \"-all\"\nnonsense\nb.example TXT x\n"
	    "a.example.\tMX\t10\tmx.example.\na.example. A\n"));
	CHECK_STR("records", json_print(a, rows),
	    "[{\"id\":null,\"name\":\"a.example\",\"type\":\"TXT\",\"ttl\":null,\"value\":\"v=spf1 -all\"},"
	    "{\"id\":null,\"name\":\"a.example\",\"type\":\"MX\",\"ttl\":null,\"value\":\"10 mx.example\"}]");
	rows = json_new_array(a);
	cli_mail_list(rows, a, TEXT("mailname \t a@x.example\nalias\tb@x.example\nnothing here\n"));
	CHECK_STR("addresses in plain words", json_print(a, rows),
	    "[{\"type\":\"mailname\",\"name\":\"a@x.example\"},{\"type\":\"alias\",\"name\":\"b@x.example\"}]");
	arena_free(a);
}

int
main(void)
{
	scanner();
	depth();
	accessors();
	writing();
	utilities();
	TEST_END();
}
