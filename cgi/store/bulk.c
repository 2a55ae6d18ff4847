#include "store/bulk.h"

#include "store/db.h"

#define THEIRS	"(?2 OR ifnull(acting, login) = ?3)"

bool
store_bulk_begin(struct store *store, const struct store_bulk *b, struct err *err)
{
	return db_change(store, err, "INSERT INTO bulks(id, fix, login, role, acting, created_at, state, stop_after) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "sssssisi", b->id, b->fix, b->login, b->role, b->acting,
	    b->created_at, b->state, b->stop_after);
}

bool
store_bulk_add(struct store *store, const char *id, const struct bulk_item *items, size_t count,
    struct err *err)
{
	struct db *db = db_write(store, true, err);
	bool ok = db != NULL;

	for (size_t i = 0; ok && i < count; i++)
		ok = db_exec(db, err, "INSERT INTO bulk_items(bulk, target, mode, plan, hash, changes, refused, "
		    "entry, state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", "sssssjjzs", id, items[i].target,
		    items[i].mode, items[i].plan, items[i].hash, items[i].changes, items[i].refused,
		    items[i].entry, items[i].state);
	return db_end(db, ok, err);
}

bool
store_bulk_state(struct store *store, const char *id, const char *state, struct err *err)
{
	return db_change(store, err, "UPDATE bulks SET state = ? WHERE id = ?", "ss", state, id);
}

bool
store_bulk_take(struct store *store, const char *id, const char *from, const char *to, struct err *err)
{
	struct db *db = db_write(store, true, err);
	bool ok;

	if (db == NULL)
		return false;
	ok = db_exec(db, err, "UPDATE bulks SET state = ? WHERE id = ? AND state = ?", "sss", to, id, from);
	if (ok && db_changes(db) != 1)
		ok = err_set(err, ERR_STALE, "the bulk run is no longer %s", from);
	return db_end(db, ok, err);
}

bool
store_bulk_item(struct store *store, const char *id, const char *target, int64_t entry,
    const char *state, struct err *err)
{
	return db_change(store, err, "UPDATE bulk_items SET entry = ifnull(?, entry), state = ? "
	    "WHERE bulk = ? AND target = ?", "zsss", entry, state, id, target);
}

bool
store_bulk_get(struct store *store, struct arena *a, const struct store_scope *scope, const char *id,
    struct store_bulk *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return false;
	st = db_query(db, err, "SELECT id, fix, login, role, acting, created_at, state, stop_after FROM bulks "
	    "WHERE id = ?1 AND " THEIRS, "sis", id, (int64_t)scope->all, scope->login);
	if (st != NULL && db_step(db, st, &row, err)) {
		if (row) {
			*ret = (struct store_bulk){ .id = db_str(a, st, 0), .fix = db_str(a, st, 1),
			    .login = db_str(a, st, 2), .role = db_str(a, st, 3), .acting = db_str(a, st, 4),
			    .created_at = sqlite3_column_int64(st, 5), .state = db_str(a, st, 6),
			    .stop_after = sqlite3_column_int64(st, 7) };
			ok = true;
		} else
			err_set(err, ERR_NOT_FOUND, "store: no such bulk run");
	}
	db_done(db);
	return ok;
}

bool
store_bulk_items(struct store *store, struct arena *a, const char *id,
    const struct bulk_item **items, size_t *count, struct err *err)
{
	struct db *db = db_read(store, err);
	struct bulk_item *all;
	sqlite3_stmt *st;
	size_t n = 0, room = 64;
	bool row, ok = false;

	if (db == NULL)
		return false;
	all = arena_array(a, room, sizeof(*all));
	st = db_query(db, err, "SELECT target, mode, plan, hash, changes, refused, entry, state "
	    "FROM bulk_items WHERE bulk = ? ORDER BY target", "s", id);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		if (n == room) {
			all = arena_grow(a, all, room, 2 * room, sizeof(*all));
			room *= 2;
		}
		all[n++] = (struct bulk_item){ .target = db_str(a, st, 0), .mode = db_str(a, st, 1),
		    .plan = db_str(a, st, 2), .hash = db_str(a, st, 3), .changes = db_json(a, st, 4),
		    .refused = db_json(a, st, 5), .entry = sqlite3_column_int64(st, 6),
		    .state = db_str(a, st, 7) };
	}
	db_done(db);
	if (!ok)
		return false;
	*items = all;
	*count = n;
	return true;
}

static void
put_bulk(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	json_put_str(one, "bulk", db_str(a, st, 0));
	json_put_str(one, "fix", db_str(a, st, 1));
	json_put_str(one, "login", db_str(a, st, 2));
	json_put_str(one, "at", db_time(a, st, 3));
	json_put_str(one, "state", db_str(a, st, 4));
	json_put_int(one, "count", sqlite3_column_int64(st, 5));
}

struct json *
store_bulks(struct store *store, struct arena *a, const struct store_scope *scope, size_t max,
    struct err *err)
{
	struct db *db = db_read(store, err);

	return db == NULL ? NULL : db_list(db, a, db_query(db, err, "SELECT id, fix, login, created_at, state, "
	    "(SELECT count(*) FROM bulk_items i WHERE i.bulk = bulks.id) FROM bulks WHERE " THEIRS
	    " ORDER BY created_at DESC, id LIMIT ?1", "iis", (int64_t)max, (int64_t)scope->all, scope->login),
	    put_bulk, err);
}
