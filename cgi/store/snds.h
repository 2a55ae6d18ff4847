#ifndef STORE_SNDS_H
#define STORE_SNDS_H

/* What was exported from SNDS, day by day: a later export of the same day and address replaces it. */

#include "store/store.h"

/* rows: tools/snds.h; all or nothing. */
bool		 store_snds_put(struct store *, const struct json *rows, int64_t at, struct err *);

/* The rows since that day ("2026-11-01"), latest day first; *imported_at: when the last came in, 0 = never. */
struct json	*store_snds_rows(struct store *, struct arena *, const char *since, int64_t *imported_at, struct err *);

#endif
