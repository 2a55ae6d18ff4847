/*
 * A remedy must not take away what worked.  Zones are drawn by a fixed generator;
 * whatever is offered is published, and every address of a small world that the
 * old record let pass by a term of its own (not by "+all", a network as wide as
 * the world, or ptr) has to pass still.
 */

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_propose.h"
#include "tests/zone.h"
#include "unit/test.h"

#define ZONES	600
#define WORLD	40		/* 192.0.2.0 to .31, 2001:db8::0 to ::7 */

static uint32_t state;

static unsigned
draw(unsigned n)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 10) % n;
}

static const char *
draw_term(struct arena *a)
{
	static const char *const fixed[] = { "a", "mx", "a:h.e", "mx:m.e", "a/28", "mx/29", "a:own.e", "ptr",
	    "include:i1.e", "include:i2.e", "include:i3.e", "include:gone.e", "ip4:10.0.0.0/8",
	    "exists:%{i}.x.e", "a:void.e", "ip4:0.0.0.0/0", "include:d.e", "ip6:2001:db8::/126", "ipv4:192.0.2.3",
	    "ip4:192.0.2.9,", "ip4=192.0.2.4", "x=y", "include:i1.e~all" };
	static const char *const quals[] = { "", "", "", "", "", "", "", "-", "~", "?" };

	const char *qual = quals[draw(10)];
	unsigned kind = draw(3), host = draw(32), bits = 26 + draw(7);

	if (kind == 0)
		return arena_printf(a, "%sip4:192.0.2.%u/%u", qual, host, bits);
	return arena_printf(a, "%s%s", qual, fixed[draw(sizeof(fixed) / sizeof(fixed[0]))]);
}

static void
draw_record(struct zone *z, const char *name, unsigned most)
{
	static const char *const ends[] = { " -all", " ~all", " ?all", " +all", "", " redirect=i2.e", " -all exp=x.e" };
	struct str s = str_in(z->arena, 2000);
	unsigned i, n = draw(most) + 1;

	str_addf(&s, "%s TXT v=spf1", name);
	for (i = 0; i < n; i++)
		str_addf(&s, " %s", draw_term(z->arena));
	str_add(&s, ends[draw(7)]);
	zone_load(z, str_text(&s).p);
}

static struct ip
world_ip(unsigned i)
{
	if (i < 32)
		return (struct ip){ 4, { 192, 0, 2, (uint8_t)i } };
	return (struct ip){ 6, { 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)(i - 32) } };
}

/* Does the record, alone at the domain, let the address pass by a term that stays? */
static bool
passes(struct arena *a, const struct dns_source *dns, struct text record, struct ip ip, bool any)
{
	struct spf_query q = { .ip = ip, .helo = TEXT("d.e"), .sender = TEXT("d.e") };
	struct spf_answer ans;
	size_t i;

	q.dns = spf_overlay(a, dns, (struct name){ "d.e" }, record);
	if (!spf_check_host(a, &q, &ans) || ans.result != SPF_PASS)
		return false;
	for (i = 0; i < ans.trace_count && !any; i++)
		if (ans.trace[i].result == SPF_STEP_MATCH && (text_iends(ans.trace[i].term, "all") ||
		    text_starts(ans.trace[i].term, "ip4:0.0") || text_starts(ans.trace[i].term, "+ip4:0.0") ||
		    text_iends(ans.trace[i].term, "ptr")))
			return false;
	return true;
}

static void
check_zone(unsigned seed, unsigned *offered)
{
	const char *name;
	struct spf_propose_query q = { .include = "i3.e" };
	struct ip own[2] = { world_ip(20), world_ip(36) };
	struct arena *a = arena_new();
	struct spf_proposal p;
	struct spf_tree tree;
	struct zone z;
	unsigned i, k;
	int fix;

	state = seed * 2654435761u + 1;
	zone_init(&z, a);
	zone_load(&z, "d.e A 192.0.2.20|d.e MX 10 own.e|own.e A 192.0.2.20|own.e AAAA 2001:db8::4|h.e A 192.0.2.7|"
	    "m.e MX 1 h.e|m.e MX 2 g.e|g.e A 192.0.2.15|7.2.0.192.in-addr.arpa PTR h.d.e|h.d.e A 192.0.2.7|"
	    "192.0.2.11.x.e A 127.0.0.2");
	draw_record(&z, "i1.e", 2);
	draw_record(&z, "i2.e", 2);
	zone_load(&z, "i3.e TXT v=spf1 ip4:192.0.2.24/30 a:h.e -all");
	for (i = draw(4) == 0 ? 2 : 1; i > 0; i--)
		draw_record(&z, "d.e", draw(5) == 0 ? 14 : 5);
	q.ask = (struct spf_explain_query){ .domain = { "d.e" }, .addresses = own,
	    .address_count = draw(2) + 1, .dns = &z.source };
	q.own = own;
	q.own_count = 2;
	for (fix = SPF_FIX_PUBLISH; fix <= SPF_FIX_CLOSE; fix++) {
		name = arena_printf(a, "zone %u, %s", seed, spf_fix_id((enum spf_fix)fix));
		CHECK(name, spf_propose(a, &q, (enum spf_fix)fix, &p));
		if (p.refused != SPF_OFFERED)
			continue;
		(*offered)++;
		q.ask.dns = spf_overlay(a, &z.source, q.ask.domain, p.best.record);
		CHECK(name, spf_explain(a, &q.ask, &tree) && tree.record_count == 1 && !tree.permerror);
		CHECK(name, tree.lookups <= 10 && tree.void_lookups <= 2);
		for (i = 0; i < tree.result_count; i++)
			CHECK(name, tree.results[i].result == SPF_PASS);
		q.ask.dns = &z.source;
		for (k = 0; k < p.replace_count; k++)
			for (i = 0; i < WORLD; i++)
				if (passes(a, &z.source, p.replaces[k], world_ip(i), false) &&
				    !passes(a, &z.source, p.best.record, world_ip(i), true))
					CHECK(arena_printf(a, "%s: %s lost, %s -> %s", name,
					    ip_str(a, world_ip(i)), text_cstr(a, p.replaces[k]),
					    text_cstr(a, p.best.record)), false);
	}
	arena_free(a);
}

int
main(void)
{
	unsigned seed, offered = 0;

	for (seed = 0; seed < ZONES; seed++)
		check_zone(seed, &offered);
	CHECK("enough was offered", offered > ZONES / 2);
	TEST_END();
}
