/*
 * A Plesk that answers anything.  The first octet chooses a fact or a change,
 * the rest are the bodies of the replies, parted by \0; a fact is a value or a
 * failure with a reason, a change comes to an end.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "evidence/evidence.h"
#include "panel/plesk/plesk.h"

#define CALLS_MAX	64

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bodies {
	struct text	 rest;
};

static void
next_body(struct bodies *b, struct reply *reply)
{
	static const int statuses[] = { 200, 200, 200, 200, 404, 403, 400, 500 };
	struct text body;

	memset(reply, 0, sizeof(*reply));
	reply->u.http.status = 200;
	reply->u.http.content_type = "";
	if (!text_split(&b->rest, '\0', &body))
		return;
	if (body.n > 0 && (unsigned char)body.p[0] < 8) {
		reply->u.http.status = statuses[(unsigned char)body.p[0]];
		body = text_skip(body, 1);
	}
	reply->u.http.body = body;
}

static void
fetch(void *ctx, struct evidence *ev, const char *key, const struct request *request)
{
	struct reply *reply = arena_zalloc(evidence_arena(ev), sizeof(*reply));

	(void)request;
	next_body(ctx, reply);
	evidence_deliver(ev, key, reply);
}

static const char *const changes[] = {
	"{\"kind\":\"rrset\",\"zone\":\"c.example\",\"name\":\"c.example\",\"type\":\"TXT\","
	"\"before\":{\"ttl\":300,\"values\":[\"a\",\"b\"]},\"after\":{\"ttl\":60,\"values\":[\"b\",\"c\",\"d\"]}}",
	"{\"kind\":\"rrset\",\"zone\":\"c.example\",\"name\":\"m.c.example\",\"type\":\"MX\","
	"\"before\":null,\"after\":{\"ttl\":null,\"values\":[\"10 x.example\"]}}",
	"{\"kind\":\"setting\",\"scope\":\"domain\",\"object\":\"c.example\",\"key\":\"dkim\","
	"\"before\":false,\"after\":true}",
	"{\"kind\":\"setting\",\"scope\":\"server\",\"object\":\"server\",\"key\":\"outgoing_limits\","
	"\"before\":{\"enabled\":false},\"after\":{\"enabled\":true,\"mailbox\":5}}",
	"{\"kind\":\"setting\",\"scope\":\"site\",\"object\":\"c.example/httpdocs\",\"key\":\"updates\","
	"\"before\":{\"core\":\"6.1\",\"plugins\":{}},\"after\":{\"core\":\"6.2\",\"plugins\":{}}}",
	"{\"kind\":\"forward\",\"address\":\"a@c.example\",\"before\":null,\"after\":[\"b@d.example\"]}",
};
#define CHANGES	(sizeof(changes) / sizeof(changes[0]))

static void
make(struct arena *a, const char *text, struct bodies *bodies)
{
	struct request requests[CALLS_MAX], call;
	struct reply replies[CALLS_MAX];
	struct call_log log = { requests, replies, 0 };
	struct err err = { ERR_NONE, "" };
	const struct panel_change *row;
	struct change change;
	enum step step;

	assert(change_from_json(a, json_parse(a, text_of(text), NULL), &change, NULL));
	row = panel_change_find(&panel_plesk, &change);
	while ((step = row->next(a, &change, &log, NULL, NULL, &call, &err)) == STEP_CALL) {
		assert(log.count < CALLS_MAX);
		requests[log.count] = call;
		next_body(bodies, &replies[log.count++]);
	}
	assert(step == STEP_DONE || (err.code != ERR_NONE && err.text[0] != '\0'));
}

static void
know(struct arena *a, const char *fact, struct bodies *bodies)
{
	static const struct panel_params params = { 0 };
	struct evidence_source source = { .fetch = fetch, .panel = &panel_plesk, .panel_params = &params,
	    .ctx = bodies };
	struct evidence *ev = evidence_new(a, &source, 0);
	const struct ev_failure *why;
	const char *arg = "c.example";

	if (strcmp(fact, "client_domains") == 0 || strstr(fact, "_page") != NULL)
		arg = "0";
	if (ev_fact_any(ev, fact, arg, &why) == NULL)
		assert(why != NULL && why->reason != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct bodies bodies;

	if (size > 0) {
		size_t which = data[0] % (panel_plesk.fact_count + CHANGES);

		bodies.rest = (struct text){ (const char *)data + 1, size - 1 };
		if (which < CHANGES)
			make(a, changes[which], &bodies);
		else
			know(a, panel_plesk.facts[which - CHANGES].name, &bodies);
	}
	arena_free(a);
	return 0;
}
