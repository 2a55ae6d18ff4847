#ifndef BASE_ADDR_H
#define BASE_ADDR_H

/* IP addresses and networks, v4 and v6.  Values, not texts. */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define IP_TEXT_MAX	46		/* with the NUL */

struct ip {
	uint8_t		 family;	/* 4 or 6; 0 = none */
	uint8_t		 b[16];		/* network order; v4 in b[0..3] */
};

struct ipnet {
	struct ip	 ip;
	uint8_t		 bits;		/* 0..32 or 0..128 */
};

struct endpoint {			/* "HOST:PORT", "[v6]:PORT" */
	struct ip	 ip;
	uint16_t	 port;
};

/* Strict: four decimal octets without leading zeros, or RFC 4291 text. */
bool		ip_parse(struct text, struct ip *ret);
bool		ip4_parse(struct text, struct ip *ret);
bool		ip6_parse(struct text, struct ip *ret);
/* ::ffff:a.b.c.d becomes a.b.c.d, all else stays. */
struct ip	ip_unmap(struct ip);
bool		ip_eq(struct ip, struct ip);
int		ip_cmp(struct ip, struct ip);
/* RFC 5952 text; returns buf. */
const char	*ip_text(struct ip, char buf[IP_TEXT_MAX]);
const char	*ip_str(struct arena *, struct ip);
/* Labels of the reverse name without the zone: "10.113.0.203", or 32 nibbles. */
const char	*ip_reversed(struct arena *, struct ip);
/* "10.113.0.203.in-addr.arpa", "...ip6.arpa". */
const char	*ip_reverse_name(struct arena *, struct ip);

/* True for what must never be asked from outside data: loopback, link-local,
 * private, shared (100.64/10), unspecified, multicast, broadcast, ULA, and v6
 * forms that embed such a v4 address.  Documentation ranges count as public. */
bool		ip_is_private(struct ip);

bool		ipnet_parse(struct text, struct ipnet *ret);	/* "a/n" or "a" */
bool		ipnet_has(struct ipnet, struct ip);
bool		ipnet_covers(struct ipnet outer, struct ipnet inner);
const char	*ipnet_str(struct arena *, struct ipnet);

/* "127.0.0.1:53", "[::1]:53", "127.0.0.1", "::1", with a default port. */
bool		endpoint_parse(struct text, uint16_t default_port, struct endpoint *ret);
const char	*endpoint_str(struct arena *, struct endpoint);
bool		endpoint_eq(struct endpoint, struct endpoint);

#endif
