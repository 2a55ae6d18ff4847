#ifndef WEB_KEPT_H
#define WEB_KEPT_H

/*
 * Pages made a moment ago, by a key that holds all they were made from: who
 * asks, as whom, what was asked for, the numbers of the panel's list
 * (rights_turn) and of the store (store_turn), the minute.  Nothing is ever
 * marked as old: what has changed has another key, and what nobody asks for
 * any more is the first to go.  Any thread may call.
 */

#include "web/page.h"

struct kept;

struct kept	*kept_new(struct arena *, size_t bytes_max);	/* ends with the arena */

/* What was kept under `key`; it lives as long as `a`.  False: nothing. */
bool		 kept_find(struct kept *, struct arena *a, const char *key, struct response *ret);
/* Copied; type, body and title alone are kept, of a page that came out well. */
void		 kept_add(struct kept *, const char *key, const struct response *);

#endif
