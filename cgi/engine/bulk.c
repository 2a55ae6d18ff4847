/*
 * One fix for many domains: a plan each (dry run), then apply each, then undo
 * each.  What is done is kept item by item, so an interrupted run goes on
 * where it was, and nothing is made twice: a plan is taken once.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/apply.h"
#include "engine/identity.h"
#include "engine/internal.h"
#include "engine/plan.h"
#include "store/bulk.h"
#include "store/digest.h"
#include "store/plans.h"

#define PLANS_AT_ONCE	32
#define BATCH		100	/* items per transaction */
#define AWAIT_STEP_MS	20
#define WRITERS		8	/* applies at once */
#define ENDS_MS		900	/* who would go on with a run waits for those who are ending it */

static const struct store_scope all = { .all = true };

/* --- the dry run ---------------------------------------------------------------------------------------- */

struct bulk_planning {
	struct engine		*engine;
	struct arena		*arena;		/* its own */
	struct store_lock	*lock;		/* "bulk:ID" */
	const struct rights	*rights;
	const char		*fix, *bulk;
	const struct fix_param	*params;
	size_t			 param_count;
	const char *const	*names;
	size_t			 count, next;
	/* finished, not yet stored */
	struct arena		*arenas[BATCH];
	struct bulk_item	 items[BATCH];
	struct store_plan	 plans[BATCH];
	size_t			 ready, plan_count;
	struct err		 err;
	bool			 failed;
};

static void
planning_store(struct bulk_planning *b)
{
	struct store *store = b->engine->setup.store;

	if (b->ready > 0 && !b->failed)
		b->failed = !store_plans_put(store, b->plans, b->plan_count, &b->err) ||
		    !store_bulk_add(store, b->bulk, b->items, b->ready, &b->err);
	for (size_t i = 0; i < b->ready; i++)
		arena_free(b->arenas[i]);
	b->ready = b->plan_count = 0;
}

/* one_click and copy are plans; refused and unknown say why there is none. */
static const char *
item_mode(const struct json *plan)
{
	const char *code = json_str(json_get(plan, "refused"), "code");

	if (code != NULL)
		return strcmp(code, "unknown") == 0 ? "unknown" : "refused";
	return strcmp(json_str(plan, "mode"), "one_click") == 0 ? "one_click" : "copy";
}

static void
planning_add(struct bulk_planning *b, struct arena *a, struct json *plan, const char *target)
{
	struct bulk_item *item = &b->items[b->ready];

	*item = (struct bulk_item){ .target = target, .mode = item_mode(plan) };
	if (strcmp(item->mode, "one_click") == 0 || strcmp(item->mode, "copy") == 0) {
		plan_seal(a, plan);
		b->plans[b->plan_count++] = plan_row(plan, b->rights, b->bulk, engine_now(b->engine));
		item->plan = json_str(plan, "plan");
		item->hash = json_str(plan, "hash");
		item->changes = json_get(plan, "changes");
	} else
		item->refused = json_get(plan, "refused");
	b->arenas[b->ready++] = a;
	if (b->ready == BATCH)
		planning_store(b);
}

static void *
planning_next(void *ctx)
{
	struct bulk_planning *b = ctx;
	struct arena *a;
	struct planning *p;

	while (b->next < b->count && !b->failed && !engine_ending(b->engine)) {
		const char *name = b->names[b->next++];
		struct err err;

		a = arena_new();
		p = arena_zalloc(a, sizeof(*p));
		p->engine = b->engine;
		p->rights = b->rights;
		p->arena = a;
		if (plan_aim(a, b->rights, b->fix, name, b->params, b->param_count, &p->order, &err)) {
			p->order.bulk = b->bulk;
			return p;
		}
		arena_free(a);		/* looked at before: it was theirs a moment ago */
	}
	return NULL;
}

static void
planning_done(void *ctx, void *one)
{
	struct planning *p = one;

	if (p->plan == NULL)
		plan_unknown(p);
	planning_add(ctx, p->arena, p->plan, p->order.target);
}

/* --- the answer ------------------------------------------------------------------------------------------ */

static void
count_up(struct json *summary, const char *key)
{
	json_put_int(summary, key, json_int(summary, key, 0) + 1);
}

/* What was not seen everywhere may have settled since. */
static const char *
item_state(struct engine *e, struct arena *a, const struct bulk_item *item)
{
	struct store_entry entry;

	if (item->entry == 0 || item->state == NULL || strcmp(item->state, "undone") == 0 ||
	    strcmp(item->state, "verified") == 0 ||
	    !store_journal_get(e->setup.store, a, &all, item->entry, &entry, NULL))
		return item->state;
	return entry.state;
}

static void
put_item(struct engine *e, struct arena *a, const char *lang, struct json *list, struct json *summary,
    const struct bulk_item *item, bool applied)
{
	struct json *one = json_add_object(list), *refused;
	const char *state = item_state(e, a, item);

	json_put_str(one, "target", item->target);
	json_put_str(one, "mode", item->mode);
	json_put_str(one, "plan", item->plan);
	if (item->changes != NULL)
		json_put_copy(one, "changes", item->changes);
	else
		json_put_array(one, "changes");
	count_up(summary, item->mode);
	if (item->refused != NULL) {
		refused = json_put_object(one, "refused");
		json_put_str(refused, "code", json_str(item->refused, "code"));
		json_put_str(refused, "text", words_text(e, a, lang, json_str(item->refused, "text_id"),
		    json_get(item->refused, "values")));
		json_put_str(refused, "needs", json_str(item->refused, "needs"));
	} else
		json_put_null(one, "refused");
	if (!applied)
		return;
	if (item->entry != 0)
		json_put_int(one, "entry", item->entry);
	else
		json_put_null(one, "entry");
	json_put_str(one, "state", state);
	if (strcmp(item->mode, "one_click") != 0 || state == NULL)
		return;
	if (strcmp(state, "undone") == 0)
		count_up(summary, "undone");
	else if (strcmp(state, "verified") == 0 || strcmp(state, "applied") == 0 ||
	    strcmp(state, "conflict") == 0 || strcmp(state, "not_tried") == 0)
		count_up(summary, state);
	else
		count_up(summary, "failed");
}

static struct json *
bulk_answer(struct engine *e, struct arena *a, const char *lang, const char *id, struct err *err)
{
	static const char *const modes[] = { "one_click", "copy", "refused", "unknown" };
	static const char *const states[] = { "verified", "applied", "failed", "conflict", "not_tried" };
	struct json *answer = json_new_object(a), *list, *summary;
	const struct bulk_item *items;
	struct store_bulk b;
	size_t count, done = 0;
	bool applied;

	if (!store_bulk_get(e->setup.store, a, &all, id, &b, err) ||
	    !store_bulk_items(e->setup.store, a, id, &items, &count, err))
		return NULL;
	applied = strcmp(b.state, "planned") != 0 && strcmp(b.state, "planning") != 0;
	json_put_str(answer, "bulk", id);
	list = json_put_array(answer, "plans");
	summary = json_put_object(answer, "summary");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		json_put_int(summary, modes[i], 0);
	for (size_t i = 0; applied && i < sizeof(states) / sizeof(states[0]); i++)
		json_put_int(summary, states[i], 0);
	for (size_t i = 0; i < count; i++) {
		put_item(e, a, lang, list, summary, &items[i], applied);
		done += items[i].state != NULL;
	}
	json_put_str(answer, "fix", b.fix);
	json_put_str(answer, "state", b.state);
	json_put_str(answer, "login", b.login);
	json_put_str(answer, "at", time_str(a, b.created_at));
	json_put_int(answer, "done", (int64_t)done);
	return answer;
}

/* A thread's own: whoever asked may be gone before it is done. */
static struct bulk_planning *
planning_new(struct engine *e, const struct rights *rights, const char *fix, const char *id, const char *const *names,
    size_t count, const struct fix_param *params, size_t param_count, struct err *err)
{
	struct arena *a = arena_new();
	struct bulk_planning *b = arena_zalloc(a, sizeof(*b));
	const char **own = arena_array(a, count + 1, sizeof(*own));
	struct fix_param *kept = arena_array(a, param_count + 1, sizeof(*kept));
	struct rights *again;

	for (size_t i = 0; i < count; i++)
		own[i] = arena_strdup(a, names[i]);
	for (size_t i = 0; i < param_count; i++)
		kept[i] = (struct fix_param){ arena_strdup(a, params[i].name), arena_strdup(a, params[i].value) };
	*b = (struct bulk_planning){ .engine = e, .arena = a, .fix = arena_strdup(a, fix), .bulk = arena_strdup(a, id),
	    .params = kept, .param_count = param_count, .names = own, .count = count };
	if (engine_rights(e, a, rights_identity(rights), false, &again, err) &&
	    (b->lock = store_lock(e->setup.store, arena_printf(a, "bulk:%s", id), 0, err)) != NULL) {
		b->rights = again;
		return b;
	}
	arena_free(a);
	return NULL;
}

static void
planning_run(struct bulk_planning *b)
{
	struct question_stream stream = { .ask = plan_question, .next = planning_next, .done = planning_done,
	    .ctx = b, .at_once = PLANS_AT_ONCE, .depth = TRUTH_AUTHORITATIVE };
	struct store *store = b->engine->setup.store;
	struct err err;

	engine_ask_stream(b->engine, &stream);
	planning_store(b);
	store_unlock(b->lock);		/* who sees it planned may begin at once */
	if (b->failed || engine_ending(b->engine)) {
		log_line(LOG_ERROR, "engine", "bulk %s is not planned: %s", b->bulk, b->failed ? b->err.text : "ending");
		store_bulk_state(store, b->bulk, "interrupted", &err);
	} else if (!store_bulk_state(store, b->bulk, "planned", &err))
		log_line(LOG_ERROR, "engine", "bulk %s: %s", b->bulk, err.text);
	arena_free(b->arena);
}

static void *
planning_thread(void *p)
{
	struct bulk_planning *b = p;
	struct engine *e = b->engine;

	planning_run(b);
	apply_leave(e);
	return NULL;
}

/* Until it is planned, or as long as somebody may wait. */
static bool
planning_await(struct engine *e, struct arena *a, const char *id, uint32_t wait_ms, struct err *err)
{
	const struct timespec step = { 0, AWAIT_STEP_MS * 1000000L };
	struct store_bulk b;

	for (uint32_t waited = 0;; waited += AWAIT_STEP_MS) {
		if (!store_bulk_get(e->setup.store, a, &all, id, &b, err))
			return false;
		if (strcmp(b.state, "planning") != 0 || waited >= wait_ms)
			break;
		nanosleep(&step, NULL);
	}
	return strcmp(b.state, "interrupted") != 0 || err_set(err, ERR_IO, "the plans could not be kept");
}

static bool
planning_start(struct engine *e, const struct store_bulk *row, struct bulk_planning *b, bool aside, struct err *err)
{
	pthread_t thread;

	if (b == NULL || !store_bulk_begin(e->setup.store, row, err) || (aside && !apply_enter(e, err))) {
		if (b != NULL) {
			store_unlock(b->lock);
			arena_free(b->arena);
		}
		return false;
	}
	if (!aside)
		planning_run(b);
	else if (pthread_create(&thread, NULL, planning_thread, b) == 0)
		pthread_detach(thread);
	else
		planning_thread(b);
	return true;
}

struct json *
engine_bulk_plan(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *fix_id, const char *const *names, size_t count, const struct fix_param *params,
    size_t param_count, int64_t stop_after, uint32_t wait_ms, struct err *err)
{
	const struct identity *who = rights_identity(rights);
	struct store_bulk row = { .fix = fix_id, .login = who->login, .role = role_name(who->role),
	    .acting = who->acting, .created_at = engine_now(e), .state = "planning", .stop_after = stop_after };
	struct plan_order order;
	char id[ID_HEX_MAX];

	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "a bulk run needs a store");
		return NULL;
	}
	if (rights_role(rights) == ROLE_CUSTOMER) {
		err_set(err, ERR_NOT_FOUND, "bulk runs are not for this role");
		return NULL;
	}
	/* All or nothing: a foreign name in the list ends it before anything is asked. */
	for (size_t i = 0; i < count; i++)
		if (!plan_aim(a, rights, fix_id, names[i], params, param_count, &order, err))
			return NULL;
	row.id = arena_strdup(a, id_new(id));
	if (!planning_start(e, &row, planning_new(e, rights, fix_id, row.id, names, count, params, param_count, err),
	    e->threaded, err) || !planning_await(e, a, row.id, wait_ms, err))
		return NULL;
	return bulk_answer(e, a, lang, row.id, err);
}

static bool
bulk_theirs(struct engine *e, struct arena *a, const struct rights *rights, const char *id,
    struct store_bulk *ret, struct err *err)
{
	struct store_scope scope;

	rights_scope(rights, a, &scope);
	return e->setup.store != NULL ? store_bulk_get(e->setup.store, a, &scope, id, ret, err) :
	    err_set(err, ERR_IO, "there is no store");
}

struct json *
engine_bulk(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, struct err *err)
{
	struct store_bulk b;

	return bulk_theirs(e, a, rights, id, &b, err) ? bulk_answer(e, a, lang, id, err) : NULL;
}

/* --- applying and undoing -------------------------------------------------------------------------------- */

struct bulk_run {
	struct engine		*engine;
	struct arena		*arena;
	struct store_bulk	 bulk;
	struct identity		 who;
	const struct bulk_item	*items;
	size_t			 count;
	bool			 undo;
	struct store_lock	*lock;		/* "bulk:ID": somebody works on it */
	pthread_mutex_t		 mutex;
	pthread_cond_t		 ended;		/* an item */
	size_t			 next;
	int64_t			 failures, busy;
	const volatile sig_atomic_t *stop;	/* or NULL */
	bool			 halted;	/* not to its end: paused, or the program ends */
};

static bool
is_failure(const char *state)
{
	return strcmp(state, "verified") != 0 && strcmp(state, "applied") != 0 && strcmp(state, "undone") != 0;
}

static bool
item_open(const struct bulk_run *r, const struct bulk_item *item)
{
	if (r->undo)
		return item->entry != 0 && item->state != NULL && strcmp(item->state, "undone") != 0 &&
		    (!is_failure(item->state) || strcmp(item->state, "unknown") == 0 ||
		    strcmp(item->state, "partly") == 0);
	return strcmp(item->mode, "one_click") == 0 && item->state == NULL;
}

/* The plan was taken before an interruption: its entry says how it ended. */
static bool
item_taken(struct bulk_run *r, struct arena *a, const struct bulk_item *item, int64_t *entry,
    const char **state)
{
	struct store_plan plan;
	struct store_entry row;

	if (!store_plan_get(r->engine->setup.store, a, &all, item->plan, &plan, NULL) || plan.entry == 0 ||
	    !store_journal_get(r->engine->setup.store, a, &all, plan.entry, &row, NULL))
		return false;
	*entry = row.id;
	*state = row.state;
	return true;
}

static void
item_run(struct bulk_run *r, const struct bulk_item *item)
{
	struct arena *a = arena_new();
	struct rights *rights;
	const struct json *answer = NULL;
	const char *state = "failed";
	int64_t entry = 0;
	struct err err = { 0 };

	if (!r->undo && item_taken(r, a, item, &entry, &state))
		goto keep;
	if (engine_rights(r->engine, a, &r->who, false, &rights, &err))
		answer = r->undo ? undo_entry(r->engine, a, rights, NULL, item->entry, true, true, &err) :
		    apply_plan(r->engine, a, rights, NULL, item->plan, item->hash, (struct text){ "", 0 }, true,
		    true, &err);
	if (answer != NULL) {
		state = json_str(answer, "state");
		entry = json_int(answer, "entry", 0);
	} else
		log_line(LOG_WARNING, "engine", "bulk %s, %s: %s", r->bulk.id, item->target, err.text);
keep:
	/* Undone or not, the item keeps the entry that made the change. */
	if (!r->undo || !is_failure(state))
		if (!store_bulk_item(r->engine->setup.store, r->bulk.id, item->target, r->undo ? 0 : entry,
		    r->undo ? "undone" : state, &err))
			log_line(LOG_ERROR, "engine", "bulk %s, %s: %s", r->bulk.id, item->target, err.text);
	pthread_mutex_lock(&r->mutex);
	r->failures += is_failure(state);
	r->busy--;
	pthread_cond_broadcast(&r->ended);
	pthread_mutex_unlock(&r->mutex);
	arena_free(a);
}

/* Somebody else may have said so in the store. */
static bool
is_halted(struct bulk_run *r)
{
	struct arena *a = arena_new();
	struct store_bulk now;
	bool halted;

	if (r->stop != NULL && *r->stop != 0)
		store_bulk_take(r->engine->setup.store, r->bulk.id, "applying", "paused", NULL);
	halted = engine_ending(r->engine) || (store_bulk_get(r->engine->setup.store, a, &all, r->bulk.id,
	    &now, NULL) && strcmp(now.state, "paused") == 0);

	arena_free(a);
	return halted;
}

/*
 * The next item, or NULL.  *stop: enough have failed, it is not to be tried.
 * What is under way may fail as well, so it waits where that would be too many.
 */
static const struct bulk_item *
item_next(struct bulk_run *r, bool *stop)
{
	const struct bulk_item *item = NULL;
	int64_t most = r->undo || r->bulk.stop_after == 0 ? INT64_MAX : r->bulk.stop_after;
	bool halted = is_halted(r);

	pthread_mutex_lock(&r->mutex);
	r->halted = r->halted || halted;
	while (r->failures < most && r->failures + r->busy >= most)
		pthread_cond_wait(&r->ended, &r->mutex);
	*stop = r->failures >= most;
	while (!r->halted && r->next < r->count && item == NULL) {
		item = &r->items[r->next++];
		if (!item_open(r, item))
			item = NULL;
	}
	if (item != NULL && !*stop)
		r->busy++;
	pthread_mutex_unlock(&r->mutex);
	return item;
}

static void *
bulk_work(void *p)
{
	struct bulk_run *r = p;
	const struct bulk_item *item;
	bool stop;

	while ((item = item_next(r, &stop)) != NULL) {
		if (stop)
			store_bulk_item(r->engine->setup.store, r->bulk.id, item->target, 0, "not_tried", NULL);
		else
			item_run(r, item);
	}
	return NULL;
}

/* What was changed is looked at once more, all together. */
static void
bulk_check(struct bulk_run *r)
{
	struct check_options options = { .depth = TRUTH_AUTHORITATIVE, .keep = true };
	const char **names = arena_array(r->arena, r->count + 1, sizeof(*names));
	size_t n = 0;
	struct err err;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].mode, "one_click") == 0)
			names[n++] = r->items[i].target;
	/* All of it is new, and what they share is asked once. */
	answers_drop(r->engine);
	if (n > 0)
		engine_check(r->engine, NULL, names, n, NULL, &options, NULL, NULL, &err);
}

/* What the name servers did not have at once they have by now. */
static void *
bulk_settle(void *p)
{
	struct bulk_run *r = p;

	for (;;) {
		const struct bulk_item *item = NULL;

		pthread_mutex_lock(&r->mutex);
		if (r->next < r->count)
			item = &r->items[r->next++];
		pthread_mutex_unlock(&r->mutex);
		if (item == NULL || engine_ending(r->engine))
			return NULL;
		if (item->entry != 0 && item->state != NULL && strcmp(item->state, "applied") == 0)
			entry_settle(r->engine, item->entry);
	}
}

/* The same work by several at once, from the first item. */
static void
bulk_together(struct bulk_run *r, void *(*work)(void *))
{
	pthread_t threads[WRITERS];
	size_t started = 0;

	r->next = 0;
	while (started < WRITERS - 1 && pthread_create(&threads[started], NULL, work, r) == 0)
		started++;
	work(r);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

static void
bulk_run(struct bulk_run *r)
{
	struct engine *e = r->engine;
	bool own = !e->threaded;
	struct err err;

	if (own && !engine_thread_start(e, &err)) {
		log_line(LOG_ERROR, "engine", "bulk %s: %s", r->bulk.id, err.text);
		return;
	}
	bulk_together(r, bulk_work);
	if (!r->halted) {
		if (!store_bulk_state(e->setup.store, r->bulk.id, r->undo ? "undone" : "done", &err))
			log_line(LOG_ERROR, "engine", "bulk %s: %s", r->bulk.id, err.text);
		store_unlock(r->lock);		/* who sees it done may undo it, while all is looked at once more */
		r->lock = NULL;
		bulk_check(r);
		if (!r->undo && store_bulk_items(e->setup.store, r->arena, r->bulk.id, &r->items, &r->count, &err))
			bulk_together(r, bulk_settle);
	}
	if (own)
		engine_thread_stop(e);
}

static void
bulk_free(struct bulk_run *r)
{
	store_unlock(r->lock);
	pthread_mutex_destroy(&r->mutex);
	pthread_cond_destroy(&r->ended);
	arena_free(r->arena);
}

static struct bulk_run *
bulk_load(struct engine *e, const struct store_bulk *b, bool undo, uint32_t wait_ms, struct err *err)
{
	struct arena *a = arena_new();
	struct bulk_run *r = arena_zalloc(a, sizeof(*r));

	r->engine = e;
	r->arena = a;
	r->undo = undo;
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->ended, NULL);
	if ((r->lock = store_lock(e->setup.store, arena_printf(a, "bulk:%s", b->id), wait_ms, err)) == NULL ||
	    !store_bulk_get(e->setup.store, a, &all, b->id, &r->bulk, err) ||
	    !store_bulk_items(e->setup.store, a, b->id, &r->items, &r->count, err)) {
		bulk_free(r);
		return NULL;
	}
	/* Those of before an interruption count as well. */
	for (size_t i = 0; i < r->count; i++)
		r->failures += !undo && r->items[i].state != NULL && strcmp(r->items[i].state, "not_tried") != 0 &&
		    is_failure(r->items[i].state);
	r->who = (struct identity){ .login = r->bulk.login, .acting = r->bulk.acting, .from = "bulk" };
	role_of_name(r->bulk.role, &r->who.role);
	return r;
}

static void *
bulk_thread(void *p)
{
	struct bulk_run *r = p;
	struct engine *e = r->engine;

	bulk_run(r);
	bulk_free(r);
	apply_leave(e);
	return NULL;
}

/* Undone is what is done, also as far as it got before it was paused. */
static bool
bulk_take(struct store *store, const char *id, bool undo, struct err *err)
{
	const char *to = undo ? "undoing" : "applying";

	return store_bulk_take(store, id, undo ? "done" : "planned", to, err) ||
	    (err->code == ERR_STALE && store_bulk_take(store, id, "paused", to, err));
}

static struct json *
bulk_begin(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, bool undo, bool wait, const volatile sig_atomic_t *stop, struct err *err)
{
	struct store_bulk b;
	struct bulk_run *r;
	pthread_t thread;

	if (!bulk_theirs(e, a, rights, id, &b, err))
		return NULL;
	if ((r = bulk_load(e, &b, undo, ENDS_MS, err)) == NULL) {
		if (err->code == ERR_BUSY)
			err_set(err, ERR_STALE, "this bulk run is being carried out");
		return NULL;
	}
	r->stop = stop;
	if (!bulk_take(e->setup.store, id, undo, err) || !apply_enter(e, err)) {
		bulk_free(r);
		return NULL;
	}
	if (wait || !e->threaded || pthread_create(&thread, NULL, bulk_thread, r) != 0)
		bulk_thread(r);
	else
		pthread_detach(thread);
	return bulk_answer(e, a, lang, id, err);
}

struct json *
engine_bulk_apply(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, bool wait, const volatile sig_atomic_t *stop, struct err *err)
{
	return bulk_begin(e, a, rights, lang, id, false, wait, stop, err);
}

struct json *
engine_bulk_undo(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, bool wait, struct err *err)
{
	return bulk_begin(e, a, rights, lang, id, true, wait, NULL, err);
}

struct json *
engine_bulk_pause(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, struct err *err)
{
	struct store_bulk b;

	return bulk_theirs(e, a, rights, id, &b, err) &&
	    store_bulk_take(e->setup.store, id, "applying", "paused", err) ? bulk_answer(e, a, lang, id, err) : NULL;
}

/* --- after an interruption --------------------------------------------------------------------------------- */

/* A dry run that has only some of its domains is none: it has to be made anew. */
static void
planning_recover(struct engine *e, struct arena *a, const char *id)
{
	struct store_lock *lock = store_lock(e->setup.store, arena_printf(a, "bulk:%s", id), 0, NULL);

	if (lock != NULL)
		store_bulk_take(e->setup.store, id, "planning", "interrupted", NULL);
	store_unlock(lock);
}

void
bulk_recover(struct engine *e)
{
	struct arena *a = arena_new();
	const struct json *list;
	struct err err;

	list = store_bulks(e->setup.store, a, &all, 100, &err);
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *state = json_str(v, "state"), *id = json_str(v, "bulk");
		bool undo = strcmp(state, "undoing") == 0;
		struct store_bulk b = { .id = id };
		struct bulk_run *r;
		pthread_t thread;

		if (strcmp(state, "planning") == 0)
			planning_recover(e, a, id);
		if ((!undo && strcmp(state, "applying") != 0) || (r = bulk_load(e, &b, undo, 0, &err)) == NULL)
			continue;
		log_line(LOG_WARNING, "engine", "bulk run %s goes on where it was", id);
		if (!apply_enter(e, &err))
			bulk_free(r);
		else if (!e->threaded || pthread_create(&thread, NULL, bulk_thread, r) != 0)
			bulk_thread(r);
		else
			pthread_detach(thread);
	}
	arena_free(a);
}
