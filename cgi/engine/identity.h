#ifndef ENGINE_IDENTITY_H
#define ENGINE_IDENTITY_H

/*
 * The signed identity that the panel's glue hands over (contract, Identity):
 * PAYLOAD.SIGNATURE, base64url without padding, HMAC-SHA256 over the PAYLOAD
 * text.  Both faces use it: web reads it, the command line makes it for relays
 * and for the socket `admin`.  Pure: the clock is given.
 */

#include "engine/engine.h"

#define IDENTITY_LIFE_MAX_S	120
#define IDENTITY_KEY_MIN	32
#define IDENTITY_TOKEN_MAX	4096

const char	*role_name(enum role);			/* "customer", "reseller", "admin" */
bool		 role_of_name(const char *, enum role *ret);

/* The compact text; `from` is not part of it. */
const char	*identity_sign(struct arena *, struct text key, const struct identity *, int64_t exp);

/*
 * *ret lives in the arena.  False for anything that is not exactly right; *why
 * is one word for the log and is never shown.
 */
bool		 identity_verify(struct arena *, struct text key, const char *token, int64_t now,
		    struct identity *ret, const char **why);

/* HMAC-SHA256, for identity and for what is derived from its key. */
#define MAC_BYTES	32
void		 identity_mac(struct text key, struct text, unsigned char mac[MAC_BYTES]);
bool		 identity_mac_eq(const unsigned char *, const unsigned char *, size_t n);	/* constant time */

#endif
