#ifndef STORE_STORE_H
#define STORE_STORE_H

/*
 * What is kept between runs: reports, plans, journal, audit, cases.  One
 * SQLite file in WAL mode; all SQL of the program is in this folder, and the
 * subjects have a header each (domains, reports, plans, journal, audit, notes,
 * cases, delist, bulk, settings).
 *
 * Any thread may call.  Writers take turns (one connection behind a mutex),
 * readers have connections of their own and never wait for a writer.  The
 * journal, plans and what belongs to them are on disk (fsync) when the call
 * returns; reports and counters may lose the last moments before a power cut,
 * never their consistency.
 *
 * Errors: ERR_BUSY (another process kept the file longer than STORE_BUSY_MS),
 * ERR_IO (disk full, read-only, damaged), ERR_NOT_FOUND, ERR_STALE,
 * ERR_UNSUPPORTED (the file was written by a newer version).
 */

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"

#define STORE_BUSY_MS	3000
#define STORE_PER_PAGE_MAX	1000

struct store;

/*
 * Opens or creates (file 0640 in a directory 0750), migrates an older schema,
 * refuses a newer one.  A damaged file is renamed to PATH.damaged-TIME, an
 * error is logged and an empty store begun; store_damaged() then names it, in
 * this and every later start until store_damaged_seen().
 */
struct store	*store_open(const char *path, struct err *);
void		 store_close(struct store *);		/* NULL is allowed */

/* The file put aside, or NULL. */
const char	*store_damaged(struct store *, struct arena *);
bool		 store_damaged_seen(struct store *, struct err *);

/* The whole file's structure; *text is "ok" or what is wrong (slow: reads all). */
bool		 store_integrity(struct store *, struct arena *, const char **text, struct err *);

/*
 * Another number after each commit, of whatever process, that changed what a
 * page may show (the audit is not shown by one that is kept); 0 = not known.
 * Asked before the rows are read.
 */
int64_t		 store_turn(struct store *);

/*
 * What the person may see.  Every reader of things that belong to somebody
 * takes one, so none can forget.  `names` are domains in A-label form, sorted
 * by strcmp.  The two columns say by which column of the domain rows the same
 * set is found through an index (store_domains_sync keeps them as the panel
 * has them); a row must pass both.  `login` owns what belongs to no domain
 * (his own entries for a server-wide fix).
 */
struct store_scope {
	bool			 all;		/* administrator */
	const char		*login;
	const char *const	*names;
	size_t			 count;
	const char		*owner;		/* rows whose owner is this; or NULL */
	const char		*reseller;	/* rows below this reseller; or NULL */
};

bool		 store_scope_has(const struct store_scope *, const char *ascii);

/*
 * A lock by name ("zone:cust.example", "entry:12") that holds between threads
 * and processes and ends with its holder, however that ends.  Waits at most
 * timeout_ms, then ERR_BUSY.
 */
struct store_lock;

struct store_lock *store_lock(struct store *, const char *name, uint32_t timeout_ms, struct err *);
void		 store_unlock(struct store_lock *);	/* NULL is allowed */

#endif
