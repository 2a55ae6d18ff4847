#include "store/domains.h"

#include <string.h>

#include "base/map.h"
#include "base/str.h"
#include "store/db.h"
#include "store/summary.h"

#define GONE_KEPT_S	(30 * 24 * 3600)

/* --- the panel's list --------------------------------------------------------------------------- */

struct known {
	const char	*display, *owner, *reseller;
	bool		 gone, seen;
};

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
known_read(struct db *db, struct arena *a, struct map *known, struct err *err)
{
	sqlite3_stmt *st = db_query(db, err,
	    "SELECT name, display, owner, reseller, gone_at IS NOT NULL FROM domains", "");
	bool row, ok = false;

	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		struct known *k = arena_zalloc(a, sizeof(*k));

		k->display = db_str(a, st, 1);
		k->owner = db_str(a, st, 2);
		k->reseller = db_str(a, st, 3);
		k->gone = sqlite3_column_int(st, 4) != 0;
		map_put(known, db_str(a, st, 0), k);
	}
	return ok;
}

/* Nothing of one owner is shown to the next. */
static bool
domain_forget(struct db *db, const char *name, struct err *err)
{
	return db_exec(db, err, "DELETE FROM reports WHERE kind = 'domain' AND name = ?", "s", name) &&
	    db_exec(db, err, "DELETE FROM history WHERE kind = 'domain' AND name = ?", "s", name) &&
	    db_exec(db, err, "DELETE FROM acknowledged WHERE target = ?", "s", name) &&
	    db_exec(db, err, "UPDATE domains SET checked_at = NULL, worst = NULL, weight = ?, problem = 0,"
	    " warning = 0, information = 0, ok = 0, unknown = 0, not_applicable = 0, verdicts = '{}',"
	    " findings = '' WHERE name = ?", "is", summary_weight(RANK_NEVER, 0, 0), name);
}

static bool
findings_drop(struct db *db, const char *name, struct err *err)
{
	struct arena *a = arena_new();
	sqlite3_stmt *st = db_query(db, err, "SELECT weight, findings FROM domains WHERE name = ?", "s", name);
	bool row, ok = st != NULL && db_step(db, st, &row, err);

	if (ok && row) {
		int64_t weight = sqlite3_column_int64(st, 0);
		struct text rest = text_of(db_str(a, st, 1)), id;

		sqlite3_reset(st);
		while (ok && text_split(&rest, ' ', &id))
			ok = id.n == 0 || db_exec(db, err,
			    "DELETE FROM findings WHERE finding = ? AND weight = ? AND name = ?", "tis", id,
			    weight, name);
	}
	arena_free(a);
	return ok;
}

static bool
findings_restore(struct db *db, const char *name, struct err *err)
{
	struct arena *a = arena_new();
	sqlite3_stmt *st = db_query(db, err, "SELECT weight, findings FROM domains WHERE name = ?", "s", name);
	bool row, ok = st != NULL && db_step(db, st, &row, err);

	if (ok && row) {
		int64_t weight = sqlite3_column_int64(st, 0);
		struct text rest = text_of(db_str(a, st, 1)), id;

		sqlite3_reset(st);
		while (ok && text_split(&rest, ' ', &id))
			ok = id.n == 0 || db_exec(db, err, "INSERT OR REPLACE INTO findings VALUES(?, ?, ?)",
			    "tis", id, weight, name);
	}
	arena_free(a);
	return ok;
}

static bool
domain_sync(struct db *db, const struct store_domain *d, struct known *k, struct err *err)
{
	if (k == NULL)
		return db_exec(db, err, "INSERT INTO domains(name, display, owner, reseller, search, weight) "
		    "VALUES(?1, ?2, ?3, ?4, lower(?1 || ' ' || ?2 || ' ' || ifnull(?3, '')), ?5)", "ssssi",
		    d->name, d->display, d->owner, d->reseller, summary_weight(RANK_NEVER, 0, 0));
	if (k->gone && !same(k->owner, d->owner) && !domain_forget(db, d->name, err))
		return false;
	if (k->gone && same(k->owner, d->owner) && !findings_restore(db, d->name, err))
		return false;
	if (!k->gone && same(k->display, d->display) && same(k->owner, d->owner) &&
	    same(k->reseller, d->reseller))
		return true;
	return db_exec(db, err, "UPDATE domains SET display = ?2, owner = ?3, reseller = ?4,"
	    " search = lower(?1 || ' ' || ?2 || ' ' || ifnull(?3, '')), gone_at = NULL WHERE name = ?1",
	    "ssss", d->name, d->display, d->owner, d->reseller);
}

bool
store_domains_sync(struct store *store, const struct store_domain *domains, size_t count,
    int64_t now, struct err *err)
{
	struct arena *a = arena_new();
	struct map *known = map_new(a);
	struct db *db = db_write(store, false, err);
	bool ok = db != NULL && known_read(db, a, known, err);

	for (size_t i = 0; ok && i < count; i++) {
		struct known *k = map_get(known, domains[i].name);

		if (k != NULL && k->seen)
			continue;
		ok = domain_sync(db, &domains[i], k, err);
		if (k != NULL)
			k->seen = true;
	}
	for (size_t i = 0; ok && i < map_count(known); i++) {
		const char *name;
		const struct known *k = map_at(known, i, &name);

		if (!k->seen && !k->gone)
			ok = findings_drop(db, name, err) && db_exec(db, err,
			    "UPDATE domains SET gone_at = ? WHERE name = ?", "is", now, name);
	}
	ok = db_end(db, db != NULL && ok, err);
	arena_free(a);
	return ok;
}

bool
store_domains_purge(struct store *store, int64_t now, struct err *err)
{
	struct db *db = db_write(store, false, err);
	int64_t before = now - GONE_KEPT_S;

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "DELETE FROM reports WHERE kind = 'domain' AND name IN "
	    "(SELECT name FROM domains WHERE gone_at < ?)", "i", before) &&
	    db_exec(db, err, "DELETE FROM history WHERE kind = 'domain' AND name IN "
	    "(SELECT name FROM domains WHERE gone_at < ?)", "i", before) &&
	    db_exec(db, err, "DELETE FROM acknowledged WHERE target IN "
	    "(SELECT name FROM domains WHERE gone_at < ?)", "i", before) &&
	    db_exec(db, err, "DELETE FROM domains WHERE gone_at < ?", "i", before), err);
}

/*
 * Each domain has its second of the day, by its number (7919 is prime, so
 * neighbours are far apart): due when that has come since it was checked.
 */
#define SECOND	"(id * 7919 % 86400)"

bool
store_domains_due(struct store *store, struct arena *a, int64_t now, size_t max,
    const char *const **names, size_t *count, struct err *err)
{
	struct db *db = db_read(store, err);
	const char **all;
	sqlite3_stmt *st;
	size_t n = 0, room = 64;
	bool row, ok = false;

	if (db == NULL)
		return false;
	all = arena_array(a, room, sizeof(*all));
	/* NULL sorts first: never checked.  A clock that went back: once more. */
	st = db_query(db, err, "SELECT name FROM domains WHERE gone_at IS NULL AND (checked_at IS NULL OR "
	    "checked_at > ?1 + 3600 OR (?1 - " SECOND ") / 86400 > (checked_at - " SECOND ") / 86400) "
	    "ORDER BY checked_at, name LIMIT ?2", "ii", now, (int64_t)max);
	while (st != NULL && (ok = db_step(db, st, &row, err)) && row) {
		if (n == room) {
			all = arena_grow(a, all, room, 2 * room, sizeof(*all));
			room *= 2;
		}
		all[n++] = db_str(a, st, 0);
	}
	db_done(db);
	if (!ok)
		return false;
	*names = all;
	*count = n;
	return true;
}
