/*
 * Proposals.  The domain is d.e; the server sends from the addresses of the case
 * and owns them and 192.0.2.10.
 */

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_propose.h"
#include "tests/zone.h"
#include "unit/test.h"

#define P	SPF_FIX_PUBLISH
#define M	SPF_FIX_MERGE
#define A	SPF_FIX_AUTHORISE
#define R	SPF_FIX_REPAIR
#define C	SPF_FIX_REDUCE
#define O	SPF_FIX_CLOSE
#define IP	"192.0.2.10"
#define IPS	"192.0.2.10 2001:db8::10"
#define EIGHT	"a:h.e a:h.e2 a:h.e3 a:h.e4 a:h.e5 a:h.e6 a:h.e7 a:h.e8"
#define HOSTS	"h.e A 198.51.100.1|h.e2 A 198.51.100.2|h.e3 A 198.51.100.3|h.e4 A 198.51.100.4|h.e5 A 198.51.100.5|h.e6 A 198.51.100.6|h.e7 A 198.51.100.7|h.e8 A 198.51.100.8"
#define OWN	"|d.e A 192.0.2.10|d.e MX 10 mx.d.e|mx.d.e A 192.0.2.10"

static const struct {
	const char	*name;
	enum spf_fix	 fix;
	const char	*zone, *addresses, *all;
	const char	*refused;		/* "offered", ... */
	const char	*record;		/* offered: the record; else the reason's id, "" = any */
	const char	*needs;
} cases[] = {
	/* publish */
	{ "none yet",			P, "d.e TXT hello", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "none, both families",	P, "d.e TXT hello", IPS, NULL, "offered", "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 ~all", NULL },
	{ "none, chosen end",		P, "d.e TXT hello", IP, "-all", "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "parked",			P, "d.e TXT hello", "", "-all", "offered", "v=spf1 -all", NULL },
	{ "nobody sends, but not said",	P, "d.e TXT hello", "", NULL, "invalid_value", "spf_edit.refused.no_senders", NULL },
	{ "there is one",		P, "d.e TXT v=spf1 -all", IP, NULL, "not_needed", "spf_edit.refused.has_record", NULL },
	{ "TXT cannot be had",		P, "d.e FAIL x", IP, NULL, "unknown", "spf_edit.refused.dns", NULL },
	{ "bad end",			P, "d.e TXT hello", IP, "+all", "invalid_value", "spf_edit.refused.all_value", NULL },
	{ "a neutral end is no choice",	P, "d.e TXT hello", IP, "?all", "invalid_value", "spf_edit.refused.all_value", NULL },

	/* authorise */
	{ "address before all",		A, "d.e TXT v=spf1 a mx -all|d.e A 198.51.100.1|d.e MX 1 d.e", IP, NULL, "offered", "v=spf1 a mx ip4:192.0.2.10 -all", NULL },
	{ "qualifier of all stays",	A, "d.e TXT v=spf1 ?all", IP, "-all", "offered", "v=spf1 ip4:192.0.2.10 ?all", NULL },
	{ "text stays as it is",	A, "d.e TXT V=SPF1 IP4:198.51.100.1/32 ~ALL", IP, NULL, "offered", "V=SPF1 IP4:198.51.100.1/32 ip4:192.0.2.10 ~ALL", NULL },
	{ "only what is missing",	A, "d.e TXT v=spf1 ip4:192.0.2.10 -all", IPS, NULL, "offered", "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all", NULL },
	{ "no all: one is added",	A, "d.e TXT v=spf1 a:h.e|h.e A 198.51.100.1", IP, NULL, "offered", "v=spf1 a:h.e ip4:192.0.2.10 ~all", NULL },
	{ "redirect stays the end",	A, "d.e TXT v=spf1 redirect=r.e|r.e TXT v=spf1 ip4:198.51.100.1 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 redirect=r.e", NULL },
	{ "modifiers stay behind",	A, "d.e TXT v=spf1 a:h.e -all exp=x.e|h.e A 198.51.100.1", IP, NULL, "offered", "v=spf1 a:h.e ip4:192.0.2.10 -all exp=x.e", NULL },
	{ "turned away earlier: to the front", A, "d.e TXT v=spf1 -ip4:192.0.2.0/24 a:h.e -all|h.e A 198.51.100.1", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -ip4:192.0.2.0/24 a:h.e -all", NULL },
	{ "all pass",			A, "d.e TXT v=spf1 ip4:192.0.2.0/24 -all", IP, NULL, "not_needed", "spf_edit.refused.all_pass", NULL },
	{ "none yet: publish first",	A, "d.e TXT x", IP, NULL, "needs_first", "", "spf.publish" },
	{ "two: merge first",		A, "d.e TXT v=spf1 -all|d.e TXT v=spf1 a -all", IP, NULL, "needs_first", "", "spf.merge" },
	{ "wrong: repair first",	A, "d.e TXT v=spf1 ipv4:198.51.100.1 -all", IP, NULL, "needs_first", "", "spf.repair" },
	{ "over ten: reduce first",	A, "d.e TXT v=spf1 " EIGHT " a:h.e a:h.e2 a:h.e3 -all|" HOSTS, IP, NULL, "needs_first", "", "spf.reduce" },
	{ "an include is silent",	A, "d.e TXT v=spf1 include:f.e -all|f.e FAIL x", IP, NULL, "unknown", "spf_edit.refused.dns", NULL },
	{ "macro terms stay",		A, "d.e TXT v=spf1 exists:%{i}.x.e -all", IP, NULL, "offered", "v=spf1 exists:%{i}.x.e ip4:192.0.2.10 -all", NULL },

	/* merge */
	{ "two records",		M, "d.e TXT v=spf1 a mx ~all|d.e TXT v=spf1 include:r.e -all|r.e TXT v=spf1 ip4:198.51.100.0/24 -all" OWN, IP, NULL, "offered", "v=spf1 a mx include:r.e ~all", NULL },
	{ "the softer end, other order", M, "d.e TXT v=spf1 include:r.e -all|d.e TXT v=spf1 a ~all|r.e TXT v=spf1 ip4:198.51.100.0/24 -all" OWN, IP, NULL, "offered", "v=spf1 include:r.e a ~all", NULL },
	{ "never plus",			M, "d.e TXT v=spf1 a +all|d.e TXT v=spf1 mx -all" OWN, IP, NULL, "offered", "v=spf1 a mx -all", NULL },
	{ "same record twice",		M, "d.e TXT v=spf1 a -all|d.e TXT v=spf1 a -all" OWN, IP, NULL, "offered", "v=spf1 a -all", NULL },
	{ "duplicates fall out",	M, "d.e TXT v=spf1 a ip4:192.0.2.10 -all|d.e TXT v=spf1 ip4:192.0.2.10/32 A mx -all" OWN, IP, NULL, "offered", "v=spf1 a ip4:192.0.2.10 mx -all", NULL },
	{ "covered networks fall out",	M, "d.e TXT v=spf1 ip4:192.0.2.10 -all|d.e TXT v=spf1 ip4:192.0.2.0/24 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.0/24 -all", NULL },
	{ "redirect becomes include",	M, "d.e TXT v=spf1 redirect=r.e|d.e TXT v=spf1 a -all|r.e TXT v=spf1 ip4:198.51.100.1 ~all" OWN, IP, NULL, "offered", "v=spf1 include:r.e a ~all", NULL },
	{ "same redirect twice stays",	M, "d.e TXT v=spf1 redirect=r.e|d.e TXT v=spf1 redirect=r.e|r.e TXT v=spf1 ip4:192.0.2.10 ~all", IP, NULL, "offered", "v=spf1 redirect=r.e", NULL },
	{ "ptr falls out",		M, "d.e TXT v=spf1 ptr a -all|d.e TXT v=spf1 mx -all" OWN, IP, NULL, "offered", "v=spf1 a mx -all", NULL },
	{ "and the address comes in",	M, "d.e TXT v=spf1 a:h.e -all|d.e TXT v=spf1 a:h.e2 -all|" HOSTS, IP, NULL, "offered", "v=spf1 a:h.e a:h.e2 ip4:192.0.2.10 -all", NULL },
	{ "no end in either",		M, "d.e TXT v=spf1 a|d.e TXT v=spf1 mx" OWN, IP, NULL, "offered", "v=spf1 a mx ~all", NULL },
	{ "chosen end",			M, "d.e TXT v=spf1 a ~all|d.e TXT v=spf1 mx ~all" OWN, IP, "-all", "offered", "v=spf1 a mx -all", NULL },
	{ "a wrong one is mended",	M, "d.e TXT v=spf1 a ipv4:198.51.100.9 -all|d.e TXT v=spf1 mx -all" OWN, IP, NULL, "offered", "v=spf1 a ip4:198.51.100.9 mx -all", NULL },
	{ "eleven, own names give way",	M, "d.e TXT v=spf1 a mx " EIGHT " -all|d.e TXT v=spf1 a:mx.d.e -all|" HOSTS OWN, IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 mx " EIGHT " a:mx.d.e -all", NULL },
	{ "eleven foreign: refused",	M, "d.e TXT v=spf1 " EIGHT " -all|d.e TXT v=spf1 include:r.e include:r2.e include:r3.e -all|r.e TXT v=spf1 -all|r2.e TXT v=spf1 -all|r3.e TXT v=spf1 -all|" HOSTS, IP, NULL, "would_break", "spf_edit.refused.lookups", NULL },
	{ "a dead include is left out",	M, "d.e TXT v=spf1 a mx ~all|d.e TXT v=spf1 include:gone.e -all" OWN, IP, NULL, "offered", "v=spf1 a mx ~all", NULL },
	{ "a silent one is not",	M, "d.e TXT v=spf1 a mx ~all|d.e TXT v=spf1 include:f.e -all|f.e FAIL x" OWN, IP, NULL, "unknown", "spf_edit.refused.dns", NULL },
	{ "one is enough",		M, "d.e TXT v=spf1 a -all", IP, NULL, "not_needed", "spf_edit.refused.one_record", NULL },
	{ "one turns away, the other first", M, "d.e TXT v=spf1 -ip4:192.0.2.0/28 mx -all|d.e TXT v=spf1 a -all" OWN, IP, NULL, "offered", "v=spf1 a -ip4:192.0.2.0/28 mx -all", NULL },
	{ "both turn away: behind those who pass", M, "d.e TXT v=spf1 ?a:h.e a -all|d.e TXT v=spf1 ?a:h2.e mx -all|h.e A 198.51.100.1|h2.e A 198.51.100.2" OWN, IP, NULL, "offered", "v=spf1 a mx ?a:h.e ?a:h2.e -all", NULL },
	{ "networks apart stay",	M, "d.e TXT v=spf1 -ip4:198.51.100.0/28 a -all|d.e TXT v=spf1 ip4:203.0.113.0/24 -all" OWN, IP, NULL, "offered", "v=spf1 -ip4:198.51.100.0/28 a ip4:203.0.113.0/24 -all", NULL },
	{ "three records",		M, "d.e TXT v=spf1 a -all|d.e TXT v=spf1 mx ~all|d.e TXT v=spf1 ip4:198.51.100.0/24 ?all" OWN, IP, NULL, "offered", "v=spf1 a mx ip4:198.51.100.0/24 ?all", NULL },

	/* repair */
	{ "ipv4:",			R, "d.e TXT v=spf1 ipv4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "ip:",			R, "d.e TXT v=spf1 ip:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "ip: of IPv6",		R, "d.e TXT v=spf1 ip:2001:db8::10 -all", "2001:db8::10", NULL, "offered", "v=spf1 ip6:2001:db8::10 -all", NULL },
	{ "ip4: of IPv6",		R, "d.e TXT v=spf1 ip4:2001:db8::10 -all", "2001:db8::10", NULL, "offered", "v=spf1 ip6:2001:db8::10 -all", NULL },
	{ "bare address",		R, "d.e TXT v=spf1 192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "a: of an address",		R, "d.e TXT v=spf1 a:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "ip4: of a name",		R, "d.e TXT v=spf1 ip4:h.e -all|" HOSTS, "198.51.100.1", NULL, "offered", "v=spf1 a:h.e -all", NULL },
	{ "three octets",		R, "d.e TXT v=spf1 ip4:192.0.2/24 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.0/24 -all", NULL },
	{ "net mask",			R, "d.e TXT v=spf1 ip4:192.0.2.0/255.255.255.0 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.0/24 -all", NULL },
	{ "port",			R, "d.e TXT v=spf1 ip4:192.0.2.10:25 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "leading zero",		R, "d.e TXT v=spf1 ip4:192.0.2.0/024 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.0/24 -all", NULL },
	{ "commas",			R, "d.e TXT v=spf1 ip4:192.0.2.10,ip4:192.0.2.11, -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ip4:192.0.2.11 -all", NULL },
	{ "list of addresses",		R, "d.e TXT v=spf1 ip4:192.0.2.10,192.0.2.11 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ip4:192.0.2.11 -all", NULL },
	{ "semicolon at the end",	R, "d.e TXT v=spf1 ip4:192.0.2.10 -all;", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "curly quotes",		R, "d.e TXT \"v=spf1 ip4:192.0.2.10 -all\\226\\128\\157\"", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "long dash",			R, "d.e TXT \"v=spf1 ip4:192.0.2.10 \\226\\128\\147all\"", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "two dashes",			R, "d.e TXT v=spf1 ip4:192.0.2.10 --all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "blank behind the colon",	R, "d.e TXT v=spf1 ip4: 192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "blank behind the dash",	R, "d.e TXT v=spf1 ip4:192.0.2.10 - all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "include without a colon",	R, "d.e TXT v=spf1 include r.e ip4:192.0.2.10 -all|r.e TXT v=spf1 -all", IP, NULL, "offered", "v=spf1 include:r.e ip4:192.0.2.10 -all", NULL },
	{ "equals sign",		R, "d.e TXT v=spf1 ip4=192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "redirect with a colon",	R, "d.e TXT v=spf1 redirect:r.e|r.e TXT v=spf1 ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 redirect=r.e", NULL },
	{ "run together",		R, "d.e TXT v=spf1 ip4:192.0.2.10include:r.e -all|r.e TXT v=spf1 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 include:r.e -all", NULL },
	{ "strings joined bare",	R, "d.e TXT \"v=spf1 ip4:192.0.2.10 include:r.e\" \"~all\"|r.e TXT v=spf1 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 include:r.e ~all", NULL },
	{ "joined bare, yet a name",	R, "d.e TXT \"v=spf1 ip4:192.0.2.10 include:r.e\" \"-all\"|r.e TXT v=spf1 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 include:r.e -all", NULL },
	{ "second version",		R, "d.e TXT v=spf1 ip4:192.0.2.10 v=spf1 mx -all" OWN, IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 mx -all", NULL },
	{ "U-label",			R, "d.e TXT \"v=spf1 ip4:192.0.2.10 a:b\\195\\188cher.e -all\"|xn--bcher-kva.e A 198.51.100.1", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 a:xn--bcher-kva.e -all", NULL },
	{ "nonsense falls out",		R, "d.e TXT v=spf1 ip4:192.0.2.10 moo -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "second redirect",		R, "d.e TXT v=spf1 redirect=r.e redirect=r.e|r.e TXT v=spf1 ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 redirect=r.e", NULL },
	{ "include of nothing",		R, "d.e TXT v=spf1 include:gone.e ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "own include",		R, "d.e TXT v=spf1 include:d.e ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "include broken below",	R, "d.e TXT v=spf1 include:r.e ip4:192.0.2.10 -all|r.e TXT v=spf1 moo", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "ptr",			R, "d.e TXT v=spf1 ptr ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "private address",		R, "d.e TXT v=spf1 ip4:192.168.1.1 ip4:10.0.0.0/8 ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "void terms",			R, "d.e TXT v=spf1 a:x.e a:y.e mx:z.e ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "void for us, not for all",	R, "d.e TXT v=spf1 a:six.e a:y.e ip4:192.0.2.10 -all|six.e AAAA 2001:db8::6", IP, NULL, "offered", "v=spf1 a:six.e ip4:192.0.2.10 -all", NULL },
	{ "time-out is no death",	R, "d.e TXT v=spf1 include:f.e ptr ip4:192.0.2.10 -all|f.e FAIL x", IP, NULL, "unknown", "spf_edit.refused.dns", NULL },
	{ "quoted twice",		R, "d.e TXT \"\\034v=spf1 ip4:192.0.2.10 -all\\034\"", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "semicolon behind the version", R, "d.e TXT v=spf1; ip4:192.0.2.10; -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "nothing wrong",		R, "d.e TXT v=spf1 ip4:192.0.2.10 -all", IP, NULL, "not_needed", "spf_edit.refused.nothing_wrong", NULL },
	{ "mended and authorised",	R, "d.e TXT v=spf1 ipv4:198.51.100.1 -all", IP, NULL, "offered", "v=spf1 ip4:198.51.100.1 ip4:192.0.2.10 -all", NULL },

	/* reduce */
	{ "own a goes first",		C, "d.e TXT v=spf1 a mx " EIGHT " a:mx.d.e -all|" HOSTS OWN, IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 mx " EIGHT " a:mx.d.e -all", NULL },
	{ "duplicates alone may do",	C, "d.e TXT v=spf1 a mx " EIGHT " a:h.e -all|" HOSTS OWN, IP, NULL, "offered", "v=spf1 a mx " EIGHT " -all", NULL },
	{ "a/24 keeps its width",	C, "d.e TXT v=spf1 a/24 mx a:mx.d.e " EIGHT " -all|" HOSTS OWN, IP, NULL, "offered", "v=spf1 ip4:192.0.2.10/24 mx a:mx.d.e " EIGHT " -all", NULL },
	{ "foreign names stay",		C, "d.e TXT v=spf1 " EIGHT " include:r.e include:r2.e include:r3.e ip4:192.0.2.10 -all|r.e TXT v=spf1 -all|r2.e TXT v=spf1 -all|r3.e TXT v=spf1 -all|" HOSTS, IP, NULL, "would_break", "spf_edit.refused.lookups", NULL },
	{ "near ten: all that is own",	C, "d.e TXT v=spf1 a mx a:h.e a:h.e2 a:h.e3 a:h.e4 a:h.e5 a:h.e6 a:h.e7 -all|" HOSTS OWN, IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 a:h.e a:h.e2 a:h.e3 a:h.e4 a:h.e5 a:h.e6 a:h.e7 -all", NULL },
	{ "dead terms go too",		C, "d.e TXT v=spf1 a " EIGHT " -all a:h.e redirect=r.e|" HOSTS OWN, IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 " EIGHT " -all", NULL },
	{ "partly foreign stays",	C, "d.e TXT v=spf1 mx " EIGHT " -all|d.e MX 1 mx.d.e|d.e MX 2 h.e|mx.d.e A 192.0.2.10|" HOSTS, IP, NULL, "not_needed", "spf_edit.refused.nothing_to_reduce", NULL },
	{ "void terms: repair first",	C, "d.e TXT v=spf1 a:x.e a:y.e mx:z.e ip4:192.0.2.10 -all", IP, NULL, "needs_first", "", "spf.repair" },
	{ "what works is left alone",	C, "d.e TXT v=spf1 a mx a:h.e -all|" HOSTS OWN, IP, NULL, "not_needed", "spf_edit.refused.few_lookups", NULL },

	/* close */
	{ "+all",			O, "d.e TXT v=spf1 ip4:192.0.2.10 +all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "+all, chosen",		O, "d.e TXT v=spf1 ip4:192.0.2.10 all", IP, "-all", "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "?all",			O, "d.e TXT v=spf1 ip4:192.0.2.10 ?all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "no end",			O, "d.e TXT v=spf1 ip4:192.0.2.10", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "+all alone: address comes in", O, "d.e TXT v=spf1 +all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "+all in front: the rest lives", O, "d.e TXT v=spf1 +all ip4:192.0.2.10 -all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "the world as a network",	O, "d.e TXT v=spf1 ip4:0.0.0.0/0 ip4:192.0.2.10 ~all", IP, NULL, "offered", "v=spf1 ip4:192.0.2.10 ~all", NULL },
	{ "closed already",		O, "d.e TXT v=spf1 ip4:192.0.2.10 ~all", IP, NULL, "not_needed", "spf_edit.refused.closed", NULL },
	{ "another end is chosen",	O, "d.e TXT v=spf1 ip4:192.0.2.10 ~all", IP, "-all", "offered", "v=spf1 ip4:192.0.2.10 -all", NULL },
	{ "redirect to a closed one",	O, "d.e TXT v=spf1 redirect=r.e|r.e TXT v=spf1 ip4:192.0.2.10 -all", IP, NULL, "not_needed", "spf_edit.refused.closed", NULL },
	{ "redirect to an open one",	O, "d.e TXT v=spf1 redirect=r.e|r.e TXT v=spf1 ip4:192.0.2.10", IP, NULL, "offered", "v=spf1 include:r.e ~all", NULL },
};

static const struct spf_sender senders[] = {
	{ .id = "good", .terms = (const char *const[]){ "include:r.e" }, .term_count = 1 },
	{ .id = "dead", .terms = (const char *const[]){ "include:gone.e" }, .term_count = 1 },
	{ .id = "own bounces", .terms = (const char *const[]){ "include:x.e" }, .term_count = 1, .not_at_root = true },
};

static size_t
read_ips(const char *text, struct ip *ips)
{
	struct text rest = text_of(text), one;
	size_t n = 0;

	while (text_split(&rest, ' ', &one))
		ip_parse(one, &ips[n++]);
	return n;
}

static bool
propose(struct arena *a, struct zone *z, struct spf_propose_query *q, enum spf_fix fix,
    struct spf_proposal *p)
{
	struct spf_proposal first;
	int turns;

	q->ask.dns = &z->source;
	q->ask.domain.s = "d.e";
	if (!spf_propose(a, q, fix, &first))
		return false;
	z->shy = true;
	for (turns = 0; !spf_propose(a, q, fix, p); turns++)
		if (turns > 100)
			return false;
	z->shy = false;
	return first.refused == p->refused && text_eq(first.best.record, p->best.record);
}

/* The rules that hold for whatever is offered, asked of a published record. */
static void
check_rules(const char *name, struct arena *a, struct zone *z, const struct spf_propose_query *q,
    const struct spf_proposal *p)
{
	struct spf_explain_query as = q->ask;
	struct spf_tree tree;
	size_t i;

	as.dns = spf_overlay(a, &z->source, as.domain, p->best.record);
	CHECK(name, spf_explain(a, &as, &tree));
	CHECK(name, tree.record_count == 1 && !tree.permerror && !tree.temperror);
	CHECK(name, tree.lookups <= 10 && tree.void_lookups <= 2);
	CHECK(name, tree.lookups == p->best.lookups && tree.void_lookups == p->best.void_lookups);
	for (i = 0; i < tree.result_count; i++)
		CHECK(name, tree.results[i].result == SPF_PASS);
}

static void
test_cases(void)
{
	struct spf_propose_query q;
	struct spf_proposal p;
	struct ip ips[8], own;
	struct arena *a;
	struct zone z;
	size_t i;

	ip_parse(TEXT("192.0.2.10"), &own);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		CHECK(cases[i].name, zone_load(&z, cases[i].zone));
		q = (struct spf_propose_query){ .all = cases[i].all, .own = &own, .own_count = 1 };
		q.ask.addresses = ips;
		q.ask.address_count = read_ips(cases[i].addresses, ips);
		CHECK(cases[i].name, propose(a, &z, &q, cases[i].fix, &p));
		CHECK_STR(cases[i].name, spf_refusal_word(p.refused), cases[i].refused);
		if (p.refused == SPF_OFFERED) {
			CHECK_STR(cases[i].name, text_cstr(a, p.best.record), cases[i].record);
			check_rules(cases[i].name, a, &z, &q, &p);
		} else if (cases[i].record[0] != '\0')
			CHECK_STR(cases[i].name, p.reason.id, cases[i].record);
		CHECK_STR(cases[i].name, p.needs, cases[i].needs);
		arena_free(a);
	}
}

/* Our include would make twelve look-ups: the address is offered, the include refused. */
static void
test_alternatives(void)
{
	struct spf_propose_query q = { .include = "inc.e" };
	struct spf_proposal p;
	struct arena *a = arena_new();
	struct ip ips[2];
	struct zone z;
	size_t i;
	bool seen = false;

	zone_init(&z, a);
	zone_load(&z, "d.e TXT v=spf1 " EIGHT " -all|inc.e TXT v=spf1 a:h.e a:h.e2 a:h.e3 ip4:192.0.2.0/24 -all|" HOSTS);
	q.ask.addresses = ips;
	q.ask.address_count = read_ips(IP, ips);
	CHECK("offered", propose(a, &z, &q, A, &p) && p.refused == SPF_OFFERED);
	CHECK_STR("address", text_cstr(a, p.best.record), "v=spf1 " EIGHT " ip4:192.0.2.10 -all");
	for (i = 0; i < p.other_count; i++)
		if (strcmp(p.others[i].way, "spf_edit.way.include") == 0) {
			seen = true;
			CHECK("include breaks", p.others[i].refused == SPF_WOULD_BREAK);
			CHECK_STR("by number", p.others[i].reason.id, "spf_edit.refused.lookups");
			CHECK_STR("twelve", p.others[i].reason.values[0].value, "12");
		}
	CHECK("include is shown", seen);
	arena_free(a);
}

static void
test_senders(void)
{
	struct spf_propose_query q = { .senders = senders, .sender_count = 1 };
	struct spf_proposal p;
	struct arena *a = arena_new();
	struct ip ips[2];
	struct zone z;

	zone_init(&z, a);
	zone_load(&z, "d.e A 192.0.2.10|r.e TXT v=spf1 ip4:198.51.100.0/24 -all|p.e TXT v=spf1 ip4:198.51.100.0/24 -all");
	q.ask.addresses = ips;
	q.ask.address_count = read_ips(IP, ips);
	CHECK("sender", propose(a, &z, &q, P, &p) && p.refused == SPF_OFFERED);
	CHECK_STR("sender", text_cstr(a, p.best.record), "v=spf1 ip4:192.0.2.10 include:r.e ~all");
	CHECK("other ways are shown", p.other_count == 2 && strcmp(p.others[0].way, "spf_edit.way.a") == 0);
	CHECK_STR("the domain's own address costs", p.others[0].reason.id, "spf_edit.refused.costs_more");
	CHECK_STR("it has no mail servers", p.others[1].reason.id, "spf_edit.refused.not_pass");
	q.include = "p.e";
	CHECK("provider's include", propose(a, &z, &q, P, &p) && p.refused == SPF_OFFERED);
	CHECK("is shown", p.other_count == 3 && strcmp(p.others[2].way, "spf_edit.way.include") == 0);
	CHECK_STR("and does not pass", p.others[2].reason.id, "spf_edit.refused.not_pass");
	q.include = NULL;
	q.sender_count = 2;
	CHECK("dead include is never written", propose(a, &z, &q, P, &p) && p.refused == SPF_WOULD_BREAK);
	CHECK_STR("and named", p.reason.values[0].value, "include:gone.e");
	q.senders = &senders[2];
	q.sender_count = 1;
	CHECK("no use at the root", propose(a, &z, &q, P, &p) && p.refused == SPF_OFFERED);
	CHECK_STR("no use at the root", text_cstr(a, p.best.record), "v=spf1 ip4:192.0.2.10 ~all");
	arena_free(a);
}

/* The preview marks every edit, and both old records go. */
static void
test_edits(void)
{
	static const struct { enum spf_op op; const char *before, *after; } want[] = {
		{ SPF_KEEP, "a", "a" }, { SPF_DROP, "ptr", "" }, { SPF_CHANGE, "redirect=r.e", "include:r.e" },
		{ SPF_ADD, "", "ip4:192.0.2.10" }, { SPF_ADD, "", "~all" },
	};
	struct spf_propose_query q = { .ask = { .helo = { NULL, 0 } } };
	struct spf_proposal p;
	struct arena *a = arena_new();
	struct ip ips[2];
	struct zone z;
	size_t i;

	zone_init(&z, a);
	zone_load(&z, "d.e TXT v=spf1 a ptr ~all|d.e TXT v=spf1 redirect=r.e|d.e A 198.51.100.1|r.e TXT v=spf1 ip4:198.51.100.2 -all");
	q.ask.addresses = ips;
	q.ask.address_count = read_ips(IP, ips);
	CHECK("merge", propose(a, &z, &q, M, &p) && p.refused == SPF_OFFERED);
	CHECK("both old values go", p.replace_count == 2);
	CHECK("all edits are marked", p.best.edit_count == sizeof(want) / sizeof(want[0]));
	for (i = 0; i < p.best.edit_count && i < sizeof(want) / sizeof(want[0]); i++) {
		CHECK(want[i].after, p.best.edits[i].op == want[i].op);
		CHECK(want[i].after, text_is(p.best.edits[i].before, want[i].before));
		CHECK(want[i].after, text_is(p.best.edits[i].after, want[i].after));
		CHECK(want[i].after, (p.best.edits[i].why != NULL) == (want[i].op != SPF_KEEP));
	}
	arena_free(a);
}

/* All remedies that have something to say. */
static void
test_all(void)
{
	static const struct { const char *name, *zone, *fixes; } all[] = {
		{ "none", "d.e TXT x", "spf.publish" },
		{ "near", "d.e TXT v=spf1; ip4:192.0.2.10 -all", "spf.publish spf.repair" },
		{ "two", "d.e TXT v=spf1 a -all|d.e TXT v=spf1 mx -all" OWN, "spf.merge" },
		{ "good", "d.e TXT v=spf1 mx ip4:192.0.2.10 -all" OWN, "" },
		{ "not covered", "d.e TXT v=spf1 -all", "spf.authorise" },
		{ "open and dead", "d.e TXT v=spf1 ip4:192.0.2.10 ptr ?all", "spf.repair spf.close" },
	};
	struct spf_propose_query q = { .include = NULL };
	struct spf_proposal p[SPF_FIXES];
	struct arena *a;
	struct ip ip;
	struct str s;
	struct zone z;
	size_t i, k, count;

	ip_parse(TEXT(IP), &ip);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		zone_load(&z, all[i].zone);
		q.ask = (struct spf_explain_query){ .domain = { "d.e" }, .addresses = &ip,
		    .address_count = 1, .dns = &z.source };
		CHECK(all[i].name, spf_propose_all(a, &q, p, &count));
		s = str_in(a, 200);
		for (k = 0; k < count; k++)
			str_addf(&s, "%s%s", k == 0 ? "" : " ", spf_fix_id(p[k].fix));
		CHECK_STR(all[i].name, str_text(&s).p, all[i].fixes);
		arena_free(a);
	}
}

static void
test_hostile(void)
{
	struct spf_propose_query q = { .include = NULL };
	struct arena *a = arena_new();
	struct spf_proposal p;
	struct str s = str_in(a, 70000);
	struct ip ip;
	struct zone z;

	ip_parse(TEXT(IP), &ip);
	zone_init(&z, a);
	str_add(&s, "d.e TXT v=spf1");
	while (s.n < 65000)
		str_add(&s, " x");
	zone_load(&z, str_text(&s).p);
	q.ask = (struct spf_explain_query){ .domain = { "d.e" }, .addresses = &ip, .address_count = 1,
	    .dns = &z.source };
	CHECK("64 KiB of faults", spf_propose(a, &q, R, &p) && p.refused == SPF_CANNOT_KNOW);
	CHECK_STR("64 KiB of faults", p.reason.id, "spf_edit.refused.too_long");
	CHECK("memory", arena_used(a) < 4 << 20);
	arena_free(a);
}

int
main(void)
{
	test_hostile();
	test_all();
	test_cases();
	test_alternatives();
	test_senders();
	test_edits();
	TEST_END();
}
