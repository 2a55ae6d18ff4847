#ifndef ENGINE_DELIST_CONDITIONS_H
#define ENGINE_DELIST_CONDITIONS_H

/* The three conditions of a request for removal, judged by the last reports of the server and of the domains. */

#include "engine/engine.h"

struct gate {				/* what one answer is made from */
	struct engine		*engine;
	struct arena		*arena;
	const char		*lang;
	const struct store_scope *scope;
	const struct json	*server;	/* last report, neutral; NULL = none yet */
	const struct json	*domains;	/* finding -> for how many domains */
	const struct json	*counts;
	struct json		*conditions;
	bool			 ready;
};

/*
 * false: no store, or it could not be read.  Without a server report nothing is met.
 * server: a report newer than the one kept, or NULL.
 */
bool	gate_make(struct gate *, struct engine *, struct arena *, const char *lang, const struct store_scope *,
	    const struct json *server, struct err *);

#endif
