#include <string.h>

#include "base/arena.h"
#include "mail/spf_run.h"

static const char *const step_words[] = {
	"skipped", "no_match", "match", "temperror", "permerror",
};

const char *
spf_step_word(enum spf_step s)
{
	return step_words[s];
}

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

void
spf_run_note(struct spf_run *run, enum problem_severity severity, const char *code, struct spf_level *l,
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

void
spf_run_note_dns(struct spf_run *run, struct name name, enum rrtype type, const struct dns_answer *ans)
{
	if (!run->q->quiet)
		spf_note_dns(&run->ret->problems, name, type, ans);
}

/* Returns the step's index for trace_set; SIZE_MAX when it is not kept. */
static size_t
trace_add(struct spf_run *run, const struct spf_level *l, const struct spf_term *t)
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
trace_set(struct spf_run *run, size_t step, enum spf_outcome o)
{
	static const enum spf_step steps[] = { SPF_STEP_SKIPPED, SPF_STEP_NO_MATCH, SPF_STEP_MATCH,
	    SPF_STEP_TEMPERROR, SPF_STEP_PERMERROR };

	if (step != SIZE_MAX)
		run->ret->trace[step].result = steps[o];
}

/* --- a record ---------------------------------------------------------------------------------- */

/* 6.1.  The level takes over what the target's record gave, exp included. */
static bool
follow_redirect(struct spf_run *run, struct spf_level *l, enum spf_result *ret)
{
	const struct spf_term *t = l->spf->redirect;
	struct spf_level to = { .depth = l->depth + 1 };
	size_t step;

	*ret = SPF_PERMERROR;
	if (!spf_run_lookup(run, l, t)) {
		trace_set(run, trace_add(run, l, t), SPF_MATCH_PERMERROR);
		return true;
	}
	step = trace_add(run, l, t);
	switch (spf_run_target(run, l, t, &to.name, &to.domain)) {
	case SPF_TARGET_PENDING:
		return false;
	case SPF_TARGET_BAD:
		trace_set(run, step, SPF_MATCH_PERMERROR);
		return true;
	case SPF_TARGET_SILENT:
		*ret = SPF_NEUTRAL;
		return true;
	case SPF_TARGET_OK:
		break;
	}
	if (!spf_run_domain(run, &to, ret))
		return false;
	if (*ret == SPF_NONE) {
		spf_run_note(run, PROBLEM_ERROR, "redirect_no_record", l, t->text);
		*ret = SPF_PERMERROR;
	}
	trace_set(run, step, *ret == SPF_TEMPERROR ? SPF_MATCH_TEMPERROR :
	    *ret == SPF_PERMERROR ? SPF_MATCH_PERMERROR : SPF_MATCH);
	l->matched = to.matched;
	l->exp = to.exp;
	l->exp_domain = to.exp_domain;
	return true;
}

/* Ask for what the record's terms will want, so that all of it comes at once. */
static void
ask_ahead(struct spf_run *run, struct spf_level *l)
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
			(void)spf_run_ask_ptr(run);
		else if (spf_run_target(run, l, t, &target, NULL) == SPF_TARGET_OK)
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
eval_record(struct spf_run *run, struct spf_level *l, enum spf_result *ret)
{
	const struct spf *spf = l->spf;
	const struct spf_term *t;
	enum spf_outcome o = SPF_NO_MATCH;
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
	for (i = 0; i < spf->count && o == SPF_NO_MATCH; i++) {
		t = &spf->terms[i];
		if (!spf_is_mechanism(t->kind))
			continue;
		step = trace_add(run, l, t);
		if (step != SIZE_MAX && spf_costs(t->kind) && run->ret->lookups < SPF_LOOKUPS_MAX)
			run->ret->trace[step].lookups++;
		if ((o = spf_run_term(run, l, t)) == SPF_PENDING)
			return false;
		trace_set(run, step, o);
		if (o == SPF_MATCH)
			l->matched = t;
	}
	if (o == SPF_NO_MATCH && spf->redirect != NULL)
		return follow_redirect(run, l, ret);
	for (; i < spf->count; i++)
		if (spf_is_mechanism(spf->terms[i].kind))
			trace_add(run, l, &spf->terms[i]);
	if (spf->redirect != NULL)
		trace_add(run, l, spf->redirect);
	*ret = o == SPF_MATCH ? qualified(l->matched->qualifier) : o == SPF_MATCH_TEMPERROR ? SPF_TEMPERROR :
	    o == SPF_MATCH_PERMERROR ? SPF_PERMERROR : SPF_NEUTRAL;
	return true;
}

bool
spf_run_domain(struct spf_run *run, struct spf_level *l, enum spf_result *ret)
{
	const struct dns_answer *ans;
	struct spf_found found;

	*ret = SPF_NONE;
	if (name_labels(l->name) < 2)
		return true;
	if ((ans = dns_ask(run->q->dns, l->name, RR_TXT)) == NULL)
		return false;
	if (ans->outcome == DNS_FAILED) {
		spf_run_note_dns(run, l->name, RR_TXT, ans);
		*ret = SPF_TEMPERROR;
		return true;
	}
	if (l->depth > 0 && spf_found_nothing(ans))
		run->ret->void_lookups++;	/* and "none" is a permerror there anyway */
	spf_select(ans, &found);
	if (found.count == 0) {
		if (found.near.p != NULL)
			spf_run_note(run, PROBLEM_WARNING, "not_a_record", l, found.near);
		else if (l->depth == 0)
			spf_run_note(run, PROBLEM_INFO, "no_record", l, (struct text){ NULL, 0 });
		return true;
	}
	if (found.count > 1) {			/* 4.5 */
		spf_run_note(run, PROBLEM_ERROR, "multiple_records", l, (struct text){ NULL, 0 });
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
explain(struct spf_run *run, struct spf_level *l)
{
	const struct dns_answer *ans;
	struct spf_level at = { .name = l->name, .domain = l->exp_domain };
	uint32_t macros;
	struct text t;
	struct name target;
	size_t where;

	if (l->exp == NULL || run->q->quiet)
		return true;
	(void)name_parse(run->arena, l->exp_domain, &at.name);
	switch (spf_run_target(run, &at, l->exp, &target, NULL)) {
	case SPF_TARGET_PENDING:
		return false;
	case SPF_TARGET_OK:
		break;
	default:
		return true;
	}
	if ((ans = dns_ask(run->q->dns, target, RR_TXT)) == NULL)
		return false;
	if (ans->outcome != DNS_FOUND || ans->count != 1) {
		spf_run_note(run, PROBLEM_INFO, "explanation_ignored", l, l->exp->text);
		return true;
	}
	t = ans->rrs[0].u.txt.joined;
	if (spf_macro_check(t, SPF_EXPLAIN_STRING, &macros, &where) != SPF_FINE) {
		spf_run_note(run, PROBLEM_INFO, "explanation_ignored", l, l->exp->text);
		return true;
	}
	if ((macros & SPF_LETTER('p')) != 0 && !spf_run_ptr(run, &at))
		return false;
	run->env.domain = l->exp_domain;
	if (spf_expand_text(run->arena, t, &run->env, SPF_EXPLANATION_MAX, &t) && t.n > 0 &&
	    is_printable(t))		/* it goes into an SMTP reply */
		run->ret->explanation = t;
	else
		spf_run_note(run, PROBLEM_INFO, "explanation_ignored", l, l->exp->text);
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
split_sender(struct spf_run *run)
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
	struct spf_run run = { .arena = a, .q = q, .ip = ip_unmap(q->ip), .ret = ret };
	struct spf_level top = { .depth = 0 };
	struct text domain;

	memset(ret, 0, sizeof(*ret));
	ret->problems = problems_in(a);
	domain = split_sender(&run);
	if (!domain_name(a, domain, &top.name)) {
		top.name.s = ret->domain = lower_show(a, domain);
		spf_run_note(&run, PROBLEM_INFO, "no_domain_name", &top, (struct text){ NULL, 0 });
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
	if (!spf_run_domain(&run, &top, &ret->result))
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
