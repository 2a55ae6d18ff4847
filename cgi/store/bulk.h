#ifndef STORE_BULK_H
#define STORE_BULK_H

/* Bulk runs: one fix for many domains, an item each. */

#include "store/store.h"

struct store_bulk {
	const char	*id, *fix;
	const char	*login, *role, *acting;
	int64_t		 created_at;
	const char	*state;		/* "planning", "planned", "applying", "done", "undoing", "undone" */
	int64_t		 stop_after;	/* failures; 0 = never */
};

struct bulk_item {
	const char		*target;	/* the domain */
	const char		*mode;		/* "one_click", "copy", "refused", "unknown" */
	const char		*plan;		/* id or NULL */
	const char		*hash;
	const struct json	*changes;	/* array of CHANGE, or NULL */
	const struct json	*refused;	/* object or NULL */
	int64_t			 entry;		/* 0 = none */
	const char		*state;		/* STATE, "not_tried" or NULL */
};

bool		 store_bulk_begin(struct store *, const struct store_bulk *, struct err *);
/* Many in one transaction; they are read in the order of their names. */
bool		 store_bulk_add(struct store *, const char *id, const struct bulk_item *, size_t count,
		    struct err *);
bool		 store_bulk_state(struct store *, const char *id, const char *state, struct err *);
/*
 * From one state to another, for exactly one caller: ERR_STALE when it is in
 * another state (somebody else was first).
 */
bool		 store_bulk_take(struct store *, const char *id, const char *from, const char *to,
		    struct err *);
bool		 store_bulk_item(struct store *, const char *id, const char *target, int64_t entry,
		    const char *state, struct err *);

/* Seen by who made it and by administrators; ERR_NOT_FOUND else. */
bool		 store_bulk_get(struct store *, struct arena *, const struct store_scope *,
		    const char *id, struct store_bulk *ret, struct err *);
bool		 store_bulk_items(struct store *, struct arena *, const char *id,
		    const struct bulk_item **items, size_t *count, struct err *);
/* [{"bulk","fix","login","at","state","count"}], newest first. */
struct json	*store_bulks(struct store *, struct arena *, const struct store_scope *, size_t max,
		    struct err *);

#endif
