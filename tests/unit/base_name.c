#include "unit/test.h"

#include "base/arena.h"
#include "base/dns.h"
#include "base/name.h"

#define L10	"abcdefghij"
#define L60	L10 L10 L10 L10 L10 L10
#define L63	L60 "abc"

struct row {
	const char	*name, *in, *want;	/* NULL = refused */
};

static const struct row people[] = {
	{ "lower case",			"Example.COM",		"example.com" },
	{ "final dot",			"example.com.",		"example.com" },
	{ "blanks around it",		" example.com\n",	"example.com" },
	{ "one label",			"localhost",		"localhost" },
	{ "underscore",			"_dmarc.example.com",	"_dmarc.example.com" },
	{ "U-label",			"b\xc3\xbc" "cher.example",	"xn--bcher-kva.example" },
	{ "U-label in capitals",	"B\xc3\x9c" "CHER.example",	"xn--bcher-kva.example" },
	{ "decomposed (NFC)",		"bu\xcc\x88" "cher.example",	"xn--bcher-kva.example" },
	{ "A-label",			"XN--Bcher-KVA.example",	"xn--bcher-kva.example" },
	{ "sharp s stays, RFC 5891",	"stra\xc3\x9f" "e.example",	"xn--strae-oqa.example" },
	{ "ideographic full stop",	"\xe4\xbe\x8b\xe3\x80\x82" "example", "xn--fsq.example" },
	{ "U-label beside underscore",	"_dmarc.b\xc3\xbc" "cher.example", "_dmarc.xn--bcher-kva.example" },
	{ "digits in front",		"4you.example",		"4you.example" },
	{ "numeric but not last",	"123.example",		"123.example" },
	{ "63 octets",			L63 ".example",		L63 ".example" },
	{ "64 octets",			L63 "d.example",	NULL },
	{ "253 octets",			L63 "." L63 "." L63 "." L60 "a", L63 "." L63 "." L63 "." L60 "a" },
	{ "254 octets",			L63 "." L63 "." L63 "." L60 "ab", NULL },
	{ "empty",			"",			NULL },
	{ "the root",			".",			NULL },
	{ "empty label",		"a..example",		NULL },
	{ "first dot",			".example.com",		NULL },
	{ "two final dots",		"example.com..",	NULL },
	{ "blank inside",		"exa mple.com",		NULL },
	{ "an address",			"203.0.113.1",		NULL },
	{ "a long number as the last",	"a.99999999999999999999999", NULL },
	{ "hyphen in front",		"-a.example",		NULL },
	{ "hyphen at the end",		"a-.example",		NULL },
	{ "a web address",		"https://example.com/",	NULL },
	{ "a mail address",		"info@example.com",	NULL },
	{ "wildcard",			"*.example.com",	NULL },
	{ "escape",			"a\\046b.example",	NULL },
	{ "not UTF-8",			"\xff.example",		NULL },
	{ "A-label that does not decode", "xn--\x61-.example",	NULL },
	{ "an emoji written as A-label is registered somewhere", "xn--i-7iq.example", "xn--i-7iq.example" },
	{ "an emoji is not IDNA 2008",	"i\xe2\x9d\xa4.example",	NULL },
	{ "full-width letters",		"\xef\xbd\x81.example",	"a.example" },
	{ "full-width full stop",	"a\xef\xbc\x8e" "example",	"a.example" },
	{ "right to left",		"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.example", "xn--9dbne9b.example" },
	{ "direction mark inside",	"a\xe2\x80\xae" "b.example",	NULL },
	{ "zero width space inside",	"a\xe2\x80\x8b" "b.example",	"ab.example" },
	{ "combining mark in front",	"\xcc\x88" "a.example",	NULL },
	{ "hyphens in third and fourth place", "r3---sn.example",	"r3---sn.example" },
	{ "slash of full width",	"a\xef\xbc\x8f" "b.example",	NULL },
	{ "blank of another script",	"a\xe3\x80\x80" "b.example",	NULL },
};

static const struct row presentations[] = {
	{ "lower case",			"_SPF.Example.COM",	"_spf.example.com" },
	{ "final dot",			"example.com.",		"example.com" },
	{ "the root",			".",			"" },
	{ "empty",			"",			NULL },
	{ "empty label",		"a..b",			NULL },
	{ "first dot",			".a",			NULL },
	{ "two final dots",		"a..",			NULL },
	{ "plain escape",		"a\\-b",		"a-b" },
	{ "escaped dot",		"a\\.b.example",	"a\\046b.example" },
	{ "escaped backslash",		"a\\\\b",		"a\\092b" },
	{ "decimal escape of a letter",	"\\065bc",		"abc" },
	{ "blank",			"a b.example",		"a\\032b.example" },
	{ "bytes are kept",		"\xc3\xbc.example",	"\\195\\188.example" },
	{ "decimal escape too large",	"\\256",		NULL },
	{ "decimal escape too short",	"\\25",			NULL },
	{ "backslash at the end",	"a\\",			NULL },
	{ "punctuation is kept",	"a+b=c/d@e.example",	"a+b=c/d@e.example" },
	{ "63 octets",			L63 ".a",		L63 ".a" },
	{ "64 octets",			L63 "d.a",		NULL },
	{ "253 octets",			L63 "." L63 "." L63 "." L60 "a", L63 "." L63 "." L63 "." L60 "a" },
	{ "254 octets",			L63 "." L63 "." L63 "." L60 "ab", NULL },
	{ "escapes count as one octet",	"\\000\\000." L63,	"\\000\\000." L63 },
};

static const struct row displays[] = {
	{ "U-label",			"xn--bcher-kva.example",	"b\xc3\xbc" "cher.example" },
	{ "ASCII stays",		"example.com",			"example.com" },
	{ "does not decode",		"xn--a-.example",		"xn--a-.example" },
	{ "one of two decodes",		"xn--a-.xn--bcher-kva",		"xn--a-.b\xc3\xbc" "cher" },
	{ "inside a label is no prefix", "axn--bcher-kva.example",	"axn--bcher-kva.example" },
};

static const struct {
	const char	*in;
	bool		 want;
} hosts[] = {
	{ "mail.example.com", true }, { "a-b.example", true }, { "4you.example", true },
	{ "localhost", false }, { "", false }, { "_dmarc.example.com", false },
	{ "-a.example", false }, { "a-.example", false }, { "a.-b", false }, { "a.b-", false },
	{ "a\\046b.example", false },
};

static void
test_rows(struct arena *a)
{
	struct name n, again;
	struct err err;
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		memset(&err, 0, sizeof(err));
		ok = name_from_person(a, text_of(people[i].in), &n, &err);
		CHECK_STR(people[i].name, ok ? n.s : NULL, people[i].want);
		CHECK(people[i].name, ok || err.text[0] != '\0');
	}
	for (i = 0; i < sizeof(presentations) / sizeof(presentations[0]); i++) {
		ok = name_parse(a, text_of(presentations[i].in), &n);
		CHECK_STR(presentations[i].name, ok ? n.s : NULL, presentations[i].want);
		if (ok && n.s[0] != '\0')
			CHECK(presentations[i].name, name_parse(a, text_of(n.s), &again) &&
			    name_eq(n, again));
	}
	CHECK("NUL in a name is escaped", name_parse(a, (struct text){ "a\0b", 3 }, &n));
	CHECK_STR("NUL in a name is escaped", n.s, "a\\000b");
	for (i = 0; i < sizeof(displays) / sizeof(displays[0]); i++)
		CHECK_STR(displays[i].name, name_display(a, (struct name){ displays[i].in }),
		    displays[i].want);
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		CHECK(hosts[i].in, name_is_host((struct name){ hosts[i].in }) == hosts[i].want);
}

static void
test_wire(struct arena *a)
{
	static const struct text labels[] = {
		{ "Mail.Er", 7 }, { "a\0\xff", 3 }, { "example", 7 },
	};
	struct text empty = { "", 0 };
	uint8_t wire[256];
	struct name n;

	CHECK("from labels", name_from_labels(a, labels, 3, &n));
	CHECK_STR("from labels", n.s, "mail\\046er.a\\000\\255.example");
	CHECK("to wire", name_to_wire(n, wire, sizeof(wire)) == 21 &&
	    memcmp(wire, "\7mail.er\3a\0\xff\7example\0", 21) == 0);
	CHECK("buffer too small", name_to_wire(n, wire, 20) == 0);
	CHECK("no labels are the root", name_from_labels(a, NULL, 0, &n) && n.s[0] == '\0');
	CHECK("the root on the wire", name_to_wire(n, wire, 1) == 1 && wire[0] == 0);
	CHECK("empty label", !name_from_labels(a, &empty, 1, &n));
	name_parse(a, TEXT(L63 "." L63 "." L63 "." L60 "a"), &n);
	CHECK("longest on the wire", name_to_wire(n, wire, sizeof(wire)) == 255);
	CHECK("no name", name_to_wire((struct name){ NULL }, wire, sizeof(wire)) == 0);
}

static void
test_relations(struct arena *a)
{
	struct name com = { "com" }, ex = { "example.com" }, mail = { "mail.example.com" };
	struct name other = { "badexample.com" }, root = { "" }, none = { NULL }, n;

	CHECK("equal is under", name_is_under(ex, ex));
	CHECK("child is under", name_is_under(mail, ex) && !name_is_under(ex, mail));
	CHECK("only whole labels", !name_is_under(other, ex));
	CHECK("all is under the root", name_is_under(ex, root) && !name_is_under(root, ex));
	CHECK("no name", !name_is_under(none, ex) && !name_is_under(ex, none));
	CHECK("equal", name_eq(ex, (struct name){ "example.com" }) && !name_eq(ex, none));
	CHECK("labels", name_labels(mail) == 3 && name_labels(root) == 0 && name_labels(none) == 0);
	CHECK_STR("parent", name_parent(mail).s, "example.com");
	CHECK_STR("parent of one label", name_parent(com).s, "");
	CHECK_STR("tail", name_tail(mail, 2).s, "example.com");
	CHECK_STR("tail longer than the name", name_tail(mail, 9).s, "mail.example.com");
	CHECK_STR("tail of none", name_tail(mail, 0).s, "");
	CHECK("prefix", name_prefix(a, "sel._domainkey", ex, &n));
	CHECK_STR("prefix", n.s, "sel._domainkey.example.com");
	CHECK("prefix to the root", name_prefix(a, "com", root, &n));
	CHECK_STR("prefix to the root", n.s, "com");
	CHECK("prefix too long", !name_prefix(a, L63 "." L63 "." L63 "." L63, ex, &n));
	CHECK("no prefix", !name_prefix(a, "", ex, &n));
}

static void
test_words(void)
{
	enum dns_failure failure;
	enum rrtype type;
	int i;

	CHECK_STR("type", rrtype_word(RR_TXT), "TXT");
	CHECK_STR("unknown type, RFC 3597 5", rrtype_word((enum rrtype)123), "TYPE123");
	CHECK("type from text", rrtype_parse(TEXT("aaaa"), &type) && type == RR_AAAA);
	CHECK("type by number", rrtype_parse(TEXT("TYPE16"), &type) && type == RR_TXT);
	CHECK("no type", !rrtype_parse(TEXT("TYPE65536"), &type) && !rrtype_parse(TEXT("XX"), &type));
	for (i = DNS_NO_FAILURE; i <= DNS_NOT_RECORDED; i++)
		CHECK("failure words come back", dns_failure_parse(
		    text_of(dns_failure_word((enum dns_failure)i)), &failure) &&
		    failure == (enum dns_failure)i);
	CHECK("no failure word", !dns_failure_parse(TEXT("zzz"), &failure));
}

int
main(void)
{
	struct arena *a = arena_new();

	test_rows(a);
	test_wire(a);
	test_relations(a);
	test_words();
	arena_free(a);
	TEST_END();
}
