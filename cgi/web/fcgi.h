#ifndef WEB_FCGI_H
#define WEB_FCGI_H

/*
 * FastCGI: sockets, connections, worker threads.  The only file that speaks to
 * fcgi2.
 *
 * fcgi2 reads a request before it returns, and a peer that sends half a record
 * would block its caller for ever.  So we accept ourselves, ask the kernel who
 * the peer is, and look (MSG_PEEK) whether the whole request is there.  If it
 * is, the worker that accepted it hands the descriptor to fcgi2 and answers.
 * If not, the connection waits in the nursery, one thread that watches all
 * unfinished peers, and becomes ready or is dropped at its deadline.  A silent
 * or slow peer therefore never holds a worker.
 *
 * fcgi2 reads the request; the answer's records are written here, in one go.
 *
 * Handing over relies on two public members of FCGX_Request: ipcFd preset to
 * our descriptor, and keepConnection set so that fcgi2 neither closes nor
 * replaces it (tests/live/30_fcgi.py holds this).
 */

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define FCGI_BODY_MAX		(10 * 1024 * 1024)
#define FCGI_PARAMS_MAX		(64 * 1024)
#define FCGI_ANSWER_MAX		(16 * 1024 * 1024)

/* The socket fixes where identity comes from and the highest role. */
enum socket_kind { SOCKET_PANEL, SOCKET_USER, SOCKET_ADMIN };

struct peer {
	enum socket_kind	 socket;
	bool			 has_uid;	/* unix sockets: the kernel's word */
	uid_t			 uid;
};

struct fcgi_request {
	const struct peer	*peer;
	char *const		*params;	/* "NAME=value", NULL at the end */
	struct text		 body;
	bool			 too_big;	/* the body was thrown away */
};

struct fcgi_answer {
	struct text	 head;		/* Status, headers, blank line */
	struct text	 body;		/* may live longer than the request: static files */
};

/* Everything that is made lives in the arena, until the answer has been sent. */
typedef void	(*fcgi_handler)(void *ctx, struct arena *, const struct fcgi_request *,
		    struct fcgi_answer *ret);

struct fcgi_listen {
	enum socket_kind	 socket;
	const char		*address;	/* path or HOST:PORT; NULL or "" = none */
};

struct fcgi_setup {
	const struct fcgi_listen *listen;
	size_t			 listen_count;
	unsigned		 workers;
	unsigned		 per_peer_max;	/* connections of one uid at once, socket `user` */
	fcgi_handler		 handle;
	void			*ctx;
	void			(*reload)(void *ctx);	/* SIGHUP, in the caller's thread */
};

/* Sockets handed over by systemd (LISTEN_FDS) replace those of the same kind.
 * Serves until SIGTERM or SIGINT, drains, returns true. */
bool	fcgi_serve(const struct fcgi_setup *, struct err *);

const char	*fcgi_param(const struct fcgi_request *, const char *name);	/* NULL = not there */
/* The same of what says who is there: given twice, one reader might see another person than the next, so it is "". */
const char	*fcgi_param_once(const struct fcgi_request *, const char *name);

/* How much of a request is there (also the fuzz target's door). */
enum fcgi_progress { FCGI_INCOMPLETE, FCGI_READY, FCGI_BROKEN };
enum fcgi_progress fcgi_progress(const uint8_t *, size_t n, size_t room);

struct fcgi_counters {
	uint64_t	 accepted, answered, dropped, refused;
};
void		 fcgi_counters(struct fcgi_counters *);

#endif
