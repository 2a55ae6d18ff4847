#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "mail/spf_propose.h"

void
spf_reason_set(struct spf_reason *r, const char *id)
{
	memset(r, 0, sizeof(*r));
	r->id = id;
}

void
spf_reason_text(struct arena *a, struct spf_reason *r, const char *name, struct text value)
{
	if (r->count >= SPF_REASON_VALUES_MAX)
		return;
	r->values[r->count++] = (struct catalog_value){ name, text_show(a, value) };
}

void
spf_reason_int(struct arena *a, struct spf_reason *r, const char *name, int64_t value)
{
	spf_reason_text(a, r, name, text_of(arena_printf(a, "%" PRId64, value)));
}

static void
refuse(struct spf_candidate *c, enum spf_refusal refused, const char *id)
{
	c->refused = refused;
	spf_reason_set(&c->reason, id);
}

/* The first error of the tree, by the place that a person can look at. */
static void
refuse_by_problem(struct arena *a, struct spf_candidate *c, const struct spf_tree *tree)
{
	const struct problem *p = &tree->problems.list[0];

	refuse(c, SPF_WOULD_BREAK, "spf_edit.refused.permerror");
	spf_reason_text(a, &c->reason, "where", text_of(p->where));
}

static void
judge(struct arena *a, struct spf_candidate *c, const struct spf_tree *tree)
{
	size_t i;

	c->refused = SPF_OFFERED;
	memset(&c->reason, 0, sizeof(c->reason));
	if (tree->permerror) {
		refuse_by_problem(a, c, tree);
		return;
	}
	if (tree->lookups > SPF_LOOKUPS_MAX || tree->cut) {
		refuse(c, SPF_WOULD_BREAK, "spf_edit.refused.lookups");
		spf_reason_int(a, &c->reason, "count", tree->lookups);
		return;
	}
	if (tree->void_lookups > SPF_VOIDS_MAX) {
		refuse(c, SPF_WOULD_BREAK, "spf_edit.refused.voids");
		spf_reason_int(a, &c->reason, "count", tree->void_lookups);
		return;
	}
	if (tree->temperror) {			/* a number that nobody knows cannot be promised */
		refuse(c, SPF_CANNOT_KNOW, "spf_edit.refused.dns");
		spf_reason_text(a, &c->reason, "name", text_of(tree->problems.list[0].where));
		return;
	}
	for (i = 0; i < tree->result_count; i++)
		if (tree->results[i].result != SPF_PASS) {
			refuse(c, SPF_WOULD_BREAK, "spf_edit.refused.not_pass");
			spf_reason_text(a, &c->reason, "address",
			    text_of(ip_str(a, tree->results[i].ip)));
			spf_reason_text(a, &c->reason, "result",
			    text_of(spf_result_word(tree->results[i].result)));
			return;
		}
}

bool
spf_prove(struct arena *a, const struct spf_explain_query *q, const struct ip *also,
    size_t also_count, struct spf_candidate *c)
{
	struct spf_explain_query over = *q;
	struct spf_query host;
	struct spf_answer ans;
	struct spf_tree tree;
	size_t i;

	over.dns = spf_overlay(a, q->dns, q->domain, c->record);
	if (!spf_explain(a, &over, &tree))
		return false;
	c->lookups = tree.lookups;
	c->void_lookups = tree.void_lookups;
	c->results = tree.results;
	c->result_count = tree.result_count;
	judge(a, c, &tree);
	host = (struct spf_query){ .helo = q->helo.n > 0 ? q->helo : text_of(q->domain.s), .dns = over.dns,
	    .sender = text_of(q->domain.s), .cache = q->cache, .now_s = q->now_s, .quiet = true };
	for (i = 0; i < also_count && c->refused == SPF_OFFERED; i++) {
		host.ip = also[i];
		if (!spf_check_host(a, &host, &ans))
			return false;
		if (ans.result == SPF_PASS)
			continue;
		refuse(c, SPF_WOULD_BREAK, "spf_edit.refused.sender_lost");
		spf_reason_text(a, &c->reason, "address", text_of(ip_str(a, also[i])));
	}
	return true;
}

enum spf_use
spf_term_use(struct arena *a, const struct spf_explain_query *q, struct text term)
{
	struct spf_explain_query as = *q;
	struct spf_tree tree;

	as.dns = spf_overlay(a, as.dns, as.domain,
	    text_of(arena_printf(a, "v=spf1 %s", text_cstr(a, term))));
	as.address_count = 0;
	if (!spf_explain(a, &as, &tree))
		return SPF_USE_PENDING;
	return tree.permerror ? SPF_USE_NO : tree.temperror ? SPF_USE_UNKNOWN : SPF_USE_YES;
}
