/*
 * A DNS message from anybody, as the answer to a question that its first octets
 * choose.  Beside not crashing: names are canonical, texts are bounded and
 * whole, and what is said twice is said alike.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "net/dns_wire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_always)
{
	if (!true_always)
		abort();
}

static void
check_name(struct arena *a, struct name name)
{
	struct name again;

	must(name.s != NULL && strlen(name.s) < NAME_TEXT_MAX);
	if (name.s[0] == '\0')
		return;
	must(name_parse(a, text_of(name.s), &again) && name_eq(name, again));
}

static void
check_record(struct arena *a, enum rrtype type, const struct rr *rr, size_t size)
{
	size_t i, n = 0;

	must(rr->ttl_s <= 0x7fffffff);
	switch (type) {
	case RR_A:
	case RR_AAAA:
		must(rr->u.ip.family == (type == RR_A ? 4 : 6));
		break;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		check_name(a, rr->u.name);
		break;
	case RR_MX:
		check_name(a, rr->u.mx.exchange);
		break;
	case RR_SOA:
		check_name(a, rr->u.soa.mname);
		check_name(a, rr->u.soa.rname);
		break;
	case RR_TXT:
	case RR_SPF:
		must(rr->u.txt.count > 0);
		for (i = 0; i < rr->u.txt.count; i++) {
			must(rr->u.txt.strings[i].n <= 255);
			n += rr->u.txt.strings[i].n;
		}
		must(n == rr->u.txt.joined.n && n <= size);
		break;
	default:
		must(rr->u.raw.n <= size);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum rrtype types[] = {
		RR_A, RR_NS, RR_CNAME, RR_SOA, RR_PTR, RR_MX, RR_TXT, RR_AAAA, RR_TLSA, RR_SPF, RR_CAA,
	};
	uint8_t question[WIRE_QUESTION_MAX];
	struct name asked = { "w.x" };
	struct wire_answer w, again;
	struct arena *a;
	enum rrtype type;
	size_t i, n;

	if (size < 1 || size > 65536)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	data++;
	size--;
	a = arena_new();
	n = wire_question(question, size > 1 ? (uint16_t)(data[0] << 8 | data[1]) : 0, asked, type,
	    WIRE_EDNS);
	must(n > 0);
	wire_answers(data, size, question, n);
	wire_truncated(data, size);
	wire_read(a, data, size, asked, type, &w);
	must(w.count <= WIRE_RECORDS_MAX && w.aliases <= WIRE_CHAIN_MAX + 1);
	must(w.failure == DNS_NO_FAILURE || w.count == 0);
	for (i = 0; i < w.count; i++)
		check_record(a, type, &w.rrs[i], size);
	if (w.cname.s != NULL)
		check_name(a, w.cname);
	wire_read(a, data, size, asked, type, &again);
	must(again.failure == w.failure && again.count == w.count && again.ttl_s == w.ttl_s);
	arena_free(a);
	return 0;
}
