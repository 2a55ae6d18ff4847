#include "store/scans.h"

#include <string.h>

#include "store/db.h"

#define COLUMNS	" domain, login, state, asked_at, updated_at, work, result "

bool
store_scan_ask(struct store *store, const char *domain, const char *login, int64_t now, struct err *err)
{
	return db_change(store, err, "INSERT INTO scans(domain, login, state, asked_at, updated_at) "
	    "VALUES(?1, ?2, 'queued', ?3, ?3) ON CONFLICT(domain) DO UPDATE SET login = ?2, state = 'queued', "
	    "asked_at = ?3, updated_at = ?3, work = NULL WHERE state = 'done'", "ssi", domain, login, now);
}

static void
take_row(struct arena *a, sqlite3_stmt *st, struct scan_row *ret)
{
	ret->domain = db_str(a, st, 0);
	ret->login = db_str(a, st, 1);
	ret->state = db_str(a, st, 2);
	ret->asked_at = sqlite3_column_int64(st, 3);
	ret->updated_at = sqlite3_column_int64(st, 4);
	ret->work = db_json(a, st, 5);
	ret->result = db_json(a, st, 6);
}

bool
store_scan_next(struct store *store, struct arena *a, const char *domain, struct scan_row *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row, ok;

	if (db == NULL)
		return false;
	memset(ret, 0, sizeof(*ret));
	st = domain == NULL ? db_query(db, err, "SELECT" COLUMNS "FROM scans WHERE state <> 'done' "
	    "ORDER BY asked_at, domain LIMIT 1", "") :
	    db_query(db, err, "SELECT" COLUMNS "FROM scans WHERE state <> 'done' AND domain = ?", "s", domain);
	ok = st != NULL && db_step(db, st, &row, err);
	if (ok && row)
		take_row(a, st, ret);
	db_done(db);
	return ok;
}

bool
store_scan_part(struct store *store, const char *domain, const struct json *work, int64_t now, struct err *err)
{
	return db_change(store, err, "UPDATE scans SET state = 'running', work = ?, updated_at = ? "
	    "WHERE domain = ? AND state <> 'done'", "jis", work, now, domain);
}

bool
store_scan_end(struct store *store, const char *domain, const struct json *result, int64_t now, struct err *err)
{
	return db_change(store, err, "UPDATE scans SET state = 'done', work = NULL, result = ?, updated_at = ? "
	    "WHERE domain = ? AND state <> 'done'", "jis", result, now, domain);
}

bool
store_scans_each(struct store *store, struct arena *a, const struct store_scope *scope, scan_row_fn fn, void *ctx,
    struct err *err)
{
	struct db *db = db_read(store, err);
	struct scan_row one;
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return false;
	db_scope(db, scope);
	st = db_query(db, err, "SELECT" COLUMNS "FROM scans WHERE ?1 OR in_scope(domain) ORDER BY domain", "i",
	    (int64_t)scope->all);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		take_row(a, st, &one);
		fn(ctx, &one);
	}
	db_done(db);
	return ok;
}
