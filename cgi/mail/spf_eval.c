#include <string.h>

#include "base/arena.h"
#include "mail/spf_eval.h"
#include "mail/spf_macro.h"

enum outcome { PENDING, NO_MATCH, MATCH, TEMPERROR, PERMERROR };

struct run {
	struct arena		*arena;
	const struct spf_query	*q;
	struct ip		 ip;		/* unmapped */
	struct spf_answer	*ret;
	struct spf_macro_env	 env;
	bool			 local_8bit;	/* RFC 8616: %{s} %{l} then match nothing */
	size_t			 trace_size;
};

/* One record under evaluation, and what came of it. */
struct level {
	struct name		 name;
	struct text		 domain;	/* as %{d} gives it */
	unsigned		 depth;
	const struct spf	*spf;		/* NULL: there is no single record */
	const struct spf_term	*matched;
	const struct spf_term	*exp;
	struct text		 exp_domain;	/* %{d} for exp: the record's it stands in */
};

static const char *const step_words[] = {
	"skipped", "no_match", "match", "temperror", "permerror",
};

const char *
spf_step_word(enum spf_step s)
{
	return step_words[s];
}

static bool	check_domain(struct run *, struct level *, enum spf_result *);

/* --- notes ------------------------------------------------------------------------------------- */

void
spf_note_faults(struct problems *ps, const struct spf *spf, const char *domain)
{
	const struct spf_term *t;
	struct problem *p;
	size_t i;

	for (i = 0; i < spf->count; i++) {
		t = &spf->terms[i];
		if (t->fault == SPF_FINE)
			continue;
		p = problem_add(ps, PROBLEM_ERROR, spf_fault_word(t->fault),
		    text_show(ps->arena, t->text));
		if (p == NULL || p->value_count > 0)
			continue;
		problem_value(ps, p, "term", t->text);
		problem_value(ps, p, "domain", text_of(domain));
		problem_value_int(ps, p, "position", (int64_t)t->fault_at + 1);
	}
}

void
spf_note_dns(struct problems *ps, struct name name, enum rrtype type, const struct dns_answer *ans)
{
	struct problem *p = problem_add(ps, PROBLEM_ERROR, "dns_error", name.s);

	if (p == NULL || p->value_count > 0)
		return;
	problem_value(ps, p, "name", text_of(name.s));
	problem_value(ps, p, "type", text_of(rrtype_word(type)));
	problem_value(ps, p, "reason", text_of(dns_failure_word(ans->failure)));
}

static void
note(struct run *run, enum problem_severity severity, const char *code, struct level *l,
    struct text term)
{
	struct problems *ps = &run->ret->problems;
	struct problem *p;

	if (run->q->quiet)
		return;
	p = problem_add(ps, severity, code, term.n > 0 ? text_show(run->arena, term) : l->name.s);
	if (p == NULL || p->value_count > 0)
		return;
	problem_value(ps, p, "domain", text_of(l->name.s));
	problem_value(ps, p, "term", term);
}

static void
note_dns(struct run *run, struct name name, enum rrtype type, const struct dns_answer *ans)
{
	if (!run->q->quiet)
		spf_note_dns(&run->ret->problems, name, type, ans);
}

/* Returns the step's index for trace_set; SIZE_MAX when it is not kept. */
static size_t
trace_add(struct run *run, const struct level *l, const struct spf_term *t)
{
	struct spf_answer *r = run->ret;
	size_t size;

	if (run->q->quiet || r->trace_count >= SPF_TRACE_MAX)
		return SIZE_MAX;
	if (r->trace_count == run->trace_size) {
		size = run->trace_size == 0 ? 16 : run->trace_size * 2;
		r->trace = arena_grow(run->arena, r->trace, r->trace_count, size, sizeof(*r->trace));
		run->trace_size = size;
	}
	r->trace[r->trace_count] = (struct spf_trace){ l->depth, l->name.s, t->text,
	    SPF_STEP_SKIPPED, r->lookups };
	return r->trace_count++;
}

static void
trace_set(struct run *run, size_t step, enum outcome o)
{
	static const enum spf_step steps[] = { SPF_STEP_SKIPPED, SPF_STEP_NO_MATCH, SPF_STEP_MATCH,
	    SPF_STEP_TEMPERROR, SPF_STEP_PERMERROR };

	if (step != SIZE_MAX)
		run->ret->trace[step].result = steps[o];
}

/* --- limits ------------------------------------------------------------------------------------ */

/* False: this would be the eleventh term that causes DNS queries (4.6.4). */
static bool
count_lookup(struct run *run, struct level *l, const struct spf_term *t)
{
	if (run->ret->lookups >= SPF_LOOKUPS_MAX) {
		note(run, PROBLEM_ERROR, "lookup_limit", l, t->text);
		return false;
	}
	run->ret->lookups++;
	return true;
}

static bool
is_void(const struct dns_answer *ans)
{
	return ans->outcome == DNS_NXDOMAIN || ans->outcome == DNS_NODATA ||
	    (ans->outcome == DNS_FOUND && ans->count == 0);
}

/* A term found nothing; false when it is the third that did (4.6.4). */
static bool
count_void(struct run *run, struct level *l, const struct spf_term *t)
{
	if (++run->ret->void_lookups <= SPF_VOIDS_MAX)
		return true;
	note(run, PROBLEM_ERROR, "void_limit", l, t->text);
	return false;
}

/* --- names ------------------------------------------------------------------------------------- */

/* 5.5: does the name of the PTR answer lead back to the address?  -1 = not known yet. */
static int
ptr_validates(struct run *run, struct name host)
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

static const struct dns_answer *
ask_ptr(struct run *run)
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
static bool
set_ptr(struct run *run, const struct level *l)
{
	const struct dns_answer *ans;
	struct name host, best = { NULL };
	int valid, rank, best_rank = 0;
	bool pending = false;
	size_t i;

	run->env.ptr = TEXT("unknown");
	if ((ans = ask_ptr(run)) == NULL)
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

enum target { TARGET_OK, TARGET_PENDING, TARGET_BAD, TARGET_SILENT };

/* <target-name> of a term, 4.8.  SILENT: the term matches nothing (RFC 8616 4). */
static enum target
target_name(struct run *run, struct level *l, const struct spf_term *t, struct name *ret,
    struct text *raw)
{
	if (t->domain.n == 0) {
		*ret = l->name;
		if (raw != NULL)
			*raw = l->domain;
		return TARGET_OK;
	}
	if (run->local_8bit && (t->macros & (SPF_LETTER('s') | SPF_LETTER('l'))) != 0)
		return TARGET_SILENT;
	run->env.domain = l->domain;
	if ((t->macros & SPF_LETTER('p')) != 0 && !set_ptr(run, l))
		return TARGET_PENDING;
	if (spf_expand_name(run->arena, t->domain, &run->env, ret, raw))
		return TARGET_OK;
	note(run, PROBLEM_WARNING, "invalid_target", l, t->text);
	return TARGET_BAD;
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
static enum outcome
match_host(struct run *run, struct name host, const struct spf_term *t, bool *found_none)
{
	enum rrtype type = run->ip.family == 4 ? RR_A : RR_AAAA;
	unsigned bits = run->ip.family == 4 ? t->bits4 : t->bits6;
	const struct dns_answer *ans;
	size_t i;

	if ((ans = dns_ask(run->q->dns, host, type)) == NULL)
		return PENDING;
	if (ans->outcome == DNS_FAILED) {
		note_dns(run, host, type, ans);
		return TEMPERROR;
	}
	if (is_void(ans))
		*found_none = true;
	for (i = 0; i < ans->count; i++)
		if (spf_in_net(run->ip, ans->rrs[i].u.ip, bits))
			return MATCH;
	return NO_MATCH;
}

static enum outcome
match_a(struct run *run, struct level *l, const struct spf_term *t, struct name target)
{
	bool found_none = false;
	enum outcome o = match_host(run, target, t, &found_none);

	if (found_none && !count_void(run, l, t))
		return PERMERROR;
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

static enum outcome
match_mx(struct run *run, struct level *l, const struct spf_term *t, struct name target)
{
	const struct dns_answer *ans;
	bool found_none = false;
	enum outcome o = NO_MATCH;
	struct name host;
	uint32_t done = 0;
	size_t i;

	if ((ans = dns_ask(run->q->dns, target, RR_MX)) == NULL)
		return PENDING;
	if (ans->outcome == DNS_FAILED) {
		note_dns(run, target, RR_MX, ans);
		return TEMPERROR;
	}
	if (is_void(ans))
		return count_void(run, l, t) ? NO_MATCH : PERMERROR;
	if (ans->count > SPF_MX_MAX) {
		note(run, PROBLEM_ERROR, "mx_limit", l, t->text);
		return PERMERROR;
	}
	for (i = 0; i < ans->count; i++)	/* ask wide; "" is the null MX, RFC 7505 */
		if (ans->rrs[i].u.mx.exchange.s[0] != '\0')
			(void)dns_ask(run->q->dns, ans->rrs[i].u.mx.exchange,
			    run->ip.family == 4 ? RR_A : RR_AAAA);
	while (o == NO_MATCH && next_mx(ans, &done, &host))
		if (host.s[0] != '\0')
			o = match_host(run, host, t, &found_none);
	if (o == PENDING)
		return PENDING;
	if (found_none && !count_void(run, l, t))
		return PERMERROR;
	return o;
}

static enum outcome
match_exists(struct run *run, struct level *l, const struct spf_term *t, struct name target)
{
	const struct dns_answer *ans;

	if ((ans = dns_ask(run->q->dns, target, RR_A)) == NULL)		/* A for IPv6 too, 5.7 */
		return PENDING;
	if (ans->outcome == DNS_FAILED) {
		note_dns(run, target, RR_A, ans);
		return TEMPERROR;
	}
	if (is_void(ans))
		return count_void(run, l, t) ? NO_MATCH : PERMERROR;
	return MATCH;
}

/* 5.5: an error in the PTR look-up is no match; one in an address look-up skips the name. */
static enum outcome
match_ptr(struct run *run, struct level *l, const struct spf_term *t, struct name target)
{
	const struct dns_answer *ans;
	bool pending = false;
	struct name host;
	size_t i;
	int valid;

	if ((ans = ask_ptr(run)) == NULL)
		return PENDING;
	if (ans->outcome == DNS_FAILED)
		return NO_MATCH;
	if (is_void(ans))
		return count_void(run, l, t) ? NO_MATCH : PERMERROR;
	if (ans->count > SPF_PTR_MAX)
		note(run, PROBLEM_INFO, "ptr_limit", l, t->text);
	for (i = 0; i < ptr_count(ans); i++) {
		host = ans->rrs[i].u.name;
		if (!name_is_under(host, target))
			continue;
		if ((valid = ptr_validates(run, host)) > 0)
			return MATCH;
		pending |= valid < 0;
	}
	return pending ? PENDING : NO_MATCH;
}

/* 5.2: only a pass matches; none and permerror are permerror. */
static enum outcome
match_include(struct run *run, struct level *l, const struct spf_term *t, struct name target,
    struct text domain)
{
	struct level in = { .name = target, .domain = domain, .depth = l->depth + 1 };
	enum spf_result r;

	if (!check_domain(run, &in, &r))
		return PENDING;
	switch (r) {
	case SPF_PASS:
		return MATCH;
	case SPF_TEMPERROR:
		return TEMPERROR;
	case SPF_NONE:
		note(run, PROBLEM_ERROR, "include_no_record", l, t->text);
		return PERMERROR;
	case SPF_PERMERROR:
		return PERMERROR;
	default:
		return NO_MATCH;
	}
}

static enum outcome
match_term(struct run *run, struct level *l, const struct spf_term *t)
{
	struct name target;
	struct text domain;

	if (t->kind == SPF_ALL)
		return MATCH;
	if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
		return spf_in_net(run->ip, t->ip, t->kind == SPF_IP4 ? t->bits4 : t->bits6) ?
		    MATCH : NO_MATCH;
	if (!count_lookup(run, l, t))
		return PERMERROR;
	switch (target_name(run, l, t, &target, &domain)) {
	case TARGET_PENDING:
		return PENDING;
	case TARGET_BAD:
		return t->kind == SPF_INCLUDE ? PERMERROR : NO_MATCH;
	case TARGET_SILENT:
		return NO_MATCH;
	case TARGET_OK:
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

/* --- a record ---------------------------------------------------------------------------------- */

/* 6.1.  The level takes over what the target's record gave, exp included. */
static bool
follow_redirect(struct run *run, struct level *l, enum spf_result *ret)
{
	const struct spf_term *t = l->spf->redirect;
	struct level to = { .depth = l->depth + 1 };
	size_t step;

	*ret = SPF_PERMERROR;
	if (!count_lookup(run, l, t)) {
		trace_set(run, trace_add(run, l, t), PERMERROR);
		return true;
	}
	step = trace_add(run, l, t);
	switch (target_name(run, l, t, &to.name, &to.domain)) {
	case TARGET_PENDING:
		return false;
	case TARGET_BAD:
		trace_set(run, step, PERMERROR);
		return true;
	case TARGET_SILENT:
		*ret = SPF_NEUTRAL;
		return true;
	case TARGET_OK:
		break;
	}
	if (!check_domain(run, &to, ret))
		return false;
	if (*ret == SPF_NONE) {
		note(run, PROBLEM_ERROR, "redirect_no_record", l, t->text);
		*ret = SPF_PERMERROR;
	}
	trace_set(run, step, *ret == SPF_TEMPERROR ? TEMPERROR : *ret == SPF_PERMERROR ? PERMERROR : MATCH);
	l->matched = to.matched;
	l->exp = to.exp;
	l->exp_domain = to.exp_domain;
	return true;
}

/* Ask for what the record's terms will want, so that all of it comes at once. */
static void
ask_ahead(struct run *run, struct level *l)
{
	unsigned left = SPF_LOOKUPS_MAX - run->ret->lookups;
	const struct spf_term *t;
	struct name target;
	size_t i;

	for (i = 0; i < l->spf->count && left > 0; i++) {
		t = &l->spf->terms[i];
		if (t->kind == SPF_ALL)
			return;
		if (!spf_costs(t->kind) || (t->macros & SPF_LETTER('p')) != 0)
			continue;
		left--;
		if (t->kind == SPF_PTR)
			(void)ask_ptr(run);
		else if (target_name(run, l, t, &target, NULL) == TARGET_OK)
			(void)dns_ask(run->q->dns, target, t->kind == SPF_MX ? RR_MX :
			    t->kind == SPF_INCLUDE || t->kind == SPF_REDIRECT ? RR_TXT :
			    t->kind == SPF_EXISTS || run->ip.family == 4 ? RR_A : RR_AAAA);
	}
}

static enum spf_result
qualified(char qualifier)
{
	switch (qualifier) {
	case '-':	return SPF_FAIL;
	case '~':	return SPF_SOFTFAIL;
	case '?':	return SPF_NEUTRAL;
	default:	return SPF_PASS;
	}
}

/* 4.6: terms from left to right, then redirect, then neutral. */
static bool
eval_record(struct run *run, struct level *l, enum spf_result *ret)
{
	const struct spf *spf = l->spf;
	const struct spf_term *t;
	enum outcome o = NO_MATCH;
	size_t i, step;

	if (spf->faults > 0) {			/* before any mechanism is tried */
		if (!run->q->quiet)
			spf_note_faults(&run->ret->problems, spf, l->name.s);
		*ret = SPF_PERMERROR;
		return true;
	}
	l->exp = spf->exp;
	l->exp_domain = l->domain;
	if (run->q->ask_ahead)
		ask_ahead(run, l);
	for (i = 0; i < spf->count && o == NO_MATCH; i++) {
		t = &spf->terms[i];
		if (!spf_is_mechanism(t->kind))
			continue;
		step = trace_add(run, l, t);
		if (step != SIZE_MAX && spf_costs(t->kind) && run->ret->lookups < SPF_LOOKUPS_MAX)
			run->ret->trace[step].lookups++;
		if ((o = match_term(run, l, t)) == PENDING)
			return false;
		trace_set(run, step, o);
		if (o == MATCH)
			l->matched = t;
	}
	if (o == NO_MATCH && spf->redirect != NULL)
		return follow_redirect(run, l, ret);
	for (; i < spf->count; i++)
		if (spf_is_mechanism(spf->terms[i].kind))
			trace_add(run, l, &spf->terms[i]);
	if (spf->redirect != NULL)
		trace_add(run, l, spf->redirect);
	*ret = o == MATCH ? qualified(l->matched->qualifier) : o == TEMPERROR ? SPF_TEMPERROR :
	    o == PERMERROR ? SPF_PERMERROR : SPF_NEUTRAL;
	return true;
}

/* 4.3 to 4.7 for one name.  False = pending. */
static bool
check_domain(struct run *run, struct level *l, enum spf_result *ret)
{
	const struct dns_answer *ans;
	struct spf_found found;

	*ret = SPF_NONE;
	if (name_labels(l->name) < 2)
		return true;
	if ((ans = dns_ask(run->q->dns, l->name, RR_TXT)) == NULL)
		return false;
	if (ans->outcome == DNS_FAILED) {
		note_dns(run, l->name, RR_TXT, ans);
		*ret = SPF_TEMPERROR;
		return true;
	}
	if (l->depth > 0 && is_void(ans))
		run->ret->void_lookups++;	/* and "none" is a permerror there anyway */
	spf_select(ans, &found);
	if (found.count == 0) {
		if (found.near.p != NULL)
			note(run, PROBLEM_WARNING, "not_a_record", l, found.near);
		else if (l->depth == 0)
			note(run, PROBLEM_INFO, "no_record", l, (struct text){ NULL, 0 });
		return true;
	}
	if (found.count > 1) {			/* 4.5 */
		note(run, PROBLEM_ERROR, "multiple_records", l, (struct text){ NULL, 0 });
		*ret = SPF_PERMERROR;
		return true;
	}
	l->spf = spf_cached(run->q->cache, run->arena, found.first);
	return eval_record(run, l, ret);
}

/* --- explanation ------------------------------------------------------------------------------- */

static bool
is_printable(struct text t)
{
	size_t i;

	for (i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < 0x20 || (unsigned char)t.p[i] > 0x7e)
			return false;
	return true;
}

/*
 * 6.2: whatever goes wrong, proceed as if there were no exp.  Fetching it
 * counts toward no limit.  False = pending.
 */
static bool
explain(struct run *run, struct level *l)
{
	const struct dns_answer *ans;
	struct level at = { .name = l->name, .domain = l->exp_domain };
	uint32_t macros;
	struct text t;
	struct name target;
	size_t where;

	if (l->exp == NULL || run->q->quiet)
		return true;
	(void)name_parse(run->arena, l->exp_domain, &at.name);
	switch (target_name(run, &at, l->exp, &target, NULL)) {
	case TARGET_PENDING:
		return false;
	case TARGET_OK:
		break;
	default:
		return true;
	}
	if ((ans = dns_ask(run->q->dns, target, RR_TXT)) == NULL)
		return false;
	if (ans->outcome != DNS_FOUND || ans->count != 1) {
		note(run, PROBLEM_INFO, "explanation_ignored", l, l->exp->text);
		return true;
	}
	t = ans->rrs[0].u.txt.joined;
	if (spf_macro_check(t, SPF_EXPLAIN_STRING, &macros, &where) != SPF_FINE) {
		note(run, PROBLEM_INFO, "explanation_ignored", l, l->exp->text);
		return true;
	}
	if ((macros & SPF_LETTER('p')) != 0 && !set_ptr(run, &at))
		return false;
	run->env.domain = l->exp_domain;
	if (spf_expand_text(run->arena, t, &run->env, SPF_EXPLANATION_MAX, &t) && t.n > 0 &&
	    is_printable(t))		/* it goes into an SMTP reply */
		run->ret->explanation = t;
	else
		note(run, PROBLEM_INFO, "explanation_ignored", l, l->exp->text);
	return true;
}

/* --- the question ------------------------------------------------------------------------------ */

static bool
is_ascii(struct text t)
{
	size_t i;

	for (i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] > 0x7f)
			return false;
	return true;
}

/* 2.4, 4.3: a null sender is postmaster@HELO, a missing local part is postmaster. */
static struct text
split_sender(struct run *run)
{
	struct text s = text_trim(run->q->sender);
	size_t at;

	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = (struct text){ s.p + 1, s.n - 2 };
	run->env.local = TEXT("postmaster");
	if (s.n == 0) {
		run->ret->helo_identity = true;
		return text_trim(run->q->helo);
	}
	for (at = s.n; at > 0 && s.p[at - 1] != '@'; at--)
		;
	if (at > 1)
		run->env.local = text_head(s, at - 1);
	return text_skip(s, at);
}

/* False: not a fully qualified name, so there is nothing to ask (4.3). */
static bool
domain_name(struct arena *a, struct text t, struct name *ret)
{
	if (t.n == 0 || t.p[0] == '[')		/* address literal */
		return false;
	if (!is_ascii(t))			/* RFC 8616 4: A-labels from here on */
		return name_from_person(a, t, ret, NULL) && name_labels(*ret) >= 2;
	return memchr(t.p, '\\', t.n) == NULL && name_parse(a, t, ret) && name_labels(*ret) >= 2;
}

static const char *
lower_show(struct arena *a, struct text t)
{
	char *s, *p;

	s = arena_strdup(a, text_show(a, t));
	for (p = s; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return s;
}

bool
spf_check_host(struct arena *a, const struct spf_query *q, struct spf_answer *ret)
{
	struct run run = { .arena = a, .q = q, .ip = ip_unmap(q->ip), .ret = ret };
	struct level top = { .depth = 0 };
	struct text domain;

	memset(ret, 0, sizeof(*ret));
	ret->problems = problems_in(a);
	domain = split_sender(&run);
	if (!domain_name(a, domain, &top.name)) {
		top.name.s = ret->domain = lower_show(a, domain);
		note(&run, PROBLEM_INFO, "no_domain_name", &top, (struct text){ NULL, 0 });
		return true;			/* none */
	}
	ret->domain = top.name.s;
	top.domain = text_of(top.name.s);
	run.env.sender_domain = top.domain;
	run.env.ip = run.ip;
	run.env.helo = text_trim(q->helo);
	run.env.receiver = q->receiver.n > 0 ? q->receiver : TEXT("unknown");
	run.env.now_s = q->now_s;
	run.local_8bit = !is_ascii(run.env.local);
	if (!check_domain(&run, &top, &ret->result))
		return false;
	if (top.spf != NULL)
		ret->record = top.spf->text;
	if (top.matched != NULL && ret->result != SPF_TEMPERROR && ret->result != SPF_PERMERROR)
		ret->mechanism = top.matched->text;
	if (ret->result == SPF_FAIL && !explain(&run, &top))
		return false;
	problems_sort(&ret->problems);
	return true;
}
