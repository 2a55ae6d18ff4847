/*
 * Checking targets: one, a list, all of a panel.  Rows are handed out as they
 * finish.  A bulk run asks the resolver; a domain that looks broken that way
 * is asked again at its own name servers before anybody is alarmed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "checks/sending.h"
#include "engine/access.h"
#include "engine/culprit.h"
#include "engine/internal.h"
#include "engine/offer.h"
#include "engine/report.h"
#include "engine/run.h"
#include "engine/traffic.h"
#include "engine/touched.h"
#include "engine/write.h"
#include "net/net.h"
#include "store/reports.h"

#define TARGETS_AT_ONCE	48	/* a domain has some ten questions open at a time, and takes 80 kB */
#define FEW_OF		200	/* what the panel says of so many is about as many calls as what it says of one */
#define MANY		20	/* nobody waits for one of so many: each may take its time */
#define MANY_LIMIT_MS	60000
#define STORE_BATCH	32	/* reports per transaction */

struct batch {
	struct job			 job;
	struct engine			*engine;
	struct arena			*arena;
	const struct check_options	*options;
	const char			*lang;
	report_ready			 ready;
	void				*ctx;
	enum scope			 scope;
	const char *const		*names;
	size_t				 count, next, open;
	const struct json		*server_report;	/* neutral; NULL = none */
	struct map			*configured;	/* name -> struct configured, once asked for */
	bool				 started;	/* nobody waits: names are in checking */
	bool			 stopped;	/* the caller wants no more */
	/* finished, not yet stored */
	struct arena			*pending_arena[STORE_BATCH];
	struct kept_report		 pending[STORE_BATCH];
	size_t				 pending_count;
};

struct one {				/* one target of a batch */
	struct batch		*batch;
	struct arena		*arena;
	struct target_run	 run;
	struct offers		 offers;
	const struct json	*domain_row;	/* of the panel; NULL = not its, or unknown */
	const struct ip		*sending;	/* a domain's addresses; none = not known */
	size_t			 sending_count;
	struct touched		 touched;	/* a server's domains */
	uint64_t		 began_ms;
	bool			 deepened;
};

static void	batch_fill(struct batch *);

/* --- what is being checked now -------------------------------------------------------------------------- */

struct checking {
	struct arena	*arena;
	struct map	*names;		/* name -> struct count */
	size_t		 open;
};

#define ROWS_MAX	64

struct count {
	unsigned		 n;
	struct target_row	*rows;		/* as far as it is; NULL = one of many, or not begun */
	size_t			 row_count;
};

static void
checking_begin(struct engine *e, const char *name)
{
	struct count *c;

	pthread_mutex_lock(&e->lock);
	if (e->checking == NULL) {
		struct arena *a = arena_new();

		e->checking = arena_zalloc(a, sizeof(*e->checking));
		e->checking->arena = a;
		e->checking->names = map_new(a);
	}
	if ((c = map_get(e->checking->names, name)) == NULL) {
		c = arena_zalloc(e->checking->arena, sizeof(*c));
		map_put(e->checking->names, name, c);
	}
	c->n++;
	e->checking->open++;
	pthread_mutex_unlock(&e->lock);
}

static void
checking_end(struct engine *e, const char *name)
{
	struct count *c;

	pthread_mutex_lock(&e->lock);
	if (e->checking != NULL && (c = map_get(e->checking->names, name)) != NULL) {
		c->n--;
		if (--e->checking->open == 0) {
			arena_free(e->checking->arena);
			e->checking = NULL;
		}
	}
	pthread_mutex_unlock(&e->lock);
}

/* The engine's thread tells how far it is, after each turn that a run has had. */
static void
checking_note(struct engine *e, const char *name, const struct target_run *run)
{
	struct count *c;

	pthread_mutex_lock(&e->lock);
	if (e->checking != NULL && (c = map_get(e->checking->names, name)) != NULL) {
		if (c->rows == NULL)
			c->rows = arena_array(e->checking->arena, ROWS_MAX, sizeof(*c->rows));
		c->row_count = target_rows(run, c->rows, ROWS_MAX);
	}
	pthread_mutex_unlock(&e->lock);
}

struct json *
engine_progress(struct engine *e, struct arena *a, const char *name)
{
	struct json *list = json_new_array(a);
	const struct count *c;

	pthread_mutex_lock(&e->lock);
	c = e->checking == NULL ? NULL : map_get(e->checking->names, name);
	for (size_t i = 0; c != NULL && c->n > 0 && i < c->row_count; i++) {
		struct json *one = json_add_object(list);

		json_put_str(one, "check", c->rows[i].check->name);
		json_put_str(one, "verdict", c->rows[i].decided ? verdict_word(c->rows[i].worst) : NULL);
	}
	pthread_mutex_unlock(&e->lock);
	return list;
}

bool
engine_checking(struct engine *e, const char *name)
{
	const struct count *c;
	bool open;

	pthread_mutex_lock(&e->lock);
	c = e->checking == NULL ? NULL : map_get(e->checking->names, name);
	open = c != NULL && c->n > 0;
	pthread_mutex_unlock(&e->lock);
	return open;
}

bool
engine_checking_any(struct engine *e)
{
	bool any;

	pthread_mutex_lock(&e->lock);
	any = e->checking != NULL;
	pthread_mutex_unlock(&e->lock);
	return any;
}

/* Which of the server's addresses the domain uses; unknown is no obstacle.  false = on its way. */
static bool
learn_sending(struct one *one, struct evidence *ev)
{
	struct run asking = { .arena = one->arena, .ev = ev, .rules = one->run.rules,
	    .options = &one->run.options->ask, .domain = one->run.domain };
	struct activation aside;
	bool known;

	evidence_begin(ev, &aside);
	known = domain_sending(&asking, &one->sending, &one->sending_count);
	evidence_end(ev, &aside);
	if (!known)
		one->sending_count = 0;
	return known || aside.waiting == 0;
}

/* Checks, then what can be done about each finding, then whose it is. */
struct configured { const struct json *row; };

/* Without a panel: the row of the configuration, or NULL.  Its names are canonical. */
static const struct json *
configured_row(struct batch *b, const char *domain)
{
	const struct panel_params *params = b->engine->setup.panel_params;
	const struct json *v = params == NULL ? NULL : json_first(params->domains);
	const struct configured *found;

	if (v == NULL)
		return NULL;
	if (b->configured == NULL) {
		b->configured = map_new(b->arena);
		for (; v != NULL; v = json_next(v)) {
			struct configured *one = arena_alloc(b->arena, sizeof(*one));

			one->row = v;
			map_put(b->configured, json_str(v, "name"), one);
		}
	}
	found = map_get(b->configured, domain);
	return found == NULL ? NULL : found->row;
}

/* By which the pages know it. */
static const char *
target_name(const struct one *one)
{
	return one->run.scope == SCOPE_SERVER ? "server" : one->run.domain.s;
}

static bool
one_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct one *one = ctx;
	const struct ev_failure *why;

	if (one->run.findings == NULL) {
		bool decided = target_question(&one->run, ev, a);

		if (one->batch->started && one->batch->count <= MANY)
			checking_note(one->batch->engine, target_name(one), &one->run);
		if (!decided)
			return false;
	}
	if (one->run.scope == SCOPE_DOMAIN && ev_has_panel(ev)) {
		if (ev_fact_any(ev, "domains", NULL, &why) != NULL)
			ev_fact_member(ev, "domains", NULL, one->run.domain.s, &one->domain_row);
		else if (why == NULL)
			return false;
	} else if (one->run.scope == SCOPE_DOMAIN && one->domain_row == NULL)
		one->domain_row = configured_row(one->batch, one->run.domain.s);
	if (one->run.scope == SCOPE_DOMAIN ? !learn_sending(one, ev) :
	    !touched_domains(ev, &one->touched))
		return false;
	return offers_question(&one->offers, &one->run, ev, one->arena);
}

static bool
is_kept(const struct batch *b)
{
	/* Some of the checks do not make the report of a target. */
	return b->engine->setup.store != NULL && b->options->keep && b->options->only_count == 0;
}

static void
batch_store(struct batch *b)
{
	struct err err;
	size_t i;

	if (b->pending_count > 0 &&
	    !store_reports_put(b->engine->setup.store, b->pending, b->pending_count, &err))
		log_line(LOG_ERROR, "engine", "reports are not kept: %s", err.text);
	for (i = 0; i < b->pending_count; i++)
		arena_free(b->pending_arena[i]);
	b->pending_count = 0;
}

/* What is wrong with an address touches those who send from it. */
static bool
touches(const struct one *one, const struct json *f)
{
	struct ip ip;
	size_t i;

	if (one->sending_count == 0 || !ip_parse(text_of(json_str(f, "subject")), &ip))
		return true;
	for (i = 0; i < one->sending_count; i++)
		if (ip_eq(one->sending[i], ip))
			return true;
	return false;
}

static bool
holds_text(const struct json *list, const char *text)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v))
		if (strcmp(json_value_str(v), text) == 0)
			return true;
	return false;
}

static void
add_server_findings(const struct one *one, struct json *report, const struct json *server_report)
{
	struct json *list = json_edit(report, "server_findings");
	const struct json *f;

	for (f = json_first(json_get(server_report, "findings")); f != NULL; f = json_next(f)) {
		const char *verdict = json_str(f, "verdict");
		char reference[512];

		if ((strcmp(verdict, "problem") != 0 && strcmp(verdict, "warning") != 0) ||
		    culprit_is(f) || !touches(one, f))
			continue;
		snprintf(reference, sizeof(reference), "%s@%s", json_str(f, "id"),
		    json_str(f, "subject"));
		if (!holds_text(list, reference))	/* two lists, one reference */
			json_add_str(list, reference);
	}
}

/* The addresses that it sends from: a list shows beside it how these stand now. */
static void
put_sending(const struct one *one, struct json *report)
{
	struct json *list = json_put_array(report, "sending");

	for (size_t i = 0; i < one->sending_count; i++)
		json_add_str(list, ip_str(one->arena, one->sending[i]));
}

static struct name
host_name(struct one *one, struct evidence *ev)
{
	const struct ev_failure *why;
	const struct json *server;
	struct name name = { "server" };

	if (ev_has_panel(ev) && (server = ev_fact_any(ev, "server", NULL, &why)) != NULL)
		name_parse(one->arena, text_of(json_str(server, "hostname")), &name);
	return name;
}

static struct one *
one_new(struct batch *b, struct name domain)
{
	struct arena *a = arena_new();
	struct one *one = arena_zalloc(a, sizeof(*one));

	one->batch = b;
	one->arena = a;
	one->run.rules = b->engine->setup.rules;
	one->offers.engine = b->engine;
	one->run.options = b->options;
	one->run.scope = b->scope;
	one->run.domain = domain;
	one->run.arena = a;
	return one;
}

/* Its text is a fortieth of what it was made from. */
static void
keep(struct batch *b, const struct json *report)
{
	struct arena *a = arena_new();
	struct err err;

	if (!store_report_ready(a, report, &b->pending[b->pending_count], &err)) {
		log_line(LOG_ERROR, "engine", "a report is not kept: %s", err.text);
		arena_free(a);
		return;
	}
	b->pending_arena[b->pending_count++] = a;
}

/* A run over many waits for what the panel looks up for all of them. */
static uint32_t
time_limit(const struct batch *b)
{
	if (b->engine->setup.time_limit_ms != 0)
		return b->engine->setup.time_limit_ms;
	return b->count > MANY || (b->count > 1 && b->options->depth == TRUTH_RESOLVER) ? MANY_LIMIT_MS : 0;
}

/* Few of a large panel: what it says of all of them would be many calls and much memory for little. */
static bool
are_few(const struct batch *b)
{
	return b->count <= access_count(b->engine) / FEW_OF;
}

static void
one_done(struct ask *ask)
{
	struct one *one = ask->owner;
	struct batch *b = one->batch;
	struct engine *e = b->engine;
	struct report_target target = { 0 };
	struct json *report;

	if (b->stopped) {		/* it had no time to look */
		arena_free(one->arena);
		b->open--;
		return;
	}
	if (b->options->depth == TRUTH_RESOLVER && !b->options->shallow && one->run.has_problem && !one->deepened &&
	    one->run.scope == SCOPE_DOMAIN && e->net != NULL) {
		struct ask_options_engine options = { .depth = TRUTH_AUTHORITATIVE,
		    .fresh = b->options->fresh, .bulk = !b->options->fresh && !are_few(b) };
		struct one *deeper = one_new(b, one->run.domain);

		options.time_limit_ms = time_limit(b);
		deeper->deepened = true;
		deeper->began_ms = one->began_ms;
		arena_free(one->arena);		/* what the first look found is not needed */
		ask_start(e, one_question, deeper, &options, one_done, deeper);
		return;
	}
	if (b->options->record != NULL)
		evidence_record(ask->ev, b->options->record);
	target.kind = one->run.scope == SCOPE_DOMAIN ? "domain" : "server";
	target.name = one->run.scope == SCOPE_DOMAIN ? one->run.domain : host_name(one, ask->ev);
	target.owner = json_str(one->domain_row, "owner");
	report = report_make(one->arena, &target, one->run.findings, one->run.finding_count,
	    evidence_now(ask->ev), e->net == NULL ? 0 :
	    (int64_t)(net_now_ms(e->net) - one->began_ms));
	offers_put(report, &one->offers);
	if (one->run.scope == SCOPE_DOMAIN)
		put_sending(one, report);
	if (b->server_report != NULL && one->run.scope == SCOPE_DOMAIN) {
		add_server_findings(one, report, b->server_report);
		culprit_add(one->arena, report, b->server_report, one->run.domain.s,
		    b->options->only, b->options->only_count);
	}
	if (one->run.scope == SCOPE_SERVER)
		touched_put(report, &one->touched);
	if (is_kept(b) && b->ready != NULL && b->lang != NULL && one->run.scope == SCOPE_DOMAIN)
		report_settle(report);	/* printed for the store and for a person */
	if (is_kept(b))			/* without words */
		keep(b, report);
	if (b->lang != NULL && b->ready != NULL)
		report_speak(one->arena, report, e->setup.catalog, b->lang);
	if (b->ready != NULL)
		b->ready(b->ctx, report);
	if (b->pending_count == STORE_BATCH || b->started)
		batch_store(b);		/* who started it looks for it in the store */
	if (b->started)
		checking_end(e, target_name(one));
	arena_free(one->arena);		/* the one itself lives there */
	b->open--;
	batch_fill(b);
}

static void
one_start(struct batch *b, struct name domain)
{
	struct ask_options_engine options = { .depth = b->options->depth,
	    .fresh = b->options->fresh, .alone = b->scope == SCOPE_DOMAIN && are_few(b) };
	struct one *one = one_new(b, domain);

	options.time_limit_ms = time_limit(b);
	one->began_ms = b->engine->net == NULL ? 0 : net_now_ms(b->engine->net);
	b->open++;
	ask_start(b->engine, one_question, one, &options, one_done, one);
}

static void
batch_fill(struct batch *b)
{
	while (b->open < TARGETS_AT_ONCE && b->next < b->count) {
		struct name name = { b->names == NULL || b->scope == SCOPE_SERVER ? "" : b->names[b->next] };

		b->next++;
		one_start(b, name);
	}
	if (b->open == 0 && b->next == b->count && !b->job.ended) {
		batch_store(b);
		if (b->started)
			arena_free(b->arena);
		job_end(b->engine, &b->job);	/* a started one ends here */
	}
}

/* Between two turns: does the caller still want it?  What is done is done. */
static void
batch_turned(struct engine *e, struct job *job)
{
	struct batch *b = job->ctx;

	if (b->stopped || b->options->stop == NULL || !*b->options->stop)
		return;
	b->stopped = true;
	b->next = b->count;
	asks_expire(e);
	batch_fill(b);
}

static void
batch_start(struct engine *e, struct job *job)
{
	(void)e;
	batch_fill(job->ctx);
}

static void
batch_run(struct engine *e, struct batch *b)
{
	b->engine = e;
	b->job.start = batch_start;
	b->job.turned = batch_turned;
	b->job.ctx = b;
	engine_do(e, &b->job);
}

/* Names in their one form; what is not a domain name is refused before anything is asked. */
static const char **
canonical_names(struct arena *a, const char *const *names, size_t count, struct err *err)
{
	const char **list = arena_array(a, count + 1, sizeof(*list));
	struct arena *scratch = arena_new();
	struct name name;
	size_t i;

	for (i = 0; i < count && name_from_person(scratch, text_of(names[i]), &name, err); i++)
		list[i] = arena_strdup(a, name.s);
	arena_free(scratch);
	return i < count ? NULL : list;
}

static void
keep_copy(void *ctx, const struct json *report)
{
	struct batch *b = ctx;

	b->server_report = json_copy(b->arena, report);
}

/* Domains' reports refer to what is wrong with the server: its last report, or
 * one made now when there is none. */
static const struct json *
server_report(struct engine *e, struct arena *a, const struct check_options *options)
{
	struct check_options quick = { .ask = options->ask, .depth = TRUTH_RESOLVER,
	    .fresh = options->fresh, .only = options->only, .only_count = options->only_count,
	    .record = options->record };
	struct batch b = { .arena = a, .options = &quick, .scope = SCOPE_SERVER, .count = 1 };
	struct store_scope all = { .all = true };
	struct err err;

	if (e->setup.store != NULL && !options->fresh) {
		const struct json *kept = store_report_get(e->setup.store, a, &all, "server",
		    "server", &err);

		if (kept != NULL)
			return kept;
	}
	b.ready = keep_copy;
	b.ctx = &b;
	batch_run(e, &b);
	return b.server_report;
}

static bool
all_allowed(const struct rights *rights, const char *const *asked, const char *const *names, size_t count,
    struct err *err)
{
	size_t i;

	for (i = 0; rights != NULL && i < count; i++)
		if (!rights_domain(rights, names[i]))
			return err_set(err, ERR_NOT_FOUND, "%s: there is no such domain here", asked[i]);
	return true;
}

bool
engine_check(struct engine *e, const struct rights *rights, const char *const *names, size_t count,
    const char *lang, const struct check_options *options, report_ready ready, void *ctx, struct err *err)
{
	struct arena *a = arena_new();
	struct batch b = { .arena = a, .options = options, .lang = lang, .ready = ready,
	    .ctx = ctx, .scope = SCOPE_DOMAIN, .count = count };
	bool fine = false;

	b.names = canonical_names(a, names, count, err);
	if (b.names == NULL || !all_allowed(rights, names, b.names, count, err))
		goto out;
	b.server_report = server_report(e, a, options);
	batch_run(e, &b);
	fine = true;
out:
	arena_free(a);
	return fine;
}

#define LOG_TIME_MS	10000	/* of the mail log on the command line; the rest is read next time */

static bool
wants(const struct check_options *options, const char *check)
{
	for (size_t i = 0; i < options->only_count; i++)
		if (strcmp(options->only[i], check) == 0)
			return true;
	return options->only_count == 0;
}

bool
engine_check_server(struct engine *e, const char *lang, const struct check_options *options,
    report_ready ready, void *ctx, struct err *err)
{
	struct batch b = { .options = options, .lang = lang, .ready = ready, .ctx = ctx,
	    .scope = SCOPE_SERVER, .count = 1 };
	struct err none;

	(void)err;
	/* In `serve` the keeper has read the log. */
	if (!e->threaded && options->keep && (wants(options, "limits") || wants(options, "queue")))
		engine_traffic_read(e, LOG_TIME_MS, NULL, &none);
	batch_run(e, &b);
	return true;
}

#define DEEP_MAX	20	/* "check again" of so many asks the name servers themselves */

bool
engine_check_start(struct engine *e, const struct rights *rights, const char *const *names, size_t count,
    struct err *err)
{
	struct arena *a = arena_new();
	struct check_options *options = arena_zalloc(a, sizeof(*options));
	static const char *const server_name = "server";
	struct store_scope all = { .all = true };
	bool server = count == 1 && names != NULL && strcmp(names[0], "server") == 0 && rights_admin(rights);
	struct batch *b;
	struct err none;
	size_t i;

	/* Of many, what they share is asked once: anew for all of them, not for each. */
	options->keep = true;
	options->fresh = count <= DEEP_MAX;
	options->depth = count <= DEEP_MAX ? TRUTH_AUTHORITATIVE : TRUTH_RESOLVER;
	if (!options->fresh)
		answers_drop(e);
	if (server)
		names = &server_name;
	else if (names != NULL && (names = canonical_names(a, names, count, err)) != NULL &&
	    !all_allowed(rights, names, names, count, err))
		names = NULL;
	if (names == NULL) {
		arena_free(a);
		return false;
	}
	if ((b = calloc(1, sizeof(*b))) == NULL)
		abort();
	*b = (struct batch){ .engine = e, .arena = a, .options = options, .scope = server ? SCOPE_SERVER : SCOPE_DOMAIN,
	    .names = names, .count = count, .started = true };
	if (e->setup.store != NULL && !server)
		b->server_report = store_report_get(e->setup.store, a, &all, "server", "server", &none);
	for (i = 0; i < count; i++)
		checking_begin(e, names[i]);
	b->job.start = batch_start;
	b->job.ctx = b;
	b->job.detached = true;
	engine_do(e, &b->job);
	return true;
}
