/*
 * How an apply and an undo begin: whose it is, whether it may be, the entry on
 * disk; and who runs it.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/apply.h"
#include "engine/identity.h"
#include "engine/internal.h"
#include "engine/plan.h"
#include "store/audit.h"
#include "store/plans.h"
#include "tools/password.h"

#define RUNNING_MAX	16
#define FIRST_LOOK_MS	1500	/* so long an answer may wait to tell a conflict itself */
#define FIRST_LOOK_STEP_MS 10

/* --- threads ------------------------------------------------------------------------------------------- */

struct apply_state {
	pthread_mutex_t	 lock;
	pthread_cond_t	 ended;
	unsigned	 running;
};

static struct apply_state *
state_of(struct engine *e)
{
	pthread_mutex_lock(&e->lock);
	if (e->apply == NULL) {
		if ((e->apply = calloc(1, sizeof(*e->apply))) == NULL)
			abort();
		pthread_mutex_init(&e->apply->lock, NULL);
		pthread_cond_init(&e->apply->ended, NULL);
	}
	pthread_mutex_unlock(&e->lock);
	return e->apply;
}

bool
apply_enter(struct engine *e, struct err *err)
{
	struct apply_state *s = state_of(e);
	bool room;

	pthread_mutex_lock(&s->lock);
	if ((room = s->running < RUNNING_MAX))
		s->running++;
	pthread_mutex_unlock(&s->lock);
	return room || err_set(err, ERR_BUSY, "%d changes are being made already", RUNNING_MAX);
}

/* Only counted: a bulk run is bounded by itself, and is waited for with all it does. */
void
apply_enter_more(struct engine *e)
{
	struct apply_state *s = state_of(e);

	pthread_mutex_lock(&s->lock);
	s->running++;
	pthread_mutex_unlock(&s->lock);
}

void
apply_leave(struct engine *e)
{
	struct apply_state *s = state_of(e);

	pthread_mutex_lock(&s->lock);
	s->running--;
	pthread_cond_broadcast(&s->ended);
	pthread_mutex_unlock(&s->lock);
}

void
apply_idle(struct engine *e)
{
	struct apply_state *s = state_of(e);

	pthread_mutex_lock(&s->lock);
	while (s->running > 0)
		pthread_cond_wait(&s->ended, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void
apply_free(struct apply_state *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->ended);
	free(s);
}

static const char *
secret_name(struct arena *a, int64_t entry)
{
	return arena_printf(a, "entry-%lld", (long long)entry);
}

static void
run_and_free(struct applying *ap)
{
	struct engine *e = ap->engine;

	applying_run(ap);
	if (ap->has_secret)
		engine_secret_drop(e, secret_name(ap->arena, ap->entry.id));
	applying_free(ap);
}

static void *
applying_thread(void *p)
{
	struct applying *ap = p;
	struct engine *e = ap->engine;

	run_and_free(ap);
	apply_leave(e);
	return NULL;
}

/* Room was taken by apply_enter; given back when it has ended. */
static void
applying_detach(struct applying *ap)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, applying_thread, ap) == 0)
		pthread_detach(thread);
	else
		applying_thread(ap);	/* no threads left: the person waits */
}

/* --- answers --------------------------------------------------------------------------------------------- */

struct json *
outcome_none(struct engine *e, struct arena *a, const char *lang, int64_t entry, const char *reason)
{
	struct json *answer = json_new_object(a);

	if (entry != 0)
		json_put_int(answer, "entry", entry);
	else
		json_put_null(answer, "entry");
	json_put_str(answer, "state", "conflict");
	json_put_array(answer, "steps");
	json_put_null(answer, "verification");
	json_put_str(answer, "reason", words_text(e, a, lang, reason, NULL));
	return answer;
}

/* The contract knows done, failed and skipped. */
static const char *
step_word(const char *mark)
{
	if (strcmp(mark, "done") == 0 || strcmp(mark, "failed") == 0)
		return mark;
	return "skipped";
}

static void
put_steps(struct engine *e, struct arena *a, const char *lang, struct json *into, const struct json *steps)
{
	struct json *list = json_put_array(into, "steps"), *one;

	for (const struct json *v = json_first(steps); v != NULL; v = json_next(v)) {
		const char *text = words_text(e, a, lang, json_str(v, "text_id"), NULL);
		const char *detail = json_str(v, "detail");

		one = json_add_object(list);
		json_put_int(one, "change", json_int(v, "change", 0));
		json_put_str(one, "state", step_word(json_str(v, "state")));
		if (detail != NULL && *detail != '\0')
			text = text == NULL ? detail : arena_printf(a, "%s (%s)", text, detail);
		json_put_str(one, "text", text);
	}
}

struct json *
outcome_words(struct engine *e, struct arena *a, const char *lang, const struct store_entry *entry)
{
	struct json *answer = json_new_object(a);

	json_put_int(answer, "entry", entry->id);
	json_put_str(answer, "state", entry->state);
	put_steps(e, a, lang, answer, entry->steps);
	if (entry->verification != NULL)
		json_put_copy(answer, "verification", entry->verification);
	else
		json_put_null(answer, "verification");
	json_put_str(answer, "reason", words_text(e, a, lang, entry->reason, NULL));
	return answer;
}

static struct json *
outcome_of(struct engine *e, struct arena *a, const char *lang, int64_t id, struct err *err)
{
	static const struct store_scope all = { .all = true };
	struct store_entry entry;

	return store_journal_get(e->setup.store, a, &all, id, &entry, err) ?
	    outcome_words(e, a, lang, &entry) : NULL;
}

/* Has the first write begun, or has it ended before one? */
static bool
is_under_way(struct engine *e, int64_t id)
{
	static const struct store_scope all = { .all = true };
	struct arena *a = arena_new();
	struct store_entry entry;
	bool yes = !store_journal_get(e->setup.store, a, &all, id, &entry, NULL) ||
	    (strcmp(entry.state, "applying") != 0 && strcmp(entry.state, "undoing") != 0);

	for (const struct json *v = yes ? NULL : json_first(entry.steps); v != NULL && !yes; v = json_next(v))
		yes = json_str(v, "state") != NULL && strcmp(json_str(v, "state"), "waiting") != 0;
	arena_free(a);
	return yes;
}

/*
 * Who confirmed what has changed meanwhile shall be told at once, and the panel
 * mostly says so in a blink.  Where it does not, the entry tells it later.
 */
static void
await_first_look(struct engine *e, int64_t id)
{
	const struct timespec step = { 0, FIRST_LOOK_STEP_MS * 1000000L };

	for (int waited = 0; waited < FIRST_LOOK_MS && !is_under_way(e, id); waited += FIRST_LOOK_STEP_MS)
		nanosleep(&step, NULL);
}

/* Entry begun: run it, here or aside, and say how it stands. */
static struct json *
carry_out(struct applying *ap, struct arena *a, const char *lang, bool wait, struct err *err)
{
	struct engine *e = ap->engine;
	int64_t id = ap->entry.id;

	if (wait || !e->threaded) {
		run_and_free(ap);
		apply_leave(e);
	} else {
		applying_detach(ap);
		await_first_look(e, id);
	}
	return outcome_of(e, a, lang, id, err);
}

/* On the command line each command is a start: what an interrupted one left open comes first. */
static void
recover_first(struct engine *e)
{
	if (!e->threaded)
		engine_recover(e);
}

static void
audit_attempt(struct engine *e, const struct rights *r, const char *action, const char *object,
    const char *domain, const char *outcome)
{
	const struct identity *who = rights_identity(r);
	struct audit_event event = { .at = engine_now(e), .login = who->login, .role = role_name(who->role),
	    .acting = who->acting, .from = who->from, .action = action, .object = object, .domain = domain,
	    .outcome = outcome };
	struct err err;

	if (!store_audit(e->setup.store, &event, &err))
		log_line(LOG_ERROR, "engine", "not in the audit: %s", err.text);
}

/* --- apply ---------------------------------------------------------------------------------------------- */

/* A plan that cannot be applied at all: refused, or text to copy. */
static const char *
plan_unfit(const struct json *plan)
{
	const char *mode = json_str(plan, "mode");

	if (!json_is_null(json_get(plan, "refused")))
		return "fix.reason.plan_refused";
	if (mode == NULL || strcmp(mode, "one_click") != 0)
		return "fix.reason.plan_copy";
	return json_first(json_get(plan, "changes")) == NULL ? "fix.reason.plan_refused" : NULL;
}

static bool
entry_from_plan(struct applying *ap, const struct store_plan *plan, const struct identity *who,
    struct err *err)
{
	struct arena *a = ap->arena;
	struct store_entry entry = { .login = arena_strdup(a, who->login), .role = role_name(who->role),
	    .fix = arena_strdup(a, plan->fix), .target = arena_strdup(a, plan->target),
	    .state = "applying", .plan = arena_strdup(a, plan->id) };

	ap->from = who->from == NULL ? NULL : arena_strdup(a, who->from);
	if (who->acting != NULL)
		entry.acting = arena_strdup(a, who->acting);
	if (plan->domain != NULL)
		entry.domain = arena_strdup(a, plan->domain);
	if (plan->bulk != NULL)
		entry.bulk = arena_strdup(a, plan->bulk);
	entry.changes = json_copy(a, json_get(plan->json, "changes"));
	entry.checks = json_copy(a, json_get(plan->json, "checks_after"));
	entry.steps = json_new_array(a);
	return applying_load(ap, &entry, err);
}

/*
 * Life lock, room, entry on disk: from here on recover.c would find it.  The
 * lock comes first: of fifty who confirm one plan, one needs room.
 */
static bool
entry_begin(struct applying *ap, const char *hash, struct err *err)
{
	struct engine *e = ap->engine;
	struct json *steps = json_new_array(ap->arena);

	for (size_t i = 0; i < ap->count; i++) {
		struct json *one = json_add_object(steps);

		json_put_int(one, "change", (int64_t)i);
		json_put_str(one, "state", "waiting");
	}
	ap->entry.steps = steps;
	ap->life = store_lock(e->setup.store, life_name(ap->arena, &ap->entry), 0, err);
	if (ap->life == NULL)
		return err->code != ERR_BUSY ? false : err_set(err, ERR_STALE, "this is being done at this moment");
	if (ap->quick)
		apply_enter_more(e);
	else if (!apply_enter(e, err))
		return false;
	if (store_journal_begin(e->setup.store, &ap->entry, hash, engine_now(e), &ap->entry.id, err))
		return true;
	apply_leave(e);
	return false;
}

static void
give_secret(struct applying *ap, struct text secret)
{
	struct change *changes = arena_array(ap->arena, ap->count + 1, sizeof(*changes));
	const char *ref = secret_name(ap->arena, ap->entry.id);

	for (size_t i = 0; i < ap->count; i++) {
		changes[i] = ap->changes[i];
		if (changes[i].kind == CHANGE_SECRET)
			changes[i].secret_ref = ref;
	}
	ap->changes = changes;
	ap->has_secret = true;
	engine_secret_put(ap->engine, ref, secret);
}

static bool
wants_secret(const struct applying *ap)
{
	for (size_t i = 0; i < ap->count; i++)
		if (ap->changes[i].kind == CHANGE_SECRET)
			return true;
	return false;
}

/* Why this password is refused, or NULL.  The plan stays: another may be tried. */
static const char *
secret_fault(struct applying *ap, struct text secret)
{
	struct password_strength strength;

	for (size_t i = 0; i < ap->count; i++) {
		if (ap->changes[i].kind != CHANGE_SECRET)
			continue;
		password_judge(ap->arena, secret, ap->changes[i].object, &strength);
		if (!strength.good)
			return strength.why;
	}
	return NULL;
}

static struct json *
outcome_weak(struct engine *e, struct arena *a, const char *lang, const char *why)
{
	struct json *answer = outcome_none(e, a, lang, 0, NULL), *refused;

	json_put_str(answer, "state", "failed");
	refused = json_put_object(answer, "refused");
	json_put_str(refused, "code", "invalid_value");
	json_put_str(refused, "text", words_text(e, a, lang, arena_printf(a, "password.why.%s", why), NULL));
	return answer;
}

static const char *
stale_reason(const struct store_plan *plan, const char *hash, int64_t now)
{
	if (strcmp(plan->hash, hash) != 0)
		return "fix.reason.other_hash";
	if (plan->taken_at != 0)
		return "fix.reason.taken";
	return now > plan->created_at + PLAN_LIFE_S ? "fix.reason.expired" : "fix.reason.taken";
}

/* In a bulk run at most a minute old, else read at this moment. */
static bool
rights_now(struct engine *e, struct arena *a, const struct rights *rights, bool quick,
    struct rights **ret, struct err *err)
{
	return engine_rights(e, a, rights_identity(rights), !quick, ret, err) && (rights_recent(*ret) ||
	    err_set(err, ERR_UNREACHABLE, "the panel does not say whose is what"));
}

/* Before anything is applied or undone: the store, what a crash left, and whose it is at this moment. */
static bool
ready_for(struct engine *e, struct arena *a, const struct rights *rights, bool quick, struct rights **now,
    struct store_scope *scope, struct err *err)
{
	if (e->setup.store == NULL)
		return err_set(err, ERR_IO, "there is no store");
	if (!quick)
		recover_first(e);
	if (!rights_now(e, a, rights, quick, now, err))
		return false;
	rights_scope(*now, a, scope);
	return true;
}

struct json *
apply_plan(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *id, const char *hash, struct text secret, bool wait, bool quick, struct err *err)
{
	const char *unfit, *weak;
	struct store_scope scope;
	struct store_plan plan;
	struct applying *ap;
	struct rights *now;
	const struct fix *fix;

	if (!ready_for(e, a, rights, quick, &now, &scope, err))
		return NULL;
	if (!store_plan_get(e->setup.store, a, &scope, id, &plan, err)) {
		if (err->code == ERR_NOT_FOUND)
			audit_attempt(e, now, "apply", id, NULL, "denied");
		return NULL;
	}
	fix = fix_find(plan.fix);
	if (fix == NULL || (fix->roles & rights_role(now)) == 0) {
		audit_attempt(e, now, "apply", plan.target, plan.domain, "denied");
		err_set(err, ERR_NOT_FOUND, "%s is not for this role", plan.fix);
		return NULL;
	}
	if ((unfit = plan_unfit(plan.json)) != NULL)
		return outcome_none(e, a, lang, 0, unfit);
	if (strcmp(plan.hash, hash) != 0 || plan.taken_at != 0)
		return outcome_none(e, a, lang, plan.entry, stale_reason(&plan, hash, engine_now(e)));

	ap = applying_new(e);
	ap->quick = quick;
	if (!entry_from_plan(ap, &plan, rights_identity(now), err))
		goto fail;
	if (wants_secret(ap) && (weak = secret_fault(ap, secret)) != NULL) {
		applying_free(ap);
		return outcome_weak(e, a, lang, weak);
	}
	audit_attempt(e, now, "apply", arena_printf(a, "%s %s", plan.fix, plan.target), plan.domain, "begun");
	if (!entry_begin(ap, hash, err)) {
		applying_free(ap);
		if (err->code != ERR_STALE)
			return NULL;
		if (!store_plan_get(e->setup.store, a, &scope, id, &plan, err))
			return NULL;
		return outcome_none(e, a, lang, plan.entry, stale_reason(&plan, hash, engine_now(e)));
	}
	if (wants_secret(ap))
		give_secret(ap, secret);
	return carry_out(ap, a, lang, wait, err);
fail:
	applying_free(ap);
	return NULL;
}

struct json *
engine_apply(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *plan, const char *hash, struct text secret, bool wait, struct err *err)
{
	return apply_plan(e, a, rights, lang, plan, hash, secret, wait, false, err);
}

/* --- undo ------------------------------------------------------------------------------------------------- */

const char *
entry_no_undo(struct engine *e, const struct store_entry *entry)
{
	static const char *const written[] = { "applied", "verified", "undone", "partly", "unknown", NULL };
	const struct fix *fix = fix_find(entry->fix);
	struct arena *a = arena_new();
	const char *why = NULL;
	struct change c;
	size_t i = 0;

	while (written[i] != NULL && strcmp(written[i], entry->state) != 0)
		i++;
	if (entry->undone_by != 0 || (entry->undo_of == 0 && strcmp(entry->state, "undone") == 0))
		why = "fix.reason.undone_already";
	else if (strcmp(entry->state, "applying") == 0 || strcmp(entry->state, "undoing") == 0)
		why = "fix.reason.still_running";
	else if (written[i] == NULL)
		why = "fix.reason.nothing_written";
	else if (fix != NULL && fix->no_undo)
		why = "fix.reason.no_undo";
	for (const struct json *v = json_first(entry->changes); v != NULL && why == NULL; v = json_next(v))
		if (!change_from_json(a, v, &c, NULL) || !panel_can_undo(e->setup.panel, &c))
			why = "fix.reason.no_undo";
	arena_free(a);
	return why;
}

/* The inverse of every change, last first. */
static bool
entry_inverse(struct applying *ap, const struct store_entry *old, const struct identity *who,
    struct err *err)
{
	struct arena *a = ap->arena;
	struct store_entry entry = { .login = arena_strdup(a, who->login), .role = role_name(who->role),
	    .fix = arena_strdup(a, old->fix), .target = arena_strdup(a, old->target),
	    .state = "undoing", .undo_of = old->id };
	struct json *list = json_new_array(a);
	struct change *changes;
	size_t count;

	ap->from = who->from == NULL ? NULL : arena_strdup(a, who->from);
	if (who->acting != NULL)
		entry.acting = arena_strdup(a, who->acting);
	if (old->domain != NULL)
		entry.domain = arena_strdup(a, old->domain);
	if (old->bulk != NULL)
		entry.bulk = arena_strdup(a, old->bulk);
	if (!changes_read(a, old->changes, &changes, &count, err))
		return false;
	for (size_t i = count; i-- > 0;) {
		struct change back = change_inverse(&changes[i]);

		change_to_json(json_add_object(list), &back);
	}
	entry.changes = list;
	entry.checks = old->checks != NULL ? json_copy(a, old->checks) : json_new_array(a);
	entry.steps = json_new_array(a);
	return applying_load(ap, &entry, err);
}

struct json *
undo_entry(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    int64_t id, bool wait, bool quick, struct err *err)
{
	struct store_scope scope;
	struct store_entry old;
	struct applying *ap;
	struct rights *now;
	const struct fix *fix;
	const char *why;

	if (!ready_for(e, a, rights, quick, &now, &scope, err))
		return NULL;
	if (!store_journal_get(e->setup.store, a, &scope, id, &old, err)) {
		if (err->code == ERR_NOT_FOUND)
			audit_attempt(e, now, "undo", arena_printf(a, "entry %lld", (long long)id), NULL, "denied");
		return NULL;
	}
	fix = fix_find(old.fix);
	if (fix != NULL && (fix->roles & rights_role(now)) == 0) {
		err_set(err, ERR_NOT_FOUND, "%s is not for this role", old.fix);
		return NULL;
	}
	if ((why = entry_no_undo(e, &old)) != NULL)
		return outcome_none(e, a, lang, old.undone_by, why);
	ap = applying_new(e);
	ap->quick = quick;
	if (!entry_inverse(ap, &old, rights_identity(now), err)) {
		applying_free(ap);
		return NULL;
	}
	audit_attempt(e, now, "undo", arena_printf(a, "entry %lld", (long long)id), old.domain, "begun");
	if (!entry_begin(ap, NULL, err)) {
		applying_free(ap);
		return err->code == ERR_STALE ? outcome_none(e, a, lang, 0, "fix.reason.undone_already") : NULL;
	}
	return carry_out(ap, a, lang, wait, err);
}

struct json *
engine_undo(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    int64_t entry, bool wait, struct err *err)
{
	return undo_entry(e, a, rights, lang, entry, wait, false, err);
}
