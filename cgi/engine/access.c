#include "engine/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
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
#define CHAIN_MAX	8	/* accounts above each other */

struct account {
	const char	*login, *parent;
	enum role	 role;
	bool		 suspended;
};

struct set {				/* what one login sees */
	const struct owned	**rows;
	const char		**names;
	size_t			 count, room;
	size_t			 as_owner, as_reseller;	/* rows found by that column */
};

struct snapshot {
	struct arena		*arena;
	_Atomic unsigned	 refs;
	int64_t			 at;		/* monotonic seconds */
	bool			 open;
	struct owned		*rows;
	size_t			 count;
	struct set		 all;
	struct map		*accounts;	/* login -> struct account */
	struct map		*sets;		/* login -> struct set */
};

struct access {
	pthread_mutex_t		 lock;
	pthread_cond_t		 loaded;
	struct snapshot		*now;
	bool			 loading;
	uint64_t		 asked, served;	/* tickets: a load serves all that came before it */
	int64_t			 failed_at;
	struct err		 failed;
};

static int64_t
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

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

static void
snapshot_unref(void *p)
{
	struct snapshot *s = p;

	if (s != NULL && --s->refs == 0)
		arena_free(s->arena);		/* the snapshot itself lives there */
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

/* --- from facts to rows ---------------------------------------------------------------------------- */

static void
accounts_read(struct snapshot *s, const struct json *accounts)
{
	for (const struct json *v = json_first(accounts); v != NULL; v = json_next(v)) {
		const char *login = json_str(v, "login"), *role = json_str(v, "role");
		struct account *one;

		if (login == NULL)
			continue;
		one = arena_zalloc(s->arena, sizeof(*one));
		one->login = arena_strdup(s->arena, login);
		if (json_str(v, "parent") != NULL)
			one->parent = arena_strdup(s->arena, json_str(v, "parent"));
		one->role = role != NULL && strcmp(role, "admin") == 0 ? ROLE_ADMIN :
		    role != NULL && strcmp(role, "reseller") == 0 ? ROLE_RESELLER : ROLE_CUSTOMER;
		one->suspended = !json_bool(v, "active", true);
		map_put(s->accounts, login, one);
	}
}

static const char *
dup_or_null(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_strdup(a, s);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct owned *)a)->name, ((const struct owned *)b)->name);
}

static void
rows_read(struct snapshot *s, const struct json *domains)
{
	s->rows = arena_array(s->arena, json_count(domains) + 1, sizeof(*s->rows));
	for (const struct json *v = json_first(domains); v != NULL; v = json_next(v)) {
		struct owned *row = &s->rows[s->count];
		const char *name = json_str(v, "name"), *ascii = json_str(v, "ascii");
		struct name canonical;

		if (!name_from_person(s->arena, text_of(ascii != NULL ? ascii : name), &canonical, NULL))
			continue;	/* nothing that could be checked */
		row->name = canonical.s;
		row->display = name_display(s->arena, canonical);
		row->owner = dup_or_null(s->arena, json_str(v, "owner"));
		row->reseller = dup_or_null(s->arena, json_str(v, "reseller"));
		s->count++;
	}
	qsort(s->rows, s->count, sizeof(*s->rows), by_name);
}

static struct set *
set_of(struct snapshot *s, const char *login)
{
	struct set *set = map_get(s->sets, login);

	if (set == NULL) {
		set = arena_zalloc(s->arena, sizeof(*set));
		map_put(s->sets, login, set);
	}
	return set;
}

static void
set_add(struct snapshot *s, struct set *set, const struct owned *row)
{
	if (set->count > 0 && set->rows[set->count - 1] == row)
		return;			/* twice in one chain */
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 4 : 2 * set->room;

		set->rows = arena_grow(s->arena, set->rows, set->count, room, sizeof(*set->rows));
		set->names = arena_grow(s->arena, set->names, set->count, room, sizeof(*set->names));
		set->room = room;
	}
	set->rows[set->count] = row;
	set->names[set->count++] = row->name;
}

/*
 * The owner, then who is above him, up to the administrator: each sees the
 * domain.  The highest reseller becomes the row's column.
 */
static void
chain_follow(struct snapshot *s, struct owned *row)
{
	const char *login = row->owner, *seen[CHAIN_MAX];
	const char *said = row->reseller;
	bool among = false;
	size_t n = 0;

	row->reseller = NULL;
	for (; login != NULL && n < CHAIN_MAX; n++) {
		const struct account *account = map_get(s->accounts, login);

		for (size_t i = 0; i < n; i++)
			if (strcmp(seen[i], login) == 0)
				return;		/* accounts in a circle: the panel is confused */
		if (account != NULL && account->role == ROLE_ADMIN)
			break;
		seen[n] = login;
		among = among || (said != NULL && strcmp(said, login) == 0);
		set_add(s, set_of(s, login), row);
		if (account != NULL && account->role == ROLE_RESELLER)
			row->reseller = account->login;
		login = account != NULL ? account->parent : NULL;
	}
	/* The domain's own row may say more than the accounts: cPanel's reseller owns the account of another
	 * reseller, but not what is below that one. */
	if (said != NULL && !among) {
		row->reseller = said;
		set_add(s, set_of(s, said), row);
	}
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static struct snapshot *
snapshot_new(const struct json *domains, const struct json *accounts, bool open)
{
	struct arena *a = arena_new();
	struct snapshot *s = arena_zalloc(a, sizeof(*s));

	s->arena = a;
	s->refs = 1;
	s->open = open;
	s->accounts = map_new(a);
	s->sets = map_new(a);
	accounts_read(s, accounts);
	rows_read(s, domains);
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0 && strcmp(s->rows[i].name, s->rows[i - 1].name) == 0)
			continue;
		set_add(s, &s->all, &s->rows[i]);
		chain_follow(s, &s->rows[i]);
	}
	for (size_t i = 0; i < map_count(s->sets); i++) {
		const char *login;
		struct set *set = map_at(s->sets, i, &login);

		for (size_t j = 0; j < set->count; j++) {
			set->as_owner += same(set->rows[j]->owner, login);
			set->as_reseller += same(set->rows[j]->reseller, login);
		}
	}
	return s;
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
	r.snapshot->at = seconds();
	store_sync(e, r.snapshot);
	return r.snapshot;
}

/*
 * The panel is down and this process never saw it up: what the store kept of
 * its last list, for looking only.
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
snapshot_kept(struct engine *e)
{
	static const struct store_scope all = { .all = true };
	const struct domain_query q = { .sort = SORT_NAME };
	struct arena *a;
	struct json *rows;
	struct snapshot *s = NULL;
	const char *synced;
	struct err err;

	if (e->setup.store == NULL || !e->threaded)
		return NULL;
	a = arena_new();
	rows = json_new_array(a);
	synced = store_get(e->setup.store, a, SYNCED, &err);
	if (synced != NULL && engine_now(e) - atoll(synced) < AGE_DOWN_S &&
	    store_domains_each(e->setup.store, &all, &q, kept_row, rows, &err)) {
		s = snapshot_new(rows, NULL, false);
		s->at = seconds() - AGE_MAX_S - 1;	/* old from the beginning */
	}
	arena_free(a);
	return s;
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
		snapshot_unref(access->now);
		access->now = s;
		access->failed = (struct err){ 0 };
	} else {
		access->failed = err;
		access->failed_at = seconds();
		if (access->now == NULL)
			access->now = snapshot_kept(e);
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

/* A reference to a snapshot that is new enough, or NULL. */
static struct snapshot *
snapshot_get(struct engine *e, bool fresh, struct err *err)
{
	struct access *access = access_of(e);
	struct snapshot *s = NULL;
	uint64_t ticket;
	int64_t now = seconds(), age;

	pthread_mutex_lock(&access->lock);
	age = access->now == NULL ? INT64_MAX : now - access->now->at;
	if (!fresh && age <= AGE_MAX_S) {
		s = access->now;
		if (age > AGE_RENEW_S && e->threaded && !access->loading)
			renew_start(e, access);
		goto end;
	}
	if (!fresh && access->failed.code != ERR_NONE && now - access->failed_at < RETRY_S)
		goto failed;
	if (!fresh && e->threaded && age <= AGE_LATE_S) {
		wait_a_moment(e, access);
		if (!access->loading && access->failed.code != ERR_NONE)
			goto failed;
		s = access->now;
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

/* --- rights ------------------------------------------------------------------------------------------ */

/* May this identity work as that login?  An administrator as all, a reseller as who is below. */
static bool
may_act_as(const struct snapshot *s, const struct identity *who)
{
	const char *login = who->acting;

	if (who->role == ROLE_ADMIN)
		return true;
	for (int i = 0; login != NULL && i < CHAIN_MAX; i++) {
		const struct account *account = map_get(s->accounts, login);

		if (strcmp(login, who->login) == 0)
			return true;
		login = account != NULL ? account->parent : NULL;
	}
	return false;
}

static enum role
role_as(const struct snapshot *s, const struct identity *who)
{
	const struct account *account;

	if (who->acting == NULL)
		return who->role;
	account = map_get(s->accounts, who->acting);
	/* Never more than one's own, and an administrator's work as somebody is that somebody's. */
	return account != NULL && account->role == ROLE_RESELLER && who->role != ROLE_CUSTOMER ?
	    ROLE_RESELLER : ROLE_CUSTOMER;
}

/*
 * A reseller may be an account as well (cPanel): who comes as a customer, as a web site of his
 * does, has that account's domains and nothing of those below it.
 */
static const struct set *
set_owned(struct arena *a, const struct set *set, const char *login)
{
	struct set *own;

	if (set == NULL || set->as_owner == set->count)
		return set;
	own = arena_zalloc(a, sizeof(*own));
	own->rows = arena_array(a, set->as_owner + 1, sizeof(*own->rows));
	own->names = arena_array(a, set->as_owner + 1, sizeof(*own->names));
	for (size_t i = 0; i < set->count; i++)
		if (same(set->rows[i]->owner, login)) {
			own->rows[own->count] = set->rows[i];
			own->names[own->count++] = set->names[i];
		}
	own->as_owner = own->count;
	return own;
}

bool
engine_rights(struct engine *e, struct arena *a, const struct identity *who, bool fresh,
    struct rights **ret, struct err *err)
{
	struct snapshot *s = snapshot_get(e, fresh, err);
	const struct set *set;
	struct rights *r;

	if (s == NULL)
		return false;
	arena_defer(a, snapshot_unref, s);
	if (who->acting != NULL && !may_act_as(s, who))
		return err_set(err, ERR_NOT_FOUND, "%s may not work as %s", who->login, who->acting);
	r = arena_zalloc(a, sizeof(*r));
	r->who = (struct identity){ .login = arena_strdup(a, who->login), .role = who->role,
	    .lang = dup_or_null(a, who->lang), .session = dup_or_null(a, who->session),
	    .acting = dup_or_null(a, who->acting), .from = dup_or_null(a, who->from) };
	r->login = r->who.acting != NULL ? r->who.acting : r->who.login;
	r->role = role_as(s, who);
	r->all = r->role == ROLE_ADMIN;
	r->open = r->all && s->open;
	r->snapshot = s;
	set = r->all ? &s->all : map_get(s->sets, r->login);
	if (r->role == ROLE_CUSTOMER)
		set = set_owned(a, set, r->login);
	if (set != NULL) {
		r->rows = set->rows;
		r->names = set->names;
		r->count = set->count;
		if (r->role == ROLE_RESELLER && set->as_reseller == set->count)
			r->reseller = r->login;
		else if (!r->all && set->as_owner == set->count)
			r->owner = r->login;
	}
	*ret = r;
	return true;
}

struct rights *
engine_rights_kept(struct arena *a)
{
	struct rights *r = arena_zalloc(a, sizeof(*r));

	r->who = (struct identity){ .login = "admin", .role = ROLE_ADMIN, .session = "cli", .from = "cli" };
	r->login = r->who.login;
	r->role = ROLE_ADMIN;
	r->all = true;
	return r;
}

const struct identity *
rights_identity(const struct rights *r)
{
	return &r->who;
}

enum role
rights_role(const struct rights *r)
{
	return r->role;
}

bool
rights_admin(const struct rights *r)
{
	return r->all;
}

static int
row_compare(const void *name, const void *row)
{
	return strcmp(name, (*(const struct owned *const *)row)->name);
}

const struct owned *
rights_row(const struct rights *r, const char *ascii)
{
	const struct owned *const *found = r->count == 0 ? NULL :
	    bsearch(ascii, r->rows, r->count, sizeof(*r->rows), row_compare);

	return found == NULL ? NULL : *found;
}

bool
rights_domain(const struct rights *r, const char *ascii)
{
	return r->open || rights_row(r, ascii) != NULL;
}

bool
rights_recent(const struct rights *r)
{
	return r->snapshot != NULL && seconds() - r->snapshot->at <= AGE_MAX_S;
}

size_t
rights_count(const struct rights *r)
{
	return r->count;
}

const char *
rights_at(const struct rights *r, size_t i)
{
	return r->names[i];
}

bool
rights_owned_by(const struct rights *r, size_t i, const char *login)
{
	return same(r->rows[i]->owner, login);
}

bool
rights_knows(const struct rights *r, const char *login)
{
	return r->snapshot != NULL && (map_get(r->snapshot->accounts, login) != NULL ||
	    map_get(r->snapshot->sets, login) != NULL);
}

bool
rights_active(const struct rights *r)
{
	const struct account *account = r->snapshot == NULL ? NULL : map_get(r->snapshot->accounts, r->login);

	return account != NULL ? !account->suspended : rights_knows(r, r->login);
}

void
rights_scope(const struct rights *r, struct arena *a, struct store_scope *ret)
{
	(void)a;
	*ret = (struct store_scope){ .all = r->all, .login = r->login, .names = r->names, .count = r->count,
	    .owner = r->owner, .reseller = r->reseller };
}

/* --- the product in an account's plan ------------------------------------------------------------------ */

struct plan_question { const char *login; bool off; };

/* Only a plain no is one: a panel without such a switch, or that does not say, leaves it on. */
static bool
plan_says(void *ctx, struct evidence *ev, struct arena *a)
{
	struct plan_question *q = ctx;
	const struct ev_failure *why = NULL;
	const struct json *said = ev_fact_any(ev, "product", q->login, &why);

	(void)a;
	if (said == NULL && why == NULL)
		return false;
	q->off = said != NULL && !json_bool(said, "included", true);
	return true;
}

bool
engine_included(struct engine *e, const struct rights *r)
{
	struct ask_options_engine options = { .depth = TRUTH_RESOLVER };
	struct plan_question q = { .login = r->login };

	if (e->setup.panel == NULL || r->all)
		return true;
	engine_ask_at(e, plan_says, &q, &options);
	return !q.off;
}

/* --- domains ------------------------------------------------------------------------------------------ */

struct summaries { struct arena *arena; struct map *rows; };

static void
summary_take(void *ctx, const struct domain_row *row)
{
	struct summaries *s = ctx;
	struct domain_row *kept = arena_alloc(s->arena, sizeof(*kept));

	*kept = *row;
	kept->worst = dup_or_null(s->arena, row->worst);
	map_put(s->rows, row->name, kept);
}

static void
domain_summary(struct json *into, const struct domain_row *row)
{
	struct json *summary = json_put_object(into, "summary");

	json_put_str(summary, "worst", row->worst);
	json_put_int(summary, "problem", row->problem);
	json_put_int(summary, "warning", row->warning);
	json_put_int(summary, "information", row->information);
	json_put_int(summary, "ok", row->ok);
	json_put_int(summary, "unknown", row->unknown);
	json_put_int(summary, "not_applicable", row->not_applicable);
}

struct json *
engine_domains(struct engine *e, struct arena *a, const struct rights *rights, struct err *err)
{
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "domains");
	struct summaries known = { a, map_new(a) };
	struct domain_query all = { .sort = SORT_NAME };
	struct store_scope scope;

	rights_scope(rights, a, &scope);
	if (e->setup.store != NULL &&
	    !store_domains_each(e->setup.store, &scope, &all, summary_take, &known, err))
		return NULL;
	for (size_t i = 0; i < rights->count; i++) {
		const struct owned *row = rights->rows[i];
		const struct domain_row *kept = map_get(known.rows, row->name);
		struct json *one = json_add_object(list);

		json_put_str(one, "name", row->display);
		json_put_str(one, "ascii", row->name);
		json_put_str(one, "owner", row->owner);
		json_put_str(one, "reseller", row->reseller);
		if (kept == NULL || kept->checked_at == 0) {
			json_put_null(one, "checked_at");
			json_put_null(one, "summary");
		} else {
			json_put_str(one, "checked_at", time_str(a, kept->checked_at));
			domain_summary(one, kept);
		}
	}
	return answer;
}
