#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

/*
 * The mail queue for the faces: the answers of `queue` in the contract.  An
 * administrator sees all; anybody else the messages of his own domains, and
 * every number counts those alone.
 *
 * NULL with ERR_UNREACHABLE: it cannot be read here; ERR_NOT_FOUND: no such
 * message, or not his.
 */

#include "engine/engine.h"

/* {"total","active","deferred","hold","oldest_s","read","groups":[{"by","key","count","share","owner",
 * "domain"}]}; read: messages whose headers are known.  Of each kind the largest QUEUE_GROUPS_SHOWN. */
#define QUEUE_GROUPS_SHOWN	100

struct json	*engine_queue_summary(struct engine *, struct arena *, const struct rights *, struct err *);

/* {"messages":[{"id","state","arrived_at","size","sender","recipients":[{"address","reason"}],"script",
 * "account","x_mailer","owner","domain"}]}; of one group ("BY:KEY") only, or NULL. */
struct json	*engine_queue_list(struct engine *, struct arena *, const struct rights *, const char *group,
		    struct err *);

/* One message, with "headers":[{"name","value"}], null where they cannot be read. */
struct json	*engine_queue_show(struct engine *, struct arena *, const struct rights *, const char *id,
		    struct err *);

#endif
