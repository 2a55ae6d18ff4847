#include "evidence/truth.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "evidence/internal.h"

void
evidence_set_depth(struct evidence *ev, enum truth_depth depth, uint16_t authoritative_port)
{
	ev->depth = depth;
	ev->bulk = depth == TRUTH_RESOLVER;
	ev->authoritative_port = authoritative_port;
}

enum truth_depth
evidence_depth(const struct evidence *ev)
{
	return ev->depth;
}

void
evidence_set_bulk(struct evidence *ev, bool bulk)
{
	ev->bulk = bulk;
}

bool
evidence_bulk(const struct evidence *ev)
{
	return ev->bulk;
}

/* --- who is responsible ------------------------------------------------------------------------- */

/* The NS answer at or above the domain; NULL = on its way.  *none: nobody is. */
static const struct dns_answer *
find_cut(struct evidence *ev, struct name domain, struct name *zone, bool *none)
{
	struct name at;

	*none = false;
	for (at = domain; at.s[0] != '\0'; at = name_parent(at)) {
		const struct dns_answer *ns = ev_dns_any(ev, at, RR_NS);

		if (ns == NULL)
			return NULL;
		/* A name that is an alias has no NS of its own: its zone is above. */
		if (ns->outcome == DNS_FAILED ||
		    (ns->outcome == DNS_FOUND && ns->cname.s == NULL)) {
			*zone = at;
			return ns;
		}
		if (ns->outcome == DNS_NXDOMAIN && ns->cname.s == NULL) {
			*zone = at;
			*none = true;
			return ns;
		}
		/* A public suffix's servers say nothing about a name below it. */
		if (name_labels(at) <= 2) {
			*zone = at;
			*none = true;
			return ns;
		}
	}
	*none = true;
	return ev_dns_any(ev, domain, RR_NS);
}

static void
add_endpoint(struct evidence *ev, struct delegation *d, struct endpoint *list, struct ip ip)
{
	struct endpoint endpoint = { ip, ev->authoritative_port };
	size_t i;

	for (i = 0; i < d->endpoint_count; i++)
		if (endpoint_eq(list[i], endpoint))
			return;
	if (d->endpoint_count < TRUTH_SERVERS_MAX)
		list[d->endpoint_count++] = endpoint;
}

static const struct delegation *
delegation_keep(struct evidence *ev, const char *key, struct delegation *d)
{
	map_put(ev->memo, key, d);
	return d;
}

const struct delegation *
ev_delegation(struct evidence *ev, struct name domain)
{
	const char *key = arena_join(ev->arena, "delegation ", domain.s, NULL);
	static const enum rrtype families[] = { RR_A, RR_AAAA };
	struct delegation *d = map_get(ev->memo, key);
	struct name_server *servers;
	struct endpoint *endpoints;
	const struct dns_answer *ns;
	bool none, waiting = false;
	size_t i, j, k;

	if (d != NULL)
		return d;
	d = arena_zalloc(ev->arena, sizeof(*d));
	ns = find_cut(ev, domain, &d->zone, &none);
	if (ns == NULL)
		return NULL;
	d->answer = ns;
	if (none) {
		d->state = DELEGATION_NONE;
		return delegation_keep(ev, key, d);
	}
	if (ns->outcome == DNS_FAILED) {
		d->state = DELEGATION_FAILED;
		d->failure = ns->failure;
		return delegation_keep(ev, key, d);
	}
	d->count = ns->count < TRUTH_SERVERS_MAX ? ns->count : TRUTH_SERVERS_MAX;
	servers = arena_array(ev->arena, d->count, sizeof(*servers));
	endpoints = arena_array(ev->arena, TRUTH_SERVERS_MAX, sizeof(*endpoints));
	for (i = 0; i < d->count; i++)		/* ask wide, then read */
		for (j = 0; j < 2; j++)
			if (ev_dns_any(ev, ns->rrs[i].u.name, families[j]) == NULL)
				waiting = true;
	if (waiting)
		return NULL;
	for (i = 0; i < d->count; i++) {
		const struct dns_answer *of[2];
		struct ip *addresses;

		servers[i].name = ns->rrs[i].u.name;
		for (j = 0; j < 2; j++)
			of[j] = ev_dns_any(ev, servers[i].name, families[j]);
		addresses = arena_array(ev->arena, of[0]->count + of[1]->count + 1, sizeof(*addresses));
		for (j = 0; j < 2; j++) {
			if (of[j]->outcome == DNS_FAILED)
				servers[i].failure = of[j]->failure;
			for (k = 0; of[j]->outcome == DNS_FOUND && k < of[j]->count; k++) {
				addresses[servers[i].address_count++] = of[j]->rrs[k].u.ip;
				add_endpoint(ev, d, endpoints, of[j]->rrs[k].u.ip);
			}
		}
		servers[i].addresses = addresses;
	}
	d->servers = servers;
	d->endpoints = endpoints;
	return delegation_keep(ev, key, d);
}

/* --- what they say -------------------------------------------------------------------------------- */

static int
compare_bytes(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int
rr_compare(const struct rr *a, const struct rr *b, enum rrtype type)
{
	switch (type) {
	case RR_A:
	case RR_AAAA:
		return ip_cmp(a->u.ip, b->u.ip);
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		return strcmp(a->u.name.s, b->u.name.s);
	case RR_MX:
		if (a->u.mx.preference != b->u.mx.preference)
			return a->u.mx.preference < b->u.mx.preference ? -1 : 1;
		return strcmp(a->u.mx.exchange.s, b->u.mx.exchange.s);
	case RR_TXT:
	case RR_SPF:
		return compare_bytes(a->u.txt.joined, b->u.txt.joined);
	case RR_SOA:
		return strcmp(a->u.soa.mname.s, b->u.soa.mname.s);	/* serials may differ */
	default:
		return compare_bytes(a->u.raw, b->u.raw);
	}
}

bool
dns_answers_agree(const struct dns_answer *a, const struct dns_answer *b)
{
	size_t i, j;

	if (a->outcome != b->outcome || a->count != b->count)
		return false;
	if ((a->cname.s == NULL) != (b->cname.s == NULL) ||
	    (a->cname.s != NULL && !name_eq(a->cname, b->cname)))
		return false;
	if (a->outcome != DNS_FOUND)
		return true;
	/* Sets are small and come from a bounded reader: no sorting needed.
	 * Equal counts and mutual containment make equal sets. */
	for (i = 0; i < a->count; i++) {
		for (j = 0; j < b->count; j++)
			if (rr_compare(&a->rrs[i], &b->rrs[j], a->type) == 0)
				break;
		if (j == b->count)
			return false;
	}
	for (i = 0; i < b->count; i++) {
		for (j = 0; j < a->count; j++)
			if (rr_compare(&b->rrs[i], &a->rrs[j], a->type) == 0)
				break;
		if (j == a->count)
			return false;
	}
	return true;
}

/*
 * An alias that leads out of the zone ends there for an authoritative server;
 * the rest is the resolver's to say.
 */
static const struct dns_answer *
follow_alias(struct evidence *ev, const struct dns_answer *answer)
{
	const struct dns_answer *target;
	struct dns_answer *joined;

	if (answer->outcome != DNS_NODATA || answer->cname.s == NULL)
		return answer;
	target = ev_dns_any(ev, answer->cname, answer->type);
	if (target == NULL)
		return NULL;
	joined = arena_alloc(ev->arena, sizeof(*joined));
	*joined = *target;
	joined->name = answer->name;
	joined->cname = target->cname.s != NULL ? target->cname : answer->cname;
	if (answer->ttl_s < joined->ttl_s)
		joined->ttl_s = answer->ttl_s;
	return joined;
}

static bool
failure_is_silence(enum dns_failure failure)
{
	/* Lame or refused for a name below the zone: delegated further, not silent. */
	return failure != DNS_LAME && failure != DNS_REFUSED && failure != DNS_FORBIDDEN;
}

static const struct truth *
truth_by_resolver(struct evidence *ev, struct truth *t, const char *key, struct name name,
    enum rrtype type)
{
	t->answer = ev_dns_any(ev, name, type);
	if (t->answer == NULL)
		return NULL;
	map_put(ev->memo, key, t);
	return t;
}

const struct truth *
ev_truth(struct evidence *ev, struct name domain, struct name name, enum rrtype type)
{
	const char *key = arena_join(ev->arena, "truth ", domain.s, " ", rrtype_word(type), " ",
	    name.s, NULL);
	struct truth *t = map_get(ev->memo, key);
	const struct dns_answer **each;
	const struct delegation *d;
	bool waiting = false, silence = false;
	size_t i;

	if (t != NULL)
		return t;
	t = arena_zalloc(ev->arena, sizeof(*t));
	if (ev->depth == TRUTH_RESOLVER)
		return truth_by_resolver(ev, t, key, name, type);
	d = ev_delegation(ev, domain);
	if (d == NULL)
		return NULL;
	if (d->state != DELEGATION_OK || d->endpoint_count == 0 || !name_is_under(name, d->zone))
		return truth_by_resolver(ev, t, key, name, type);
	each = arena_array(ev->arena, d->endpoint_count, sizeof(*each));
	for (i = 0; i < d->endpoint_count; i++)
		if ((each[i] = ev_dns_at(ev, d->endpoints[i], name, type)) == NULL)
			waiting = true;
	if (waiting)
		return NULL;
	t->each = each;
	t->each_count = d->endpoint_count;
	for (i = 0; i < t->each_count; i++) {
		if (each[i]->outcome == DNS_FAILED) {
			silence = silence || failure_is_silence(each[i]->failure);
			continue;
		}
		if (t->answer != NULL && !dns_answers_agree(t->answer, each[i]))
			t->disagree = true;
		/* A server that knows nothing beside one that does is the one that errs. */
		if (t->answer == NULL || each[i]->outcome < t->answer->outcome)
			t->answer = each[i];
	}
	if (t->answer == NULL) {
		t->silent = silence;
		return truth_by_resolver(ev, t, key, name, type);
	}
	t->authoritative = true;
	t->answer = follow_alias(ev, t->answer);
	if (t->answer == NULL)
		return NULL;
	map_put(ev->memo, key, t);
	return t;
}

struct truth_ctx { struct evidence *ev; struct name domain; };

static const struct dns_answer *
truth_source_ask(void *p, struct name name, enum rrtype type)
{
	struct truth_ctx *ctx = p;
	const struct truth *t;

	if (!name_is_under(name, ctx->domain))
		return ev_dns_any(ctx->ev, name, type);
	t = ev_truth(ctx->ev, ctx->domain, name, type);
	return t == NULL ? NULL : t->answer;
}

struct dns_source
ev_truth_source(struct evidence *ev, struct name domain)
{
	struct truth_ctx *ctx = arena_alloc(ev->arena, sizeof(*ctx));

	ctx->ev = ev;
	ctx->domain = domain;
	return (struct dns_source){ truth_source_ask, ctx };
}
