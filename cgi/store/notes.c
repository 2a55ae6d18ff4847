#include "store/notes.h"

#include <string.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/summary.h"

bool
store_acknowledge(struct store *store, const char *target, const char *finding, const char *login,
    const char *note, int64_t now, int64_t until, struct err *err)
{
	bool server = strcmp(target, "server") == 0, row = false;
	struct arena *a = arena_new();
	struct db *db = db_write(store, true, err);
	int64_t weight = 0;
	sqlite3_stmt *st;
	bool ok;

	if (db == NULL) {
		arena_free(a);
		return false;
	}
	st = db_query(db, err, "SELECT json FROM reports WHERE kind = ? AND name = ?", "ss",
	    server ? "server" : "domain", target);
	ok = st != NULL && db_step(db, st, &row, err);
	if (row)
		weight = summary_weigh(db_json(a, st, 0), finding);
	if (st != NULL)
		sqlite3_reset(st);
	ok = db_end(db, ok && db_exec(db, err, "INSERT OR REPLACE INTO acknowledged(target, finding, login, note,"
	    " at, until, weight) VALUES(?, ?, ?, ?, ?, ?, ?)", "ssssizi", target, finding, login, note, now,
	    until, weight), err);
	arena_free(a);
	return ok;
}

bool
store_acknowledge_drop(struct store *store, const char *target, const char *finding, struct err *err)
{
	return db_change(store, err, "DELETE FROM acknowledged WHERE target = ? AND finding = ?", "ss", target,
	    finding);
}

static void
put_acknowledged(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	json_put_str(one, "target", db_str(a, st, 0));
	json_put_str(one, "finding", db_str(a, st, 1));
	json_put_str(one, "login", db_str(a, st, 2));
	json_put_str(one, "at", db_time(a, st, 3));
	json_put_str(one, "until", db_time(a, st, 4));
	json_put_str(one, "note", db_str(a, st, 5));
}

struct json *
store_acknowledged(struct store *store, struct arena *a, const struct store_scope *scope,
    const char *target, int64_t now, struct err *err)
{
	struct db *db = db_read(store, err);

	if (db == NULL)
		return NULL;
	db_scope(db, scope);
	return db_list(db, a, db_query(db, err, "SELECT target, finding, login, at, until, note FROM acknowledged "
	    "WHERE (?1 IS NULL OR target = ?1) AND (?2 OR in_scope(target)) AND (until IS NULL OR until > ?3)",
	    "sii", target, (int64_t)scope->all, now), put_acknowledged, err);
}
