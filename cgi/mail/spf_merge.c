#include <string.h>

#include "base/arena.h"
#include "mail/spf_job.h"

/* Softness of a qualifier: + is softer than all, but never wins. */
static int
softness(char qualifier)
{
	return qualifier == '?' ? 3 : qualifier == '~' ? 2 : qualifier == '-' ? 1 : 0;
}

static void
merge_term(struct spf_job *j, struct spf_draft *d, const struct spf_term *t, bool alone)
{
	struct spf_edit *e;
	size_t i;

	if (t->kind == SPF_ALL)
		return;
	if (t->kind == SPF_PTR && t->fault == SPF_FINE) {
		spf_draft_add(d, d->count, t->text, "merge");
		e = &d->edits[d->count - 1];
		e->op = SPF_KEEP;		/* so that the drop is seen */
		e->before = t->text;
		spf_draft_drop(d, d->count - 1, "ptr");
		return;
	}
	for (i = 0; i < d->count; i++)		/* at most one redirect and exp, same modifiers once */
		if (d->edits[i].op != SPF_DROP && (spf_same_term(&d->edits[i].term, t) ||
		    (t->kind == SPF_EXP && d->edits[i].term.kind == SPF_EXP)))
			return;
	if (t->kind == SPF_REDIRECT && !alone) {
		spf_draft_add(d, d->count, text_of(arena_printf(j->arena, "include:%s",
		    text_cstr(j->arena, t->domain))), "redirect");
		e = &d->edits[d->count - 1];
		for (i = 0; i + 1 < d->count; i++)
			if (d->edits[i].op != SPF_DROP && spf_same_term(&d->edits[i].term, &e->term)) {
				spf_draft_drop(d, d->count - 1, "duplicate");
				return;
			}
		e->op = SPF_CHANGE;
		e->before = t->text;
		return;
	}
	spf_draft_add(d, d->count, t->text, NULL);
	e = &d->edits[d->count - 1];
	e->op = SPF_KEEP;
	e->before = t->text;
}

static bool
all_the_same(const struct spf_job *j)
{
	size_t i;

	for (i = 1; i < j->record_count; i++)
		if (!text_ieq(j->records[i]->u.txt.joined, j->records[0]->u.txt.joined))
			return false;
	return true;
}

/* Wrong terms must not come into the one record: each is mended first, by itself. */
static bool
mended(struct spf_job *j, const struct spf *spf, const struct spf **ret)
{
	struct spf_draft *d;

	*ret = spf;
	if (spf->faults == 0)
		return true;
	d = spf_draft_of(j->arena, spf);
	if (!spf_job_repair(j, spf, d))
		return false;
	*ret = spf_parse(j->arena, spf_draft_text(d));
	return true;
}

/* --- order ------------------------------------------------------------------------------------- */

struct part {
	const struct spf_term	*term;
	size_t			 record;
	bool			 moved;
};

static bool
passes(const struct spf_term *t)
{
	return spf_is_mechanism(t->kind) && t->kind != SPF_ALL && t->qualifier == '+';
}

static bool
turns_away(const struct spf_term *t)
{
	return spf_is_mechanism(t->kind) && t->kind != SPF_ALL && t->qualifier != '+';
}

/* Could one address match both?  Only networks can be told apart without asking. */
static bool
may_overlap(const struct spf_term *x, const struct spf_term *y)
{
	unsigned bits;

	if ((x->kind != SPF_IP4 && x->kind != SPF_IP6) || (y->kind != SPF_IP4 && y->kind != SPF_IP6))
		return true;
	if (x->kind != y->kind)
		return false;
	if (x->kind == SPF_IP4)
		bits = x->bits4 < y->bits4 ? x->bits4 : y->bits4;
	else
		bits = x->bits6 < y->bits6 ? x->bits6 : y->bits6;
	return spf_in_net(x->ip, y->ip, bits);
}

/* Would a term of one record turn away what another one lets pass further behind? */
static bool
is_in_the_way(const struct part *parts, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = i + 1; turns_away(parts[i].term) && k < count; k++)
			if (parts[k].record != parts[i].record && passes(parts[k].term) &&
			    may_overlap(parts[i].term, parts[k].term))
				return true;
	return false;
}

/* Stable: those for which `last` says no come first. */
static void
put_last(struct arena *a, struct part *parts, size_t count,
    bool (*last)(const struct part *, const void *), const void *ctx)
{
	struct part *copy = arena_array(a, count, sizeof(*copy));
	size_t i, n = 0;
	int turn;

	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < count; i++)
			if (last(&parts[i], ctx) == (turn == 1))
				copy[n++] = parts[i];
	memcpy(parts, copy, count * sizeof(*copy));
}

static bool
of_strict_record(const struct part *p, const void *ctx)
{
	const bool *strict = ctx;

	return strict[p->record];
}

static bool
is_strict(const struct part *p, const void *ctx)
{
	(void)ctx;
	return turns_away(p->term);
}

/*
 * First seen order, unless a term that turns senders away would then stand
 * before another record's senders: records without such terms come first, and
 * where that is not enough, the terms themselves go behind.
 */
static void
order_parts(struct arena *a, struct part *parts, size_t count, size_t records)
{
	bool *strict = arena_array(a, records, sizeof(*strict));
	size_t i;

	if (!is_in_the_way(parts, count))
		return;
	for (i = 0; i < count; i++)
		strict[parts[i].record] |= turns_away(parts[i].term);
	put_last(a, parts, count, of_strict_record, strict);
	if (!is_in_the_way(parts, count))
		return;
	for (i = 0; i < count; i++)
		parts[i].moved = turns_away(parts[i].term);
	put_last(a, parts, count, is_strict, NULL);
}

/* --- the fix ----------------------------------------------------------------------------------- */

/*
 * The whole if it holds; else with own names as addresses, else without dead
 * terms, else both.
 */
static bool
offer_merged(struct spf_job *j, struct spf_draft *whole)
{
	static const struct {
		const char	*way;
		bool		 clear, reduce;
	} ways[] = {
		{ "spf_edit.way.merge", false, false },
		{ "spf_edit.way.merge_reduced", false, true },
		{ "spf_edit.way.merge_repaired", true, false },
		{ "spf_edit.way.merge_repaired", true, true },
	};
	struct spf_candidate c[4];
	struct spf_draft *d;
	size_t i;

	for (i = 0; i < 4; i++) {
		d = spf_draft_copy(j->arena, whole);
		if ((ways[i].clear && !spf_job_clear(j, NULL, d)) ||
		    (ways[i].reduce && !spf_job_reduce(j, d, false)) ||
		    !spf_job_finish(j, d, ways[i].way, &c[i]))
			return false;
		if (c[i].refused == SPF_OFFERED || c[i].refused == SPF_CANNOT_KNOW)
			break;
	}
	spf_job_take(j, &c[i < 4 ? i : 0]);
	if (i > 0 && i < 4 && c[i].refused == SPF_OFFERED)
		spf_job_take_other(j, &c[0]);
	return true;
}

bool
spf_fix_merge(struct spf_job *j)
{
	struct spf_draft *d = spf_draft_new(j->arena);
	const struct spf *spf;
	bool alone = all_the_same(j);
	struct part *parts = NULL;
	char q, softest = '\0';
	size_t i, k, count = 0;

	if (j->record_count < 2) {
		spf_job_refuse(j, SPF_NOT_NEEDED, j->record_count == 0 ? "spf_edit.refused.no_record" :
		    "spf_edit.refused.one_record");
		return true;
	}
	for (i = 0; i < j->record_count; i++)
		if (!spf_job_sample(j, j->records[i]->u.txt.joined))
			return false;
	for (i = 0; i < j->record_count; i++) {
		if (!mended(j, spf_cached(j->q->ask.cache, j->arena, j->records[i]), &spf) ||
		    !spf_job_effective_all(j, spf, 0, &q))
			return false;
		if (softness(q) > softness(softest))
			softest = q;
		parts = arena_grow(j->arena, parts, count, count + spf->count, sizeof(*parts));
		for (k = 0; k < spf->count; k++)
			parts[count++] = (struct part){ &spf->terms[k], i, false };
	}
	order_parts(j->arena, parts, count, j->record_count);
	for (i = 0; i < count; i++) {
		k = d->count;
		merge_term(j, d, parts[i].term, alone);
		if (parts[i].moved && d->count > k && d->edits[k].op == SPF_KEEP) {
			d->edits[k].op = SPF_CHANGE;
			d->edits[k].why = "moved";
		}
	}
	spf_draft_dedupe(d);
	if (j->q->all != NULL)
		softest = j->all[0];
	if (softest != '\0' && spf_draft_find(d, SPF_REDIRECT) == SIZE_MAX)
		spf_draft_add(d, spf_draft_before_all(d),
		    text_of(arena_printf(j->arena, "%call", softest)), "softer_all");
	return offer_merged(j, d);
}
