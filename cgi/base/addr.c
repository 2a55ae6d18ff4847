#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"

bool
ip4_parse(struct text t, struct ip *ret)
{
	struct ip ip = { .family = 4 };
	const char *p = t.p, *end;
	unsigned v, digits;
	int i;

	if (t.n < 7 || t.n > 15)
		return false;
	end = p + t.n;
	for (i = 0; i < 4; i++) {
		if (i > 0 && (p == end || *p++ != '.'))
			return false;
		for (v = 0, digits = 0; p < end && ascii_isdigit(*p); p++, digits++) {
			if (digits == 3 || (digits == 1 && v == 0))
				return false;
			v = v * 10 + (unsigned)(*p - '0');
		}
		if (digits == 0 || v > 255)
			return false;
		ip.b[i] = (uint8_t)v;
	}
	if (p != end)
		return false;
	*ret = ip;
	return true;
}

/* RFC 4291 2.2; "::" stands for at least one group. */
bool
ip6_parse(struct text t, struct ip *ret)
{
	struct ip ip = { .family = 6 }, v4;
	const char *p = t.p, *end, *group;
	int at = 0, gap = -1, hex, digits;
	unsigned v;

	if (t.n < 2 || t.n > 45)
		return false;
	end = p + t.n;
	if (p[0] == ':') {
		if (p[1] != ':')
			return false;
		p += 2;
		gap = 0;
	}
	while (p < end) {
		if (at == 16)
			return false;
		group = p;
		for (v = 0, digits = 0; p < end && (hex = ascii_hex((unsigned char)*p)) >= 0; p++) {
			if (++digits > 4)
				return false;
			v = v << 4 | (unsigned)hex;
		}
		if (digits == 0)
			return false;
		if (p < end && *p == '.') {
			if (at > 12 || !ip4_parse((struct text){ group, (size_t)(end - group) }, &v4))
				return false;
			memcpy(ip.b + at, v4.b, 4);
			at += 4;
			p = end;
			break;
		}
		ip.b[at++] = (uint8_t)(v >> 8);
		ip.b[at++] = (uint8_t)v;
		if (p == end)
			break;
		if (*p++ != ':' || p == end)
			return false;
		if (*p == ':') {
			if (gap >= 0)
				return false;
			gap = at;
			p++;
		}
	}
	if (gap < 0 ? at != 16 : at > 14)
		return false;
	if (gap >= 0) {
		memmove(ip.b + 16 - (at - gap), ip.b + gap, (size_t)(at - gap));
		memset(ip.b + gap, 0, (size_t)(16 - at));
	}
	*ret = ip;
	return true;
}

bool
ip_parse(struct text t, struct ip *ret)
{
	if (t.n > 0 && memchr(t.p, ':', t.n) != NULL)
		return ip6_parse(t, ret);
	return ip4_parse(t, ret);
}

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };	/* ::ffff:0:0/96 */

static bool
is_mapped(const struct ip *ip)
{
	return ip->family == 6 && memcmp(ip->b, mapped, sizeof(mapped)) == 0;
}

static struct ip
ip4_at(const uint8_t *b)
{
	struct ip ip = { .family = 4 };

	memcpy(ip.b, b, 4);
	return ip;
}

struct ip
ip_unmap(struct ip ip)
{
	return is_mapped(&ip) ? ip4_at(ip.b + 12) : ip;
}

static size_t
ip_octets(const struct ip *ip)
{
	return ip->family == 4 ? 4 : ip->family == 6 ? 16 : 0;
}

int
ip_cmp(struct ip a, struct ip b)
{
	if (a.family != b.family)
		return a.family < b.family ? -1 : 1;
	return memcmp(a.b, b.b, ip_octets(&a));
}

bool
ip_eq(struct ip a, struct ip b)
{
	return ip_cmp(a, b) == 0;
}

const char *
ip_text(struct ip ip, char buf[IP_TEXT_MAX])
{
	unsigned group[8];
	int i, run, best = -1, best_run = 1;	/* 5952 4.2.2: one group is not shortened */
	size_t n = 0;

	buf[0] = '\0';
	if (ip.family == 4) {
		snprintf(buf, IP_TEXT_MAX, "%u.%u.%u.%u", ip.b[0], ip.b[1], ip.b[2], ip.b[3]);
		return buf;
	}
	if (ip.family != 6)
		return buf;
	if (is_mapped(&ip)) {			/* 5952 5 */
		snprintf(buf, IP_TEXT_MAX, "::ffff:%u.%u.%u.%u", ip.b[12], ip.b[13], ip.b[14],
		    ip.b[15]);
		return buf;
	}
	for (i = 0; i < 8; i++)
		group[i] = (unsigned)ip.b[2 * i] << 8 | ip.b[2 * i + 1];
	for (i = 0; i < 8; i += run + 1) {	/* 5952 4.2.3: the longest, then the first */
		for (run = 0; i + run < 8 && group[i + run] == 0; run++)
			;
		if (run > best_run) {
			best = i;
			best_run = run;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == best) {
			n += (size_t)snprintf(buf + n, IP_TEXT_MAX - n, "::");
			i += best_run - 1;
			continue;
		}
		n += (size_t)snprintf(buf + n, IP_TEXT_MAX - n, "%s%x",
		    i > 0 && i != best + best_run ? ":" : "", group[i]);
	}
	return buf;
}

const char *
ip_str(struct arena *a, struct ip ip)
{
	char buf[IP_TEXT_MAX];

	return arena_strdup(a, ip_text(ip, buf));
}

const char *
ip_reversed(struct arena *a, struct ip ip)
{
	static const char digits[] = "0123456789abcdef";
	char buf[64], *p = buf;
	int i;

	if (ip.family == 4)
		return arena_printf(a, "%u.%u.%u.%u", ip.b[3], ip.b[2], ip.b[1], ip.b[0]);
	if (ip.family != 6)
		return arena_strdup(a, "");
	for (i = 15; i >= 0; i--) {		/* RFC 3596 2.5 */
		*p++ = digits[ip.b[i] & 15];
		*p++ = '.';
		*p++ = digits[ip.b[i] >> 4];
		*p++ = '.';
	}
	return arena_strndup(a, buf, sizeof(buf) - 1);
}

const char *
ip_reverse_name(struct arena *a, struct ip ip)
{
	return arena_printf(a, "%s.%s", ip_reversed(a, ip),
	    ip.family == 4 ? "in-addr.arpa" : "ip6.arpa");
}

/* --- what may not be asked --------------------------------------------------------------------- */

struct range {
	uint8_t		b[8];
	uint8_t		bits;
};

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned octets = bits / 8, rest = bits % 8;

	if (octets > 0 && memcmp(a, b, octets) != 0)
		return false;
	return rest == 0 || ((a[octets] ^ b[octets]) & (0xff00 >> rest & 0xff)) == 0;
}

static bool
in_ranges(const uint8_t *b, const struct range *ranges, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (same_bits(b, ranges[i].b, ranges[i].bits))
			return true;
	}
	return false;
}

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct range private4[] = {
	{ { 0 }, 8 },				/* this network, RFC 791 */
	{ { 10 }, 8 },				/* RFC 1918 */
	{ { 100, 64 }, 10 },			/* shared, RFC 6598 */
	{ { 127 }, 8 },
	{ { 169, 254 }, 16 },			/* link-local, RFC 3927 */
	{ { 172, 16 }, 12 },
	{ { 192, 0, 0 }, 24 },			/* protocol assignments, RFC 6890 */
	{ { 192, 168 }, 16 },
	{ { 224 }, 4 },				/* multicast */
	{ { 240 }, 4 },				/* reserved, with broadcast */
};

static const struct range private6[] = {
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 },	/* local NAT64, RFC 8215 */
	{ { 0xfc }, 7 },			/* ULA, RFC 4193 */
	{ { 0xfe, 0x80 }, 10 },			/* link-local */
	{ { 0xfe, 0xc0 }, 10 },			/* site-local, RFC 3879 */
	{ { 0xff }, 8 },			/* multicast */
};

/* v6 forms with a v4 address at octet `at`. */
static const struct embedding {
	struct range	prefix;
	uint8_t		zeros;			/* octets 8..11 are zero too */
	uint8_t		at;
} embeddings[] = {
	{ { { 0x00, 0x64, 0xff, 0x9b }, 64 }, 1, 12 },	/* NAT64, RFC 6052 */
	{ { { 0x20, 0x02 }, 16 }, 0, 2 },		/* 6to4, RFC 3056 */
	{ { { 0 }, 64 }, 1, 12 },			/* v4-compatible, RFC 4291 2.5.5.1; :: and ::1 */
};

bool
ip_is_private(struct ip ip)
{
	static const uint8_t zeros[4], teredo[4] = { 0x20, 0x01 };	/* RFC 4380 */
	uint8_t client[4];
	size_t i;

	ip = ip_unmap(ip);
	if (ip.family == 4)
		return in_ranges(ip.b, private4, COUNT(private4));
	if (ip.family != 6)
		return true;
	if (in_ranges(ip.b, private6, COUNT(private6)))
		return true;
	for (i = 0; i < COUNT(embeddings); i++) {
		const struct embedding *e = &embeddings[i];

		if (same_bits(ip.b, e->prefix.b, e->prefix.bits) &&
		    (!e->zeros || memcmp(ip.b + 8, zeros, 4) == 0))
			return ip_is_private(ip4_at(ip.b + e->at));
	}
	if (memcmp(ip.b, teredo, sizeof(teredo)) == 0) {
		for (i = 0; i < 4; i++)			/* the client's address is inverted */
			client[i] = (uint8_t)~ip.b[12 + i];
		return ip_is_private(ip4_at(client)) || ip_is_private(ip4_at(ip.b + 4));
	}
	return false;
}

/* --- networks and endpoints -------------------------------------------------------------------- */

bool
ipnet_parse(struct text t, struct ipnet *ret)
{
	struct ipnet net;
	struct text address;
	uint64_t bits;
	unsigned all;

	if (!text_split(&t, '/', &address) || !ip_parse(address, &net.ip))
		return false;
	all = net.ip.family == 4 ? 32 : 128;
	net.bits = (uint8_t)all;
	if (address.p + address.n != t.p) {		/* there was a slash */
		if (!text_uint(t, all, &bits) || (t.n > 1 && t.p[0] == '0'))
			return false;
		net.bits = (uint8_t)bits;
	}
	*ret = net;
	return true;
}

bool
ipnet_has(struct ipnet net, struct ip ip)
{
	return net.ip.family == ip.family && ip.family != 0 && same_bits(net.ip.b, ip.b, net.bits);
}

bool
ipnet_covers(struct ipnet outer, struct ipnet inner)
{
	return inner.bits >= outer.bits && ipnet_has(outer, inner.ip);
}

const char *
ipnet_str(struct arena *a, struct ipnet net)
{
	char buf[IP_TEXT_MAX];

	return arena_printf(a, "%s/%u", ip_text(net.ip, buf), net.bits);
}

bool
endpoint_parse(struct text t, uint16_t default_port, struct endpoint *ret)
{
	struct endpoint e = { .port = default_port };
	struct text host = t, port = TEXT("");
	bool has_port = false;
	const char *mark;
	uint64_t v;

	if (t.n == 0)
		return false;
	if (t.p[0] == '[') {
		mark = memchr(t.p, ']', t.n);
		if (mark == NULL)
			return false;
		host = (struct text){ t.p + 1, (size_t)(mark - t.p) - 1 };
		port = text_skip(t, host.n + 2);
		if (port.n > 0) {
			if (port.p[0] != ':')
				return false;
			port = text_skip(port, 1);
			has_port = true;
		}
		if (!ip6_parse(host, &e.ip))
			return false;
	} else {
		mark = memchr(t.p, ':', t.n);
		if (mark != NULL && memchr(mark + 1, ':', t.n - (size_t)(mark + 1 - t.p)) == NULL) {
			host = text_head(t, (size_t)(mark - t.p));
			port = text_skip(t, host.n + 1);
			has_port = true;
		}
		if (!ip_parse(host, &e.ip))
			return false;
	}
	if (has_port) {
		if (!text_uint(port, 65535, &v))
			return false;
		e.port = (uint16_t)v;
	}
	if (e.port == 0)
		return false;
	*ret = e;
	return true;
}

const char *
endpoint_str(struct arena *a, struct endpoint e)
{
	char buf[IP_TEXT_MAX];

	ip_text(e.ip, buf);
	return arena_printf(a, e.ip.family == 6 ? "[%s]:%u" : "%s:%u", buf, e.port);
}

bool
endpoint_eq(struct endpoint a, struct endpoint b)
{
	return a.port == b.port && ip_eq(a.ip, b.ip);
}
