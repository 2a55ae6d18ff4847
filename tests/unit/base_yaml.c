#include "unit/test.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"

/* The tree on one line: scalars as they are (quoted in quotes), [..], {key: ..}. */
static void
dump(struct str *out, const struct yaml *y)
{
	const struct yaml *c;

	if (y->kind == YAML_SCALAR) {
		str_addf(out, y->quoted ? "\"%s\"" : "%s", y->value);
		return;
	}
	str_addc(out, y->kind == YAML_SEQ ? '[' : '{');
	for (c = y->first; c != NULL; c = c->next) {
		if (c->key != NULL)
			str_addf(out, "%s: ", c->key);
		dump(out, c);
		if (c->next != NULL)
			str_add(out, ", ");
	}
	str_addc(out, y->kind == YAML_SEQ ? ']' : '}');
}

static const struct {
	const char	*name, *in, *want;	/* NULL = refused */
	const char	*err;			/* begins with */
} rows[] = {
	{ "map",		"a: 1\nb: x y\n",		"{a: 1, b: x y}",	NULL },
	{ "nested",		"a:\n  b: [1, {c: d}]\n",	"{a: {b: [1, {c: d}]}}", NULL },
	{ "quoted",		"a: \"1\"\nb: 'x'\n",		"{a: \"1\", b: \"x\"}",	NULL },
	{ "folded",		"a: >-\n  x\n  y\n",		"{a: \"x y\"}",		NULL },
	{ "!!str",		"a: !!str 1\n",			"{a: \"1\"}",		NULL },
	{ "comments only",	"# nothing\n",			"",			NULL },
	{ "nothing",		"",				"",			NULL },
	{ "a dotted key",	"spf.missing:\n  title: x\n",	"{spf.missing: {title: x}}", NULL },
	{ "duplicate key",	"a: 1\nb: 2\na: 3\n",		NULL,	"f.yaml:3:1: the key \"a\"" },
	{ "duplicate key deep",	"x:\n  a: 1\n  a: 3\n",		NULL,	"f.yaml:3:3: " },
	{ "same key in two maps", "x: {a: 1}\ny: {a: 2}\n",	"{x: {a: 1}, y: {a: 2}}", NULL },
	{ "alias",		"a: &x 1\nb: *x\n",		NULL,	"f.yaml:2:4: aliases" },
	{ "tag",		"a: !!binary aGk=\n",		NULL,	"f.yaml:1:4: tags" },
	{ "tag of a map",	"a: !x {}\n",			NULL,	"f.yaml:1:4: tags" },
	{ "a map as key",	"? {a: 1}\n: 2\n",		NULL,	"f.yaml:1:3: a key" },
	{ "two documents",	"a: 1\n---\nb: 2\n",		NULL,	"f.yaml:2:1: a second" },
	{ "tabulator",		"a:\n\tb: 1\n",			NULL,	"f.yaml:2:1: " },
	{ "open bracket",	"a: [1, 2\nb: 3\n",		NULL,	"f.yaml:" },
	{ "NUL by escape",	"a: \"x\\0y\"\n",		NULL,	"f.yaml:1:4: a NUL" },
	{ "not UTF-8",		"a: \xff\n",			NULL,	"f.yaml:1:" },
};

static void
test_limits(struct arena *a)
{
	struct str s = str_in(a, 1 << 22);
	struct err err = { 0 };
	int i;

	for (i = 0; i < YAML_DEPTH_MAX; i++)
		str_addc(&s, '[');
	for (i = 0; i < YAML_DEPTH_MAX; i++)
		str_addc(&s, ']');
	CHECK("as deep as allowed", yaml_parse(a, str_text(&s), "f", &err) != NULL);
	s = str_in(a, 1 << 22);
	for (i = 0; i < 1 << 20; i++)
		str_addc(&s, '[');
	CHECK("too deep", yaml_parse(a, str_text(&s), "f", &err) == NULL && err.code == ERR_LIMIT);
	s = str_in(a, 1 << 22);
	for (i = 0; i <= YAML_NODES_MAX; i++)
		str_add(&s, "- x\n");
	CHECK("too many", yaml_parse(a, str_text(&s), "f", &err) == NULL && err.code == ERR_LIMIT);
	CHECK("absent file", yaml_load(a, "/nonexistent/x.yaml", &err) == NULL &&
	    err.code == ERR_NOT_FOUND);
}

static void
test_typed(struct arena *a)
{
	static const char *const known[] = { "resolvers", "timeout_ms", "tries", NULL };
	struct err err = { 0 };
	struct yaml *y;
	int64_t n = 0;
	bool b = false;

	y = yaml_parse(a, TEXT("t: true\nf: False\nq: \"true\"\nn: 42\nm: -7\nz: 010\nqn: \"1\"\n"
	    "null1: ~\nnull2:\nnull3: null\nempty: \"\"\nl: [1]\nbig: 99999999999999999999\n"), "f.yaml", &err);
	CHECK("true", yaml_bool(yaml_get(y, "t"), &b, &err) && b);
	CHECK("false", yaml_bool(yaml_get(y, "f"), &b, &err) && !b);
	CHECK("in quotes it is a text", !yaml_bool(yaml_get(y, "q"), &b, &err));
	CHECK_STR("where and what", err.text, "f.yaml:3:4: q: expected true or false");
	CHECK("number", yaml_int(yaml_get(y, "n"), 0, 100, &n, &err) && n == 42);
	CHECK("negative", yaml_int(yaml_get(y, "m"), -10, 100, &n, &err) && n == -7);
	CHECK("below", !yaml_int(yaml_get(y, "m"), 0, 100, &n, &err));
	CHECK_STR("range", err.text, "f.yaml:5:4: m: expected a whole number from 0 to 100");
	CHECK("above", !yaml_int(yaml_get(y, "n"), 0, 41, &n, &err));
	CHECK("leading zero", !yaml_int(yaml_get(y, "z"), 0, 100, &n, &err));
	CHECK("quoted number", !yaml_int(yaml_get(y, "qn"), 0, 100, &n, &err));
	CHECK("a list is no number", !yaml_int(yaml_get(y, "l"), 0, 100, &n, &err));
	CHECK("too big", !yaml_int(yaml_get(y, "big"), 0, INT64_MAX, &n, &err));
	CHECK("absent", !yaml_int(yaml_get(y, "none"), 0, 1, &n, &err));
	CHECK("nulls", yaml_is_null(yaml_get(y, "null1")) && yaml_is_null(yaml_get(y, "null2")) &&
	    yaml_is_null(yaml_get(y, "null3")) && yaml_is_null(yaml_get(y, "none")));
	CHECK("empty text is no null", !yaml_is_null(yaml_get(y, "empty")));
	CHECK_STR("text", yaml_str(y, "n", "d"), "42");
	CHECK_STR("null gives the default", yaml_str(y, "null1", "d"), "d");
	CHECK_STR("a list gives the default", yaml_str(y, "l", "d"), "d");
	CHECK_STR("empty text stays", yaml_str(y, "empty", "d"), "");
	CHECK("paths through nothing", yaml_get(yaml_get(y, "none"), "x") == NULL);

	y = yaml_parse(a, TEXT("dns:\n  tries: 2\n  resolver: [x]\n"), "f.yaml", &err);
	CHECK("unknown key", !yaml_known_keys(yaml_get(y, "dns"), known, &err));
	CHECK_STR("unknown key", err.text, "f.yaml:3:3: unknown key \"resolver\"; the nearest known"
	    " key is \"resolvers\"");
	y = yaml_parse(a, TEXT("timout_ms: 1\n"), "f.yaml", &err);
	CHECK("a letter left out", !yaml_known_keys(y, known, &err) &&
	    strstr(err.text, "\"timeout_ms\"") != NULL);
	y = yaml_parse(a, TEXT("tries: 1\n"), "f.yaml", &err);
	CHECK("known", yaml_known_keys(y, known, &err));
	CHECK("nothing is known", yaml_known_keys(NULL, known, &err));
	y = yaml_parse(a, TEXT("[a]\n"), "f.yaml", &err);
	CHECK("not a map", !yaml_known_keys(y, known, &err));
	CHECK("an error of our own", !yaml_err(y->first, &err, "no %s", "good"));
	CHECK_STR("an error of our own", err.text, "f.yaml:1:2: no good");
}

int
main(void)
{
	struct arena *a = arena_new();
	struct err err;
	struct yaml *y;
	struct str s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&err, 0, sizeof(err));
		s = str_in(a, 1000);
		y = yaml_parse(a, text_of(rows[i].in), "f.yaml", &err);
		if (y != NULL)
			dump(&s, y);
		CHECK_STR(rows[i].name, y == NULL ? NULL : s.p, rows[i].want);
		if (rows[i].err != NULL && strncmp(err.text, rows[i].err, strlen(rows[i].err)) != 0)
			CHECK_STR(rows[i].name, err.text, rows[i].err);
	}
	test_limits(a);
	test_typed(a);
	arena_free(a);
	TEST_END();
}
