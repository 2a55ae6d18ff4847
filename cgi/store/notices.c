#include "store/notices.h"

#include <string.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/settings.h"

/* --- looks ----------------------------------------------------------------------------------------- */

bool
store_look_soon(struct store *store, const char *name, int64_t now, int64_t after_s, int64_t most_s,
    struct err *err)
{
	return db_change(store, err, "INSERT INTO looks(name, first_at, due_at, tries) VALUES(?1, ?2, ?3, 0) "
	    "ON CONFLICT(name) DO UPDATE SET due_at = min(?3, first_at + ?4), tries = 0", "siii", name, now,
	    now + after_s, most_s);
}

bool
store_look_again(struct store *store, const char *name, int64_t now, int64_t at, int64_t tries,
    struct err *err)
{
	/* What was said meanwhile comes first. */
	return db_change(store, err, "INSERT OR IGNORE INTO looks(name, first_at, due_at, tries) "
	    "VALUES(?, ?, ?, ?)", "siii", name, now, at, tries);
}

bool
store_looks_take(struct store *store, struct arena *a, int64_t now, size_t max, const struct look **ret,
    size_t *count, struct err *err)
{
	struct look *list = arena_array(a, max + 1, sizeof(*list));
	struct db *db = db_write(store, true, err);
	bool ok = false, row;
	sqlite3_stmt *st;
	size_t n = 0;

	if (db == NULL)
		return false;
	st = db_query(db, err, "SELECT name, tries FROM looks WHERE due_at <= ? ORDER BY due_at LIMIT ?", "ii", now,
	    (int64_t)max);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		list[n++] = (struct look){ db_str(a, st, 0), sqlite3_column_int64(st, 1) };
	if (st != NULL)
		sqlite3_reset(st);
	for (size_t i = 0; ok && i < n; i++)
		ok = db_exec(db, err, "DELETE FROM looks WHERE name = ?", "s", list[i].name);
	*ret = list;
	*count = n;
	return db_end(db, ok, err);
}

/* --- what stands --------------------------------------------------------------------------------------- */

#define STANDING_MAX	512		/* of one target */

bool
store_standing(struct store *store, struct arena *a, const char *target, const struct standing **ret,
    size_t *count, bool *known, struct err *err)
{
	struct standing *list = arena_array(a, STANDING_MAX, sizeof(*list));
	struct db *db = db_read(store, err);
	bool ok = false, row;
	sqlite3_stmt *st;
	size_t n = 0;

	if (db == NULL)
		return false;
	*known = false;
	st = db_query(db, err, "SELECT finding, subject, weight, since, flips, told FROM standing "
	    "WHERE target = ?", "s", target);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		struct standing one = { db_str(a, st, 0), db_str(a, st, 1), sqlite3_column_int(st, 2),
		    sqlite3_column_int64(st, 3), sqlite3_column_int(st, 4), sqlite3_column_int(st, 5) };

		if (one.finding[0] == '\0')
			*known = true;
		else if (n < STANDING_MAX)
			list[n++] = one;
	}
	db_done(db);
	*ret = list;
	*count = n;
	return ok;
}

static bool
notice_insert(struct db *db, const struct notice *n, int64_t now, struct err *err)
{
	return db_exec(db, err, "INSERT INTO notices(at, login, reseller, kind, target, finding, subject, data) "
	    "VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "issssssj", now, n->login, n->reseller, n->kind, n->target,
	    n->finding, n->subject, n->data);
}

/* Gone, told, and quiet: there is nothing to be remembered. */
static bool
is_history(const struct standing *s, int64_t now)
{
	return s->weight == 0 && s->told == 0 && now - s->since > 7 * 86400;
}

bool
store_standing_put(struct store *store, const char *target, const struct standing *list, size_t count,
    const struct notice *notices, size_t notice_count, int64_t now, struct err *err)
{
	struct db *db = db_write(store, notice_count > 0, err);
	bool ok;

	if (db == NULL)
		return false;
	/* What was to be confirmed is decided; what has changed since the look began is not. */
	ok = db_exec(db, err, "DELETE FROM looks WHERE name = ? AND tries > 0", "s", target) &&
	    db_exec(db, err, "DELETE FROM standing WHERE target = ?", "s", target) &&
	    db_exec(db, err, "INSERT INTO standing VALUES(?, '', '', 0, ?, 0, 0)", "si", target, now);
	for (size_t i = 0; ok && i < count; i++)
		if (!is_history(&list[i], now))
			ok = db_exec(db, err, "INSERT OR REPLACE INTO standing VALUES(?, ?, ?, ?, ?, ?, ?)", "sssiiii",
			    target, list[i].finding, list[i].subject, (int64_t)list[i].weight, list[i].since,
			    (int64_t)list[i].flips, (int64_t)list[i].told);
	for (size_t i = 0; ok && i < notice_count; i++)
		ok = notice_insert(db, &notices[i], now, err);
	return db_end(db, ok, err);
}

/* --- notices --------------------------------------------------------------------------------------------- */

bool
store_notice_put(struct store *store, const struct notice *n, int64_t now, struct err *err)
{
	struct db *db = db_write(store, true, err);

	return db != NULL && db_end(db, notice_insert(db, n, now, err), err);
}

static void
put_notice(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	json_put_int(one, "id", sqlite3_column_int64(st, 0));
	json_put_str(one, "at", db_time(a, st, 1));
	json_put_str(one, "kind", db_str(a, st, 2));
	json_put_str(one, "target", db_str(a, st, 3));
	json_put_str(one, "finding", db_str(a, st, 4));
	json_put_str(one, "subject", db_str(a, st, 5));
	if (sqlite3_column_type(st, 6) == SQLITE_NULL)
		json_put_null(one, "data");
	else
		json_put_copy(one, "data", db_json(a, st, 6));
	json_put_bool(one, "seen", sqlite3_column_int(st, 7) != 0);
	if (sqlite3_column_count(st) > 8)
		json_put_str(one, "login", db_str(a, st, 8));
}

#define COLUMNS	"id, at, kind, target, finding, subject, data, seen_at IS NOT NULL"

struct json *
store_notices(struct store *store, struct arena *a, const char *login, size_t max, struct err *err)
{
	struct db *db = db_read(store, err);

	return db == NULL ? NULL : db_list(db, a, db_query(db, err, "SELECT " COLUMNS " FROM notices "
	    "WHERE login IS ? ORDER BY id DESC LIMIT ?", "si", login, (int64_t)max), put_notice, err);
}

struct json *
store_notices_after(struct store *store, struct arena *a, int64_t id, size_t max, struct err *err)
{
	struct db *db = db_read(store, err);

	return db == NULL ? NULL : db_list(db, a, db_query(db, err, "SELECT " COLUMNS ", login FROM notices "
	    "WHERE id > ? ORDER BY id LIMIT ?", "ii", id, (int64_t)max), put_notice, err);
}

bool
store_notices_last(struct store *store, int64_t *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool ok, row;

	if (db == NULL)
		return false;
	st = db_query(db, err, "SELECT coalesce(max(id), 0) FROM notices", "");
	if ((ok = st != NULL && db_step(db, st, &row, err)))
		*ret = sqlite3_column_int64(st, 0);
	db_done(db);
	return ok;
}

bool
store_notices_seen(struct store *store, const char *login, int64_t now, struct err *err)
{
	return db_change(store, err, "UPDATE notices SET seen_at = ? WHERE login IS ? AND seen_at IS NULL", "is", now,
	    login);
}

bool
store_notices_purge(struct store *store, int64_t before, struct err *err)
{
	struct db *db = db_write(store, false, err);

	return db != NULL && db_end(db, db_exec(db, err, "DELETE FROM notices WHERE at < ?", "i", before), err);
}

#define DIGEST_DOMAINS	50

struct json *
store_digests(struct store *store, struct arena *a, int64_t since, struct err *err)
{
	struct db *db = db_read(store, err);
	struct json *list = json_new_array(a), *one = NULL, *domains = NULL;
	bool ok = false, row;
	sqlite3_stmt *st;

	if (db == NULL)
		return NULL;
	st = db_query(db, err, "SELECT reseller, target, sum(kind = 'appeared'), sum(kind = 'worse'), "
	    "sum(kind = 'resolved') FROM notices WHERE at > ? AND reseller IS NOT NULL AND kind <> 'digest' "
	    "GROUP BY reseller, target ORDER BY reseller, target", "i", since);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		static const char *const kinds[] = { "appeared", "worse", "resolved" };
		const char *reseller = db_str(a, st, 0);

		if (one == NULL || strcmp(json_str(one, "reseller"), reseller) != 0) {
			one = json_add_object(list);
			json_put_str(one, "reseller", reseller);
			for (int i = 0; i < 3; i++)
				json_put_int(one, kinds[i], 0);
			domains = json_put_array(one, "domains");
		}
		for (int i = 0; i < 3; i++)
			json_put_int(one, kinds[i], json_int(one, kinds[i], 0) + sqlite3_column_int64(st, 2 + i));
		if (json_count(domains) < DIGEST_DOMAINS)
			json_add_str(domains, db_str(a, st, 1));
	}
	db_done(db);
	return ok ? list : NULL;
}

static const char *
off_key(struct arena *a, const char *login)
{
	return arena_printf(a, "notices.off:%s", login);
}

bool
store_notices_off(struct store *store, const char *login, bool off, int64_t now, struct err *err)
{
	struct arena *a = arena_new();
	bool ok = store_set(store, off_key(a, login), off ? "1" : NULL, now, err);

	arena_free(a);
	return ok;
}

bool
store_notices_are_off(struct store *store, const char *login)
{
	struct arena *a = arena_new();
	struct err err;
	bool off = store_get(store, a, off_key(a, login), &err) != NULL;

	arena_free(a);
	return off;
}
