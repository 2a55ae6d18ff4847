#ifndef ENGINE_BOUNCES_H
#define ENGINE_BOUNCES_H

/*
 * A bounce that was explained is kept for later: forms of providers ask for
 * the receiver's own words (engine/delist_form.h).
 */

#include "engine/engine.h"

#define BOUNCES_DAYS	180	/* then they are forgotten */

/*
 * What the answer of `bounce explain` says of each recipient that failed or is delayed; *kept (NULL allowed) is
 * their number.  Those marked "another_server" are about somebody else's server and are left.
 */
bool	engine_bounces_keep(struct engine *, struct arena *, const char *login, const struct json *explained,
	    int64_t now, size_t *kept, struct err *);

#endif
