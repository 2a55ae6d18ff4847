#ifndef STORE_DB_H
#define STORE_DB_H

/*
 * SQLite, for the files of this folder only: connections, prepared statements
 * kept per connection, transactions.  A statement belongs to the connection
 * and is reset when it is asked for again.
 */

#include <pthread.h>
#include <sqlite3.h>

#include "store/store.h"

struct domain_query;

struct db;

/* A connection to read with; give it back.  NULL on failure. */
struct db	*db_read(struct store *, struct err *);
void		 db_done(struct db *);

/*
 * The connection to write with, inside a transaction that has the write lock.
 * `sync`: on disk when db_commit returns.  One of commit and rollback must
 * follow; a commit that fails has rolled back.
 */
struct db	*db_write(struct store *, bool sync, struct err *);
bool		 db_commit(struct db *, struct err *);
void		 db_rollback(struct db *);
/* Nothing of this transaction is shown by a page that may be kept (store_turn). */
void		 db_unseen(struct db *);
/* Commit when all went well, otherwise roll back; is it written? */
bool		 db_end(struct db *, bool ok, struct err *);

/*
 * The statement for `sql`, bound by `types`, one letter per parameter:
 * s const char * (NULL = null), i int64_t, z int64_t (0 = null), j const struct json * (printed;
 * NULL = null), t struct text.  Strings must live until the statement is used.
 * NULL on failure.
 */
sqlite3_stmt	*db_query(struct db *, struct err *, const char *sql, const char *types, ...);
/* false = failed; *row says whether there is one. */
bool		 db_step(struct db *, sqlite3_stmt *, bool *row, struct err *);
/* Run to the end, rows thrown away. */
bool		 db_exec(struct db *, struct err *, const char *sql, const char *types, ...);
/* A transaction of one statement, on disk when it returns. */
bool		 db_change(struct store *, struct err *, const char *sql, const char *types, ...);
int64_t		 db_changes(struct db *);
int64_t		 db_last_id(struct db *);

/* The scope that in_scope(name) means in this connection's next statements. */
void		 db_scope(struct db *, const struct store_scope *);
/* The query whose rank row_rank(verdicts, checked_at) means, likewise. */
void		 db_order(struct db *, const struct domain_query *);

/* Columns, copied into the arena; NULL stays NULL. */
const char	*db_str(struct arena *, sqlite3_stmt *, int column);
struct json	*db_json(struct arena *, sqlite3_stmt *, int column);
const char	*db_time(struct arena *, sqlite3_stmt *, int column);		/* Unix seconds as text */

/*
 * The rows of a statement of db_query (NULL: it failed) as an array, `put`
 * writing each into an object of its own; the connection is given back.
 * NULL on failure.
 */
struct json	*db_list(struct db *, struct arena *, sqlite3_stmt *,
		    void (*put)(struct json *one, struct arena *, sqlite3_stmt *), struct err *);

/* Numbers of rows, remembered by this connection until anybody commits. */
bool		 db_total_known(struct db *, uint64_t key, size_t *total);
void		 db_total_keep(struct db *, uint64_t key, size_t total);
/* A text, remembered likewise; NULL = it is not. */
const char	*db_text_known(struct db *, uint64_t key);
void		 db_text_keep(struct db *, uint64_t key, const char *text);

/* audit.c: those who wait for a commit. */
struct audit_queue {
	pthread_mutex_t		 lock;
	pthread_cond_t		 done;
	struct audit_wait	*first;
	bool			 busy;		/* somebody commits for others */
};

struct audit_queue *db_audit(struct store *);

/* Errors of SQLite in our words. */
bool		 db_err(struct db *, struct err *, const char *what);

/* schema.c: create or migrate; ERR_UNSUPPORTED when newer. */
bool		 schema_prepare(sqlite3 *, struct err *);
extern const int schema_version;

/* files.c */
struct store_files {
	char	*path;
	char	*lock_path;
	int	 presence;	/* descriptor whose shared lock says: this store is in use */
};

bool		 files_prepare(struct store_files *, const char *path, struct err *);
/* See store_lock. */
struct store_lock *files_lock(const struct store_files *, const char *name, uint32_t timeout_ms,
		    struct err *);
void		 files_end(struct store_files *);
/* Renames the database and its journals; false with err when another process uses them. */
bool		 files_put_aside(struct store_files *, char *aside, size_t size, struct err *);
/* A mark beside the file: something was found damaged while in use. */
void		 files_suspect(const struct store_files *);
bool		 files_is_suspect(const struct store_files *);
void		 files_trusted(const struct store_files *);

#endif
