#ifndef MAIL_DKIM_CUT_H
#define MAIL_DKIM_CUT_H

/*
 * A key record that lost its end, told from the record alone.  An RSA key is
 * DER, whose first octets say how long it is (RFC 6376 3.6.1, X.690 8.1.3), so
 * a key of which fewer octets arrived was cut, typically by a form that takes
 * 255 characters.  Pure.
 */

#include "base/text.h"

/* Shorter texts are no victims of a field's limit: somebody typed nonsense. */
#define DKIM_CUT_MIN	200

bool	dkim_key_is_cut(struct arena *, struct text record);

#endif
