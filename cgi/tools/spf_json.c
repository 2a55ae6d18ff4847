#include "base/arena.h"
#include "mail/spf_data.h"
#include "tools/spf_json.h"

static void
put_text_or_null(struct json *into, const char *key, struct text t)
{
	if (t.p == NULL)
		json_put_null(into, key);
	else
		json_put_text(into, key, t);
}

void
spf_eval_put(struct json *into, struct arena *a, const struct spf_answer *ans, bool trace,
    const struct tool_words *words)
{
	struct json *list, *one;
	size_t i;

	json_put_str(into, "result", spf_result_word(ans->result));
	put_text_or_null(into, "explanation", ans->explanation);
	json_put_str(into, "identity", ans->helo_identity ? "helo" : "mailfrom");
	json_put_str(into, "domain", ans->domain);
	put_text_or_null(into, "record", ans->record);
	put_text_or_null(into, "mechanism", ans->mechanism);
	json_put_int(into, "lookups", ans->lookups);
	json_put_int(into, "void_lookups", ans->void_lookups);
	problems_put(into, a, &ans->problems, "spf", words);
	if (!trace)
		return;
	list = json_put_array(into, "trace");
	for (i = 0; i < ans->trace_count; i++) {
		one = json_add_object(list);
		json_put_int(one, "depth", ans->trace[i].depth);
		json_put_str(one, "domain", ans->trace[i].domain);
		json_put_text(one, "term", ans->trace[i].term);
		json_put_str(one, "result", spf_step_word(ans->trace[i].result));
		json_put_int(one, "lookups", ans->trace[i].lookups);
	}
}

const char *
spf_reason_words(struct arena *a, const struct spf_reason *r, const struct tool_words *words)
{
	return r->id == NULL ? NULL : tool_text(a, words, r->id, r->values, r->count);
}

/* --- what a term does, in words ---------------------------------------------------------------- */

static const char *
term_words(struct arena *a, const struct spf_cost *c, const struct tool_words *words)
{
	struct catalog_value values[] = {
		{ "term", text_show(a, c->term->text) },
		{ "domain", c->domain },
		{ "target", c->term->domain.n > 0 ? text_show(a, c->term->domain) : c->domain },
	};
	const char *id;

	if (c->note != SPF_NOTE_KIND)
		id = arena_printf(a, "spf_term.note_%s", spf_note_word(c->note));
	else if (c->term->kind == SPF_ALL)
		id = arena_printf(a, "spf_term.all_%s", c->term->qualifier == '-' ? "fail" :
		    c->term->qualifier == '~' ? "softfail" : c->term->qualifier == '?' ? "neutral" : "pass");
	else
		id = arena_printf(a, "spf_term.%s", spf_kind_word(c->term->kind));
	return tool_text(a, words, id, values, sizeof(values) / sizeof(values[0]));
}

/* --- proposals --------------------------------------------------------------------------------- */

static void
put_refused(struct json *into, struct arena *a, enum spf_refusal refused, const struct spf_reason *r,
    const char *needs, const struct tool_words *words)
{
	struct json *one;

	if (refused == SPF_OFFERED) {
		json_put_null(into, "refused");
		return;
	}
	one = json_put_object(into, "refused");
	json_put_str(one, "code", spf_refusal_word(refused));
	json_put_str(one, "text", spf_reason_words(a, r, words));
	json_put_str(one, "needs", needs);
}

static void
put_edits(struct json *into, struct arena *a, const struct spf_candidate *c,
    const struct tool_words *words)
{
	struct json *list = json_put_array(into, "edits"), *one;
	const struct spf_edit *e;
	size_t i;

	for (i = 0; i < c->edit_count; i++) {
		e = &c->edits[i];
		one = json_add_object(list);
		json_put_str(one, "op", spf_op_word(e->op));
		put_text_or_null(one, "before", e->before.n == 0 ? (struct text){ NULL, 0 } : e->before);
		put_text_or_null(one, "after", e->after.n == 0 ? (struct text){ NULL, 0 } : e->after);
		json_put_str(one, "why", e->why == NULL ? NULL :
		    tool_text(a, words, arena_printf(a, "spf_edit.why.%s", e->why), NULL, 0));
	}
}

static void
put_strings(struct json *into, struct arena *a, struct text record)
{
	struct json *list = json_put_array(into, "strings");
	const struct text *parts;
	size_t i, count;

	if (record.n == 0)
		return;
	parts = spf_split(a, record, &count);
	for (i = 0; i < count; i++)
		json_add_text(list, parts[i]);
}

void
spf_proposal_put(struct json *into, struct arena *a, const struct spf_proposal *p,
    const struct tool_words *words)
{
	bool offered = p->refused == SPF_OFFERED;
	struct json *list, *one;
	size_t i;

	json_put_str(into, "fix", spf_fix_id(p->fix));
	put_text_or_null(into, "record", offered ? p->best.record : (struct text){ NULL, 0 });
	put_strings(into, a, offered ? p->best.record : (struct text){ NULL, 0 });
	json_put_str(into, "bind", offered ? spf_bind(a, p->best.record) : NULL);
	json_put_int(into, "lookups", p->best.lookups);
	json_put_int(into, "void_lookups", p->best.void_lookups);
	spf_results_put(into, "results", a, p->best.results, p->best.result_count);
	put_edits(into, a, &p->best, words);
	list = json_put_array(into, "alternatives");
	for (i = 0; i < p->other_count; i++) {
		one = json_add_object(list);
		json_put_str(one, "description", tool_text(a, words, p->others[i].way, NULL, 0));
		json_put_text(one, "record", p->others[i].record);
		json_put_int(one, "lookups", p->others[i].lookups);
		json_put_str(one, "refused", spf_reason_words(a, &p->others[i].reason, words));
	}
	put_refused(into, a, p->refused, &p->reason, p->needs, words);
}

/* --- the tools --------------------------------------------------------------------------------- */

void
spf_explain_put(struct json *into, struct arena *a, struct name domain, const struct spf_tree *tree,
    const struct spf_proposal *const *proposals, size_t count, const struct tool_words *words)
{
	struct json *list, *terms, *one;
	size_t i;

	json_put_str(into, "domain", domain.s);
	list = json_put_array(into, "records");
	for (i = 0; i < tree->record_count; i++)
		json_add_text(list, tree->records[i]);
	spf_results_put(into, "result_by_address", a, tree->results, tree->result_count);
	json_put_int(into, "lookups", tree->lookups);
	json_put_int(into, "void_lookups", tree->void_lookups);
	terms = json_put_array(into, "terms");
	for (i = 0; i < tree->count; i++) {
		one = json_add_object(terms);
		spf_cost_put(one, &tree->terms[i]);
		json_put_str(one, "text", term_words(a, &tree->terms[i], words));
	}
	list = json_put_array(into, "proposals");
	for (i = 0; i < count; i++)
		spf_proposal_put(json_add_object(list), a, proposals[i], words);
	problems_put(into, a, &tree->problems, "spf", words);
}

void
spf_wizard_put(struct json *into, struct arena *a, const struct spf_wizard *w,
    const struct tool_words *words)
{
	struct json *list, *scratch = json_new_object(a);
	size_t i;

	put_text_or_null(into, "record", w->record);
	list = json_put_array(into, "strings");
	for (i = 0; i < w->string_count; i++)
		json_add_text(list, w->strings[i]);
	json_put_str(into, "bind", w->record.p == NULL ? NULL : spf_bind(a, w->record));
	json_put_int(into, "lookups", w->lookups);
	json_put_int(into, "void_lookups", w->void_lookups);
	spf_results_put(into, "results", a, w->results, w->result_count);
	problems_put(scratch, a, &w->warnings, "spf_wizard", words);
	json_put_copy(into, "warnings", json_get(scratch, "problems"));
}
