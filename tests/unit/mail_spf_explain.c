/* The cost tree of a record, past the limits; what is unwise in it. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_explain.h"
#include "tests/zone.h"
#include "unit/test.h"

#define TEN	"a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e a:h.e"

static const struct {
	const char	*name, *record, *zone;
	const char	*addresses;			/* "" none */
	unsigned	 lookups, voids;
	bool		 permerror;
	const char	*problem;			/* NULL: none but info */
} trees[] = {
	{ "nothing costs nothing",	"v=spf1 ip4:192.0.2.1 -all", "", "", 0, 0, false, NULL },
	{ "a and mx",			"v=spf1 a mx -all", "d.e A 192.0.2.1|d.e MX 1 d.e", "192.0.2.1", 2, 0, false, NULL },
	{ "include and what is in it",	"v=spf1 include:i.e -all", "i.e TXT v=spf1 a include:j.e -all|i.e A 192.0.2.1|j.e TXT v=spf1 mx -all|j.e MX 1 i.e", "192.0.2.1", 4, 0, false, NULL },
	{ "redirect counts",		"v=spf1 redirect=i.e", "i.e TXT v=spf1 a -all|i.e A 192.0.2.1", "192.0.2.1", 2, 0, false, NULL },
	{ "twelve",			"v=spf1 " TEN " a:h.e a:h.e -all", "h.e A 192.0.2.1", "192.0.2.1", 12, 0, false, "lookups_over" },
	{ "ten is near",		"v=spf1 " TEN " -all", "h.e A 192.0.2.1", "192.0.2.1", 10, 0, false, "lookups_near" },
	{ "counts behind a match",	"v=spf1 ip4:0.0.0.0/0 a:h.e -all", "h.e A 192.0.2.1", "192.0.2.1", 1, 0, false, "too_open" },
	{ "behind all is dead",		"v=spf1 -all a:h.e", "", "", 0, 0, false, "behind_all" },
	{ "redirect beside all is dead", "v=spf1 -all redirect=i.e", "", "", 0, 0, false, "redirect_ignored" },
	{ "counting goes on in the other branch", "v=spf1 include:i.e include:j.e ~all", "i.e TXT v=spf1 " TEN "|j.e TXT v=spf1 " TEN "|h.e A 192.0.2.1", "192.0.2.1", 22, 0, false, "lookups_over" },
	{ "void for those who send",	"v=spf1 a -all", "d.e A 192.0.2.1", "192.0.2.1", 1, 0, false, NULL },
	{ "void for the other family",	"v=spf1 a -all", "d.e A 192.0.2.1", "2001:db8::1", 1, 1, false, NULL },
	{ "void for one of both",	"v=spf1 a -all", "d.e A 192.0.2.1", "192.0.2.1 2001:db8::1", 1, 1, false, NULL },
	{ "nobody known: void for both only", "v=spf1 a a:z.e -all", "d.e A 192.0.2.1", "", 2, 1, false, NULL },
	{ "three void",			"v=spf1 a:x.e a:y.e a:z.e -all", "", "192.0.2.1", 3, 3, false, "voids_over" },
	{ "two void",			"v=spf1 a:x.e a:y.e -all", "", "192.0.2.1", 2, 2, false, "voids_near" },
	{ "dead mx hosts are one",	"v=spf1 mx -all", "d.e MX 1 x.e|d.e MX 2 y.e", "192.0.2.1", 1, 1, false, NULL },
	{ "include of nothing",		"v=spf1 include:i.e -all", "", "192.0.2.1", 1, 1, true, "include_no_record" },
	{ "include without a record",	"v=spf1 include:i.e -all", "i.e TXT x", "192.0.2.1", 1, 0, true, "include_no_record" },
	{ "include with two",		"v=spf1 include:i.e -all", "i.e TXT v=spf1 -all|i.e TXT v=spf1 a", "192.0.2.1", 1, 0, true, "multiple_records" },
	{ "fault below",		"v=spf1 include:i.e -all", "i.e TXT v=spf1 ipv4:1.2.3.4 -all", "192.0.2.1", 1, 0, true, "unknown_mechanism" },
	{ "loop",			"v=spf1 include:i.e -all", "i.e TXT v=spf1 include:d.e -all", "192.0.2.1", 2, 0, true, "loop" },
	{ "own include",		"v=spf1 include:d.e -all", "", "192.0.2.1", 1, 0, true, "loop" },
	{ "twice the same is no loop",	"v=spf1 include:i.e include:j.e -all", "i.e TXT v=spf1 include:j.e -all|j.e TXT v=spf1 -all", "192.0.2.1", 3, 0, false, NULL },
	{ "macro is not followed",	"v=spf1 exists:%{i}.x.e include:%{l}.x.e -all", "", "192.0.2.1", 2, 0, false, NULL },
	{ "macro of the domain is",	"v=spf1 include:_spf.%{d} -all", "_spf.d.e TXT v=spf1 a:h.e -all|h.e A 192.0.2.1", "192.0.2.1", 2, 0, false, NULL },
	{ "ptr costs one",		"v=spf1 ptr -all", "", "", 1, 0, false, "ptr_mechanism" },
	{ "mx of eleven",		"v=spf1 mx -all", "d.e MX 1 a.e|d.e MX 2 a.e|d.e MX 3 a.e|d.e MX 4 a.e|d.e MX 5 a.e|d.e MX 6 a.e|d.e MX 7 a.e|d.e MX 8 a.e|d.e MX 9 a.e|d.e MX 10 a.e|d.e MX 11 a.e", "192.0.2.1", 1, 0, true, "mx_limit" },
	{ "time-out below",		"v=spf1 include:f.e -all", "f.e FAIL x", "192.0.2.1", 1, 0, false, "dns_error" },
	{ "duplicate",			"v=spf1 ip4:192.0.2.1 ip4:192.0.2.1/32 -all", "", "", 0, 0, false, "duplicate" },
	{ "covered is only told",	"v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.1 -all", "", "", 0, 0, false, NULL },
	{ "private",			"v=spf1 ip4:192.168.1.0/24 -all", "", "", 0, 0, false, "private_address" },
	{ "neutral",			"v=spf1 ip4:192.0.2.1 ?all", "", "", 0, 0, false, "neutral" },
	{ "no all",			"v=spf1 ip4:192.0.2.1", "", "", 0, 0, false, "no_all" },
	{ "plus all",			"v=spf1 +all", "", "", 0, 0, false, "too_open" },
	{ "wide IPv6",			"v=spf1 ip6:2000::/3 -all", "", "", 0, 0, false, "too_open" },
	{ "/8 and /16 are not",		"v=spf1 ip4:11.0.0.0/8 ip6:2a00::/16 -all", "", "", 0, 0, false, NULL },
	{ "equals sign for a colon",	"v=spf1 ip4=192.0.2.1 -all", "", "", 0, 0, false, "mistaken_modifier" },
	{ "two records in one",		"v=spf1 a v=spf1 mx -all", "d.e A 192.0.2.1|d.e MX 1 d.e", "192.0.2.1", 2, 0, false, "mistaken_modifier" },
};

static const struct {
	const char	*name, *zone;
	size_t		 records;
	bool		 failed, near;
	const char	*result;		/* of 192.0.2.1 */
} domains[] = {
	{ "none",		"d.e A 192.0.2.1", 0, false, false, "none" },
	{ "near",		"d.e TXT v=spf1; -all", 0, false, true, "none" },
	{ "two",		"d.e TXT v=spf1 a -all|d.e TXT v=spf1 ~all", 2, false, false, "permerror" },
	{ "time-out",		"d.e FAIL x", 0, true, false, "temperror" },
	{ "one",		"d.e TXT v=spf1 ip4:192.0.2.1 -all", 1, false, false, "pass" },
};

static bool
explain(struct arena *a, struct zone *z, const char *addresses, struct spf_tree *tree)
{
	struct spf_explain_query q = { .domain = { "d.e" }, .dns = &z->source };
	struct text rest = text_of(addresses), one;
	struct ip ips[8];
	struct spf_tree again;
	int turns;

	while (text_split(&rest, ' ', &one))
		ip_parse(one, &ips[q.address_count++]);
	q.addresses = ips;
	if (!spf_explain(a, &q, tree))
		return false;
	z->shy = true;
	q.cache = spf_cache_new(a);
	for (turns = 0; !spf_explain(a, &q, &again); turns++)
		if (turns > 40)
			return false;
	return again.count == tree->count && again.lookups == tree->lookups &&
	    again.void_lookups == tree->void_lookups && again.problems.count == tree->problems.count;
}

static void
test_trees(void)
{
	struct spf_tree tree;
	struct arena *a;
	struct zone z;
	unsigned sum;
	size_t i, j;

	for (i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		zone_load(&z, arena_printf(a, "d.e TXT %s", trees[i].record));
		CHECK(trees[i].name, zone_load(&z, trees[i].zone));
		CHECK(trees[i].name, explain(a, &z, trees[i].addresses, &tree));
		CHECK(trees[i].name, tree.lookups == trees[i].lookups);
		CHECK(trees[i].name, tree.void_lookups == trees[i].voids);
		CHECK(trees[i].name, tree.permerror == trees[i].permerror);
		if (trees[i].problem == NULL)
			CHECK(trees[i].name, tree.problems.count == 0 ||
			    tree.problems.list[0].severity == PROBLEM_INFO);
		else
			CHECK(trees[i].name, problems_have(&tree.problems, trees[i].problem));
		for (j = 0, sum = 0; j < tree.count; j++)
			sum += tree.terms[j].cost;
		CHECK(trees[i].name, sum == tree.lookups);
		arena_free(a);
	}
}

static void
test_domains(void)
{
	struct spf_tree tree;
	struct arena *a;
	struct zone z;
	size_t i;

	for (i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		a = arena_new();
		zone_init(&z, a);
		CHECK(domains[i].name, zone_load(&z, domains[i].zone));
		CHECK(domains[i].name, explain(a, &z, "192.0.2.1", &tree));
		CHECK(domains[i].name, tree.record_count == domains[i].records);
		CHECK(domains[i].name, tree.failed == domains[i].failed);
		CHECK(domains[i].name, (tree.near.p != NULL) == domains[i].near);
		CHECK(domains[i].name, (tree.spf != NULL) == (domains[i].records == 1));
		CHECK_STR(domains[i].name, spf_result_word(tree.results[0].result), domains[i].result);
		arena_free(a);
	}
}

static void
test_hostile(void)
{
	struct arena *a = arena_new();
	struct spf_tree tree;
	struct str s;
	struct zone z;
	int i, j;

	zone_init(&z, a);
	for (i = 0; i < 30; i++) {		/* fan-out 10, depth 30 */
		s = str_in(a, 10000);
		if (i == 0)
			str_add(&s, "d.e TXT v=spf1");
		else
			str_addf(&s, "d%d.e TXT v=spf1", i);
		for (j = 0; j < 10; j++)
			str_addf(&s, " include:d%d.e", i + 1);
		zone_load(&z, str_text(&s).p);
	}
	CHECK("fan", explain(a, &z, "192.0.2.1", &tree));
	CHECK("fan is cut", tree.cut && tree.count <= SPF_TREE_TERMS_MAX);
	CHECK("few questions", z.asked < 10000);
	zone_init(&z, a);
	s = str_in(a, 70000);
	str_add(&s, "d.e TXT v=spf1");
	for (i = 0; s.n < 65000; i++)
		str_addf(&s, " a:h%d.e", i);
	zone_load(&z, str_text(&s).p);
	CHECK("64 KiB", explain(a, &z, "192.0.2.1", &tree) && tree.cut);
	CHECK("problems are bounded", tree.problems.count <= PROBLEMS_MAX);
	CHECK("memory", arena_used(a) < 16 << 20);
	arena_free(a);
}

int
main(void)
{
	test_trees();
	test_domains();
	test_hostile();
	TEST_END();
}
