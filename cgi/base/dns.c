#include <stdio.h>

#include "base/dns.h"

static const struct word {
	enum rrtype	 type;
	const char	*word;
} rrtypes[] = {
	{ RR_A, "A" }, { RR_NS, "NS" }, { RR_CNAME, "CNAME" }, { RR_SOA, "SOA" },
	{ RR_PTR, "PTR" }, { RR_MX, "MX" }, { RR_TXT, "TXT" }, { RR_AAAA, "AAAA" },
	{ RR_TLSA, "TLSA" }, { RR_SPF, "SPF" }, { RR_CAA, "CAA" },
};

static const char *const failures[] = {
	[DNS_NO_FAILURE] = "none",
	[DNS_TIMEOUT] = "timeout",
	[DNS_SERVFAIL] = "servfail",
	[DNS_REFUSED] = "refused",
	[DNS_NOTIMP] = "notimp",
	[DNS_FORMERR] = "formerr",
	[DNS_MALFORMED] = "malformed",
	[DNS_LAME] = "lame",
	[DNS_CNAME_LOOP] = "cname_loop",
	[DNS_UNREACHABLE] = "unreachable",
	[DNS_FORBIDDEN] = "forbidden",
	[DNS_LIMIT] = "limit",
	[DNS_NOT_RECORDED] = "not_recorded",
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

const char *
rrtype_word(enum rrtype type)
{
	/* RFC 3597 5; four unknown types may be spoken of at a time in a thread. */
	static _Thread_local char unknown[4][16];
	static _Thread_local unsigned turn;
	char *buf;
	size_t i;

	for (i = 0; i < COUNT(rrtypes); i++) {
		if (rrtypes[i].type == type)
			return rrtypes[i].word;
	}
	buf = unknown[turn++ % 4];
	snprintf(buf, sizeof(unknown[0]), "TYPE%u", (unsigned)type & 0xffff);
	return buf;
}

bool
rrtype_parse(struct text t, enum rrtype *ret)
{
	uint64_t number;
	size_t i;

	for (i = 0; i < COUNT(rrtypes); i++) {
		if (text_iis(t, rrtypes[i].word)) {
			*ret = rrtypes[i].type;
			return true;
		}
	}
	if (!text_istarts(t, "TYPE") || !text_uint(text_skip(t, 4), 65535, &number))
		return false;
	*ret = (enum rrtype)number;
	return true;
}

const char *
dns_failure_word(enum dns_failure failure)
{
	return (unsigned)failure < COUNT(failures) ? failures[failure] : "unknown";
}

bool
dns_failure_parse(struct text t, enum dns_failure *ret)
{
	size_t i;

	for (i = 0; i < COUNT(failures); i++) {
		if (text_is(t, failures[i])) {
			*ret = (enum dns_failure)i;
			return true;
		}
	}
	return false;
}

bool
dns_has_ip(const struct dns_answer *answer, const struct ip *ips, size_t count)
{
	size_t i, j;

	for (i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		for (j = 0; j < count; j++)
			if (ip_eq(answer->rrs[i].u.ip, ips[j]))
				return true;
	return false;
}
