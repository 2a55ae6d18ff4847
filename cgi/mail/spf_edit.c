#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_edit.h"
#include "mail/spf_eval.h"
#include "mail/spf_explain.h"

static const char *const op_words[] = { "keep", "add", "change", "drop" };

const char *
spf_op_word(enum spf_op op)
{
	return op_words[op];
}

/* One term by itself, parsed; it points into text that lives in the arena. */
static struct spf_term
parse_one(struct arena *a, struct text t)
{
	struct str s = str_in(a, t.n + 8);
	const struct spf *spf;

	str_add(&s, "v=spf1 ");
	str_addt(&s, t);
	spf = spf_parse(a, str_text(&s));
	if (spf == NULL || spf->count == 0)
		return (struct spf_term){ .kind = SPF_UNKNOWN, .fault = SPF_UNKNOWN_MECHANISM };
	return spf->terms[0];
}

struct spf_draft *
spf_draft_new(struct arena *a)
{
	struct spf_draft *d = arena_zalloc(a, sizeof(*d));

	d->arena = a;
	d->version = TEXT("v=spf1");
	return d;
}

static struct spf_edit *
insert(struct spf_draft *d, size_t at)
{
	size_t size;

	if (d->count == d->size) {
		size = d->size == 0 ? 16 : d->size * 2;
		d->edits = arena_grow(d->arena, d->edits, d->count, size, sizeof(*d->edits));
		d->size = size;
	}
	memmove(&d->edits[at + 1], &d->edits[at], (d->count - at) * sizeof(*d->edits));
	d->count++;
	memset(&d->edits[at], 0, sizeof(d->edits[at]));
	return &d->edits[at];
}

struct spf_draft *
spf_draft_of(struct arena *a, const struct spf *spf)
{
	struct spf_draft *d = spf_draft_new(a);
	struct spf_edit *e;
	size_t i;

	d->version = text_head(spf->text, 6);
	for (i = 0; i < spf->count; i++) {
		e = insert(d, d->count);
		e->before = e->after = spf->terms[i].text;
		e->term = spf->terms[i];
	}
	return d;
}

struct spf_draft *
spf_draft_copy(struct arena *a, const struct spf_draft *from)
{
	struct spf_draft *d = spf_draft_new(a);

	d->version = from->version;
	d->count = d->size = from->count;
	d->edits = arena_array(a, from->count, sizeof(*d->edits));
	if (from->count > 0)
		memcpy(d->edits, from->edits, from->count * sizeof(*d->edits));
	return d;
}

void
spf_draft_add(struct spf_draft *d, size_t at, struct text term, const char *why)
{
	struct spf_edit *e = insert(d, at);

	e->op = SPF_ADD;
	e->after = term;
	e->why = why;
	e->term = parse_one(d->arena, term);
}

void
spf_draft_change(struct spf_draft *d, size_t at, struct text term, const char *why)
{
	struct spf_edit *e = &d->edits[at];

	if (e->op == SPF_KEEP)
		e->op = SPF_CHANGE;
	e->after = term;
	e->why = why;
	e->term = parse_one(d->arena, term);
}

void
spf_draft_drop(struct spf_draft *d, size_t at, const char *why)
{
	struct spf_edit *e = &d->edits[at];

	if (e->op == SPF_ADD) {			/* as if it had never been */
		memmove(e, e + 1, (d->count - at - 1) * sizeof(*e));
		d->count--;
		return;
	}
	e->op = SPF_DROP;
	e->after = (struct text){ "", 0 };
	e->why = why;
}

size_t
spf_draft_find(const struct spf_draft *d, enum spf_kind kind)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->edits[i].op != SPF_DROP && d->edits[i].term.kind == kind)
			return i;
	return SIZE_MAX;
}

size_t
spf_draft_before_all(const struct spf_draft *d)
{
	size_t at = spf_draft_find(d, SPF_ALL);

	if (at != SIZE_MAX)
		return at;
	for (at = d->count; at > 0; at--)	/* modifiers stay last */
		if (d->edits[at - 1].op != SPF_DROP && d->edits[at - 1].term.kind < SPF_REDIRECT)
			break;
	return at;
}

bool
spf_draft_changed(const struct spf_draft *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->edits[i].op != SPF_KEEP)
			return true;
	return false;
}

struct text
spf_draft_text(const struct spf_draft *d)
{
	struct str s = str_in(d->arena, 1 << 20);
	size_t i;

	str_addt(&s, d->version);
	for (i = 0; i < d->count; i++)
		if (d->edits[i].op != SPF_DROP) {
			str_addc(&s, ' ');
			str_addt(&s, d->edits[i].after);
		}
	return str_text(&s);
}

/* --- saying it once ---------------------------------------------------------------------------- */

static bool
is_inside(const struct spf_term *t, const struct spf_term *wide)
{
	if (t->kind != wide->kind || t->qualifier != wide->qualifier)
		return false;
	if (t->kind == SPF_IP4)
		return wide->bits4 < t->bits4 && spf_in_net(t->ip, wide->ip, wide->bits4);
	return t->kind == SPF_IP6 && wide->bits6 < t->bits6 && spf_in_net(t->ip, wide->ip, wide->bits6);
}

/* Another qualifier between the two could decide otherwise for what both hold. */
static bool
is_alone_between(const struct spf_draft *d, size_t x, size_t y)
{
	size_t i, from = x < y ? x : y, to = x < y ? y : x;

	for (i = from + 1; i < to; i++)
		if (d->edits[i].op != SPF_DROP && spf_is_mechanism(d->edits[i].term.kind) &&
		    d->edits[i].term.qualifier != d->edits[x].term.qualifier)
			return false;
	return true;
}

#define DEDUPE_MAX	300	/* terms; a longer record is not somebody's mistake */

void
spf_draft_dedupe(struct spf_draft *d)
{
	struct spf_edit *x, *y;
	size_t i, j;

	for (i = 0; i < d->count && i < DEDUPE_MAX; i++) {
		x = &d->edits[i];
		if (x->op == SPF_DROP || !spf_is_mechanism(x->term.kind) || x->term.fault != SPF_FINE)
			continue;
		for (j = 0; j < d->count && j < DEDUPE_MAX; j++) {
			y = &d->edits[j];
			if (j == i || y->op == SPF_DROP || x->term.kind == SPF_ALL ||
			    !is_alone_between(d, i, j))
				continue;
			if ((j < i && spf_same_term(&y->term, &x->term)) || is_inside(&x->term, &y->term)) {
				spf_draft_drop(d, i, j < i && spf_same_term(&y->term, &x->term) ?
				    "duplicate" : "covered");
				if (i < d->count && d->edits[i].op != SPF_DROP)
					i--;		/* it is gone altogether */
				break;
			}
		}
	}
}

struct text
spf_address_term(struct arena *a, struct ip ip)
{
	ip = ip_unmap(ip);
	return text_of(arena_printf(a, "%s:%s", ip.family == 4 ? "ip4" : "ip6", ip_str(a, ip)));
}

/* --- as if it were published ------------------------------------------------------------------- */

struct overlay {
	struct dns_source	 source;
	const struct dns_source	*under;
	struct name		 name;
	struct dns_answer	 answer;
	struct rr		 rr;
	struct text		 string;
};

static const struct dns_answer *
overlay_ask(void *ctx, struct name name, enum rrtype type)
{
	struct overlay *o = ctx;

	if (type == RR_TXT && name_eq(name, o->name))
		return &o->answer;
	return dns_ask(o->under, name, type);
}

struct dns_source *
spf_overlay(struct arena *a, const struct dns_source *under, struct name name, struct text record)
{
	struct overlay *o = arena_zalloc(a, sizeof(*o));

	o->source = (struct dns_source){ overlay_ask, o };
	o->under = under;
	o->name = name;
	o->answer = (struct dns_answer){ .outcome = record.n == 0 ? DNS_NODATA : DNS_FOUND, .name = name,
	    .type = RR_TXT };
	if (record.n > 0) {
		o->answer.rrs = &o->rr;
		o->answer.count = 1;
		o->string = record;
		o->rr.u.txt.strings = &o->string;
		o->rr.u.txt.count = 1;
		o->rr.u.txt.joined = record;
	}
	return &o->source;
}
