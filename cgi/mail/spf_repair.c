#include <string.h>

#include "base/arena.h"
#include "mail/spf_guess.h"
#include "mail/spf_job.h"

/* Put the guess in the place of the term (and of the next, when it took two). */
static void
put_guess(struct spf_job *j, struct spf_draft *d, size_t *at, const struct spf_guess *g)
{
	const char *why = arena_printf(j->arena, "mistake_%s", spf_mistake_word(g->mistake));
	struct text rest = g->text, piece;
	bool first = true;
	size_t i;

	for (i = 1; i < g->terms; i++)
		spf_draft_drop(d, *at + i, why);
	while (text_split(&rest, ' ', &piece)) {
		if (piece.n == 0)
			continue;
		if (first)
			spf_draft_change(d, *at, piece, why);
		else
			spf_draft_add(d, ++*at, piece, why);
		first = false;
	}
	if (first)
		spf_draft_drop(d, *at, why);
	*at += g->terms - 1;
}

/* Wrong terms: what was meant, or nothing.  `from` is the record that the draft was made of. */
static void
repair_faults(struct spf_job *j, const struct spf *from, struct spf_draft *d)
{
	struct spf_guess g;
	size_t i, n;

	for (i = 0, n = 0; i < d->count && n < from->count; i++, n++) {
		if (from->terms[n].fault == SPF_FINE && !spf_is_mistaken(&from->terms[n]))
			continue;
		if (spf_guess(j->arena, from, n, &g)) {
			put_guess(j, d, &i, &g);
			n += g.terms - 1;
		} else if (from->terms[n].fault != SPF_FINE)
			spf_draft_drop(d, i, "fault");
	}
}

/* What a look at DNS says of a term; NULL = it is fine. */
static const char *
dead_reason(const struct spf_cost *c)
{
	switch (c->note) {
	case SPF_NOTE_LOOP:		return "loop";
	case SPF_NOTE_NO_RECORD:	return "no_record";
	case SPF_NOTE_MANY_RECORDS:	return "include_broken";
	case SPF_NOTE_MX_MANY:		return "mx_many";
	case SPF_NOTE_VOID:		return "void";
	default:			return NULL;
	}
}

/*
 * A term of the record itself whose tree has an error further down.  Where
 * somebody may pass who cannot be foreseen (exists, ptr, macros), it has to stay:
 * leaving it out could not be proven harmless.
 */
static bool
broken_below(const struct spf_tree *tree, size_t at)
{
	bool broken = false;
	size_t i;

	for (i = at + 1; i < tree->count && tree->terms[i].depth > 0; i++) {
		if (tree->terms[i].term->kind == SPF_EXISTS || tree->terms[i].term->kind == SPF_PTR)
			return false;
		switch (tree->terms[i].note) {
		case SPF_NOTE_MACRO:
			return false;
		case SPF_NOTE_FAULT:
		case SPF_NOTE_LOOP:
		case SPF_NOTE_NO_RECORD:
		case SPF_NOTE_MANY_RECORDS:
		case SPF_NOTE_MX_MANY:
			broken = true;
			break;
		default:
			break;
		}
	}
	return broken;
}

static const char *
term_reason(const struct spf_tree *tree, size_t at)
{
	const struct spf_term *t = tree->terms[at].term;
	const char *why = dead_reason(&tree->terms[at]);

	if (t->kind == SPF_ALL || t->kind == SPF_EXP || t->kind == SPF_MODIFIER)
		return NULL;
	if (t->kind == SPF_PTR)
		return "ptr";
	if (spf_is_private(t))
		return "private";
	if (why == NULL && broken_below(tree, at))
		why = "include_broken";
	return why;
}

/* The term of the record that an untouched edit stands for; SIZE_MAX = none. */
static size_t
origin(const struct spf *spf, const struct spf_edit *e)
{
	size_t i;

	for (i = 0; spf != NULL && e->op == SPF_KEEP && i < spf->count; i++)
		if (spf->terms[i].text.p == e->before.p)
			return i;
	return SIZE_MAX;
}

/*
 * Leave out what DNS shows to be of no use.  Both families are looked at, whoever
 * sends from here: an `a` that is void for one may serve the other.
 */
bool
spf_job_clear(struct spf_job *j, const struct spf *spf, struct spf_draft *d)
{
	struct spf_explain_query as = j->q->ask;
	struct spf_guess g;
	struct spf_tree tree;
	const char *why;
	size_t i, k, n;

	as.dns = spf_overlay(j->arena, as.dns, as.domain, spf_draft_text(d));
	as.address_count = 0;
	if (!spf_explain(j->arena, &as, &tree))
		return false;
	for (i = 0, k = 0; i < tree.count; i++) {
		if (tree.terms[i].depth > 0)
			continue;
		while (k < d->count && d->edits[k].op == SPF_DROP)
			k++;
		if (k >= d->count)
			break;
		if ((why = term_reason(&tree, i)) != NULL) {
			n = origin(spf, &d->edits[k]);
			if ((strcmp(why, "no_record") == 0 || strcmp(why, "void") == 0) && n != SIZE_MAX &&
			    spf_guess_joint(j->arena, spf, n, &g)) {
				put_guess(j, d, &k, &g);
			} else if (d->edits[k].op == SPF_ADD) {
				spf_draft_drop(d, k, why);
				continue;	/* the next one has moved here */
			} else
				spf_draft_drop(d, k, why);
		}
		k++;
	}
	return true;
}

/* Mend what is wrong in itself, then look at DNS. */
bool
spf_job_repair(struct spf_job *j, const struct spf *spf, struct spf_draft *d)
{
	repair_faults(j, spf, d);
	return spf_job_clear(j, spf, d);
}

/* Text that is no record but was meant to be one: from its "spf1" on. */
static bool
meant_record(struct spf_job *j, struct text *ret)
{
	const struct dns_answer *ans;
	struct spf_found found;
	struct text t, *old;
	size_t at;

	if ((ans = dns_ask(j->q->ask.dns, j->q->ask.domain, RR_TXT)) == NULL)
		return false;
	spf_select(ans, &found);
	*ret = (struct text){ NULL, 0 };
	if (found.count > 0 || found.near.p == NULL || !text_ifind(found.near, TEXT("spf1"), &at))
		return true;
	t = text_trim(text_skip(found.near, at + 4));
	while (t.n > 0 && strchr("\"';,:=", t.p[0]) != NULL && t.p[0] != '\0')
		t = text_trim(text_skip(t, 1));
	*ret = text_of(arena_printf(j->arena, "v=spf1 %s", text_cstr(j->arena, t)));
	old = arena_array(j->arena, 1, sizeof(*old));
	*old = found.near;
	j->ret->replaces = old;
	j->ret->replace_count = 1;
	return true;
}

bool
spf_fix_repair(struct spf_job *j)
{
	struct spf_candidate c, less;
	struct spf_draft *d, *lean;
	const struct spf *spf;
	struct text meant = { NULL, 0 };

	if (j->record_count == 0 && !meant_record(j, &meant))
		return false;
	spf = meant.p != NULL ? spf_parse(j->arena, meant) : spf_job_one_record(j);
	if (spf == NULL)
		return true;
	if (!spf_job_sample(j, spf->text))
		return false;
	d = spf_draft_of(j->arena, spf);
	if (!spf_job_repair(j, spf, d))
		return false;
	if (!spf_draft_changed(d) && meant.p == NULL) {
		spf_job_refuse(j, SPF_NOT_NEEDED, "spf_edit.refused.nothing_wrong");
		return true;
	}
	lean = spf_draft_copy(j->arena, d);
	if (!spf_job_finish(j, d, "spf_edit.way.repair", &c))
		return false;
	if (c.refused == SPF_WOULD_BREAK && (c.lookups > SPF_LOOKUPS_MAX || c.void_lookups > SPF_VOIDS_MAX)) {
		if (!spf_job_reduce(j, lean, true) || !spf_job_finish(j, lean, "spf_edit.way.repair_reduced", &less))
			return false;
		if (less.refused == SPF_OFFERED)
			c = less;
	}
	spf_job_take(j, &c);
	return true;
}

