#include "store/journal.h"

#include <string.h>

#include "base/str.h"
#include "store/db.h"
#include "store/plans.h"

#define COLUMNS	" id, at, updated_at, login, role, acting, fix, target, domain, state, reason, plan,"	\
		" bulk, undo_of, undone_by, changes, steps, verification, checks "

/* Exactly one caller gets a plan: the row changes from untaken to taken once. */
static bool
plan_take(struct db *db, const char *id, const char *hash, int64_t now, int64_t entry, struct err *err)
{
	sqlite3_stmt *st;
	bool row;

	if (!db_exec(db, err, "UPDATE plans SET taken_at = ?1, entry = ?2 WHERE id = ?3 AND hash = ?4 "
	    "AND taken_at IS NULL AND created_at BETWEEN ?1 - ?5 AND ?1 + ?5", "iissi", now, entry, id, hash,
	    (int64_t)PLAN_LIFE_S))
		return false;
	if (db_changes(db) == 1)
		return true;
	st = db_query(db, err, "SELECT hash = ?2, entry FROM plans WHERE id = ?1", "ss", id, hash);
	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	if (!row)
		return err_set(err, ERR_NOT_FOUND, "store: no such plan");
	if (!sqlite3_column_int(st, 0))
		return err_set(err, ERR_STALE, "the plan has another hash");
	if (sqlite3_column_type(st, 1) != SQLITE_NULL)
		return err_set(err, ERR_STALE, "the plan was applied before, as entry %lld",
		    (long long)sqlite3_column_int64(st, 1));
	return err_set(err, ERR_STALE, "the plan has expired");
}

static bool
undo_mark(struct db *db, int64_t old, int64_t entry, struct err *err)
{
	if (!db_exec(db, err, "UPDATE journal SET undone_by = ? WHERE id = ? AND undone_by IS NULL", "ii",
	    entry, old))
		return false;
	return db_changes(db) == 1 || err_set(err, ERR_STALE, "entry %lld is being undone already",
	    (long long)old);
}

bool
store_journal_begin(struct store *store, const struct store_entry *e, const char *plan_hash,
    int64_t now, int64_t *id, struct err *err)
{
	struct db *db = db_write(store, true, err);
	int64_t new_id;

	if (db == NULL)
		return false;
	if (!db_exec(db, err, "INSERT INTO journal(at, updated_at, login, role, acting, fix, target, domain,"
	    " state, reason, plan, bulk, undo_of, changes, steps, verification, checks)"
	    " VALUES(?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, ?10, ?11, ?12, ?13, ?14, ?15)",
	    "issssssssszjjjj", now, e->login, e->role, e->acting, e->fix, e->target, e->domain, e->state,
	    e->reason, e->bulk, e->undo_of, e->changes, e->steps, e->verification, e->checks))
		goto fail;
	new_id = db_last_id(db);
	/* After the plan was taken, so that a second try is told "stale", not a broken constraint. */
	if (e->plan != NULL && (!plan_take(db, e->plan, plan_hash, now, new_id, err) ||
	    !db_exec(db, err, "UPDATE journal SET plan = ? WHERE id = ?", "si", e->plan, new_id)))
		goto fail;
	if (e->undo_of != 0 && !undo_mark(db, e->undo_of, new_id, err))
		goto fail;
	if (!db_commit(db, err))
		return false;
	*id = new_id;
	return true;
fail:
	db_rollback(db);
	return false;
}

bool
store_journal_update(struct store *store, const struct store_entry *e, int64_t now, struct err *err)
{
	return db_change(store, err, "UPDATE journal SET updated_at = ?1, state = ifnull(?2, state),"
	    " reason = ifnull(?3, reason), steps = ifnull(?4, steps),"
	    " verification = ifnull(?5, verification) WHERE id = ?6", "issjji", now, e->state, e->reason,
	    e->steps, e->verification, e->id);
}

bool
store_journal_claim(struct store *store, int64_t undo_of, int64_t undone_by, struct err *err)
{
	struct db *db = db_write(store, true, err);

	return db != NULL && db_end(db, undo_mark(db, undo_of, undone_by, err), err);
}

bool
store_journal_release(struct store *store, int64_t undo_of, int64_t undone_by, struct err *err)
{
	return db_change(store, err, "UPDATE journal SET undone_by = NULL WHERE id = ? AND undone_by = ?", "ii",
	    undo_of, undone_by);
}

static void
entry_read(struct arena *a, sqlite3_stmt *st, struct store_entry *e)
{
	e->id = sqlite3_column_int64(st, 0);
	e->at = sqlite3_column_int64(st, 1);
	e->updated_at = sqlite3_column_int64(st, 2);
	e->login = db_str(a, st, 3);
	e->role = db_str(a, st, 4);
	e->acting = db_str(a, st, 5);
	e->fix = db_str(a, st, 6);
	e->target = db_str(a, st, 7);
	e->domain = db_str(a, st, 8);
	e->state = db_str(a, st, 9);
	e->reason = db_str(a, st, 10);
	e->plan = db_str(a, st, 11);
	e->bulk = db_str(a, st, 12);
	e->undo_of = sqlite3_column_int64(st, 13);
	e->undone_by = sqlite3_column_int64(st, 14);
	e->changes = db_json(a, st, 15);
	e->steps = db_json(a, st, 16);
	e->verification = db_json(a, st, 17);
	e->checks = db_json(a, st, 18);
}

bool
store_journal_get(struct store *store, struct arena *a, const struct store_scope *scope, int64_t id,
    struct store_entry *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	st = db_query(db, err, "SELECT" COLUMNS "FROM journal WHERE id = ?1 AND "
	    "(?2 OR (domain IS NULL AND ifnull(acting, login) = ?3) OR in_scope(domain))", "iis", id,
	    (int64_t)scope->all, scope->login);
	if (st != NULL && db_step(db, st, &row, err)) {
		if ((ok = row))
			entry_read(a, st, ret);
		else
			err_set(err, ERR_NOT_FOUND, "store: no entry %lld", (long long)id);
	}
	db_done(db);
	return ok;
}

/*
 * Whose rows: ?1 names as a JSON array (few: found through the index), ?2 login.
 * A large set walks the entries and asks for each.
 */
#define NAMES_BY_INDEX	64

static const char *
whose(struct arena *a, const struct store_scope *scope, const char **names)
{
	struct json *list;

	*names = NULL;
	if (scope->all)
		return "1";
	if (scope->count > NAMES_BY_INDEX)
		return "((domain IS NULL AND ifnull(acting, login) = ?2) OR in_scope(domain))";
	list = json_new_array(a);
	for (size_t i = 0; i < scope->count; i++)
		json_add_str(list, scope->names[i]);
	*names = json_print(a, list);
	return "((domain IS NULL AND ifnull(acting, login) = ?2) OR domain IN (SELECT value FROM json_each(?1)))";
}

static void
bind_some(sqlite3_stmt *st, const char *const *texts, int count)
{
	int most = sqlite3_bind_parameter_count(st);

	for (int i = 0; i < count && i < most; i++)
		sqlite3_bind_text(st, i + 1, texts[i], -1, SQLITE_STATIC);
}

bool
store_journal_list(struct store *store, struct arena *a, const struct store_scope *scope,
    const struct journal_query *q, struct journal_page *ret, struct err *err)
{
	size_t per_page = q->per_page == 0 ? 50 : q->per_page > STORE_PER_PAGE_MAX ? STORE_PER_PAGE_MAX :
	    q->per_page;
	size_t first = (q->page == 0 ? 0 : q->page - 1) * per_page;
	struct str where = str_in(a, 1024);
	struct journal_page p = { 0 };
	struct store_entry *entries;
	const char *texts[7];
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	str_add(&where, whose(a, scope, &texts[0]));
	texts[1] = scope->login;
	texts[2] = q->state;
	texts[3] = q->target;
	texts[4] = q->bulk;
	texts[5] = q->reason;
	texts[6] = q->part;
	if (q->state != NULL)
		str_add(&where, " AND state = ?3");
	if (q->target != NULL)
		str_add(&where, " AND target = ?4");
	if (q->bulk != NULL)
		str_add(&where, " AND bulk = ?5");
	if (q->reason != NULL)
		str_add(&where, " AND reason = ?6");
	if (q->part != NULL)
		str_add(&where, " AND instr(lower(target), lower(?7)) > 0");
	if (q->open)
		str_add(&where, " AND state IN ('planned', 'applying', 'undoing')");

	st = db_query(db, err, arena_printf(a, "SELECT count(*) FROM journal WHERE %s", where.p), "");
	if (st == NULL)
		goto end;
	bind_some(st, texts, 7);
	if (!db_step(db, st, &row, err))
		goto end;
	p.total = (size_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);

	st = db_query(db, err, arena_printf(a, "SELECT" COLUMNS "FROM journal WHERE %s ORDER BY id %s "
	    "LIMIT ?8 OFFSET ?9", where.p, q->oldest_first ? "ASC" : "DESC"), "");
	if (st == NULL)
		goto end;
	bind_some(st, texts, 7);
	sqlite3_bind_int64(st, 8, (int64_t)per_page);
	sqlite3_bind_int64(st, 9, (int64_t)first);
	entries = arena_array(a, per_page, sizeof(*entries));
	while ((ok = db_step(db, st, &row, err)) && row && p.count < per_page)
		entry_read(a, st, &entries[p.count++]);
	p.entries = entries;
	if (ok)
		*ret = p;
end:
	db_done(db);
	return ok;
}
