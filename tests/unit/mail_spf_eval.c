/*
 * check_host(), RFC 7208.  In every zone of the tables "D" stands for the domain
 * d.example, whose record is the case's; the sender is user@d.example from
 * 192.0.2.3 with HELO mail.helo.example unless the case says otherwise.
 */

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_eval.h"
#include "tests/zone.h"
#include "unit/test.h"

#define V6	"2001:db8::cb01"

/* Record, further zone, result. */
static const struct plain {
	const char	*name, *record, *zone, *ip;
	const char	*result;
	int		 lookups, voids;		/* -1: not looked at */
	const char	*mechanism;			/* NULL: not looked at; "" none */
} plain[] = {
	/* 4.6.2, 4.7, 5.1: qualifiers, default, order */
	{ "pass",			"v=spf1 all", "", NULL, "pass", 0, 0, "all" },
	{ "plus is written out",	"v=spf1 +all", "", NULL, "pass", 0, 0, "+all" },
	{ "fail",			"v=spf1 -all", "", NULL, "fail", 0, 0, "-all" },
	{ "softfail",			"v=spf1 ~all", "", NULL, "softfail", 0, 0, "~all" },
	{ "neutral",			"v=spf1 ?all", "", NULL, "neutral", 0, 0, "?all" },
	{ "default is neutral",		"v=spf1", "", NULL, "neutral", 0, 0, "" },
	{ "first match wins",		"v=spf1 -ip4:192.0.2.3 ip4:192.0.2.0/24 ~all", "", NULL, "fail", 0, 0, "-ip4:192.0.2.3" },
	{ "nothing behind all counts",	"v=spf1 ~all ip4:192.0.2.3", "", NULL, "softfail", 0, 0, "~all" },
	{ "mechanism as published",	"v=spf1 IP4:192.0.2.3 -all", "", NULL, "pass", 0, 0, "IP4:192.0.2.3" },
	{ "unknown modifier is ignored", "v=spf1 x=y ip4:192.0.2.3 -all", "", NULL, "pass", 0, 0, NULL },
	{ "ip4= is a modifier",		"v=spf1 ip4=192.0.2.3 -all", "", NULL, "fail", 0, 0, NULL },

	/* 4.6: syntax errors anywhere come first */
	{ "error behind the match",	"v=spf1 ip4:192.0.2.3 -all moo", "", NULL, "permerror", 0, 0, "" },
	{ "error behind all",		"v=spf1 all ip4:1", "", NULL, "permerror", 0, 0, "" },
	{ "error in exp",		"v=spf1 exp= all", "", NULL, "permerror", 0, 0, "" },
	{ "error before a time-out",	"v=spf1 a:f.example moo", "f.example FAIL x", NULL, "permerror", 0, 0, "" },
	{ "error in a redirect never followed", "v=spf1 all redirect=e.example", "e.example TXT v=spf1 moo", NULL, "pass", 0, 0, NULL },
	{ "error in an include not reached", "v=spf1 ip4:192.0.2.3 include:e.example", "e.example TXT v=spf1 moo", NULL, "pass", 0, 0, NULL },
	{ "error in an include reached", "v=spf1 include:e.example all", "e.example TXT v=spf1 all moo", NULL, "permerror", 1, 0, "" },
	{ "modifier twice",		"v=spf1 redirect=e.example redirect=e.example", "e.example TXT v=spf1 all", NULL, "permerror", 0, 0, "" },
	{ "exp twice behind all",	"v=spf1 all exp=e.example exp=e.example", "", NULL, "permerror", 0, 0, "" },

	/* 5.6 ip4, ip6 */
	{ "ip4",			"v=spf1 ip4:192.0.2.3 -all", "", NULL, "pass", 0, 0, NULL },
	{ "ip4 of another",		"v=spf1 ip4:192.0.2.4 -all", "", NULL, "fail", 0, 0, NULL },
	{ "ip4 with host bits",		"v=spf1 ip4:192.0.2.200/24 -all", "", NULL, "pass", 0, 0, NULL },
	{ "ip4 /31",			"v=spf1 ip4:192.0.2.2/31 -all", "", NULL, "pass", 0, 0, NULL },
	{ "ip4 /31 beside",		"v=spf1 ip4:192.0.2.4/31 -all", "", NULL, "fail", 0, 0, NULL },
	{ "ip4 /0",			"v=spf1 ip4:1.1.1.1/0 -all", "", NULL, "pass", 0, 0, NULL },
	{ "ip4 /0 is not for IPv6",	"v=spf1 ip4:1.1.1.1/0 -all", "", V6, "fail", 0, 0, NULL },
	{ "ip6",			"v=spf1 ip6:2001:db8::cb01 -all", "", V6, "pass", 0, 0, NULL },
	{ "ip6 /32",			"v=spf1 ip6:2001:db8:ffff::/32 -all", "", V6, "pass", 0, 0, NULL },
	{ "ip6 /33 beside",		"v=spf1 ip6:2001:db8:8000::/33 -all", "", V6, "fail", 0, 0, NULL },
	{ "ip6 /0",			"v=spf1 ip6:::/0 -all", "", V6, "pass", 0, 0, NULL },
	{ "ip6 /0 is not for IPv4",	"v=spf1 ip6:::/0 -all", "", NULL, "fail", 0, 0, NULL },
	{ "mapped client is IPv4",	"v=spf1 ip4:192.0.2.3 -all", "", "::ffff:192.0.2.3", "pass", 0, 0, NULL },	/* 5 */
	{ "mapped net is IPv6",		"v=spf1 ip6:::ffff:192.0.2.3 -all", "", "::ffff:192.0.2.3", "fail", 0, 0, NULL },

	/* 5.3 a */
	{ "a",				"v=spf1 a -all", "D A 192.0.2.3", NULL, "pass", 1, 0, "a" },
	{ "a of several",		"v=spf1 a -all", "D A 192.0.2.1|D A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "a of many: no limit",	"v=spf1 a -all", "D A 1.1.1.1|D A 1.1.1.2|D A 1.1.1.3|D A 1.1.1.4|D A 1.1.1.5|D A 1.1.1.6|D A 1.1.1.7|D A 1.1.1.8|D A 1.1.1.9|D A 1.1.2.1|D A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "a of another",		"v=spf1 a -all", "D A 192.0.2.1", NULL, "fail", 1, 0, "-all" },
	{ "a/24",			"v=spf1 a/24 -all", "D A 192.0.2.1", NULL, "pass", 1, 0, NULL },
	{ "a/0 needs an address",	"v=spf1 a/0 -all", "", NULL, "fail", 1, 1, NULL },
	{ "a/0 with one",		"v=spf1 a/0 -all", "D A 1.1.1.1", NULL, "pass", 1, 0, NULL },
	{ "a/0 is not for IPv6",	"v=spf1 a/0 -all", "D A 1.1.1.1|D AAAA 2001:db8::1", V6, "fail", 1, 0, NULL },
	{ "a//0 for IPv6",		"v=spf1 a//0 -all", "D AAAA 2001:db8:f::1", V6, "pass", 1, 0, NULL },
	{ "a//0 is not for IPv4",	"v=spf1 a//0 -all", "D A 1.1.1.1|D AAAA 2001:db8::1", NULL, "fail", 1, 0, NULL },
	{ "a/24//64",			"v=spf1 a/24//64 -all", "D AAAA 2001:db8::1", V6, "pass", 1, 0, NULL },
	{ "a asks AAAA for IPv6",	"v=spf1 a -all", "D AAAA " V6, V6, "pass", 1, 0, NULL },
	{ "a without AAAA is void for IPv6", "v=spf1 a -all", "D A 192.0.2.3", V6, "fail", 1, 1, NULL },
	{ "a:name",			"v=spf1 a:h.example -all", "h.example A 192.0.2.3", NULL, "pass", 1, 0, "a:h.example" },
	{ "a:name with a final dot",	"v=spf1 a:h.example. -all", "h.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "a:name in another case",	"v=spf1 a:H.eXample -all", "h.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "a behind an alias",		"v=spf1 a:h.example -all", "h.example CNAME i.example|i.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "a with an odd name",		"v=spf1 a:foo:bar/baz.example -all", "foo:bar/baz.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "a times out",		"v=spf1 a:f.example -all", "f.example FAIL x", NULL, "temperror", 1, 0, "" },
	{ "a times out behind a match",	"v=spf1 ip4:192.0.2.3 a:f.example", "f.example FAIL x", NULL, "pass", 0, 0, NULL },
	{ "alias loop is an error",	"v=spf1 a:l.example -all", "l.example CNAME m.example|m.example CNAME l.example", NULL, "temperror", 1, 0, NULL },
	{ "empty label matches nothing", "v=spf1 a:h...example -all", "", NULL, "fail", 1, 0, NULL },	/* 4.8 */
	{ "leading dot matches nothing", "v=spf1 a:.h.example -all", "", NULL, "fail", 1, 0, NULL },
	{ "label of 64 matches nothing", "v=spf1 a:a123456789012345678901234567890123456789012345678901234567890123.example -all", "", NULL, "fail", 1, 0, NULL },
	{ "label of 63 is asked",	"v=spf1 a:a12345678901234567890123456789012345678901234567890123456789012.example -all", "a12345678901234567890123456789012345678901234567890123456789012.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },

	/* 5.4 mx */
	{ "mx",				"v=spf1 mx -all", "D MX 10 h.example|h.example A 192.0.2.3", NULL, "pass", 1, 0, "mx" },
	{ "mx, second host",		"v=spf1 mx -all", "D MX 10 h.example|D MX 20 i.example|h.example A 192.0.2.1|i.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "mx/24",			"v=spf1 mx/24 -all", "D MX 10 h.example|h.example A 192.0.2.1", NULL, "pass", 1, 0, NULL },
	{ "mx//64",			"v=spf1 mx//64 -all", "D MX 10 h.example|h.example AAAA 2001:db8::1", V6, "pass", 1, 0, NULL },
	{ "mx:name",			"v=spf1 mx:e.example -all", "e.example MX 10 h.example|h.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "no MX: the host itself is not tried", "v=spf1 mx -all", "D A 192.0.2.3", NULL, "fail", 1, 1, NULL },
	{ "null MX",			"v=spf1 mx -all", "D MX 0 .", NULL, "fail", 1, 0, NULL },	/* RFC 7505 */
	{ "ten names",			"v=spf1 mx -all", "D MX 1 a.example|D MX 2 b.example|D MX 3 c.example|D MX 4 e.example|D MX 5 f.example|D MX 6 g.example|D MX 7 h.example|D MX 8 i.example|D MX 9 j.example|D MX 10 k.example|k.example A 192.0.2.3", NULL, "pass", 1, -1, NULL },
	{ "eleven names",		"v=spf1 mx -all", "D MX 1 k.example|D MX 2 b.example|D MX 3 c.example|D MX 4 e.example|D MX 5 f.example|D MX 6 g.example|D MX 7 h.example|D MX 8 i.example|D MX 9 j.example|D MX 10 l.example|D MX 11 m.example|k.example A 192.0.2.3", NULL, "permerror", 1, 0, "" },
	{ "eleven times one name",	"v=spf1 mx -all", "D MX 1 k.example|D MX 2 k.example|D MX 3 k.example|D MX 4 k.example|D MX 5 k.example|D MX 6 k.example|D MX 7 k.example|D MX 8 k.example|D MX 9 k.example|D MX 10 k.example|D MX 11 k.example|k.example A 192.0.2.3", NULL, "permerror", 1, 0, NULL },
	{ "dead hosts are one void term", "v=spf1 mx -all", "D MX 1 a.example|D MX 2 b.example|D MX 3 c.example", NULL, "fail", 1, 1, NULL },
	{ "MX times out",		"v=spf1 mx:f.example -all", "f.example FAIL x", NULL, "temperror", 1, 0, NULL },
	{ "MX host times out",		"v=spf1 mx -all", "D MX 1 f.example|f.example FAIL x", NULL, "temperror", 1, 0, NULL },
	{ "match before the host that times out", "v=spf1 mx -all", "D MX 20 f.example|D MX 10 h.example|h.example A 192.0.2.3|f.example FAIL x", NULL, "pass", 1, 0, NULL },

	/* 5.5 ptr */
	{ "ptr",			"v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR h.d.example|h.d.example A 192.0.2.3", NULL, "pass", 1, 0, "ptr" },
	{ "ptr is the domain itself",	"v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR D|D A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "ptr does not validate",	"v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR h.d.example|h.d.example A 192.0.2.4", NULL, "fail", 1, 0, NULL },
	{ "ptr of a similar name",	"v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR bad.example|bad.example A 192.0.2.3", NULL, "fail", 1, 0, NULL },
	{ "ptr ends alike is not below", "v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR notd.example|notd.example A 192.0.2.3", NULL, "fail", 1, 0, NULL },
	{ "ptr:name",			"v=spf1 ptr:e.example -all", "3.2.0.192.in-addr.arpa PTR h.E.example|h.e.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "ptr for IPv6",		"v=spf1 ptr -all", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR h.d.example|h.d.example AAAA " V6, V6, "pass", 1, 0, NULL },
	{ "no PTR is void",		"v=spf1 ptr -all", "", NULL, "fail", 1, 1, NULL },
	{ "PTR times out: no match",	"v=spf1 ptr -all", "3.2.0.192.in-addr.arpa FAIL x", NULL, "fail", 1, 0, NULL },
	{ "address of a PTR name times out: skipped", "v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR f.d.example|3.2.0.192.in-addr.arpa PTR h.d.example|f.d.example FAIL x|h.d.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },
	{ "the eleventh PTR name is not looked at", "v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR a.e|3.2.0.192.in-addr.arpa PTR b.e|3.2.0.192.in-addr.arpa PTR c.e|3.2.0.192.in-addr.arpa PTR d.e|3.2.0.192.in-addr.arpa PTR e.e|3.2.0.192.in-addr.arpa PTR f.e|3.2.0.192.in-addr.arpa PTR g.e|3.2.0.192.in-addr.arpa PTR h.e|3.2.0.192.in-addr.arpa PTR i.e|3.2.0.192.in-addr.arpa PTR j.e|3.2.0.192.in-addr.arpa PTR h.d.example|h.d.example A 192.0.2.3", NULL, "fail", 1, 0, NULL },
	{ "the tenth is",		"v=spf1 ptr -all", "3.2.0.192.in-addr.arpa PTR a.e|3.2.0.192.in-addr.arpa PTR b.e|3.2.0.192.in-addr.arpa PTR c.e|3.2.0.192.in-addr.arpa PTR d.e|3.2.0.192.in-addr.arpa PTR e.e|3.2.0.192.in-addr.arpa PTR f.e|3.2.0.192.in-addr.arpa PTR g.e|3.2.0.192.in-addr.arpa PTR h.e|3.2.0.192.in-addr.arpa PTR i.e|3.2.0.192.in-addr.arpa PTR h.d.example|h.d.example A 192.0.2.3", NULL, "pass", 1, 0, NULL },

	/* 5.7 exists */
	{ "exists",			"v=spf1 exists:h.example -all", "h.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "exists asks A for IPv6 too",	"v=spf1 exists:h.example -all", "h.example A 127.0.0.2", V6, "pass", 1, 0, NULL },
	{ "exists is not AAAA",		"v=spf1 exists:h.example -all", "h.example AAAA 2001:db8::1", V6, "fail", 1, 1, NULL },
	{ "exists times out",		"v=spf1 exists:h.example -all", "h.example FAIL x", NULL, "temperror", 1, 0, NULL },

	/* 5.2 include */
	{ "include passes",		"v=spf1 include:e.example -all", "e.example TXT v=spf1 ip4:192.0.2.3 -all", NULL, "pass", 1, 0, "include:e.example" },
	{ "with its own qualifier",	"v=spf1 ~include:e.example -all", "e.example TXT v=spf1 all", NULL, "softfail", 1, 0, "~include:e.example" },
	{ "include fails: no match",	"v=spf1 include:e.example ?all", "e.example TXT v=spf1 -all", NULL, "neutral", 1, 0, "?all" },
	{ "include softfails: no match", "v=spf1 include:e.example -all", "e.example TXT v=spf1 ~all", NULL, "fail", 1, 0, NULL },
	{ "include neutral: no match",	"v=spf1 include:e.example -all", "e.example TXT v=spf1 ?all", NULL, "fail", 1, 0, NULL },
	{ "include by default neutral",	"v=spf1 include:e.example -all", "e.example TXT v=spf1", NULL, "fail", 1, 0, NULL },
	{ "include times out",		"v=spf1 include:e.example all", "e.example FAIL x", NULL, "temperror", 1, 0, "" },
	{ "include of no domain",	"v=spf1 include:e.example all", "", NULL, "permerror", 1, 1, "" },
	{ "include without a record",	"v=spf1 include:e.example all", "e.example TXT hello", NULL, "permerror", 1, 0, "" },
	{ "include with two records",	"v=spf1 include:e.example all", "e.example TXT v=spf1 all|e.example TXT v=spf1 -all", NULL, "permerror", 1, 0, "" },
	{ "include with a bad record",	"v=spf1 include:e.example all", "e.example TXT v=spf1 foo", NULL, "permerror", 1, 0, "" },
	{ "include of no name",		"v=spf1 include:e..example all", "", NULL, "permerror", 1, 0, "" },	/* 4.3, 5.2 */
	{ "include through an alias",	"v=spf1 include:e.example -all", "e.example CNAME g.example|g.example TXT v=spf1 all", NULL, "pass", 1, 0, NULL },
	{ "include changes %{d}",	"v=spf1 include:e.example -all", "e.example TXT v=spf1 a:h.%{d} -all|h.e.example A 192.0.2.3", NULL, "pass", 2, 0, NULL },
	{ "include changes the implied domain", "v=spf1 include:e.example -all", "e.example TXT v=spf1 a -all|e.example A 192.0.2.3", NULL, "pass", 2, 0, NULL },
	{ "%{o} stays the sender's",	"v=spf1 include:e.example -all", "e.example TXT v=spf1 a:h.%{o} -all|h.d.example A 192.0.2.3", NULL, "pass", 2, 0, NULL },
	{ "domain is given back behind an include", "v=spf1 include:e.example a -all", "e.example TXT v=spf1 -all|D A 192.0.2.3", NULL, "pass", 2, 0, "a" },
	{ "redirect in an include",	"v=spf1 include:e.example -all", "e.example TXT v=spf1 redirect=g.example|g.example TXT v=spf1 ip4:192.0.2.3 -all", NULL, "pass", 2, 0, NULL },
	{ "redirect to nothing in an include", "v=spf1 include:e.example -all", "e.example TXT v=spf1 redirect=g.example", NULL, "permerror", 2, 1, NULL },

	/* 6.1 redirect */
	{ "redirect",			"v=spf1 redirect=e.example", "e.example TXT v=spf1 -all", NULL, "fail", 1, 0, "-all" },
	{ "redirect comes last",	"v=spf1 redirect=e.example ip4:192.0.2.3", "e.example TXT v=spf1 -all", NULL, "pass", 0, 0, NULL },
	{ "redirect is ignored with all", "v=spf1 redirect=e.example ~all", "e.example TXT v=spf1 all", NULL, "softfail", 0, 0, NULL },
	{ "redirect default is neutral", "v=spf1 redirect=e.example", "e.example TXT v=spf1 ip4:192.0.2.9", NULL, "neutral", 1, 0, "" },
	{ "redirect to no record",	"v=spf1 redirect=e.example", "e.example TXT hello", NULL, "permerror", 1, 0, "" },
	{ "redirect to no domain",	"v=spf1 redirect=e.example", "", NULL, "permerror", 1, 1, "" },
	{ "redirect to two records",	"v=spf1 redirect=e.example", "e.example TXT v=spf1 all|e.example TXT v=spf1 -all", NULL, "permerror", 1, 0, "" },
	{ "redirect times out",		"v=spf1 redirect=e.example", "e.example FAIL x", NULL, "temperror", 1, 0, "" },
	{ "redirect to no name",	"v=spf1 redirect=e..example", "", NULL, "permerror", 1, 0, "" },
	{ "redirect changes the domain", "v=spf1 redirect=e.example", "e.example TXT v=spf1 a -all|e.example A 192.0.2.3", NULL, "pass", 2, 0, NULL },
	{ "redirect twice on",		"v=spf1 redirect=e.example", "e.example TXT v=spf1 redirect=g.example|g.example TXT v=spf1 ~all", NULL, "softfail", 2, 0, NULL },

	/* 4.6.4 limits */
	{ "ten terms",			"v=spf1 a a a a a a a a a a ip4:192.0.2.3 -all", "D A 1.1.1.1", NULL, "pass", 10, 0, NULL },
	{ "eleven terms",		"v=spf1 a a a a a a a a a a a ip4:192.0.2.3 -all", "D A 1.1.1.1", NULL, "permerror", 10, 0, "" },
	{ "eleven, match in the tenth",	"v=spf1 a a a a a a a a a exists:h.example a -all", "D A 1.1.1.1|h.example A 127.0.0.2", NULL, "pass", 10, 0, NULL },
	{ "every kind counts",		"v=spf1 a mx ptr exists:D include:e.example a mx ptr exists:h.d.example include:e.example -all", "D A 1.1.1.1|D MX 1 D|3.2.0.192.in-addr.arpa PTR z.z|e.example TXT v=spf1 -all|h.d.example TXT x", NULL, "pass", 4, -1, NULL },
	{ "nested terms count",		"v=spf1 include:e.example a -all", "D A 1.1.1.1|e.example TXT v=spf1 a a a a a a a a a|e.example A 1.1.1.1", NULL, "permerror", 10, 0, NULL },
	{ "nested terms at the limit",	"v=spf1 include:e.example a -all", "D A 192.0.2.3|e.example TXT v=spf1 a a a a a a a a|e.example A 1.1.1.1", NULL, "pass", 10, 0, NULL },
	{ "redirect counts",		"v=spf1 a a a a a a a a a a redirect=e.example", "D A 1.1.1.1|e.example TXT v=spf1 all", NULL, "permerror", 10, 0, NULL },
	{ "include loop",		"v=spf1 include:e.example all", "e.example TXT v=spf1 include:D all", NULL, "permerror", 10, 0, NULL },
	{ "redirect loop",		"v=spf1 redirect=D", "", NULL, "permerror", 10, 0, NULL },
	{ "own include",		"v=spf1 include:D -all", "", NULL, "permerror", 10, 0, NULL },
	{ "two void terms",		"v=spf1 a:g.example a:h.example ip4:192.0.2.3 -all", "", NULL, "pass", 2, 2, NULL },
	{ "three void terms",		"v=spf1 a:g.example a:h.example a:i.example ip4:192.0.2.3 -all", "", NULL, "permerror", 3, 3, "" },
	{ "no data is void too",	"v=spf1 a:g.example mx:g.example exists:g.example all", "g.example TXT x", NULL, "permerror", 3, 3, "" },
	{ "voids inside includes count", "v=spf1 a:g.example include:e.example all", "e.example TXT v=spf1 a:h.example a:i.example", NULL, "permerror", 4, 3, "" },
	{ "a failure is not void",	"v=spf1 a:g.example a:h.example a:f.example all", "f.example FAIL x", NULL, "temperror", 3, 2, "" },
	{ "only what is reached is counted", "v=spf1 ip4:192.0.2.3 a a a a a a a a a a a", "", NULL, "pass", 0, 0, NULL },

	/* 7 macros in names */
	{ "%{i}",			"v=spf1 exists:%{i}.x.example -all", "192.0.2.3.x.example A 127.0.0.2", NULL, "pass", 1, 0, "exists:%{i}.x.example" },
	{ "%{ir}",			"v=spf1 exists:%{ir}.x.example -all", "3.2.0.192.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{ir} of IPv6",		"v=spf1 exists:%{ir}.%{v}.x.example -all", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.x.example A 127.0.0.2", V6, "pass", 1, 0, NULL },
	{ "%{v}",			"v=spf1 exists:%{v}.x.example -all", "in-addr.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{h}",			"v=spf1 exists:%{h} -all", "mail.helo.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{d2}",			"v=spf1 exists:%{h2}.x.example -all", "helo.example.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{d9} is all there is",	"v=spf1 exists:%{d9}.x.example -all", "D.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{dr}",			"v=spf1 exists:%{dr}.x.example -all", "example.d.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{d1r}",			"v=spf1 exists:%{h1r}.x.example -all", "mail.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{s} with its sign",		"v=spf1 exists:%{s} -all", "user@D A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{S} escaped",		"v=spf1 exists:%{S} -all", "user%40D A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%% %_ %-",			"v=spf1 exists:a%%b%_c%-d.x.example -all", "a%b\\032c%20d.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "no macro inside an expansion", "v=spf1 exists:%%{d}.x.example -all", "%{d}.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{p}",			"v=spf1 exists:%{p}.x.example -all", "3.2.0.192.in-addr.arpa PTR h.z.example|h.z.example A 192.0.2.3|h.z.example.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{p} prefers the domain",	"v=spf1 exists:%{p}.x.example -all", "3.2.0.192.in-addr.arpa PTR a.z|3.2.0.192.in-addr.arpa PTR h.d.example|3.2.0.192.in-addr.arpa PTR D|a.z A 192.0.2.3|h.d.example A 192.0.2.3|D A 192.0.2.3|D.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{p} then a name below it",	"v=spf1 exists:%{p}.x.example -all", "3.2.0.192.in-addr.arpa PTR a.z|3.2.0.192.in-addr.arpa PTR h.d.example|a.z A 192.0.2.3|h.d.example A 192.0.2.3|h.d.example.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{p} without a valid name",	"v=spf1 exists:%{p}.x.example -all", "3.2.0.192.in-addr.arpa PTR a.z|a.z A 192.0.2.4|unknown.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "%{p} when PTR times out",	"v=spf1 exists:%{p}.x.example -all", "3.2.0.192.in-addr.arpa FAIL x|unknown.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },
	{ "macro in redirect",		"v=spf1 redirect=%{d}.x.example", "D.x.example TXT v=spf1 all", NULL, "pass", 1, 0, NULL },
	{ "macro in include",		"v=spf1 include:%{l}.x.example -all", "user.x.example TXT v=spf1 all", NULL, "pass", 1, 0, NULL },
	{ "long name loses labels at the left", "v=spf1 exists:a.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.%{h}.x.example -all", "example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.mail.helo.example.x.example A 127.0.0.2", NULL, "pass", 1, 0, NULL },	/* 7.3: 253 octets */
};

/* Who asks, 2.4 and 4.3. */
static const struct {
	const char	*name, *zone, *helo, *sender, *result, *domain;
	bool		 helo_identity;
} senders[] = {
	{ "mail address",		"d.example TXT v=spf1 all", "h", "u@d.example", "pass", "d.example", false },
	{ "in angle brackets",		"d.example TXT v=spf1 all", "h", "<u@d.example>", "pass", "d.example", false },
	{ "upper case, final dot",	"d.example TXT v=spf1 all", "h", "U@D.Example.", "pass", "d.example", false },
	{ "null sender: HELO",		"h.example TXT v=spf1 all", "h.example", "", "pass", "h.example", true },
	{ "null sender as <>",		"h.example TXT v=spf1 all", "h.example", "<>", "pass", "h.example", true },
	{ "null sender is postmaster",	"h.example TXT v=spf1 exists:%{l}.x.example -all|postmaster.x.example A 127.0.0.2", "h.example", "<>", "pass", "h.example", true },
	{ "no local part is postmaster", "d.example TXT v=spf1 exists:%{l}.x.example -all|postmaster.x.example A 127.0.0.2", "h", "@d.example", "pass", "d.example", false },
	{ "no sign is a domain",	"d.example TXT v=spf1 exists:%{l}.x.example -all|postmaster.x.example A 127.0.0.2", "h", "d.example", "pass", "d.example", false },
	{ "last sign parts",		"d.example TXT v=spf1 exists:%{l}.x.example -all|a@b.x.example A 127.0.0.2", "h", "a@b@d.example", "pass", "d.example", false },
	{ "quoted local part",		"d.example TXT v=spf1 exists:%{l}.x.example -all|\"a\\032b\".x.example A 127.0.0.2", "h", "\"a b\"@d.example", "pass", "d.example", false },
	{ "HELO is not checked for a sender", "h.example TXT v=spf1 -all|d.example TXT v=spf1 all", "h.example", "u@d.example", "pass", "d.example", false },
	{ "no such domain",		"z.example A 192.0.2.1", "h", "u@d.example", "none", "d.example", false },
	{ "no TXT",			"d.example A 192.0.2.1", "h", "u@d.example", "none", "d.example", false },
	{ "other TXT",			"d.example TXT hello", "h", "u@d.example", "none", "d.example", false },
	{ "TXT times out",		"d.example FAIL x", "h", "u@d.example", "temperror", "d.example", false },
	{ "two records",		"d.example TXT v=spf1 all|d.example TXT v=spf1 all", "h", "u@d.example", "permerror", "d.example", false },
	{ "not inherited",		"d.example TXT v=spf1 all", "h", "u@s.d.example", "none", "s.d.example", false },
	{ "one label",			"d TXT v=spf1 all", "h", "u@d", "none", "d", false },	/* 4.3 */
	{ "one label HELO",		"d TXT v=spf1 all", "OEMCOMPUTER", "", "none", "oemcomputer", true },
	{ "address literal",		"[1.2.3.4] TXT v=spf1 all", "h", "u@[1.2.3.4]", "none", "[1.2.3.4]", false },
	{ "empty label",		"d.example TXT v=spf1 all", "h", "u@d..example", "none", "d..example", false },
	{ "label of 64",		"d.example TXT v=spf1 all", "h", "u@a123456789012345678901234567890123456789012345678901234567890123.d.example", "none", "a123456789012345678901234567890123456789012345678901234567890123.d.example", false },
	{ "U-label is asked as A-label", "xn--bcher-kva.example TXT v=spf1 all", "h", "u@b\303\274cher.example", "pass", "xn--bcher-kva.example", false },	/* RFC 8616 4 */
	{ "%{l} not ASCII matches nothing", "d.example TXT v=spf1 exists:%{l}.x.example ~all|j\\195\\188.x.example A 127.0.0.2", "h", "j\303\274@d.example", "softfail", "d.example", false },
	{ "%{S} not ASCII matches nothing", "d.example TXT v=spf1 -include:%{S}.x.example all", "h", "j\303\274@d.example", "pass", "d.example", false },
};

/* exp, 6.2: the text, or nothing. */
static const struct {
	const char	*name, *record, *zone, *explanation;
} explanations[] = {
	{ "plain",			"v=spf1 exp=e.example -all", "e.example TXT Go away.", "Go away." },
	{ "order does not matter",	"v=spf1 -all exp=e.example", "e.example TXT Go away.", "Go away." },
	{ "strings are joined",		"v=spf1 -all exp=e.example", "e.example TXT \"Go \" \"away.\"", "Go away." },
	{ "macros",			"v=spf1 -all exp=e.example", "e.example TXT %{i} is not %{d}'s", "192.0.2.3 is not d.example's" },
	{ "all letters",		"v=spf1 -all exp=e.example", "e.example TXT %{s} %{l} %{o} %{d} %{i} %{v} %{h}", "user@d.example user d.example d.example 192.0.2.3 in-addr mail.helo.example" },
	{ "letters of exp alone",	"v=spf1 -all exp=e.example", "e.example TXT %{c} %{r} %{t}", "192.0.2.3 mx.receiver.example 1700000000" },	/* 7.2 */
	{ "upper case escapes",		"v=spf1 -all exp=e.example", "e.example TXT http://x/?s=%{S}&i=%{I}", "http://x/?s=user%40d.example&i=192.0.2.3" },
	{ "percent and blanks",		"v=spf1 -all exp=e.example", "e.example TXT 100%%%_%-", "100% %20" },
	{ "final dot stays",		"v=spf1 -all exp=e.example", "e.example TXT %{d}.", "d.example." },
	{ "name has macros",		"v=spf1 -all exp=%{ir}.e.example", "3.2.0.192.e.example TXT No.", "No." },
	{ "of the redirect's target",	"v=spf1 exp=e.example redirect=r.example", "e.example TXT Ours.|r.example TXT v=spf1 -all exp=f.example|f.example TXT Theirs %{d} %{o}", "Theirs r.example d.example" },
	{ "not ours behind a redirect",	"v=spf1 exp=e.example redirect=r.example", "e.example TXT Ours.|r.example TXT v=spf1 -all", NULL },
	{ "not the include's",		"v=spf1 include:r.example -all exp=e.example", "e.example TXT Ours.|r.example TXT v=spf1 -all exp=f.example|f.example TXT Theirs.", "Ours." },
	{ "include passes, minus in front", "v=spf1 -include:r.example exp=e.example", "e.example TXT Ours.|r.example TXT v=spf1 all exp=f.example|f.example TXT Theirs.", "Ours." },
	{ "validated name",		"v=spf1 -all exp=e.example", "e.example TXT %{p}|3.2.0.192.in-addr.arpa PTR h.d.example|h.d.example A 192.0.2.3", "h.d.example" },
	{ "no validated name",		"v=spf1 -all exp=e.example", "e.example TXT %{p}", "unknown" },
	{ "nobody says why",		"v=spf1 -all", "", NULL },
	{ "no TXT",			"v=spf1 -all exp=e.example", "e.example A 192.0.2.1", NULL },
	{ "no name",			"v=spf1 -all exp=e.example", "", NULL },
	{ "two TXT",			"v=spf1 -all exp=e.example", "e.example TXT one|e.example TXT two", NULL },
	{ "time-out",			"v=spf1 -all exp=e.example", "e.example FAIL x", NULL },
	{ "empty TXT",			"v=spf1 -all exp=e.example", "e.example TXT \"\"", NULL },
	{ "bad macro",			"v=spf1 -all exp=e.example", "e.example TXT The %{x}-files", NULL },
	{ "lonely percent",		"v=spf1 -all exp=e.example", "e.example TXT 100% no", NULL },
	{ "not ASCII",			"v=spf1 -all exp=e.example", "e.example TXT \"caf\\195\\169\"", NULL },
	{ "control octet",		"v=spf1 -all exp=e.example", "e.example TXT \"a\\013\\010b\"", NULL },
	{ "invalid name",		"v=spf1 -all exp=e..example", "", NULL },
	{ "counts toward no limit",	"v=spf1 a:g.example a:h.example -all exp=e.example", "", NULL },
	{ "no lookup is left, yet it is read", "v=spf1 a a a a a a a a a a -all exp=e.example", "D A 1.1.1.1|e.example TXT Still.", "Still." },
};

static const char *
with_domain(struct arena *a, const char *zone)
{
	struct str s = str_in(a, 100000);
	const char *p;

	/* "D" alone, or as the first label of a name */
	for (p = zone; *p != '\0'; p++)
		if (*p == 'D' && (p == zone || strchr("| :=%@0", p[-1]) != NULL) &&
		    (p[1] == ' ' || p[1] == '|' || p[1] == '\0' || p[1] == '.'))
			str_add(&s, "d.example");
		else
			str_addc(&s, *p);
	return str_text(&s).p;
}

/* Ask; and ask again with a source that never has an answer the first time. */
static bool
ask(const char *name, struct arena *a, struct zone *z, struct spf_query *q, struct spf_answer *ans)
{
	struct spf_answer again;
	int turns;

	q->dns = &z->source;
	q->quiet = q->ask_ahead = z->shy = false;
	q->cache = NULL;
	if (!spf_check_host(a, q, ans))
		return false;
	z->shy = true;
	q->cache = spf_cache_new(a);
	q->ask_ahead = true;
	for (turns = 0; !spf_check_host(a, q, &again); turns++)
		if (turns > 200)
			return false;
	CHECK(name, again.result == ans->result && again.lookups == ans->lookups &&
	    again.void_lookups == ans->void_lookups && text_eq(again.mechanism, ans->mechanism));
	z->shy = false;
	q->quiet = true;
	CHECK(name, spf_check_host(a, q, &again) && again.result == ans->result);
	return true;
}

static struct spf_query
query(const char *ip, const char *sender)
{
	struct spf_query q = { .helo = TEXT("mail.helo.example"), .now_s = 1700000000 };

	q.receiver = TEXT("mx.receiver.example");
	q.sender = text_of(sender);
	ip_parse(text_of(ip == NULL ? "192.0.2.3" : ip), &q.ip);
	return q;
}

static void
test_plain(const struct plain *c)
{
	struct arena *a = arena_new();
	struct spf_answer ans;
	struct spf_query q = query(c->ip, "user@d.example");
	struct zone z;

	zone_init(&z, a);
	CHECK(c->name, zone_load(&z, arena_printf(a, "d.example TXT %s", with_domain(a, c->record))));
	CHECK(c->name, zone_load(&z, with_domain(a, c->zone)));
	CHECK(c->name, ask(c->name, a, &z, &q, &ans));
	CHECK_STR(c->name, spf_result_word(ans.result), c->result);
	CHECK(c->name, c->lookups < 0 || (int)ans.lookups == c->lookups);
	CHECK(c->name, c->voids < 0 || (int)ans.void_lookups == c->voids);
	CHECK(c->name, c->mechanism == NULL || text_is(ans.mechanism, c->mechanism));
	CHECK_STR(c->name, text_cstr(a, ans.record), with_domain(a, c->record));
	arena_free(a);
}

static void
test_senders(void)
{
	struct spf_answer ans;
	struct spf_query q;
	struct arena *a;
	struct zone z;
	size_t i;

	for (i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		CHECK(senders[i].name, zone_load(&z, senders[i].zone));
		q = query(NULL, senders[i].sender);
		q.helo = text_of(senders[i].helo);
		CHECK(senders[i].name, ask(senders[i].name, a, &z, &q, &ans));
		CHECK_STR(senders[i].name, spf_result_word(ans.result), senders[i].result);
		CHECK_STR(senders[i].name, ans.domain, senders[i].domain);
		CHECK(senders[i].name, ans.helo_identity == senders[i].helo_identity);
		arena_free(a);
	}
}

static void
test_explanations(void)
{
	struct spf_answer ans;
	struct spf_query q;
	struct arena *a;
	struct zone z;
	size_t i;

	for (i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		zone_load(&z, arena_printf(a, "d.example TXT %s", explanations[i].record));
		CHECK(explanations[i].name, zone_load(&z, with_domain(a, explanations[i].zone)));
		q = query(NULL, "user@d.example");
		CHECK(explanations[i].name, ask(explanations[i].name, a, &z, &q, &ans));
		CHECK_STR(explanations[i].name, spf_result_word(ans.result), "fail");
		CHECK_STR(explanations[i].name, ans.explanation.p == NULL ? NULL :
		    text_cstr(a, ans.explanation), explanations[i].explanation);
		arena_free(a);
	}
}

static void
test_trace(void)
{
	static const struct {
		unsigned	 depth;
		const char	*domain, *term, *result;
		unsigned	 lookups;
	} want[] = {
		{ 0, "d.example", "ip4:198.51.100.1", "no_match", 0 },
		{ 0, "d.example", "include:e.example", "no_match", 1 },
		{ 1, "e.example", "a", "no_match", 2 },
		{ 1, "e.example", "-all", "match", 2 },
		{ 0, "d.example", "mx", "match", 3 },
		{ 0, "d.example", "~all", "skipped", 3 },
	};
	struct arena *a = arena_new();
	struct spf_query q = query(NULL, "user@d.example");
	struct spf_answer ans;
	struct zone z;
	size_t i;

	zone_init(&z, a);
	zone_load(&z, "d.example TXT v=spf1 ip4:198.51.100.1 include:e.example mx ~all|"
	    "e.example TXT v=spf1 a -all|e.example A 198.51.100.2|d.example MX 1 m.example|m.example A 192.0.2.3");
	CHECK("trace", ask("trace", a, &z, &q, &ans));
	CHECK("steps", ans.trace_count == sizeof(want) / sizeof(want[0]));
	for (i = 0; i < ans.trace_count; i++) {
		CHECK(want[i].term, ans.trace[i].depth == want[i].depth);
		CHECK_STR(want[i].term, ans.trace[i].domain, want[i].domain);
		CHECK_STR(want[i].term, text_cstr(a, ans.trace[i].term), want[i].term);
		CHECK_STR(want[i].term, spf_step_word(ans.trace[i].result), want[i].result);
		CHECK(want[i].term, ans.trace[i].lookups == want[i].lookups);
	}
	arena_free(a);
}

/* Records made to explode: the answer comes, and memory stays small. */
static void
test_hostile(void)
{
	struct arena *a = arena_new();
	struct spf_query q = query(NULL, "user@d.example");
	struct spf_answer ans;
	struct str s;
	struct zone z;
	int i, j;

	zone_init(&z, a);
	for (i = 0; i < 10; i++) {		/* fan-out 10, depth 10 */
		s = str_in(a, 10000);
		str_addf(&s, "d%d.example TXT v=spf1", i);
		for (j = 0; j < 10; j++)
			str_addf(&s, " include:d%d.example", i + 1);
		zone_load(&z, str_text(&s).p);
	}
	zone_load(&z, "d10.example TXT v=spf1 -all|d.example TXT v=spf1 include:d0.example");
	z.asked = 0;
	CHECK("fan", ask("fan", a, &z, &q, &ans) && ans.result == SPF_PERMERROR && ans.lookups == 10);
	CHECK("few questions", z.asked < 400);

	zone_init(&z, a);
	s = str_in(a, 70000);
	str_add(&s, "d.example TXT v=spf1 exists:");
	while (s.n < 65000)
		str_add(&s, "%{s}%{h}.");
	str_add(&s, "x.example -all");
	zone_load(&z, str_text(&s).p);
	CHECK("64 KiB of macros", ask("macros", a, &z, &q, &ans) && ans.result == SPF_FAIL);

	zone_init(&z, a);
	s = str_in(a, 70000);
	str_add(&s, "d.example TXT v=spf1");
	while (s.n < 65000)
		str_add(&s, " ip4:198.51.100.1");
	zone_load(&z, str_text(&s).p);
	CHECK("64 KiB of terms", ask("terms", a, &z, &q, &ans) && ans.result == SPF_NEUTRAL);
	CHECK("trace is bounded", ans.trace_count == SPF_TRACE_MAX);

	zone_init(&z, a);
	s = str_in(a, 70000);
	str_add(&s, "d.example TXT v=spf1");
	while (s.n < 65000)
		str_add(&s, " x");
	zone_load(&z, str_text(&s).p);
	CHECK("64 KiB of faults", ask("faults", a, &z, &q, &ans) && ans.result == SPF_PERMERROR);
	CHECK("problems are bounded", ans.problems.count <= PROBLEMS_MAX);

	zone_init(&z, a);
	for (i = 0; i < 2000; i++)
		zone_load(&z, "d.example TXT v=spf1 -all");
	CHECK("2,000 TXT", ask("many", a, &z, &q, &ans) && ans.result == SPF_PERMERROR);
	CHECK("memory", arena_used(a) < 16 << 20);
	arena_free(a);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		test_plain(&plain[i]);
	test_senders();
	test_explanations();
	test_trace();
	test_hostile();
	TEST_END();
}
