#ifndef EVIDENCE_MAIL_BURST_H
#define EVIDENCE_MAIL_BURST_H

/*
 * One sender's hours: is there one that stands far out of all others, when did
 * it begin and end, how many messages were it?
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mail_hour { int64_t hour, messages; };		/* Unix seconds at its beginning */

struct mail_burst { int64_t since, until, messages; };	/* until: the end of its last hour */

#define MAIL_BURST_MIN	100	/* messages in an hour: fewer are within what people do */

/* Hours in the order of time, those without messages may be left out.  false: there is none. */
bool	mail_burst_find(const struct mail_hour *, size_t count, struct mail_burst *ret);

#endif
