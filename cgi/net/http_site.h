#ifndef NET_HTTP_SITE_H
#define NET_HTTP_SITE_H

/*
 * What the configuration says of the panel's web server, checked once, and of
 * public ones.
 *
 * TLS to the panel is always verified: by the chain and the name in the URL; by
 * `panel_ca_file` instead of the system's authorities; for `panel_tls_name`
 * instead of the URL's host; or by the key itself, `panel_pin_sha256`, which
 * replaces both.  Plain http is accepted for a loopback address only.
 */

#include "base/err.h"
#include "base/text.h"

struct http_config {
	const char	*panel_url;		/* NULL or "" = none, for all of them */
	const char	*panel_ca_file, *panel_tls_name, *panel_pin_sha256;
	struct text	 panel_secret;
	uint32_t	 panel_in_flight;
	const char	*tls_ca_file;
	bool		 allow_private;
};

/* Owned by whoever made it; NULL = none. */
struct http_site {
	char		*base;			/* scheme://host:port/path, no final slash */
	char		*connect_to;		/* as CURLOPT_CONNECT_TO wants it */
	char		*ca_file;
	char		*pin;			/* as CURLOPT_PINNEDPUBLICKEY wants it */
	char		*secret;		/* wiped in the end */
	char		*public_ca_file;
};

bool		 http_site_make(const struct http_config *, struct http_site *ret, struct err *);
void		 http_site_clear(struct http_site *);

/* No control characters, and no blanks unless they are allowed. */
bool		 http_is_clean(const char *, bool blanks);

/* Scheme, host (v6 without brackets) and port of a URL, in the arena; false = no URL. */
struct arena;
struct http_url { const char *scheme, *host, *port, *path; };
bool		 http_url_parse(struct arena *, const char *, struct http_url *ret);

#endif
