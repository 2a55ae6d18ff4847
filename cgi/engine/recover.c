/*
 * What was open when the program ended, and what was written but not yet seen
 * everywhere.
 *
 * An open entry whose life lock is free belongs to nobody alive.  Its things
 * are read: all as planned: it is finished by verifying; all as before:
 * nothing was written (who asked may ask again); some of each: what was done
 * is put back.  Nothing is ever written a second time.
 *
 * A panel goes on with a call whose caller is gone, for minutes if it is busy.
 * So "nothing was written" is looked at again for a while, and never acted on.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/apply.h"
#include "engine/internal.h"

#define LATE_WRITE_MS	2500	/* a write that was sent before the crash may still arrive */
#define LATE_FACTOR	3	/* and takes longer on a panel that is slow to read */
#define LATE_MOST_MS	15000
#define LATE_WRITE_S	900	/* after this nothing arrives any more; a hostname takes minutes */
#define PUT_BACK_S	86400	/* later, what is found may be other people's work */
#define SETTLE_DAYS	7
#define SETTLE_MAX	200	/* entries looked at in one go */

static const struct store_scope all = { .all = true };

struct standing { size_t before, after, other, unreadable, mute; };

static void
stand(struct applying *ap, struct state *states, struct standing *ret)
{
	memset(ret, 0, sizeof(*ret));
	changes_present(ap->engine, ap->arena, ap->changes, ap->count, true, states);
	for (size_t i = 0; i < ap->count; i++) {
		if (states[i].old_ttl_s > ap->old_ttl_s)
			ap->old_ttl_s = states[i].old_ttl_s;
		ret->before += states[i].at == PRESENT_BEFORE;
		ret->after += states[i].at == PRESENT_AFTER;
		ret->other += states[i].at == PRESENT_OTHER;
		ret->unreadable += states[i].at == PRESENT_UNREADABLE && states[i].reason != NULL;
		ret->mute += states[i].at == PRESENT_UNREADABLE && states[i].reason == NULL;
	}
}

static bool
anything_sent(const struct applying *ap)
{
	for (size_t i = 0; i < ap->count; i++)
		if (ap->marks[i].state == STEP_STARTED || ap->marks[i].state == STEP_MADE ||
		    ap->marks[i].state == STEP_BAD)
			return true;
	return false;
}

/* Marks as what was found, so that the answer tells the truth. */
static void
mark_found(struct applying *ap, const struct state *states)
{
	for (size_t i = 0; i < ap->count; i++) {
		switch (states[i].at) {
		case PRESENT_AFTER:
			ap->marks[i].state = STEP_MADE;
			break;
		case PRESENT_BEFORE:
			if (ap->marks[i].state != STEP_PUT_BACK)
				ap->marks[i].state = STEP_SKIPPED;
			break;
		case PRESENT_OTHER:
			/* Ours if anything was sent; put_back looks whether it can be. */
			if (ap->marks[i].state == STEP_STARTED || ap->marks[i].state == STEP_MADE ||
			    ap->marks[i].state == STEP_BAD) {
				ap->marks[i].state = STEP_BAD;
				ap->marks[i].text_id = "fix.step.unknown";
			}
			break;
		case PRESENT_UNREADABLE:
			if (ap->marks[i].state == STEP_STARTED) {
				ap->marks[i].state = STEP_BAD;
				ap->marks[i].text_id = "fix.step.unknown";
			}
			break;
		}
	}
}

/* What the adapter does beside a write, for those that the panel shows and nobody saw through. */
static void
hold_found(struct applying *ap, const struct state *states)
{
	for (size_t i = 0; i < ap->count; i++)
		if (states[i].at == PRESENT_AFTER && ap->marks[i].state == STEP_STARTED)
			applying_hold(ap, &ap->changes[i]);
}

/* How things stand when what is on its way has had its time to arrive. */
static void
stand_late(struct applying *ap, struct state *states, struct standing *s)
{
	int64_t began = monotonic_ms(), wait_ms;
	struct timespec t;

	stand(ap, states, s);
	if (s->after == ap->count || s->unreadable > 0)
		return;
	wait_ms = LATE_FACTOR * (monotonic_ms() - began);
	wait_ms = wait_ms < LATE_WRITE_MS ? LATE_WRITE_MS : wait_ms > LATE_MOST_MS ? LATE_MOST_MS : wait_ms;
	t = (struct timespec){ wait_ms / 1000, wait_ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
	stand(ap, states, s);
}

static void
recover_one(struct applying *ap)
{
	struct state *states = arena_array(ap->arena, ap->count + 1, sizeof(*states));
	struct standing s;

	if (!anything_sent(ap)) {
		applying_end(ap, "not_applied", "fix.reason.interrupted");
		return;
	}
	stand_late(ap, states, &s);
	hold_found(ap, states);
	mark_found(ap, states);
	if (s.mute == ap->count)
		applying_end(ap, "unknown", REASON_MUTE);
	else if (s.unreadable > 0)
		/* Not known now; settle looks again when the panel answers. */
		applying_end(ap, "unknown", "fix.reason.unread");
	else if (s.after + s.mute == ap->count) {
		facts_drop(ap->engine);
		applying_verify(ap, 0);
	} else if (s.after == 0 && s.other == 0)
		applying_end(ap, "not_applied", REASON_UNHEARD);
	else if (engine_now(ap->engine) - ap->entry.at < PUT_BACK_S && applying_put_back(ap))
		applying_end(ap, ap->entry.undo_of != 0 ? "not_applied" : "undone", "fix.reason.put_back");
	else
		applying_end(ap, "partly", "fix.reason.partly");
	facts_drop(ap->engine);
}

/*
 * The panel may have done it after all.  What is found is told, not put back:
 * by now it may as well be somebody's own work.
 */
static void
look_for_late(struct applying *ap)
{
	struct state *states = arena_array(ap->arena, ap->count + 1, sizeof(*states));
	struct standing s;
	struct err err;

	stand(ap, states, &s);
	if (s.unreadable > 0)
		return;
	if (s.after == 0) {
		if (engine_now(ap->engine) - ap->entry.at > LATE_WRITE_S)
			applying_end(ap, ap->entry.state, "fix.reason.not_arrived");
		return;
	}
	/* Of an undo: unless another one has done it since. */
	if (ap->entry.undo_of != 0 &&
	    !store_journal_claim(ap->engine->setup.store, ap->entry.undo_of, ap->entry.id, &err)) {
		applying_end(ap, ap->entry.state, "fix.reason.not_arrived");
		return;
	}
	for (size_t i = 0; i < ap->count; i++)
		if (states[i].at == PRESENT_AFTER)
			ap->marks[i].state = STEP_STARTED;
	hold_found(ap, states);
	mark_found(ap, states);
	facts_drop(ap->engine);
	if (s.after + s.mute == ap->count)
		applying_verify(ap, 0);
	else
		applying_end(ap, "partly", "fix.reason.partly");
}

/* Take over an entry nobody works on; NULL: somebody does, or it cannot be read. */
static struct applying *
take_over(struct engine *e, const struct store_entry *row)
{
	struct applying *ap = applying_new(e);
	struct store_entry entry;
	struct err err;

	ap->quick = true;
	ap->life = store_lock(e->setup.store, life_name(ap->arena, row), 0, &err);
	/* Read again under the lock: it may have ended meanwhile. */
	if (ap->life == NULL || !store_journal_get(e->setup.store, ap->arena, &all, row->id, &entry, &err) ||
	    strcmp(entry.state, row->state) != 0 || !applying_load(ap, &entry, &err) ||
	    !things_lock(ap, 1000)) {
		applying_free(ap);
		return NULL;
	}
	return ap;
}

void
engine_recover(struct engine *e)
{
	struct journal_query q = { .open = true, .oldest_first = true, .page = 1, .per_page = STORE_PER_PAGE_MAX };
	struct arena *a = arena_new();
	struct journal_page p;
	struct err err;

	if (e->setup.store == NULL || e->net == NULL)
		goto end;
	if (!store_journal_list(e->setup.store, a, &all, &q, &p, &err)) {
		log_line(LOG_ERROR, "engine", "open entries cannot be read: %s", err.text);
		goto end;
	}
	for (size_t i = 0; i < p.count; i++) {
		struct applying *ap = take_over(e, &p.entries[i]);

		if (ap == NULL)
			continue;
		log_line(LOG_WARNING, "engine", "entry %lld was open at the start", (long long)ap->entry.id);
		recover_one(ap);
		applying_free(ap);
	}
	bulk_recover(e);
end:
	arena_free(a);
}

/* --- settling ------------------------------------------------------------------------------------------- */

static void
settle_one(struct engine *e, const struct store_entry *row)
{
	struct applying *ap;
	struct state *states;
	struct standing s;

	if (entry_is_final(row) || (ap = take_over(e, row)) == NULL)
		return;
	if (strcmp(row->state, "applied") == 0) {
		struct verification v;

		changes_verify(e, ap->arena, ap->changes, ap->count, &v);
		/* Changed again since, or not readable now: what was written was written. */
		if (v.readable && v.panel == SEEN_OK)
			applying_verify(ap, 0);
	} else if (strcmp(row->state, "unknown") == 0) {
		states = arena_array(ap->arena, ap->count + 1, sizeof(*states));
		stand(ap, states, &s);
		if (s.unreadable == 0)
			recover_one(ap);
	} else if (row->reason != NULL && strcmp(row->reason, REASON_UNHEARD) == 0)
		look_for_late(ap);
	applying_free(ap);
}

void
entry_settle(struct engine *e, int64_t entry)
{
	struct arena *a = arena_new();
	struct store_entry row;

	if (store_journal_get(e->setup.store, a, &all, entry, &row, NULL))
		settle_one(e, &row);
	arena_free(a);
}

/*
 * The keeper comes every few seconds: a change of the last two minutes is
 * looked for each time, later ones every minute, then every five.  Who asks
 * for the journal on the command line always gets the look.
 */
static bool
due(struct engine *e, const struct store_entry *row, int64_t now)
{
	int64_t age = now - row->at;

	if (age >= SETTLE_DAYS * 86400)
		return false;
	return !e->threaded || age < 120 || now % (age < 3600 ? 60 : 300) < 5;
}

static void
settle_some(struct engine *e, struct journal_query q)
{
	struct arena *a = arena_new();
	int64_t now = engine_now(e);
	struct journal_page p;
	struct err err;

	q.page = 1;
	q.per_page = SETTLE_MAX;
	if (store_journal_list(e->setup.store, a, &all, &q, &p, &err))
		for (size_t i = 0; i < p.count; i++)
			if (due(e, &p.entries[i], now))
				settle_one(e, &p.entries[i]);
	arena_free(a);
}

void
engine_settle(struct engine *e)
{
	if (e->setup.store == NULL || e->net == NULL)
		return;
	settle_some(e, (struct journal_query){ .state = "applied" });
	settle_some(e, (struct journal_query){ .state = "unknown" });
	settle_some(e, (struct journal_query){ .state = "not_applied", .reason = REASON_UNHEARD });
	settle_some(e, (struct journal_query){ .state = "failed", .reason = REASON_UNHEARD });
}
