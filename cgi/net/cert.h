#ifndef NET_CERT_H
#define NET_CERT_H

/* What a server's certificate says and whether it may be believed. */

#include <openssl/ssl.h>

#include "base/json.h"

/*
 * Of a finished handshake whose verification did not stop it (SSL_VERIFY_NONE).
 * Puts into the object: "ok", "reason" (null, or the worst of: expired,
 * not_yet_valid, name_mismatch, self_signed, untrusted, invalid, none), "names"
 * (subjectAltName; the common name where there are none), "not_after"
 * (2026-11-23T18:00:00Z), "issuer", "protocol".  `name` NULL: any name will do.
 */
void	cert_describe(struct json *, struct arena *, const SSL *, const char *name, int64_t now);

#endif
