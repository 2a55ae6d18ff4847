#ifndef NET_HTTP_BODY_H
#define NET_HTTP_BODY_H

/* Putting a secret into a request's body.  Pure. */

#include "base/text.h"

/*
 * `body` with every occurrence of the marker replaced by the secret, escaped
 * for the content type (JSON string, XML text, urlencoded; else as it is).
 * Returns malloc'ed memory that the caller wipes and frees, NULL when the
 * secret cannot stand in such a body (control characters in XML).  Not in an
 * arena, since those are not wiped.
 */
char	*http_body_with_secret(struct text body, const char *content_type, const char *marker,
	    struct text secret, size_t *n);

#endif
