#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

/*
 * The strict look at a JSON text before cJSON sees it (RFC 8259).  cJSON lets
 * pass what others refuse: numbers like 01, control bytes in strings and as
 * blanks, \u0000, bytes that are not UTF-8.  Used by base/json.c only.
 */

#include "base/err.h"
#include "base/text.h"

/* Number of octets inside strings that are not UTF-8 in *bad; false = err says why. */
bool		json_scan(struct text, size_t *bad, struct err *);

/*
 * The value of a member as it stands in the text of an object that json_scan
 * accepted; the first member is 0.  False: there is no such member.
 */
bool		json_scan_member(struct text object, size_t index, struct text *ret);

#endif
