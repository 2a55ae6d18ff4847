#include "engine/engine.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "engine/access.h"
#include "engine/apply.h"
#include "engine/internal.h"
#include "net/net.h"

struct engine *
engine_new(const struct engine_setup *setup, struct err *err)
{
	struct arena *a = arena_new();
	struct engine *e = arena_zalloc(a, sizeof(*e));

	e->arena = a;
	e->setup = *setup;
	e->run_last = &e->run_first;
	e->jobs_last = &e->jobs;
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->changed, NULL);
	if (setup->replay != NULL) {
		e->replay = evidence_replay_source(a, setup->replay, err);
		if (e->replay == NULL)
			goto fail;
	} else {
		e->net = net_new(setup->net, err);
		if (e->net == NULL)
			goto fail;
		e->cache = cache_new(e->net);
	}
	return e;
fail:
	arena_free(a);
	return NULL;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	engine_stop(e);
	while (e->oldest != NULL) {		/* nobody waits for these any more */
		e->oldest->deadline_ms = 0;
		e->oldest->runnable = false;
		engine_turn(e, 0);
	}
	if (e->net != NULL)
		net_free(e->net);
	cache_free(e->cache);
	access_free(e->access);
	apply_free(e->apply);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->changed);
	arena_free(e->arena);
}

int64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
engine_now(struct engine *e)
{
	if (e->setup.net != NULL && e->setup.net->clock != NULL)
		return e->setup.net->clock();
	/* The loop's clock is the loop's thread's alone. */
	if (e->threaded && !pthread_equal(pthread_self(), e->thread))
		return (int64_t)time(NULL);
	return e->net != NULL ? net_now(e->net) :
	    json_int(e->setup.replay, "now", (int64_t)time(NULL));
}

/* --- the engine thread --------------------------------------------------------------------------- */

static struct job *
take_jobs(struct engine *e, bool *stopping)
{
	struct job *jobs;

	pthread_mutex_lock(&e->lock);
	jobs = e->jobs;
	e->jobs = NULL;
	e->jobs_last = &e->jobs;
	*stopping = e->stopping;
	pthread_mutex_unlock(&e->lock);
	return jobs;
}

static void *
engine_thread(void *p)
{
	struct engine *e = p;
	bool stopping = false;

	while (!stopping || e->oldest != NULL) {
		struct job *job, *next;

		for (job = take_jobs(e, &stopping); job != NULL; job = next) {
			next = job->next;
			job->start(e, job);
		}
		engine_turn(e, stopping ? 50 : 1000);
		if (e->oldest == NULL && e->cache != NULL)
			cache_rest(e->cache);
	}
	return NULL;
}

bool
engine_thread_start(struct engine *e, struct err *err)
{
	e->threaded = true;
	if (pthread_create(&e->thread, NULL, engine_thread, e) == 0)
		return true;
	e->threaded = false;
	return err_set(err, ERR_BUSY, "cannot start the engine's thread");
}

void
engine_thread_stop(struct engine *e)
{
	/* What reads whose is what needs the loop to its end. */
	access_idle(e->access);
	pthread_mutex_lock(&e->lock);
	e->stopping = true;
	pthread_mutex_unlock(&e->lock);
	net_wake(e->net);
	pthread_join(e->thread, NULL);
	e->threaded = e->stopping = false;
}

bool
engine_start(struct engine *e, struct err *err)
{
	if (!engine_thread_start(e, err))
		return false;
	if (keeper_start(e, err))
		return true;
	engine_stop(e);
	return false;
}

void
engine_stop(struct engine *e)
{
	if (!e->threaded)
		return;
	keeper_stop(e);
	apply_idle(e);		/* what writes needs the loop to its end, too */
	engine_thread_stop(e);
}

void
job_end(struct engine *e, struct job *job)
{
	bool detached;

	pthread_mutex_lock(&e->lock);
	detached = job->detached;
	job->ended = true;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
	if (detached)
		free(job);
}

void
engine_do(struct engine *e, struct job *job)
{
	bool detached = job->detached;

	job->ended = false;
	job->next = NULL;
	if (!e->threaded || pthread_equal(pthread_self(), e->thread)) {
		job->start(e, job);
		while (!detached && !job->ended) {
			engine_turn(e, 1000);
			if (!job->ended && job->turned != NULL)
				job->turned(e, job);
		}
		return;
	}
	pthread_mutex_lock(&e->lock);
	*e->jobs_last = job;
	e->jobs_last = &job->next;
	pthread_mutex_unlock(&e->lock);
	net_wake(e->net);
	if (detached)
		return;
	pthread_mutex_lock(&e->lock);
	while (!job->ended)
		pthread_cond_wait(&e->changed, &e->lock);
	pthread_mutex_unlock(&e->lock);
}

/* --- one call ---------------------------------------------------------------------------------- */

struct call_job {
	struct job		 job;
	const struct request	*request;
	struct arena		*arena;
	struct engine		*engine;
	struct reply		*ret;
};

static void
free_arena(void *p)
{
	arena_free(p);
}

static void
call_done(void *p, const struct reply *reply)
{
	struct call_job *call = p;

	*call->ret = *reply;
	arena_defer(call->arena, free_arena, net_keep(call->engine->net));
	job_end(call->engine, &call->job);
}

static void
call_start(struct engine *e, struct job *job)
{
	struct call_job *call = job->ctx;

	net_submit(e->net, call->request, call_done, call);
}

void
engine_call(struct engine *e, struct arena *a, const struct request *request, struct reply *ret)
{
	struct call_job call = { .request = request, .arena = a, .engine = e, .ret = ret };

	if (e->net == NULL) {
		*ret = (struct reply){ 0 };
		err_set(&ret->err, ERR_UNSUPPORTED, "a replay makes no calls");
		return;
	}
	call.job.start = call_start;
	call.job.ctx = &call;
	engine_do(e, &call.job);
}

/* --- any question -------------------------------------------------------------------------------- */

struct ask_job {
	struct job		 job;
	question		 fn;
	void			*ctx;
	const struct ask_options_engine *options;
	bool			 answered;
};

static void
ask_job_done(struct ask *ask)
{
	struct ask_job *aj = ask->owner;

	aj->answered = ask->answered;
	job_end(ask->engine, &aj->job);
}

static void
ask_job_start(struct engine *e, struct job *job)
{
	struct ask_job *aj = job->ctx;

	ask_start(e, aj->fn, aj->ctx, aj->options, ask_job_done, aj);
}

bool
engine_ask_at(struct engine *e, question fn, void *ctx, const struct ask_options_engine *options)
{
	struct ask_job aj = { .fn = fn, .ctx = ctx, .options = options };

	aj.job.start = ask_job_start;
	aj.job.ctx = &aj;
	engine_do(e, &aj.job);
	return aj.answered;
}

bool
engine_ask(struct engine *e, question fn, void *ctx, uint32_t time_limit_ms)
{
	struct ask_options_engine options = { .time_limit_ms = time_limit_ms };

	return engine_ask_at(e, fn, ctx, &options);
}

/* --- a stream of questions ------------------------------------------------------------------------ */

struct stream_job {
	struct job			 job;
	const struct question_stream	*stream;
	struct engine			*engine;
	size_t				 open;
	bool				 no_more;
};

#define STREAM_LOOK_MS	10	/* how long the next one may lie there, unless an answer comes first */

static void	stream_fill(struct stream_job *);

static void
stream_done(struct ask *ask)
{
	struct stream_job *sj = ask->owner;

	sj->stream->done(sj->stream->ctx, ask->ctx);
	sj->open--;
	stream_fill(sj);
}

static void
stream_fill(struct stream_job *sj)
{
	struct ask_options_engine options = { .time_limit_ms = sj->stream->time_limit_ms,
	    .depth = sj->stream->depth };

	/* With nothing else to do, next may wait as long as it likes. */
	while (!sj->no_more && sj->open < sj->stream->at_once && (sj->open == 0 ||
	    sj->stream->ready == NULL || sj->stream->ready(sj->stream->ctx))) {
		void *one = sj->stream->next(sj->stream->ctx);

		if (one == NULL)
			sj->no_more = true;
		else {
			sj->open++;
			ask_start(sj->engine, sj->stream->ask, one, &options, stream_done, sj);
		}
	}
	if (sj->no_more && sj->open == 0 && !sj->job.ended)
		job_end(sj->engine, &sj->job);
}

static void
stream_start(struct engine *e, struct job *job)
{
	(void)e;
	stream_fill(job->ctx);
}

void
engine_ask_stream(struct engine *e, const struct question_stream *stream)
{
	struct stream_job sj = { .stream = stream, .engine = e };

	if (stream->ready != NULL && !e->threaded) {
		stream_fill(&sj);
		while (!sj.job.ended) {
			engine_turn(e, sj.no_more || sj.open == stream->at_once ? 1000 : STREAM_LOOK_MS);
			stream_fill(&sj);
		}
		return;
	}
	sj.job.start = stream_start;
	sj.job.ctx = &sj;
	engine_do(e, &sj.job);
}

/* --- parts ---------------------------------------------------------------------------------------- */

const struct catalog *
engine_catalog(const struct engine *e)
{
	return e->setup.catalog;
}

const struct rules *
engine_rules(const struct engine *e)
{
	return e->setup.rules;
}

struct store *
engine_store(struct engine *e)
{
	return e->setup.store;
}
