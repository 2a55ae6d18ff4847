#ifndef MAIL_MAIL_DATE_H
#define MAIL_MAIL_DATE_H

#include "base/text.h"

/*
 * A date as header fields have it (RFC 5322 3.3, obsolete zones of 4.3
 * included; comments and folding are allowed).  False = it is none; *ret is
 * then untouched.  "-0000" counts as UTC.
 */
bool	mail_date_parse(struct text, int64_t *unix_s);

#endif
