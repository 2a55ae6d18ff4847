/*
 * The three conditions of a request for removal, as people read them.  What
 * only the provider can mend is one neutral line for everybody else.
 */

#include <string.h>

#include "base/arena.h"
#include "store/reports.h"
#include "web/pages/pages.h"

static const struct { const char *state, *verdict; } states[] = {	/* by `met` */
	[0] = { "not_met", "problem" }, [1] = { "met", "ok" }, [2] = { "unknown", "unknown" },
};

struct seen {				/* what the conditions are drawn from */
	const struct json	*counts;	/* finding -> for how many domains */
	int64_t			 never;		/* domains that were not looked at yet */
	bool			 server;	/* the server was */
};

/* "spf.missing@example.com": of a domain of his. */
static bool
may_read(const struct exchange *x, const char *reference)
{
	const char *at = reference == NULL ? NULL : strchr(reference, '@');

	return x->role == ROLE_ADMIN || (at != NULL && rights_domain(x->rights, at + 1));
}

void
conditions_hide(const struct exchange *x, struct json *answer)
{
	for (struct json *c = json_edit_first(json_edit(answer, "conditions")); c != NULL; c = json_edit_next(c)) {
		const struct json *all = json_copy(x->arena, json_get(c, "findings"));
		struct json *own = json_put_array(c, "findings");

		for (const struct json *f = json_first(all); f != NULL; f = json_next(f))
			if (may_read(x, json_value_str(f)))
				json_add_copy(own, f);
	}
}

/* The culprit of a condition that the server breaks is told so; nobody else is. */
static bool
add_culprits(struct lines *lines, const struct exchange *x, const struct seen *seen, struct err *err)
{
	for (const struct json *v = json_first(seen->counts); v != NULL; v = json_next(v)) {
		const struct finding_row *row = finding_row_find(json_key(v), NULL);
		const struct domain_query q = { .finding = json_key(v), .sort = SORT_NAME, .page = 1,
		    .per_page = LINE_NAMES_MAX };
		struct domain_page page;

		if (row == NULL || !row->culprit || row->verdict != VERDICT_PROBLEM)
			continue;
		if (!store_domains_list(engine_store(x->engine), x->arena, &x->scope, &q, &page, err))
			return false;
		for (size_t i = 0; i < page.count; i++)
			lines_add(lines, x, row->id, page.rows[i].name);
	}
	return true;
}

static void
add_reference(struct lines *lines, const struct exchange *x, const char *reference)
{
	const char *at = strchr(reference, '@');

	lines_add(lines, x, at == NULL ? reference : arena_strndup(x->arena, reference, (size_t)(at - reference)),
	    at == NULL ? "server" : at + 1);
}

static bool
view_condition(struct json *view, const struct exchange *x, const struct json *condition, const struct seen *seen,
    struct err *err)
{
	const char *id = json_str(condition, "id");
	int met = json_tristate(condition, "met"), i = met < 0 ? 2 : met;
	struct lines *lines = lines_new(x->arena);
	bool hidden = !seen->server, theirs;

	for (const struct json *f = json_first(json_get(condition, "findings")); f != NULL; f = json_next(f))
		if (may_read(x, json_value_str(f)))
			add_reference(lines, x, json_value_str(f));
		else
			hidden = true;
	if (x->role != ROLE_ADMIN && met == 0 && strcmp(id, "not_compromised") == 0 && !add_culprits(lines, x, seen, err))
		return false;
	/* What is not met for a reason that nobody here can see is the provider's. */
	theirs = x->role != ROLE_ADMIN && met != 1 && (hidden || (lines_count(lines) == 0 && seen->never == 0));

	json_put_str(view, "id", id);
	view_verdict(view, x, states[i].verdict);
	json_put_str(view, "word", say_word(x, "condition_state", states[i].state));
	json_put_str(view, "state", states[i].state);
	json_put_str(view, "title", say(x, arena_printf(x->arena, "pages.conditions.condition.%s", id)));
	lines_view(view, x, lines, seen->counts);
	json_put_str(view, "provider", !theirs ? NULL : lines_count(lines) == 0 ? say_word(x, "owner", "provider") :
	    say(x, "pages.conditions.the_rest"));
	if (theirs && met == 0 && !lines_alarm(lines)) {	/* nothing red that this person cannot change */
		json_put_str(view, "tone", "neutral");
		json_put_str(view, "symbol", "\xe2\x80\x93");
	}
	json_put_bool(view, "has_below", theirs || lines_count(lines) > 0);
	return true;
}

bool
conditions_view(struct json *view, const struct exchange *x, const struct json *conditions, struct err *err)
{
	struct store *store = engine_store(x->engine);
	const struct json *counts = store_domains_counts(store, x->arena, &x->scope, err);
	struct json *list = json_put_array(view, "conditions");
	struct seen seen = { .never = json_int(counts, "never", 0) };

	if (counts == NULL || (seen.counts = store_domains_findings(store, x->arena, &x->scope, err)) == NULL)
		return false;
	seen.server = store_report_verdicts(store, x->arena, &x->scope, "server", "server", err) != NULL;
	if (!seen.server && err->code != ERR_NOT_FOUND)
		return false;
	for (const struct json *c = json_first(conditions); c != NULL; c = json_next(c))
		if (!view_condition(json_add_object(list), x, c, &seen, err))
			return false;
	json_put_str(view, "never", seen.never == 0 ? NULL : say_count(x, "pages.conditions.never", seen.never));
	json_put_bool(view, "no_server", x->role == ROLE_ADMIN && !seen.server);
	return true;
}
