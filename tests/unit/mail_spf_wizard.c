/* The wizard: who sends -> the record, and what is warned of. */

#include "base/arena.h"
#include "mail/spf_wizard.h"
#include "tests/zone.h"
#include "unit/test.h"

#define ZONE	"r.e TXT v=spf1 ip4:198.51.100.0/24 -all|r2.e TXT v=spf1 a:h.e -all|h.e A 198.51.100.1|" \
		"bad.e TXT v=spf1 moo|none.e TXT x|f.e FAIL x|two.e TXT v=spf1 -all|two.e TXT v=spf1 -all|" \
		"big.e TXT v=spf1 a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e -all|" \
		"nine.e TXT v=spf1 a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e -all|m.e MX 1 h.e|" \
		"d.e TXT v=spf1 a -all"

/* Senders by their terms, parted by blanks; a leading "!" is deprecated, "/" not at the root. */
static const struct {
	const char	*name, *domain, *addresses, *senders, *all;
	const char	*record;		/* NULL: none */
	const char	*warning;		/* NULL: none */
	unsigned	 lookups;
} cases[] = {
	{ "one address",		"n.e", "192.0.2.1", "", "~all", "v=spf1 ip4:192.0.2.1 ~all", NULL, 0 },
	{ "two families, in order",	"n.e", "2001:db8::1 192.0.2.1", "", "-all", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all", NULL, 0 },
	{ "mapped address",		"n.e", "::ffff:192.0.2.1", "", NULL, "v=spf1 ip4:192.0.2.1 ~all", NULL, 0 },
	{ "no domain said",		NULL, "192.0.2.1", "include:r.e", NULL, "v=spf1 ip4:192.0.2.1 include:r.e ~all", NULL, 1 },
	{ "include counts live",	"n.e", "192.0.2.1", "include:r2.e", NULL, "v=spf1 ip4:192.0.2.1 include:r2.e ~all", NULL, 2 },
	{ "order of kinds",		"n.e", "192.0.2.1", "include:r.e mx:m.e a:h.e ip4:198.51.100.9", NULL, "v=spf1 ip4:192.0.2.1 ip4:198.51.100.9 a:h.e mx:m.e include:r.e ~all", NULL, 3 },
	{ "no address twice",		"n.e", "192.0.2.1 192.0.2.1", "ip4:192.0.2.0/24", NULL, "v=spf1 ip4:192.0.2.0/24 ~all", NULL, 0 },
	{ "same include twice",		"n.e", "", "include:r.e include:r.e", NULL, "v=spf1 include:r.e ~all", NULL, 1 },
	{ "parked",			"n.e", "", "", "-all", "v=spf1 -all", "sends_no_mail", 0 },
	{ "nobody sends, not said",	"n.e", "", "", "~all", NULL, "nobody_sends", 0 },
	{ "include of nothing",		"n.e", "192.0.2.1", "include:gone.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "include without a record",	"n.e", "192.0.2.1", "include:none.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "include of two",		"n.e", "192.0.2.1", "include:two.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "include with a fault",	"n.e", "192.0.2.1", "include:bad.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "include that is silent",	"n.e", "192.0.2.1", "include:f.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unchecked", 0 },
	{ "include over ten",		"n.e", "192.0.2.1", "include:big.e", NULL, NULL, "too_many_lookups", 11 },
	{ "nine is near",		"n.e", "192.0.2.1", "include:nine.e", NULL, "v=spf1 ip4:192.0.2.1 include:nine.e ~all", "lookups_near", 9 },
	{ "deprecated",			"n.e", "192.0.2.1", "!include:r.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "sender_deprecated", 0 },
	{ "not at the root",		"n.e", "192.0.2.1", "/include:r.e", NULL, "v=spf1 ip4:192.0.2.1 ~all", "sender_not_at_root", 0 },
	{ "never ptr",			"n.e", "192.0.2.1", "ptr", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "never all",			"n.e", "192.0.2.1", "+all", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "never the world",		"n.e", "192.0.2.1", "ip4:0.0.0.0/0", NULL, "v=spf1 ip4:192.0.2.1 ~all", "term_unusable", 0 },
	{ "private address",		"n.e", "10.0.0.1 192.0.2.1", "", NULL, "v=spf1 ip4:192.0.2.1 ~all", "private_address", 0 },
	{ "bad end",			"n.e", "192.0.2.1", "", "+all", NULL, "all_value", 0 },
	{ "upper case end",		"n.e", "192.0.2.1", "", "-ALL", "v=spf1 ip4:192.0.2.1 -all", NULL, 0 },
	{ "there is one already",	"d.e", "192.0.2.1", "", NULL, "v=spf1 ip4:192.0.2.1 ~all", "has_record", 0 },
};

int
main(void)
{
	struct spf_sender senders[8];
	const char *terms[8];
	struct spf_wizard_query q;
	struct spf_wizard w;
	struct text rest, one;
	struct ip ips[8];
	struct arena *a;
	struct zone z;
	size_t i;
	int turns;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		CHECK(cases[i].name, zone_load(&z, ZONE));
		q = (struct spf_wizard_query){ .all = cases[i].all, .senders = senders };
		q.ask.dns = &z.source;
		q.ask.domain.s = cases[i].domain;
		q.ask.addresses = ips;
		for (rest = text_of(cases[i].addresses); text_split(&rest, ' ', &one); )
			ip_parse(one, &ips[q.ask.address_count++]);
		for (rest = text_of(cases[i].senders); text_split(&rest, ' ', &one); q.sender_count++) {
			terms[q.sender_count] = text_cstr(a, one.p[0] == '!' || one.p[0] == '/' ?
			    text_skip(one, 1) : one);
			senders[q.sender_count] = (struct spf_sender){ .id = "s", .name = "Service",
			    .terms = &terms[q.sender_count], .term_count = 1,
			    .deprecated = one.p[0] == '!', .not_at_root = one.p[0] == '/' };
		}
		z.shy = true;
		for (turns = 0; !spf_wizard(a, &q, &w) && turns < 50; turns++)
			;
		CHECK(cases[i].name, turns < 50);
		CHECK_STR(cases[i].name, w.record.p == NULL ? NULL : text_cstr(a, w.record), cases[i].record);
		CHECK(cases[i].name, cases[i].warning == NULL ? w.warnings.count == 0 :
		    problems_have(&w.warnings, cases[i].warning));
		CHECK(cases[i].name, w.lookups == cases[i].lookups);
		CHECK(cases[i].name, (w.record.p == NULL) == (w.string_count == 0));
		arena_free(a);
	}
	TEST_END();
}
