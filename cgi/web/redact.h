#ifndef WEB_REDACT_H
#define WEB_REDACT_H

/*
 * A report that leaves the house: what people paste may hold passwords, keys
 * and sessions.  Replaced by "[...]" are the value behind a word such as
 * "password:" or "token=", the rest of a header that carries a login, what
 * follows AUTH PLAIN or LOGIN, and private keys.
 */

#include "base/text.h"

struct arena;

const char	*redact(struct arena *, const char *text);

#endif
