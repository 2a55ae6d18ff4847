/*
 * One fix for many domains: a plan each (dry run), then apply each, then undo
 * each.  What is done is kept item by item, so an interrupted run goes on
 * where it was, and nothing is made twice: a plan is taken once.
 */

#include <stdlib.h>
#include <string.h>

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
#define WRITERS		4	/* applies at once, where there are threads */

static const struct store_scope all = { .all = true };

/* --- the dry run ---------------------------------------------------------------------------------------- */

struct bulk_planning {
	struct engine		*engine;
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

	while (b->next < b->count && !b->failed) {
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

static void
put_item(struct engine *e, struct arena *a, const char *lang, struct json *list, struct json *summary,
    const struct bulk_item *item, bool applied)
{
	struct json *one = json_add_object(list), *refused;

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
	json_put_str(one, "state", item->state);
	if (strcmp(item->mode, "one_click") != 0 || item->state == NULL)
		return;
	if (strcmp(item->state, "undone") == 0)
		count_up(summary, "undone");
	else if (strcmp(item->state, "verified") == 0 || strcmp(item->state, "applied") == 0 ||
	    strcmp(item->state, "conflict") == 0 || strcmp(item->state, "not_tried") == 0)
		count_up(summary, item->state);
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

struct json *
engine_bulk_plan(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *fix_id, const char *const *names, size_t count, const struct fix_param *params,
    size_t param_count, int64_t stop_after, struct err *err)
{
	const struct identity *who = rights_identity(rights);
	struct store_bulk row = { .fix = fix_id, .login = who->login, .role = role_name(who->role),
	    .acting = who->acting, .created_at = engine_now(e), .state = "planning", .stop_after = stop_after };
	struct bulk_planning *b;
	struct question_stream stream = { .ask = plan_question, .next = planning_next, .done = planning_done,
	    .at_once = PLANS_AT_ONCE, .depth = TRUTH_AUTHORITATIVE };
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
	if (!store_bulk_begin(e->setup.store, &row, err))
		return NULL;
	b = arena_zalloc(a, sizeof(*b));
	*b = (struct bulk_planning){ .engine = e, .rights = rights, .fix = fix_id, .bulk = row.id,
	    .params = params, .param_count = param_count, .names = names, .count = count };
	stream.ctx = b;
	engine_ask_stream(e, &stream);
	planning_store(b);
	if (b->failed) {
		*err = b->err;
		return NULL;
	}
	if (!store_bulk_state(e->setup.store, row.id, "planned", err))
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
	size_t			 next;
	int64_t			 failures;
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
	pthread_mutex_lock(&r->mutex);
	if (is_failure(state))
		r->failures++;
	pthread_mutex_unlock(&r->mutex);
	/* Undone or not, the item keeps the entry that made the change. */
	if (!r->undo || !is_failure(state))
		if (!store_bulk_item(r->engine->setup.store, r->bulk.id, item->target, r->undo ? 0 : entry,
		    r->undo ? "undone" : state, &err))
			log_line(LOG_ERROR, "engine", "bulk %s, %s: %s", r->bulk.id, item->target, err.text);
	arena_free(a);
}

static void *
bulk_work(void *p)
{
	struct bulk_run *r = p;

	for (;;) {
		const struct bulk_item *item = NULL;
		bool stop;

		pthread_mutex_lock(&r->mutex);
		stop = !r->undo && r->bulk.stop_after > 0 && r->failures >= r->bulk.stop_after;
		while (r->next < r->count && item == NULL) {
			item = &r->items[r->next++];
			if (!item_open(r, item))
				item = NULL;
		}
		pthread_mutex_unlock(&r->mutex);
		if (item == NULL)
			return NULL;
		if (stop)
			store_bulk_item(r->engine->setup.store, r->bulk.id, item->target, 0, "not_tried", NULL);
		else
			item_run(r, item);
	}
}

/* What was changed is looked at once more, all together. */
static void
bulk_check(struct bulk_run *r)
{
	struct check_options options = { .depth = TRUTH_AUTHORITATIVE, .fresh = true, .keep = true };
	const char **names = arena_array(r->arena, r->count + 1, sizeof(*names));
	size_t n = 0;
	struct err err;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].mode, "one_click") == 0)
			names[n++] = r->items[i].target;
	if (n > 0)
		engine_check(r->engine, NULL, names, n, NULL, &options, NULL, NULL, &err);
}

static void
bulk_run(struct bulk_run *r)
{
	pthread_t threads[WRITERS];
	size_t started = 0;
	struct err err;

	if (r->engine->threaded)
		while (started < WRITERS - 1 && pthread_create(&threads[started], NULL, bulk_work, r) == 0)
			started++;
	bulk_work(r);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (!store_bulk_state(r->engine->setup.store, r->bulk.id, r->undo ? "undone" : "done", &err))
		log_line(LOG_ERROR, "engine", "bulk %s: %s", r->bulk.id, err.text);
	bulk_check(r);
}

static void
bulk_free(struct bulk_run *r)
{
	store_unlock(r->lock);
	pthread_mutex_destroy(&r->mutex);
	arena_free(r->arena);
}

static struct bulk_run *
bulk_load(struct engine *e, const struct store_bulk *b, bool undo, struct err *err)
{
	struct arena *a = arena_new();
	struct bulk_run *r = arena_zalloc(a, sizeof(*r));

	r->engine = e;
	r->arena = a;
	r->undo = undo;
	pthread_mutex_init(&r->mutex, NULL);
	if (!store_bulk_get(e->setup.store, a, &all, b->id, &r->bulk, err) ||
	    !store_bulk_items(e->setup.store, a, b->id, &r->items, &r->count, err) ||
	    (r->lock = store_lock(e->setup.store, arena_printf(a, "bulk:%s", b->id), 0, err)) == NULL) {
		bulk_free(r);
		return NULL;
	}
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

static struct json *
bulk_begin(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, bool undo, bool wait, struct err *err)
{
	struct store_bulk b;
	struct bulk_run *r;
	pthread_t thread;

	if (!bulk_theirs(e, a, rights, id, &b, err))
		return NULL;
	if ((r = bulk_load(e, &b, undo, err)) == NULL) {
		if (err->code == ERR_BUSY)
			err_set(err, ERR_STALE, "this bulk run is being carried out");
		return NULL;
	}
	if (!(undo ? store_bulk_take(e->setup.store, id, "done", "undoing", err) :
	    store_bulk_take(e->setup.store, id, "planned", "applying", err)) || !apply_enter(e, err)) {
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
    const char *id, bool wait, struct err *err)
{
	return bulk_begin(e, a, rights, lang, id, false, wait, err);
}

struct json *
engine_bulk_undo(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, bool wait, struct err *err)
{
	return bulk_begin(e, a, rights, lang, id, true, wait, err);
}

/* --- after an interruption --------------------------------------------------------------------------------- */

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

		if ((!undo && strcmp(state, "applying") != 0) || (r = bulk_load(e, &b, undo, &err)) == NULL)
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
