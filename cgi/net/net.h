#ifndef NET_NET_H
#define NET_NET_H

/*
 * Every door to the outside.  One event loop (epoll), one thread: requests go
 * in as values, each is answered exactly once by a call of `done` from inside
 * net_turn, never from inside net_submit.
 *
 * Limits held here: questions in flight (whole process and per server), reply
 * sizes, times, addresses that may be asked.  Reads are retried, writes never.
 */

#include "base/request.h"

struct net;

struct net_config {
	const struct endpoint	*resolvers;	/* none = the system's (resolv.conf) */
	size_t			 resolver_count;
	uint32_t		 dns_timeout_ms;	/* one attempt at one server */
	uint32_t		 dns_tries;	/* per server */
	uint32_t		 dns_in_flight;	/* whole process; the window opens with latency up to this */
	uint32_t		 dns_per_server;	/* in flight at one authoritative server; 0 = default 32 */
	bool			 allow_private;	/* may loopback and private addresses be asked? */

	int64_t			(*clock)(void);	/* Unix seconds; NULL = the system's */

	const char		*panel_url;	/* NULL = no panel */
	const char		*panel_ca_file, *panel_tls_name, *panel_pin_sha256;
	struct text		 panel_secret;	/* the credential; empty = none */
	uint32_t		 panel_in_flight;	/* 0 = default 8 */

	const char		*tls_ca_file;	/* NULL = the system's */
	const char		*spamd, *rspamd, *clamd;	/* HOST:PORT or socket; NULL = the usual places, if there */
	const char		*helper_socket;	/* NULL = verbs are ERR_UNSUPPORTED */
	const char		*mail_log;	/* as configured: read by ourselves where we may; NULL = by the helper */
};

struct net	*net_new(const struct net_config *, struct err *);
void		 net_free(struct net *);	/* open requests are answered ERR_BUSY first */

typedef void	(*net_done)(void *ctx, const struct reply *);

/*
 * The request is copied.  The reply lives until `done` returns; its arena may
 * be kept with net_keep.  `done` may call net_submit.
 */
void		 net_submit(struct net *, const struct request *, net_done done, void *ctx);

/* Inside `done` only: take over the arena that the reply lives in. */
struct arena	*net_keep(struct net *);

/* One turn: wait at most timeout_ms (-1 = until something happens), deliver. */
void		 net_turn(struct net *, int timeout_ms);

/* Questions and calls that are not answered yet. */
size_t		 net_open(const struct net *);

/* From any thread: make a waiting net_turn return. */
void		 net_wake(struct net *);

/* A secret for one change, named by request_*.secret_ref; forgotten (wiped) by
 * net_secret_drop.  Never logged, never recorded. */
void		 net_secret_put(struct net *, const char *ref, struct text secret);
void		 net_secret_drop(struct net *, const char *ref);

/* Monotonic milliseconds and wall-clock seconds of this turn. */
uint64_t	 net_now_ms(const struct net *);
int64_t		 net_now(const struct net *);

struct net_stats {
	uint64_t	dns_sent, dns_answered, dns_timeouts, dns_tcp, http_sent, smtp_sent, verbs_sent;
};
void		 net_stats(const struct net *, struct net_stats *ret);

#endif
