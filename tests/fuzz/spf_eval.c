/*
 * check_host(), the cost tree and the proposals over a DNS that is made of the
 * input: any name has an answer, drawn by its hash.  First line: the sender;
 * the other lines are texts of TXT records.  Whatever is published, evaluation
 * ends, within the limits; and what is proposed holds.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/spf_wizard.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXTS_MAX	8

struct world {
	struct arena		*arena;
	struct map		*answers;
	struct text		 texts[TEXTS_MAX];
	size_t			 count;
	uint32_t		 salt;
	unsigned		 asked;
	bool			 shy;
	struct map		*seen;
};

static uint32_t
hash(uint32_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h ^ h >> 15;
}

static void
fill(struct world *w, struct rr *rr, enum rrtype type, uint32_t h)
{
	switch (type) {
	case RR_TXT:
		rr->u.txt.joined = w->texts[h % w->count];
		rr->u.txt.strings = &w->texts[h % w->count];
		rr->u.txt.count = 1;
		break;
	case RR_A:
		rr->u.ip = (struct ip){ 4, { 192, 0, 2, (uint8_t)(h % 4) } };
		break;
	case RR_AAAA:
		rr->u.ip = (struct ip){ 6, { 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)(h % 4) } };
		break;
	case RR_MX:
		rr->u.mx.preference = (uint16_t)(h % 3);
		rr->u.mx.exchange.s = h % 11 == 0 ? "" : arena_printf(w->arena, "m%u.example", h % 5);
		break;
	default:
		rr->u.name.s = arena_printf(w->arena, "p%u.d.example", h % 3);
		break;
	}
}

static const struct dns_answer *
world_ask(void *ctx, struct name name, enum rrtype type)
{
	struct world *w = ctx;
	const char *key = arena_printf(w->arena, "%d %s", (int)type, name.s);
	struct dns_answer *ans = map_get(w->answers, key);
	struct rr *rrs;
	uint32_t h;
	size_t i;

	assert(++w->asked < 200000);
	if (w->shy && map_get(w->seen, key) == NULL) {
		map_put(w->seen, key, w);
		return NULL;
	}
	if (ans != NULL)
		return ans;
	h = hash(w->salt + (uint32_t)type, name.s);
	ans = arena_zalloc(w->arena, sizeof(*ans));
	ans->name = name;
	ans->type = type;
	ans->outcome = h % 16 == 0 ? DNS_NXDOMAIN : h % 16 == 1 ? DNS_NODATA : h % 16 == 2 ? DNS_FAILED : DNS_FOUND;
	ans->failure = ans->outcome == DNS_FAILED ? DNS_TIMEOUT : DNS_NO_FAILURE;
	if (strcmp(key, "16 d.example") == 0)
		ans->outcome = DNS_FOUND;
	if (ans->outcome == DNS_FOUND) {
		ans->count = type == RR_TXT ? (h >> 8) % 9 == 0 ? 2 : 1 : (h >> 8) % 13 + 1;
		rrs = arena_array(w->arena, ans->count, sizeof(*rrs));
		for (i = 0; i < ans->count; i++)
			fill(w, &rrs[i], type, hash(h + (uint32_t)i, "rr"));
		ans->rrs = rrs;
	}
	map_put(w->answers, key, ans);
	return ans;
}

static void
check_eval(struct arena *a, const struct dns_source *dns, struct world *w, struct text sender,
    struct ip ip)
{
	struct spf_query q = { .ip = ip, .helo = TEXT("helo.example"), .sender = sender, .dns = dns };
	struct spf_answer ans, again;
	unsigned turns = 0;

	assert(spf_check_host(a, &q, &ans));
	assert(ans.lookups <= 10 && ans.void_lookups <= 3 && ans.trace_count <= SPF_TRACE_MAX);
	assert(ans.mechanism.p == NULL || (ans.result != SPF_NONE && ans.result < SPF_TEMPERROR));
	assert(ans.explanation.p == NULL || ans.result == SPF_FAIL);
	w->shy = q.ask_ahead = q.quiet = true;
	q.cache = spf_cache_new(a);
	while (!spf_check_host(a, &q, &again))
		assert(++turns < 400);
	w->shy = false;
	assert(again.result == ans.result && again.lookups == ans.lookups);
	assert(text_eq(again.mechanism, ans.mechanism));
}

/* What is offered passes for the sending address, within the limits of the whole tree. */
static void
check_proposals(struct arena *a, const struct dns_source *dns, struct ip ip)
{
	struct spf_propose_query q = { .own = &ip, .own_count = 1, .include = "inc.example" };
	struct spf_proposal p;
	struct spf_tree tree;
	int fix;

	q.ask = (struct spf_explain_query){ .domain = { "d.example" }, .addresses = &ip,
	    .address_count = 1, .dns = dns, .cache = spf_cache_new(a) };
	assert(spf_explain(a, &q.ask, &tree));
	assert(tree.count <= SPF_TREE_TERMS_MAX);
	for (fix = SPF_FIX_PUBLISH; fix <= SPF_FIX_CLOSE; fix++) {
		assert(spf_propose(a, &q, (enum spf_fix)fix, &p));
		if (p.refused != SPF_OFFERED) {
			assert(p.reason.id != NULL);
			continue;
		}
		q.ask.dns = spf_overlay(a, dns, q.ask.domain, p.best.record);
		assert(spf_explain(a, &q.ask, &tree));
		assert(tree.record_count == 1 && tree.lookups <= 10 && tree.void_lookups <= 2);
		assert(!tree.permerror && tree.results[0].result == SPF_PASS);
		q.ask.dns = dns;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .count = 0 };
	struct dns_source dns = { world_ask, &w };
	struct text rest = { (const char *)data + 1, size - 1 }, line, sender;
	struct ip ip4 = { 4, { 192, 0, 2, 1 } }, ip6 = { 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 } };

	if (size < 2 || size > 16384)
		return 0;
	w.arena = arena_new();
	w.answers = map_new(w.arena);
	w.seen = map_new(w.arena);
	w.salt = data[0];
	text_line(&rest, &sender);
	while (w.count < TEXTS_MAX && text_line(&rest, &line))
		w.texts[w.count++] = line;
	if (w.count == 0)
		w.texts[w.count++] = TEXT("v=spf1 include:%{l}.example -all");
	check_eval(w.arena, &dns, &w, sender, ip4);
	check_eval(w.arena, &dns, &w, TEXT("u@d.example"), ip6);
	check_proposals(w.arena, &dns, (data[0] & 1) != 0 ? ip4 : ip6);
	arena_free(w.arena);
	return 0;
}
