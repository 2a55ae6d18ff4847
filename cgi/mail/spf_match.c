#include <string.h>

#include "base/arena.h"
#include "mail/spf_run.h"

/* --- limits ------------------------------------------------------------------------------------ */

bool
spf_run_lookup(struct spf_run *run, struct spf_level *l, const struct spf_term *t)
{
	if (run->ret->lookups >= SPF_LOOKUPS_MAX) {
		spf_run_note(run, PROBLEM_ERROR, "lookup_limit", l, t->text);
		return false;
	}
	run->ret->lookups++;
	return true;
}

bool
spf_found_nothing(const struct dns_answer *ans)
{
	return ans->outcome == DNS_NXDOMAIN || ans->outcome == DNS_NODATA ||
	    (ans->outcome == DNS_FOUND && ans->count == 0);
}

/* A term found nothing; false when it is the third that did (4.6.4). */
static bool
count_void(struct spf_run *run, struct spf_level *l, const struct spf_term *t)
{
	if (++run->ret->void_lookups <= SPF_VOIDS_MAX)
		return true;
	spf_run_note(run, PROBLEM_ERROR, "void_limit", l, t->text);
	return false;
}

/* --- names ------------------------------------------------------------------------------------- */

/* 5.5: does the name of the PTR answer lead back to the address?  -1 = not known yet. */
static int
ptr_validates(struct spf_run *run, struct name host)
{
	const struct dns_answer *ans;
	size_t i;

	ans = dns_ask(run->q->dns, host, run->ip.family == 4 ? RR_A : RR_AAAA);
	if (ans == NULL)
		return -1;
	if (ans->outcome != DNS_FOUND)		/* an error skips the name */
		return 0;
	for (i = 0; i < ans->count; i++)
		if (ip_eq(ans->rrs[i].u.ip, run->ip))
			return 1;
	return 0;
}

const struct dns_answer *
spf_run_ask_ptr(struct spf_run *run)
{
	return dns_ask(run->q->dns, (struct name){ ip_reverse_name(run->arena, run->ip) }, RR_PTR);
}

static size_t
ptr_count(const struct dns_answer *ans)
{
	if (ans->outcome != DNS_FOUND)
		return 0;
	return ans->count > SPF_PTR_MAX ? SPF_PTR_MAX : ans->count;
}

/*
 * %{p}, 7.3: the domain itself if it validates, else a name below it, else any;
 * "unknown" when there is none or DNS fails.  False = pending.
 */
bool
spf_run_ptr(struct spf_run *run, const struct spf_level *l)
{
	const struct dns_answer *ans;
	struct name host, best = { NULL };
	int valid, rank, best_rank = 0;
	bool pending = false;
	size_t i;

	run->env.ptr = TEXT("unknown");
	if ((ans = spf_run_ask_ptr(run)) == NULL)
		return false;
	for (i = 0; i < ptr_count(ans); i++) {
		host = ans->rrs[i].u.name;
		if ((valid = ptr_validates(run, host)) < 0)
			pending = true;		/* go on: ask wide */
		if (valid <= 0)
			continue;
		rank = name_eq(host, l->name) ? 3 : name_is_under(host, l->name) ? 2 : 1;
		if (rank > best_rank) {
			best_rank = rank;
			best = host;
		}
	}
	if (pending)
		return false;
	if (best.s != NULL)
		run->env.ptr = text_of(best.s);
	return true;
}

enum spf_target
spf_run_target(struct spf_run *run, struct spf_level *l, const struct spf_term *t, struct name *ret,
    struct text *raw)
{
	if (t->domain.n == 0) {
		*ret = l->name;
		if (raw != NULL)
			*raw = l->domain;
		return SPF_TARGET_OK;
	}
	if (run->local_8bit && (t->macros & (SPF_LETTER('s') | SPF_LETTER('l'))) != 0)
		return SPF_TARGET_SILENT;
	run->env.domain = l->domain;
	if ((t->macros & SPF_LETTER('p')) != 0 && !spf_run_ptr(run, l))
		return SPF_TARGET_PENDING;
	if (spf_expand_name(run->arena, t->domain, &run->env, ret, raw))
		return SPF_TARGET_OK;
	spf_run_note(run, PROBLEM_WARNING, "invalid_target", l, t->text);
	return SPF_TARGET_BAD;
}

/* --- mechanisms -------------------------------------------------------------------------------- */

bool
spf_in_net(struct ip ip, struct ip net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (ip.family != net.family)
		return false;
	if (whole > 0 && memcmp(ip.b, net.b, whole) != 0)
		return false;
	return rest == 0 || ((ip.b[whole] ^ net.b[whole]) >> (8 - rest)) == 0;
}

/* Addresses of one host against the client's; *found_none when there are none. */
static enum spf_outcome
match_host(struct spf_run *run, struct name host, const struct spf_term *t, bool *found_none)
{
	enum rrtype type = run->ip.family == 4 ? RR_A : RR_AAAA;
	unsigned bits = run->ip.family == 4 ? t->bits4 : t->bits6;
	const struct dns_answer *ans;
	size_t i;

	if ((ans = dns_ask(run->q->dns, host, type)) == NULL)
		return SPF_PENDING;
	if (ans->outcome == DNS_FAILED) {
		spf_run_note_dns(run, host, type, ans);
		return SPF_MATCH_TEMPERROR;
	}
	if (spf_found_nothing(ans))
		*found_none = true;
	for (i = 0; i < ans->count; i++)
		if (spf_in_net(run->ip, ans->rrs[i].u.ip, bits))
			return SPF_MATCH;
	return SPF_NO_MATCH;
}

static enum spf_outcome
match_a(struct spf_run *run, struct spf_level *l, const struct spf_term *t, struct name target)
{
	bool found_none = false;
	enum spf_outcome o = match_host(run, target, t, &found_none);

	if (found_none && !count_void(run, l, t))
		return SPF_MATCH_PERMERROR;
	return o;
}

/* The next host of an MX answer by preference, then as answered; false = no more. */
static bool
next_mx(const struct dns_answer *ans, uint32_t *done, struct name *host)
{
	size_t i, best = SIZE_MAX;

	for (i = 0; i < ans->count; i++)
		if ((*done & (UINT32_C(1) << i)) == 0 && (best == SIZE_MAX ||
		    ans->rrs[i].u.mx.preference < ans->rrs[best].u.mx.preference))
			best = i;
	if (best == SIZE_MAX)
		return false;
	*done |= UINT32_C(1) << best;
	*host = ans->rrs[best].u.mx.exchange;
	return true;
}

static enum spf_outcome
match_mx(struct spf_run *run, struct spf_level *l, const struct spf_term *t, struct name target)
{
	const struct dns_answer *ans;
	bool found_none = false;
	enum spf_outcome o = SPF_NO_MATCH;
	struct name host;
	uint32_t done = 0;
	size_t i;

	if ((ans = dns_ask(run->q->dns, target, RR_MX)) == NULL)
		return SPF_PENDING;
	if (ans->outcome == DNS_FAILED) {
		spf_run_note_dns(run, target, RR_MX, ans);
		return SPF_MATCH_TEMPERROR;
	}
	if (spf_found_nothing(ans))
		return count_void(run, l, t) ? SPF_NO_MATCH : SPF_MATCH_PERMERROR;
	if (ans->count > SPF_MX_MAX) {
		spf_run_note(run, PROBLEM_ERROR, "mx_limit", l, t->text);
		return SPF_MATCH_PERMERROR;
	}
	for (i = 0; i < ans->count; i++)	/* ask wide; "" is the null MX, RFC 7505 */
		if (ans->rrs[i].u.mx.exchange.s[0] != '\0')
			(void)dns_ask(run->q->dns, ans->rrs[i].u.mx.exchange,
			    run->ip.family == 4 ? RR_A : RR_AAAA);
	while (o == SPF_NO_MATCH && next_mx(ans, &done, &host))
		if (host.s[0] != '\0')
			o = match_host(run, host, t, &found_none);
	if (o == SPF_PENDING)
		return SPF_PENDING;
	if (found_none && !count_void(run, l, t))
		return SPF_MATCH_PERMERROR;
	return o;
}

static enum spf_outcome
match_exists(struct spf_run *run, struct spf_level *l, const struct spf_term *t, struct name target)
{
	const struct dns_answer *ans;

	if ((ans = dns_ask(run->q->dns, target, RR_A)) == NULL)		/* A for IPv6 too, 5.7 */
		return SPF_PENDING;
	if (ans->outcome == DNS_FAILED) {
		spf_run_note_dns(run, target, RR_A, ans);
		return SPF_MATCH_TEMPERROR;
	}
	if (spf_found_nothing(ans))
		return count_void(run, l, t) ? SPF_NO_MATCH : SPF_MATCH_PERMERROR;
	return SPF_MATCH;
}

/* 5.5: an error in the PTR look-up is no match; one in an address look-up skips the name. */
static enum spf_outcome
match_ptr(struct spf_run *run, struct spf_level *l, const struct spf_term *t, struct name target)
{
	const struct dns_answer *ans;
	bool pending = false;
	struct name host;
	size_t i;
	int valid;

	if ((ans = spf_run_ask_ptr(run)) == NULL)
		return SPF_PENDING;
	if (ans->outcome == DNS_FAILED)
		return SPF_NO_MATCH;
	if (spf_found_nothing(ans))
		return count_void(run, l, t) ? SPF_NO_MATCH : SPF_MATCH_PERMERROR;
	if (ans->count > SPF_PTR_MAX)
		spf_run_note(run, PROBLEM_INFO, "ptr_limit", l, t->text);
	for (i = 0; i < ptr_count(ans); i++) {
		host = ans->rrs[i].u.name;
		if (!name_is_under(host, target))
			continue;
		if ((valid = ptr_validates(run, host)) > 0)
			return SPF_MATCH;
		pending |= valid < 0;
	}
	return pending ? SPF_PENDING : SPF_NO_MATCH;
}

/* 5.2: only a pass matches; none and permerror are permerror. */
static enum spf_outcome
match_include(struct spf_run *run, struct spf_level *l, const struct spf_term *t, struct name target,
    struct text domain)
{
	struct spf_level in = { .name = target, .domain = domain, .depth = l->depth + 1 };
	enum spf_result r;

	if (!spf_run_domain(run, &in, &r))
		return SPF_PENDING;
	switch (r) {
	case SPF_PASS:
		return SPF_MATCH;
	case SPF_TEMPERROR:
		return SPF_MATCH_TEMPERROR;
	case SPF_NONE:
		spf_run_note(run, PROBLEM_ERROR, "include_no_record", l, t->text);
		return SPF_MATCH_PERMERROR;
	case SPF_PERMERROR:
		return SPF_MATCH_PERMERROR;
	default:
		return SPF_NO_MATCH;
	}
}

enum spf_outcome
spf_run_term(struct spf_run *run, struct spf_level *l, const struct spf_term *t)
{
	struct name target;
	struct text domain;

	if (t->kind == SPF_ALL)
		return SPF_MATCH;
	if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
		return spf_in_net(run->ip, t->ip, t->kind == SPF_IP4 ? t->bits4 : t->bits6) ?
		    SPF_MATCH : SPF_NO_MATCH;
	if (!spf_run_lookup(run, l, t))
		return SPF_MATCH_PERMERROR;
	switch (spf_run_target(run, l, t, &target, &domain)) {
	case SPF_TARGET_PENDING:
		return SPF_PENDING;
	case SPF_TARGET_BAD:
		return t->kind == SPF_INCLUDE ? SPF_MATCH_PERMERROR : SPF_NO_MATCH;
	case SPF_TARGET_SILENT:
		return SPF_NO_MATCH;
	case SPF_TARGET_OK:
		break;
	}
	switch (t->kind) {
	case SPF_A:		return match_a(run, l, t, target);
	case SPF_MX:		return match_mx(run, l, t, target);
	case SPF_PTR:		return match_ptr(run, l, t, target);
	case SPF_EXISTS:	return match_exists(run, l, t, target);
	default:		return match_include(run, l, t, target, domain);
	}
}
