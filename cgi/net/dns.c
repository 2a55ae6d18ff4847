#include "net/dns.h"
#include "net/channel.h"
#include "net/dns_wire.h"
#include "net/window.h"

#include <stdlib.h>
#include <string.h>

#define SERVERS_MAX	1024		/* remembered while nothing is asked of them */
#define NO_EDNS_MS	(15 * 60 * 1000)
#define SILENT_AFTER	2		/* time-outs in a row */
#define SILENT_MS	1000		/* then one look-up in so many asks it first */

/*
 * Is it worth to ask a server more often than its tries?  Answers that came only
 * when asked again tell of a network that loses, or of a server that errs now and then; one that is dead, or waits in
 * vain for one domain's, never has an answer.  So: a tenth of the answers came
 * late, and a third of the questions that were asked again got one.
 */
#define LOSSY_LEAST	2
#define LOSSY_SHARE	10
#define LOSSY_HELPED	3
#define LOSSY_TRIES	4		/* more, of each server */
#define DAMAGED_TRIES	2		/* more, of each server */
#define LOSSY_MEMORY	256		/* answers; then half counts */
/* Of fewer questions nothing can be said: the benefit of the doubt, where anything of the same domain was heard (it is
 * not dead), or one answer came only when asked again (the network may lose). */
#define FEW		24
#define HEARD		1024

enum { SERVFAIL = 2, NOTIMP = 4, REFUSED = 5, NXDOMAIN = 3, FORMERR = 1, BADVERS = 16 };

/* Lives in the arena of the question. */
struct open_lookup {
	struct lookups		*all;
	struct open_lookup	*next;		/* waiting at a server, or ready */
	struct arena		*arena;
	struct request_dns	 request;	/* servers: those to ask, whoever named them */
	struct name		 name;		/* where the chain has led */
	bool			 recursive;
	lookup_fn		 done;
	void			*ctx;

	struct server		*server;	/* of this attempt */
	size_t			 turn;		/* attempts, counted over all servers */
	uint32_t		 given_up;	/* servers not to be asked again, by bit */
	bool			 plain, tcp;	/* this attempt: without EDNS, over TCP */
	bool			 again;		/* sent more than once, or to more than one */
	unsigned		 damaged;	/* answers, up to DAMAGED_TRIES */
	bool			 doubted;	/* worth its tries once more */
	size_t			 turn_end;	/* when this attempt has timed out */
	unsigned		 sends;		/* of this attempt */
	unsigned		 aliases;
	uint32_t		 chain_ttl_s;
	struct name		*passed;	/* names asked before, for loops */
	size_t			 passed_count;
	struct dns_answer	 answer;	/* so far: the most telling failure */
};

struct queue {
	struct open_lookup	*first, *last;
};

/* What is remembered of a server.  Ends with the lookups, or when too many. */
struct server {
	struct endpoint	 at;
	struct server	*next_hashed;
	struct server	*newer, *older;		/* by last use */
	struct server	*next_busy;		/* has questions waiting */
	bool		 busy;
	struct queue	 waiting;
	uint32_t	 in_flight, limit;
	uint64_t	 no_edns_until_ms;
	unsigned	 timeouts;		/* in a row */
	uint32_t	 replies, second;	/* lately; those that came only when asked again */
	uint32_t	 in_vain;		/* asked again and given up */
	uint64_t	 probe_ms;		/* when it may be asked first again */
};

#define HASH	256

struct lookups {
	struct loop		*loop;
	struct channels		*channels;
	struct endpoint		*resolvers;
	size_t			 resolver_count;
	uint32_t		 tries, in_flight_max, per_server;
	bool			 allow_private;

	struct server		*hash[HASH];
	struct server		*newest, *oldest;
	size_t			 server_count, silent_count;
	struct server		*busy_first, *busy_last;
	struct queue		 ready;		/* answered, not delivered */

	uint8_t			 heard[HEARD / 8];	/* by a hash of the domain */
	uint32_t		 in_flight;
	struct window		 window;
	struct lookup_stats	 stats;
};

static void
queue_add(struct queue *q, struct open_lookup *l)
{
	l->next = NULL;
	if (q->last != NULL)
		q->last->next = l;
	else
		q->first = l;
	q->last = l;
}

static struct open_lookup *
queue_take(struct queue *q)
{
	struct open_lookup *l = q->first;

	q->first = l->next;
	if (q->first == NULL)
		q->last = NULL;
	return l;
}

static void
queue_put_back(struct queue *q, struct open_lookup *l)
{
	l->next = q->first;
	q->first = l;
	if (q->last == NULL)
		q->last = l;
}

/* --- servers --------------------------------------------------------------------------------- */

static size_t
server_hash(struct endpoint at)
{
	uint32_t h = at.port;
	size_t i;

	for (i = 0; i < (at.ip.family == 6 ? 16 : 4); i++)
		h = h * 31 + at.ip.b[i];
	return h % HASH;
}

static void
server_unlink(struct lookups *all, struct server *s)
{
	if (s->newer != NULL)
		s->newer->older = s->older;
	else
		all->newest = s->older;
	if (s->older != NULL)
		s->older->newer = s->newer;
	else
		all->oldest = s->newer;
}

static void
server_link(struct lookups *all, struct server *s)
{
	s->newer = NULL;
	s->older = all->newest;
	if (all->newest != NULL)
		all->newest->newer = s;
	else
		all->oldest = s;
	all->newest = s;
}

static void
server_spoke(struct lookups *all, struct server *s)
{
	if (s->timeouts >= SILENT_AFTER)
		all->silent_count--;
	s->timeouts = 0;
}

/* Of the name's last two labels; that others may have the same number does little harm. */
static size_t
domain_bit(struct name name)
{
	const char *p = name.s + strlen(name.s);
	uint32_t h = 2166136261u;
	int dots = 0;

	for (; p > name.s && (p[-1] != '.' || ++dots < 2); p--)
		h = (h ^ (uint8_t)p[-1]) * 16777619u;
	return h % HEARD;
}

static void
heard_of(struct lookups *all, struct name name)
{
	size_t bit = domain_bit(name);

	all->heard[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static bool
was_heard_of(const struct lookups *all, struct name name)
{
	size_t bit = domain_bit(name);

	return (all->heard[bit / 8] >> bit % 8 & 1) != 0;
}

static bool
server_is_lossy(const struct server *s)
{
	return s->second >= LOSSY_LEAST && s->second * LOSSY_SHARE >= s->replies &&
	    s->second * LOSSY_HELPED >= s->second + s->in_vain;
}

static void
server_helped(struct lookups *all, struct server *s, bool answered, bool again)
{
	bool was = server_is_lossy(s);

	s->replies += answered;
	s->second += answered && again;
	s->in_vain += !answered;
	if (s->replies + s->in_vain > LOSSY_MEMORY) {
		s->replies /= 2;
		s->second /= 2;
		s->in_vain /= 2;
	}
	if (server_is_lossy(s) != was)
		channels_hurry(all->channels, s->at, !was);
}

static void
server_was_silent(struct lookups *all, struct server *s)
{
	if (++s->timeouts != SILENT_AFTER)
		return;
	all->silent_count++;
	s->probe_ms = loop_now_ms(all->loop) + SILENT_MS;
}

static void
server_forget_oldest(struct lookups *all)
{
	struct server *s, **at;

	for (s = all->oldest; s != NULL && (s->busy || s->in_flight > 0); s = s->newer)
		;
	if (s == NULL)
		return;
	for (at = &all->hash[server_hash(s->at)]; *at != s; at = &(*at)->next_hashed)
		;
	*at = s->next_hashed;
	server_unlink(all, s);
	if (s->timeouts >= SILENT_AFTER)
		all->silent_count--;
	all->server_count--;
	free(s);
}

static struct server *
server_get(struct lookups *all, struct endpoint at, bool resolver)
{
	struct server **slot = &all->hash[server_hash(at)], *s;

	for (s = *slot; s != NULL && !endpoint_eq(s->at, at); s = s->next_hashed)
		;
	if (s == NULL) {
		if (all->server_count >= SERVERS_MAX)
			server_forget_oldest(all);
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			abort();
		s->at = at;
		s->limit = all->per_server;
		s->next_hashed = *slot;
		*slot = s;
		all->server_count++;
	} else
		server_unlink(all, s);
	server_link(all, s);
	if (resolver)
		s->limit = all->in_flight_max;
	return s;
}

static void
server_is_busy(struct lookups *all, struct server *s)
{
	if (s->busy)
		return;
	s->busy = true;
	s->next_busy = NULL;
	if (all->busy_last != NULL)
		all->busy_last->next_busy = s;
	else
		all->busy_first = s;
	all->busy_last = s;
}

/*
 * One dead resolver would cost each look-up of a long chain its time-out: what
 * has been silent lately goes to the end of the list, except for a look-up now and
 * then that finds out whether it is back.
 */
static void
silent_ones_last(struct lookups *all, struct open_lookup *l)
{
	uint64_t now_ms = loop_now_ms(all->loop);
	struct endpoint *order;
	struct server *s;
	uint32_t silent = 0;
	size_t i, n = 0;

	if (all->silent_count == 0 || l->request.count < 2)
		return;
	order = arena_array(l->arena, l->request.count, sizeof(*order));
	for (i = 0; i < l->request.count; i++) {
		s = server_get(all, l->request.servers[i], l->recursive);
		if (s->timeouts >= SILENT_AFTER && now_ms < s->probe_ms) {
			silent |= 1U << i;
			continue;
		}
		if (s->timeouts >= SILENT_AFTER)
			s->probe_ms = now_ms + SILENT_MS;
		order[n++] = s->at;
	}
	for (i = 0; i < l->request.count; i++) {
		if ((silent & 1U << i) != 0)
			order[n++] = l->request.servers[i];
	}
	l->request.servers = order;
}

/* --- from attempt to attempt ----------------------------------------------------------------- */

static void
finish(struct open_lookup *l)
{
	l->answer.name = l->request.name;
	l->answer.type = l->request.type;
	l->answer.at = loop_now(l->all->loop);
	queue_add(&l->all->ready, l);
}

static void
fail(struct open_lookup *l, enum dns_failure failure)
{
	l->answer.outcome = DNS_FAILED;
	l->answer.failure = failure;
	l->answer.ttl_s = 0;
	finish(l);
}

static void
wait_at_server(struct open_lookup *l)
{
	queue_add(&l->server->waiting, l);
	server_is_busy(l->all, l->server);
}

/* A question that has begun goes before those that have not. */
static void
wait_in_front(struct open_lookup *l)
{
	queue_put_back(&l->server->waiting, l);
	server_is_busy(l->all, l->server);
}

/* Nobody else can be asked: then the question stays with this one, at once for all its tries. */
static bool
is_alone(const struct open_lookup *l, size_t i)
{
	uint32_t all = l->request.count == 32 ? UINT32_MAX : (1U << l->request.count) - 1;

	return (l->given_up | 1U << i) == all;
}

/* The next server in turn that is not given up; false when none is left. */
static void
next_attempt(struct open_lookup *l)
{
	struct lookups *all = l->all;
	size_t i, end = l->request.count * all->tries * (l->doubted ? 2 : 1) +
	    l->request.count * l->damaged;

	/* Silence has had its time in a hurry already. */
	if (l->server != NULL && l->answer.failure != DNS_TIMEOUT && server_is_lossy(l->server))
		end += l->request.count * LOSSY_TRIES;

	for (; l->turn < end; l->turn++) {
		i = l->turn % l->request.count;
		if ((l->given_up & 1U << i) != 0)
			continue;
		if (!l->recursive && !all->allow_private &&
		    ip_is_private(ip_unmap(l->request.servers[i].ip))) {
			l->given_up |= 1U << i;
			if (l->answer.failure == DNS_NO_FAILURE) {
				l->answer.failure = DNS_FORBIDDEN;
				l->answer.server = l->request.servers[i];
			}
			continue;
		}
		l->turn++;
		l->sends = is_alone(l, i) ? 1 + (unsigned)((end - l->turn) / l->request.count) : 1;
		if (l->sends > all->tries)
			l->sends = all->tries;
		l->turn_end = l->turn + (l->sends - 1) * l->request.count;
		l->server = server_get(all, l->request.servers[i], l->recursive);
		l->plain = l->tcp = false;
		wait_at_server(l);
		return;
	}
	if (l->again)
		server_helped(all, l->server, false, true);
	fail(l, l->answer.failure);
}

/* What tells more than what: an answer of whatever kind more than silence. */
static unsigned
telling(enum dns_failure failure)
{
	switch (failure) {
	case DNS_NO_FAILURE:
		return 0;
	case DNS_FORBIDDEN:
		return 1;
	case DNS_UNREACHABLE:
		return 2;
	case DNS_TIMEOUT:
		return 3;
	case DNS_MALFORMED:
		return 4;
	default:
		return 5;
	}
}

static void
attempt_failed(struct open_lookup *l, enum dns_failure failure, unsigned rcode, bool give_up)
{
	if (telling(failure) >= telling(l->answer.failure)) {
		l->answer.failure = failure;
		l->answer.rcode = (uint8_t)(rcode > 255 ? 255 : rcode);
		l->answer.server = l->server->at;
	}
	l->again = l->again || !give_up;
	/* Something came, but not whole: that may be the way, and the next one is cheap. */
	if ((failure == DNS_MALFORMED || l->tcp) && l->damaged < DAMAGED_TRIES)
		l->damaged++;
	if (give_up)
		l->given_up |= 1U << (l->turn - 1) % l->request.count;
	next_attempt(l);
}

/* --- what an answer means -------------------------------------------------------------------- */

/* An alias that the resolver did not follow: ask for its end. */
static void
follow(struct open_lookup *l, const struct wire_answer *w)
{
	size_t i;

	if (l->passed == NULL)
		l->passed = arena_array(l->arena, WIRE_CHAIN_MAX + 1, sizeof(*l->passed));
	l->answer.authenticated = w->authenticated &&
	    (l->passed_count == 0 || l->answer.authenticated);
	l->answer.server = l->server->at;
	l->aliases += w->aliases;
	l->passed[l->passed_count++] = l->name;
	for (i = 0; i < l->passed_count; i++) {
		if (name_eq(l->passed[i], w->cname)) {
			fail(l, DNS_CNAME_LOOP);
			return;
		}
	}
	if (l->aliases > WIRE_CHAIN_MAX) {
		fail(l, DNS_CNAME_LOOP);
		return;
	}
	if (w->ttl_s < l->chain_ttl_s)
		l->chain_ttl_s = w->ttl_s;
	server_helped(l->all, l->server, true, l->again);
	l->name = w->cname;
	l->answer.cname = w->cname;
	l->answer.failure = DNS_NO_FAILURE;
	l->turn = 0;
	l->given_up = 0;
	l->again = l->doubted = false;
	next_attempt(l);
}

static void
settle(struct open_lookup *l, const struct wire_answer *w)
{
	struct dns_answer *answer = &l->answer;

	if (l->aliases + w->aliases > WIRE_CHAIN_MAX) {
		fail(l, DNS_CNAME_LOOP);
		return;
	}
	answer->outcome = w->rcode == NXDOMAIN ? DNS_NXDOMAIN :
	    w->count > 0 ? DNS_FOUND : DNS_NODATA;
	answer->failure = DNS_NO_FAILURE;
	answer->rcode = (uint8_t)w->rcode;
	answer->authoritative = w->authoritative;
	answer->authenticated = w->authenticated && (l->passed_count == 0 ||
	    answer->authenticated);
	answer->server = l->server->at;
	if (w->cname.s != NULL)
		answer->cname = w->cname;
	if (answer->outcome == DNS_FOUND) {
		answer->rrs = w->rrs;
		answer->count = w->count;
	}
	answer->ttl_s = w->ttl_s < l->chain_ttl_s ? w->ttl_s : l->chain_ttl_s;
	server_helped(l->all, l->server, true, l->again);
	heard_of(l->all, l->name);
	finish(l);
}

static void
without_edns(struct open_lookup *l)
{
	l->plain = true;
	l->tcp = false;
	wait_in_front(l);
}

static enum dns_failure
failure_of_rcode(unsigned rcode)
{
	switch (rcode) {
	case SERVFAIL:
		return DNS_SERVFAIL;
	case REFUSED:
		return DNS_REFUSED;
	case NOTIMP:
		return DNS_NOTIMP;
	case FORMERR:
		return DNS_FORMERR;
	default:
		return DNS_SERVFAIL;	/* NOTAUTH, BADVERS, ...: rcode has it exactly */
	}
}

static void
judge(struct open_lookup *l, const uint8_t *msg, size_t n)
{
	struct lookups *all = l->all;
	struct wire_answer w;

	if (wire_truncated(msg, n)) {
		if (l->tcp)
			attempt_failed(l, DNS_MALFORMED, wire_rcode(msg, n), false);
		else {
			l->tcp = true;
			wait_in_front(l);
		}
		return;
	}
	wire_read(l->arena, msg, n, l->name, l->request.type, &w);
	if (!l->plain && (w.rcode == FORMERR || w.rcode == NOTIMP || w.rcode == BADVERS)) {
		without_edns(l);
		return;
	}
	if (w.failure == DNS_CNAME_LOOP || w.failure == DNS_LIMIT) {
		l->answer.rcode = (uint8_t)w.rcode;
		l->answer.server = l->server->at;
		fail(l, w.failure);
	} else if (w.failure != DNS_NO_FAILURE)
		attempt_failed(l, w.failure, w.rcode, false);
	else if (w.rcode != 0 && w.rcode != NXDOMAIN)
		attempt_failed(l, failure_of_rcode(w.rcode), w.rcode, w.rcode != SERVFAIL);
	else if (w.rcode == NXDOMAIN && w.count > 0 && l->request.type != RR_CNAME)
		attempt_failed(l, DNS_MALFORMED, w.rcode, false);	/* no such name, and its data */
	else {
		if (l->plain)
			l->server->no_edns_until_ms = loop_now_ms(all->loop) + NO_EDNS_MS;
		if (w.referral || (!l->recursive && !w.authoritative))
			attempt_failed(l, DNS_LAME, w.rcode, true);
		else if (w.leads_out && l->recursive)
			follow(l, &w);
		else
			settle(l, &w);
	}
}

/* --- sending and hearing --------------------------------------------------------------------- */

/* Nothing came yet.  An answer that is no answer (SERVFAIL) has so many attempts less. */
static void
on_again(struct open_lookup *l)
{
	struct lookups *all = l->all;

	all->stats.sent++;
	all->stats.timeouts++;
	server_was_silent(all, l->server);
	window_note(&all->window, loop_now_ms(all->loop), true, all->busy_first != NULL);
	l->again = true;
	if (l->turn < l->turn_end)
		l->turn += l->request.count;
}

static void
on_outcome(void *ctx, enum channel_outcome outcome, const uint8_t *msg, size_t n)
{
	struct open_lookup *l = ctx;
	struct lookups *all = l->all;

	if (outcome == CHANNEL_AGAIN) {
		on_again(l);
		return;
	}
	all->in_flight--;
	l->server->in_flight--;
	if (l->server->waiting.first != NULL)
		server_is_busy(all, l->server);
	window_note(&all->window, loop_now_ms(all->loop), outcome == CHANNEL_TIMEOUT,
	    all->busy_first != NULL);
	switch (outcome) {
	case CHANNEL_REPLY:
		all->stats.answered++;
		server_spoke(all, l->server);
		judge(l, msg, n);
		break;
	case CHANNEL_NONSENSE:
		attempt_failed(l, DNS_MALFORMED, 0, false);
		break;
	case CHANNEL_TIMEOUT:
		all->stats.timeouts++;
		server_was_silent(all, l->server);
		l->doubted = l->doubted || ((l->server->second > 0 || was_heard_of(all, l->name)) &&
		    l->server->replies + l->server->in_vain < FEW);
		l->again = true;
		l->turn = l->turn_end;
		attempt_failed(l, DNS_TIMEOUT, 0, false);
		break;
	case CHANNEL_UNREACHABLE:
		attempt_failed(l, DNS_UNREACHABLE, 0, false);
		break;
	case CHANNEL_AGAIN:
		break;
	}
}

static bool
send_one(struct open_lookup *l)
{
	struct lookups *all = l->all;
	uint8_t question[WIRE_QUESTION_MAX];
	size_t n;

	l->plain = l->plain || l->server->no_edns_until_ms > loop_now_ms(all->loop);
	n = wire_question(question, 0, l->name, l->request.type,
	    (l->recursive ? WIRE_RECURSE : 0) | (l->plain ? 0 : WIRE_EDNS));
	if (n == 0) {
		fail(l, DNS_MALFORMED);
		return true;
	}
	/* Counted before, since the outcome may be told from inside. */
	all->in_flight++;
	l->server->in_flight++;
	if (!channel_ask(all->channels, l->server->at, l->tcp, question, n, l->sends,
	    l->doubted || server_is_lossy(l->server), on_outcome, l)) {
		all->in_flight--;
		l->server->in_flight--;
		if (all->in_flight > 0)
			return false;
		fail(l, DNS_LIMIT);		/* nothing is under way that could end: give up */
		return true;
	}
	all->stats.sent++;
	if (l->tcp)
		all->stats.tcp++;
	return true;
}

/* One question of each busy server after the other, while the window is open. */
static void
send_waiting(struct lookups *all)
{
	struct server *s, *stuck_first = NULL, *stuck_last = NULL;
	struct open_lookup *l;

	while (all->in_flight < all->window.open && (s = all->busy_first) != NULL) {
		all->busy_first = s->next_busy;
		if (all->busy_first == NULL)
			all->busy_last = NULL;
		s->busy = false;
		if (s->waiting.first == NULL || s->in_flight >= s->limit)
			continue;		/* busy again with its next answer */
		l = queue_take(&s->waiting);
		if (send_one(l)) {
			if (s->waiting.first != NULL)
				server_is_busy(all, s);
			continue;
		}
		/* No channel is free: first again, in the next turn. */
		queue_put_back(&s->waiting, l);
		s->busy = true;
		s->next_busy = NULL;
		if (stuck_last != NULL)
			stuck_last->next_busy = s;
		else
			stuck_first = s;
		stuck_last = s;
	}
	if (stuck_last != NULL) {
		stuck_last->next_busy = all->busy_first;
		all->busy_first = stuck_first;
		if (all->busy_last == NULL)
			all->busy_last = stuck_last;
	}
}

/* --- the door -------------------------------------------------------------------------------- */

bool
lookups_turn(struct lookups *all)
{
	struct open_lookup *l;
	struct queue ready;
	bool any = false;

	send_waiting(all);
	ready = all->ready;
	all->ready = (struct queue){ NULL, NULL };
	while (ready.first != NULL) {
		l = queue_take(&ready);
		any = true;
		l->done(l->ctx, &l->answer);
	}
	return any;
}

void
lookup(struct lookups *all, struct arena *a, const struct request_dns *request, lookup_fn done,
    void *ctx)
{
	struct open_lookup *l = arena_zalloc(a, sizeof(*l));

	l->all = all;
	l->arena = a;
	l->request = *request;
	l->name = request->name;
	l->done = done;
	l->ctx = ctx;
	l->chain_ttl_s = UINT32_MAX;
	l->recursive = request->count == 0;
	if (l->recursive) {
		l->request.servers = all->resolvers;
		l->request.count = all->resolver_count;
	} else if (l->request.count > 32)
		l->request.count = 32;		/* bits of given_up; nobody has more */
	silent_ones_last(all, l);
	next_attempt(l);
}

struct lookups *
lookups_new(struct loop *loop, const struct lookups_config *config, struct err *err)
{
	struct lookups *all = calloc(1, sizeof(*all));
	uint32_t timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : 2000;
	struct endpoint system[8];

	if (all == NULL)
		abort();
	all->loop = loop;
	all->tries = config->tries > 0 ? config->tries : 2;
	all->in_flight_max = config->in_flight > 0 ? config->in_flight : 256;
	all->per_server = config->per_server > 0 ? config->per_server : 32;
	all->allow_private = config->allow_private;
	window_init(&all->window, all->in_flight_max, timeout_ms);
	all->channels = channels_new(loop, timeout_ms, err);
	if (all->channels == NULL) {
		free(all);
		return NULL;
	}
	all->resolver_count = config->resolver_count > 32 ? 32 : config->resolver_count;
	if (all->resolver_count == 0)
		all->resolver_count = channel_system_servers(system,
		    sizeof(system) / sizeof(system[0]));
	all->resolvers = calloc(all->resolver_count, sizeof(*all->resolvers));
	if (all->resolvers == NULL)
		abort();
	memcpy(all->resolvers, config->resolver_count > 0 ? config->resolvers : system,
	    all->resolver_count * sizeof(*all->resolvers));
	return all;
}

void
lookups_free(struct lookups *all)
{
	struct server *s, *next;

	if (all == NULL)
		return;
	channels_free(all->channels);
	for (s = all->newest; s != NULL; s = next) {
		next = s->older;
		free(s);
	}
	free(all->resolvers);
	free(all);
}

void
lookups_stats(const struct lookups *all, struct lookup_stats *ret)
{
	*ret = all->stats;
}
