#include "engine/cache.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "engine/ask.h"
#include "net/net.h"

/*
 * Answers kept at most, about 2 kB each.  In a bulk run most answers are read by
 * one domain and never again; those that others have read stay: the oldest that
 * nobody has read a second time goes first (a clock with one bit).
 */
#define SLOTS_MAX	1024
#define BUCKETS		4096	/* a power of two */
#define DNS_TTL_MAX_S	3600
#define DNS_FAILED_TTL_S	20	/* a dead server is not asked for every domain of a bulk run */
#define SMTP_TTL_S	60
#define CALL_TTL_S	5	/* the facts made of a panel's calls have longer lives */
#define FACT_FAILED_TTL_S 1	/* for those who waited for it: they need not find out one after the other */
#define SWEEP_S		30	/* facts that have had their time leave this often */
#define REST_S		3	/* nothing was wanted for so long: large facts leave too */
#define REST_BYTES	(64 * 1024)
#define SHARED_MAX	4096	/* of many domains each */

struct waiter {
	struct ask	*ask;
	struct slot	*slot;
	struct waiter	*next;		/* of the slot */
	struct waiter	*ask_next;	/* of the ask */
};

struct slot {
	struct cache	*cache;
	struct arena	*arena;		/* key, request and reply; the slot itself */
	const char	*key;
	uint32_t	 hash;
	struct request	 request;
	struct reply	 reply;
	struct arena	*reply_arena;
	bool		 ready;
	bool		 listed;	/* can be found by its key */
	bool		 again;		/* somebody else wanted it since it came to the front */
	int64_t		 until;		/* wall clock */
	unsigned	 refs;		/* the list's, the flight's, and each run that reads it */
	struct waiter	*waiters;
	struct slot	*chain;
	struct slot	*older, *newer;
};

struct claim_waiter {
	struct ask		*ask;
	struct claim_waiter	*next;
};

struct claim {				/* a fact being made */
	struct claim		*next;
	uint32_t		 hash;
	char			*key;
	struct ask		*owner;
	unsigned		 run;	/* the owner's, when it last came by */
	struct claim_waiter	*waiters;
};

struct cache {
	struct net	*net;
	struct claim	*claims;
	struct slot	*bucket[BUCKETS];
	struct slot	*oldest, *newest;
	size_t		 count;
	struct map	*facts;		/* key -> struct kept_fact */
	size_t		 facts_room;	/* how many may be there before some have to go */
	struct arena	*facts_arena;
	int64_t		 facts_swept;
	int64_t		 used_at;	/* 0 = nothing since it came to rest */
	uint32_t	 seed;
};

struct kept_fact { struct fact *fact; int64_t until; bool used; };
enum pressure { PRESSURE_NONE, PRESSURE_SOME, PRESSURE_HIGH };

struct cache *
cache_new(struct net *net)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->net = net;
	c->seed = (uint32_t)((uintptr_t)c >> 4) * 2654435761u;
	c->facts_arena = arena_new();
	c->facts = map_new(c->facts_arena);
	c->facts_room = SLOTS_MAX;
	return c;
}

static uint32_t
hash_of(const struct cache *c, const char *key)
{
	uint32_t h = c->seed ^ 2166136261u;

	for (; *key != '\0'; key++)
		h = (h ^ (uint8_t)*key) * 16777619u;
	return h;
}

static void
slot_unref(void *p)
{
	struct slot *slot = p;

	if (--slot->refs > 0)
		return;
	arena_free(slot->reply_arena);
	arena_free(slot->arena);
}

static void
slot_unchain(struct slot *slot)
{
	struct cache *c = slot->cache;

	*(slot->older == NULL ? &c->oldest : &slot->older->newer) = slot->newer;
	*(slot->newer == NULL ? &c->newest : &slot->newer->older) = slot->older;
}

static void
slot_unlist(struct slot *slot)
{
	struct cache *c = slot->cache;
	struct slot **at = &c->bucket[slot->hash % BUCKETS];

	if (!slot->listed)
		return;
	while (*at != slot)
		at = &(*at)->chain;
	*at = slot->chain;
	slot_unchain(slot);
	slot->listed = false;
	c->count--;
	slot_unref(slot);
}

static struct slot *
slot_find(struct cache *c, const char *key, uint32_t hash)
{
	struct slot *slot;

	for (slot = c->bucket[hash % BUCKETS]; slot != NULL; slot = slot->chain)
		if (slot->hash == hash && strcmp(slot->key, key) == 0)
			return slot;
	return NULL;
}

static void
slot_append(struct slot *slot)
{
	struct cache *c = slot->cache;

	slot->newer = NULL;
	slot->older = c->newest;
	*(c->newest == NULL ? &c->oldest : &c->newest->newer) = slot;
	c->newest = slot;
}

static void
make_room(struct cache *c)
{
	struct slot *old, *next, *last = c->newest;

	for (old = c->oldest; c->count > SLOTS_MAX && old != NULL; old = next) {
		next = old == last ? NULL : old->newer;
		if (!old->ready)
			continue;
		if (!old->again || old->until < net_now(c->net)) {
			slot_unlist(old);
			continue;
		}
		old->again = false;
		slot_unchain(old);
		slot_append(old);
	}
}

static struct slot *
slot_new(struct cache *c, const char *key, uint32_t hash)
{
	struct arena *a = arena_new();
	struct slot *slot = arena_zalloc(a, sizeof(*slot));

	slot->cache = c;
	slot->arena = a;
	slot->key = arena_strdup(a, key);
	slot->hash = hash;
	slot->refs = 2;			/* listed, and in flight */
	slot->listed = true;
	slot->chain = c->bucket[hash % BUCKETS];
	c->bucket[hash % BUCKETS] = slot;
	slot_append(slot);
	c->count++;
	make_room(c);
	return slot;
}

static int64_t
lifetime_s(const struct request *request, const struct reply *reply)
{
	const struct dns_answer *dns;

	switch (request->kind) {
	case REQUEST_DNS:
		dns = reply->u.dns;
		if (dns->outcome == DNS_FAILED)
			return DNS_FAILED_TTL_S;
		return dns->ttl_s < DNS_TTL_MAX_S ? dns->ttl_s : DNS_TTL_MAX_S;
	case REQUEST_SMTP:
		return SMTP_TTL_S;
	default:
		return reply->err.code == ERR_NONE ? CALL_TTL_S : 1;
	}
}

/* The run reads the slot's reply for as long as it lives. */
static void
slot_give(struct slot *slot, struct ask *ask)
{
	slot->refs++;
	arena_defer(ask->arena, slot_unref, slot);
	evidence_deliver(ask->ev, slot->key, &slot->reply);
}

static void
slot_done(void *p, const struct reply *reply)
{
	struct slot *slot = p;
	struct waiter *w;

	slot->reply = *reply;
	slot->reply_arena = net_keep(slot->cache->net);
	slot->ready = true;
	slot->until = net_now(slot->cache->net) + lifetime_s(&slot->request, &slot->reply);
	for (w = slot->waiters; w != NULL; w = w->next) {
		if (w->ask == NULL)
			continue;
		slot_give(slot, w->ask);
		ask_wake(w->ask);
	}
	slot->waiters = NULL;
	slot_unref(slot);		/* no longer in flight */
}

void
cache_want(struct cache *c, struct ask *ask, const char *key, const struct request *request,
    bool fresh)
{
	uint32_t hash = hash_of(c, key);
	struct slot *slot = slot_find(c, key, hash);
	struct waiter *w;

	c->used_at = net_now(c->net);
	if (slot != NULL && (fresh || (slot->ready && slot->until < net_now(c->net)))) {
		slot_unlist(slot);
		slot = NULL;
	}
	if (slot != NULL)
		slot->again = true;
	if (slot != NULL && slot->ready) {
		slot_give(slot, ask);
		return;
	}
	if (slot == NULL) {
		slot = slot_new(c, key, hash);
		slot->request.kind = request->kind;	/* lifetime_s needs no more */
		net_submit(c->net, request, slot_done, slot);
	}
	w = arena_zalloc(slot->arena, sizeof(*w));
	w->ask = ask;
	w->slot = slot;
	w->next = slot->waiters;
	slot->waiters = w;
	w->ask_next = ask->waiters;
	ask->waiters = w;
	slot->refs++;			/* the waiter lives in the slot's arena */
	arena_defer(ask->arena, slot_unref, slot);
}

/* --- facts being made ---------------------------------------------------------------------------- */

static struct claim **
claim_find(struct cache *c, const char *key)
{
	uint32_t hash = hash_of(c, key);
	struct claim **at;

	for (at = &c->claims; *at != NULL; at = &(*at)->next)
		if ((*at)->hash == hash && strcmp((*at)->key, key) == 0)
			break;
	return at;
}

/* Over, whatever came of it: those who waited look again. */
static void
claim_end(struct claim **at)
{
	struct claim *claim = *at;
	struct claim_waiter *w, *next;

	*at = claim->next;
	for (w = claim->waiters; w != NULL; w = next) {
		next = w->next;
		ask_wake(w->ask);
		free(w);
	}
	free(claim->key);
	free(claim);
}

static void
wait_for(struct claim *claim, struct ask *ask)
{
	struct claim_waiter *w;

	for (w = claim->waiters; w != NULL; w = w->next)
		if (w->ask == ask)
			return;
	if ((w = malloc(sizeof(*w))) == NULL)
		abort();
	*w = (struct claim_waiter){ ask, claim->waiters };
	claim->waiters = w;
}

bool
cache_fact_claim(struct cache *c, struct ask *ask, const char *key)
{
	struct claim *claim = *claim_find(c, key);

	if (claim == NULL) {
		if ((claim = calloc(1, sizeof(*claim))) == NULL || (claim->key = strdup(key)) == NULL)
			abort();
		claim->hash = hash_of(c, key);
		claim->owner = ask;
		claim->next = c->claims;
		c->claims = claim;
	}
	if (claim->owner != ask) {
		wait_for(claim, ask);
		return false;
	}
	claim->run = ask->runs;
	return true;
}

void
cache_fact_end(struct cache *c, const char *key)
{
	struct claim **at = claim_find(c, key);

	if (*at != NULL)
		claim_end(at);
}

void
cache_facts_leave(struct cache *c, struct ask *ask)
{
	struct claim **at = &c->claims;

	while (*at != NULL) {
		if ((*at)->owner == ask && (*at)->run != ask->runs)
			claim_end(at);
		else
			at = &(*at)->next;
	}
}

/* The ask ends; it is not woken any more. */
static void
claims_forget(struct cache *c, const struct ask *ask)
{
	struct claim_waiter **at, *w;
	struct claim *claim;

	for (claim = c->claims; claim != NULL; claim = claim->next)
		for (at = &claim->waiters; *at != NULL; )
			if ((*at)->ask == ask) {
				w = *at;
				*at = w->next;
				free(w);
			} else
				at = &(*at)->next;
}

void
cache_forget(struct cache *c, struct ask *ask)
{
	struct waiter *w;

	ask->runs++;			/* nothing that it claimed is its any more */
	cache_facts_leave(c, ask);
	claims_forget(c, ask);
	for (w = ask->waiters; w != NULL; w = w->ask_next)
		w->ask = NULL;
	ask->waiters = NULL;
}

/* --- facts --------------------------------------------------------------------------------------- */

struct fact *
cache_fact(struct cache *c, const char *key, int64_t now)
{
	struct kept_fact *kept = map_get(c->facts, key);

	if (kept == NULL || kept->until < now)
		return NULL;
	kept->used = true;
	return kept->fact;
}

static void
facts_put(struct cache *c, const char *key, struct fact *fact, int64_t until)
{
	struct kept_fact *kept = arena_zalloc(c->facts_arena, sizeof(*kept));

	kept->fact = fact;
	kept->until = until;
	map_put(c->facts, key, kept);
}

/* A run over all domains leaves holes that nothing else would give back. */
static void
trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

/* What is of one domain goes first, and of that what nobody has asked for twice: what they share is made of
 * calls that a run over many would make again. */
static bool
gives_way(const struct kept_fact *kept, enum pressure pressure)
{
	return !kept->fact->shared && (pressure == PRESSURE_HIGH || (pressure == PRESSURE_SOME && !kept->used));
}

/* Those of a large panel are megabytes: what is not used any more is not kept until it is replaced. */
static void
facts_sweep(struct cache *c, int64_t now, size_t bytes_max, enum pressure pressure)
{
	struct map *old = c->facts;
	struct arena *old_arena = c->facts_arena;

	c->facts_swept = now;
	c->facts_arena = arena_new();
	c->facts = map_new(c->facts_arena);
	for (size_t i = 0; i < map_count(old); i++) {
		const char *key;
		struct kept_fact *kept = map_at(old, i, &key);

		/* One that joins others holds all of theirs. */
		if (kept->until < now || arena_used(kept->fact->arena) > bytes_max || gives_way(kept, pressure) ||
		    (kept->fact->joins && bytes_max < SIZE_MAX))
			fact_unref(kept->fact);
		else
			facts_put(c, key, kept->fact, kept->until);
	}
	arena_free(old_arena);
	trim();
}

void
cache_rest(struct cache *c)
{
	int64_t now = net_now(c->net);
	struct slot *slot, *next;

	if (c->used_at == 0 || (now >= c->used_at && now - c->used_at < REST_S))
		return;
	c->used_at = 0;
	for (slot = c->oldest; slot != NULL; slot = next) {
		next = slot->newer;
		if (slot->ready && slot->until < now)
			slot_unlist(slot);
	}
	facts_sweep(c, now, REST_BYTES, PRESSURE_NONE);
}

void
cache_fact_keep(struct cache *c, const char *key, struct fact *fact, int64_t until)
{
	int64_t now = net_now(c->net);
	struct kept_fact *kept;

	c->used_at = now;
	if (map_count(c->facts) > c->facts_room) {
		facts_sweep(c, now, SIZE_MAX, PRESSURE_SOME);
		if (map_count(c->facts) > SLOTS_MAX / 2)
			facts_sweep(c, now, SIZE_MAX, PRESSURE_HIGH);
		if (map_count(c->facts) > SHARED_MAX)
			cache_facts_drop(c);
		c->facts_room = map_count(c->facts) + SLOTS_MAX;
	} else if (now - c->facts_swept >= SWEEP_S || now < c->facts_swept)
		facts_sweep(c, now, SIZE_MAX, PRESSURE_NONE);
	fact->refs++;
	if ((kept = map_get(c->facts, key)) == NULL) {
		facts_put(c, key, fact, until);
		return;
	}
	fact_unref(kept->fact);
	kept->fact = fact;
	kept->until = until;
}

void
cache_fact_failed(struct cache *c, const char *key, const struct ev_failure *why, int64_t now)
{
	struct arena *a = arena_new();
	struct fact *fact = arena_zalloc(a, sizeof(*fact));

	fact->arena = a;
	fact->refs = 1;
	fact->failure = (struct ev_failure){ arena_strdup(a, why->key), arena_strdup(a, why->reason),
	    arena_strdup(a, why->detail) };
	cache_fact_keep(c, key, fact, now + FACT_FAILED_TTL_S);
	fact_unref(fact);
}

void
cache_facts_drop(struct cache *c)
{
	size_t i;

	for (i = 0; i < map_count(c->facts); i++) {
		struct kept_fact *kept = map_at(c->facts, i, NULL);

		fact_unref(kept->fact);
	}
	arena_free(c->facts_arena);
	c->facts_arena = arena_new();
	c->facts = map_new(c->facts_arena);
}

void
cache_drop(struct cache *c)
{
	while (c->oldest != NULL)
		slot_unlist(c->oldest);
	cache_facts_drop(c);
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	cache_drop(c);
	arena_free(c->facts_arena);
	free(c);
}
