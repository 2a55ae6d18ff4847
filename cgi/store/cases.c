#include "store/cases.h"

#include <string.h>

#include "base/time.h"
#include "store/db.h"

/* A case about the server is for administrators and for who opened it; about a domain, for its owners. */
#define THEIRS	"(?2 OR (about = 'server' AND login = ?3) OR in_scope(about))"

bool
store_case_open(struct store *store, const char *about, const char *kind, const char *login,
    int64_t now, int64_t *id, struct err *err)
{
	struct db *db = db_write(store, true, err);
	int64_t new_id;

	if (db == NULL)
		return false;
	if (!db_exec(db, err, "INSERT INTO cases(about, kind, login, state, opened_at, updated_at) "
	    "VALUES(?1, ?2, ?3, 'open', ?4, ?4)", "sssi", about, kind, login, now)) {
		db_rollback(db);
		return false;
	}
	new_id = db_last_id(db);
	if (!db_commit(db, err))
		return false;
	*id = new_id;
	return true;
}

static bool
case_is_theirs(struct db *db, const struct store_scope *scope, int64_t id, struct err *err)
{
	sqlite3_stmt *st;
	bool row;

	db_scope(db, scope);
	st = db_query(db, err, "SELECT 1 FROM cases WHERE id = ?1 AND " THEIRS, "iis", id,
	    (int64_t)scope->all, scope->login);
	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	sqlite3_reset(st);
	return row || err_set(err, ERR_NOT_FOUND, "store: no case %lld", (long long)id);
}

bool
store_case_note(struct store *store, const struct store_scope *scope, int64_t id, const char *login,
    const char *text, int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);

	if (db == NULL)
		return false;
	return db_end(db, case_is_theirs(db, scope, id, err) &&
	    db_exec(db, err, "INSERT INTO case_notes(in_case, at, login, text) VALUES(?, ?, ?, ?)", "iiss", id,
	    now, login, text) &&
	    db_exec(db, err, "UPDATE cases SET updated_at = ? WHERE id = ?", "ii", now, id), err);
}

bool
store_case_state(struct store *store, const struct store_scope *scope, int64_t id, const char *login,
    const char *state, int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);

	(void)login;	/* the audit has who */
	if (db == NULL)
		return false;
	return db_end(db, case_is_theirs(db, scope, id, err) &&
	    db_exec(db, err, "UPDATE cases SET state = ?, updated_at = ? WHERE id = ?", "sii", state, now, id), err);
}

bool
store_case_data(struct store *store, const struct store_scope *scope, int64_t id,
    const struct json *data, int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);

	if (db == NULL)
		return false;
	return db_end(db, case_is_theirs(db, scope, id, err) &&
	    db_exec(db, err, "UPDATE cases SET data = ?, updated_at = ? WHERE id = ?", "jii", data, now, id), err);
}

#define COLUMNS	" id, about, kind, login, state, opened_at, updated_at, data "

static void
case_json(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	struct json *data = db_json(a, st, 7);

	json_put_int(one, "case", sqlite3_column_int64(st, 0));
	json_put_str(one, "about", db_str(a, st, 1));
	json_put_str(one, "kind", db_str(a, st, 2));
	json_put_str(one, "login", db_str(a, st, 3));
	json_put_str(one, "state", db_str(a, st, 4));
	json_put_str(one, "opened_at", time_str(a, sqlite3_column_int64(st, 5)));
	json_put_str(one, "updated_at", time_str(a, sqlite3_column_int64(st, 6)));
	if (data != NULL)
		json_put_copy(one, "data", data);
	else
		json_put_null(one, "data");
}

struct json *
store_case_get(struct store *store, struct arena *a, const struct store_scope *scope, int64_t id,
    struct err *err)
{
	struct db *db = db_read(store, err);
	struct json *one = NULL, *notes;
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return NULL;
	db_scope(db, scope);
	st = db_query(db, err, "SELECT" COLUMNS "FROM cases WHERE id = ?1 AND " THEIRS, "iis", id,
	    (int64_t)scope->all, scope->login);
	if (st != NULL && db_step(db, st, &row, err)) {
		if (row) {
			one = json_new_object(a);
			case_json(one, a, st);
			ok = true;
		} else
			err_set(err, ERR_NOT_FOUND, "store: no case %lld", (long long)id);
	}
	if (ok) {
		notes = json_put_array(one, "notes");
		st = db_query(db, err, "SELECT at, login, text FROM case_notes WHERE in_case = ? ORDER BY id", "i",
		    id);
		ok = false;
		while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
			struct json *note = json_add_object(notes);

			json_put_str(note, "at", time_str(a, sqlite3_column_int64(st, 0)));
			json_put_str(note, "login", db_str(a, st, 1));
			json_put_str(note, "text", db_str(a, st, 2));
		}
	}
	db_done(db);
	return ok ? one : NULL;
}

struct json *
store_cases(struct store *store, struct arena *a, const struct store_scope *scope, const char *state,
    const char *about, size_t page, size_t per_page, struct err *err)
{
	size_t size = per_page == 0 ? 50 : per_page > STORE_PER_PAGE_MAX ? STORE_PER_PAGE_MAX : per_page;
	struct db *db = db_read(store, err);
	struct json *answer, *list;
	sqlite3_stmt *st;
	int64_t total = 0;
	bool row, ok = false;

	if (db == NULL)
		return NULL;
	db_scope(db, scope);
	answer = json_new_object(a);
	list = json_put_array(answer, "cases");
	st = db_query(db, err, "SELECT" COLUMNS "FROM cases WHERE " THEIRS " AND (?1 IS NULL OR state = ?1) "
	    "AND (?4 IS NULL OR about = ?4) ORDER BY id DESC LIMIT ?5 OFFSET ?6", "sissii", state,
	    (int64_t)scope->all, scope->login, about, (int64_t)size,
	    (int64_t)((page == 0 ? 0 : page - 1) * size));
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		case_json(json_add_object(list), a, st);
	if (ok) {
		st = db_query(db, err, "SELECT count(*) FROM cases WHERE " THEIRS " AND (?1 IS NULL OR "
		    "state = ?1) AND (?4 IS NULL OR about = ?4)", "siss", state, (int64_t)scope->all,
		    scope->login, about);
		ok = st != NULL && db_step(db, st, &row, err) && row;
		if (ok)
			total = sqlite3_column_int64(st, 0);
	}
	json_put_int(answer, "total", total);
	db_done(db);
	return ok ? answer : NULL;
}
