#include "store/db.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "store/domains.h"

#define STATEMENTS_MAX	128		/* a power of two, far above what one use of a connection needs */
#define IDLE_MAX	8		/* readers kept open */

struct kept {
	char		*sql;
	sqlite3_stmt	*stmt;
};

#define TOTALS_MAX	32
#define TEXTS_MAX	4

struct total {
	uint64_t	 key;
	size_t		 total;
};

struct remembered {
	uint64_t	 key;
	char		*text;
};

struct db {
	struct store			*store;
	sqlite3				*handle;
	struct arena			*arena;		/* printed parameters, until done */
	const struct store_scope	*scope;
	const struct domain_query	*order;
	struct db			*next;		/* idle list */
	bool				 writer, synced;
	bool				 unseen;		/* this transaction changes no page */
	int				 changes;		/* of rows, before this transaction */
	int				 totals_version;	/* data_version they were counted at */
	size_t				 total_count;
	struct total			 totals[TOTALS_MAX];
	size_t				 text_count;
	struct remembered		 texts[TEXTS_MAX];
	size_t				 kept_count;
	struct kept			 kept[STATEMENTS_MAX];
};

struct store {
	struct store_files	 files;
	struct db		*writer;
	pthread_mutex_t		 writing;
	struct audit_queue	 audit;
	pthread_mutex_t		 idle_lock;
	struct db		*idle;
	size_t			 idle_count;
	_Atomic bool		 damaged;	/* SQLite said so */
};

bool
db_err(struct db *db, struct err *err, const char *what)
{
	int r = sqlite3_errcode(db->handle);

	switch (r & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_BUSY, "store: %s: another process keeps the file", what);
	case SQLITE_FULL:
		return err_set(err, ERR_IO, "store: %s: the disk is full", what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		db->store->damaged = true;
		files_suspect(&db->store->files);
		return err_set(err, ERR_IO, "store: %s: %s is damaged; the next start puts it aside",
		    what, db->store->files.path);
	default:
		return err_set(err, ERR_IO, "store: %s: %s (%d)", what, sqlite3_errmsg(db->handle),
		    sqlite3_extended_errcode(db->handle));
	}
}

/* --- connections -------------------------------------------------------------------------------- */

/* in_scope(name): may who asks see this domain? */
static void
in_scope(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	const struct db *db = sqlite3_user_data(c);
	const char *name = (const char *)sqlite3_value_text(argv[0]);

	(void)argc;
	sqlite3_result_int(c, name != NULL && db->scope != NULL && store_scope_has(db->scope, name));
}

/* row_rank(verdicts, checked_at): where who asks puts this row. */
static void
row_rank(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	const struct db *db = sqlite3_user_data(c);
	const struct domain_row row = { .verdicts = (const char *)sqlite3_value_text(argv[0]),
	    .checked_at = sqlite3_value_int64(argv[1]) };

	(void)argc;
	if (db->order != NULL && row.verdicts != NULL)
		sqlite3_result_int(c, db->order->rank(db->order->rank_ctx, &row));
}

static void
texts_forget(struct db *db)
{
	for (size_t i = 0; i < TEXTS_MAX; i++) {
		free(db->texts[i].text);
		db->texts[i].text = NULL;
	}
	db->text_count = 0;
}

static void
statements_forget(struct db *db)
{
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		sqlite3_finalize(db->kept[i].stmt);
		free(db->kept[i].sql);
		db->kept[i] = (struct kept){ 0 };
	}
	db->kept_count = 0;
}

static void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	texts_forget(db);
	statements_forget(db);
	sqlite3_close(db->handle);
	arena_free(db->arena);
	free(db);
}

static bool
pragma(struct db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || db_err(db, err, sql);
}

static struct db *
db_open(struct store *store, bool writer, struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	    (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);

	if (db == NULL)
		abort();
	db->store = store;
	db->writer = writer;
	if (sqlite3_open_v2(store->files.path, &db->handle, flags, NULL) != SQLITE_OK) {
		if (db->handle == NULL)
			abort();
		db_err(db, err, "open");
		db_close(db);
		return NULL;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, STORE_BUSY_MS);
	if (!pragma(db, writer ? "PRAGMA cache_size=-2048" : "PRAGMA cache_size=-512", err) ||
	    !pragma(db, "PRAGMA temp_store=MEMORY", err) ||
	    !pragma(db, "PRAGMA trusted_schema=OFF", err) ||
	    !pragma(db, "PRAGMA cell_size_check=ON", err) ||
	    sqlite3_create_function(db->handle, "in_scope", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, db,
	    in_scope, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function(db->handle, "row_rank", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, db,
	    row_rank, NULL, NULL) != SQLITE_OK) {
		db_close(db);
		return NULL;
	}
	return db;
}

struct db *
db_read(struct store *store, struct err *err)
{
	struct db *db;

	pthread_mutex_lock(&store->idle_lock);
	if ((db = store->idle) != NULL) {
		store->idle = db->next;
		store->idle_count--;
	}
	pthread_mutex_unlock(&store->idle_lock);
	return db != NULL ? db : db_open(store, false, err);
}

/*
 * Nothing may stay open in a connection that rests: it would hold back
 * checkpoints.  The list of domains alone is asked for in hundreds of ways:
 * when many statements have come together, they are made anew as they are needed.
 */
static void
rest(struct db *db)
{
	if (db->kept_count > STATEMENTS_MAX / 2)
		statements_forget(db);
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		if (db->kept[i].stmt != NULL && sqlite3_stmt_busy(db->kept[i].stmt))
			sqlite3_reset(db->kept[i].stmt);
	if (!db->writer && !sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	arena_free(db->arena);
	db->arena = NULL;
	db->scope = NULL;
	db->order = NULL;
}

void
db_done(struct db *db)
{
	struct store *store;
	bool keep;

	if (db == NULL)
		return;
	store = db->store;
	rest(db);
	pthread_mutex_lock(&store->idle_lock);
	if ((keep = store->idle_count < IDLE_MAX)) {
		db->next = store->idle;
		store->idle = db;
		store->idle_count++;
	}
	pthread_mutex_unlock(&store->idle_lock);
	if (!keep)
		db_close(db);
}

/* --- transactions ------------------------------------------------------------------------------- */

#define TURN	"store.turn"	/* setting: counts what was committed */

static bool
writing_lock(struct store *store, struct err *err)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STORE_BUSY_MS / 1000;
	if (pthread_mutex_clocklock(&store->writing, CLOCK_MONOTONIC, &until) != 0)
		return err_set(err, ERR_BUSY, "store: other writers are in the way");
	return true;
}

struct db *
db_write(struct store *store, bool sync, struct err *err)
{
	struct db *db = store->writer;

	if (!writing_lock(store, err))
		return NULL;
	/* In WAL mode a commit with FULL is on disk, and with it all before. */
	if (db->synced != sync) {
		if (!pragma(db, sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err))
			goto fail;
		db->synced = sync;
	}
	if (!db_exec(db, err, "BEGIN IMMEDIATE", ""))
		goto fail;
	db->unseen = false;
	db->changes = sqlite3_total_changes(db->handle);
	return db;
fail:
	pthread_mutex_unlock(&store->writing);
	return NULL;
}

void
db_rollback(struct db *db)
{
	if (db == NULL)
		return;
	rest(db);
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_unlock(&db->store->writing);
}

void
db_unseen(struct db *db)
{
	db->unseen = true;
}

/* Of all processes: who keeps a page asks for the number. */
static bool
turn_on(struct db *db, struct err *err)
{
	return db->unseen || sqlite3_total_changes(db->handle) == db->changes ||
	    db_exec(db, err, "INSERT INTO settings VALUES('" TURN "', 1, 0) ON CONFLICT(key) DO UPDATE "
	    "SET value = value + 1", "");
}

bool
db_commit(struct db *db, struct err *err)
{
	rest(db);
	if (!turn_on(db, err) || !db_exec(db, err, "COMMIT", "")) {
		db_rollback(db);
		return false;
	}
	pthread_mutex_unlock(&db->store->writing);
	return true;
}

bool
db_end(struct db *db, bool ok, struct err *err)
{
	if (ok)
		return db_commit(db, err);
	db_rollback(db);
	return false;
}

struct audit_queue *
db_audit(struct store *store)
{
	return &store->audit;
}

/* --- statements --------------------------------------------------------------------------------- */

static sqlite3_stmt *
prepared(struct db *db, const char *sql, struct err *err)
{
	uint32_t h = 2166136261u;
	struct kept *k;

	for (const char *p = sql; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	for (;; h++) {
		k = &db->kept[h % STATEMENTS_MAX];
		if (k->sql == NULL || strcmp(k->sql, sql) == 0)
			break;
	}
	if (k->sql != NULL) {
		sqlite3_reset(k->stmt);
		return k->stmt;
	}
	if (db->kept_count >= STATEMENTS_MAX * 3 / 4) {
		err_set(err, ERR_LIMIT, "store: too many different statements");
		return NULL;
	}
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &k->stmt, NULL) != SQLITE_OK) {
		db_err(db, err, "prepare");
		return NULL;
	}
	k->sql = strdup(sql);
	if (k->sql == NULL)
		abort();
	db->kept_count++;
	return k->stmt;
}

static void
bind_text(sqlite3_stmt *st, int i, const char *s)
{
	if (s == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_text(st, i, s, -1, SQLITE_STATIC);
}

static sqlite3_stmt *
query(struct db *db, struct err *err, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *st = prepared(db, sql, err);
	const struct json *json;
	struct text t;
	int64_t n;

	if (st == NULL)
		return NULL;
	for (int i = 1; *types != '\0'; types++, i++) {
		switch (*types) {
		case 's':
			bind_text(st, i, va_arg(ap, const char *));
			break;
		case 'i':
			sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'z':
			n = va_arg(ap, int64_t);
			if (n == 0)
				sqlite3_bind_null(st, i);
			else
				sqlite3_bind_int64(st, i, n);
			break;
		case 'j':
			json = va_arg(ap, const struct json *);
			if (json != NULL && db->arena == NULL)
				db->arena = arena_new();
			bind_text(st, i, json != NULL ? json_print(db->arena, json) : NULL);
			break;
		case 't':
			t = va_arg(ap, struct text);
			sqlite3_bind_text(st, i, t.p, (int)t.n, SQLITE_STATIC);
			break;
		default:
			abort();
		}
	}
	return st;
}

sqlite3_stmt *
db_query(struct db *db, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, types);
	st = query(db, err, sql, types, ap);
	va_end(ap);
	return st;
}

bool
db_step(struct db *db, sqlite3_stmt *st, bool *row, struct err *err)
{
	int r = sqlite3_step(st);

	if (r == SQLITE_ROW || r == SQLITE_DONE) {
		*row = r == SQLITE_ROW;
		return true;
	}
	db_err(db, err, "read");
	sqlite3_reset(st);
	return false;
}

static bool
run(struct db *db, struct err *err, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *st = query(db, err, sql, types, ap);
	int r;

	if (st == NULL)
		return false;
	while ((r = sqlite3_step(st)) == SQLITE_ROW)
		;
	if (r != SQLITE_DONE)
		db_err(db, err, "write");
	sqlite3_reset(st);
	return r == SQLITE_DONE;
}

bool
db_exec(struct db *db, struct err *err, const char *sql, const char *types, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, types);
	ok = run(db, err, sql, types, ap);
	va_end(ap);
	return ok;
}

bool
db_change(struct store *store, struct err *err, const char *sql, const char *types, ...)
{
	struct db *db = db_write(store, true, err);
	va_list ap;
	bool ok;

	if (db == NULL)
		return false;
	va_start(ap, types);
	ok = run(db, err, sql, types, ap);
	va_end(ap);
	return db_end(db, ok, err);
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes(db->handle);
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

/* PRAGMA data_version changes when any other connection, of any process, committed. */
static bool
totals_hold(struct db *db)
{
	sqlite3_stmt *st = prepared(db, "PRAGMA data_version", NULL);
	int version = -1;

	if (st != NULL && sqlite3_step(st) == SQLITE_ROW)
		version = sqlite3_column_int(st, 0);
	if (st != NULL)
		sqlite3_reset(st);
	if (version != db->totals_version || version == -1) {
		db->totals_version = version;
		db->total_count = 0;
		texts_forget(db);
	}
	return version != -1;
}

bool
db_total_known(struct db *db, uint64_t key, size_t *total)
{
	if (!totals_hold(db))
		return false;
	for (size_t i = 0; i < db->total_count && i < TOTALS_MAX; i++) {
		if (db->totals[i].key == key) {
			*total = db->totals[i].total;
			return true;
		}
	}
	return false;
}

void
db_total_keep(struct db *db, uint64_t key, size_t total)
{
	db->totals[db->total_count++ % TOTALS_MAX] = (struct total){ key, total };
}

const char *
db_text_known(struct db *db, uint64_t key)
{
	if (!totals_hold(db))
		return NULL;
	for (size_t i = 0; i < TEXTS_MAX; i++)
		if (db->texts[i].text != NULL && db->texts[i].key == key)
			return db->texts[i].text;
	return NULL;
}

void
db_text_keep(struct db *db, uint64_t key, const char *text)
{
	struct remembered *r = &db->texts[db->text_count++ % TEXTS_MAX];

	free(r->text);
	if ((r->text = strdup(text)) == NULL)
		abort();
	r->key = key;
}

void
db_scope(struct db *db, const struct store_scope *scope)
{
	db->scope = scope;
}

void
db_order(struct db *db, const struct domain_query *q)
{
	db->order = q->sort == SORT_RANK && q->rank != NULL ? q : NULL;
}

const char *
db_str(struct arena *a, sqlite3_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st, column);

	return s == NULL ? NULL : arena_strndup(a, s, (size_t)sqlite3_column_bytes(st, column));
}

struct json *
db_json(struct arena *a, sqlite3_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st, column);

	return s == NULL ? NULL :
	    json_parse_own(a, (struct text){ s, (size_t)sqlite3_column_bytes(st, column) });
}

const char *
db_time(struct arena *a, sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ? NULL : time_str(a, sqlite3_column_int64(st, column));
}

struct json *
db_list(struct db *db, struct arena *a, sqlite3_stmt *st,
    void (*put)(struct json *one, struct arena *, sqlite3_stmt *), struct err *err)
{
	struct json *list = json_new_array(a);
	bool ok = false, row;

	while (st != NULL && (ok = db_step(db, st, &row, err)) && row)
		put(json_add_object(list), a, st);
	db_done(db);
	return ok ? list : NULL;
}

int64_t
store_turn(struct store *store)
{
	struct db *db = db_read(store, NULL);
	sqlite3_stmt *st;
	int64_t turn = 0;
	bool row;

	if (db == NULL)
		return 0;
	st = db_query(db, NULL, "SELECT value FROM settings WHERE key = '" TURN "'", "");
	if (st != NULL && db_step(db, st, &row, NULL) && row)
		turn = sqlite3_column_int64(st, 0);
	db_done(db);
	return turn;
}

/* --- the store ---------------------------------------------------------------------------------- */

/* What a check of the whole file may cost at every start; larger files only on suspicion. */
#define CHECKED_AT_START_BYTES	(8 * 1024 * 1024)

static bool
one_text(struct db *db, const char *sql, char *buf, size_t size, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = false;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW) {
		sqlite3_snprintf((int)size, buf, "%s", sqlite3_column_text(st, 0));
		ok = true;
	} else
		db_err(db, err, sql);
	sqlite3_finalize(st);
	return ok;
}

/* store->damaged: the file itself is bad (and err says how); all else is only err. */
static bool
writer_open(struct store *store, struct err *err)
{
	char text[256] = "";
	struct db *db;

	store->damaged = false;
	if ((db = db_open(store, true, err)) == NULL)
		return false;
	if (!one_text(db, "PRAGMA journal_mode=WAL", text, sizeof(text), err))
		goto fail;
	if (strcmp(text, "wal") != 0) {
		err_set(err, ERR_IO, "store: %s cannot be written (no WAL mode)", store->files.path);
		goto fail;
	}
	if (!pragma(db, "PRAGMA journal_size_limit=8388608", err) ||
	    !pragma(db, "PRAGMA synchronous=FULL", err))
		goto fail;
	db->synced = true;
	if (!schema_prepare(db->handle, err)) {
		if ((sqlite3_errcode(db->handle) & 0xff) == SQLITE_CORRUPT)
			store->damaged = true;
		goto fail;
	}
	if (!one_text(db, "PRAGMA page_count", text, sizeof(text), err))
		goto fail;
	if (files_is_suspect(&store->files) || atoll(text) * 4096 <= CHECKED_AT_START_BYTES) {
		if (!one_text(db, "PRAGMA quick_check(1)", text, sizeof(text), err))
			goto fail;
		if (strcmp(text, "ok") != 0) {
			store->damaged = true;
			err_set(err, ERR_IO, "store: %s is damaged: %s", store->files.path, text);
			goto fail;
		}
		if (files_is_suspect(&store->files))
			files_trusted(&store->files);
	}
	store->writer = db;
	return true;
fail:
	db_close(db);
	return false;
}

struct store *
store_open(const char *path, struct err *err)
{
	struct store *store = calloc(1, sizeof(*store));
	char aside[4200];
	struct db *db;

	if (store == NULL)
		abort();
	pthread_mutex_init(&store->writing, NULL);
	pthread_mutex_init(&store->idle_lock, NULL);
	pthread_mutex_init(&store->audit.lock, NULL);
	pthread_cond_init(&store->audit.done, NULL);
	if (!files_prepare(&store->files, path, err))
		goto fail;
	if (writer_open(store, err))
		return store;
	if (!store->damaged || !files_put_aside(&store->files, aside, sizeof(aside), err))
		goto fail;
	log_line(LOG_ERROR, "store", "%s is damaged; it was put aside as %s and an empty store begun",
	    path, aside);
	files_trusted(&store->files);
	if (!writer_open(store, err))
		goto fail;
	if ((db = db_write(store, true, err)) == NULL)
		goto fail;
	if (!db_exec(db, err, "INSERT INTO settings VALUES('store.damaged', ?,"
	    " CAST(strftime('%s', 'now') AS INTEGER))", "s", aside)) {
		db_rollback(db);
		goto fail;
	}
	if (!db_commit(db, err))
		goto fail;
	return store;
fail:
	store_close(store);
	return NULL;
}

void
store_close(struct store *store)
{
	struct db *next;

	if (store == NULL)
		return;
	for (struct db *db = store->idle; db != NULL; db = next) {
		next = db->next;
		db_close(db);
	}
	db_close(store->writer);
	files_end(&store->files);
	pthread_mutex_destroy(&store->writing);
	pthread_mutex_destroy(&store->idle_lock);
	pthread_mutex_destroy(&store->audit.lock);
	pthread_cond_destroy(&store->audit.done);
	free(store);
}

bool
store_integrity(struct store *store, struct arena *a, const char **text, struct err *err)
{
	struct db *db = db_read(store, err);
	sqlite3_stmt *st;
	bool row, ok = false;

	if (db == NULL)
		return false;
	st = db_query(db, err, "PRAGMA integrity_check(5)", "");
	if (st != NULL && db_step(db, st, &row, err) && row) {
		*text = db_str(a, st, 0);
		ok = true;
	}
	db_done(db);
	return ok;
}

bool
store_scope_has(const struct store_scope *scope, const char *ascii)
{
	size_t low = 0, high = scope->count;

	if (scope->all)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(ascii, scope->names[middle]);

		if (c == 0)
			return true;
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

struct store_lock *
store_lock(struct store *store, const char *name, uint32_t timeout_ms, struct err *err)
{
	return files_lock(&store->files, name, timeout_ms, err);
}
