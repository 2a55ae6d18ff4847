#include "store/bounces.h"

#include "store/db.h"

#define SHOWN_MAX	200
#define THEIRS		"(?1 OR login = ?2)"

bool
store_bounce_keep(struct store *store, const char *login, const struct kept_bounce *b, int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "INSERT INTO bounces(login, at, recipient, provider, status, category, answer) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(login, recipient, answer) DO UPDATE SET at = excluded.at", "sisssss",
	    login, now, b->recipient == NULL ? "" : b->recipient, b->provider, b->status, b->category, b->answer) &&
	    db_exec(db, err, "DELETE FROM bounces WHERE login = ?1 AND id NOT IN (SELECT id FROM bounces WHERE login = ?1 "
	    "ORDER BY at DESC, id DESC LIMIT ?2)", "si", login, (int64_t)BOUNCES_OF_ONE_MAX), err);
}

static void
put_bounce(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	json_put_int(one, "bounce", sqlite3_column_int64(st, 0));
	json_put_str(one, "at", db_time(a, st, 1));
	json_put_str(one, "login", db_str(a, st, 2));
	json_put_str(one, "recipient", db_str(a, st, 3));
	json_put_str(one, "provider", db_str(a, st, 4));
	json_put_str(one, "status", db_str(a, st, 5));
	json_put_str(one, "category", db_str(a, st, 6));
	json_put_str(one, "answer", db_str(a, st, 7));
}

struct json *
store_bounces(struct store *store, struct arena *a, const struct store_scope *scope, const char *provider,
    struct err *err)
{
	struct db *db = db_read(store, err);

	return db == NULL ? NULL : db_list(db, a, db_query(db, err, "SELECT id, at, login, nullif(recipient, ''), "
	    "provider, status, category, answer FROM bounces WHERE " THEIRS " AND (?3 IS NULL OR provider = ?3) "
	    "ORDER BY at DESC, id DESC LIMIT ?4", "issi", (int64_t)scope->all, scope->login, provider,
	    (int64_t)SHOWN_MAX), put_bounce, err);
}

bool
store_bounce_forget(struct store *store, const struct store_scope *scope, int64_t id, struct err *err)
{
	struct db *db = db_write(store, true, err);

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "DELETE FROM bounces WHERE " THEIRS " AND id = ?3", "isi", (int64_t)scope->all,
	    scope->login, id) &&
	    (db_changes(db) > 0 || err_set(err, ERR_NOT_FOUND, "store: no bounce %lld", (long long)id)), err);
}

bool
store_bounces_purge(struct store *store, int64_t before, struct err *err)
{
	struct db *db = db_write(store, false, err);

	return db != NULL && db_end(db, db_exec(db, err, "DELETE FROM bounces WHERE at < ?", "i", before), err);
}
