#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

/*
 * The journal: what was changed, by whom, and how it ended.  An entry is on
 * disk before the first write to the outside, every step is marked before it
 * is sent, so after a crash the entry says what may have happened.
 */

#include "store/store.h"

struct store_entry {
	int64_t			 id;		/* 0 = not yet */
	int64_t			 at, updated_at;
	const char		*login, *role, *acting;
	const char		*fix, *target;
	const char		*domain;	/* tenant key; NULL = server-wide */
	const char		*state;		/* a STATE of the contract */
	const char		*reason;	/* text id why it ended so, or NULL */
	const char		*plan, *bulk;	/* or NULL */
	int64_t			 undo_of, undone_by;	/* 0 = none */
	const struct json	*changes;	/* array of CHANGE */
	const struct json	*steps;		/* array */
	const struct json	*verification;	/* object or NULL */
	const struct json	*checks;	/* names of the checks to run again */
};

/*
 * Begin an entry; *id is its number.  With a plan: the plan is taken in the
 * same transaction, so exactly one entry ever comes from it; ERR_STALE when it
 * is expired, already taken or has another hash; ERR_NOT_FOUND when unknown.
 * With undo_of: the old entry's undone_by is set in the same transaction;
 * ERR_STALE when somebody else's undo was first.
 */
bool		 store_journal_begin(struct store *, const struct store_entry *, const char *plan_hash,
		    int64_t now, int64_t *id, struct err *);

/* State, steps, verification and reason of this one; NULL pointers leave what stands. */
bool		 store_journal_update(struct store *, const struct store_entry *, int64_t now,
		    struct err *);

/* Entry `undone_by` undoes the old one, as with begin; ERR_STALE when another one does. */
bool		 store_journal_claim(struct store *, int64_t undo_of, int64_t undone_by,
		    struct err *);

/* An undo that wrote nothing gives the old entry free again. */
bool		 store_journal_release(struct store *, int64_t undo_of, int64_t undone_by,
		    struct err *);

bool		 store_journal_get(struct store *, struct arena *, const struct store_scope *,
		    int64_t id, struct store_entry *ret, struct err *);

struct journal_query {
	const char	*state;		/* NULL = any */
	const char	*target;
	const char	*part;		/* of a target, in any case */
	const char	*reason;	/* text id */
	const char	*bulk;
	bool		 open;		/* only applying and undoing */
	bool		 oldest_first;
	size_t		 page, per_page;	/* from 1; 0 = 50 */
};

struct journal_page {
	const struct store_entry *entries;	/* newest first */
	size_t			 count, total;
};

bool		 store_journal_list(struct store *, struct arena *, const struct store_scope *,
		    const struct journal_query *, struct journal_page *ret, struct err *);

#endif
