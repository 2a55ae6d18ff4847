#include "store/reports.h"

#include <string.h>

#include "base/time.h"
#include "store/db.h"
#include "store/summary.h"

#define CONFIRM_S	30

static bool
is_alarm(const char *verdict)
{
	return strcmp(verdict, "problem") == 0 || strcmp(verdict, "warning") == 0;
}

/* An alarm came or went: whoever saw it, the keeper looks whether it is so (store/notices.h). */
static bool
confirm_soon(struct db *db, const struct summary *s, const char *was, const char *is, struct err *err)
{
	if (is_alarm(was) == is_alarm(is) || strcmp(was, "unknown") == 0 || strcmp(is, "unknown") == 0)
		return true;
	return db_exec(db, err, "INSERT OR IGNORE INTO looks(name, first_at, due_at, tries) VALUES(?, ?, ?, 1)",
	    "sii", s->name, s->checked_at, s->checked_at + CONFIRM_S);
}

/* A row of history for each check whose verdict is another than before. */
static bool
history_put(struct db *db, struct arena *a, const struct summary *s, const char *old, struct err *err)
{
	struct json *before = json_parse(a, text_of(old), NULL);
	struct json *after = json_parse(a, text_of(s->verdicts), NULL);

	if (strcmp(old, s->verdicts) == 0)
		return true;
	for (const struct json *v = json_first(after); v != NULL; v = json_next(v)) {
		const char *was = json_str(before, json_key(v)), *is = json_value_str(v);

		if (was != NULL && is != NULL && strcmp(was, is) != 0 && json_key(v)[0] != '@' &&
		    (!db_exec(db, err, "INSERT INTO history(kind, name, at, checked, before, after) "
		    "VALUES(?, ?, ?, ?, ?, ?)", "ssisss", s->kind, s->name, s->checked_at, json_key(v),
		    was, is) || !confirm_soon(db, s, was, is, err)))
			return false;
	}
	return true;
}

/* The rows by which domains are found through a finding. */
static bool
findings_write(struct db *db, const char *sql, const char *list, int64_t weight, const char *name,
    struct err *err)
{
	struct text rest = text_of(list), id;

	while (text_split(&rest, ' ', &id))
		if (id.n > 0 && !db_exec(db, err, sql, "tis", id, weight, name))
			return false;
	return true;
}

static bool
domain_put(struct db *db, struct arena *a, const struct summary *s, struct err *err)
{
	const char *old_findings = "";
	int64_t old_weight = -1;
	sqlite3_stmt *st;
	bool row, gone = false;

	st = db_query(db, err, "SELECT weight, findings, gone_at IS NOT NULL FROM domains WHERE name = ?",
	    "s", s->name);
	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	if (row) {
		old_weight = sqlite3_column_int64(st, 0);
		old_findings = db_str(a, st, 1);
		gone = sqlite3_column_int(st, 2) != 0;
		sqlite3_reset(st);
	} else if (!db_exec(db, err, "INSERT INTO domains(name, display, owner, search, weight) "
	    "VALUES(?1, ?2, ?3, lower(?1 || ' ' || ?2 || ' ' || ifnull(?3, '')), ?4)", "sssi", s->name,
	    s->display, s->owner, s->weight))
		return false;

	/* Columns of an index are named only when they change: SQLite rewrites the index else. */
	if (s->weight != old_weight && !db_exec(db, err, "UPDATE domains SET weight = ? WHERE name = ?",
	    "is", s->weight, s->name))
		return false;
	if (!db_exec(db, err, "UPDATE domains SET checked_at = ?, worst = ?, problem = ?, warning = ?,"
	    " information = ?, ok = ?, unknown = ?, not_applicable = ?, verdicts = ?, findings = ?"
	    " WHERE name = ?", "isiiiiiisss", s->checked_at, s->worst, s->problem, s->warning,
	    s->information, s->ok, s->unknown, s->not_applicable, s->verdicts, s->findings, s->name))
		return false;
	if (gone || (s->weight == old_weight && strcmp(s->findings, old_findings) == 0))
		return true;
	return findings_write(db, "DELETE FROM findings WHERE finding = ? AND weight = ? AND name = ?",
	    old_findings, old_weight, s->name, err) &&
	    findings_write(db, "INSERT OR REPLACE INTO findings VALUES(?, ?, ?)", s->findings, s->weight,
	    s->name, err);
}

/* What has become worse than what was accepted is accepted no more. */
static bool
acknowledged_mind(struct db *db, struct arena *a, const struct kept_report *kept, struct err *err)
{
	sqlite3_stmt *st = db_query(db, err, "SELECT finding, weight FROM acknowledged WHERE target = ? AND "
	    "weight IS NOT NULL", "s", kept->summary.name);
	const struct json *report = NULL;
	const char *worse[64];
	size_t count = 0, i;
	bool row;

	while (st != NULL && db_step(db, st, &row, err)) {
		const char *finding;

		if (!row)
			break;
		finding = db_str(a, st, 0);
		if (report == NULL)
			report = json_parse(a, text_of(kept->text), NULL);
		if (count < 64 && summary_weigh(report, finding) > sqlite3_column_int64(st, 1))
			worse[count++] = finding;
	}
	if (st == NULL)
		return false;
	sqlite3_reset(st);
	for (i = 0; i < count; i++)
		if (!db_exec(db, err, "DELETE FROM acknowledged WHERE target = ? AND finding = ?", "ss",
		    kept->summary.name, worse[i]))
			return false;
	return true;
}

static bool
report_put(struct db *db, struct arena *a, const struct kept_report *kept, struct err *err)
{
	const struct summary *s = &kept->summary;
	sqlite3_stmt *st = db_query(db, err, "SELECT verdicts FROM reports WHERE kind = ? AND name = ?", "ss",
	    s->kind, s->name);
	bool row;

	if (st == NULL || !db_step(db, st, &row, err))
		return false;
	if (row && !history_put(db, a, s, db_str(a, st, 0), err))
		return false;
	sqlite3_reset(st);
	if ((strcmp(s->kind, "domain") == 0 && !domain_put(db, a, s, err)) ||
	    !acknowledged_mind(db, a, kept, err))
		return false;
	return db_exec(db, err, "INSERT INTO reports(kind, name, checked_at, verdicts, json) "
	    "VALUES(?, ?, ?, ?, ?) ON CONFLICT(kind, name) DO UPDATE SET checked_at = excluded.checked_at,"
	    " verdicts = excluded.verdicts, json = excluded.json", "ssiss", s->kind, s->name, s->checked_at,
	    s->verdicts, kept->text);
}

bool
store_report_ready(struct arena *a, const struct json *report, struct kept_report *ret, struct err *err)
{
	if (!summary_of(a, report, &ret->summary, err))
		return false;
	ret->text = json_print(a, report);
	return true;
}

bool
store_reports_put(struct store *store, const struct kept_report *reports, size_t count, struct err *err)
{
	struct arena *a = arena_new();
	struct db *db = db_write(store, false, err);
	bool ok = db != NULL;

	for (size_t i = 0; ok && i < count; i++) {
		ok = report_put(db, a, &reports[i], err);
		if (arena_used(a) > 1024 * 1024) {
			arena_free(a);
			a = arena_new();
		}
	}
	ok = db_end(db, ok, err);
	arena_free(a);
	return ok;
}

/* One column of the last report; NULL on failure. */
static sqlite3_stmt *
report_column(struct store *store, const struct store_scope *scope, const char *sql, const char *kind,
    const char *name, struct db **db, struct err *err)
{
	bool server = strcmp(kind, "server") == 0, row;
	sqlite3_stmt *st;

	*db = NULL;
	if (!server && !store_scope_has(scope, name)) {
		err_set(err, ERR_NOT_FOUND, "store: no report of %s", name);
		return NULL;
	}
	if ((*db = db_read(store, err)) == NULL)
		return NULL;
	st = db_query(*db, err, sql, "ss", kind, server ? "server" : name);
	if (st == NULL || !db_step(*db, st, &row, err))
		return NULL;
	if (!row)
		err_set(err, ERR_NOT_FOUND, "store: no report of %s", server ? "the server" : name);
	return row ? st : NULL;
}

struct json *
store_report_get(struct store *store, struct arena *a, const struct store_scope *scope,
    const char *kind, const char *name, struct err *err)
{
	struct json *report = NULL;
	struct db *db;
	sqlite3_stmt *st = report_column(store, scope, "SELECT json FROM reports WHERE kind = ? AND name = ?",
	    kind, name, &db, err);

	if (st != NULL && (report = db_json(a, st, 0)) == NULL)
		err_set(err, ERR_IO, "store: the report of %s is damaged", name);
	db_done(db);
	return report;
}

const char *
store_report_verdicts(struct store *store, struct arena *a, const struct store_scope *scope,
    const char *kind, const char *name, struct err *err)
{
	struct db *db;
	sqlite3_stmt *st = report_column(store, scope, "SELECT verdicts FROM reports WHERE kind = ? AND name = ?",
	    kind, name, &db, err);
	const char *verdicts = st == NULL ? NULL : db_str(a, st, 0);

	db_done(db);
	return verdicts;
}

static void
put_history(struct json *one, struct arena *a, sqlite3_stmt *st)
{
	json_put_str(one, "at", db_time(a, st, 0));
	json_put_str(one, "check", db_str(a, st, 1));
	json_put_str(one, "before", db_str(a, st, 2));
	json_put_str(one, "after", db_str(a, st, 3));
}

struct json *
store_history(struct store *store, struct arena *a, const struct store_scope *scope,
    const char *kind, const char *name, size_t max, struct err *err)
{
	bool server = strcmp(kind, "server") == 0;
	struct db *db;

	if (!server && !store_scope_has(scope, name)) {
		err_set(err, ERR_NOT_FOUND, "store: no history of %s", name);
		return NULL;
	}
	db = db_read(store, err);
	return db == NULL ? NULL : db_list(db, a, db_query(db, err, "SELECT at, checked, before, after FROM history "
	    "WHERE kind = ? AND name = ? ORDER BY id DESC LIMIT ?", "ssi", kind, server ? "server" : name,
	    (int64_t)max), put_history, err);
}

bool
store_history_purge(struct store *store, int64_t before, struct err *err)
{
	struct db *db = db_write(store, false, err);

	if (db == NULL)
		return false;
	return db_end(db, db_exec(db, err, "DELETE FROM history WHERE at < ?", "i", before), err);
}
