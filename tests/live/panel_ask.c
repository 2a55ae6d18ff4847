/*
 * Speak with a panel through its adapter, without the engine:
 *
 *   panel_ask -k KIND -u URL -s SECRET [-c CA_FILE] [-f IN_FLIGHT]
 *   panel_ask -k cpanel -u URL -U USER ..., or -k cpanel -H HELPER_SOCKET: by its commands
 *   panel_ask -k postfix -H HELPER_SOCKET [-D DOMAINS_JSON] [-A ADMIN]
 *
 * One question per line of standard input, one line of JSON back:
 *
 *   fact NAME [ARG]	{"value":...} or {"failed":reason,"detail":...}
 *   state CHANGE	{"value":...} (null = not there) or {"failed":...}
 *   change CHANGE	{"step":"done"|err_word,"text","calls":N,"maybe_done":bool}
 *   secret REF TEXT	{}; a password for a change of kind secret
 *
 * Every answer has "asked", the calls that were made for it.  Each line starts
 * with nothing remembered.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "evidence/evidence.h"
#include "net/copy.h"
#include "net/net.h"
#include "panel/panel.h"

#define CALLS_MAX	64

struct asking {
	struct net		*net;
	const struct panel	*panel;
	struct panel_params	 params;
	struct arena		*arena;
	size_t			 asked;
};

struct question {
	struct asking	*asking;
	struct evidence	*ev;
	const char	*key;
	struct request	 request;
};

static void
free_arena(void *p)
{
	arena_free(p);
}

static void
on_reply(void *ctx, const struct reply *reply)
{
	struct question *q = ctx;
	struct reply *kept = arena_alloc(q->asking->arena, sizeof(*kept));

	*kept = *reply;
	arena_defer(q->asking->arena, free_arena, net_keep(q->asking->net));
	evidence_deliver(q->ev, q->key, kept);
}

static void
fetch(void *ctx, struct evidence *ev, const char *key, const struct request *request)
{
	struct asking *asking = ctx;
	struct question *q = arena_zalloc(asking->arena, sizeof(*q));

	q->asking = asking;
	q->ev = ev;
	q->key = arena_strdup(asking->arena, key);
	net_request_copy(asking->arena, request, &q->request);
	asking->asked++;
	net_submit(asking->net, &q->request, on_reply, q);
}

static struct evidence *
evidence_of(struct asking *asking)
{
	struct evidence_source *source = arena_zalloc(asking->arena, sizeof(*source));

	source->fetch = fetch;
	source->panel = asking->panel;
	source->panel_params = &asking->params;
	source->ctx = asking;
	return evidence_new(asking->arena, source, net_now(asking->net));
}

static void
put_failure(struct json *answer, const struct ev_failure *why)
{
	json_put_str(answer, "failed", why->reason);
	json_put_str(answer, "detail", why->detail);
}

static void
ask_fact(struct asking *asking, struct json *answer, char *rest)
{
	struct evidence *ev = evidence_of(asking);
	const char *name = strsep(&rest, " ");
	const struct ev_failure *why;
	const struct json *value;

	while ((value = ev_fact_any(ev, name, rest, &why)) == NULL && why == NULL)
		net_turn(asking->net, -1);
	if (value != NULL)
		json_put_copy(answer, "value", value);
	else
		put_failure(answer, why);
}

static const struct panel_change *
change_of(struct asking *asking, struct json *answer, const char *text, struct change *change)
{
	const struct json *json;
	const struct panel_change *row;
	struct err err;

	if ((json = json_parse(asking->arena, text_of(text), &err)) == NULL ||
	    !change_from_json(asking->arena, json, change, &err)) {
		json_put_str(answer, "failed", err.text);
		return NULL;
	}
	change->secret_ref = "ref";
	if ((row = panel_change_find(asking->panel, change)) == NULL)
		json_put_str(answer, "failed", "unsupported");
	return row;
}

static void
ask_state(struct asking *asking, struct json *answer, const char *text)
{
	struct evidence *ev = evidence_of(asking);
	const struct json *value = NULL;
	const struct panel_change *row;
	struct activation act;
	struct change change;
	bool known;

	if ((row = change_of(asking, answer, text, &change)) == NULL)
		return;
	for (;;) {
		evidence_begin(ev, &act);
		known = row->state(ev, asking->arena, &change, &asking->params, &value);
		evidence_end(ev, &act);
		if (known || act.waiting == 0)
			break;
		net_turn(asking->net, -1);
	}
	if (!known)
		put_failure(answer, &act.failure);
	else if (value == NULL)
		json_put_null(answer, "value");
	else
		json_put_copy(answer, "value", value);
}

static void
on_change_reply(void *ctx, const struct reply *reply)
{
	struct question *q = ctx;
	struct reply *kept = arena_alloc(q->asking->arena, sizeof(*kept));

	*kept = *reply;
	arena_defer(q->asking->arena, free_arena, net_keep(q->asking->net));
	q->key = (const char *)kept;
}

static void
ask_change(struct asking *asking, struct json *answer, const char *text)
{
	struct request requests[CALLS_MAX], call;
	struct reply replies[CALLS_MAX];
	struct call_log log = { requests, replies, 0 };
	struct evidence *ev = evidence_of(asking);
	const struct panel_change *row;
	struct err err = { ERR_NONE, "" };
	struct change change;
	bool maybe = false;
	enum step step;

	if ((row = change_of(asking, answer, text, &change)) == NULL)
		return;
	while ((step = row->next(asking->arena, &change, &log, ev, &asking->params, &call,
	    &err)) == STEP_CALL &&
	    log.count < CALLS_MAX) {
		struct question q = { .asking = asking };

		net_request_copy(asking->arena, &call, &requests[log.count]);
		asking->asked++;
		net_submit(asking->net, &requests[log.count], on_change_reply, &q);
		while (q.key == NULL)
			net_turn(asking->net, -1);
		memcpy(&replies[log.count], q.key, sizeof(replies[0]));
		maybe = replies[log.count++].maybe_done || maybe;
	}
	json_put_str(answer, "step", step == STEP_DONE ? "done" : err_word(err.code));
	json_put_str(answer, "text", step == STEP_DONE ? "" : err.text);
	json_put_bool(answer, "maybe_done", maybe);
}

static void
ask(struct asking *asking, char *line)
{
	char *rest = line;
	const char *verb = strsep(&rest, " ");
	struct json *answer;

	asking->arena = arena_new();
	asking->asked = 0;
	answer = json_new_object(asking->arena);
	if (rest == NULL)
		json_put_str(answer, "failed", "what?");
	else if (strcmp(verb, "fact") == 0)
		ask_fact(asking, answer, rest);
	else if (strcmp(verb, "state") == 0)
		ask_state(asking, answer, rest);
	else if (strcmp(verb, "change") == 0)
		ask_change(asking, answer, rest);
	else if (strcmp(verb, "secret") == 0) {
		const char *ref = strsep(&rest, " ");

		net_secret_put(asking->net, ref, text_of(rest));
	}
	while (net_open(asking->net) > 0)		/* asked for and not needed in the end */
		net_turn(asking->net, -1);
	json_put_int(answer, "asked", (int64_t)asking->asked);
	printf("%s\n", json_print(asking->arena, answer));
	fflush(stdout);
	arena_free(asking->arena);
}

int
main(int argc, char **argv)
{
	struct net_config config = { .dns_timeout_ms = 2000, .dns_tries = 2 };
	struct arena *lasting = arena_new();
	struct asking asking = { 0 };
	const char *admin[1];
	struct err err;
	char *line = NULL;
	size_t size = 0;
	int c;

	while ((c = getopt(argc, argv, "k:u:s:c:f:H:D:A:U:")) != -1) {
		if (c == 'k')
			asking.panel = panel_find(optarg);
		else if (c == 'u')
			config.panel_url = optarg;
		else if (c == 's')
			config.panel_secret = text_of(optarg);
		else if (c == 'c')
			config.panel_ca_file = optarg;
		else if (c == 'H')
			config.helper_socket = optarg;
		else if (c == 'U')
			asking.params.user = optarg;
		else if (c == 'D')
			asking.params.domains = json_parse(lasting, text_of(optarg), &err);
		else if (c == 'A') {
			admin[0] = optarg;
			asking.params.admins = admin;
			asking.params.admin_count = 1;
		} else if (c == 'f')
			config.panel_in_flight = (uint32_t)atoi(optarg);
	}
	if (asking.panel == NULL || (config.panel_url == NULL && config.helper_socket == NULL))
		return 2;
	asking.params.local = config.helper_socket != NULL;
	asking.params.by_command = config.panel_url == NULL;
	if ((asking.net = net_new(&config, &err)) == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while (getline(&line, &size, stdin) != -1) {
		line[strcspn(line, "\n")] = '\0';
		ask(&asking, line);
	}
	free(line);
	net_free(asking.net);
	arena_free(lasting);
	return 0;
}
