#include <string.h>

#include "base/arena.h"
#include "mail/spf_explain.h"
#include "mail/spf_macro.h"

struct walk {
	struct arena			*arena;
	const struct spf_explain_query	*q;
	struct spf_tree			*ret;
	bool				 v4, v6;	/* families that matter */
	unsigned			 voids, voids4, voids6;
	unsigned			 asked;
	size_t				 size;
	bool				 pending;
};

struct branch {
	struct name		 name;
	unsigned		 depth;
	const struct branch	*up;
};

static const char *const note_words[] = { "kind", "fault", "dead", "macro", "loop", "no_record",
    "many_records", "void", "failed", "mx_many", "cut" };
static const char *const kind_words[] = { "unknown", "all", "include", "a", "mx", "ptr", "ip4", "ip6",
    "exists", "redirect", "exp", "modifier" };

const char *
spf_note_word(enum spf_note n)
{
	return note_words[n];
}

const char *
spf_kind_word(enum spf_kind k)
{
	return kind_words[k];
}

static void	walk_record(struct walk *, const struct branch *, const struct spf *);

static size_t
add(struct walk *w, const struct branch *b, const struct spf_term *t)
{
	struct spf_tree *r = w->ret;
	size_t size;

	if (r->count == w->size) {
		size = w->size == 0 ? 32 : w->size * 2;
		r->terms = arena_grow(w->arena, r->terms, r->count, size, sizeof(*r->terms));
		w->size = size;
	}
	r->terms[r->count] = (struct spf_cost){ .depth = b->depth, .domain = b->name.s, .term = t };
	return r->count++;
}

static void
problem(struct walk *w, const char *code, const struct branch *b, struct text term)
{
	struct problems *ps = &w->ret->problems;
	struct problem *p = problem_add(ps, PROBLEM_ERROR, code,
	    term.n == 0 ? b->name.s : text_show(w->arena, term));

	w->ret->permerror = true;
	if (p == NULL || p->value_count > 0)
		return;
	problem_value(ps, p, "term", term);
	problem_value(ps, p, "domain", text_of(b->name.s));
}

static bool
found_nothing(const struct dns_answer *ans)
{
	return ans->outcome != DNS_FAILED && (ans->outcome != DNS_FOUND || ans->count == 0);
}

/* The answer; NULL: none yet, or it failed (noted). */
static const struct dns_answer *
ask(struct walk *w, struct spf_cost *c, struct name name, enum rrtype type)
{
	const struct dns_answer *ans;

	if (++w->asked > SPF_TREE_ASKS_MAX) {
		w->ret->cut = true;
		return NULL;
	}
	if ((ans = dns_ask(w->q->dns, name, type)) == NULL) {
		w->pending = true;
		return NULL;
	}
	if (ans->outcome != DNS_FAILED)
		return ans;
	spf_note_dns(&w->ret->problems, name, type, ans);
	w->ret->temperror = true;
	c->note = SPF_NOTE_FAILED;
	return NULL;
}

/* Addresses of a host for the families that matter. */
static void
look_host(struct walk *w, struct spf_cost *c, struct name host)
{
	const struct dns_answer *ans;

	if (w->v4 && (ans = ask(w, c, host, RR_A)) != NULL && found_nothing(ans))
		c->void4 = true;
	if (w->v6 && (ans = ask(w, c, host, RR_AAAA)) != NULL && found_nothing(ans))
		c->void6 = true;
}

static void
look_mx(struct walk *w, struct spf_cost *c, const struct branch *b, struct name target)
{
	const struct dns_answer *ans;
	size_t i;

	if ((ans = ask(w, c, target, RR_MX)) == NULL)
		return;
	if (found_nothing(ans))
		c->void4 = c->void6 = true;
	if (ans->outcome == DNS_FOUND && ans->count > SPF_MX_MAX) {
		c->note = SPF_NOTE_MX_MANY;
		problem(w, "mx_limit", b, c->term->text);
		return;
	}
	for (i = 0; ans->outcome == DNS_FOUND && i < ans->count; i++)
		if (ans->rrs[i].u.mx.exchange.s[0] != '\0')
			look_host(w, c, ans->rrs[i].u.mx.exchange);
}

static bool
is_on_path(const struct branch *b, struct name name)
{
	for (; b != NULL; b = b->up)
		if (name_eq(b->name, name))
			return true;
	return false;
}

/* include and redirect: into the target's record. */
static void
look_record(struct walk *w, size_t at, const struct branch *b, struct name target)
{
	struct branch down = { target, b->depth + 1, b };
	struct spf_cost *c = &w->ret->terms[at];
	const struct spf_term *t = c->term;
	const struct dns_answer *ans;
	struct spf_found found;
	const struct spf *spf;

	if (is_on_path(b, target)) {
		c->note = SPF_NOTE_LOOP;
		problem(w, "loop", b, t->text);
		return;
	}
	if (down.depth > SPF_TREE_DEPTH_MAX) {
		c->note = SPF_NOTE_CUT;
		w->ret->cut = true;
		return;
	}
	if ((ans = ask(w, c, target, RR_TXT)) == NULL)
		return;
	c->void4 = c->void6 = found_nothing(ans);
	spf_select(ans, &found);
	if (found.count != 1 || name_labels(target) < 2) {
		c->note = found.count > 1 ? SPF_NOTE_MANY_RECORDS : SPF_NOTE_NO_RECORD;
		if (found.count > 1)
			problem(w, "multiple_records", &down, (struct text){ NULL, 0 });
		else
			problem(w, t->kind == SPF_INCLUDE ? "include_no_record" : "redirect_no_record",
			    b, t->text);
		return;
	}
	spf = spf_cached(w->q->cache, w->arena, found.first);
	walk_record(w, &down, spf);
}

/* What the term asks for, if that can be known without a message. */
static bool
static_target(struct walk *w, struct spf_cost *c, const struct branch *b, struct name *ret)
{
	const uint32_t known = SPF_LETTER('d') | SPF_LETTER('o') | SPF_ESCAPES | SPF_URL;
	struct spf_macro_env env = { .domain = text_of(b->name.s) };

	*ret = b->name;
	if (c->term->domain.n == 0)
		return true;
	if ((c->term->macros & ~known) != 0) {
		c->note = SPF_NOTE_MACRO;
		return false;
	}
	env.sender_domain = text_of(w->q->domain.s);
	if (spf_expand_name(w->arena, c->term->domain, &env, ret, NULL))
		return true;
	if (c->term->kind == SPF_INCLUDE || c->term->kind == SPF_REDIRECT)
		problem(w, c->term->kind == SPF_INCLUDE ? "include_no_record" : "redirect_no_record", b,
		    c->term->text);
	c->note = SPF_NOTE_NO_RECORD;
	return false;
}

static void
look_term(struct walk *w, size_t at, const struct branch *b)
{
	struct spf_cost *c = &w->ret->terms[at];
	const struct dns_answer *ans;
	struct name target;

	c->cost = 1;
	w->ret->lookups++;
	if (!static_target(w, c, b, &target))
		return;
	switch (c->term->kind) {
	case SPF_A:
		look_host(w, c, target);
		break;
	case SPF_MX:
		look_mx(w, c, b, target);
		break;
	case SPF_EXISTS:
		if ((ans = ask(w, c, target, RR_A)) != NULL && found_nothing(ans))
			c->void4 = c->void6 = true;
		break;
	case SPF_INCLUDE:
	case SPF_REDIRECT:
		look_record(w, at, b, target);
		break;
	default:			/* ptr: what it finds depends on the client */
		break;
	}
}

static void
walk_term(struct walk *w, const struct branch *b, const struct spf *spf, const struct spf_term *t)
{
	bool behind_all = spf->all != NULL && spf_is_mechanism(t->kind) && t > spf->all;
	unsigned before = w->ret->lookups;
	struct spf_cost *c;
	size_t at;

	if (w->ret->count >= SPF_TREE_TERMS_MAX) {
		w->ret->cut = true;
		return;
	}
	at = add(w, b, t);
	if (t->fault != SPF_FINE)
		w->ret->terms[at].note = SPF_NOTE_FAULT;
	else if (behind_all || (t->kind == SPF_REDIRECT && spf->all != NULL))
		w->ret->terms[at].note = SPF_NOTE_DEAD;
	else if (spf_costs(t->kind))
		look_term(w, at, b);
	c = &w->ret->terms[at];		/* the list may have moved */
	c->total = w->ret->lookups - before;
	c->is_void = (c->void4 || !w->v4) && (c->void6 || !w->v6);
	if (w->q->address_count > 0)	/* one family that sends is enough */
		c->is_void = (c->void4 && w->v4) || (c->void6 && w->v6);
	if (c->is_void && c->note == SPF_NOTE_KIND)
		c->note = SPF_NOTE_VOID;
	w->voids += c->is_void;
	w->voids4 += c->void4 && w->v4;
	w->voids6 += c->void6 && w->v6;
}

static void
walk_record(struct walk *w, const struct branch *b, const struct spf *spf)
{
	size_t i;

	if (spf->faults > 0) {
		w->ret->permerror = true;
		spf_note_faults(&w->ret->problems, spf, b->name.s);
	}
	for (i = 0; i < spf->count; i++)
		walk_term(w, b, spf, &spf->terms[i]);
}

/* The numbers against the limits. */
static void
judge(struct walk *w)
{
	struct spf_tree *r = w->ret;
	struct problem *p = NULL;

	r->void_lookups = w->voids;
	if (w->q->address_count > 0)		/* the family that is worse off */
		r->void_lookups = w->voids4 > w->voids6 ? w->voids4 : w->voids6;
	if (r->lookups > SPF_LOOKUPS_MAX)
		p = problem_add(&r->problems, PROBLEM_ERROR, "lookups_over", w->q->domain.s);
	else if (r->lookups >= SPF_LOOKUPS_MAX - 1)
		p = problem_add(&r->problems, PROBLEM_WARNING, "lookups_near", w->q->domain.s);
	if (p != NULL)
		problem_value_int(&r->problems, p, "count", r->lookups);
	p = NULL;
	if (r->void_lookups > SPF_VOIDS_MAX)
		p = problem_add(&r->problems, PROBLEM_ERROR, "voids_over", w->q->domain.s);
	else if (r->void_lookups == SPF_VOIDS_MAX)
		p = problem_add(&r->problems, PROBLEM_WARNING, "voids_near", w->q->domain.s);
	if (p != NULL)
		problem_value_int(&r->problems, p, "count", r->void_lookups);
	if (r->cut)
		problem_add(&r->problems, PROBLEM_ERROR, "tree_cut", w->q->domain.s);
}

static bool
ask_results(struct walk *w)
{
	const struct spf_explain_query *q = w->q;
	struct spf_query host = { .helo = q->helo, .dns = q->dns, .cache = q->cache, .now_s = q->now_s,
	    .quiet = true, .ask_ahead = true };
	struct spf_answer ans;
	bool complete = true;
	size_t i;

	host.sender = text_of(q->domain.s);		/* postmaster@ */
	if (host.helo.n == 0)
		host.helo = host.sender;
	w->ret->results = arena_array(w->arena, q->address_count, sizeof(*w->ret->results));
	w->ret->result_count = q->address_count;
	for (i = 0; i < q->address_count; i++) {
		host.ip = q->addresses[i];
		if (!spf_check_host(w->arena, &host, &ans)) {
			complete = false;
			continue;
		}
		w->ret->results[i] = (struct spf_address_result){ q->addresses[i], ans.result };
	}
	return complete;
}

static void
families(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->q->address_count; i++)
		if (ip_unmap(w->q->addresses[i]).family == 6)
			w->v6 = true;
		else
			w->v4 = true;
	if (w->q->address_count == 0)
		w->v4 = w->v6 = true;
}

/* The domain's own records; the tree is made when there is exactly one. */
static void
walk_domain(struct walk *w, const struct dns_answer *ans)
{
	struct branch top = { w->q->domain, 0, NULL };
	struct spf_tree *r = w->ret;
	const struct rr **all;
	struct spf_found found;
	struct text *records;
	size_t i;

	if (ans->outcome == DNS_FAILED) {
		spf_note_dns(&r->problems, w->q->domain, RR_TXT, ans);
		r->failed = r->temperror = true;
		return;
	}
	spf_select(ans, &found);
	r->near = found.near;
	if (found.near.p != NULL && found.count == 0) {
		problem(w, "not_a_record", &top, found.near);
		r->permerror = false;
	}
	all = spf_select_all(w->arena, ans, &r->record_count);
	records = arena_array(w->arena, r->record_count, sizeof(*records));
	for (i = 0; i < r->record_count; i++)
		records[i] = all[i]->u.txt.joined;
	r->records = records;
	if (r->record_count > 1)
		problem(w, "multiple_records", &top, (struct text){ NULL, 0 });
	if (r->record_count != 1)
		return;
	r->spf = spf_cached(w->q->cache, w->arena, found.first);
	walk_record(w, &top, r->spf);
	spf_lint(&r->problems, r->spf, top.name.s);
	judge(w);
}

bool
spf_explain(struct arena *a, const struct spf_explain_query *q, struct spf_tree *ret)
{
	struct walk w = { .arena = a, .q = q, .ret = ret };
	const struct dns_answer *ans;
	bool complete;

	memset(ret, 0, sizeof(*ret));
	ret->problems = problems_in(a);
	families(&w);
	if ((ans = dns_ask(q->dns, q->domain, RR_TXT)) == NULL)
		return false;
	walk_domain(&w, ans);
	complete = ask_results(&w);
	if (w.pending || !complete)
		return false;
	problems_sort(&ret->problems);
	return true;
}
