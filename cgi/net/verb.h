#ifndef NET_VERB_H
#define NET_VERB_H

/*
 * Client of the privileged helper, which runs fixed verbs as root.
 *
 * The protocol, on a SOCK_STREAM unix socket: one request, one reply, close.
 * Each is one line of JSON, ended by LF, the reply at most VERB_REPLY_MAX bytes.
 *
 *   request  {"verb":"queue-list","args":["..."],"input":"BASE64"}
 *   reply    {"status":0,"out":"BASE64","err":"BASE64"}
 *   or       {"error":"denied","text":"one English line"}
 *
 * `input` is for the verb's standard input.  `status` is the exit status.
 * `error`: nothing was run; a word of err_word(): denied (not for this uid),
 * unsupported (no such verb, or the program is not there), value (an argument that
 * the verb's grammar refuses), limit, timeout (it was run and did not end), io.
 */

#include "base/arena.h"
#include "base/request.h"
#include "net/loop.h"
#include "net/secret.h"

#define VERB_REQUEST_MAX	(1024 * 1024)
#define VERB_REPLY_MAX		(64 * 1024 * 1024)

struct verbs;

typedef void	(*verb_fn)(void *ctx, struct reply *);

struct verbs	*verbs_new(struct loop *, const struct secrets *, const char *socket_path);
void		 verbs_free(struct verbs *);	/* open ones are dropped silently */

/* As http_send and smtp_greet. */
bool		 verb_call(struct verbs *, struct arena *, const struct request_verb *,
		    verb_fn done, void *ctx, struct err *);

uint64_t	 verbs_sent(const struct verbs *);

#endif
