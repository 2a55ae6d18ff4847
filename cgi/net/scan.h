#ifndef NET_SCAN_H
#define NET_SCAN_H

/*
 * A message to the spam filter of this very server: spamd (SpamAssassin's
 * spamd/PROTOCOL, 1.5) or Rspamd (HTTP, /checkv2); or a word to its virus
 * scanner (clamd(8): VERSION, PING, STATS; files are scanned by the helper, who
 * may open them).  One connection each, written whole, answered whole; the answer
 * is read by mail/filter.h and mail/clamd.h.
 *
 * The place is the configured one.  Without one it is the usual place on
 * loopback, as long as no other user of the server could have opened that
 * port: spamd's is privileged, Rspamd is only looked for where it is
 * installed, clamd by its socket (net/clamd.h), anew at every question.  Nothing
 * there is ERR_UNSUPPORTED; a configured filter that does not answer is
 * ERR_UNREACHABLE; one that we may not speak to, ERR_DENIED.
 */

#include "base/arena.h"
#include "base/request.h"
#include "net/loop.h"

struct scans;

typedef void	(*scan_fn)(void *ctx, struct reply *);

/* "127.0.0.1:783", "localhost:783", "[::1]:783", "/run/spamd.sock"; NULL = usual.  A place
 * that cannot be read is ERR_VALUE. */
struct scans	*scans_new(struct loop *, const char *spamd, const char *rspamd, const char *clamd,
		    struct err *);
void		 scans_free(struct scans *);	/* open ones are dropped silently */

bool		 scan_message(struct scans *, struct arena *, const struct request_scan *, scan_fn done,
		    void *ctx, struct err *);

#endif
