#include "engine/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/internal.h"
#include "store/domains.h"
#include "store/settings.h"

#define AGE_MAX_S	60	/* contract: what a login owns */
#define AGE_RENEW_S	30	/* older than this: renewed in the background */
#define AGE_LATE_S	300	/* panel slow: looked at meanwhile, never changed by */
#define MOMENT_MS	800	/* a page never waits longer */
#define AGE_DOWN_S	(24 * 3600)	/* panel down: still looked at */
#define RETRY_S		5	/* between tries while it is down */
#define SYNCED		"domains.synced_at"	/* setting: when the panel's list was last kept */

struct access {
	pthread_mutex_t		 lock;
	pthread_cond_t		 loaded;
	struct snapshot		*now;
	bool			 loading;
	uint64_t		 asked, served;	/* tickets: a load serves all that came before it */
	uint64_t		 turn;		/* of the last snapshot */
	int64_t			 failed_at;
	struct err		 failed;
};

static struct access *
access_of(struct engine *e)
{
	pthread_mutex_lock(&e->lock);
	if (e->access == NULL) {
		struct access *access = calloc(1, sizeof(*access));

		if (access == NULL)
			abort();
		pthread_mutex_init(&access->lock, NULL);
		pthread_cond_init(&access->loaded, NULL);
		e->access = access;
	}
	pthread_mutex_unlock(&e->lock);
	return e->access;
}

void
access_free(struct access *access)
{
	if (access == NULL)
		return;
	snapshot_unref(access->now);
	pthread_mutex_destroy(&access->lock);
	pthread_cond_destroy(&access->loaded);
	free(access);
}

void
access_idle(struct access *access)
{
	if (access == NULL)
		return;
	pthread_mutex_lock(&access->lock);
	while (access->loading)
		pthread_cond_wait(&access->loaded, &access->lock);
	pthread_mutex_unlock(&access->lock);
}

/* --- reading the panel ------------------------------------------------------------------------------- */

struct reading {
	struct engine	*engine;
	struct snapshot	*snapshot;
	struct err	 err;
};

static bool
reading_fails(struct reading *r, const struct ev_failure *why)
{
	err_set(&r->err, strcmp(why->reason, "denied") == 0 ? ERR_DENIED : ERR_UNREACHABLE,
	    "the panel does not say which domains there are: %s (%s)",
	    why->detail != NULL ? why->detail : why->key, why->reason);
	return true;
}

static bool
reading_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct reading *r = ctx;
	const struct ev_failure *why_domains, *why_accounts;
	const struct json *domains = ev_fact_any(ev, "domains", NULL, &why_domains);
	const struct json *accounts = ev_fact_any(ev, "accounts", NULL, &why_accounts);

	(void)a;
	if (domains == NULL && why_domains != NULL)
		return reading_fails(r, why_domains);
	/* A panel that has no accounts at all is fine; one that does not answer is not. */
	if (accounts == NULL && why_accounts != NULL && strcmp(why_accounts->reason, "unsupported") != 0)
		return reading_fails(r, why_accounts);
	if (domains == NULL || (accounts == NULL && why_accounts == NULL))
		return false;
	r->snapshot = snapshot_new(domains, accounts, false);
	return true;
}

static void
store_sync(struct engine *e, const struct snapshot *s)
{
	struct store_domain *rows;
	struct arena *a;
	struct err err;

	if (e->setup.store == NULL || (s->open && s->count == 0))
		return;
	a = arena_new();
	rows = arena_array(a, s->all.count + 1, sizeof(*rows));
	for (size_t i = 0; i < s->all.count; i++)
		rows[i] = (struct store_domain){ .name = s->all.rows[i]->name, .display = s->all.rows[i]->display,
		    .owner = s->all.rows[i]->owner, .reseller = s->all.rows[i]->reseller };
	if (!store_domains_sync(e->setup.store, rows, s->all.count, engine_now(e), &err) ||
	    !store_set(e->setup.store, SYNCED, arena_printf(a, "%lld", (long long)engine_now(e)),
	    engine_now(e), &err))
		log_line(LOG_WARNING, "engine", "the list of domains is not kept: %s", err.text);
	arena_free(a);
}

static struct snapshot *
snapshot_read(struct engine *e, struct err *err)
{
	struct ask_options_engine options = { .depth = TRUTH_RESOLVER, .fresh = true };
	struct reading r = { .engine = e };

	if (e->setup.panel == NULL)
		r.snapshot = snapshot_new(e->setup.panel_params != NULL ? e->setup.panel_params->domains : NULL,
		    NULL, true);
	else
		engine_ask_at(e, reading_question, &r, &options);
	if (r.snapshot == NULL) {
		if (r.err.code == ERR_NONE)
			err_set(&r.err, ERR_UNREACHABLE, "the panel gave no list of domains");
		*err = r.err;
		return NULL;
	}
	r.snapshot->at = monotonic_ms() / 1000;
	store_sync(e, r.snapshot);
	return r.snapshot;
}

/*
 * This process has not seen the panel's list yet, and it is slow or down: what
 * the store kept of the last one, for looking only.
 */
static void
kept_row(void *ctx, const struct domain_row *row)
{
	struct json *one = json_add_object(ctx);

	json_put_str(one, "ascii", row->name);
	json_put_str(one, "owner", row->owner);
	json_put_str(one, "reseller", row->reseller);
}

static struct snapshot *
snapshot_kept(struct engine *e, int64_t age_max_s)
{
	static const struct store_scope all = { .all = true };
	const struct domain_query q = { .sort = SORT_NAME };
	struct arena *a;
	struct json *rows;
	struct snapshot *s = NULL;
	const char *synced;
	int64_t age;
	struct err err;

	if (e->setup.store == NULL || !e->threaded)
		return NULL;
	a = arena_new();
	rows = json_new_array(a);
	synced = store_get(e->setup.store, a, SYNCED, &err);
	age = synced == NULL ? INT64_MAX : engine_now(e) - atoll(synced);
	if (age >= 0 && age < age_max_s &&
	    store_domains_each(e->setup.store, &all, &q, kept_row, rows, &err)) {
		s = snapshot_new(rows, NULL, false);
		s->at = monotonic_ms() / 1000 - (age > AGE_MAX_S ? age : AGE_MAX_S + 1);	/* old from the beginning */
	}
	arena_free(a);
	return s;
}

static void
snapshot_show(struct access *access, struct snapshot *s)
{
	snapshot_unref(access->now);
	if (s != NULL)
		s->turn = ++access->turn;
	access->now = s;
}

/* The lock is held on entry and exit, not meanwhile. */
static void
load(struct engine *e, struct access *access)
{
	uint64_t serves = access->asked;
	struct snapshot *s;
	struct err err;

	access->loading = true;
	pthread_mutex_unlock(&access->lock);
	s = snapshot_read(e, &err);
	pthread_mutex_lock(&access->lock);
	if (s != NULL) {
		snapshot_show(access, s);
		access->failed = (struct err){ 0 };
	} else {
		access->failed = err;
		access->failed_at = monotonic_ms() / 1000;
		if (access->now == NULL)
			snapshot_show(access, snapshot_kept(e, AGE_DOWN_S));
	}
	access->served = serves;
	access->loading = false;
	pthread_cond_broadcast(&access->loaded);
}

struct renewal { struct engine *engine; struct access *access; };

static void *
renew(void *p)
{
	struct renewal *r = p;

	pthread_mutex_lock(&r->access->lock);
	load(r->engine, r->access);
	pthread_mutex_unlock(&r->access->lock);
	free(r);
	return NULL;
}

static void
renew_start(struct engine *e, struct access *access)
{
	struct renewal *r = malloc(sizeof(*r));
	pthread_t thread;

	if (r == NULL)
		abort();
	*r = (struct renewal){ e, access };
	access->loading = true;		/* so that nobody else begins */
	if (pthread_create(&thread, NULL, renew, r) == 0) {
		pthread_detach(thread);
		return;
	}
	access->loading = false;
	free(r);
}

/* The panel is slow: somebody reads it, and whoever only looks waits for a moment. */
static void
wait_a_moment(struct engine *e, struct access *access)
{
	struct timespec until;

	if (!access->loading)
		renew_start(e, access);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += MOMENT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (access->loading && pthread_cond_timedwait(&access->loaded, &access->lock, &until) != ETIMEDOUT)
		;
}

struct snapshot *
access_snapshot(struct engine *e, enum access_age wanted, struct err *err)
{
	struct access *access = access_of(e);
	bool fresh = wanted == ACCESS_FRESH;
	struct snapshot *s = NULL;
	uint64_t ticket;
	int64_t now = monotonic_ms() / 1000, age;

	pthread_mutex_lock(&access->lock);
	if (!fresh && access->now == NULL)
		snapshot_show(access, snapshot_kept(e, AGE_LATE_S));
	age = access->now == NULL ? INT64_MAX : now - access->now->at;
	if (!fresh && age <= AGE_MAX_S) {
		s = access->now;
		if (age > AGE_RENEW_S && e->threaded && !access->loading)
			renew_start(e, access);
		goto end;
	}
	if (!fresh && access->failed.code != ERR_NONE && now - access->failed_at < RETRY_S)
		goto failed;
	if (!fresh && e->threaded && (age <= AGE_LATE_S || wanted == ACCESS_SOON)) {
		wait_a_moment(e, access);
		if ((!access->loading || access->now == NULL) && access->failed.code != ERR_NONE)
			goto failed;
		s = access->now != NULL && now - access->now->at < AGE_DOWN_S ? access->now : NULL;
		if (s == NULL)
			err_set(err, ERR_BUSY, "the panel's list is being read");
		goto end;
	}
	ticket = ++access->asked;
	while (access->served < ticket) {
		if (access->loading)
			pthread_cond_wait(&access->loaded, &access->lock);
		else
			load(e, access);
	}
	if (access->failed.code == ERR_NONE) {
		s = access->now;
		goto end;
	}
failed:
	/* Looking at what was known is better than nothing; a refused key is no outage. */
	age = access->now == NULL ? INT64_MAX : now - access->now->at;
	if (!fresh && access->now != NULL && access->failed.code != ERR_DENIED && age < AGE_DOWN_S)
		s = access->now;
	else
		*err = access->failed;
end:
	if (s != NULL)
		s->refs++;
	pthread_mutex_unlock(&access->lock);
	return s;
}

size_t
access_count(struct engine *e)
{
	struct access *access = access_of(e);
	size_t count;

	pthread_mutex_lock(&access->lock);
	count = access->now == NULL ? 0 : access->now->all.count;
	pthread_mutex_unlock(&access->lock);
	return count;
}

bool
engine_panel_away(struct engine *e, int64_t *since)
{
	struct access *access = access_of(e);
	bool away;

	pthread_mutex_lock(&access->lock);
	away = access->now != NULL && access->failed.code != ERR_NONE;
	if (away)
		*since = engine_now(e) - (monotonic_ms() / 1000 - access->now->at);
	pthread_mutex_unlock(&access->lock);
	return away;
}

bool
access_recent(const struct snapshot *s)
{
	return monotonic_ms() / 1000 - s->at <= AGE_MAX_S;
}
