#include "engine/ask.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/internal.h"
#include "engine/scans.h"
#include "engine/traffic.h"
#include "net/net.h"
#include "store/reports.h"

/*
 * Guards: attackers write DNS records.  An SPF record at its limits needs about
 * 150 questions; a whole domain under all checks some 300.
 */
#define ACTIVATIONS_MAX	2000
#define QUESTIONS_MAX	4000

#define TIME_LIMIT_MS	20000

static void	run_those_awake(struct engine *);

static void
source_fetch(void *ctx, struct evidence *ev, const char *key, const struct request *request)
{
	struct ask *ask = ctx;

	(void)ev;
	cache_want(ask->engine->cache, ask, key, request, ask->fresh);
}

static struct fact *
source_fact(void *ctx, struct evidence *ev, const char *key)
{
	struct ask *ask = ctx;

	if (strcmp(key, "fact mail_use ") == 0)
		return traffic_fact(ask->engine, evidence_now(ev));	/* ours, not the panel's */
	if (strcmp(key, "fact scans ") == 0)
		return scans_fact(ask->engine);
	return ask->fresh ? NULL : cache_fact(ask->engine->cache, key, evidence_now(ev));
}

static void
source_fact_made(void *ctx, struct evidence *ev, const char *key, struct fact *fact, uint32_t ttl_s)
{
	struct ask *ask = ctx;

	if (ttl_s > 0)
		cache_fact_keep(ask->engine->cache, key, fact, evidence_now(ev) + ttl_s);
	if (!ask->fresh)
		cache_fact_end(ask->engine->cache, key);
}

/* Who wants it fresh makes it himself. */
static bool
source_fact_claim(void *ctx, struct evidence *ev, const char *key)
{
	struct ask *ask = ctx;

	(void)ev;
	return ask->fresh || cache_fact_claim(ask->engine->cache, ask, key);
}

static void
source_fact_failed(void *ctx, struct evidence *ev, const char *key, const struct ev_failure *why)
{
	struct ask *ask = ctx;

	if (ask->fresh)
		return;
	cache_fact_failed(ask->engine->cache, key, why, evidence_now(ev));
	cache_fact_end(ask->engine->cache, key);
}

/* The finding itself says since when, in its data. */
static int64_t
source_since(void *ctx, const char *finding, const char *target)
{
	static const struct store_scope all = { .all = true };
	struct ask *ask = ctx;
	const struct json *report, *f;
	struct err err;
	int64_t at = 0;

	report = ask->engine->setup.store == NULL ? NULL : store_report_get(ask->engine->setup.store,
	    ask->arena, &all, strcmp(target, "server") == 0 ? "server" : "domain", target, &err);
	for (f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f))
		if (strcmp(json_str(f, "id"), finding) == 0 &&
		    time_parse(text_of(json_str(json_get(f, "data"), "since")), &at))
			return at;
	return 0;
}

struct ask *
ask_start(struct engine *e, question fn, void *ctx, const struct ask_options_engine *options,
    void (*done)(struct ask *), void *owner)
{
	struct arena *a = arena_new();
	struct ask *ask = arena_zalloc(a, sizeof(*ask));
	uint32_t limit_ms = options->time_limit_ms;

	if (limit_ms == 0)
		limit_ms = e->setup.time_limit_ms == 0 ? TIME_LIMIT_MS : e->setup.time_limit_ms;
	ask->engine = e;
	ask->arena = a;
	ask->fn = fn;
	ask->ctx = ctx;
	ask->done = done;
	ask->owner = owner;
	ask->fresh = options->fresh;
	if (e->replay != NULL)
		ask->source = *e->replay;
	else {
		ask->source.fetch = source_fetch;
		ask->source.fact_get = source_fact;
		ask->source.fact_made = source_fact_made;
		ask->source.fact_claim = source_fact_claim;
		ask->source.fact_failed = source_fact_failed;
		ask->source.since = source_since;
		ask->source.panel = e->setup.panel;
		ask->source.panel_params = e->setup.panel_params;
		ask->source.ctx = ask;
		ask->deadline_ms = net_now_ms(e->net) + limit_ms;
	}
	ask->ev = evidence_new(a, &ask->source, engine_now(e));
	evidence_set_depth(ask->ev, options->depth, e->setup.authoritative_port);
	if (options->bulk || options->alone)
		evidence_set_bulk(ask->ev, options->bulk);
	ask->older = e->newest;
	*(e->newest == NULL ? &e->oldest : &e->newest->newer) = ask;
	e->newest = ask;
	ask_wake(ask);
	return ask;
}

void
ask_wake(struct ask *ask)
{
	if (ask->runnable)
		return;
	ask->runnable = true;
	ask->run_next = NULL;
	*ask->engine->run_last = ask;
	ask->engine->run_last = &ask->run_next;
}

static void
ask_end(struct ask *ask)
{
	struct engine *e = ask->engine;

	*(ask->older == NULL ? &e->oldest : &ask->older->newer) = ask->newer;
	*(ask->newer == NULL ? &e->newest : &ask->newer->older) = ask->older;
	ask->done(ask);
	/* After its owner has looked: what he asked for only now is still on its way. */
	if (e->cache != NULL)
		cache_forget(e->cache, ask);
	arena_free(ask->arena);		/* the ask itself lives there */
}

/* Nothing more will come: the last activation must answer with what there is. */
static void
ask_expire(struct ask *ask)
{
	evidence_expire(ask->ev);
	/* A fact that it makes now may end another's claim on which it waits itself: it does not run again. */
	ask->runnable = true;
	ask->fn(ask->ctx, ask->ev, ask->arena);
	ask->answered = false;
	ask_end(ask);
}

void
asks_expire(struct engine *e)
{
	while (e->oldest != NULL) {
		struct ask *ask = e->oldest;

		if (ask->runnable)	/* it stands in the list of those to run */
			run_those_awake(e);
		else
			ask_expire(ask);
	}
}

static void
ask_run(struct ask *ask)
{
	struct activation act;

	ask->runnable = false;
	ask->runs++;
	evidence_begin(ask->ev, &act);
	ask->answered = ask->fn(ask->ctx, ask->ev, ask->arena);
	evidence_end(ask->ev, &act);
	if (!ask->answered && act.waiting > 0 && ask->engine->cache != NULL)
		cache_facts_leave(ask->engine->cache, ask);
	if (ask->answered || act.waiting == 0)
		ask_end(ask);
	else if (++ask->activations > ACTIVATIONS_MAX || evidence_count(ask->ev) > QUESTIONS_MAX)
		ask_expire(ask);
}

static void
run_those_awake(struct engine *e)
{
	struct ask *ask = e->run_first, *next;

	e->run_first = NULL;
	e->run_last = &e->run_first;
	for (; ask != NULL; ask = next) {
		next = ask->run_next;
		ask_run(ask);
	}
}

static void
end_those_late(struct engine *e)
{
	uint64_t now_ms = net_now_ms(e->net);
	struct ask *ask, *next;

	for (ask = e->oldest; ask != NULL; ask = next) {
		next = ask->newer;
		if (ask->deadline_ms <= now_ms && !ask->runnable)
			ask_expire(ask);
	}
}

void
engine_turn(struct engine *e, int timeout_ms)
{
	if (e->net != NULL) {
		/* An ask that is late must be seen, whatever the net does. */
		if (e->oldest != NULL && (timeout_ms < 0 || timeout_ms > 250))
			timeout_ms = 250;
		net_turn(e->net, e->run_first != NULL ? 0 : timeout_ms);
		end_those_late(e);
	}
	run_those_awake(e);
}
