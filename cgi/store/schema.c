/*
 * The schema, step by step: step n brings a file of version n-1 to version n.
 * A released step is never edited; a change is a new step.
 */

#include "store/db.h"

#define APPLICATION_ID	0x41534764	/* "ASGd" */

static const char step1[] =
"CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"
"CREATE TABLE counters(name TEXT, at INTEGER, value INTEGER NOT NULL, PRIMARY KEY(name, at)) WITHOUT ROWID;"
/*
 * weight orders worst first: rank of the worst verdict, then more problems,
 * then more warnings (domains.c).  gone_at: the panel does not have it now.
 */
"CREATE TABLE domains(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, display TEXT NOT NULL,"
" owner TEXT, reseller TEXT, search TEXT NOT NULL, gone_at INTEGER, checked_at INTEGER,"
" weight INTEGER NOT NULL, worst TEXT, problem INTEGER NOT NULL DEFAULT 0,"
" warning INTEGER NOT NULL DEFAULT 0, information INTEGER NOT NULL DEFAULT 0,"
" ok INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,"
" not_applicable INTEGER NOT NULL DEFAULT 0, verdicts TEXT NOT NULL DEFAULT '{}',"
" findings TEXT NOT NULL DEFAULT '');"
"CREATE INDEX domains_worst ON domains(weight, name, search) WHERE gone_at IS NULL;"
"CREATE INDEX domains_owner ON domains(owner, weight, name) WHERE gone_at IS NULL;"
"CREATE INDEX domains_reseller ON domains(reseller, weight, name) WHERE gone_at IS NULL;"
"CREATE INDEX domains_checked ON domains(checked_at, name) WHERE gone_at IS NULL;"
"CREATE TABLE findings(finding TEXT, weight INTEGER, name TEXT, PRIMARY KEY(finding, weight, name)) WITHOUT ROWID;"
"CREATE TABLE reports(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
" checked_at INTEGER NOT NULL, verdicts TEXT NOT NULL, json TEXT NOT NULL, UNIQUE(kind, name));"
"CREATE TABLE history(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
" at INTEGER NOT NULL, checked TEXT NOT NULL, before TEXT, after TEXT);"
"CREATE INDEX history_target ON history(kind, name, id);"
"CREATE INDEX history_at ON history(at);"
"CREATE TABLE plans(id TEXT PRIMARY KEY, hash TEXT NOT NULL, created_at INTEGER NOT NULL,"
" login TEXT NOT NULL, role TEXT NOT NULL, acting TEXT, fix TEXT NOT NULL, target TEXT NOT NULL,"
" domain TEXT, bulk TEXT, json TEXT NOT NULL, taken_at INTEGER, entry INTEGER) WITHOUT ROWID;"
"CREATE INDEX plans_created ON plans(created_at);"
"CREATE TABLE journal(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
" updated_at INTEGER NOT NULL, login TEXT NOT NULL, role TEXT NOT NULL, acting TEXT,"
" fix TEXT NOT NULL, target TEXT NOT NULL, domain TEXT, state TEXT NOT NULL, reason TEXT,"
" plan TEXT UNIQUE, bulk TEXT, undo_of INTEGER, undone_by INTEGER, changes TEXT NOT NULL,"
" steps TEXT NOT NULL, verification TEXT, checks TEXT NOT NULL);"
"CREATE INDEX journal_domain ON journal(domain, id);"
"CREATE INDEX journal_state ON journal(state, id);"
"CREATE INDEX journal_bulk ON journal(bulk) WHERE bulk IS NOT NULL;"
"CREATE TABLE audit(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, login TEXT, role TEXT,"
" acting TEXT, origin TEXT, action TEXT NOT NULL, object TEXT, domain TEXT, outcome TEXT,"
" detail TEXT, hash TEXT NOT NULL);"
"CREATE INDEX audit_domain ON audit(domain, id);"
/* Number of rows and last hash apart, so that a tail cut off shows too. */
"CREATE TABLE audit_head(one INTEGER PRIMARY KEY CHECK(one = 1), rows INTEGER NOT NULL, hash TEXT NOT NULL);"
"INSERT INTO audit_head VALUES(1, 0, '');"
"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit is append-only'); END;"
"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit is append-only'); END;"
"CREATE TABLE acknowledged(target TEXT, finding TEXT, login TEXT NOT NULL, at INTEGER NOT NULL,"
" until INTEGER, note TEXT, PRIMARY KEY(target, finding)) WITHOUT ROWID;"
"CREATE TABLE cases(id INTEGER PRIMARY KEY AUTOINCREMENT, about TEXT NOT NULL, kind TEXT NOT NULL,"
" login TEXT NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
" data TEXT);"
"CREATE INDEX cases_about ON cases(about, id);"
"CREATE TABLE case_notes(id INTEGER PRIMARY KEY, in_case INTEGER NOT NULL REFERENCES cases(id),"
" at INTEGER NOT NULL, login TEXT NOT NULL, text TEXT NOT NULL);"
"CREATE INDEX case_notes_case ON case_notes(in_case, id);"
"CREATE TABLE delist(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, provider TEXT NOT NULL,"
" login TEXT, at INTEGER NOT NULL, place TEXT, answer TEXT, next_at INTEGER);"
"CREATE INDEX delist_provider ON delist(provider, id);"
"CREATE TABLE bulks(id TEXT PRIMARY KEY, fix TEXT NOT NULL, login TEXT NOT NULL, role TEXT NOT NULL,"
" acting TEXT, created_at INTEGER NOT NULL, state TEXT NOT NULL, stop_after INTEGER NOT NULL) WITHOUT ROWID;"
"CREATE TABLE bulk_items(id INTEGER PRIMARY KEY, bulk TEXT NOT NULL, target TEXT NOT NULL,"
" mode TEXT NOT NULL, plan TEXT, hash TEXT, changes TEXT, refused TEXT, entry INTEGER, state TEXT,"
" UNIQUE(bulk, target));";

/* Who sends how much (traffic.c): hours are Unix seconds / 3600; domain '' = nobody's here. */
static const char step2[] =
"CREATE TABLE traffic_names(id INTEGER PRIMARY KEY, who TEXT NOT NULL, name TEXT NOT NULL,"
" domain TEXT, subscription TEXT, owner TEXT, UNIQUE(who, name));"
"CREATE TABLE traffic_hours(name INTEGER NOT NULL, hour INTEGER NOT NULL, messages INTEGER NOT NULL,"
" rejected INTEGER NOT NULL, limited INTEGER NOT NULL, failed INTEGER NOT NULL,"
" PRIMARY KEY(name, hour)) WITHOUT ROWID;"
"CREATE TABLE traffic_logins(name INTEGER NOT NULL, hour INTEGER NOT NULL, network INTEGER NOT NULL,"
" count INTEGER NOT NULL, PRIMARY KEY(name, hour, network)) WITHOUT ROWID;"
"CREATE TABLE traffic_position(one INTEGER PRIMARY KEY CHECK(one = 1), file TEXT NOT NULL, offset INTEGER NOT NULL,"
" since INTEGER NOT NULL, until INTEGER NOT NULL, lines INTEGER NOT NULL, lost_at INTEGER NOT NULL,"
" more INTEGER NOT NULL, at INTEGER NOT NULL);";

/* Scans for viruses (scans.c). */
static const char step3[] =
"CREATE TABLE scans(domain TEXT PRIMARY KEY, login TEXT, state TEXT NOT NULL, asked_at INTEGER NOT NULL,"
" updated_at INTEGER NOT NULL, work TEXT, result TEXT) WITHOUT ROWID;"
"CREATE INDEX scans_open ON scans(asked_at, domain) WHERE state <> 'done';";

/*
 * weight: how bad a finding is (summary_weigh), 0 = it does not stand.
 * looks: what is to be looked at again before its day comes.
 * standing: what the keeper knows and has told of each finding; the row without
 * a reference says that the target is known at all.
 */
static const char step4[] =
"ALTER TABLE acknowledged ADD COLUMN weight INTEGER;"
"CREATE TABLE looks(name TEXT PRIMARY KEY, first_at INTEGER NOT NULL, due_at INTEGER NOT NULL,"
" tries INTEGER NOT NULL) WITHOUT ROWID;"
"CREATE INDEX looks_due ON looks(due_at);"
"CREATE TABLE standing(target TEXT, finding TEXT, subject TEXT, weight INTEGER NOT NULL,"
" since INTEGER NOT NULL, flips INTEGER NOT NULL, told INTEGER NOT NULL,"
" PRIMARY KEY(target, finding, subject)) WITHOUT ROWID;"
"CREATE TABLE notices(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, login TEXT, reseller TEXT,"
" kind TEXT NOT NULL, target TEXT, finding TEXT, subject TEXT, data TEXT, seen_at INTEGER);"
"CREATE INDEX notices_login ON notices(login, id);"
"CREATE INDEX notices_reseller ON notices(reseller, id);"
"CREATE INDEX notices_at ON notices(at);";

/* Scripts have a log of their own where PHP does not log as a mail program. */
static const char step5[] =
"ALTER TABLE traffic_position ADD COLUMN script_file TEXT;"
"ALTER TABLE traffic_position ADD COLUMN script_offset INTEGER NOT NULL DEFAULT 0;";

/* How Microsoft saw our addresses, a row a day and address (snds.c); row: as snds_json makes it. */
static const char step6[] =
"CREATE TABLE snds(day TEXT, address TEXT, row TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(day, address)) WITHOUT ROWID;";

/* What bounces said, by who had them explained (bounces.c). */
static const char step7[] =
"CREATE TABLE bounces(id INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT NOT NULL, at INTEGER NOT NULL, recipient TEXT NOT NULL,"
" provider TEXT, status TEXT, category TEXT NOT NULL, answer TEXT NOT NULL, UNIQUE(login, recipient, answer));"
"CREATE INDEX bounces_at ON bounces(at);";

static const char *const steps[] = { step1, step2, step3, step4, step5, step6, step7 };

const int schema_version = (int)(sizeof(steps) / sizeof(steps[0]));

static bool
run(sqlite3 *db, const char *sql, struct err *err)
{
	int r = sqlite3_exec(db, sql, NULL, NULL, NULL);
	int primary = r & 0xff;

	if (r == SQLITE_OK)
		return true;
	return err_set(err, primary == SQLITE_BUSY || primary == SQLITE_LOCKED ? ERR_BUSY : ERR_IO,
	    "store: %s", sqlite3_errmsg(db));
}

static bool
pragma_int(sqlite3 *db, const char *sql, int *ret, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int r = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (r == SQLITE_OK && (r = sqlite3_step(st)) == SQLITE_ROW) {
		*ret = sqlite3_column_int(st, 0);
		sqlite3_finalize(st);
		return true;
	}
	sqlite3_finalize(st);
	return run(db, sql, err) ? err_set(err, ERR_IO, "store: no answer to %s", sql) : false;
}

bool
schema_prepare(sqlite3 *db, struct err *err)
{
	int version, application;
	char sql[64];

	if (!pragma_int(db, "PRAGMA user_version", &version, err) ||
	    !pragma_int(db, "PRAGMA application_id", &application, err))
		return false;
	if (version > schema_version)
		return err_set(err, ERR_UNSUPPORTED, "the store has schema version %d, this program knows "
		    "up to %d: it was written by a newer version", version, schema_version);
	if (application != APPLICATION_ID && application != 0)
		return err_set(err, ERR_UNSUPPORTED, "the store is a database of another program");
	if (version == schema_version)
		return true;
	if (!run(db, "BEGIN IMMEDIATE", err))
		return false;
	/* Somebody else may have done it while we waited. */
	if (!pragma_int(db, "PRAGMA user_version", &version, err))
		goto fail;
	for (; version < schema_version; version++)
		if (!run(db, steps[version], err))
			goto fail;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version=%d", schema_version);
	if (!run(db, sql, err))
		goto fail;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id=%d", APPLICATION_ID);
	if (!run(db, sql, err) || !run(db, "COMMIT", err))
		goto fail;
	return true;
fail:
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}
