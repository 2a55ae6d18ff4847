#ifndef BASE_DNS_H
#define BASE_DNS_H

/*
 * DNS answers as everybody here speaks of them.  net/dns.c makes them from the
 * wire, evidence/ keeps them, mail/ and checks/ read them.
 *
 * Three outcomes that are never merged: there is (FOUND), there is none
 * (NODATA, NXDOMAIN), could not find out (FAILED, with the reason).
 */

#include "base/addr.h"
#include "base/name.h"

enum rrtype {
	RR_A = 1, RR_NS = 2, RR_CNAME = 5, RR_SOA = 6, RR_PTR = 12, RR_MX = 15,
	RR_TXT = 16, RR_AAAA = 28, RR_TLSA = 52, RR_SPF = 99, RR_CAA = 257,
};

const char	*rrtype_word(enum rrtype);			/* "TXT"; "TYPE123" unknown */
bool		rrtype_parse(struct text, enum rrtype *ret);

struct rr_mx {
	uint16_t	 preference;
	struct name	 exchange;	/* "" = null MX, RFC 7505 */
};

struct rr_soa {
	struct name	 mname, rname;
	uint32_t	 serial, minimum_s;
};

struct rr {
	uint32_t	 ttl_s;
	union {
		struct ip	 ip;		/* A, AAAA */
		struct name	 name;		/* NS, CNAME, PTR */
		struct rr_mx	 mx;
		struct rr_soa	 soa;
		struct {			/* TXT, SPF; RFC 7208 3.3 joins them */
			const struct text	*strings;
			size_t			 count;
			struct text		 joined;
		} txt;
		struct text	 raw;		/* other types: rdata octets */
	} u;
};

enum dns_outcome { DNS_FOUND, DNS_NODATA, DNS_NXDOMAIN, DNS_FAILED };

enum dns_failure {
	DNS_NO_FAILURE, DNS_TIMEOUT, DNS_SERVFAIL, DNS_REFUSED, DNS_NOTIMP, DNS_FORMERR,
	DNS_MALFORMED,		/* bytes that are no usable answer */
	DNS_LAME,		/* answered, but is not responsible for the zone */
	DNS_CNAME_LOOP,		/* or a chain of over 16 */
	DNS_UNREACHABLE,	/* no route, port closed */
	DNS_FORBIDDEN,		/* an address that may not be asked */
	DNS_LIMIT,		/* our own time or count limit ran out */
	DNS_NOT_RECORDED,	/* replay: this question is not in the recording */
};

const char	*dns_failure_word(enum dns_failure);		/* "timeout", ... */
bool		dns_failure_parse(struct text, enum dns_failure *ret);

struct dns_answer {
	enum dns_outcome	 outcome;
	enum dns_failure	 failure;	/* FAILED only */
	uint8_t			 rcode;		/* as received; 0 when nothing came */
	bool			 authoritative;	/* AA */
	bool			 authenticated;	/* AD */
	struct name		 name;		/* asked */
	enum rrtype		 type;		/* asked */
	struct name		 cname;		/* end of aliases, NULL = none; NODATA of a named server: go on there */
	const struct rr		*rrs;		/* of the asked type, as answered */
	size_t			 count;
	uint32_t		 ttl_s;		/* least of chain and records; none: RFC 2308 */
	struct endpoint		 server;	/* who answered, or was asked last */
	int64_t			 at;		/* Unix seconds */
};

/* An A or AAAA answer holds one of these addresses. */
bool		dns_has_ip(const struct dns_answer *, const struct ip *, size_t count);

/*
 * Where pure code gets answers from.  NULL = not there yet: give up now, the
 * caller is run again from the top when it has come.  A FAILED answer is an
 * answer.  The pointer is valid for as long as the caller's arena.
 */
struct dns_source {
	const struct dns_answer	*(*ask)(void *ctx, struct name, enum rrtype);
	void			*ctx;
};

static inline const struct dns_answer *
dns_ask(const struct dns_source *src, struct name name, enum rrtype type)
{
	return src->ask(src->ctx, name, type);
}

#endif
