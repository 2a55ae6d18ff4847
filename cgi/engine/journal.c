/* The journal as an answer. */

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/apply.h"
#include "engine/internal.h"
#include "engine/plan.h"

static void
put_id(struct json *into, const char *key, int64_t id)
{
	if (id != 0)
		json_put_int(into, key, id);
	else
		json_put_null(into, key);
}

bool
entry_is_final(const struct store_entry *entry)
{
	if (strcmp(entry->state, "applied") == 0)
		return entry->reason != NULL && strcmp(entry->reason, REASON_ACCEPTED) == 0;
	if (strcmp(entry->state, "unknown") == 0)
		return entry->reason != NULL && strcmp(entry->reason, REASON_MUTE) == 0;
	if (strcmp(entry->state, "not_applied") == 0 || strcmp(entry->state, "failed") == 0)
		return entry->reason == NULL || strcmp(entry->reason, REASON_UNHEARD) != 0;
	return strcmp(entry->state, "applying") != 0 && strcmp(entry->state, "undoing") != 0;
}

static void
put_entry(struct engine *e, struct arena *a, const char *lang, struct json *one,
    const struct store_entry *entry, bool full)
{
	const char *why = entry_no_undo(e, entry);
	const struct json *outcome;

	json_put_int(one, "entry", entry->id);
	json_put_str(one, "at", time_str(a, entry->at));
	json_put_str(one, "login", entry->login);
	json_put_str(one, "role", entry->role);
	json_put_str(one, "acting", entry->acting);
	json_put_str(one, "fix", entry->fix);
	json_put_str(one, "target", entry->target);
	json_put_str(one, "state", entry->state);
	json_put_bool(one, "final", entry_is_final(entry));
	json_put_copy(one, "changes", entry->changes);
	put_id(one, "undone_by", entry->undone_by);
	put_id(one, "undo_of", entry->undo_of);
	json_put_str(one, "plan", entry->plan);
	json_put_str(one, "bulk", entry->bulk);
	json_put_bool(one, "can_undo", why == NULL);
	json_put_str(one, "reason", words_text(e, a, lang, entry->reason, NULL));
	if (!full)
		return;
	outcome = outcome_words(e, a, lang, entry);
	json_put_copy(one, "steps", json_get(outcome, "steps"));
	json_put_copy(one, "verification", json_get(outcome, "verification"));
	json_put_str(one, "updated_at", time_str(a, entry->updated_at));
	json_put_str(one, "no_undo", words_text(e, a, lang, why, NULL));
	json_put_copy(one, "checks_after", entry->checks);
}

struct json *
engine_journal_page(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    const char *target, const char *part, const char *state, size_t page, size_t per_page, struct err *err)
{
	struct journal_query q = { .target = target, .part = part, .state = state, .page = page, .per_page = per_page };
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "entries");
	struct store_scope scope;
	struct journal_page p;

	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "there is no store");
		return NULL;
	}
	rights_scope(rights, a, &scope);
	if (!store_journal_list(e->setup.store, a, &scope, &q, &p, err))
		return NULL;
	for (size_t i = 0; i < p.count; i++)
		put_entry(e, a, lang, json_add_object(list), &p.entries[i], false);
	json_put_int(answer, "total", (int64_t)p.total);
	json_put_int(answer, "page", page == 0 ? 1 : (int64_t)page);
	json_put_int(answer, "per_page", per_page == 0 ? 50 : (int64_t)per_page);
	return answer;
}

struct json *
engine_journal(struct engine *e, struct arena *a, const struct rights *rights, const char *lang,
    int64_t entry, struct err *err)
{
	struct json *answer;
	struct store_scope scope;
	struct store_entry row;

	if (!e->threaded) {		/* nobody else keeps it up */
		engine_recover(e);
		engine_settle(e);
	}
	if (entry == 0)
		return engine_journal_page(e, a, rights, lang, NULL, NULL, NULL, 1, STORE_PER_PAGE_MAX, err);
	if (e->setup.store == NULL) {
		err_set(err, ERR_IO, "there is no store");
		return NULL;
	}
	rights_scope(rights, a, &scope);
	if (!store_journal_get(e->setup.store, a, &scope, entry, &row, err))
		return NULL;
	answer = json_new_object(a);
	put_entry(e, a, lang, json_add_object(json_put_array(answer, "entries")), &row, true);
	return answer;
}
