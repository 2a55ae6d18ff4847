/* DMARC: records and the tree walk, RFC 9989 4.7, 4.8, 4.10; RFC 9990 4. */

#include "base/str.h"
#include "mail/dmarc_walk.h"
#include "mail/psl.h"
#include "tests/zone.h"
#include "unit/test.h"

#define RUA	"rua=mailto:d@example.com"

/* Fields "p sp np adkim aspf psd t rua#"; "!" = a record nobody can use. */
static const struct {
	const char	*name, *record, *want;
	const char	*problem;		/* NULL = none at all */
} records[] = {
	{ "plain", "v=DMARC1; p=none", "none - - r r u n 0", NULL },
	{ "quarantine", "v=DMARC1; p=quarantine", "quarantine - - r r u n 0", NULL },
	{ "reject", "v=DMARC1; p=reject;", "reject - - r r u n 0", NULL },
	{ "no blanks", "v=DMARC1;p=none;sp=reject", "none reject - r r u n 0", NULL },
	{ "blanks", "v = DMARC1 ; p\t=\tnone ;", "none - - r r u n 0", NULL },
	{ "all tags", "v=DMARC1; p=none; sp=quarantine; np=reject; adkim=s; aspf=s; psd=n; t=y; fo=1:d:s; "
	    RUA "; ruf=mailto:f@example.com", "none quarantine reject s s n y 1", NULL },
	{ "order is free", "v=DMARC1; " RUA "; aspf=s; p=reject", "reject - - r s u n 1", NULL },
	{ "tag names have no case", "V=DMARC1; P=none; SP=reject", "none reject - r r u n 0", NULL },
	{ "values have no case", "v=DMARC1; p=Reject; adkim=S; psd=Y; t=Y", "reject - - s r y y 0", NULL },
	{ "empty tags", "v=DMARC1;; p=none;;", "none - - r r u n 0", NULL },
	{ "unknown tag", "v=DMARC1; p=none; x=1", "none - - r r u n 0", "unknown_tag" },
	{ "pct is gone", "v=DMARC1; p=none; pct=50", "none - - r r u n 0", "removed_tag" },
	{ "pct nonsense", "v=DMARC1; p=none; pct=foo", "none - - r r u n 0", "removed_tag" },
	{ "rf is gone", "v=DMARC1; p=none; rf=afrf", "none - - r r u n 0", "removed_tag" },
	{ "ri is gone", "v=DMARC1; p=none; ri=86400", "none - - r r u n 0", "removed_tag" },
	{ "bad sp is absent", "v=DMARC1; p=none; sp=foo", "none - - r r u n 0", "bad_value" },
	{ "bad np is absent", "v=DMARC1; p=none; np=", "none - - r r u n 0", "bad_value" },
	{ "bad adkim is absent", "v=DMARC1; p=none; adkim=strict", "none - - r r u n 0", "bad_value" },
	{ "bad psd is absent", "v=DMARC1; p=none; psd=x", "none - - r r u n 0", "bad_value" },
	{ "bad t is absent", "v=DMARC1; p=none; t=yes", "none - - r r u n 0", "bad_value" },
	{ "bad fo", "v=DMARC1; p=none; fo=9", "none - - r r u n 0", "bad_value" },
	{ "no p with rua", "v=DMARC1; " RUA, "- - - r r u n 1", "no_policy" },
	{ "bad p with rua", "v=DMARC1; p=foo; " RUA, "- - - r r u n 1", "no_policy" },
	{ "bad p is said", "v=DMARC1; p=foo; " RUA, "- - - r r u n 1", "bad_value" },
	{ "no p, no rua", "v=DMARC1; sp=none", "!", "no_policy_no_reports" },
	{ "no p, only ruf", "v=DMARC1; ruf=mailto:a@example.com", "!", "no_policy_no_reports" },
	{ "bad p, bad rua", "v=DMARC1; p=foo; rua=d@example.com", "!", "bad_report_uri" },
	{ "only v", "v=DMARC1", "!", "no_policy_no_reports" },
	{ "only v and semicolon", "v=DMARC1;", "!", "no_policy_no_reports" },
	{ "p twice", "v=DMARC1; p=none; p=none", "!", "duplicate_tag" },
	{ "p twice in other case", "v=DMARC1; p=none; P=reject", "!", "duplicate_tag" },
	{ "v twice", "v=DMARC1; v=DMARC1; p=none", "!", "duplicate_tag" },
	{ "unknown tag twice", "v=DMARC1; p=none; x=1; x=2", "!", "duplicate_tag" },
	{ "text without =", "v=DMARC1; p=none; foo", "!", "no_equals" },
	{ "bad tag name", "v=DMARC1; p=none; 1x=y", "!", "bad_tag_name" },
	{ "not ASCII", "v=DMARC1; p=none; x=\303\251", "!", "bad_tag_octet" },
	{ "semicolon forgotten", "v=DMARC1 p=none", "!", "bad_version" },
	{ "comma for semicolon", "v=DMARC1, p=none", "!", "bad_version" },
	{ "escaped semicolon", "v=DMARC1\\; p=none", "!", "bad_version" },

	{ "two URIs", "v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.net", "none - - r r u n 2", NULL },
	{ "blanks around the comma", "v=DMARC1; p=none; rua=mailto:a@example.com , mailto:b@example.net", "none - - r r u n 2", NULL },
	{ "scheme in capitals", "v=DMARC1; p=none; rua=MAILTO:a@example.com", "none - - r r u n 1", NULL },
	{ "no scheme", "v=DMARC1; p=none; rua=a@example.com", "none - - r r u n 0", "bad_report_uri" },
	{ "one bad among good", "v=DMARC1; p=none; rua=mailto:a@example.com,b@example.net", "none - - r r u n 1", "bad_report_uri" },
	{ "no domain", "v=DMARC1; p=none; rua=mailto:a", "none - - r r u n 0", "bad_report_uri" },
	{ "no local part", "v=DMARC1; p=none; rua=mailto:@example.com", "none - - r r u n 0", "bad_report_uri" },
	{ "nothing", "v=DMARC1; p=none; rua=", "none - - r r u n 0", "bad_report_uri" },
	{ "an empty one", "v=DMARC1; p=none; rua=mailto:a@example.com,,mailto:b@example.com", "none - - r r u n 2", "bad_report_uri" },
	{ "a final comma", "v=DMARC1; p=none; rua=mailto:a@example.com,", "none - - r r u n 1", "bad_report_uri" },
	{ "only mailto:", "v=DMARC1; p=none; rua=mailto:", "none - - r r u n 0", "bad_report_uri" },
	{ "a blank inside", "v=DMARC1; p=none; rua=mailto:a b@example.com", "none - - r r u n 0", "bad_report_uri" },
	{ "an angle bracket", "v=DMARC1; p=none; rua=mailto:<a@example.com>", "none - - r r u n 0", "bad_report_uri" },
	{ "obsolete size", "v=DMARC1; p=none; rua=mailto:a@example.com!10m", "none - - r r u n 1", "removed_size" },
	{ "obsolete size without unit", "v=DMARC1; p=none; rua=mailto:a@example.com!1000", "none - - r r u n 1", "removed_size" },
	{ "another exclamation mark", "v=DMARC1; p=none; rua=mailto:a!b@example.com", "none - - r r u n 0", "bad_report_uri" },
	{ "size without number", "v=DMARC1; p=none; rua=mailto:a@example.com!m", "none - - r r u n 0", "bad_report_uri" },
	{ "percent-encoded", "v=DMARC1; p=none; rua=mailto:a%21b@example.com", "none - - r r u n 1", NULL },
	{ "percent broken", "v=DMARC1; p=none; rua=mailto:a%2@example.com", "none - - r r u n 0", "bad_report_uri" },
	{ "another scheme", "v=DMARC1; p=none; rua=https://example.com/d", "none - - r r u n 1", "not_mailto" },
	{ "https without host", "v=DMARC1; p=none; rua=https:x", "none - - r r u n 0", "bad_report_uri" },
	{ "two addresses by blank", "v=DMARC1; p=none; rua=mailto:a@example.com mailto:b@example.com", "none - - r r u n 0", "bad_report_uri" },
	{ "two addresses by semicolon", "v=DMARC1; p=none; rua=mailto:a@example.com; mailto:b@example.com", "!", "no_equals" },
	{ "mailto with a subject", "v=DMARC1; p=none; rua=mailto:a@example.com?subject=x", "none - - r r u n 1", NULL },
};

static const char *
word(enum dmarc_policy p)
{
	return p == DMARC_ABSENT ? "-" : dmarc_policy_word(p);
}

static void
test_records(struct arena *a)
{
	struct dmarc_record r;
	struct problems ps;
	const char *got;
	size_t i;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		ps = problems_in(a);
		dmarc_parse(a, text_of(records[i].record), &r, &ps);
		got = !r.usable ? "!" : arena_printf(a, "%s %s %s %c %c %c %c %zu", word(r.p),
		    word(r.sp), word(r.np), r.adkim_strict ? 's' : 'r',
		    r.aspf_strict ? 's' : 'r', "uyn"[r.psd], r.testing ? 'y' : 'n', r.rua.count);
		CHECK_STR(records[i].name, got, records[i].want);
		CHECK(records[i].name, records[i].problem == NULL ? ps.count == 0 :
		    problems_have(&ps, records[i].problem));
	}
	dmarc_parse(a, TEXT("v=DMARC1; p=none; rua=mailto:a@Example.COM!10m"), &r, NULL);
	CHECK_STR("size taken off", r.rua.list[0].uri, "mailto:a@Example.COM");
	CHECK_STR("domain of a URI", r.rua.list[0].domain.s, "example.com");
}

static const struct { const char *name, *text; bool is; } texts[] = {
	{ "plain", "v=DMARC1; p=none", true }, { "alone", "v=DMARC1", true },
	{ "V", "V=DMARC1", true }, { "blanks around =", "v \t= DMARC1;", true },
	{ "dmarc1", "v=dmarc1; p=none", false }, { "DMARC2", "v=DMARC2; p=none", false },
	{ "DMARC10", "v=DMARC10; p=none", false }, { "a blank in front", " v=DMARC1", false },
	{ "a quote in front", "\"v=DMARC1", false }, { "p first", "p=none; v=DMARC1", false },
	{ "SPF", "v=spf1 -all", false }, { "nothing", "", false }, { "v", "v", false },
};

/* --- the walk ------------------------------------------------------------------------------------ */

/* "status policy tag policy_domain org_domain" for a domain in a zone of TXT. */
static const struct {
	const char	*name, *domain, *zone, *want;
	const char	*problem;
} walks[] = {
	{ "own record", "example.com", "_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok reject p example.com example.com", NULL },
	{ "none", "example.com", "example.com A 192.0.2.1", "none - - - example.com", NULL },
	{ "none for a subdomain", "a.example.com", "a.example.com A 192.0.2.1",
	    "none - - - a.example.com", NULL },
	{ "inherited, p", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok reject p example.com example.com", NULL },
	{ "inherited, sp", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=reject; sp=none",
	    "ok none sp example.com example.com", NULL },
	{ "sp is not for the domain itself", "example.com", "_dmarc.example.com TXT v=DMARC1; p=reject; sp=none",
	    "ok reject p example.com example.com", NULL },
	{ "np: exists", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=reject",
	    "ok quarantine sp example.com example.com", NULL },
	{ "np: does not exist", "a.example.com", "_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=reject",
	    "ok reject np example.com example.com", NULL },
	{ "np: an empty non-terminal exists", "a.example.com", "b.a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=none; np=reject",
	    "ok none p example.com example.com", NULL },			/* RFC 8020 */
	{ "np absent, does not exist", "a.example.com", "_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine",
	    "ok quarantine sp example.com example.com", NULL },
	{ "np bad, does not exist", "a.example.com", "_dmarc.example.com TXT v=DMARC1; p=none; sp=quarantine; np=foo",
	    "ok quarantine sp example.com example.com", "bad_value" },
	{ "np and existence unknown", "a.example.com", "a.example.com FAIL x|_dmarc.example.com TXT v=DMARC1; p=none; np=reject",
	    "temperror - - example.com example.com", "dns_error" },
	{ "np alike and existence unknown", "a.example.com", "a.example.com FAIL x|_dmarc.example.com TXT v=DMARC1; p=reject; np=reject",
	    "ok reject p example.com example.com", NULL },
	{ "t=y softens reject", "example.com", "_dmarc.example.com TXT v=DMARC1; p=reject; t=y",
	    "ok quarantine p example.com example.com", NULL },			/* 4.7 */
	{ "t=y softens quarantine", "example.com", "_dmarc.example.com TXT v=DMARC1; p=quarantine; t=y",
	    "ok none p example.com example.com", NULL },
	{ "t=y leaves none", "example.com", "_dmarc.example.com TXT v=DMARC1; p=none; t=y",
	    "ok none p example.com example.com", NULL },
	{ "t=y softens sp", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=none; sp=reject; t=y",
	    "ok quarantine sp example.com example.com", NULL },
	{ "no p with rua is none", "example.com", "_dmarc.example.com TXT v=DMARC1; " RUA,
	    "ok none p example.com example.com", "no_policy" },
	{ "bad p with rua is none", "example.com", "_dmarc.example.com TXT v=DMARC1; p=foo; " RUA,
	    "ok none p example.com example.com", "bad_value" },
	{ "bad sp is as if absent", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=reject; sp=foo",
	    "ok reject p example.com example.com", "bad_value" },
	{ "invalid", "example.com", "_dmarc.example.com TXT v=DMARC1; p=foo",
	    "invalid - - - example.com", "no_policy_no_reports" },
	{ "invalid by a duplicate", "example.com", "_dmarc.example.com TXT v=DMARC1; p=none; p=none",
	    "invalid - - - example.com", "duplicate_tag" },
	{ "invalid stops the walk", "a.example.com", "_dmarc.a.example.com TXT v=DMARC1|_dmarc.example.com TXT v=DMARC1; p=none",
	    "invalid - - - a.example.com", "no_policy_no_reports" },
	{ "invalid above stops the walk", "a.b.example.com", "_dmarc.b.example.com TXT v=DMARC1; foo|_dmarc.example.com TXT v=DMARC1; p=none",
	    "invalid - - - a.b.example.com", "no_equals" },
	{ "an own record despite an invalid one above", "a.example.com", "_dmarc.a.example.com TXT v=DMARC1; p=reject|_dmarc.example.com TXT v=DMARC1",
	    "ok reject p a.example.com a.example.com", NULL },
	{ "two records", "example.com", "_dmarc.example.com TXT v=DMARC1; p=none|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "none - - - example.com", "multiple_records" },
	{ "two records, one of them broken", "example.com", "_dmarc.example.com TXT v=DMARC1; p=none|_dmarc.example.com TXT v=DMARC1",
	    "none - - - example.com", "multiple_records" },
	{ "two records are discarded, the walk goes on", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.a.example.com TXT v=DMARC1; p=none|"
	    "_dmarc.a.example.com TXT v=DMARC1; p=none|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok reject p example.com example.com", "multiple_records" },	/* 4.10 step 2 */
	{ "other text beside it", "example.com", "_dmarc.example.com TXT hello|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok reject p example.com example.com", NULL },
	{ "only other text", "example.com", "_dmarc.example.com TXT v=DMARC2; p=reject", "none - - - example.com", NULL },
	{ "v in lower case is no record", "example.com", "_dmarc.example.com TXT v=dmarc1; p=reject", "none - - - example.com", NULL },
	{ "joined strings", "example.com", "_dmarc.example.com TXT \"v=DMARC1; p=rej\" \"ect\"",
	    "ok reject p example.com example.com", NULL },
	{ "alias", "example.com", "_dmarc.example.com CNAME x.example|x.example TXT v=DMARC1; p=reject",
	    "ok reject p example.com example.com", NULL },
	{ "DNS fails at the domain", "example.com", "_dmarc.example.com FAIL x", "temperror - - - -", "dns_error" },
	{ "DNS fails above", "a.example.com", "_dmarc.example.com FAIL x", "temperror - - - -", "dns_error" },
	{ "DNS fails above an own record", "a.example.com", "_dmarc.a.example.com TXT v=DMARC1; p=reject|_dmarc.example.com FAIL x",
	    "ok reject p a.example.com -", "dns_error" },
	{ "DNS fails above an inherited record", "a.example.com", "_dmarc.example.com TXT v=DMARC1; p=reject|_dmarc.com FAIL x",
	    "temperror - - - -", "dns_error" },
	{ "DNS fails above a stop", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=reject; psd=n|_dmarc.com FAIL x",
	    "ok reject p example.com example.com", NULL },

	/* 4.10.1, 4.10.2: which record, which organization */
	{ "the organization's, not the one between", "a.b.example.com", "a.b.example.com A 192.0.2.1|"
	    "_dmarc.b.example.com TXT v=DMARC1; p=none|_dmarc.example.com TXT v=DMARC1; p=reject; sp=quarantine",
	    "ok quarantine sp example.com example.com", NULL },
	{ "the only one, between", "a.b.example.com", "a.b.example.com A 192.0.2.1|_dmarc.b.example.com TXT v=DMARC1; p=reject",
	    "ok reject p b.example.com b.example.com", NULL },
	{ "own record, organization above", "a.example.com", "_dmarc.a.example.com TXT v=DMARC1; p=none|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok none p a.example.com example.com", NULL },
	{ "psd=n makes an organization", "a.b.example.com", "a.b.example.com A 192.0.2.1|_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n|"
	    "_dmarc.example.com TXT v=DMARC1; p=reject", "ok none p b.example.com b.example.com", NULL },
	{ "psd=n at the domain", "a.example.com", "_dmarc.a.example.com TXT v=DMARC1; p=none; psd=n|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok none p a.example.com a.example.com", NULL },
	{ "psd=y above: the organization is one below", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.com TXT v=DMARC1; p=reject; psd=y",
	    "ok reject p com example.com", NULL },
	{ "psd=y above, sp", "example.com", "example.com A 192.0.2.1|_dmarc.com TXT v=DMARC1; p=reject; sp=quarantine; psd=y",
	    "ok quarantine sp com example.com", NULL },
	{ "psd=y above, np", "example.com", "_dmarc.com TXT v=DMARC1; p=none; np=reject; psd=y",
	    "ok reject np com example.com", NULL },				/* RFC 9091's purpose */
	{ "psd=y above, the organization has one", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=none|"
	    "_dmarc.com TXT v=DMARC1; p=reject; psd=y", "ok none p example.com example.com", NULL },
	{ "psd=y above, one between does not count", "a.b.example.com", "a.b.example.com A 192.0.2.1|_dmarc.b.example.com TXT v=DMARC1; p=none|"
	    "_dmarc.com TXT v=DMARC1; p=reject; psd=y", "ok reject p com example.com", NULL },
	{ "psd=y at the domain itself", "co.example", "_dmarc.co.example TXT v=DMARC1; p=reject; psd=y|_dmarc.example TXT v=DMARC1; p=none",
	    "ok reject p co.example co.example", NULL },
	{ "a top-level domain", "com", "_dmarc.com TXT v=DMARC1; p=reject; psd=y", "ok reject p com com", NULL },
	{ "a record of a TLD without psd", "a.example.com", "a.example.com A 192.0.2.1|_dmarc.com TXT v=DMARC1; p=reject",
	    "ok reject p com com", NULL },
	{ "several, shortest is the organization", "a.b.c.example.com", "_dmarc.a.b.c.example.com TXT v=DMARC1; p=none|"
	    "_dmarc.c.example.com TXT v=DMARC1; p=none", "ok none p a.b.c.example.com c.example.com", NULL },

	/* more than eight labels: 4.10 step 4 */
	{ "eight labels jump to seven", "1.2.3.4.5.6.example.com", "1.2.3.4.5.6.example.com A 192.0.2.1|_dmarc.2.3.4.5.6.example.com TXT v=DMARC1; p=reject",
	    "ok reject p 2.3.4.5.6.example.com 2.3.4.5.6.example.com", NULL },
	{ "nine labels skip one", "1.2.3.4.5.6.7.example.com", "1.2.3.4.5.6.7.example.com A 192.0.2.1|_dmarc.2.3.4.5.6.7.example.com TXT v=DMARC1; p=reject",
	    "none - - - 1.2.3.4.5.6.7.example.com", NULL },
	{ "the example of 4.10", "a.b.c.d.e.f.g.h.i.j.mail.example.com", "a.b.c.d.e.f.g.h.i.j.mail.example.com A 192.0.2.1|_dmarc.g.h.i.j.mail.example.com TXT v=DMARC1; p=reject",
	    "ok reject p g.h.i.j.mail.example.com g.h.i.j.mail.example.com", NULL },
	{ "an own record of a long name", "a.b.c.d.e.f.g.h.i.j.mail.example.com", "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com TXT v=DMARC1; p=reject",
	    "ok reject p a.b.c.d.e.f.g.h.i.j.mail.example.com a.b.c.d.e.f.g.h.i.j.mail.example.com", NULL },
	{ "wrong place", "example.com", "example.com TXT v=DMARC1; p=none", "none - - - example.com", "wrong_place" },
	{ "wrong place and right one", "example.com", "example.com TXT v=DMARC1; p=none|_dmarc.example.com TXT v=DMARC1; p=reject",
	    "ok reject p example.com example.com", "wrong_place" },
	{ "TXT at the domain that is none", "example.com", "example.com TXT v=spf1 -all", "none - - - example.com", NULL },
};

static const char *
or_dash(const char *s)
{
	return s == NULL ? "-" : s;
}

static void
test_walks(struct arena *a)
{
	struct dmarc_lookup l;
	struct name domain;
	struct zone z;
	const char *got;
	size_t i;

	for (i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		zone_init(&z, a);
		zone_load(&z, walks[i].zone);
		name_parse(a, text_of(walks[i].domain), &domain);
		CHECK(walks[i].name, dmarc_discover(a, &z.source, domain, DMARC_FOR_OWNER, &l));
		got = arena_printf(a, "%s %s %s %s %s", dmarc_status_word(l.status), word(l.policy),
		    or_dash(l.policy_tag), or_dash(l.policy_domain.s), or_dash(l.org_domain.s));
		CHECK_STR(walks[i].name, got, walks[i].want);
		CHECK(walks[i].name, walks[i].problem == NULL ? l.problems.count == 0 :
		    problems_have(&l.problems, walks[i].problem));
		/* Where answers come one round later, the end is the same. */
		z.shy = true;
		while (!dmarc_discover(a, &z.source, domain, DMARC_FOR_OWNER, &l))
			;
		CHECK_STR(walks[i].name, dmarc_status_word(l.status),
		    arena_strndup(a, walks[i].want, strcspn(walks[i].want, " ")));
	}
	zone_init(&z, a);
	name_parse(a, TEXT("a.b.c.d.e.f.g.h.i.j.mail.example.com"), &domain);
	dmarc_discover(a, &z.source, domain, DMARC_FOR_MAIL, &l);
	CHECK("eight questions at most", z.asked == 8);
	zone_init(&z, a);
	zone_load(&z, "example.com A 192.0.2.1");
	name_parse(a, TEXT("example.com"), &domain);
	dmarc_discover(a, &z.source, domain, DMARC_FOR_OWNER, &l);
	CHECK("exists", l.exists == KNOWN_YES);
	name_parse(a, TEXT("nx.example.com"), &domain);
	dmarc_discover(a, &z.source, domain, DMARC_FOR_OWNER, &l);
	CHECK("does not exist", l.exists == KNOWN_NO);
}

static const struct {
	const char	*name, *a, *b, *zone, *want;	/* "relaxed strict" of y, n, ? */
} aligned[] = {
	{ "equal", "example.com", "example.com", "", "yy" },
	{ "equal although DNS fails", "example.com", "example.com", "_dmarc.example.com FAIL x", "yy" },
	{ "subdomain of the organization", "example.com", "a.example.com", "_dmarc.example.com TXT v=DMARC1; p=none", "yn" },
	{ "parent", "a.example.com", "example.com", "_dmarc.example.com TXT v=DMARC1; p=none", "yn" },
	{ "cousins", "a.example.com", "b.example.com", "_dmarc.example.com TXT v=DMARC1; p=none", "yn" },
	{ "no record at all: not aligned", "example.com", "a.example.com", "", "nn" },	/* 4.10.2 */
	{ "a record of the subdomain only", "example.com", "a.example.com", "_dmarc.a.example.com TXT v=DMARC1; p=none", "nn" },
	{ "other domain", "example.com", "example.net", "_dmarc.example.com TXT v=DMARC1; p=none", "nn" },
	{ "same top-level domain", "a.com", "b.com", "_dmarc.a.com TXT v=DMARC1; p=none", "nn" },
	{ "a department by psd=n", "example.com", "a.dep.example.com", "_dmarc.example.com TXT v=DMARC1; p=none|_dmarc.dep.example.com TXT v=DMARC1; p=none; psd=n", "nn" },
	{ "within a department", "b.dep.example.com", "a.dep.example.com", "_dmarc.example.com TXT v=DMARC1; p=none|_dmarc.dep.example.com TXT v=DMARC1; p=none; psd=n", "yn" },
	{ "customers of a public suffix", "a.co.example", "b.co.example", "_dmarc.co.example TXT v=DMARC1; p=none; psd=y", "nn" },
	{ "the same customer of a public suffix", "x.a.co.example", "y.a.co.example", "_dmarc.co.example TXT v=DMARC1; p=none; psd=y", "yn" },
	{ "DNS fails", "example.com", "a.example.com", "_dmarc.example.com FAIL x", "?n" },
	{ "DNS fails for the other", "example.com", "a.example.com", "_dmarc.example.com TXT v=DMARC1; p=none|_dmarc.a.example.com FAIL x", "?n" },
	{ "DNS fails, but nothing in common", "example.com", "example.net", "_dmarc.example.com FAIL x", "nn" },
};

static void
test_alignment(struct arena *a)
{
	static const char letters[] = "ny?";
	enum known relaxed, strict;
	struct name x, y;
	struct zone z;
	char got[3] = "";
	size_t i;

	for (i = 0; i < sizeof(aligned) / sizeof(aligned[0]); i++) {
		zone_init(&z, a);
		zone_load(&z, aligned[i].zone);
		name_parse(a, text_of(aligned[i].a), &x);
		name_parse(a, text_of(aligned[i].b), &y);
		dmarc_aligned(a, &z.source, x, y, false, &relaxed);
		dmarc_aligned(a, &z.source, x, y, true, &strict);
		got[0] = letters[relaxed];
		got[1] = letters[strict];
		CHECK_STR(aligned[i].name, got, aligned[i].want);
	}
}

static const struct {
	const char	*name, *policy, *receiver, *zone;
	enum dmarc_consent want;
} consents[] = {
	{ "itself", "example.com", "example.com", "", DMARC_CONSENT_NOT_NEEDED },
	{ "own subdomain", "example.com", "r.example.com", "_dmarc.example.com TXT v=DMARC1; p=none", DMARC_CONSENT_NOT_NEEDED },
	{ "other, agrees", "example.com", "r.net", "example.com._report._dmarc.r.net TXT v=DMARC1", DMARC_CONSENT_GIVEN },
	{ "other, agrees with more tags", "example.com", "r.net", "example.com._report._dmarc.r.net TXT v=DMARC1; rua=mailto:x@r.net", DMARC_CONSENT_GIVEN },
	{ "other, silent", "example.com", "r.net", "", DMARC_CONSENT_MISSING },
	{ "other, other text", "example.com", "r.net", "example.com._report._dmarc.r.net TXT hello", DMARC_CONSENT_MISSING },
	{ "DNS fails", "example.com", "r.net", "example.com._report._dmarc.r.net FAIL x", DMARC_CONSENT_UNKNOWN },
};

static void
test_consents(struct arena *a)
{
	enum dmarc_consent got;
	struct name x, y;
	struct zone z;
	size_t i;

	for (i = 0; i < sizeof(consents) / sizeof(consents[0]); i++) {
		zone_init(&z, a);
		zone_load(&z, consents[i].zone);
		name_parse(a, text_of(consents[i].policy), &x);
		name_parse(a, text_of(consents[i].receiver), &y);
		CHECK(consents[i].name, dmarc_consent(a, &z.source, x, y, &got));
		CHECK(consents[i].name, got == consents[i].want);
	}
}

static void
test_psl(struct arena *a)
{
	static const struct { const char *name, *suffix, *registered; } rows[] = {
		{ "a.example.com", "com", "example.com" }, { "com", "com", NULL },
		{ "a.b.example.co.uk", "co.uk", "example.co.uk" }, { "co.uk", "co.uk", NULL },
		{ "x.y.unlisted-tld", "unlisted-tld", "y.unlisted-tld" },
		{ "unlisted-tld", "unlisted-tld", NULL },
		{ "a.private.host", "private.host", "a.private.host" },
		{ "x.y.ck", "y.ck", "x.y.ck" }, { "www.ck", "ck", "www.ck" },
	};
	static const char list[] = "// ===BEGIN ICANN DOMAINS===\ncom\nuk\nco.uk\n*.ck\n!www.ck\n"
	    "// ===END ICANN DOMAINS===\n// ===BEGIN PRIVATE DOMAINS===\nprivate.host\n"
	    "// ===END PRIVATE DOMAINS===\n";
	struct psl *psl = psl_read(a, text_of(list), NULL);
	struct name n;
	size_t i;

	CHECK("list", psl != NULL);
	for (i = 0; psl != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
		name_parse(a, text_of(rows[i].name), &n);
		CHECK_STR(rows[i].name, psl_public_suffix(a, psl, n).s, rows[i].suffix);
		CHECK_STR(rows[i].name, psl_registered_domain(a, psl, n).s, rows[i].registered);
	}
	CHECK("no list", psl_read(a, TEXT(""), NULL) == NULL);
	CHECK("comments only", psl_read(a, TEXT("// nothing\n"), NULL) == NULL);
	name_parse(a, TEXT("a.example.com"), &n);
	CHECK_STR("built in", psl_registered_domain(a, psl_of_library(a), n).s, "example.com");
}

int
main(void)
{
	struct arena *a = arena_new();
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(texts[i].name, dmarc_is_record(text_of(texts[i].text)) == texts[i].is);
	test_records(a);
	test_walks(a);
	test_alignment(a);
	test_consents(a);
	test_psl(a);
	arena_free(a);
	TEST_END();
}
