#include "evidence/evidence.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "evidence/internal.h"
#include "panel/panel.h"

struct evidence *
evidence_new(struct arena *a, const struct evidence_source *source, int64_t now)
{
	struct evidence *ev = arena_zalloc(a, sizeof(*ev));

	ev->arena = a;
	ev->source = source;
	ev->now = now;
	ev->calls = map_new(a);
	ev->facts = map_new(a);
	ev->since = map_new(a);
	ev->memo = map_new(a);
	ev->activation = &ev->outermost;
	ev->depth = TRUTH_RESOLVER;
	ev->authoritative_port = 53;
	return ev;
}

int64_t
ev_since(struct evidence *ev, const char *finding, const char *target)
{
	const char *key = arena_printf(ev->arena, "%s %s", finding, target);
	struct since *since = map_get(ev->since, key);

	if (since == NULL) {
		since = arena_zalloc(ev->arena, sizeof(*since));
		since->at = ev->source->since == NULL ? 0 : ev->source->since(ev->source->ctx, finding, target);
		map_put(ev->since, key, since);
	}
	return since->at;
}

struct arena *
evidence_arena(struct evidence *ev)
{
	return ev->arena;
}

int64_t
evidence_now(const struct evidence *ev)
{
	return ev->now;
}

size_t
evidence_count(const struct evidence *ev)
{
	return map_count(ev->calls) + map_count(ev->facts);
}

bool
ev_has_panel(const struct evidence *ev)
{
	return ev->source->panel != NULL || ev->source->recorded_panel;
}

void
evidence_begin(struct evidence *ev, struct activation *act)
{
	memset(act, 0, sizeof(*act));
	act->outer = ev->activation;
	ev->activation = act;
}

void
evidence_end(struct evidence *ev, struct activation *act)
{
	act->outer->waiting += act->waiting;
	ev->activation = act->outer;
}

void
ev_fail(struct evidence *ev, const char *key, const char *reason, const char *detail)
{
	struct ev_failure *failure = &ev->activation->failure;

	if (failure->key != NULL)
		return;			/* the first one is the cause */
	failure->key = arena_strdup(ev->arena, key);
	failure->reason = arena_strdup(ev->arena, reason);
	failure->detail = arena_strdup(ev->arena, detail);
}

void
ev_wait(struct evidence *ev)
{
	ev->activation->waiting++;
}

/* --- calls ------------------------------------------------------------------------------------- */

/* What a request looks like when it can no longer be carried. */
static void
call_expire(struct evidence *ev, struct call *call)
{
	struct reply *reply = arena_zalloc(ev->arena, sizeof(*reply));

	reply->at = ev->now;
	if (call->request.kind == REQUEST_DNS) {
		struct dns_answer *answer = arena_zalloc(ev->arena, sizeof(*answer));

		answer->outcome = DNS_FAILED;
		answer->failure = DNS_LIMIT;
		answer->name = call->request.u.dns.name;
		answer->type = call->request.u.dns.type;
		answer->at = ev->now;
		if (call->request.u.dns.count > 0)
			answer->server = call->request.u.dns.servers[0];
		reply->u.dns = answer;
	} else
		err_set(&reply->err, ERR_TIMEOUT, "the time for this question ran out");
	call->reply = reply;
}

void
evidence_expire(struct evidence *ev)
{
	size_t i;

	ev->expired = true;
	for (i = 0; i < map_count(ev->calls); i++) {
		struct call *call = map_at(ev->calls, i, NULL);

		if (call->reply == NULL)
			call_expire(ev, call);
	}
}

void
evidence_deliver(struct evidence *ev, const char *key, const struct reply *reply)
{
	struct call *call = map_get(ev->calls, key);

	if (call != NULL && call->reply == NULL)
		call->reply = reply;
}

/* What is read of a request later; the rest of it ends with the activation that made it. */
static struct request
request_kept(const struct request *request)
{
	struct request kept = { .kind = request->kind };

	if (request->kind == REQUEST_DNS)
		return *request;
	if (request->kind == REQUEST_HTTP)
		kept.u.http.door = request->u.http.door;
	return kept;
}

/* The one way to the outside: NULL = on its way. */
static const struct reply *
call_want(struct evidence *ev, const char *key, const struct request *request)
{
	struct call *call = map_get(ev->calls, key);

	if (call == NULL) {
		call = arena_zalloc(ev->arena, sizeof(*call));
		call->request = request_kept(request);
		map_put(ev->calls, key, call);
		if (ev->expired)
			call_expire(ev, call);
		else
			ev->source->fetch(ev->source->ctx, ev, key, request);
	}
	if (call->reply == NULL)
		ev->activation->waiting++;
	return call->reply;
}

const struct reply *
ev_call(struct evidence *ev, const struct request *request)
{
	struct arena *a = arena_new();		/* a question for hundreds of domains has a long key */
	const struct reply *reply = call_want(ev, request_key(a, request), request);

	arena_free(a);
	return reply;
}

/* --- DNS ------------------------------------------------------------------------------------- */

static const struct dns_answer *
dns_want(struct evidence *ev, const struct endpoint *server, struct name name, enum rrtype type)
{
	struct request request = { .kind = REQUEST_DNS };
	const struct reply *reply;

	request.u.dns.name = name;
	request.u.dns.type = type;
	if (server != NULL) {
		struct endpoint *kept = arena_alloc(ev->arena, sizeof(*kept));

		*kept = *server;
		request.u.dns.servers = kept;
		request.u.dns.count = 1;
	}
	reply = ev_call(ev, &request);
	return reply == NULL ? NULL : reply->u.dns;
}

const struct dns_answer *
ev_dns_any(struct evidence *ev, struct name name, enum rrtype type)
{
	return dns_want(ev, NULL, name, type);
}

const struct dns_answer *
ev_dns(struct evidence *ev, struct name name, enum rrtype type)
{
	const struct dns_answer *answer = ev_dns_any(ev, name, type);

	return answer != NULL && ev_need(ev, answer) ? answer : NULL;
}

const struct dns_answer *
ev_dns_at(struct evidence *ev, struct endpoint server, struct name name, enum rrtype type)
{
	return dns_want(ev, &server, name, type);
}

bool
ev_need(struct evidence *ev, const struct dns_answer *answer)
{
	if (answer->outcome != DNS_FAILED)
		return true;
	ev_fail(ev, arena_printf(ev->arena, "%s %s", rrtype_word(answer->type), answer->name.s),
	    dns_failure_word(answer->failure), NULL);
	return false;
}

static const struct dns_answer *
source_ask(void *ctx, struct name name, enum rrtype type)
{
	return ev_dns_any(ctx, name, type);
}

struct dns_source
ev_dns_source(struct evidence *ev)
{
	return (struct dns_source){ source_ask, ev };
}

/* --- SMTP ------------------------------------------------------------------------------------- */

const struct reply *
ev_smtp_any(struct evidence *ev, const struct request_smtp *smtp)
{
	struct request request = { .kind = REQUEST_SMTP, .u.smtp = *smtp };

	return ev_call(ev, &request);
}

const struct json *
ev_smtp(struct evidence *ev, const struct request_smtp *smtp)
{
	const struct reply *reply = ev_smtp_any(ev, smtp);

	if (reply == NULL)
		return NULL;
	if (reply->err.code != ERR_NONE) {
		ev_fail(ev, arena_printf(ev->arena, "smtp %s", endpoint_str(ev->arena, smtp->server)),
		    err_word(reply->err.code), reply->err.text);
		return NULL;
	}
	return reply->u.smtp;
}

/* --- facts of the panel ------------------------------------------------------------------------ */

void
fact_unref(void *p)
{
	struct fact *fact = p;

	if (--fact->refs == 0)
		arena_free(fact->arena);	/* the fact itself lives there */
}

/*
 * Run the panel's function in an activation of its own and keep what it says;
 * what it read on the way, several times as much, ends with this call.
 */
static void
fact_make(struct evidence *ev, struct fact_entry *entry, const char *key)
{
	const struct panel_fact *row = panel_fact_find(ev->source->panel, entry->name);
	struct activation act;
	struct arena *reading;
	const struct json *value;
	bool stays;

	if (row == NULL) {
		entry->state = FACT_FAILED;
		entry->failure = (struct ev_failure){ key, "unsupported",
		    "this panel has no such fact" };
		return;
	}
	stays = row->joins || row->alone;
	reading = arena_new();
	evidence_begin(ev, &act);
	value = row->read(ev, reading, entry->arg, ev->source->panel_params);
	evidence_end(ev, &act);
	if (value != NULL) {
		struct arena *arena = stays ? reading : arena_new();
		struct fact *fact = arena_zalloc(arena, sizeof(*fact));

		fact->arena = arena;
		fact->joins = row->joins;
		fact->shared = row->shared || entry->arg == NULL;
		fact->value = stays ? value : json_copy(arena, value);
		fact->refs = 1;
		arena_defer(ev->arena, fact_unref, fact);
		entry->fact = fact;
		entry->state = FACT_THERE;
		if (ev->source->fact_made != NULL)
			ev->source->fact_made(ev->source->ctx, ev, key, fact, row->ttl_s);
	} else if (act.waiting == 0) {		/* nothing asked for is on its way */
		entry->state = FACT_FAILED;
		entry->failure = act.failure;
		if (entry->failure.key == NULL)
			entry->failure = (struct ev_failure){ key, "protocol", "the panel gave no answer" };
		if (!ev->expired && ev->source->fact_failed != NULL)
			ev->source->fact_failed(ev->source->ctx, ev, key, &entry->failure);
	}
	if (value == NULL || !stays)
		arena_free(reading);
}

/* Another run may have made it, also since this one began to want it. */
static void
fact_look(struct evidence *ev, struct fact_entry *entry, const char *key)
{
	if (ev->source->fact_get == NULL)
		return;
	entry->fact = ev->source->fact_get(ev->source->ctx, ev, key);
	if (entry->fact == NULL)
		return;
	entry->fact->refs++;
	arena_defer(ev->arena, fact_unref, entry->fact);
	entry->state = entry->fact->value == NULL ? FACT_FAILED : FACT_THERE;
	entry->failure = entry->fact->failure;
}

/* The fact's place in this run, filled where another run has left it. */
static struct fact_entry *
fact_place(struct evidence *ev, const char *name, const char *arg, const char **ret_key)
{
	const char *key = arena_printf(ev->arena, "fact %s %s", name, arg == NULL ? "" : arg);
	struct fact_entry *entry = map_get(ev->facts, key);

	if (entry == NULL) {
		entry = arena_zalloc(ev->arena, sizeof(*entry));
		entry->name = arena_strdup(ev->arena, name);
		entry->arg = arena_strdup(ev->arena, arg);
		map_put(ev->facts, key, entry);
	}
	if (entry->state == FACT_WANTED)
		fact_look(ev, entry, key);
	if (entry->state == FACT_WANTED && ev->source->panel == NULL) {
		entry->state = FACT_FAILED;
		entry->failure = (struct ev_failure){ key, "unsupported", "no panel" };
	}
	*ret_key = key;
	return entry;
}

static struct fact_entry *
fact_want(struct evidence *ev, const char *name, const char *arg)
{
	const char *key;
	struct fact_entry *entry = fact_place(ev, name, arg, &key);

	if (entry->state != FACT_WANTED)
		return entry;
	if (!ev->expired && ev->source->fact_claim != NULL && !ev->source->fact_claim(ev->source->ctx, ev, key))
		ev_wait(ev);
	else
		fact_make(ev, entry, key);
	return entry;
}

const struct json *
ev_fact_known(struct evidence *ev, const char *name, const char *arg)
{
	const char *key;
	struct fact_entry *entry = fact_place(ev, name, arg, &key);

	return entry->state == FACT_THERE ? entry->fact->value : NULL;
}

const struct json *
ev_fact_part(struct evidence *ev, struct arena *a, const char *name, const char *arg)
{
	const char *key;
	struct fact_entry *entry = fact_place(ev, name, arg, &key);

	if (entry->state != FACT_THERE)
		return NULL;
	entry->fact->refs++;
	arena_defer(a, fact_unref, entry->fact);
	return entry->fact->value;
}

const struct json *
ev_fact_any(struct evidence *ev, const char *name, const char *arg, const struct ev_failure **why)
{
	struct fact_entry *entry = fact_want(ev, name, arg);

	*why = NULL;
	if (entry->state == FACT_THERE)
		return entry->fact->value;
	if (entry->state == FACT_FAILED)
		*why = &entry->failure;
	return NULL;
}

const struct json *
ev_fact(struct evidence *ev, const char *name, const char *arg)
{
	const struct ev_failure *why;
	const struct json *value = ev_fact_any(ev, name, arg, &why);

	if (value == NULL && why != NULL)
		ev_fail(ev, why->key, why->reason, why->detail);
	return value;
}

static void
fact_index(struct fact *fact)
{
	static const char *const keys[] = { "ascii", "name", "login", "address" };
	const struct json *v;

	fact->index = map_new(fact->arena);
	for (v = json_first(fact->value); v != NULL; v = json_next(v)) {
		const char *key = json_key(v);
		size_t i;

		for (i = 0; key == NULL && i < sizeof(keys) / sizeof(keys[0]); i++)
			key = json_str(v, keys[i]);
		if (key != NULL) {
			union { const struct json *in; void *out; } keep = { v };

			map_put(fact->index, key, keep.out);
		}
	}
}

bool
ev_fact_member(struct evidence *ev, const char *name, const char *arg, const char *member,
    const struct json **ret)
{
	struct fact_entry *entry;

	if (ev_fact(ev, name, arg) == NULL)
		return false;
	entry = fact_want(ev, name, arg);
	if (entry->fact->index == NULL)
		fact_index(entry->fact);
	*ret = map_get(entry->fact->index, member);
	return true;
}
