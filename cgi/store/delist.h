#ifndef STORE_DELIST_H
#define STORE_DELIST_H

/* The journal of delisting requests, and overrides of the gate with their reason. */

#include "store/store.h"

/* next_at 0 = none said. */
bool		 store_delist_record(struct store *, const char *provider, const char *login,
		    const char *where, const char *answer, int64_t at, int64_t next_at, struct err *);
bool		 store_delist_override(struct store *, const char *provider, const char *login,
		    const char *reason, int64_t at, struct err *);

/* [{"at","where","answer","next_at","login"}], newest first; provider NULL = all, with "provider". */
struct json	*store_delist_requests(struct store *, struct arena *, const char *provider,
		    struct err *);
/* The last override: {"at","login","reason"}; NULL with ERR_NOT_FOUND. */
struct json	*store_delist_overridden(struct store *, struct arena *, const char *provider,
		    struct err *);

#endif
