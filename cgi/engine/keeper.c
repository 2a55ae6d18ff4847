#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/bounces.h"
#include "engine/internal.h"
#include "engine/keeper.h"
#include "engine/mailing.h"
#include "engine/scans.h"
#include "engine/traffic.h"
#include "store/bounces.h"
#include "store/domains.h"
#include "store/notices.h"
#include "store/plans.h"
#include "store/reports.h"
#include "store/settings.h"

#define TICK_S		5
#define ASK_S		60	/* whose turn it is; at once again while there are more */
#define DAY_S		86400
#define CHANGED_S	5	/* a change is often followed by others */
#define CHANGED_MOST_S	60
#define SERVER_AGE_S	3600
#define LOG_AGE_S	300	/* what a panel moves away meanwhile is little */
#define LOG_TIME_MS	10000	/* of a round; a first reading of many gigabytes takes several */
#define HISTORY_S	(365 * 86400)
#define SAMPLES_S	(90 * 86400)
#define NOTICES_S	(365 * 86400)
#define DIGEST		"notices.digest_at"
#define MAIL_AGAIN_S	600
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
	static const struct look server = { "server", 0 };

	keeper_look(e, &server, 1, true, engine_now(e));
}

/* Before the server is checked: its limits are measured by it. */
static void
read_log(struct engine *e, struct keeper *k, int64_t now)
{
	struct err err;
	bool more = false, ok = engine_traffic_read(e, LOG_TIME_MS, &more, &err);

	/* Told once, not every five minutes. */
	if (!ok && !k->log_bad && err.code != ERR_UNSUPPORTED && err.code != ERR_NOT_FOUND)
		log_line(LOG_WARNING, "engine", "the mail log was not read: %s", err.text);
	k->log_bad = !ok;
	k->log_at = more ? 0 : now;
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

/* Those whose turn it is, never checked ones first; a few at a time leave room for people. */
static void
check_due(struct engine *e, struct keeper *k, int64_t now)
{
	struct look looks[AT_A_TIME];
	const char *const *names;
	struct arena *a;
	size_t count = 0;
	struct err err;

	if (now - k->asked_at < ASK_S && now >= k->asked_at)
		return;
	a = arena_new();
	/* The loop's clock may be a turn behind: nobody is checked just before his time, and again. */
	if (!store_domains_due(e->setup.store, a, now - TICK_S, AT_A_TIME, &names, &count, &err))
		log_line(LOG_WARNING, "engine", "nothing is re-checked: %s", err.text);
	k->asked_at = count == AT_A_TIME ? 0 : now;
	for (size_t i = 0; i < count; i++)
		looks[i] = (struct look){ names[i], 0 };
	if (count > 0)
		keeper_look(e, looks, count, false, now);
	arena_free(a);
}

/* The panel's list becomes the store's by the way. */
static void
learn_domains(struct engine *e, bool fresh)
{
	struct identity who = { .login = "keeper", .role = ROLE_ADMIN, .lang = e->setup.lang,
	    .session = "keeper", .from = "keeper" };
	struct arena *a = arena_new();
	struct rights *rights;
	struct err err;

	if (!engine_rights(e, a, &who, fresh, &rights, &err))
		log_line(LOG_WARNING, "engine", "the panel's domains are not known: %s", err.text);
	arena_free(a);
}

bool
engine_changed(struct engine *e, const char *name, struct err *err)
{
	return store_look_soon(e->setup.store, name, engine_now(e), CHANGED_S, CHANGED_MOST_S, err);
}

/* What the panel says has changed, and what both ways did not agree upon. */
static void
check_soon(struct engine *e, int64_t now)
{
	static const struct store_scope all = { .all = true };
	struct arena *a = arena_new();
	const struct look *looks;
	struct look *domains, server = { NULL, 0 };
	struct domain_row row;
	size_t count = 0, n = 0;
	struct err err;

	if (!store_looks_take(e->setup.store, a, now, AT_A_TIME, &looks, &count, &err))
		log_line(LOG_WARNING, "engine", "what has changed is not known: %s", err.text);
	if (count > 0)			/* it may be a new one */
		learn_domains(e, true);
	domains = arena_array(a, count + 1, sizeof(*domains));
	for (size_t i = 0; i < count; i++) {
		if (strcmp(looks[i].name, "server") == 0)
			server = looks[i];
		else if (store_domain_get(e->setup.store, a, &all, looks[i].name, &row, &err))
			domains[n++] = looks[i];
	}
	if (server.name != NULL)
		keeper_look(e, &server, 1, true, now);
	if (n > 0)
		keeper_look(e, domains, n, true, now);
	arena_free(a);
}

void
keeper_digest(struct engine *e, int64_t now)
{
	struct store *store = e->setup.store;
	struct arena *a = arena_new();
	const char *at = store_get(store, a, DIGEST, &(struct err){ 0 });
	int64_t last = at == NULL ? 0 : atoll(at);
	const struct json *list, *v;
	struct err err = { 0 };

	if (at != NULL && last <= now && now - last < DAY_S)
		goto out;
	list = at == NULL || e->setup.notices_off ? NULL : store_digests(store, a, last, &err);
	for (v = json_first(list); v != NULL; v = json_next(v)) {
		struct notice n = { .login = json_str(v, "reseller"), .kind = "digest", .data = v };

		if (!store_notices_are_off(store, n.login) && !store_notice_put(store, &n, now, &err))
			break;
	}
	if (err.code != ERR_NONE ||
	    !store_set(store, DIGEST, arena_printf(a, "%lld", (long long)now), now, &err))
		log_line(LOG_WARNING, "engine", "no digest was made: %s", err.text);
out:
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
	    !store_samples_purge(store, now - SAMPLES_S, &err) ||
	    !store_notices_purge(store, now - NOTICES_S, &err) || !engine_traffic_purge(e, now, &err) ||
	    !store_bounces_purge(store, now - BOUNCES_DAYS * DAY_S, &err))
		log_line(LOG_WARNING, "engine", "old things are not forgotten: %s", err.text);
}

void
keeper_round(struct engine *e, struct keeper *k, int64_t now)
{
	learn_domains(e, false);
	engine_settle(e);
	if (!engine_ending(e) && (now - k->log_at >= LOG_AGE_S || now < k->log_at))
		read_log(e, k, now);
	if (!engine_ending(e) && (now - k->server_at >= SERVER_AGE_S || now < k->server_at)) {
		check_server(e);
		keeper_digest(e, now);
		forget(e, now);
		k->server_at = now;
	}
	if (!engine_ending(e))
		check_soon(e, now);
	if (!engine_ending(e))
		check_due(e, k, now);
	if (e->setup.notices_from != NULL && !e->setup.notices_off && !engine_ending(e) &&
	    (now >= k->mail_at || now < k->mail_at - MAIL_AGAIN_S))
		k->mail_at = mail_notices(e, now) ? 0 : now + MAIL_AGAIN_S;
}

static void *
keeper(void *p)
{
	struct engine *e = p;
	struct keeper k = { 0 };

	engine_recover(e);
	while (!engine_ending(e)) {
		keeper_round(e, &k, engine_now(e));
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
