/* What the configuration names, tried: the answer of `config check`. */

#include "base/arena.h"
#include "engine/internal.h"
#include "evidence/evidence.h"

struct reach {
	const struct engine	*engine;
	struct json		*list;
};

static void
put(struct json *list, const char *what, const char *detail, const char *state)
{
	struct json *one = json_add_object(list);

	json_put_str(one, "what", what);
	json_put_str(one, "detail", detail);
	json_put_str(one, "state", state);
}

/* The root's NS: every resolver that works knows them, or says why not. */
static void
put_resolver(struct json *list, const struct dns_answer *ns)
{
	if (ns->outcome != DNS_FAILED)
		put(list, "resolver", NULL, "ok");
	else
		put(list, "resolver", dns_failure_word(ns->failure),
		    ns->failure == DNS_REFUSED ? "refused" : "unreachable");
}

static void
put_panel(struct json *list, const struct json *server, const struct ev_failure *why)
{
	if (server != NULL)
		put(list, "panel", json_str(server, "hostname"), "ok");
	else
		put(list, "panel", why->detail != NULL ? why->detail : why->reason,
		    text_is(text_of(why->reason), "denied") ||
		    text_is(text_of(why->reason), "licence") ? "refused" : "unreachable");
}

static void
put_greeting(struct json *list, const struct reply *greeting)
{
	if (greeting->err.code == ERR_NONE)
		put(list, "mail_server", json_str(greeting->u.smtp, "greeting"), "ok");
	else
		put(list, "mail_server", greeting->err.text, "unreachable");
}

/* Tables of the mail server that can only be asked for what is known already. */
static void
put_unlisted(struct json *list, const struct json *tables)
{
	for (const struct json *v = json_first(tables); v != NULL; v = json_next(v))
		put(list, "table", json_value_str(v), "unknown");
}

static bool
question_reach(void *ctx, struct evidence *ev, struct arena *a)
{
	struct reach *r = ctx;
	const struct rules *rules = r->engine->setup.rules;
	struct request_smtp smtp = { .server = rules->smtp_connect, .own = true };
	const struct json *server = NULL, *unlisted = NULL;
	const struct ev_failure *why = NULL, *why_not = NULL;
	const struct reply *greeting = NULL;
	const struct dns_answer *ns;
	struct name name;

	name_parse(a, TEXT("."), &name);
	ns = ev_dns_any(ev, name, RR_NS);
	if (ev_has_panel(ev))
		server = ev_fact_any(ev, "server", NULL, &why);
	if (ev_has_panel(ev))
		unlisted = ev_fact_any(ev, "unlisted", NULL, &why_not);
	if (rules->smtp_probe)
		greeting = ev_smtp_any(ev, &smtp);
	if (ns == NULL || (ev_has_panel(ev) && server == NULL && why == NULL) ||
	    (ev_has_panel(ev) && unlisted == NULL && why_not == NULL) ||
	    (rules->smtp_probe && greeting == NULL))
		return false;
	put_resolver(r->list, ns);
	if (ev_has_panel(ev))
		put_panel(r->list, server, why);
	put_unlisted(r->list, unlisted);
	if (greeting != NULL)
		put_greeting(r->list, greeting);
	return true;
}

struct json *
engine_reachable(struct engine *e, struct arena *a)
{
	struct json *answer = json_new_object(a);
	struct reach r = { .engine = e };

	json_put_bool(answer, "valid", true);
	r.list = json_put_array(answer, "reachable");
	put(r.list, "store", NULL, e->setup.store != NULL ? "ok" : "unknown");
	engine_ask(e, question_reach, &r, 0);
	return answer;
}
