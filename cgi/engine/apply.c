#include "engine/apply.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/identity.h"
#include "engine/internal.h"
#include "engine/plan.h"
#include "store/audit.h"

#define THINGS_WAIT_MS	60000
#define POLLS		5		/* looks at slow name servers while somebody waits */
#define SETTLE_TRIES	3		/* looks after an answer was lost */
#define CACHES_MAX_S	(7 * 24 * 3600)

static void
nap(long ms)
{
	struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

struct applying *
applying_new(struct engine *e)
{
	struct arena *a = arena_new();
	struct applying *ap = arena_zalloc(a, sizeof(*ap));

	ap->engine = e;
	ap->arena = a;
	return ap;
}

void
applying_free(struct applying *ap)
{
	if (ap == NULL)
		return;
	for (size_t i = 0; i < ap->lock_count; i++)
		store_unlock(ap->locks[i]);
	store_unlock(ap->life);
	arena_free(ap->arena);
}

const char *
life_name(struct arena *a, const struct store_entry *entry)
{
	return entry->undo_of != 0 ? arena_printf(a, "undo:%lld", (long long)entry->undo_of) :
	    arena_printf(a, "plan:%s", entry->plan != NULL ? entry->plan : "-");
}

/* --- marks -------------------------------------------------------------------------------------------- */

static const char *const mark_words[] = {
	[STEP_WAITING] = "waiting", [STEP_STARTED] = "started", [STEP_MADE] = "done",
	[STEP_BAD] = "failed", [STEP_SKIPPED] = "skipped", [STEP_PUT_BACK] = "put_back",
};

static struct json *
marks_json(struct applying *ap)
{
	struct json *list = json_new_array(ap->arena);

	for (size_t i = 0; i < ap->count; i++) {
		struct json *one = json_add_object(list);

		json_put_int(one, "change", (int64_t)i);
		json_put_str(one, "state", mark_words[ap->marks[i].state]);
		json_put_str(one, "text_id", ap->marks[i].text_id);
		json_put_text(one, "detail", text_of(ap->marks[i].detail));
	}
	return list;
}

static void
marks_read(struct applying *ap, const struct json *steps)
{
	size_t i = 0;

	for (const struct json *v = json_first(steps); v != NULL && i < ap->count; v = json_next(v), i++) {
		const char *state = json_str(v, "state");

		for (size_t j = 0; state != NULL && j < sizeof(mark_words) / sizeof(mark_words[0]); j++)
			if (strcmp(mark_words[j], state) == 0)
				ap->marks[i].state = (enum step_state)j;
		ap->marks[i].text_id = json_str(v, "text_id");
		ap->marks[i].detail = json_str(v, "detail");
	}
}

bool
applying_load(struct applying *ap, const struct store_entry *entry, struct err *err)
{
	struct change *changes;

	ap->entry = *entry;
	if (!changes_read(ap->arena, entry->changes, &changes, &ap->count, err))
		return false;
	ap->changes = changes;
	ap->marks = arena_array(ap->arena, ap->count + 1, sizeof(*ap->marks));
	marks_read(ap, entry->steps);
	ap->verification = entry->verification == NULL ? NULL : json_copy(ap->arena, entry->verification);
	return true;
}

bool
applying_mark(struct applying *ap, const char *state, const char *reason, struct err *err)
{
	if (state != NULL)
		ap->entry.state = state;
	if (reason != NULL)
		ap->entry.reason = reason;
	ap->entry.steps = marks_json(ap);
	ap->entry.verification = ap->verification;
	return store_journal_update(ap->engine->setup.store, &ap->entry, engine_now(ap->engine), err);
}

static void
audit_entry(struct applying *ap, const char *outcome)
{
	const struct store_entry *entry = &ap->entry;
	struct audit_event event = { .at = engine_now(ap->engine), .login = entry->login, .role = entry->role,
	    .acting = entry->acting, .from = ap->from, .action = entry->undo_of != 0 ? "undo" : "apply",
	    .object = arena_printf(ap->arena, "entry %lld: %s %s", (long long)entry->id, entry->fix,
	    entry->target), .domain = entry->domain, .outcome = outcome,
	    .detail = json_print(ap->arena, entry->changes) };	/* what, before, after */
	struct err err;

	if (!store_audit(ap->engine->setup.store, &event, &err))
		log_line(LOG_ERROR, "engine", "not in the audit: %s", err.text);
}

void
applying_end(struct applying *ap, const char *state, const char *reason)
{
	struct store *store = ap->engine->setup.store;
	bool nothing = strcmp(state, "conflict") == 0 || strcmp(state, "failed") == 0 ||
	    strcmp(state, "not_applied") == 0;
	bool moved = strcmp(ap->entry.state, state) != 0;	/* a look that found nothing new is no event */
	struct store_entry old = { .id = ap->entry.undo_of, .state = "undone" };
	struct err err;

	if (!applying_mark(ap, state, reason, &err))
		log_line(LOG_ERROR, "engine", "entry %lld ended as %s, but that is not in the journal: %s",
		    (long long)ap->entry.id, state, err.text);
	if (ap->entry.undo_of != 0 && nothing && !store_journal_release(store, ap->entry.undo_of,
	    ap->entry.id, &err))
		log_line(LOG_ERROR, "engine", "entry %lld: %s", (long long)ap->entry.id, err.text);
	if (ap->entry.undo_of != 0 && (strcmp(state, "undone") == 0 || strcmp(state, "applied") == 0) &&
	    !store_journal_update(store, &old, engine_now(ap->engine), &err))
		log_line(LOG_ERROR, "engine", "entry %lld: %s", (long long)ap->entry.undo_of, err.text);
	if (!moved)
		return;
	audit_entry(ap, state);
	log_line(LOG_INFO, "engine", "entry %lld: %s %s: %s", (long long)ap->entry.id, ap->entry.fix,
	    ap->entry.target, state);
}

/* --- locks -------------------------------------------------------------------------------------------- */

/* What two writers must not touch at once: the panel has no guard of its own. */
static const char *
thing_name(struct arena *a, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_RRSET:
		return arena_printf(a, "zone:%s", c->zone);
	case CHANGE_SETTING:
	case CHANGE_SECRET:
		return arena_printf(a, "object:%s", c->object);
	case CHANGE_MAILBOX:
	case CHANGE_FORWARD:
		return arena_printf(a, "object:%s", c->address);
	case CHANGE_QUEUE:
		return "queue";
	}
	return "object:";
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In one order for all, so that two can never wait for each other. */
bool
things_lock(struct applying *ap, uint32_t timeout_ms)
{
	const char **names = arena_array(ap->arena, ap->count + 1, sizeof(*names));
	struct err err;

	for (size_t i = 0; i < ap->count; i++)
		names[i] = thing_name(ap->arena, &ap->changes[i]);
	qsort(names, ap->count, sizeof(*names), by_text);
	ap->locks = arena_array(ap->arena, ap->count + 1, sizeof(*ap->locks));
	for (size_t i = 0; i < ap->count; i++) {
		if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
			continue;
		ap->locks[ap->lock_count] = store_lock(ap->engine->setup.store, names[i], timeout_ms, &err);
		if (ap->locks[ap->lock_count] == NULL)
			return false;
		ap->lock_count++;
	}
	return true;
}

static void
things_unlock(struct applying *ap)
{
	while (ap->lock_count > 0)
		store_unlock(ap->locks[--ap->lock_count]);
}

/* --- looking and verifying --------------------------------------------------------------------------- */

static void
put_difference(struct applying *ap, size_t i, const struct json *present)
{
	struct json *one;

	if (ap->verification == NULL) {
		ap->verification = json_new_object(ap->arena);
		json_put_str(ap->verification, "panel", "differs");
		json_put_array(ap->verification, "name_servers");
		json_put_null(ap->verification, "caches_until");
	}
	if (json_get(ap->verification, "difference") == NULL)
		json_put_array(ap->verification, "difference");
	one = json_add_object(json_edit(ap->verification, "difference"));
	json_put_int(one, "change", (int64_t)i);
	if (present != NULL)
		json_put_copy(one, "present", present);
	else
		json_put_null(one, "present");
}

/* Why somebody else's change stands in the way: there is no plan to make anew for an undo. */
static const char *
changed_reason(const struct applying *ap)
{
	return ap->entry.undo_of != 0 ? "fix.reason.changed_after" : "fix.reason.changed";
}

/* NULL = all as it was when the plan was made; else the state to end with, and why. */
static const char *
look_first(struct applying *ap, const char **reason)
{
	struct state *states = arena_array(ap->arena, ap->count + 1, sizeof(*states));
	const char *end = NULL;

	/* One change alone is compared when it is written; nothing before it can be half done. */
	if (ap->quick && ap->count == 1) {
		changes_public(ap->engine, ap->arena, ap->changes, ap->count, states);
		ap->old_ttl_s = states[0].old_ttl_s;
		return NULL;
	}
	changes_present(ap->engine, ap->arena, ap->changes, ap->count, true, states);
	for (size_t i = 0; i < ap->count; i++) {
		if (states[i].old_ttl_s > ap->old_ttl_s)
			ap->old_ttl_s = states[i].old_ttl_s;
		if (ap->changes[i].before_unknown || (states[i].at == PRESENT_UNREADABLE &&
		    states[i].reason == NULL))
			continue;
		if (states[i].at == PRESENT_UNREADABLE) {
			*reason = "fix.reason.unreadable";
			return "failed";
		}
		/* A message that somebody else has held or released meanwhile does no harm. */
		if (states[i].at == PRESENT_BEFORE || (states[i].at == PRESENT_OTHER &&
		    ap->changes[i].kind == CHANGE_QUEUE))
			continue;
		put_difference(ap, i, states[i].value);
		*reason = states[i].at == PRESENT_AFTER ? "fix.reason.already" : changed_reason(ap);
		end = "conflict";
	}
	return end;
}

static void
put_verification(struct applying *ap, const struct verification *v)
{
	static const char *const words[] = {
		[SEEN_OK] = "ok", [SEEN_DIFFERS] = "differs", [SEEN_UNKNOWN] = "unknown",
	};
	const char *until = json_str(ap->verification, "caches_until");
	struct json *j = json_new_object(ap->arena);

	json_put_str(j, "panel", words[v->panel]);
	json_put_copy(j, "name_servers", v->name_servers);
	if (!v->records)
		json_put_null(j, "caches_until");
	else if (until != NULL)
		json_put_str(j, "caches_until", until);
	else
		json_put_str(j, "caches_until", time_str(ap->arena, engine_now(ap->engine) +
		    (ap->old_ttl_s < CACHES_MAX_S ? ap->old_ttl_s : CACHES_MAX_S)));
	ap->verification = j;
}

static const char *
state_of(const struct applying *ap, const struct verification *v)
{
	const char *until = json_str(ap->verification, "caches_until");
	int64_t until_s;
	bool settled;

	if (v->panel == SEEN_DIFFERS)
		return "not_applied";
	if (v->panel == SEEN_UNKNOWN)
		return v->readable ? "unknown" : "applied";
	if (!v->records)
		return "verified";
	if (v->late)
		return "applied";
	/* A server that never answers does not keep it open for ever. */
	settled = until != NULL && time_parse(text_of(until), &until_s) && engine_now(ap->engine) > until_s;
	return v->ok > 0 && v->old == 0 && (v->silent == 0 || settled) ? "verified" : "applied";
}

static const char *
end_word(const struct applying *ap, const char *state)
{
	return ap->entry.undo_of != 0 && strcmp(state, "verified") == 0 ? "undone" : state;
}

static bool
is_running(const struct applying *ap)
{
	return strcmp(ap->entry.state, "applying") == 0 || strcmp(ap->entry.state, "undoing") == 0;
}

void
applying_verify(struct applying *ap, int polls)
{
	static const long waits_ms[POLLS] = { 200, 400, 900, 1500, 2500 };
	struct verification v;
	const char *state, *reason = NULL;

	for (int i = 0;; i++) {
		changes_verify(ap->engine, ap->arena, ap->changes, ap->count, &v);
		if (i >= polls || i >= POLLS || (!v.readable && !v.records) ||
		    (v.panel == SEEN_OK && !v.late && (!v.records || (v.old == 0 && v.ok > 0))))
			break;
		nap(waits_ms[i]);
	}
	put_verification(ap, &v);
	state = state_of(ap, &v);
	if (strcmp(state, "not_applied") == 0) {
		/* What the panel took of it, if anything, must not stay half made.  (Looking
		 * once more at what was written long ago never writes.) */
		reason = "fix.reason.not_shown";
		if (is_running(ap) && !applying_put_back(ap)) {
			state = "partly";
			reason = "fix.reason.partly";
		}
	}
	if (strcmp(state, "unknown") == 0)
		reason = "fix.reason.unread";
	if (strcmp(state, "applied") == 0 && !v.readable && !v.records)
		reason = REASON_ACCEPTED;
	else if (reason == NULL && ap->entry.reason != NULL)
		reason = "fix.reason.seen_later";	/* the old one no longer holds */
	applying_end(ap, end_word(ap, state), reason);
}

/* --- writing -------------------------------------------------------------------------------------------- */

static void
step_set(struct applying *ap, size_t i, enum step_state state, const char *text_id, const struct err *err)
{
	ap->marks[i].state = state;
	ap->marks[i].text_id = text_id;
	ap->marks[i].detail = err != NULL && err->code != ERR_NONE ? arena_strdup(ap->arena, err->text) : NULL;
}

/* Something was sent and it is not said that it was done: look. */
static enum present
look_again(struct applying *ap, const struct change *c)
{
	struct state s = { 0 };

	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (i > 0)
			nap(700);
		changes_present(ap->engine, ap->arena, c, 1, false, &s);
		if (s.at == PRESENT_AFTER)
			break;
	}
	return s.at;
}

void
applying_hold(struct applying *ap, const struct change *c)
{
	const struct panel_change *row = panel_change_find(ap->engine->setup.panel, c);
	struct change same = *c;
	struct write w;

	if (row == NULL || !row->holds_later)
		return;
	same.before = c->after;
	same.before_unknown = false;
	change_write(ap->engine, ap->arena, &same, &w);
	if (w.result != WRITE_DONE)
		log_line(LOG_WARNING, "engine", "entry %lld: %s is written, but may not be taken up yet: %s",
		    (long long)ap->entry.id, c->key, w.err.text);
}

/* True: it is done. */
static bool
step_make(struct applying *ap, const struct change *c, struct write *w)
{
	change_write(ap->engine, ap->arena, c, w);
	if (w->result == WRITE_DONE)
		return true;
	if (!w->sent)
		return false;
	w->unheard = w->result == WRITE_UNKNOWN;
	switch (look_again(ap, c)) {
	case PRESENT_AFTER:
		applying_hold(ap, c);
		w->result = WRITE_DONE;
		return true;
	case PRESENT_BEFORE:
		w->result = WRITE_FAILED;
		break;
	case PRESENT_OTHER:		/* half of it */
	case PRESENT_UNREADABLE:
		w->result = WRITE_UNKNOWN;
		break;
	}
	return false;
}

static bool
has_value(const struct json *state, const char *value)
{
	for (const struct json *v = json_first(json_get(state, "values")); v != NULL; v = json_next(v))
		if (json_value_str(v) != NULL && strcmp(json_value_str(v), value) == 0)
			return true;
	return false;
}

/*
 * Half of our own write: nothing in it but old and new values, and all that
 * were to stay.  Anything else is somebody's work and is not touched.
 */
static bool
is_ours(const struct change *c, const struct json *present)
{
	const struct json *v;

	if (c->kind == CHANGE_QUEUE)
		return true;		/* of these messages and no others */
	if (c->kind != CHANGE_RRSET)
		return false;
	for (v = json_first(json_get(present, "values")); v != NULL; v = json_next(v))
		if (!has_value(c->before, json_value_str(v)) && !has_value(c->after, json_value_str(v)))
			return false;
	for (v = json_first(json_get(c->before, "values")); v != NULL; v = json_next(v))
		if (has_value(c->after, json_value_str(v)) && !has_value(present, json_value_str(v)))
			return false;
	return true;
}

/* Bring one thing that we wrote, or half wrote, back to what it was. */
static bool
put_back_one(struct applying *ap, size_t i)
{
	struct change back = change_inverse(&ap->changes[i]);
	struct state s;
	struct write w;

	changes_present(ap->engine, ap->arena, &ap->changes[i], 1, false, &s);
	switch (s.at) {
	case PRESENT_BEFORE:
		return true;
	case PRESENT_AFTER:
		break;
	case PRESENT_OTHER:
		if (!is_ours(&ap->changes[i], s.value))
			return false;
		if (back.kind != CHANGE_QUEUE)
			back.before = s.value;
		break;
	case PRESENT_UNREADABLE:
		if (s.reason != NULL || ap->marks[i].state != STEP_MADE)
			return false;
		break;		/* nobody can read it, but it was said to be done */
	}
	if (step_make(ap, &back, &w))
		return true;
	step_set(ap, i, ap->marks[i].state, NULL, &w.err);
	return false;
}

/* May something of it have been written? */
static bool
is_written(const struct step_mark *m)
{
	return m->state == STEP_MADE || m->state == STEP_STARTED ||
	    (m->state == STEP_BAD && m->text_id != NULL && strcmp(m->text_id, "fix.step.unknown") == 0);
}

bool
applying_put_back(struct applying *ap)
{
	bool clean = true;

	for (size_t i = ap->count; i-- > 0;) {
		const char *detail;
		struct err err;

		if (!is_written(&ap->marks[i]))
			continue;
		if (!panel_can_undo(ap->engine->setup.panel, &ap->changes[i])) {
			step_set(ap, i, STEP_MADE, "fix.step.stays", NULL);
			clean = false;
		} else if (put_back_one(ap, i))
			step_set(ap, i, ap->marks[i].state == STEP_MADE ? STEP_PUT_BACK : STEP_BAD,
			    "fix.step.put_back", NULL);
		else {
			detail = ap->marks[i].detail;
			step_set(ap, i, STEP_MADE, "fix.step.left", NULL);
			ap->marks[i].detail = detail;
			clean = false;
		}
		if (!applying_mark(ap, NULL, NULL, &err))
			log_line(LOG_ERROR, "engine", "entry %lld: %s", (long long)ap->entry.id, err.text);
	}
	return clean;
}

static void
skip_rest(struct applying *ap)
{
	for (size_t i = 0; i < ap->count; i++)
		if (ap->marks[i].state == STEP_WAITING)
			ap->marks[i].state = STEP_SKIPPED;
}

/* What is to be said when step i did not go through. */
static void
step_failed(struct applying *ap, size_t i, const struct write *w)
{
	bool first = true, unknown = w->result == WRITE_UNKNOWN;
	const char *why = w->unheard ? REASON_UNHEARD : "fix.reason.refused";

	for (size_t j = 0; j < i; j++)
		first = first && ap->marks[j].state != STEP_MADE;
	if (w->result == WRITE_CONFLICT) {
		step_set(ap, i, first ? STEP_SKIPPED : STEP_BAD, "fix.step.changed", NULL);
		put_difference(ap, i, w->present);
	} else
		step_set(ap, i, STEP_BAD, unknown ? "fix.step.unknown" : "fix.step.refused", &w->err);
	skip_rest(ap);
	if (first && !unknown) {
		applying_end(ap, w->result == WRITE_CONFLICT ? "conflict" : "failed",
		    w->result == WRITE_CONFLICT ? changed_reason(ap) : why);
		return;
	}
	if (applying_put_back(ap))
		applying_end(ap, "failed", w->unheard ? REASON_UNHEARD : "fix.reason.put_back");
	else if (first && look_again(ap, &ap->changes[i]) == PRESENT_UNREADABLE) {
		/* Still perhaps done: settle looks when the panel answers again. */
		step_set(ap, i, STEP_BAD, "fix.step.unknown", &w->err);
		applying_end(ap, "unknown", w->unheard ? "fix.reason.unread" : "fix.reason.refused_unread");
	} else
		applying_end(ap, "partly", "fix.reason.partly");
}

static bool
write_all(struct applying *ap)
{
	for (size_t i = 0; i < ap->count; i++) {
		struct err err;
		struct write w = { .result = WRITE_FAILED };

		/* The mark comes before the write: after a crash it says what may have been sent. */
		step_set(ap, i, STEP_STARTED, NULL, NULL);
		if (!applying_mark(ap, NULL, NULL, &err)) {
			w.err = err;
			step_failed(ap, i, &w);
			return false;
		}
		if (!step_make(ap, &ap->changes[i], &w)) {
			step_failed(ap, i, &w);
			return false;
		}
		step_set(ap, i, STEP_MADE, NULL, NULL);
	}
	return true;
}

/* The pages show what is so now, not what was so before. */
static void
check_again(struct applying *ap)
{
	struct check_options options = { .depth = TRUTH_AUTHORITATIVE, .fresh = true, .keep = true };
	struct err err;

	if (ap->entry.domain != NULL)
		engine_check(ap->engine, NULL, &ap->entry.domain, 1, NULL, &options, NULL, NULL, &err);
	else if (strcmp(ap->entry.target, "server") == 0)
		engine_check_server(ap->engine, NULL, &options, NULL, NULL, &err);
}

void
applying_run(struct applying *ap)
{
	const char *end, *reason = NULL;

	if (!things_lock(ap, THINGS_WAIT_MS)) {
		skip_rest(ap);
		applying_end(ap, "conflict", "fix.reason.busy");
		return;
	}
	if ((end = look_first(ap, &reason)) != NULL) {
		skip_rest(ap);
		applying_end(ap, end, reason);
		return;
	}
	if (write_all(ap)) {
		struct err err;

		if (!applying_mark(ap, NULL, NULL, &err))
			log_line(LOG_ERROR, "engine", "entry %lld: %s", (long long)ap->entry.id, err.text);
		facts_drop(ap->engine);
		applying_verify(ap, ap->quick ? 0 : POLLS);
	} else
		facts_drop(ap->engine);
	things_unlock(ap);
	if (!ap->quick)
		check_again(ap);
}
