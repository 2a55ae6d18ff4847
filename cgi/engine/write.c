#include "engine/write.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "engine/internal.h"
#include "engine/publish.h"
#include "net/copy.h"
#include "net/net.h"

#define CALLS_MAX	32		/* of one change: an adapter that goes on for ever */
#define WRITE_LIMIT_MS	720000		/* the calls have limits of their own in net; a hostname takes minutes */
#define OLD_TTL_S	3600		/* when the world's answer could not be had */

/* Can its state be read and compared at all? */
static bool
comparable(const struct panel_change *row, const struct change *c)
{
	return row->state != NULL && c->kind != CHANGE_SECRET && c->kind != CHANGE_QUEUE;
}

/* The panel has no word for how it stands: there is nothing to compare with, now or later. */
static bool
is_mute(const struct activation *act)
{
	return act->waiting == 0 && act->failure.reason != NULL && strcmp(act->failure.reason, "unsupported") == 0;
}

/* --- one change -------------------------------------------------------------------------------------- */

struct write_job {
	struct job			 job;
	struct engine			*engine;
	struct arena			*arena;
	const struct change		*change;
	const struct panel_change	*row;
	struct ask			*ask;		/* NULL: it has ended */
	struct request			 requests[CALLS_MAX];
	struct reply			 replies[CALLS_MAX];
	size_t				 count;
	bool				 compared, in_flight, decided, maybe;
	struct write			*ret;
};

static bool
decide(struct write_job *w, enum write_result result)
{
	w->ret->result = result;
	w->decided = true;
	return true;
}

static void
free_arena(void *p)
{
	arena_free(p);
}

static void
write_reply(void *p, const struct reply *reply)
{
	struct write_job *w = p;

	w->replies[w->count++] = *reply;
	w->maybe = w->maybe || reply->maybe_done;
	arena_defer(w->arena, free_arena, net_keep(w->engine->net));
	w->in_flight = false;
	if (w->ask != NULL)
		ask_wake(w->ask);
	else
		job_end(w->engine, &w->job);	/* the time was over; this was the last answer */
}

/* false: the state is not there yet. */
static bool
compare(struct write_job *w, struct evidence *ev)
{
	const struct panel_params *params = w->engine->setup.panel_params;
	const struct json *present = NULL;
	struct activation act;
	bool known;

	evidence_begin(ev, &act);
	known = w->row->state(ev, w->arena, w->change, params, &present);
	evidence_end(ev, &act);
	if (!known && act.waiting > 0)
		return false;
	if (!known && !w->change->before_unknown && !is_mute(&act)) {
		err_set(&w->ret->err, ERR_UNREACHABLE, "the present state could not be read: %s",
		    act.failure.reason != NULL ? act.failure.reason : "unknown");
		return decide(w, WRITE_FAILED);
	}
	w->compared = true;
	if (!known || w->change->before_unknown || change_state_eq(w->change, present, w->change->before))
		return true;
	w->ret->present = present == NULL ? NULL : json_copy(w->arena, present);
	return decide(w, WRITE_CONFLICT);
}

static bool
write_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct write_job *w = ctx;
	struct call_log log = { w->requests, w->replies, w->count };
	struct request call = { 0 };
	struct activation act;
	enum step step;

	(void)a;
	if (w->in_flight) {
		ev_wait(ev);
		return false;
	}
	if (!w->compared && comparable(w->row, w->change)) {
		if (!compare(w, ev))
			return false;
		if (w->decided)
			return true;
	}
	evidence_begin(ev, &act);
	step = w->row->next(w->arena, w->change, &log, ev, w->engine->setup.panel_params, &call, &w->ret->err);
	evidence_end(ev, &act);
	if (act.waiting > 0)
		return false;
	switch (step) {
	case STEP_DONE:
		return decide(w, WRITE_DONE);
	case STEP_FAILED:
		if (w->ret->err.code == ERR_NONE)
			err_set(&w->ret->err, ERR_PROTOCOL, "the panel refused it (%s)",
			    act.failure.reason != NULL ? act.failure.reason : "no reason given");
		return decide(w, w->maybe ? WRITE_UNKNOWN : WRITE_FAILED);
	case STEP_CALL:
		break;
	}
	if (w->count == CALLS_MAX) {
		err_set(&w->ret->err, ERR_LIMIT, "more than %d calls for one change", CALLS_MAX);
		return decide(w, WRITE_UNKNOWN);
	}
	net_request_copy(w->arena, &call, &w->requests[w->count]);
	w->in_flight = true;
	w->ret->sent = true;
	net_submit(w->engine->net, &w->requests[w->count], write_reply, w);
	ev_wait(ev);
	return false;
}

static void
write_ended(struct ask *ask)
{
	struct write_job *w = ask->owner;

	w->ask = NULL;
	if (!w->in_flight)		/* else its answer ends the job */
		job_end(w->engine, &w->job);
}

static void
write_start(struct engine *e, struct job *job)
{
	static const struct ask_options_engine options = { .depth = TRUTH_RESOLVER, .fresh = true,
	    .time_limit_ms = WRITE_LIMIT_MS };
	struct write_job *w = job->ctx;

	w->ask = ask_start(e, write_question, w, &options, write_ended, w);
}

void
change_write(struct engine *e, struct arena *a, const struct change *c, struct write *ret)
{
	struct write_job *w = arena_zalloc(a, sizeof(*w));

	*ret = (struct write){ .result = WRITE_FAILED };
	w->row = e->setup.panel == NULL ? NULL : panel_change_find(e->setup.panel, c);
	if (w->row == NULL || e->net == NULL) {
		err_set(&ret->err, ERR_UNSUPPORTED, "this panel cannot make such a change");
		return;
	}
	w->engine = e;
	w->arena = a;
	w->change = c;
	w->ret = ret;
	w->job.start = write_start;
	w->job.ctx = w;
	engine_do(e, &w->job);
	if (!w->decided) {
		ret->result = ret->sent ? WRITE_UNKNOWN : WRITE_FAILED;
		err_set(&ret->err, ERR_TIMEOUT, "the time for this change ran out");
	}
}

/* --- how things stand ------------------------------------------------------------------------------------ */

struct looking {
	struct engine		*engine;
	struct arena		*arena;
	const struct change	*changes;
	size_t			 count;
	bool			 panel, public;
	struct state		*ret;
};

/* What caches keep: the record set's TTL, or the negative answer's (RFC 2308). */
static bool
look_public(struct looking *l, size_t i, struct evidence *ev)
{
	const struct change *c = &l->changes[i];
	struct publication p = { .state = PUBLISHES_NOTHING };
	enum rrtype type = RR_TXT;
	const struct truth *truth;

	if (c->kind == CHANGE_RRSET) {
		type = c->type;
		if (name_parse(l->arena, text_of(c->zone), &p.zone) &&
		    name_parse(l->arena, text_of(c->name), &p.name))
			p.state = PUBLISHES_RECORD;
	} else if (!change_publishes(ev, l->arena, l->engine->setup.rules, c, &p))
		return false;
	if (p.state == PUBLISHES_NOTHING)
		return true;
	if ((truth = ev_truth(ev, p.zone, p.name, type)) == NULL)
		return false;
	if (truth->answer->outcome == DNS_FAILED)
		l->ret[i].old_ttl_s = (uint32_t)json_int(c->before, "ttl", OLD_TTL_S);
	else
		l->ret[i].old_ttl_s = truth->answer->ttl_s;
	return true;
}

/*
 * Messages have no before and after of their own: the queue shows whether they
 * are held, are not, or are gone.  One that was delivered meanwhile needs
 * nothing any more.  Some so and some so is neither before nor after.
 */
static bool
look_queue(struct looking *l, size_t i, struct evidence *ev)
{
	const struct change *c = &l->changes[i];
	const struct ev_failure *why;
	const struct json *queue = ev_fact_any(ev, "queue", NULL, &why);
	const struct json *list = json_is_array(queue) ? queue : json_get(queue, "messages");
	bool hold = strcmp(c->action, "hold") == 0, release = strcmp(c->action, "release") == 0;
	size_t done = 0, left = 0;
	struct map *states;

	l->ret[i].at = PRESENT_UNREADABLE;
	if (!json_is_array(list))
		return queue != NULL || why != NULL;
	states = map_new(l->arena);
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (json_str(v, "id") != NULL && json_str(v, "state") != NULL)
			map_put(states, json_str(v, "id"), arena_strdup(l->arena, json_str(v, "state")));
	for (const struct json *v = json_first(c->ids); v != NULL; v = json_next(v)) {
		const char *state = map_get(states, json_value_str(v));
		bool held = state != NULL && strcmp(state, "hold") == 0;

		if (state == NULL)
			done += !hold && !release;
		else if (hold ? held : release && !held)
			done++;
		else
			left++;
	}
	l->ret[i].at = left == 0 ? PRESENT_AFTER : done == 0 ? PRESENT_BEFORE : PRESENT_OTHER;
	return true;
}

static bool
look_panel(struct looking *l, size_t i, struct evidence *ev)
{
	const struct change *c = &l->changes[i];
	const struct panel_change *row = l->engine->setup.panel == NULL ? NULL :
	    panel_change_find(l->engine->setup.panel, c);
	const struct json *value = NULL;
	struct state *s = &l->ret[i];
	struct activation act;
	bool known;

	s->at = PRESENT_UNREADABLE;
	s->reason = row == NULL ? "unsupported" : NULL;
	if (row != NULL && c->kind == CHANGE_QUEUE)
		return look_queue(l, i, ev);
	if (row == NULL || !comparable(row, c))
		return true;
	evidence_begin(ev, &act);
	known = row->state(ev, l->arena, c, l->engine->setup.panel_params, &value);
	evidence_end(ev, &act);
	if (!known && is_mute(&act))
		return true;
	if (!known) {
		s->reason = act.failure.reason != NULL ? arena_strdup(l->arena, act.failure.reason) : "protocol";
		return act.waiting == 0;
	}
	s->reason = NULL;
	s->value = value == NULL ? NULL : json_copy(l->arena, value);
	s->at = !c->before_unknown && change_state_eq(c, value, c->before) ? PRESENT_BEFORE :
	    change_state_eq(c, value, c->after) ? PRESENT_AFTER : PRESENT_OTHER;
	return true;
}

static bool
look_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct looking *l = ctx;
	bool all = true;

	(void)a;
	for (size_t i = 0; i < l->count; i++) {
		if (l->panel)
			all = look_panel(l, i, ev) && all;
		if (l->public)
			all = look_public(l, i, ev) && all;
	}
	return all;
}

void
changes_present(struct engine *e, struct arena *a, const struct change *changes, size_t count,
    bool public, struct state *ret)
{
	struct ask_options_engine options = { .fresh = true,
	    .depth = public ? TRUTH_AUTHORITATIVE : TRUTH_RESOLVER };
	struct looking l = { e, a, changes, count, true, public, ret };

	memset(ret, 0, count * sizeof(*ret));
	engine_ask_at(e, look_question, &l, &options);
}

void
changes_public(struct engine *e, struct arena *a, const struct change *changes, size_t count,
    struct state *ret)
{
	struct ask_options_engine options = { .fresh = true, .depth = TRUTH_AUTHORITATIVE };
	struct looking l = { e, a, changes, count, false, true, ret };

	memset(ret, 0, count * sizeof(*ret));
	engine_ask_at(e, look_question, &l, &options);
}

/* --- small things for the engine's thread --------------------------------------------------------------- */

struct small_job { struct job job; const char *ref; struct text secret; };

static void
small_do(struct engine *e, void (*start)(struct engine *, struct job *), const char *ref,
    struct text secret)
{
	struct small_job s = { .job = { .start = start }, .ref = ref, .secret = secret };

	s.job.ctx = &s;
	engine_do(e, &s.job);
}

static void
facts_drop_start(struct engine *e, struct job *job)
{
	if (e->cache != NULL)
		cache_facts_drop(e->cache);
	job_end(e, job);
}

static void
answers_drop_start(struct engine *e, struct job *job)
{
	if (e->cache != NULL)
		cache_drop(e->cache);
	job_end(e, job);
}

static void
secret_put_start(struct engine *e, struct job *job)
{
	struct small_job *s = job->ctx;

	if (e->net != NULL)
		net_secret_put(e->net, s->ref, s->secret);
	job_end(e, job);
}

static void
secret_drop_start(struct engine *e, struct job *job)
{
	struct small_job *s = job->ctx;

	if (e->net != NULL)
		net_secret_drop(e->net, s->ref);
	job_end(e, job);
}

void
facts_drop(struct engine *e)
{
	small_do(e, facts_drop_start, NULL, (struct text){ 0 });
}

void
answers_drop(struct engine *e)
{
	small_do(e, answers_drop_start, NULL, (struct text){ 0 });
}

void
engine_secret_put(struct engine *e, const char *ref, struct text secret)
{
	small_do(e, secret_put_start, ref, secret);
}

void
engine_secret_drop(struct engine *e, const char *ref)
{
	small_do(e, secret_drop_start, ref, (struct text){ 0 });
}
