#ifndef TESTS_ZONE_H
#define TESTS_ZONE_H

/*
 * A DNS for tests: a table in memory behind a dns_source.  Lines of a zone:
 *
 *	example.com TXT "v=spf1 " "-all"	or	example.com TXT v=spf1 -all
 *	example.com MX 10 mx.example.com
 *	example.com A 192.0.2.1			AAAA, PTR, CNAME likewise
 *	dead.example.com FAIL timeout		what it has no records of fails
 *	slow.example.com WAIT			every question stays unanswered
 *
 * In quoted strings \DDD is the octet with that decimal number.  A name below
 * which others stand exists; any other one is NXDOMAIN.
 */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/dns.h"
#include "base/map.h"

#define ZONE_FAIL	0	/* no types of records */
#define ZONE_WAIT	1000

struct zone_set {
	struct dns_answer	 answer;
	struct rr		*rrs;
	size_t			 size;
};

struct zone {
	struct arena		*arena;
	struct map		*names;		/* name -> anything: it exists */
	struct map		*sets;		/* "TYPE name" -> zone_set */
	struct map		*missing;	/* answers for what is not there */
	unsigned		 asked;
	bool			 shy;		/* the first time, a question has no answer yet */
	struct map		*seen;
	struct dns_source	 source;
};

static const struct dns_answer *zone_ask(void *, struct name, enum rrtype);

static inline void
zone_init(struct zone *z, struct arena *a)
{
	memset(z, 0, sizeof(*z));
	z->arena = a;
	z->names = map_new(a);
	z->sets = map_new(a);
	z->missing = map_new(a);
	z->seen = map_new(a);
	z->source = (struct dns_source){ zone_ask, z };
}

#define ZONE_KEY_MAX	(NAME_TEXT_MAX + 8)

/* Plain copying: the resolver must not cost more than what is measured with it. */
static inline const char *
zone_key(char key[ZONE_KEY_MAX], struct name n, enum rrtype t)
{
	key[0] = (char)('0' + (int)t / 32);
	key[1] = (char)('0' + (int)t % 32);
	memcpy(key + 2, n.s, strlen(n.s) + 1);
	return key;
}

/* A new record; its data are left to the caller. */
static inline struct rr *
zone_add(struct zone *z, struct name n, enum rrtype t)
{
	char key[ZONE_KEY_MAX];
	struct zone_set *s = map_get(z->sets, zone_key(key, n, t));
	struct name up;
	size_t size;

	if (s == NULL) {
		s = arena_zalloc(z->arena, sizeof(*s));
		s->answer = (struct dns_answer){ .name = n, .type = t, .ttl_s = 300 };
		map_put(z->sets, key, s);
	}
	for (up = n; up.s[0] != '\0' && map_get(z->names, up.s) == NULL; up = name_parent(up))
		map_put(z->names, up.s, z);
	if (s->answer.count == s->size) {
		size = s->size == 0 ? 2 : s->size * 2;
		s->rrs = arena_grow(z->arena, s->rrs, s->size, size, sizeof(*s->rrs));
		s->size = size;
	}
	s->answer.rrs = s->rrs;
	return &s->rrs[s->answer.count++];
}

static inline void
zone_txt(struct zone *z, struct name n, const struct text *strings, size_t count)
{
	struct rr *rr = zone_add(z, n, RR_TXT);
	struct text *copy = arena_array(z->arena, count, sizeof(*copy));
	size_t i, len = 0;
	char *p;

	for (i = 0; i < count; i++)
		len += strings[i].n;
	p = arena_alloc(z->arena, len + 1);
	rr->u.txt.joined = (struct text){ p, len };
	for (i = 0; i < count; i++) {
		if (strings[i].n > 0)
			memcpy(p, strings[i].p, strings[i].n);
		copy[i] = (struct text){ p, strings[i].n };
		p += strings[i].n;
	}
	rr->u.txt.strings = copy;
	rr->u.txt.count = count;
}

/* "a" "b\255" -> strings; or the bare rest of the line as one string. */
static inline void
zone_txt_line(struct zone *z, struct name n, struct text rest)
{
	struct text strings[64];
	size_t count = 0, i = 0, len;
	char *p;

	if (rest.n == 0 || rest.p[0] != '"') {
		zone_txt(z, n, &rest, 1);
		return;
	}
	while (i < rest.n && count < 64) {
		if (rest.p[i++] != '"')
			continue;
		p = arena_alloc(z->arena, rest.n + 1);
		for (len = 0; i < rest.n && rest.p[i] != '"'; i++) {
			if (rest.p[i] == '\\' && i + 3 < rest.n) {
				p[len++] = (char)((rest.p[i + 1] - '0') * 100 +
				    (rest.p[i + 2] - '0') * 10 + rest.p[i + 3] - '0');
				i += 3;
			} else
				p[len++] = rest.p[i];
		}
		i++;
		strings[count++] = (struct text){ p, len };
	}
	zone_txt(z, n, strings, count);
}

static inline bool
zone_line(struct zone *z, struct text line)
{
	struct text owner, type, word;
	struct name n;
	struct rr *rr;
	enum rrtype t;
	uint64_t v;

	if (!text_split(&line, ' ', &owner) || !text_split(&line, ' ', &type) ||
	    !name_parse(z->arena, owner, &n))
		return false;
	if (text_is(type, "FAIL")) {
		zone_add(z, n, ZONE_FAIL)->ttl_s = 0;
		return true;
	}
	if (text_is(type, "WAIT")) {
		zone_add(z, n, ZONE_WAIT)->ttl_s = 0;
		return true;
	}
	if (!rrtype_parse(type, &t))
		return false;
	switch (t) {
	case RR_TXT:
		zone_txt_line(z, n, line);
		return true;
	case RR_A:
	case RR_AAAA:
		return ip_parse(line, &zone_add(z, n, t)->u.ip);
	case RR_MX:
		if (!text_split(&line, ' ', &word) || !text_uint(word, 65535, &v))
			return false;
		rr = zone_add(z, n, t);
		rr->u.mx.preference = (uint16_t)v;
		rr->u.mx.exchange.s = "";
		return line.n == 0 || text_is(line, ".") ||
		    name_parse(z->arena, line, &rr->u.mx.exchange);
	case RR_PTR:
	case RR_CNAME:
		return name_parse(z->arena, line, &zone_add(z, n, t)->u.name);
	default:
		return false;
	}
}

/* Lines of a zone; "|" also ends one, for tables.  False: a line is wrong. */
static inline bool
zone_load(struct zone *z, const char *text)
{
	struct text rest = text_of(text), line, part;

	while (text_line(&rest, &line))
		while (text_split(&line, '|', &part))
			if ((part = text_trim(part)).n > 0 && !zone_line(z, part)) {
				printf("bad zone line: %.*s\n", (int)part.n, part.p);
				return false;
			}
	return true;
}

static inline const struct dns_answer *
zone_missing(struct zone *z, const char *key, struct name n, enum rrtype t, enum dns_outcome o,
    enum dns_failure f)
{
	struct dns_answer *ans = map_get(z->missing, key);

	if (ans == NULL) {
		ans = arena_zalloc(z->arena, sizeof(*ans));
		*ans = (struct dns_answer){ .outcome = o, .failure = f, .name = n, .type = t,
		    .ttl_s = 60, .rcode = o == DNS_NXDOMAIN ? 3 : 0 };
		map_put(z->missing, key, ans);
	}
	return ans;
}

static const struct dns_answer *
zone_ask(void *ctx, struct name asked, enum rrtype t)
{
	struct zone *z = ctx;
	struct zone_set *s;
	struct name n = asked;
	char key[ZONE_KEY_MAX], other[ZONE_KEY_MAX];
	int hops;

	z->asked++;
	zone_key(key, asked, t);
	if (z->shy && map_get(z->seen, key) == NULL) {
		map_put(z->seen, key, z);
		return NULL;
	}
	if ((s = map_get(z->sets, key)) != NULL)
		return &s->answer;
	for (hops = 0; hops <= 16; hops++) {
		if (map_get(z->sets, zone_key(other, n, ZONE_WAIT)) != NULL)
			return NULL;
		if (map_get(z->sets, zone_key(other, n, ZONE_FAIL)) != NULL)
			return zone_missing(z, key, asked, t, DNS_FAILED, DNS_TIMEOUT);
		if ((s = map_get(z->sets, zone_key(other, n, t))) != NULL)
			return &s->answer;
		if (t == RR_CNAME || (s = map_get(z->sets, zone_key(other, n, RR_CNAME))) == NULL)
			return zone_missing(z, key, asked, t, map_get(z->names, n.s) == NULL ?
			    DNS_NXDOMAIN : DNS_NODATA, DNS_NO_FAILURE);
		n = s->rrs[0].u.name;
	}
	return zone_missing(z, key, asked, t, DNS_FAILED, DNS_CNAME_LOOP);
}

#endif
