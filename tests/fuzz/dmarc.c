/*
 * A DMARC record, at the domain and above it.  Never a policy stricter than
 * written; what we write about it can be read again.
 */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "mail/dmarc_edit.h"
#include "mail/dmarc_walk.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct dns {
	struct arena	*arena;
	struct text	 record;
	const char	*at;
};

static const struct dns_answer *
answer(void *ctx, struct name name, enum rrtype type)
{
	struct dns *dns = ctx;
	struct dns_answer *ans = arena_zalloc(dns->arena, sizeof(*ans));
	struct rr *rr;

	ans->name = name;
	ans->type = type;
	ans->outcome = DNS_NXDOMAIN;
	if (strcmp(name.s, dns->at) != 0)
		return ans;
	rr = arena_zalloc(dns->arena, sizeof(*rr));
	rr->u.txt.joined = dns->record;
	ans->outcome = DNS_FOUND;
	ans->rrs = rr;
	ans->count = 1;
	return ans;
}

static void
walk(struct arena *a, struct text record, const char *at, const struct dmarc_record *r)
{
	struct dns dns = { a, record, at };
	struct dns_source src = { answer, &dns };
	struct dmarc_lookup l;
	struct name domain;
	enum dmarc_policy strictest = r->p;

	name_parse(a, TEXT("a.b.example.com"), &domain);
	assert(dmarc_discover(a, &src, domain, DMARC_FOR_OWNER, &l));
	if (r->sp > strictest)
		strictest = r->sp;
	if (r->np > strictest)
		strictest = r->np;
	if (strictest == DMARC_ABSENT)
		strictest = DMARC_NONE;
	assert(l.policy <= strictest);
	assert((l.status == DMARC_STATUS_OK) == (l.policy != DMARC_ABSENT));
	assert((l.status == DMARC_STATUS_OK) == (dmarc_is_record(record) && r->usable));
	assert(l.org_domain.s != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)data, size }, out;
	struct problems ps = problems_in(a);
	struct dmarc_record r, again;

	dmarc_parse(a, in, &r, &ps);
	assert(!r.usable || r.p != DMARC_ABSENT || r.rua.count > 0);
	assert(r.usable || ps.count > 0);
	walk(a, in, "_dmarc.a.b.example.com", &r);
	walk(a, in, "_dmarc.b.example.com", &r);
	walk(a, in, "_dmarc.com", &r);
	if (dmarc_relax(a, in, &out, NULL)) {
		dmarc_parse(a, out, &again, NULL);
		assert(again.usable && again.p == DMARC_NONE && again.sp == r.sp);
	}
	if (dmarc_make(a, DMARC_QUARANTINE, in, &out, NULL)) {
		dmarc_parse(a, out, &again, NULL);
		assert(again.usable && again.p == DMARC_QUARANTINE && again.sp == DMARC_ABSENT &&
		    again.rua.count <= 1);
	}
	arena_free(a);
	return 0;
}
