#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

/* Small values by name, and numbers sampled over time. */

#include "store/store.h"

/* NULL value removes. */
bool		 store_set(struct store *, const char *key, const char *value, int64_t now,
		    struct err *);
/* NULL with ERR_NOT_FOUND when absent. */
const char	*store_get(struct store *, struct arena *, const char *key, struct err *);
/* Only when it is still `expected` (NULL = absent): for "once" across processes; else ERR_STALE. */
bool		 store_set_if(struct store *, const char *key, const char *expected,
		    const char *value, int64_t now, struct err *);

struct sample { int64_t at; int64_t value; };

bool		 store_sample(struct store *, const char *counter, int64_t at, int64_t value,
		    struct err *);
/* Oldest first, at >= since. */
bool		 store_samples(struct store *, struct arena *, const char *counter, int64_t since,
		    const struct sample **ret, size_t *count, struct err *);
bool		 store_samples_purge(struct store *, int64_t before, struct err *);

#endif
