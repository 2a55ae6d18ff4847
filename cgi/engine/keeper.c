/*
 * What `serve` does by itself: what an earlier run left open is finished, what
 * was written settles, every domain is checked once a day and the server once
 * an hour, spread out so that no minute has more than its share.
 */

#include <errno.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/internal.h"
#include "engine/scans.h"
#include "engine/traffic.h"
#include "store/domains.h"
#include "store/plans.h"
#include "store/reports.h"
#include "store/settings.h"

#define TICK_S		5
#define DOMAIN_AGE_S	86400
#define SERVER_AGE_S	3600
#define HISTORY_S	(365 * 86400)
#define SAMPLES_S	(90 * 86400)
#define AT_A_TIME	40	/* domains a tick: a day holds 690,000 of them */

bool
engine_ending(struct engine *e)
{
	bool stop;

	pthread_mutex_lock(&e->lock);
	stop = e->keeper_ending;
	pthread_mutex_unlock(&e->lock);
	return stop;
}

/* Until the next tick, or the end. */
static void
rest(struct engine *e, int seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&e->lock);
	while (!e->keeper_ending && pthread_cond_timedwait(&e->changed, &e->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&e->lock);
}

static void
check_server(struct engine *e)
{
	struct check_options options = { .depth = TRUTH_AUTHORITATIVE, .keep = true };
	struct err err;

	if (!engine_check_server(e, NULL, &options, NULL, NULL, &err))
		log_line(LOG_WARNING, "engine", "the server was not checked: %s", err.text);
}

/* Before the server is checked: its limits are measured by it. */
static void
read_log(struct engine *e, int64_t now)
{
	struct err err;

	if (!engine_traffic_read(e, 0, &err) && err.code != ERR_UNSUPPORTED && err.code != ERR_NOT_FOUND)
		log_line(LOG_WARNING, "engine", "the mail log was not read: %s", err.text);
	if (!engine_traffic_purge(e, now, &err))
		log_line(LOG_WARNING, "engine", "old counts are not forgotten: %s", err.text);
}

#define PARTS_AT_A_TIME	4	/* of scans, some seconds each */

/* Scans that somebody asked for; one that ended may be news for the server's report. */
static void
scan_on(struct engine *e)
{
	bool ended = false;

	for (int i = 0; i < PARTS_AT_A_TIME && !engine_ending(e); i++) {
		enum scan_step step = engine_scan_step(e, NULL);

		if (step == SCAN_NOTHING)
			break;
		ended = ended || step == SCAN_ENDED;
	}
	if (ended && !engine_ending(e))
		check_server(e);
}

/* The longest unchecked first; a few at a time leave room for people. */
static void
check_stale(struct engine *e, int64_t now)
{
	struct check_options options = { .depth = TRUTH_RESOLVER, .keep = true };
	struct arena *a = arena_new();
	const char *const *names;
	size_t count;
	struct err err;

	if (!store_domains_stale(e->setup.store, a, now - DOMAIN_AGE_S, AT_A_TIME, &names, &count, &err))
		log_line(LOG_WARNING, "engine", "nothing is re-checked: %s", err.text);
	else if (count > 0 && !engine_check(e, NULL, names, count, NULL, &options, NULL, NULL, &err))
		log_line(LOG_WARNING, "engine", "domains were not checked: %s", err.text);
	arena_free(a);
}

/* The panel's list becomes the store's by the way. */
static void
learn_domains(struct engine *e)
{
	struct identity who = { .login = "keeper", .role = ROLE_ADMIN, .lang = e->setup.lang,
	    .session = "keeper", .from = "keeper" };
	struct arena *a = arena_new();
	struct rights *rights;
	struct err err;

	if (!engine_rights(e, a, &who, false, &rights, &err))
		log_line(LOG_WARNING, "engine", "the panel's domains are not known: %s", err.text);
	arena_free(a);
}

/* Plans that nobody applied, domains that are long gone, old history and numbers. */
static void
forget(struct engine *e, int64_t now)
{
	struct store *store = e->setup.store;
	struct err err;

	if (!store_plans_purge(store, now, &err) || !store_domains_purge(store, now, &err) ||
	    !store_history_purge(store, now - HISTORY_S, &err) ||
	    !store_samples_purge(store, now - SAMPLES_S, &err))
		log_line(LOG_WARNING, "engine", "old things are not forgotten: %s", err.text);
}

static void *
keeper(void *p)
{
	struct engine *e = p;
	int64_t server_at = 0;

	engine_recover(e);
	while (!engine_ending(e)) {
		int64_t now = (int64_t)time(NULL);

		learn_domains(e);
		engine_settle(e);
		if (!engine_ending(e) && (now - server_at >= SERVER_AGE_S || now < server_at)) {
			read_log(e, now);
			check_server(e);
			forget(e, now);
			server_at = now;
		}
		if (!engine_ending(e))
			check_stale(e, now);
		scan_on(e);
		rest(e, TICK_S);
	}
	return NULL;
}

bool
keeper_start(struct engine *e, struct err *err)
{
	if (e->setup.store == NULL)
		return true;
	if (pthread_create(&e->keeper, NULL, keeper, e) == 0)
		return true;
	e->keeper = 0;
	return err_set(err, ERR_BUSY, "cannot start the keeper's thread");
}

void
keeper_stop(struct engine *e)
{
	if (e->keeper == 0)
		return;
	pthread_mutex_lock(&e->lock);
	e->keeper_ending = true;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->keeper, NULL);
	e->keeper = 0;
}
