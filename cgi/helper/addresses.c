/* The machine's own addresses, as its interfaces have them. */

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"
#include "helper/helper.h"

static bool
address_of(const struct ifaddrs *i, struct ip *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0)
		return false;
	if (i->ifa_addr->sa_family == AF_INET) {
		struct sockaddr_in sin;

		memcpy(&sin, i->ifa_addr, sizeof(sin));
		ret->family = 4;
		memcpy(ret->b, &sin.sin_addr, 4);
		return ret->b[0] != 127 && !(ret->b[0] == 169 && ret->b[1] == 254);
	}
	if (i->ifa_addr->sa_family == AF_INET6) {
		struct sockaddr_in6 sin6;

		memcpy(&sin6, i->ifa_addr, sizeof(sin6));
		ret->family = 6;
		memcpy(ret->b, &sin6.sin6_addr, 16);
		return !IN6_IS_ADDR_LOOPBACK(&sin6.sin6_addr) && !IN6_IS_ADDR_LINKLOCAL(&sin6.sin6_addr);
	}
	return false;
}

bool
verb_addresses(struct verb_call *c, struct err *err)
{
	struct str out = str_in(c->arena, 65536);
	struct ifaddrs *list, *i;
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (getifaddrs(&list) == -1)
		return err_set(err, ERR_IO, "the interfaces cannot be read");
	for (i = list; i != NULL; i = i->ifa_next)
		if (address_of(i, &ip))
			str_addf(&out, "%s\n", ip_text(ip, text));
	freeifaddrs(list);
	c->reply->out = str_text(&out);
	return true;
}
