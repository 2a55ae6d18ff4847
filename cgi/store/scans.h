#ifndef STORE_SCANS_H
#define STORE_SCANS_H

/*
 * Scans for viruses, one row a domain: what is asked for or under way, and the
 * result of the last that came to an end.  The former is kept after every part,
 * so a scan goes on where it was, whoever ends or begins in between.
 */

#include "store/store.h"

struct scan_row {
	const char		*domain;	/* A-labels */
	const char		*login;		/* who asked; NULL = nothing is asked for */
	const char		*state;		/* queued, running, done */
	int64_t			 asked_at, updated_at;
	const struct json	*work;		/* of the one under way, as its maker likes; NULL = not begun */
	const struct json	*result;	/* of the last; NULL = there was none */
};

/* One that is under way goes on as it is. */
bool	store_scan_ask(struct store *, const char *domain, const char *login, int64_t now, struct err *);
/* The one that waits longest, or that domain's; *ret is zeroed when there is none. */
bool	store_scan_next(struct store *, struct arena *, const char *domain, struct scan_row *ret, struct err *);
bool	store_scan_part(struct store *, const char *domain, const struct json *work, int64_t now, struct err *);
bool	store_scan_end(struct store *, const char *domain, const struct json *result, int64_t now, struct err *);

typedef void	(*scan_row_fn)(void *ctx, const struct scan_row *);
/* By name; the row lives until the function returns, its JSON in the arena. */
bool	store_scans_each(struct store *, struct arena *, const struct store_scope *, scan_row_fn, void *ctx,
	    struct err *);

#endif
