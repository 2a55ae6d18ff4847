#include "net/dns_wire.h"

#include <string.h>

#define HEADER_BYTES	12
#define NAME_BYTES	255
#define POINTERS_MAX	127	/* a name has at most 127 labels, so that many suffixes */
#define CLASS_IN	1
#define TYPE_OPT	41

#define FLAG_QR		0x8000U
#define FLAG_OPCODE	0x7800U
#define FLAG_AA		0x0400U
#define FLAG_TC		0x0200U
#define FLAG_RD		0x0100U
#define FLAG_RA		0x0080U
#define FLAG_AD		0x0020U

enum { RCODE_FORMERR = 1, RCODE_NXDOMAIN = 3, RCODE_NOTIMP = 4 };

struct message {
	const uint8_t	*p;
	size_t		 n;
};

/* A name as octets, uncompressed, lower case; n counts the root's octet. */
struct wire_name {
	size_t		 n;
	uint8_t		 b[NAME_BYTES];
};

/* One record, its owner left where it stands. */
struct record {
	size_t		 owner;		/* offset of the name */
	uint16_t	 type, class;
	uint32_t	 ttl_s;
	size_t		 data;		/* offset */
	size_t		 data_n;
};

static uint16_t
u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

/* --- writing --------------------------------------------------------------------------------- */

size_t
wire_question(uint8_t buf[WIRE_QUESTION_MAX], uint16_t id, struct name name, enum rrtype type,
    unsigned flags)
{
	uint8_t *p = buf;
	size_t n;

	p = put16(p, id);
	p = put16(p, (flags & WIRE_RECURSE) != 0 ? FLAG_RD | FLAG_AD : 0);	/* RFC 6840 5.7 */
	p = put16(p, 1);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, (flags & WIRE_EDNS) != 0 ? 1 : 0);
	n = name_to_wire(name, p, NAME_BYTES);
	if (n == 0)
		return 0;
	p += n;
	p = put16(p, type);
	p = put16(p, CLASS_IN);
	if ((flags & WIRE_EDNS) != 0) {		/* RFC 6891 6.1.2 */
		*p++ = 0;
		p = put16(p, TYPE_OPT);
		p = put16(p, WIRE_UDP_MAX);
		p = put16(p, 0);
		p = put16(p, 0);
		p = put16(p, 0);
	}
	return (size_t)(p - buf);
}

/* --- names ----------------------------------------------------------------------------------- */

/*
 * Step over a name without reading what it points to.  *at moves behind it.
 */
static bool
name_skip(struct message m, size_t *at)
{
	size_t pos = *at, octets = 0;

	for (;;) {
		if (pos >= m.n)
			return false;
		if ((m.p[pos] & 0xc0) == 0xc0) {
			if (pos + 2 > m.n)
				return false;
			*at = pos + 2;
			return true;
		}
		if ((m.p[pos] & 0xc0) != 0)	/* RFC 6891 5: no other label types */
			return false;
		octets += 1 + (size_t)m.p[pos];
		if (octets > NAME_BYTES)
			return false;
		if (m.p[pos] == 0) {
			*at = pos + 1;
			return true;
		}
		pos += 1 + (size_t)m.p[pos];
	}
}

/*
 * Read a name, following pointers.  A pointer must lead to before the place
 * where the part that holds it began (RFC 1035 4.1.4: a prior occurrence), so
 * each leads further back and none can loop.
 */
static bool
name_read(struct message m, size_t *at, struct wire_name *ret)
{
	size_t pos = *at, part = *at, end = 0, target;
	unsigned pointers = 0;
	size_t i, label;

	ret->n = 0;
	for (;;) {
		if (pos >= m.n)
			return false;
		label = m.p[pos];
		if ((label & 0xc0) == 0xc0) {
			if (pos + 2 > m.n || ++pointers > POINTERS_MAX)
				return false;
			target = u16(m.p + pos) & 0x3fffU;
			if (target >= part)
				return false;
			if (end == 0)
				end = pos + 2;
			pos = part = target;
			continue;
		}
		if ((label & 0xc0) != 0 || label + 1 > m.n - pos ||
		    ret->n + label + 1 > NAME_BYTES)
			return false;
		ret->b[ret->n++] = (uint8_t)label;
		for (i = 1; i <= label; i++)
			ret->b[ret->n++] = (uint8_t)ascii_tolower(m.p[pos + i]);
		pos += label + 1;
		if (label == 0)
			break;
	}
	*at = end != 0 ? end : pos;
	return true;
}

static bool
wire_name_eq(const struct wire_name *a, const struct wire_name *b)
{
	return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

/* Equal, or below it. */
static bool
wire_name_under(const struct wire_name *child, const struct wire_name *parent)
{
	size_t at = 0;

	while (child->n - at > parent->n)
		at += 1 + (size_t)child->b[at];
	return child->n - at == parent->n && memcmp(child->b + at, parent->b, parent->n) == 0;
}

static struct name
name_of_wire(struct arena *a, const struct wire_name *wire)
{
	struct text labels[128];
	struct name name = { NULL };
	size_t count = 0, at = 0;

	while (wire->b[at] != 0) {
		labels[count].p = (const char *)wire->b + at + 1;
		labels[count++].n = wire->b[at];
		at += 1 + (size_t)wire->b[at];
	}
	name_from_labels(a, labels, count, &name);
	return name;
}

/* A name that fills the rest of a record's data exactly. */
static bool
data_name(struct arena *a, struct message m, const struct record *r, size_t skip,
    struct name *ret)
{
	struct wire_name wire;
	size_t at = r->data + skip;

	if (r->data_n <= skip || !name_read(m, &at, &wire) || at != r->data + r->data_n)
		return false;
	*ret = name_of_wire(a, &wire);
	return ret->s != NULL;
}

/* --- records --------------------------------------------------------------------------------- */

static bool
record_read(struct message m, size_t *at, struct record *r)
{
	const uint8_t *p;

	r->owner = *at;
	if (!name_skip(m, at) || m.n - *at < 10)
		return false;
	p = m.p + *at;
	r->type = u16(p);
	r->class = u16(p + 2);
	r->ttl_s = u32(p + 4);
	if (r->type != TYPE_OPT && (r->ttl_s & 0x80000000U) != 0)
		r->ttl_s = 0;			/* RFC 2181 8 */
	r->data_n = u16(p + 8);
	r->data = *at + 10;
	if (r->data_n > m.n - r->data)
		return false;
	*at = r->data + r->data_n;
	return true;
}

static bool
record_is_of(struct message m, const struct record *r, const struct wire_name *owner)
{
	struct wire_name wire;
	size_t at = r->owner;

	return r->class == CLASS_IN && name_read(m, &at, &wire) && wire_name_eq(&wire, owner);
}

/* TXT: one buffer holds all strings in a row; it is also the joined text. */
static bool
data_strings(struct arena *a, struct message m, const struct record *r, struct rr *rr)
{
	const uint8_t *p = m.p + r->data, *end = p + r->data_n, *q;
	struct text *strings;
	size_t count = 0, octets = 0;
	char *joined;

	for (q = p; q < end; q += 1 + *q) {
		if (*q > end - q - 1)
			return false;
		count++;
		octets += *q;
	}
	if (count == 0)			/* RFC 1035 3.3.14: one or more */
		return false;
	strings = arena_alloc(a, count * sizeof(*strings) + octets + 1);
	joined = (char *)(strings + count);
	rr->u.txt.joined = (struct text){ joined, octets };
	for (count = 0, q = p; q < end; q += 1 + *q, count++) {
		memcpy(joined, q + 1, *q);
		strings[count] = (struct text){ joined, *q };
		joined += *q;
	}
	*joined = '\0';
	rr->u.txt.strings = strings;
	rr->u.txt.count = count;
	return true;
}

static bool
data_soa(struct arena *a, struct message m, const struct record *r, struct rr_soa *soa)
{
	struct wire_name mname, rname;
	size_t at = r->data;

	if (!name_read(m, &at, &mname) || !name_read(m, &at, &rname) ||
	    at + 20 != r->data + r->data_n)
		return false;
	if (a != NULL) {
		soa->mname = name_of_wire(a, &mname);
		soa->rname = name_of_wire(a, &rname);
	}
	soa->serial = u32(m.p + at);
	soa->minimum_s = u32(m.p + at + 16);
	return true;
}

static bool
data_read(struct arena *a, struct message m, const struct record *r, struct rr *rr)
{
	char *raw;

	rr->ttl_s = r->ttl_s;
	switch (r->type) {
	case RR_A:
	case RR_AAAA:
		rr->u.ip.family = r->type == RR_A ? 4 : 6;
		if (r->data_n != (r->type == RR_A ? 4 : 16))
			return false;
		memcpy(rr->u.ip.b, m.p + r->data, r->data_n);
		return true;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		return data_name(a, m, r, 0, &rr->u.name);
	case RR_MX:
		if (r->data_n < 3)
			return false;
		rr->u.mx.preference = u16(m.p + r->data);
		return data_name(a, m, r, 2, &rr->u.mx.exchange);
	case RR_SOA:
		return data_soa(a, m, r, &rr->u.soa);
	case RR_TXT:
	case RR_SPF:
		return data_strings(a, m, r, rr);
	default:
		raw = arena_strndup(a, (const char *)m.p + r->data, r->data_n);
		rr->u.raw = (struct text){ raw, r->data_n };
		return true;
	}
}

/* --- is it the answer? ----------------------------------------------------------------------- */

static bool
same_question(struct message m, const uint8_t *question, size_t question_n, size_t *end)
{
	struct message asked = { question, question_n };
	struct wire_name ours, theirs;
	size_t at = HEADER_BYTES, theirs_at = HEADER_BYTES;

	if (!name_read(asked, &at, &ours) || !name_read(m, &theirs_at, &theirs) ||
	    !wire_name_eq(&ours, &theirs) || m.n - theirs_at < 4 ||
	    memcmp(m.p + theirs_at, question + at, 4) != 0)
		return false;
	*end = theirs_at + 4;
	return true;
}

bool
wire_answers(const uint8_t *msg, size_t n, const uint8_t *question, size_t question_n)
{
	struct message m = { msg, n };
	struct wire_name asked;
	struct record r;
	size_t at, i, answers;
	unsigned flags, rcode;

	if (n < HEADER_BYTES || memcmp(msg, question, 2) != 0)
		return false;
	flags = u16(msg + 2);
	if ((flags & FLAG_QR) == 0 || (flags & FLAG_OPCODE) != 0)
		return false;
	rcode = flags & 15;
	if (u16(msg + 4) == 0)
		return rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP;
	if (u16(msg + 4) != 1 || !same_question(m, question, question_n, &at))
		return false;

	answers = u16(msg + 6);
	if (answers == 0)
		return true;
	if (at + 2 <= n && u16(msg + at) == (0xc000 | HEADER_BYTES) &&
	    at + 6 <= n && u16(msg + at + 4) == CLASS_IN)
		return true;			/* the usual first record */
	i = HEADER_BYTES;
	if (!name_read(m, &i, &asked))
		return false;
	for (i = 0; i < answers; i++) {
		if (!record_read(m, &at, &r))
			return true;		/* unreadable is another matter */
		if (record_is_of(m, &r, &asked))
			return true;
	}
	return false;
}

bool
wire_truncated(const uint8_t *msg, size_t n)
{
	return n >= HEADER_BYTES && (u16(msg + 2) & FLAG_TC) != 0;
}

unsigned
wire_rcode(const uint8_t *msg, size_t n)
{
	return n >= HEADER_BYTES ? u16(msg + 2) & 15U : 0;
}

/* --- reading the answer ---------------------------------------------------------------------- */

/* Where the sections begin, and what stands in the two behind the answer. */
struct sections {
	size_t		 answer;		/* offset */
	size_t		 answer_count;
	bool		 has_soa, has_ns;
	uint32_t	 negative_ttl_s;	/* RFC 2308 5 */
	struct wire_name soa_owner;
};

static bool
walk(struct message m, struct sections *s, struct wire_answer *ret)
{
	struct rr_soa soa;
	struct record r;
	size_t at = s->answer, owner;
	size_t count[3] = { u16(m.p + 6), u16(m.p + 8), u16(m.p + 10) };
	size_t section, i;

	s->answer_count = count[0];
	for (section = 0; section < 3; section++) {
		for (i = 0; i < count[section]; i++) {
			if (!record_read(m, &at, &r))
				return false;
			if (section == 1 && r.type == RR_NS && r.class == CLASS_IN)
				s->has_ns = true;
			if (section == 1 && r.type == RR_SOA && r.class == CLASS_IN && !s->has_soa) {
				owner = r.owner;
				if (!name_read(m, &owner, &s->soa_owner) ||
				    !data_soa(NULL, m, &r, &soa))
					return false;
				s->has_soa = true;
				s->negative_ttl_s = r.ttl_s < soa.minimum_s ? r.ttl_s :
				    soa.minimum_s;
			}
			if (section == 2 && r.type == TYPE_OPT)
				ret->rcode |= r.ttl_s >> 24 << 4;	/* RFC 6891 6.1.3 */
		}
	}
	return true;
}

/* What the answer section has for one name. */
struct found {
	size_t		 count;		/* records of the asked type */
	bool		 alias;
	struct wire_name target;
	uint32_t	 alias_ttl_s;
};

static bool
find(struct message m, const struct sections *s, const struct wire_name *name, enum rrtype type,
    struct found *ret)
{
	struct record r;
	size_t at = s->answer, data, i;

	ret->count = 0;
	ret->alias = false;
	for (i = 0; i < s->answer_count; i++) {
		if (!record_read(m, &at, &r))
			return false;
		if ((r.type != type && (r.type != RR_CNAME || ret->alias)) ||
		    !record_is_of(m, &r, name))
			continue;
		if (r.type == type) {
			ret->count++;
			continue;
		}
		data = r.data;
		if (!name_read(m, &data, &ret->target) || data != r.data + r.data_n)
			return false;
		ret->alias = true;
		ret->alias_ttl_s = r.ttl_s;
	}
	return true;
}

static bool
collect(struct arena *a, struct message m, const struct sections *s,
    const struct wire_name *name, enum rrtype type, size_t count, struct wire_answer *ret)
{
	struct rr *rrs = arena_array(a, count, sizeof(*rrs));
	struct record r;
	size_t at = s->answer, i, n = 0;

	for (i = 0; i < s->answer_count && n < count; i++) {
		if (!record_read(m, &at, &r))
			return false;
		if (r.type != type || !record_is_of(m, &r, name))
			continue;
		if (!data_read(a, m, &r, &rrs[n]))
			return false;
		if (r.ttl_s < ret->ttl_s)
			ret->ttl_s = r.ttl_s;
		n++;
	}
	ret->rrs = rrs;
	ret->count = n;
	return true;
}

static enum dns_failure
read_answer(struct arena *a, struct message m, struct name asked, enum rrtype type,
    struct wire_answer *ret)
{
	struct sections s = { 0 };
	struct wire_name name;
	struct found found;
	unsigned flags;

	if (m.n < HEADER_BYTES)
		return DNS_MALFORMED;
	flags = u16(m.p + 2);
	ret->rcode = flags & 15;
	ret->authoritative = (flags & FLAG_AA) != 0;
	ret->authenticated = (flags & FLAG_AD) != 0;
	ret->recursive = (flags & FLAG_RA) != 0;

	s.answer = HEADER_BYTES;
	if (u16(m.p + 4) == 1) {
		if (!name_skip(m, &s.answer) || m.n - s.answer < 4)
			return DNS_MALFORMED;
		s.answer += 4;
	} else if (u16(m.p + 4) != 0)
		return DNS_MALFORMED;
	if (!walk(m, &s, ret))
		return DNS_MALFORMED;
	if (ret->rcode != 0 && ret->rcode != RCODE_NXDOMAIN)
		return DNS_NO_FAILURE;		/* the code says it all */

	name.n = name_to_wire(asked, name.b, sizeof(name.b));
	if (name.n == 0)
		return DNS_MALFORMED;
	ret->ttl_s = UINT32_MAX;
	for (;;) {
		if (!find(m, &s, &name, type, &found))
			return DNS_MALFORMED;
		if (found.count > 0 || !found.alias)
			break;
		if (++ret->aliases > WIRE_CHAIN_MAX)
			return DNS_CNAME_LOOP;
		if (found.alias_ttl_s < ret->ttl_s)
			ret->ttl_s = found.alias_ttl_s;
		name = found.target;
	}
	if (found.count > WIRE_RECORDS_MAX)
		return DNS_LIMIT;
	if (ret->aliases > 0)
		ret->cname = name_of_wire(a, &name);
	if (found.count > 0)
		return collect(a, m, &s, &name, type, found.count, ret) ?
		    DNS_NO_FAILURE : DNS_MALFORMED;

	/* There is none: RFC 2308 2. */
	if (s.has_soa && wire_name_under(&name, &s.soa_owner)) {
		if (s.negative_ttl_s < ret->ttl_s)
			ret->ttl_s = s.negative_ttl_s;
	} else {
		ret->leads_out = ret->aliases > 0 && ret->rcode == 0;
		if (!ret->leads_out)
			ret->ttl_s = 0;		/* without SOA: not to be kept, RFC 2308 5 */
	}
	ret->referral = ret->aliases == 0 && ret->rcode == 0 && !ret->authoritative &&
	    s.has_ns && !s.has_soa;
	return DNS_NO_FAILURE;
}

void
wire_read(struct arena *a, const uint8_t *msg, size_t n, struct name asked, enum rrtype type,
    struct wire_answer *ret)
{
	*ret = (struct wire_answer){ 0 };
	ret->failure = read_answer(a, (struct message){ msg, n }, asked, type, ret);
	if (ret->failure != DNS_NO_FAILURE) {
		ret->rrs = NULL;
		ret->count = 0;
		ret->cname = (struct name){ NULL };
		ret->leads_out = ret->referral = false;
		ret->ttl_s = 0;
	} else if (ret->rcode != 0 && ret->rcode != RCODE_NXDOMAIN)
		ret->ttl_s = 0;
}
