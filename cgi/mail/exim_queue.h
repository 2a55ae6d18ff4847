#ifndef MAIL_EXIM_QUEUE_H
#define MAIL_EXIM_QUEUE_H

/*
 * What Exim says of its queue: `exim -bp` (exim(8)).  A message is a line
 *
 *	25m  2.9K 0t5C6f-0000c8-00 <alice@wonderland.example> *** frozen ***
 *
 * and its recipients, one indented line each; a "D" before one: delivered.
 * "<>" is a bounce.  Ids have 6-6-2 characters, 6-11-4 since Exim 4.97.  A line
 * that is none of these never loses the next.
 */

#include "base/json.h"
#include "mail/postqueue.h"

/*
 * Adds rows in the shape of evidence/queue.h; states are "deferred" and, frozen,
 * "hold".  arrived_at is as exact as the age that is shown.  At most `max` rows;
 * returns how many messages there are.
 */
size_t	exim_queue_parse(struct arena *, struct text out, int64_t now, size_t max, struct json *messages);
/* The same for all of them, whatever the bound of the rows. */
void	exim_queue_count(struct text out, int64_t now, struct queue_counts *ret);

/*
 * `exim -Mvh ID`, the header file of the spool (spec, "Format of spool files"), in the
 * form that postcat(1) prints, for postqueue.h: envelope, then the header as it
 * would be sent.  *uid: who gave it to Exim on this machine; -1 = it came by SMTP.
 */
struct text	exim_spool_text(struct arena *, struct text out, int64_t *uid);

/*
 * `exim -Mvl ID`, the log of one message: why each of its recipients still waits,
 * by the last try, into the rows of its recipients.
 */
void	exim_log_parse(struct text log, struct json *message);

/* "1tFxYz-0000Ab-1C", "1tFxYz-00000000Abc-1CDe": fit to be an argument. */
bool	exim_id_fits(struct text);

#endif
