#include "unit/test.h"

#include <math.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "base/str.h"

static const struct {
	const char	*name, *in, *want;	/* printed again; NULL = refused */
} parses[] = {
	{ "object",			"{\"a\":1,\"b\":[true,false,null]}", "{\"a\":1,\"b\":[true,false,null]}" },
	{ "blanks",			" \t\r\n{ \"a\" : 1 , \"b\" : [ ] } \n", "{\"a\":1,\"b\":[]}" },
	{ "a string alone",		"\"x\"",		"\"x\"" },
	{ "escapes",			"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
	    "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\xc3\xa9\"" },
	{ "surrogate pair",		"\"\\ud83d\\udce7\"",	"\"\xf0\x9f\x93\xa7\"" },
	{ "half a surrogate pair",	"\"\\ud83d\"",		NULL },
	{ "second half alone",		"\"\\udce7\"",		NULL },
	{ "DEL is escaped",		"\"\x7f\"",		"\"\\u007f\"" },
	{ "keys differ by case",	"{\"a\":1,\"A\":2}",	"{\"a\":1,\"A\":2}" },
	{ "duplicate key",		"{\"a\":1,\"a\":2}",	NULL },
	{ "duplicate key deep",		"[{\"x\":{\"a\":1,\"\\u0061\":2}}]", NULL },
	{ "2^53",			"9007199254740992",	"9007199254740992" },
	{ "10^15",			"1000000000000000",	"1000000000000000" },
	{ "negative",			"-42",			"-42" },
	{ "fraction",			"0.1",			"0.1" },
	{ "17 digits are kept",		"0.30000000000000004",	"0.30000000000000004" },
	{ "exponent",			"1e3",			"1000" },
	{ "leading zero",		"01",			NULL },
	{ "plus",			"+1",			NULL },
	{ "no digit after the point",	"1.",			NULL },
	{ "no digit before the point",	".5",			NULL },
	{ "minus alone",		"-",			NULL },
	{ "no exponent",		"1e",			NULL },
	{ "NaN",			"NaN",			NULL },
	{ "overflow becomes null",	"1e999",		"null" },
	{ "empty",			"",			NULL },
	{ "blanks only",		"  ",			NULL },
	{ "bytes after the end",	"{} x",			NULL },
	{ "two values",			"1 2",			NULL },
	{ "comma at the end",		"[1,]",			NULL },
	{ "comma in front",		"[,1]",			NULL },
	{ "comma at the end of an object", "{\"a\":1,}",	NULL },
	{ "no colon",			"{\"a\" 1}",		NULL },
	{ "no key",			"{1:1}",		NULL },
	{ "open array",			"[1",			NULL },
	{ "open object",		"{\"a\":1",		NULL },
	{ "open string",		"\"abc",		NULL },
	{ "wrong bracket",		"[1}",			NULL },
	{ "unknown word",		"True",			NULL },
	{ "word too long",		"truex",		NULL },
	{ "unknown escape",		"\"\\x\"",		NULL },
	{ "short \\u",			"\"\\u12\"",		NULL },
	{ "NUL escape",			"\"a\\u0000b\"",	NULL },
	{ "control byte in a string",	"\"a\nb\"",		NULL },
	{ "control byte as a blank",	"\x0b[1]",		NULL },
	{ "byte order mark",		"\xef\xbb\xbf[1]",	NULL },
	{ "comment",			"[1] // x",		NULL },
	{ "bytes that are not UTF-8",	"[\"a\xff\xc3\xa9\"]",	"[\"a\\\\xff\xc3\xa9\"]" },
	{ "not UTF-8 outside strings",	"[\xff]",		NULL },
	{ "empty key",			"{\"\":1}",		"{\"\":1}" },
	{ "minus zero",			"-0",			"0" },
	{ "exponent with sign",		"[1E+2,1e-2]",		"[100,0.01]" },
	{ "smallest and largest",	"[5e-324,1.7976931348623157e308]", "[4.94065645841247e-324,1.7976931348623157e+308]" },
	{ "beyond 2^53",		"9007199254740994",	"9007199254740994" },
	{ "-2^53",			"-9007199254740992",	"-9007199254740992" },
	{ "two signs",			"--1",			NULL },
	{ "minus before a leading zero", "-01",			NULL },
	{ "no digit after the sign",	"1e+",			NULL },
	{ "hexadecimal",		"0x1",			NULL },
	{ "blank inside a number",	"[1 000]",		NULL },
	{ "infinity",			"-Infinity",		NULL },
	{ "single quotes",		"['a']",		NULL },
	{ "key without quotes",		"{a:1}",		NULL },
	{ "two colons",			"{\"a\"::1}",		NULL },
	{ "no value",			"{\"a\":}",		NULL },
	{ "colon in an array",		"[\"a\":1]",		NULL },
	{ "two commas",			"[1,,2]",		NULL },
	{ "comma alone",		"[,]",			NULL },
	{ "bracket too many",		"[1]]",			NULL },
	{ "brace too many",		"{}}",			NULL },
	{ "closing alone",		"]",			NULL },
	{ "word cut off",		"[nul]",		NULL },
	{ "\\u with a letter",		"\"\\u00g0\"",	NULL },
	{ "\\U in capitals",		"\"\\U00e9\"",	NULL },
	{ "capital digits after \\u",	"\"\\u00E9\"",	"\"\xc3\xa9\"" },
	{ "line separator",		"\"\\u2028\"",	"\"\xe2\x80\xa8\"" },
	{ "two high surrogates",	"\"\\ud83d\\ud83d\"",	NULL },
	{ "tabulator in a string",	"\"a\tb\"",		NULL },
	{ "form feed as a blank",	"[\f1]",		NULL },
	{ "not UTF-8 in a key",		"{\"\xff\":1}",	"{\"\\\\xff\":1}" },
	{ "a surrogate in UTF-8",	"\"\xed\xa0\x80\"", "\"\\\\xed\\\\xa0\\\\x80\"" },
	{ "not UTF-8 at a backslash",	"[\"\\\xff\"]",		NULL },
};

static void
test_limits(struct arena *a)
{
	struct err err = { 0 };
	char text[2 * JSON_DEPTH_MAX + 8];
	struct str big;
	int i;

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	CHECK("as deep as allowed",
	    json_parse(a, (struct text){ text, 2 * JSON_DEPTH_MAX }, &err) != NULL);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	CHECK("too deep", json_parse(a, (struct text){ text, 2 * JSON_DEPTH_MAX + 2 }, &err) ==
	    NULL && err.code == ERR_LIMIT);
	CHECK("brackets in strings do not count", json_parse(a, TEXT("\"[[[[[[[[[[[[[[[[[[[[[[[["
	    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""), &err) != NULL);
	CHECK("NUL byte", json_parse(a, (struct text){ "[1]\0", 4 }, &err) == NULL);
	CHECK("NUL byte in a string", json_parse(a, (struct text){ "\"a\0\"", 4 }, &err) == NULL &&
	    err.code == ERR_SYNTAX);
	CHECK("err may be NULL", json_parse(a, TEXT("{"), NULL) == NULL);

	big = str_in(a, 1 << 22);
	str_addc(&big, '{');
	for (i = 0; i < 50000; i++)
		str_addf(&big, "%s\"k%d\":%d", i > 0 ? "," : "", i, i);
	str_addc(&big, '}');
	CHECK("fifty thousand keys", json_count(json_parse(a, str_text(&big), &err)) == 50000);
	big.p[--big.n] = ',';
	str_add(&big, ",");
	big.n--;
	str_add(&big, "\"k77\":1}");
	CHECK("a duplicate among many", json_parse(a, str_text(&big), &err) == NULL &&
	    err.code == ERR_SYNTAX);
}

static void
test_build(struct arena *a)
{
	struct json *o = json_new_object(a), *l, *in;
	const struct json *v;

	json_put_str(o, "s", "x");
	json_put_str(o, "none", NULL);
	json_put_text(o, "t", (struct text){ "a\0\xff", 3 });
	json_put_int(o, "i", -7);
	json_put_double(o, "d", 0.5);
	json_put_bool(o, "b", true);
	json_put_null(o, "n");
	in = json_put_object(o, "o");
	json_put_int(in, "x", 1);
	l = json_put_array(o, "l");
	json_add_str(l, "a");
	json_add_text(l, TEXT("b"));
	json_add_int(l, 3);
	json_put_int(json_add_object(l), "y", 2);
	json_add_array(l);
	json_add_copy(l, in);
	json_put_copy(o, "c", l);
	json_put_copy(o, "c0", NULL);
	CHECK_STR("built", json_print(a, o), "{\"s\":\"x\",\"none\":null,\"t\":\"a\\\\x00\\\\xff\","
	    "\"i\":-7,\"d\":0.5,\"b\":true,\"n\":null,\"o\":{\"x\":1},"
	    "\"l\":[\"a\",\"b\",3,{\"y\":2},[],{\"x\":1}],"
	    "\"c\":[\"a\",\"b\",3,{\"y\":2},[],{\"x\":1}],\"c0\":null}");
	json_put_int(o, "s", 1);
	CHECK("replaced", json_int(o, "s", 0) == 1 && json_count(o) == 11);
	CHECK_STR("in its place", json_key(json_first(o)), "s");
	json_put_int(o, "S", 2);
	CHECK("case matters", json_int(o, "s", 0) == 1 && json_int(o, "S", 0) == 2);
	json_remove(o, "s");
	json_remove(o, "absent");
	CHECK("removed", json_get(o, "s") == NULL && json_get(o, "S") != NULL);

	CHECK("wrong type gives the default", json_int(o, "t", 9) == 9 && json_str(o, "i") == NULL);
	CHECK("a fraction is no integer", json_int(o, "d", 9) == 9 &&
	    json_double(o, "d", 0) == 0.5);
	CHECK("tristate", json_tristate(o, "b") == 1 && json_tristate(o, "n") == -1 &&
	    json_tristate(o, "absent") == -1);
	v = json_get(json_get(json_get(o, "absent"), "x"), "y");
	CHECK("paths through nothing", v == NULL && json_is_null(v) && json_count(v) == 0 &&
	    json_first(v) == NULL && json_value_int(v, 5) == 5 && json_value_str(v) == NULL);
	CHECK("an array has no keys", json_get(json_get(o, "l"), "a") == NULL);
	json_put_double(o, "d", NAN);
	CHECK("NaN prints as null", strstr(json_print(a, o), "\"d\":null") != NULL);
	json_remove(o, "d");
	CHECK("copy equals", json_eq(json_copy(a, o), o));
	l = json_new_array(a);
	CHECK_STR("pretty, empty", json_print_pretty(a, l), "[]");
	json_put_int(json_add_object(l), "a", 1);
	CHECK_STR("pretty", json_print_pretty(a, l), "[\n  {\n    \"a\": 1\n  }\n]");
}

/* The member "id" as it was written; NULL = there is none. */
static const struct {
	const char	*name, *in, *want;
} written[] = {
	{ "2^53 + 1",			"{\"id\":9007199254740993}",		"9007199254740993" },
	{ "20 digits",			"{\"a\":[1,{\"id\":2}],\"id\": 18446744073709551617 }", "18446744073709551617" },
	{ "negative",			"{\"id\":-9007199254740993,\"b\":1}",	"-9007199254740993" },
	{ "a fraction of many digits",	"{\"id\":0.12345678901234567890}",	"0.12345678901234567890" },
	{ "zeros at the end",		"{\"id\":1.500}",			"1.500" },
	{ "an exponent",		"{\"id\":1E+2}",			"1E+2" },
	{ "more than a double holds",	"{\"id\":1e999}",			"1e999" },
	{ "inside an array",		"\t{ \"id\" : [ 9007199254740993 , \"a b\" ] } ", "[9007199254740993,\"a b\"]" },
	{ "inside an object",		"{\"id\":{\"n\": 9007199254740993}}", "{\"n\":9007199254740993}" },
	{ "a text with quotes",		"{\"id\":\"a \\\" , \\\\\", \"b\":2}", "\"a \\\" , \\\\\"" },
	{ "not UTF-8",			"{\"id\":\"\xff\"}",			"\"\\\\xff\"" },
	{ "null",			"{\"id\":null}",			"null" },
	{ "the key in escapes",		"{\"b\":\"id\",\"\\u0069d\":7}",	"7" },
	{ "no such member",		"{\"a\":1,\"b\":{\"id\":1}}",		NULL },
	{ "an empty object",		"{}",				NULL },
};

static void
test_written(struct arena *a)
{
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		struct text in = text_of(written[i].in);
		struct json *o = json_new_object(a), *from = json_parse(a, in, &err);
		bool put = json_put_as_written(o, "id", from, in);

		json_put_int(o, "y", 1);
		CHECK(written[i].name, from != NULL && put == (written[i].want != NULL));
		CHECK_STR(written[i].name, json_print(a, json_copy(a, o)), written[i].want == NULL ? "{\"y\":1}" :
		    arena_printf(a, "{\"id\":%s,\"y\":1}", written[i].want));
	}
}

static void
test_settle(struct arena *a)
{
	struct err err = { 0 };
	struct json *o = json_parse(a, TEXT("{\"a\":{\"b\":[1,\"x\\n\"]},\"c\":{},\"d\":2}"), &err);

	json_settle(o, "a");
	json_settle(o, "c");
	json_settle(o, "none");
	CHECK("settled: not read any more", json_get(json_get(o, "a"), "b") == NULL);
	CHECK_STR("settled: printed as before", json_print(a, json_copy(a, o)),
	    "{\"a\":{\"b\":[1,\"x\\n\"]},\"c\":{},\"d\":2}");
}

/* Whatever the length, and wherever the byte stands that is escaped. */
static void
test_lengths(struct arena *a)
{
	static const char odd[] = { '"', '\\', '\n', 0x01, 0x7f };
	char text[40];

	for (size_t n = 1; n < sizeof(text); n++) {
		for (size_t at = 0; at <= n; at++) {
			struct json *list = json_new_array(a), *again;
			const char *printed;

			memset(text, 'a', n);
			text[n] = '\0';
			if (at < n)
				text[at] = odd[(n + at) % sizeof(odd)];
			json_add_str(list, text);
			printed = json_print(a, list);
			again = json_parse(a, text_of(printed), NULL);
			CHECK_STR(printed, json_value_str(json_first(again)), text);
			CHECK(printed, (strlen(printed) == n + 4) == (at == n));
		}
	}
}

static void
test_eq(struct arena *a)
{
	static const struct {
		const char	*one, *two;
		bool		 want;
	} rows[] = {
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
		{ "{\"a\":1,\"b\":2}", "{\"a\":1}", false },
		{ "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false },
		{ "[1,2]", "[2,1]", false }, { "[1,2]", "[1,2]", true },
		{ "[1]", "[1,2]", false }, { "[]", "{}", false }, { "1", "1.0", true },
		{ "\"1\"", "1", false }, { "true", "false", false }, { "null", "null", true },
		{ "null", "0", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(rows[i].one, json_eq(json_parse(a, text_of(rows[i].one), NULL),
		    json_parse(a, text_of(rows[i].two), NULL)) == rows[i].want);
	CHECK("NULL is null", json_eq(NULL, json_parse(a, TEXT("null"), NULL)));
}

static void
test_shared(struct arena *a)
{
	struct json *object = json_new_object(a), *list = json_new_array(a);

	json_put_str(object, "k", "v");
	json_add_shared(list, object);
	json_add_shared(list, object);
	CHECK_STR("an object in two places", json_print(a, list), "[{\"k\":\"v\"},{\"k\":\"v\"}]");
}

static void
test_write_str(struct arena *a)
{
	static const struct { const char *in, *want; } rows[] = {
		{ NULL, "null" }, { "", "\"\"" }, { "plain", "\"plain\"" }, { "a\"b\\\n\x7f", "\"a\\\"b\\\\\\n\\u007f\"" },
	};
	char longer[1000];
	struct str s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = str_in(a, 4096);
		json_write_str(&s, rows[i].in);
		CHECK_STR("a string alone", s.p, rows[i].want);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	s = str_in(a, 4096);
	json_write_str(&s, longer);
	CHECK("a long one", s.n == sizeof(longer) + 1 && s.p[0] == '"' && s.p[s.n - 1] == '"');
	s = str_in(a, 64);
	str_addi(&s, 0);
	str_addi(&s, -7);
	str_addi(&s, INT64_MIN);
	CHECK_STR("numbers", s.p, "0-7-9223372036854775808");
}

int
main(void)
{
	struct arena *a = arena_new();
	struct json *v;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(parses) / sizeof(parses[0]); i++) {
		memset(&err, 0, sizeof(err));
		v = json_parse(a, text_of(parses[i].in), &err);
		CHECK_STR(parses[i].name, v == NULL ? NULL : json_print(a, v), parses[i].want);
		CHECK(parses[i].name, v != NULL || (err.code == ERR_SYNTAX && err.text[0] != '\0'));
	}
	test_limits(a);
	test_written(a);
	test_build(a);
	test_settle(a);
	test_lengths(a);
	test_eq(a);
	test_shared(a);
	test_write_str(a);
	arena_free(a);
	TEST_END();
}
