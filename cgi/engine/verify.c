#include "engine/verify.h"

#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/publish.h"

struct asking {
	struct engine		*engine;
	struct arena		*arena;
	const struct change	*changes;
	size_t			 count;
	struct verification	*ret;
};

enum shown { SHOWN_OK, SHOWN_SILENT, SHOWN_OLD };	/* worse last */

static struct json *
copy_or_null(struct arena *a, const struct json *v)
{
	return v == NULL ? NULL : json_copy(a, v);
}

/* TTL set aside: what counts is which values the world gets. */
static enum shown
shows(struct arena *a, const struct change *c, const struct dns_answer *answer)
{
	struct json *present, *after;

	if (answer->outcome == DNS_FAILED)
		return SHOWN_SILENT;
	/* An alias means the name has no set of its own. */
	present = answer->cname.s != NULL && c->type != RR_CNAME ? NULL :
	    copy_or_null(a, answer_rrset(a, answer));
	after = copy_or_null(a, c->after);
	if (present != NULL)
		json_put_null(present, "ttl");
	if (after != NULL)
		json_put_null(after, "ttl");
	return change_state_eq(c, present, after) ? SHOWN_OK : SHOWN_OLD;
}

static const char *
server_name(const struct delegation *d, struct endpoint at)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t j = 0; j < d->servers[i].address_count; j++)
			if (ip_eq(d->servers[i].addresses[j], at.ip))
				return d->servers[i].name.s;
	return NULL;
}

/* One row per server and zone: the worst of all sets of that zone. */
static void
put_server(struct asking *q, const struct delegation *d, struct endpoint at, enum shown shown)
{
	static const char *const words[] = {
		[SHOWN_OK] = "ok", [SHOWN_SILENT] = "silent", [SHOWN_OLD] = "old",
	};
	const char *name = server_name(d, at), *address = ip_str(q->arena, at.ip);
	struct json *row;

	for (row = json_edit_first(q->ret->name_servers); row != NULL; row = json_edit_next(row)) {
		if (strcmp(json_str(row, "address"), address) != 0)
			continue;
		for (int i = 0; i < (int)shown; i++)
			if (strcmp(json_str(row, "state"), words[i]) == 0)
				json_put_str(row, "state", words[shown]);
		return;
	}
	row = json_add_object(q->ret->name_servers);
	json_put_str(row, "server", name != NULL ? name : address);
	json_put_str(row, "address", address);
	json_put_str(row, "state", words[shown]);
}

/* One record set at each server of its zone.  false = on its way. */
static bool
ask_each(struct asking *q, struct evidence *ev, const struct change *c)
{
	const struct delegation *d;
	struct name zone, name;
	bool all = true;

	if (!name_parse(q->arena, text_of(c->zone), &zone) || !name_parse(q->arena, text_of(c->name), &name))
		return true;
	if ((d = ev_delegation(ev, zone)) == NULL)
		return false;
	for (size_t i = 0; d->state == DELEGATION_OK && i < d->endpoint_count; i++) {
		const struct dns_answer *answer = ev_dns_at(ev, d->endpoints[i], name, c->type);

		if (answer == NULL)
			all = false;
		else
			put_server(q, d, d->endpoints[i], shows(q->arena, c, answer));
	}
	return all;
}

static bool
ask_servers(void *ctx, struct evidence *ev, struct arena *a)
{
	struct asking *q = ctx;
	bool all = true;

	(void)a;
	q->ret->name_servers = json_new_array(q->arena);
	q->ret->records = q->ret->late = false;
	for (size_t i = 0; i < q->count; i++) {
		const struct change *c = &q->changes[i];
		struct publication p = { .state = PUBLISHES_RECORD };

		if (c->kind != CHANGE_RRSET) {
			if (!change_publishes(ev, q->arena, q->engine->setup.rules, c, &p)) {
				all = false;
				continue;
			}
			c = &p.record;
		}
		q->ret->records = q->ret->records || p.state != PUBLISHES_NOTHING;
		q->ret->late = q->ret->late || p.state == PUBLISHES_LATER;
		if (p.state == PUBLISHES_RECORD)
			all = ask_each(q, ev, c) && all;
	}
	return all;
}

static void
verify_panel(struct engine *e, struct arena *a, const struct change *changes, size_t count,
    struct verification *v)
{
	struct state *states = arena_array(a, count + 1, sizeof(*states));

	changes_present(e, a, changes, count, false, states);
	v->panel = SEEN_OK;
	for (size_t i = 0; i < count; i++) {
		bool same = changes[i].before != NULL && changes[i].after != NULL &&
		    change_state_eq(&changes[i], changes[i].before, changes[i].after);

		if (states[i].at == PRESENT_UNREADABLE && states[i].reason == NULL)
			continue;
		v->readable = true;
		if (states[i].at == PRESENT_UNREADABLE && v->panel == SEEN_OK)
			v->panel = SEEN_UNKNOWN;
		else if (states[i].at == PRESENT_OTHER || (states[i].at == PRESENT_BEFORE && !same))
			v->panel = SEEN_DIFFERS;
	}
	if (!v->readable)
		v->panel = SEEN_UNKNOWN;
}

void
changes_verify(struct engine *e, struct arena *a, const struct change *changes, size_t count,
    struct verification *ret)
{
	struct ask_options_engine options = { .depth = TRUTH_AUTHORITATIVE, .fresh = true };
	struct asking q = { e, a, changes, count, ret };

	memset(ret, 0, sizeof(*ret));
	verify_panel(e, a, changes, count, ret);
	ret->name_servers = json_new_array(a);
	engine_ask_at(e, ask_servers, &q, &options);
	for (const struct json *v = json_first(ret->name_servers); v != NULL; v = json_next(v)) {
		const char *state = json_str(v, "state");

		ret->ok += strcmp(state, "ok") == 0;
		ret->old += strcmp(state, "old") == 0;
		ret->silent += strcmp(state, "silent") == 0;
	}
}
