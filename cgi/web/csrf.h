#ifndef WEB_CSRF_H
#define WEB_CSRF_H

/*
 * The token that every change must carry: a MAC over login, acting and session
 * with a key derived from the identity key.  Nothing is stored, so it holds
 * across restarts and for every worker, and dies with the session.
 */

#include "engine/identity.h"

const char	*csrf_token(struct arena *, struct text identity_key, const struct identity *);
bool		 csrf_ok(struct arena *, struct text identity_key, const struct identity *,
		    const char *token);

/* The page that sent the form is one of this host's; absent headers count as yes. */
bool		 csrf_origin_ok(const char *origin, const char *host);

#endif
