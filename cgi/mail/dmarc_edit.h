#ifndef MAIL_DMARC_EDIT_H
#define MAIL_DMARC_EDIT_H

/*
 * DMARC records that we write.  Never p=reject: that is the owner's own step
 * (a record that says so already may be kept or made softer).  What a record
 * has besides stays as it is written.
 */

#include "mail/dmarc.h"

/*
 * "v=DMARC1; p=none; rua=mailto:d@example.com".  `rua`: an address or a mailto:
 * URI; n == 0 = none.  ERR_VALUE for REJECT and ABSENT, and for what is no
 * address.
 */
bool		 dmarc_make(struct arena *, enum dmarc_policy, struct text rua,
		    struct text *ret, struct err *);

/*
 * Of several records at one name the one to keep, from 0; ERR_VALUE when there
 * is none of that number, or receivers could not use it.
 */
bool		 dmarc_merge(struct arena *, const struct text *records, size_t count,
		    size_t keep, struct text *ret, struct err *);

/*
 * p=none in place of a stricter policy, all else byte for byte.  ERR_VALUE when
 * the record cannot be read or there is nothing to relax.
 */
bool		 dmarc_relax(struct arena *, struct text record, struct text *ret, struct err *);

#endif
