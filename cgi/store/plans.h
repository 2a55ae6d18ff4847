#ifndef STORE_PLANS_H
#define STORE_PLANS_H

/* Plans: what would be changed, kept 24 hours, applied once. */

#include "store/store.h"

#define PLAN_LIFE_S	(24 * 3600)

struct store_plan {
	const char		*id, *hash;
	int64_t			 created_at;
	const char		*login, *role, *acting;	/* who asked */
	const char		*fix, *target;
	const char		*domain;	/* tenant key: the domain it belongs to; NULL = server */
	const char		*bulk;		/* id of the bulk run, or NULL */
	const struct json	*json;		/* the neutral plan (engine/plan.c) */
	int64_t			 taken_at;	/* 0 = not yet */
	int64_t			 entry;		/* the journal's, 0 = none */
};

bool		 store_plan_put(struct store *, const struct store_plan *, struct err *);
/* All or none. */
bool		 store_plans_put(struct store *, const struct store_plan *, size_t count, struct err *);
bool		 store_plan_get(struct store *, struct arena *, const struct store_scope *,
		    const char *id, struct store_plan *ret, struct err *);

/* Forget plans that were never taken and are older than a day before `now`. */
bool		 store_plans_purge(struct store *, int64_t now, struct err *);

#endif
