#include "store/snds.h"

#include "base/json.h"
#include "store/db.h"

bool
store_snds_put(struct store *store, const struct json *rows, int64_t at, struct err *err)
{
	struct db *db = db_write(store, true, err);
	bool ok = db != NULL;

	if (db == NULL)
		return false;
	for (const struct json *r = json_first(rows); ok && r != NULL; r = json_next(r))
		ok = db_exec(db, err, "INSERT INTO snds(day, address, row, at) VALUES(?, ?, ?, ?) "
		    "ON CONFLICT(day, address) DO UPDATE SET row = excluded.row, at = excluded.at", "ssji",
		    json_str(r, "day"), json_str(r, "address"), r, at);
	return db_end(db, ok, err);
}

struct json *
store_snds_rows(struct store *store, struct arena *a, const char *since, int64_t *imported_at, struct err *err)
{
	struct db *db = db_read(store, err);
	struct json *rows = json_new_array(a);
	sqlite3_stmt *st;
	bool row = false, ok = false;

	*imported_at = 0;
	if (db == NULL)
		return NULL;
	st = db_query(db, err, "SELECT row, at FROM snds WHERE day >= ? ORDER BY day DESC, address", "s", since);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		int64_t at = sqlite3_column_int64(st, 1);

		json_add_copy(rows, db_json(a, st, 0));
		if (at > *imported_at)
			*imported_at = at;
	}
	db_done(db);
	return ok ? rows : NULL;
}
