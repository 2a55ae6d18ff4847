#ifndef EVIDENCE_QUEUE_H
#define EVIDENCE_QUEUE_H

/*
 * The mail queue: the panel fact `queue`, whatever the mail server.
 *
 *	{"total":n,"active":n,"deferred":n,"hold":n,
 *	 "oldest_at":UNIX|null,			of the deferred
 *	 "read":n,				how many have what stands in their headers
 *	 "acts":false,				it can only be looked at from here; missing = true
 *	 "messages":[{"id","state":"incoming|active|deferred|hold|maildrop",
 *	              "arrived_at":UNIX|null,"size":n|null,
 *	              "sender":"" = a bounce,
 *	              "recipients":[{"address","reason":text|null}],
 *	              "script":text|null,	path, or UID:FILE as PHP writes it
 *	              "uid":n|null,		who gave it to sendmail
 *	              "user":text,"home":text,	that one's name and home, where it is known
 *	              "account":login|null,	authenticated
 *	              "x_mailer":text|null,
 *	              "list_unsubscribe":bool|null,"list_unsubscribe_post":bool|null}]}
 *
 * Every text but id and state is the sender's own.  Of a queue with more than
 * QUEUE_ROWS_MAX messages there are so many rows, evenly over it; the numbers count
 * all of them.
 */

#include "evidence/evidence.h"

#define QUEUE_ROWS_MAX	20000
#define QUEUE_READ_MAX	2000	/* of them, evenly over the queue, their headers too */

/* The queue by the privileged helper; for adapters.  NULL = cannot go on.  Exim has one state more than
 * "deferred" only: "hold", which it calls frozen. */
const struct json	*queue_of_postfix(struct evidence *, struct arena *);
const struct json	*queue_of_exim(struct evidence *, struct arena *);
/* Fills in the counts of a queue whose messages are there. */
void			 queue_count_states(struct json *queue);

/* The header of one message: [{"name","value"}], *ret NULL = cannot be had here.  false = on its way. */
bool			 queue_headers(struct evidence *, struct arena *, const char *id,
			    const struct json **ret);

#endif
