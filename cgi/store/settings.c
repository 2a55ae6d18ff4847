#include "store/settings.h"

#include <string.h>

#include "store/db.h"

bool
store_set(struct store *store, const char *key, const char *value, int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);

	if (db == NULL)
		return false;
	return db_end(db, value == NULL ? db_exec(db, err, "DELETE FROM settings WHERE key = ?", "s", key) :
	    db_exec(db, err, "INSERT INTO settings VALUES(?, ?, ?) ON CONFLICT(key) DO UPDATE "
	    "SET value = excluded.value, at = excluded.at", "ssi", key, value, now), err);
}

bool
store_set_if(struct store *store, const char *key, const char *expected, const char *value,
    int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);
	bool ok;

	if (db == NULL)
		return false;
	ok = expected == NULL ?
	    db_exec(db, err, "INSERT INTO settings VALUES(?, ?, ?) ON CONFLICT(key) DO NOTHING", "ssi",
	    key, value, now) :
	    db_exec(db, err, "UPDATE settings SET value = ?, at = ? WHERE key = ? AND value = ?", "siss",
	    value, now, key, expected);
	if (ok && db_changes(db) == 0)
		ok = err_set(err, ERR_STALE, "store: %s has another value now", key);
	return db_end(db, ok, err);
}

const char *
store_get(struct store *store, struct arena *a, const char *key, struct err *err)
{
	struct db *db = db_read(store, err);
	const char *value = NULL;
	sqlite3_stmt *st;
	bool row;

	if (db == NULL)
		return NULL;
	st = db_query(db, err, "SELECT value FROM settings WHERE key = ?", "s", key);
	if (st != NULL && db_step(db, st, &row, err)) {
		if (row)
			value = db_str(a, st, 0);
		else
			err_set(err, ERR_NOT_FOUND, "store: no setting %s", key);
	}
	db_done(db);
	return value;
}

const char *
store_damaged(struct store *store, struct arena *a)
{
	return store_get(store, a, "store.damaged", NULL);
}

bool
store_damaged_seen(struct store *store, struct err *err)
{
	return store_set(store, "store.damaged", NULL, 0, err);
}

bool
store_sample(struct store *store, const char *counter, int64_t at, int64_t value, struct err *err)
{
	struct db *db = db_write(store, false, err);

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "INSERT OR REPLACE INTO counters VALUES(?, ?, ?)", "sii", counter, at,
	    value), err);
}

bool
store_samples(struct store *store, struct arena *a, const char *counter, int64_t since,
    const struct sample **ret, size_t *count, struct err *err)
{
	struct db *db = db_read(store, err);
	struct sample *all = NULL;
	size_t n = 0, room = 0;
	sqlite3_stmt *st;
	bool row = false, ok = false;

	if (db == NULL)
		return false;
	st = db_query(db, err, "SELECT at, value FROM counters WHERE name = ? AND at >= ? ORDER BY at",
	    "si", counter, since);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		if (n == room) {
			all = arena_grow(a, all, n, n == 0 ? 64 : 2 * n, sizeof(*all));
			room = n == 0 ? 64 : 2 * n;
		}
		all[n++] = (struct sample){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
	}
	db_done(db);
	if (!ok)
		return false;
	*ret = all;
	*count = n;
	return true;
}

bool
store_samples_purge(struct store *store, int64_t before, struct err *err)
{
	struct db *db = db_write(store, false, err);

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "DELETE FROM counters WHERE at < ?", "i", before), err);
}
