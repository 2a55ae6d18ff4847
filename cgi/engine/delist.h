#ifndef ENGINE_DELIST_H
#define ENGINE_DELIST_H

/*
 * May one ask for removal?  The guide's three conditions, judged by the last
 * reports (nothing is asked of the world), and the providers with their forms
 * and the journal of requests.
 */

#include "engine/engine.h"

/*
 * The answer of `delist status`: {"ready","conditions":[{"id","met":true|false|null,"findings":[]}],
 * "providers":[{"id","name","listed","url","email","needs":[],"requests":[],"override"}]}.
 * A finding is a reference ID@SUBJECT; met null = could not be checked, or not yet.
 */
struct json	*engine_delist(struct engine *, struct arena *, const char *lang,
		    const struct store_scope *, struct err *);

/* The same as a gate for a plan; an administrator's override for this provider opens it. */
struct delist_gate engine_delist_gate(struct engine *, struct arena *, const struct store_scope *,
		    const char *provider);

/* A mailbox provider of the data, or a list that this server stands on. */
bool		 engine_delist_knows(struct engine *, const char *provider);

#endif
