#include "store/traffic.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/db.h"

#define HOUR_S		3600

static bool
read_position(struct db *db, struct arena *a, struct traffic_position *ret, struct err *err)
{
	sqlite3_stmt *st = db_query(db, err, "SELECT file, offset, since, until, lines, lost_at, more, "
	    "script_file, script_offset FROM traffic_position", "");
	bool row;

	*ret = (struct traffic_position){ .since = -1, .until = -1 };
	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	if (row)
		*ret = (struct traffic_position){ db_str(a, st, 0), sqlite3_column_int64(st, 1),
		    sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3), sqlite3_column_int64(st, 4),
		    sqlite3_column_int64(st, 5), sqlite3_column_int(st, 6) != 0,
		    db_str(a, st, 7), sqlite3_column_int64(st, 8) };
	sqlite3_reset(st);
	return true;
}

bool
store_traffic_position(struct store *store, struct arena *a, struct traffic_position *ret, struct err *err)
{
	struct db *db = db_read(store, err);
	bool ok;

	if (db == NULL)
		return false;
	ok = read_position(db, a, ret, err);
	db_done(db);
	return ok;
}

/* --- writing ---------------------------------------------------------------------------------------- */

struct traffic_writer {
	struct arena	*arena;
	struct db	*db;
	struct map	*ids;		/* "who name" -> int64_t; 0 = there are too many */
	int64_t		 names;
};

static bool
count_names(struct traffic_writer *w, struct err *err)
{
	sqlite3_stmt *st = db_query(w->db, err, "SELECT count(*) FROM traffic_names", "");
	bool row;

	if (st == NULL || !db_step(w->db, st, &row, err))
		return false;
	w->names = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return true;
}

static bool
same_file(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct traffic_writer *
traffic_begin(struct store *store, const struct traffic_position *expected, struct err *err)
{
	struct db *db = db_write(store, false, err);
	struct arena *a;
	struct traffic_position is;
	struct traffic_writer *w;

	if (db == NULL)
		return NULL;
	a = arena_new();
	w = arena_zalloc(a, sizeof(*w));
	*w = (struct traffic_writer){ a, db, map_new(a), 0 };
	if (!read_position(db, a, &is, err) || !count_names(w, err)) {
		traffic_end(w, false, NULL, 0, err);
		return NULL;
	}
	if (is.offset != expected->offset || !same_file(is.file, expected->file) ||
	    is.script_offset != expected->script_offset || !same_file(is.script_file, expected->script_file)) {
		traffic_end(w, false, NULL, 0, NULL);
		err_set(err, ERR_STALE, "this piece of the mail log was read by somebody else");
		return NULL;
	}
	return w;
}

static bool
find_name(struct traffic_writer *w, const struct traffic_name *n, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st = db_query(w->db, err, "SELECT id FROM traffic_names WHERE who = ? AND name = ?", "ss", n->who,
	    n->name);
	bool row;

	*ret = 0;
	if (st == NULL || !db_step(w->db, st, &row, err))
		return false;
	if (row)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return true;
}

static bool
name_id(struct traffic_writer *w, const struct traffic_name *n, int64_t *ret, struct err *err)
{
	const char *key = arena_printf(w->arena, "%s %s", n->who, n->name);
	int64_t *kept = map_get(w->ids, key);

	if (kept == NULL) {
		kept = arena_zalloc(w->arena, sizeof(*kept));
		if (!find_name(w, n, kept, err))
			return false;
		if (*kept != 0 || w->names < TRAFFIC_NAMES_MAX) {
			if (!db_exec(w->db, err, "INSERT INTO traffic_names(who, name, domain, subscription, owner) "
			    "VALUES(?, ?, ?, ?, ?) ON CONFLICT(who, name) DO UPDATE SET "
			    "domain = ifnull(excluded.domain, domain), "
			    "subscription = ifnull(excluded.subscription, subscription), "
			    "owner = ifnull(excluded.owner, owner)", "sssss", n->who, n->name, n->domain, n->subscription,
			    n->owner))
				return false;
			w->names += *kept == 0;
			if (*kept == 0)
				*kept = db_last_id(w->db);
		}
		map_put(w->ids, key, kept);
	}
	*ret = *kept;
	return true;
}

bool
traffic_add(struct traffic_writer *w, const struct traffic_name *n, int64_t hour, const struct traffic_count *c,
    struct err *err)
{
	int64_t id;

	if (!name_id(w, n, &id, err))
		return false;
	return id == 0 || db_exec(w->db, err, "INSERT INTO traffic_hours VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(name, hour) "
	    "DO UPDATE SET messages = messages + excluded.messages, rejected = rejected + excluded.rejected, "
	    "limited = limited + excluded.limited, failed = failed + excluded.failed", "iiiiii", id, hour / HOUR_S,
	    c->messages, c->rejected, c->limited, c->failed);
}

bool
traffic_login(struct traffic_writer *w, const struct traffic_name *n, int64_t hour, int64_t network, int64_t count,
    struct err *err)
{
	int64_t id;

	if (!name_id(w, n, &id, err))
		return false;
	return id == 0 || db_exec(w->db, err, "INSERT INTO traffic_logins VALUES(?, ?, ?, ?) "
	    "ON CONFLICT(name, hour, network) DO UPDATE SET count = count + excluded.count", "iiii", id, hour / HOUR_S,
	    network, count);
}

bool
traffic_end(struct traffic_writer *w, bool ok, const struct traffic_position *p, int64_t now, struct err *err)
{
	ok = ok && db_exec(w->db, err, "INSERT OR REPLACE INTO traffic_position "
	    "(one, file, offset, since, until, lines, lost_at, more, at, script_file, script_offset) "
	    "VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "siiiiiiisi", p->file, p->offset, p->since, p->until, p->lines, p->lost_at,
	    (int64_t)p->more, now, p->script_file, p->script_offset);
	ok = db_end(w->db, ok, err);
	arena_free(w->arena);
	return ok;
}

bool
store_traffic_purge(struct store *store, int64_t before, struct err *err)
{
	struct db *db = db_write(store, false, err);

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "DELETE FROM traffic_hours WHERE hour < ?", "i", before / HOUR_S) &&
	    db_exec(db, err, "DELETE FROM traffic_logins WHERE hour < ?", "i", before / HOUR_S) &&
	    db_exec(db, err, "DELETE FROM traffic_names WHERE id NOT IN (SELECT name FROM traffic_hours)", ""), err);
}
