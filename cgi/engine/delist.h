#ifndef ENGINE_DELIST_H
#define ENGINE_DELIST_H

/*
 * May one ask for removal?  The guide's three conditions, judged by the last
 * reports (nothing is asked of the world), and the providers with their forms
 * and the journal of requests.
 */

#include "engine/engine.h"
#include "mail/data.h"

/*
 * The answer of `delist status`: {"ready","conditions":[{"id","met":true|false|null,"findings":[]}],
 * "providers":[{"id","name","listed","url","email","needs":[],"pay","requests":[],"next_at","override"}]};
 * a list has "address" and "advice" too.  A finding is a reference ID@SUBJECT, of domains at most a hundred
 * for each ID; listed null = nobody says so; next_at = not sensible before; met null = could not be checked, or not yet.
 */
struct json	*engine_delist(struct engine *, struct arena *, const char *lang,
		    const struct store_scope *, struct err *);

/*
 * The same as a gate for a plan; an administrator's override for this provider opens it.
 * server: a report (neutral) newer than the one kept, or NULL.
 */
struct delist_gate engine_delist_gate(struct engine *, struct arena *, const struct store_scope *,
		    const char *provider, const struct json *server);

/*
 * The answer of `delist start`: one provider as above with "ready", "conditions", "refused":{"code":
 * "not_ready|never_pay|nothing_to_ask","text"}|null and "forms" (engine/delist_form.h), none when refused.
 * "bounces" are those kept of this provider (store/bounces.h).  `bounce` is the number of the one whose words go into
 * the forms, "bounce" in the answer; 0 = what the queue says, else the newest of them.
 * ERR_VALUE: nobody of that name.  ERR_NOT_FOUND: no such bounce of this provider.
 */
struct json	*engine_delist_start(struct engine *, struct arena *, const char *lang,
		    const struct store_scope *, const char *provider, int64_t bounce, struct err *);

/* The id of a provider, a list, or whose recipient domain it is ("hotmail.com", "hotmail"); or NULL. */
const char	*engine_delist_id(struct engine *, struct arena *, const char *name);

/* An outside link: the configuration's, else of the data.  "snds", "jmrp", "hotmail_form", a provider's, a list's or
 * another site's id; or NULL. */
const char	*engine_link(struct engine *, const char *id);

/* [{"id","name","url"}]: web sites of others that belong below this page or section of the guide (links.yaml). */
struct json	*engine_outside(struct engine *, struct arena *, const char *place);

/* Nobody is to be asked: the entry goes by itself, or never. */
bool		 delist_by_itself(const struct blacklist *);

/* A mailbox provider of the data, or a list. */
bool		 engine_delist_knows(struct engine *, const char *provider);

#endif
