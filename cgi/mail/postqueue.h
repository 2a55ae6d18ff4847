#ifndef MAIL_POSTQUEUE_H
#define MAIL_POSTQUEUE_H

/*
 * What Postfix says of its queue: `postqueue -j` (postqueue(1), one JSON object
 * a line) and the envelope and headers that postcat(1) prints.  Senders write
 * most of it: a line that is none, or a member of another type, never loses
 * the next.
 */

#include "base/json.h"

/* How many there are, and since when the oldest deferred one waits; -1 = there is none, or it is not told. */
struct queue_counts {
	int64_t	total, active, deferred, hold, oldest_at;
};

/* Postfix' own members stand before what a sender wrote, so a line costs little to count. */
void	postqueue_count(struct arena *, struct text out, struct queue_counts *ret);

/*
 * Adds to `messages` a row for each: {"id","state","arrived_at":UNIX|null,
 * "size":n|null,"sender","recipients":[{"address","reason":text|null}],
 * "script":null,"uid":null,"account":null,"x_mailer":null,"list_unsubscribe":null}.
 * At most max rows, evenly over the queue; returns how many messages there are.
 * Where the list was too long for the helper (helper/thin.c) it is every 2nd or 4th
 * line of it, and the last line is {"queue":{"total","active","deferred","hold",
 * "oldest_at"}}, which postqueue_count tells.
 */
size_t	postqueue_parse(struct arena *, struct text out, size_t max, struct json *messages);

/*
 * Fills in from the text of one message, envelope first:
 *
 *	account		named_attribute: sasl_username=
 *	uid		"from userid N" of the topmost Received field that has it
 *	script		X-PHP-Script (path), else X-PHP-Originating-Script (UID:FILE)
 *	x_mailer	X-Mailer, else User-Agent
 *	list_unsubscribe	true, false: has that field
 *	list_unsubscribe_post	the same of List-Unsubscribe-Post (RFC 8058)
 */
void	postcat_parse(struct arena *, struct text out, struct json *message);

/* The header fields of that text, in order, unfolded: [{"name","value"}]. */
struct json	*postcat_header(struct arena *, struct text out);

#endif
