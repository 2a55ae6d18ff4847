/* SPF records: which TXT is one, its terms, its faults (RFC 7208 4.5, 4.6.1, 5, 6, 12). */

#include "base/arena.h"
#include "mail/spf.h"
#include "tests/zone.h"
#include "unit/test.h"

static const struct {
	const char	*name, *text;
	bool		 is;
} records[] = {
	{ "version alone",			"v=spf1",		true },		/* 4.5 */
	{ "version and a blank",		"v=spf1 ",		true },
	{ "case does not matter",		"V=SPF1 -ALL",		true },
	{ "mixed case",				"v=SpF1 mx",		true },
	{ "another version",			"v=spf10",		false },
	{ "another version with terms",		"v=spf10 -all",		false },
	{ "semicolon behind the version",	"v=spf1; -all",		false },
	{ "comma behind the version",		"v=spf1,-all",		false },
	{ "tab behind the version",		"v=spf1\t-all",		false },
	{ "blank in front",			" v=spf1 -all",		false },
	{ "quote in front",			"\"v=spf1 -all\"",	false },
	{ "no version",				"-all",			false },
	{ "letter l for digit 1",		"v=spfl -all",		false },
	{ "Sender ID",				"spf2.0/pra -all",	false },
	{ "too short",				"v=spf",		false },
	{ "empty",				"",			false },
	{ "no blank at the joint",		"v=spf1mx",		false },
	{ "blank around the sign",		"v = spf1 -all",	false },
};

/* One term alone in a record; the kind and the fault it gets. */
static const struct {
	const char	*term;
	enum spf_kind	 kind;
	enum spf_fault	 fault;
} terms[] = {
	/* all, 5.1 */
	{ "all",			SPF_ALL,	SPF_FINE },
	{ "+all",			SPF_ALL,	SPF_FINE },
	{ "-ALL",			SPF_ALL,	SPF_FINE },
	{ "~all",			SPF_ALL,	SPF_FINE },
	{ "?all",			SPF_ALL,	SPF_FINE },
	{ "all:",			SPF_ALL,	SPF_UNWANTED_VALUE },
	{ "all:x.com",			SPF_ALL,	SPF_UNWANTED_VALUE },
	{ "all/8",			SPF_ALL,	SPF_UNWANTED_VALUE },
	{ "all.",			SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "--all",			SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "*all",			SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "-",				SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "all;",			SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	/* include, 5.2 */
	{ "include:a.example",		SPF_INCLUDE,	SPF_FINE },
	{ "INCLUDE:A.example",		SPF_INCLUDE,	SPF_FINE },
	{ "?include:a.example",		SPF_INCLUDE,	SPF_FINE },
	{ "include:a.example.",		SPF_INCLUDE,	SPF_FINE },
	{ "include:%{d}",		SPF_INCLUDE,	SPF_FINE },
	{ "include:_spf.%{d2}",		SPF_INCLUDE,	SPF_FINE },
	{ "include:a_b.example",	SPF_INCLUDE,	SPF_FINE },
	{ "include",			SPF_INCLUDE,	SPF_NO_DOMAIN },
	{ "include:",			SPF_INCLUDE,	SPF_NO_DOMAIN },
	{ "include:a.example/24",	SPF_INCLUDE,	SPF_BAD_DOMAIN },
	{ "include/24",			SPF_INCLUDE,	SPF_UNWANTED_VALUE },
	{ "include:localhost",		SPF_INCLUDE,	SPF_BAD_DOMAIN },
	{ "include:a.example;",		SPF_INCLUDE,	SPF_BAD_DOMAIN },
	{ "include:a.example,",		SPF_INCLUDE,	SPF_BAD_DOMAIN },
	{ "include:a..",		SPF_INCLUDE,	SPF_BAD_DOMAIN },
	/* a, 5.3 */
	{ "a",				SPF_A,		SPF_FINE },
	{ "a/24",			SPF_A,		SPF_FINE },
	{ "a/0",			SPF_A,		SPF_FINE },
	{ "a//64",			SPF_A,		SPF_FINE },
	{ "a/24//64",			SPF_A,		SPF_FINE },
	{ "a:h.example/24//64",		SPF_A,		SPF_FINE },
	{ "a:h.example//0",		SPF_A,		SPF_FINE },
	{ "a:foo:bar/baz.example",	SPF_A,		SPF_FINE },	/* any visible octet, 7.1 */
	{ "a:a/24.example",		SPF_A,		SPF_FINE },
	{ "a:.example",			SPF_A,		SPF_FINE },	/* grammar; no name, 4.8 */
	{ "a:b..example",		SPF_A,		SPF_FINE },	/* likewise */
	{ "a:x.xn--zckzah",		SPF_A,		SPF_FINE },
	{ "a:x.a-b-c",			SPF_A,		SPF_FINE },
	{ "a:x.1a",			SPF_A,		SPF_FINE },
	{ "a:x.1-2",			SPF_A,		SPF_FINE },
	{ "a:",				SPF_A,		SPF_NO_DOMAIN },
	{ "a:/24",			SPF_A,		SPF_NO_DOMAIN },
	{ "a/33",			SPF_A,		SPF_BAD_CIDR },
	{ "a//129",			SPF_A,		SPF_BAD_CIDR },
	{ "a/024",			SPF_A,		SPF_BAD_CIDR },
	{ "a/00",			SPF_A,		SPF_BAD_CIDR },
	{ "a/",				SPF_A,		SPF_BAD_CIDR },
	{ "a//",			SPF_A,		SPF_BAD_CIDR },
	{ "a///64",			SPF_A,		SPF_BAD_CIDR },
	{ "a/24/64",			SPF_A,		SPF_BAD_CIDR },
	{ "a//64/24",			SPF_A,		SPF_BAD_CIDR },
	{ "a/x",			SPF_A,		SPF_BAD_CIDR },
	{ "a:h.example/33",		SPF_A,		SPF_BAD_CIDR },
	{ "a:h.example/24/64",		SPF_A,		SPF_BAD_CIDR },
	{ "a:museum",			SPF_A,		SPF_BAD_DOMAIN },
	{ "a:museum.",			SPF_A,		SPF_BAD_DOMAIN },
	{ "a:111.222.33.44",		SPF_A,		SPF_BAD_DOMAIN },	/* numeric top label */
	{ "a:abc.123",			SPF_A,		SPF_BAD_DOMAIN },
	{ "a:example.-com",		SPF_A,		SPF_BAD_DOMAIN },
	{ "a:example.com-",		SPF_A,		SPF_BAD_DOMAIN },
	{ "a:example.com:8080",		SPF_A,		SPF_BAD_DOMAIN },
	{ "a:example.c_m",		SPF_A,		SPF_BAD_DOMAIN },
	{ "ax",				SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	/* mx, 5.4 */
	{ "mx",				SPF_MX,		SPF_FINE },
	{ "mx:h.example",		SPF_MX,		SPF_FINE },
	{ "~mx/24//96",			SPF_MX,		SPF_FINE },
	{ "mx:h.example/32//128",	SPF_MX,		SPF_FINE },
	{ "mx:",			SPF_MX,		SPF_NO_DOMAIN },
	{ "mx/33",			SPF_MX,		SPF_BAD_CIDR },
	{ "mx:abc.123",			SPF_MX,		SPF_BAD_DOMAIN },
	/* ptr, 5.5 */
	{ "ptr",			SPF_PTR,	SPF_FINE },
	{ "ptr:h.example",		SPF_PTR,	SPF_FINE },
	{ "ptr/0",			SPF_PTR,	SPF_UNWANTED_VALUE },
	{ "ptr:",			SPF_PTR,	SPF_NO_DOMAIN },
	{ "ptr:h.example/24",		SPF_PTR,	SPF_BAD_DOMAIN },
	/* ip4, 5.6 */
	{ "ip4:192.0.2.1",		SPF_IP4,	SPF_FINE },
	{ "IP4:192.0.2.1/32",		SPF_IP4,	SPF_FINE },
	{ "ip4:0.0.0.0/0",		SPF_IP4,	SPF_FINE },
	{ "ip4:192.0.2.77/24",		SPF_IP4,	SPF_FINE },	/* host bits may be set */
	{ "ip4",			SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:",			SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4/24",			SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2/24",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2.256",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2.01",		SPF_IP4,	SPF_BAD_IP4 },	/* qnum has no leading zero */
	{ "ip4:192.0.2.1:25",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:host.example",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:2001:db8::1",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2.1,192.0.2.2",	SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2.1-9",		SPF_IP4,	SPF_BAD_IP4 },
	{ "ip4:192.0.2.1/33",		SPF_IP4,	SPF_BAD_CIDR },
	{ "ip4:192.0.2.1/032",		SPF_IP4,	SPF_BAD_CIDR },
	{ "ip4:192.0.2.1/",		SPF_IP4,	SPF_BAD_CIDR },
	{ "ip4:192.0.2.1//32",		SPF_IP4,	SPF_BAD_CIDR },
	{ "ip4:192.0.2.1/255.255.255.0", SPF_IP4,	SPF_BAD_CIDR },
	{ "ip4:192.0.2.1/-1",		SPF_IP4,	SPF_BAD_CIDR },
	{ "ip4:%{i}",			SPF_IP4,	SPF_BAD_IP4 },
	/* ip6, 5.6 */
	{ "ip6:2001:db8::1",		SPF_IP6,	SPF_FINE },
	{ "ip6:2001:DB8::/32",		SPF_IP6,	SPF_FINE },
	{ "ip6:::/0",			SPF_IP6,	SPF_FINE },
	{ "ip6:::1.1.1.1/0",		SPF_IP6,	SPF_FINE },
	{ "ip6:::ffff:1.2.3.4",		SPF_IP6,	SPF_FINE },
	{ "ip6:2001:db8::/128",		SPF_IP6,	SPF_FINE },
	{ "ip6",			SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:",			SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:192.0.2.1",		SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6::CAFE::BABE",		SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:[2001:db8::1]",		SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:2001:db8::1%eth0",	SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:1:2:3:4:5:6:7:8:9",	SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:12345::",		SPF_IP6,	SPF_BAD_IP6 },
	{ "ip6:2001:db8::1/129",	SPF_IP6,	SPF_BAD_CIDR },
	{ "ip6:::1.1.1.1//33",		SPF_IP6,	SPF_BAD_CIDR },
	/* exists, 5.7 */
	{ "exists:%{i}.x.example",	SPF_EXISTS,	SPF_FINE },
	{ "exists:x.example",		SPF_EXISTS,	SPF_FINE },
	{ "exists",			SPF_EXISTS,	SPF_NO_DOMAIN },
	{ "exists:",			SPF_EXISTS,	SPF_NO_DOMAIN },
	{ "exists:x.example/24",	SPF_EXISTS,	SPF_BAD_DOMAIN },
	/* modifiers, 6 */
	{ "redirect=x.example",		SPF_REDIRECT,	SPF_FINE },
	{ "Redirect=x.example.",	SPF_REDIRECT,	SPF_FINE },
	{ "redirect=%{d}.x.example",	SPF_REDIRECT,	SPF_FINE },
	{ "redirect=",			SPF_REDIRECT,	SPF_NO_DOMAIN },
	{ "redirect=-all",		SPF_REDIRECT,	SPF_BAD_DOMAIN },
	{ "redirect=x",			SPF_REDIRECT,	SPF_BAD_DOMAIN },
	{ "redirect:x.example",		SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "-redirect=x.example",	SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "exp=x.example",		SPF_EXP,	SPF_FINE },
	{ "exp=",			SPF_EXP,	SPF_NO_DOMAIN },
	{ "exp=-all",			SPF_EXP,	SPF_BAD_DOMAIN },
	{ "exp=%{r}.x.example",		SPF_EXP,	SPF_MACRO_IN_EXP_ONLY },	/* 7.2 */
	{ "exp:x.example",		SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "moo.cow-far_out=man:dog/cat", SPF_MODIFIER,	SPF_FINE },
	{ "x=",				SPF_MODIFIER,	SPF_FINE },
	{ "a=x",			SPF_MODIFIER,	SPF_FINE },	/* 4.6.1: "=" makes a modifier */
	{ "ip4=192.0.2.1",		SPF_MODIFIER,	SPF_FINE },
	{ "v=spf1",			SPF_MODIFIER,	SPF_FINE },
	{ "default=+",			SPF_MODIFIER,	SPF_FINE },
	{ "x=%{i}",			SPF_MODIFIER,	SPF_FINE },
	{ "x=%abc",			SPF_MODIFIER,	SPF_BAD_MACRO },
	{ "x=%",			SPF_MODIFIER,	SPF_BAD_MACRO },
	{ "x=%{t}",			SPF_MODIFIER,	SPF_MACRO_IN_EXP_ONLY },
	{ "1up=foo",			SPF_UNKNOWN,	SPF_BAD_NAME },
	{ "=all",			SPF_UNKNOWN,	SPF_BAD_NAME },
	{ "a+b=c",			SPF_UNKNOWN,	SPF_BAD_NAME },
	{ "moo.cow/far_out=man",	SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "moo.cow:far_out=man",	SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	/* macros, 7.1 */
	{ "exists:%{ir}.%{v}.%{d}",	SPF_EXISTS,	SPF_FINE },
	{ "exists:%{l1r-}.x.example",	SPF_EXISTS,	SPF_FINE },
	{ "exists:%{l1R-}.x.example",	SPF_EXISTS,	SPF_FINE },
	{ "exists:%{S}.x.example",	SPF_EXISTS,	SPF_FINE },
	{ "exists:%{d127}",		SPF_EXISTS,	SPF_FINE },
	{ "exists:%{d99999999999999999999}", SPF_EXISTS, SPF_FINE },
	{ "exists:x.%%",		SPF_EXISTS,	SPF_FINE },	/* domain-end may be any macro */
	{ "exists:x.%_y.example",	SPF_EXISTS,	SPF_FINE },
	{ "exists:%{l.-+,/_=}.example",	SPF_EXISTS,	SPF_FINE },
	{ "exists:%{d}/24",		SPF_EXISTS,	SPF_BAD_DOMAIN },
	{ "a:%{d}/24",			SPF_A,		SPF_FINE },
	{ "a:%{d/}",			SPF_A,		SPF_FINE },
	{ "exists:%{d}.",		SPF_EXISTS,	SPF_BAD_DOMAIN },
	{ "exists:%{d}x",		SPF_EXISTS,	SPF_BAD_DOMAIN },
	{ "exists:%{d0}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },	/* 7.3: not zero */
	{ "exists:%{d00}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%(ir).x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{x}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{ir",		SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{i r}.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{ri}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{dr2}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{d*}.x.example",	SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:x%.example",		SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:x.example%",		SPF_EXISTS,	SPF_BAD_MACRO },
	{ "exists:%{c}.x.example",	SPF_EXISTS,	SPF_MACRO_IN_EXP_ONLY },
	{ "exists:%{T}.x.example",	SPF_EXISTS,	SPF_MACRO_IN_EXP_ONLY },
	/* octets, 4.6.1 and 12 */
	{ "a:x.example\ta",		SPF_A,		SPF_BAD_CHARACTER },
	{ "ip4:192.0.2.5\n",		SPF_IP4,	SPF_BAD_CHARACTER },
	{ "a:b\303\274cher.example",	SPF_A,		SPF_BAD_CHARACTER },
	{ "\200a:x.example",		SPF_UNKNOWN,	SPF_BAD_CHARACTER },
	{ "\342\200\234-all",		SPF_UNKNOWN,	SPF_BAD_CHARACTER },
	{ "x=\177",			SPF_UNKNOWN,	SPF_BAD_CHARACTER },
	/* classic mistakes */
	{ "ipv4:192.0.2.1",		SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "ip:192.0.2.1",		SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "192.0.2.1",			SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
	{ "includes:x.example",		SPF_UNKNOWN,	SPF_UNKNOWN_MECHANISM },
};

static const struct {
	const char	*name, *text;
	size_t		 terms, faults;
	long		 fault_at;	/* of the first; -1 none */
} whole[] = {
	{ "nothing",				"v=spf1",				0, 0, -1 },
	{ "blanks only",			"v=spf1    ",				0, 0, -1 },
	{ "several blanks",			"v=spf1  a   mx  ",			2, 0, -1 },	/* 4.6.1 */
	{ "wrong last term",			"v=spf1 ip4:192.0.2.1 -all moo",	3, 1, 26 },
	{ "where the address is wrong",		"v=spf1 ip4:192.0.2.256 -all",		2, 1, 11 },
	{ "where the prefix is wrong",		"v=spf1 ip4:192.0.2.1/99 -all",		2, 1, 21 },
	{ "where the macro is wrong",		"v=spf1 exists:abc.%{x}.example",	1, 1, 18 },
	{ "redirect twice",			"v=spf1 redirect=a.example redirect=a.example", 2, 1, 26 },	/* 6 */
	{ "exp twice",				"v=spf1 exp=a.example exp=b.example -all", 3, 1, 21 },
	{ "unknown modifier twice is fine",	"v=spf1 x=1 x=2",			2, 0, -1 },
	{ "all twice is fine",			"v=spf1 ~all -all",			2, 0, -1 },
	{ "two records in one",			"v=spf1 a v=spf1 mx",			3, 0, -1 },
	{ "blank behind the colon",		"v=spf1 include: a.example -all",	3, 2, 15 },
};

/* TXT answers: how many records, and is there text that was meant to be one? */
static const struct {
	const char	*name, *zone;
	size_t		 count;
	bool		 near;
} answers[] = {
	{ "none",			"x.example TXT hello", 0, false },
	{ "one",			"x.example TXT v=spf1 -all", 1, false },
	{ "one beside others",		"x.example TXT google-site-verification=x|x.example TXT v=spf1 -all", 1, false },
	{ "two",			"x.example TXT v=spf1 -all|x.example TXT v=spf1 mx", 2, false },
	{ "two of different case",	"x.example TXT v=spf1 -all|x.example TXT V=SPF1 mx", 2, false },
	{ "strings joined bare",	"x.example TXT \"v=spf1 ip4:192.0.2.1\" \" -all\"", 1, false },	/* 3.3 */
	{ "joint inside the version",	"x.example TXT \"v=sp\" \"f1 -all\"", 1, false },
	{ "no blank at the joint",	"x.example TXT \"v=spf1\" \"mx\"", 0, true },
	{ "quoted twice",		"x.example TXT \"\\034v=spf1 -all\\034\"", 0, true },
	{ "no v",			"x.example TXT spf1 -all", 0, true },
	{ "semicolon",			"x.example TXT v=spf1; -all", 0, true },
	{ "blank in front",		"x.example TXT \" v=spf1 -all\"", 0, true },
	{ "sign between blanks",	"x.example TXT v = spf1 -all", 0, true },
	{ "version 10",			"x.example TXT v=spf10 -all", 0, false },
	{ "Sender ID",			"x.example TXT spf2.0/pra -all", 0, false },
	{ "a word",			"x.example TXT myspf1thing", 0, false },
	{ "no answer",			"y.example TXT x", 0, false },
};

static const struct {
	const char	*name;
	size_t		 length, strings;
} splits[] = {
	{ "empty",		0,	1 },
	{ "short",		20,	1 },
	{ "exactly 255",	255,	1 },
	{ "one more",		256,	2 },
	{ "long",		600,	3 },
	{ "very long",		10000,	40 },
};

static void
test_terms(struct arena *a)
{
	const struct spf *spf;
	size_t i;

	for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		spf = spf_parse(a, text_of(arena_printf(a, "v=spf1 %s", terms[i].term)));
		if (strchr(terms[i].term, ' ') != NULL) {
			CHECK(terms[i].term, spf->terms[0].fault == terms[i].fault);
			continue;
		}
		CHECK(terms[i].term, spf != NULL && spf->count == 1);
		CHECK(terms[i].term, spf->terms[0].kind == terms[i].kind);
		CHECK_STR(terms[i].term, spf_fault_word(spf->terms[0].fault),
		    spf_fault_word(terms[i].fault));
		CHECK(terms[i].term, spf->faults == (terms[i].fault != SPF_FINE));
	}
}

static void
test_splits(struct arena *a)
{
	const struct text *parts;
	size_t i, j, count, sum;
	char *p;

	for (i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		p = arena_alloc(a, splits[i].length + 1);
		for (j = 0; j < splits[i].length; j++)
			p[j] = "ip4:192.0.2.1 "[j % 14];
		parts = spf_split(a, (struct text){ p, splits[i].length }, &count);
		for (j = 0, sum = 0; j < count; j++) {
			CHECK(splits[i].name, parts[j].n <= 255 && parts[j].p == p + sum);
			CHECK(splits[i].name, j + 1 == count || parts[j].p[parts[j].n - 1] == ' ');
			sum += parts[j].n;
		}
		CHECK(splits[i].name, sum == splits[i].length && count >= splits[i].strings);
	}
	CHECK_STR("zone file form", spf_bind(a, TEXT("a\"b\\c\303")), "\"a\\\"b\\\\c\\195\"");
}

int
main(void)
{
	struct arena *a = arena_new();
	struct spf_found found;
	struct zone z;
	const struct spf *spf;
	struct text t;
	size_t i, j, count;
	long at;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		CHECK(records[i].name, spf_is_record(text_of(records[i].text)) == records[i].is);
		CHECK(records[i].name, (spf_parse(a, text_of(records[i].text)) != NULL) == records[i].is);
	}
	test_terms(a);
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		spf = spf_parse(a, text_of(whole[i].text));
		CHECK(whole[i].name, spf->count == whole[i].terms && spf->faults == whole[i].faults);
		for (j = 0, at = -1; j < spf->count && at < 0; j++)
			if (spf->terms[j].fault != SPF_FINE)
				at = (long)spf->terms[j].fault_at;
		CHECK(whole[i].name, at == whole[i].fault_at);
		t = spf_print(a, spf);
		CHECK(whole[i].name, spf_parse(a, t)->count == spf->count);
	}
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		zone_init(&z, a);
		CHECK(answers[i].name, zone_load(&z, answers[i].zone));
		spf_select(zone_ask(&z, (struct name){ "x.example" }, RR_TXT), &found);
		CHECK(answers[i].name, found.count == answers[i].count);
		CHECK(answers[i].name, (found.near.p != NULL) == answers[i].near);
		spf_select_all(a, zone_ask(&z, (struct name){ "x.example" }, RR_TXT), &count);
		CHECK(answers[i].name, count == answers[i].count);
	}
	zone_init(&z, a);
	zone_load(&z, "x.example TXT \"v=spf1 ip4:192.0.2.1\" \"include:a.example\" \" -all\"");
	spf_select(zone_ask(&z, (struct name){ "x.example" }, RR_TXT), &found);
	spf = spf_parse_rr(a, found.first);
	CHECK("joints are kept", spf->joint_count == 2 && spf->joints[0] == 20 && spf->joints[1] == 37);
	CHECK("NUL is an octet like any other", spf_parse(a, TEXT("v=spf1 a:x.example\0"))->faults == 1);
	CHECK("a parsed record is found again", spf_cached(NULL, a, found.first) != NULL);
	{
		struct spf_cache *cache = spf_cache_new(a);

		spf = spf_cached(cache, a, found.first);
		CHECK("and is the same", spf_cached(cache, a, found.first) == spf);
	}
	test_splits(a);
	arena_free(a);
	TEST_END();
}
