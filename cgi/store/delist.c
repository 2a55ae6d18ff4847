#include "store/delist.h"

#include "base/time.h"
#include "store/db.h"

bool
store_delist_record(struct store *store, const char *provider, const char *login, const char *where,
    const char *answer, int64_t at, int64_t next_at, struct err *err)
{
	return db_change(store, err, "INSERT INTO delist(kind, provider, login, at, place, answer, next_at) "
	    "VALUES('request', ?, ?, ?, ?, ?, ?)", "ssissz", provider, login, at, where, answer, next_at);
}

bool
store_delist_override(struct store *store, const char *provider, const char *login,
    const char *reason, int64_t at, struct err *err)
{
	return db_change(store, err, "INSERT INTO delist(kind, provider, login, at, answer) "
	    "VALUES('override', ?, ?, ?, ?)", "ssis", provider, login, at, reason);
}

static void
put_request(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	json_put_str(one, "at", db_time(a, st, 0));
	json_put_str(one, "where", db_str(a, st, 1));
	json_put_str(one, "answer", db_str(a, st, 2));
	json_put_str(one, "next_at", db_time(a, st, 3));
	json_put_str(one, "login", db_str(a, st, 4));
	if (sqlite3_column_count(st) > 5)
		json_put_str(one, "provider", db_str(a, st, 5));
}

#define REQUESTS	"SELECT at, place, answer, next_at, login"

struct json *
store_delist_requests(struct store *store, struct arena *a, const char *provider, struct err *err)
{
	struct db *db = db_read(store, err);

	return db == NULL ? NULL : db_list(db, a, provider == NULL ?
	    db_query(db, err, REQUESTS ", provider FROM delist WHERE kind = 'request' ORDER BY id DESC", "") :
	    db_query(db, err, REQUESTS " FROM delist WHERE kind = 'request' AND provider = ? ORDER BY id DESC", "s",
	    provider), put_request, err);
}

struct json *
store_delist_overridden(struct store *store, struct arena *a, const char *provider, struct err *err)
{
	struct db *db = db_read(store, err);
	struct json *one = NULL;
	sqlite3_stmt *st;
	bool row;

	if (db == NULL)
		return NULL;
	st = db_query(db, err, "SELECT at, login, answer FROM delist WHERE kind = 'override' AND "
	    "provider = ? ORDER BY id DESC LIMIT 1", "s", provider);
	if (st != NULL && db_step(db, st, &row, err)) {
		if (row) {
			one = json_new_object(a);
			json_put_str(one, "at", time_str(a, sqlite3_column_int64(st, 0)));
			json_put_str(one, "login", db_str(a, st, 1));
			json_put_str(one, "reason", db_str(a, st, 2));
		} else
			err_set(err, ERR_NOT_FOUND, "store: no override for %s", provider);
	}
	db_done(db);
	return one;
}
