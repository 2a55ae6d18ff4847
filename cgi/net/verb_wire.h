#ifndef NET_VERB_WIRE_H
#define NET_VERB_WIRE_H

/*
 * What is spoken between the backend and its privileged helper, which runs
 * fixed verbs as root.  Pure; both sides use it.
 *
 * A SOCK_STREAM unix socket: one request, one reply, close.  Each is one line
 * of JSON, ended by LF.
 *
 *   request  {"verb":"queue-list","args":["..."],"input":"BASE64"}
 *   reply    {"status":0,"out":"BASE64","err":"BASE64"}
 *   or       {"error":"denied","text":"one English line"}
 *
 * `args` are texts without NUL; `input` is for the verb's standard input (may
 * be missing); `status` is the exit status.  `error` is a word of err_word()
 * and means that nothing usable came of it: denied (not for this uid), unsupported (no
 * such verb, or its program is not installed), value (an argument that the
 * verb's grammar refuses), limit, timeout (it was begun and killed), io.
 */

#include "base/err.h"
#include "base/request.h"

#define VERB_REQUEST_MAX	(4UL * 1024 * 1024)	/* bytes of the line */
#define VERB_REPLY_MAX		(64UL * 1024 * 1024)
#define VERB_ARGS_MAX		100000			/* queue ids come by the thousand */

/* The line with its LF.  False: an argument is no UTF-8, or it grows too long. */
bool	verb_request_write(struct arena *, const struct request_verb *, struct text *ret,
	    struct err *);
/* `write` and `secret_ref` are not sent; the secret is the input already. */
bool	verb_request_read(struct arena *, struct text line, struct request_verb *ret, struct err *);

struct verb_reply {
	struct err	 error;		/* ERR_NONE: it was run */
	int		 status;
	struct text	 out, err;
};

bool	verb_reply_write(struct arena *, const struct verb_reply *, struct text *ret, struct err *);
bool	verb_reply_read(struct arena *, struct text line, struct verb_reply *ret, struct err *);

#endif
