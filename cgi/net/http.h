#ifndef NET_HTTP_H
#define NET_HTTP_H

/*
 * HTTP requests (libcurl) to the panel, and to public web servers for MTA-STS.
 *
 * Panel: the server of http_site.h, and its credential.
 *
 * Public: https only, no redirects; the name is looked up by our own resolvers and
 * the addresses are fixed for the connection, so what was checked is what is
 * connected to, and checked once more when the socket is opened.
 *
 * No proxy, no cookies, no content encodings.  Reads are repeated (twice, with
 * growing pauses) when no connection came about, it broke, or the answer was 429
 * or 5xx; writes never, and each has a connection of its own, because libcurl
 * sends again by itself what a kept connection has lost.  When a panel has not
 * answered three calls in a row, others fail at once, but for a few a second.
 */

#include "base/arena.h"
#include "base/request.h"
#include "net/dns.h"
#include "net/http_site.h"
#include "net/loop.h"
#include "net/secret.h"

struct http;

/* ctx of http_send; the reply's body lives in the arena of the request. */
typedef void	(*http_fn)(void *ctx, struct reply *);

/* Both services must outlive it. */
struct http	*http_new(struct loop *, struct lookups *, const struct secrets *,
		    const struct http_config *, struct err *);
void		 http_free(struct http *);	/* open calls are dropped silently */

/* The request must live until `done`, which is called once, from the loop.
 * False: it was not begun, and `done` will not be called. */
bool		 http_send(struct http *, struct arena *, const struct request_http *,
		    http_fn done, void *ctx, struct err *);

uint64_t	 http_sent(const struct http *);	/* requests begun, repeats included */

#endif
