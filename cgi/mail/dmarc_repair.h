#ifndef MAIL_DMARC_REPAIR_H
#define MAIL_DMARC_REPAIR_H

/*
 * What can be saved of a DMARC record with mistakes.  Never stricter than what
 * receivers read in it today: a tag with a bad value counts as absent (RFC 9989
 * 4.7), so it is left out; a record that nobody can use means no policy, so it
 * becomes p=none unless another policy is asked for.  Tags that are right, and
 * those that nobody knows, stay as they are written.  Pure.
 */

#include "mail/dmarc.h"

/*
 * `policy`: ABSENT keeps the record's own where receivers can use it.  `rua`: a
 * mailto: URI to add; n 0 = none.  False: nothing usable came of it.
 */
bool	dmarc_repair(struct arena *, struct text record, enum dmarc_policy policy, struct text rua,
	    struct text *ret);

#endif
