#include "unit/test.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"

static const struct {
	const char	*name;
	struct text	 in;
	const char	*want;
} shows[] = {
	{ "ASCII is kept",			{ "a b", 3 },			"a b" },
	{ "UTF-8 is kept",			{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\xa7", 9 },
	    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\xa7" },
	{ "a lone continuation byte",		{ "a\x80z", 3 },		"a\\x80z" },
	{ "overlong slash, RFC 3629 3",		{ "\xc0\xaf", 2 },		"\\xc0\\xaf" },
	{ "overlong three octets",		{ "\xe0\x80\xaf", 3 },		"\\xe0\\x80\\xaf" },
	{ "overlong four octets",		{ "\xf0\x80\x80\xaf", 4 },	"\\xf0\\x80\\x80\\xaf" },
	{ "surrogate",				{ "\xed\xa0\x80", 3 },		"\\xed\\xa0\\x80" },
	{ "last before the surrogates",		{ "\xed\x9f\xbf", 3 },		"\xed\x9f\xbf" },
	{ "U+10FFFF",				{ "\xf4\x8f\xbf\xbf", 4 },	"\xf4\x8f\xbf\xbf" },
	{ "beyond U+10FFFF",			{ "\xf4\x90\x80\x80", 4 },	"\\xf4\\x90\\x80\\x80" },
	{ "F5 is never right",			{ "\xf5\x80\x80\x80", 4 },	"\\xf5\\x80\\x80\\x80" },
	{ "cut off at the end",			{ "a\xe2\x82", 3 },		"a\\xe2\\x82" },
	{ "broken in the middle",		{ "\xe2\x28\xa1", 3 },		"\\xe2(\\xa1" },
	{ "NUL",				{ "a\0b", 3 },			"a\\x00b" },
	{ "other control bytes stay",		{ "\x01\n\x7f", 3 },		"\x01\n\x7f" },
	{ "empty",				{ NULL, 0 },			"" },
};

static const struct {
	const char	*name;
	const char	*in;
	uint64_t	 max;
	bool		 ok;
	uint64_t	 want;
} uints[] = {
	{ "zero",		"0",	10,	true,	0 },
	{ "leading zeros",	"007",	10,	true,	7 },
	{ "the maximum",	"10",	10,	true,	10 },
	{ "over the maximum",	"11",	10,	false,	0 },
	{ "empty",		"",	10,	false,	0 },
	{ "sign",		"+1",	10,	false,	0 },
	{ "blank",		" 1",	10,	false,	0 },
	{ "letter",		"1a",	10,	false,	0 },
	{ "2^64-1",		"18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "2^64",		"18446744073709551616", UINT64_MAX, false, 0 },
	{ "far too long",	"99999999999999999999999", UINT64_MAX, false, 0 },
};

static void
count_down(void *p)
{
	int *n = p;

	*n = *n * 10 + 1;
}

static void
count_up(void *p)
{
	int *n = p;

	*n = *n * 10 + 2;
}

static void
test_arena(void)
{
	struct arena *a = arena_new();
	unsigned char *z;
	char *p, *q;
	int order = 0;
	size_t i;

	for (i = 1; i < 3000; i += 7) {
		p = arena_alloc(a, i);
		CHECK("pieces are aligned", (uintptr_t)p % _Alignof(max_align_t) == 0);
		memset(p, 0xff, i);
	}
	z = arena_zalloc(a, 100000);
	CHECK("a large piece is zeroed", z[0] == 0 && z[99999] == 0);
	p = arena_array(a, 3, 5);
	CHECK("an array is zeroed", p[0] == 0 && p[14] == 0);
	memcpy(p, "abc", 3);
	q = arena_grow(a, p, 3, 10, 1);
	CHECK("growing keeps the old and zeroes the new", memcmp(q, "abc\0\0\0\0\0\0\0", 10) == 0);
	CHECK_STR("printf short", arena_printf(a, "%s-%d", "x", 7), "x-7");
	CHECK("printf long", strlen(arena_printf(a, "%5000d", 1)) == 5000);
	CHECK_STR("strndup", arena_strndup(a, "hello", 2), "he");
	CHECK("used counts", arena_used(a) > 100000);
	arena_defer(a, count_down, &order);
	arena_defer(a, count_up, &order);
	arena_free(a);
	CHECK("deferred: last added first", order == 21);
	arena_free(NULL);
}

static void
test_text(struct arena *a)
{
	struct text rest = TEXT("a,,b,"), part;
	size_t at = 99, i;
	uint64_t n;

	CHECK("split 1", text_split(&rest, ',', &part) && text_is(part, "a"));
	CHECK("split: empty part", text_split(&rest, ',', &part) && text_is(part, ""));
	CHECK("split 3", text_split(&rest, ',', &part) && text_is(part, "b"));
	CHECK("split ends when nothing is left", !text_split(&rest, ',', &part));

	rest = TEXT("one\r\ntwo\n\nfour");
	CHECK("line with CR LF", text_line(&rest, &part) && text_is(part, "one"));
	CHECK("line with LF", text_line(&rest, &part) && text_is(part, "two"));
	CHECK("empty line", text_line(&rest, &part) && text_is(part, ""));
	CHECK("last line without end", text_line(&rest, &part) && text_is(part, "four"));
	CHECK("no more lines", !text_line(&rest, &part));

	CHECK("find", text_find(TEXT("abcabc"), TEXT("ca"), &at) && at == 2);
	CHECK("ifind", text_ifind(TEXT("xxABC"), TEXT("abc"), &at) && at == 2);
	CHECK("not found", !text_find(TEXT("abc"), TEXT("abcd"), &at));
	CHECK("not ifound", !text_ifind(TEXT("abc"), TEXT("abcd"), &at));
	CHECK("starts", text_starts(TEXT("v=spf1"), "v=") && !text_starts(TEXT("v"), "v="));
	CHECK("istarts", text_istarts(TEXT("V=SPF1"), "v=spf1"));
	CHECK("ends", text_ends(TEXT("a.yaml"), ".yaml") && !text_ends(TEXT("l"), ".yaml"));
	CHECK("iends", text_iends(TEXT("a.YAML"), ".yaml"));
	CHECK("only ASCII letters fold", !text_ieq(TEXT("\xc4"), TEXT("\xe4")));
	CHECK("'@' is not '`'", !text_ieq(TEXT("@"), TEXT("`")));
	CHECK("NULL is the empty text", text_of(NULL).n == 0 && text_is(text_of(NULL), ""));
	CHECK("trim", text_is(text_trim(TEXT(" \t\r\n x y \n")), "x y"));
	CHECK("trim of blanks", text_trim(TEXT("  ")).n == 0);
	CHECK("skip beyond the end", text_skip(TEXT("ab"), 9).n == 0);
	CHECK_STR("cstr shows NUL", text_cstr(a, (struct text){ "a\0b", 3 }), "a?b");

	for (i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
		CHECK_STR(shows[i].name, text_show(a, shows[i].in), shows[i].want);
	for (i = 0; i < sizeof(uints) / sizeof(uints[0]); i++) {
		CHECK(uints[i].name,
		    text_uint(text_of(uints[i].in), uints[i].max, &n) == uints[i].ok &&
		    (!uints[i].ok || n == uints[i].want));
	}
}

/* RFC 3629 4, the grammar as it stands there. */
static bool
is_utf8(const unsigned char *p, size_t n)
{
#define IN(i, lo, hi)	(p[i] >= (lo) && p[i] <= (hi))
#define TAIL(i)		IN(i, 0x80, 0xbf)
	if (n == 1)
		return IN(0, 0x00, 0x7f);
	if (n == 2)
		return IN(0, 0xc2, 0xdf) && TAIL(1);
	if (n == 3)
		return (IN(0, 0xe0, 0xe0) && IN(1, 0xa0, 0xbf) && TAIL(2)) ||
		    (IN(0, 0xe1, 0xec) && TAIL(1) && TAIL(2)) ||
		    (IN(0, 0xed, 0xed) && IN(1, 0x80, 0x9f) && TAIL(2)) ||
		    (IN(0, 0xee, 0xef) && TAIL(1) && TAIL(2));
	return (IN(0, 0xf0, 0xf0) && IN(1, 0x90, 0xbf) && TAIL(2) && TAIL(3)) ||
	    (IN(0, 0xf1, 0xf3) && TAIL(1) && TAIL(2) && TAIL(3)) ||
	    (IN(0, 0xf4, 0xf4) && IN(1, 0x80, 0x8f) && TAIL(2) && TAIL(3));
}

static void
test_utf8(void)
{
	static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	unsigned char p[4];
	size_t n, i, j, k, l, got, want, differ = 0;
	uint32_t c;

	for (i = 0; i < 256; i++) {
		for (j = 0; j < 256; j++) {
			for (k = 0; k < sizeof(edges) * sizeof(edges); k++) {
				l = k % sizeof(edges);
				p[0] = (unsigned char)i;
				p[1] = (unsigned char)j;
				p[2] = edges[k / sizeof(edges)];
				p[3] = edges[l];
				for (want = 0, n = 1; n <= 4; n++) {
					if (is_utf8(p, n))
						want = n;
				}
				if (p[0] < 0x80)
					want = 1;
				got = text_utf8((struct text){ (char *)p, 4 }, &c);
				differ += got != want;
			}
		}
	}
	CHECK("the grammar of RFC 3629 4", differ == 0);
}

static void
test_str(struct arena *a)
{
	struct str s = str_in(a, 10);
	size_t i;

	CHECK_STR("new is empty", s.p, "");
	str_add(&s, "12345");
	str_addf(&s, "%d", 6789);
	CHECK_STR("add and addf", s.p, "123456789");
	str_addc(&s, '0');
	CHECK("exactly full is ok", str_ok(&s) && s.n == 10);
	str_addc(&s, 'x');
	CHECK("one more is not", !str_ok(&s));
	CHECK_STR("it stays as it was", s.p, "1234567890");

	s = str_in(a, 4);
	str_add(&s, "abcde");
	str_add(&s, "f");
	CHECK_STR("nothing is added after what did not fit", s.p, "");
	s = str_in(a, 4);
	str_addf(&s, "%s", "abcde");
	CHECK("addf over the bound", !str_ok(&s) && s.n == 0 && s.p[0] == '\0');

	s = str_in(a, 100000);
	for (i = 0; i < 10000; i++)
		str_addf(&s, "%04zu", i);
	CHECK("grows", str_ok(&s) && s.n == 40000 && strcmp(s.p + 39996, "9999") == 0);
	s = str_in(a, 0);
	str_add(&s, "");
	CHECK("bound 0 holds nothing", str_ok(&s) && s.p[0] == '\0');
	str_addt(&s, (struct text){ NULL, 0 });
	CHECK("the empty text adds nothing", str_ok(&s));
}

static void
test_map(struct arena *a)
{
	struct map *m = map_new(a);
	char key[32];
	const char *k;
	size_t i, good = 0;
	int values[3];

	CHECK("empty", map_get(m, "a") == NULL && map_count(m) == 0);
	map_put(m, "b", &values[0]);
	map_put(m, "a", &values[1]);
	map_put(m, "b", &values[2]);
	CHECK("replaced", map_get(m, "b") == &values[2] && map_count(m) == 2);
	CHECK("order of insertion", map_at(m, 0, &k) == &values[2] && strcmp(k, "b") == 0);
	CHECK("second", map_at(m, 1, &k) == &values[1] && strcmp(k, "a") == 0);
	CHECK("beyond the end", map_at(m, 2, &k) == NULL);

	m = map_new(a);
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "key-%zu", i);
		map_put(m, key, arena_strdup(a, key));
	}
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "key-%zu", i);
		k = map_get(m, key);
		good += k != NULL && strcmp(k, key) == 0 && map_at(m, i, NULL) == k;
	}
	CHECK("twenty thousand keys", good == 20000 && map_count(m) == 20000);
	CHECK("absent among many", map_get(m, "key-20000") == NULL);
}

static void
test_err(void)
{
	struct err err = { 0 };
	enum err_code code;
	int i;

	CHECK("set returns false", !err_set(&err, ERR_LIMIT, "%d", 5) && err.code == ERR_LIMIT);
	CHECK_STR("text", err.text, "5");
	CHECK("NULL is allowed", !err_set(NULL, ERR_IO, "x"));
	CHECK_STR("word", err_word(ERR_NOT_FOUND), "not_found");
	for (i = ERR_NONE; i <= ERR_UNSUPPORTED; i++)
		CHECK("words come back", err_parse(err_word((enum err_code)i), &code) &&
		    code == (enum err_code)i);
	CHECK("no such word", !err_parse("zzz", &code) && !err_parse(NULL, &code));
}

int
main(void)
{
	struct arena *a = arena_new();

	test_arena();
	test_text(a);
	test_utf8();
	test_str(a);
	test_map(a);
	test_err();
	arena_free(a);
	TEST_END();
}
