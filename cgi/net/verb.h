#ifndef NET_VERB_H
#define NET_VERB_H

/* Client of the privileged helper; what is spoken stands in verb_wire.h. */

#include "base/arena.h"
#include "base/request.h"
#include "net/loop.h"
#include "net/secret.h"

struct verbs;

typedef void	(*verb_fn)(void *ctx, struct reply *);

/*
 * socket_path NULL: there is no helper, every call is ERR_UNSUPPORTED.  mail_log: the verb mail-log-read
 * reads this file from here where that is allowed (net/log_file.h); else, or NULL, the helper reads its own.
 */
struct verbs	*verbs_new(struct loop *, const struct secrets *, const char *socket_path, const char *mail_log);
void		 verbs_free(struct verbs *);	/* open ones are dropped silently */

/* As http_send and smtp_greet; the request lives as long as the arena.  A request with secret_ref has no input of its
 * own: the secret is the input. */
bool		 verb_call(struct verbs *, struct arena *, const struct request_verb *,
		    verb_fn done, void *ctx, struct err *);

uint64_t	 verbs_sent(const struct verbs *);

#endif
