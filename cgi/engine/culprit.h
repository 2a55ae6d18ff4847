#ifndef ENGINE_CULPRIT_H
#define ENGINE_CULPRIT_H

/*
 * What is wrong with the server by one customer's doing: his own report has it
 * in full, nobody else's has even its name.  (Rows with `culprit`.)
 */

#include "base/json.h"

/* A finding of a server's report that must not be named to others. */
bool	culprit_is(const struct json *finding);

/*
 * Add to a domain's report (neutral form) what the server's report says of it,
 * of the checks in `only` (count 0 = all).
 */
void	culprit_add(struct arena *, struct json *report, const struct json *server_report,
	    const char *domain, const char *const *only, size_t only_count);

#endif
