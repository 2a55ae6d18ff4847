#include "net/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "net/copy.h"
#include "net/dns.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/scan.h"
#include "net/secret.h"
#include "net/smtp.h"
#include "net/verb.h"

/* A request that is not answered yet; lives in its arena. */
struct open_request {
	struct net		*net;
	struct open_request	*next, *prev;
	struct arena		*arena;
	struct request		 request;
	net_done		 done;
	void			*ctx;
	uint64_t		 since_ms;
	struct timer		 timer;		/* request.after_ms */
	struct err		*refused;	/* never begun; told in the next turn */
};

struct requests {
	struct open_request	*first, *last;
};

struct net {
	struct loop		*loop;
	struct secrets		*secrets;
	struct lookups		*lookups;
	struct http		*http;
	struct smtp		*smtp;
	struct verbs		*verbs;
	struct scans		*scans;
	struct requests		 open, refused;
	size_t			 count;
	struct arena		*current;	/* of the reply that `done` is looking at */
	bool			 kept, closing;
};

static void
requests_add(struct requests *list, struct open_request *o)
{
	o->next = NULL;
	o->prev = list->last;
	if (list->last != NULL)
		list->last->next = o;
	else
		list->first = o;
	list->last = o;
}

static void
requests_remove(struct requests *list, struct open_request *o)
{
	if (o->prev != NULL)
		o->prev->next = o->next;
	else
		list->first = o->next;
	if (o->next != NULL)
		o->next->prev = o->prev;
	else
		list->last = o->prev;
}

/* --- replies --------------------------------------------------------------------------------- */

static void
deliver(struct open_request *o, struct reply *reply)
{
	struct net *net = o->net;

	loop_timer_clear(net->loop, &o->timer);
	requests_remove(o->refused != NULL ? &net->refused : &net->open, o);
	net->count--;
	reply->at = loop_now(net->loop);
	reply->took_ms = (uint32_t)(loop_now_ms(net->loop) - o->since_ms);
	net->current = o->arena;
	net->kept = false;
	o->done(o->ctx, reply);
	if (!net->kept)
		arena_free(net->current);
	net->current = NULL;
}

/* SERVFAIL and the like are answers; these are the cases where none came. */
static enum err_code
code_of_failure(enum dns_failure failure)
{
	switch (failure) {
	case DNS_TIMEOUT:
		return ERR_TIMEOUT;
	case DNS_UNREACHABLE:
		return ERR_UNREACHABLE;
	case DNS_MALFORMED:
		return ERR_PROTOCOL;
	case DNS_FORBIDDEN:
		return ERR_DENIED;
	case DNS_LIMIT:
		return ERR_LIMIT;
	default:
		return ERR_NONE;
	}
}

static void
on_dns(void *ctx, const struct dns_answer *answer)
{
	struct reply reply;
	enum err_code code = answer->outcome == DNS_FAILED ?
	    code_of_failure(answer->failure) : ERR_NONE;

	memset(&reply, 0, sizeof(reply));
	if (code != ERR_NONE)
		err_set(&reply.err, code, "%s", dns_failure_word(answer->failure));
	reply.u.dns = answer;
	deliver(ctx, &reply);
}

static void
on_reply(void *ctx, struct reply *reply)
{
	deliver(ctx, reply);
}

/* A reply without an answer.  DNS has one always. */
static void
deliver_error(struct open_request *o, const struct err *err)
{
	struct reply reply = { .err = *err };
	struct dns_answer *answer;

	if (o->request.kind == REQUEST_DNS) {
		answer = arena_zalloc(o->arena, sizeof(*answer));
		answer->outcome = DNS_FAILED;
		answer->failure = DNS_LIMIT;
		answer->name = o->request.u.dns.name;
		answer->type = o->request.u.dns.type;
		answer->at = loop_now(o->net->loop);
		reply.u.dns = answer;
	}
	deliver(o, &reply);
}

/* --- the contract ---------------------------------------------------------------------------- */

static bool
begin(struct net *net, struct open_request *o, struct err *err)
{
	switch (o->request.kind) {
	case REQUEST_DNS:
		lookup(net->lookups, o->arena, &o->request.u.dns, on_dns, o);
		return true;
	case REQUEST_HTTP:
		return http_send(net->http, o->arena, &o->request.u.http, on_reply, o, err);
	case REQUEST_SMTP:
		return smtp_greet(net->smtp, o->arena, &o->request.u.smtp, on_reply, o, err);
	case REQUEST_VERB:
		return verb_call(net->verbs, o->arena, &o->request.u.verb, on_reply, o, err);
	case REQUEST_SCAN:
		return scan_message(net->scans, o->arena, &o->request.u.scan, on_reply, o, err);
	}
	return err_set(err, ERR_UNSUPPORTED, "unknown kind of request");
}

static void
begin_or_refuse(struct open_request *o)
{
	struct net *net = o->net;
	struct err err = { ERR_BUSY, "closing" };

	if (!net->closing && begin(net, o, &err))
		return;
	requests_remove(&net->open, o);
	requests_add(&net->refused, o);
	o->refused = arena_alloc(o->arena, sizeof(err));
	*o->refused = err;
}

static void
on_time(void *ctx)
{
	begin_or_refuse(ctx);
}

void
net_submit(struct net *net, const struct request *request, net_done done, void *ctx)
{
	struct arena *a = arena_new();
	struct open_request *o = arena_zalloc(a, sizeof(*o));

	loop_read_clocks(net->loop);
	o->net = net;
	o->arena = a;
	o->done = done;
	o->ctx = ctx;
	o->since_ms = loop_now_ms(net->loop);
	net_request_copy(a, request, &o->request);
	net->count++;
	requests_add(&net->open, o);
	if (request->after_ms == 0 || net->closing) {
		begin_or_refuse(o);
		return;
	}
	o->timer.fn = on_time;
	o->timer.ctx = o;
	loop_timer_set(net->loop, &o->timer, o->since_ms + request->after_ms);
}

static bool
deliver_refused(struct net *net)
{
	struct open_request *o, *last = net->refused.last;
	bool any = last != NULL, more = any;

	/* Those that are there now: `done` may submit more of the kind. */
	while (more) {
		o = net->refused.first;
		more = o != last;
		deliver_error(o, o->refused);
	}
	return any;
}

void
net_turn(struct net *net, int timeout_ms)
{
	bool any;

	loop_read_clocks(net->loop);
	any = deliver_refused(net);
	any = lookups_turn(net->lookups) || any;
	loop_turn(net->loop, any || net->refused.first != NULL ? 0 : timeout_ms);
	lookups_turn(net->lookups);
}

struct arena *
net_keep(struct net *net)
{
	net->kept = true;
	return net->current;
}

size_t
net_open(const struct net *net)
{
	return net->count;
}

void
net_wake(struct net *net)
{
	loop_wake(net->loop);
}

void
net_secret_put(struct net *net, const char *ref, struct text secret)
{
	secret_put(net->secrets, ref, secret);
}

void
net_secret_drop(struct net *net, const char *ref)
{
	secret_drop(net->secrets, ref);
}

uint64_t
net_now_ms(const struct net *net)
{
	return loop_now_ms(net->loop);
}

int64_t
net_now(const struct net *net)
{
	return loop_now(net->loop);
}

void
net_stats(const struct net *net, struct net_stats *ret)
{
	struct lookup_stats dns;

	memset(ret, 0, sizeof(*ret));
	if (net->closing)
		return;
	lookups_stats(net->lookups, &dns);
	ret->dns_sent = dns.sent;
	ret->dns_answered = dns.answered;
	ret->dns_timeouts = dns.timeouts;
	ret->dns_tcp = dns.tcp;
	ret->http_sent = http_sent(net->http);
	ret->smtp_sent = smtp_sent(net->smtp);
	ret->verbs_sent = verbs_sent(net->verbs);
}

/* --- beginning and end ----------------------------------------------------------------------- */

static bool
open_doors(struct net *net, const struct net_config *config, struct err *err)
{
	struct lookups_config dns = {
		.resolvers = config->resolvers, .resolver_count = config->resolver_count,
		.timeout_ms = config->dns_timeout_ms, .tries = config->dns_tries,
		.in_flight = config->dns_in_flight, .per_server = config->dns_per_server,
		.allow_private = config->allow_private,
	};
	struct http_config http = {
		.panel_url = config->panel_url, .panel_ca_file = config->panel_ca_file,
		.panel_tls_name = config->panel_tls_name,
		.panel_pin_sha256 = config->panel_pin_sha256,
		.panel_secret = config->panel_secret,
		.panel_in_flight = config->panel_in_flight,
		.tls_ca_file = config->tls_ca_file, .allow_private = config->allow_private,
	};

	return (net->loop = loop_new(config->clock, err)) != NULL &&
	    (net->lookups = lookups_new(net->loop, &dns, err)) != NULL &&
	    (net->http = http_new(net->loop, net->lookups, net->secrets, &http, err)) != NULL &&
	    (net->smtp = smtp_new(net->loop, config->tls_ca_file, config->allow_private,
	    err)) != NULL &&
	    (net->verbs = verbs_new(net->loop, net->secrets, config->helper_socket,
	    config->mail_log)) != NULL &&
	    (net->scans = scans_new(net->loop, config->spamd, config->rspamd, config->clamd, err)) != NULL;
}

static void
close_doors(struct net *net)
{
	scans_free(net->scans);
	verbs_free(net->verbs);
	smtp_free(net->smtp);
	http_free(net->http);
	lookups_free(net->lookups);
	net->scans = NULL;
	net->verbs = NULL;
	net->smtp = NULL;
	net->http = NULL;
	net->lookups = NULL;
}

struct net *
net_new(const struct net_config *config, struct err *err)
{
	struct net *net = calloc(1, sizeof(*net));

	if (net == NULL)
		abort();
	net->secrets = secrets_new();
	if (!open_doors(net, config, err)) {
		net_free(net);
		return NULL;
	}
	return net;
}

void
net_free(struct net *net)
{
	struct err busy = { ERR_BUSY, "closing" };
	int rounds;

	if (net == NULL)
		return;
	net->closing = true;
	/* The doors let go of the requests without a word, then we answer. */
	close_doors(net);
	while (net->open.first != NULL)
		deliver_error(net->open.first, &busy);
	/* What is submitted meanwhile is answered, too, but not for ever. */
	for (rounds = 0; rounds < 16 && deliver_refused(net); rounds++)
		;
	secrets_free(net->secrets);
	loop_free(net->loop);
	free(net);
}
