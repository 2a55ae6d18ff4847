/* Look something up: who serves a name, where it leads, its SPF, DKIM and DMARC, and what lists say of it. */

#include <string.h>

#include "base/arena.h"
#include "engine/tools.h"
#include "web/pages/pages.h"

#define LOOKUP_MS	5000
#define ASKED_MAX	320

/* DNS is asked only by a POST with its token: nobody else's page can have us ask. */
static struct json *
look_up(struct exchange *x, const char *what, const char *selector, struct err *err)
{
	struct json *answer = engine_lookup(x->engine, x->arena, what, LOOKUP_MS, err);
	const char *name = json_str(answer, "asked");
	struct err ignored = { 0 };

	if (answer == NULL)
		return NULL;
	json_put_copy(answer, "blacklists", json_get(engine_blacklist(x->engine, x->arena, x->lang, &name, 1, LOOKUP_MS,
	    &ignored), "targets"));
	if (strcmp(json_str(answer, "kind"), "domain") != 0)
		return answer;
	json_put_copy(answer, "spf", engine_spf_explain(x->engine, x->arena, x->lang, name, NULL, 0, LOOKUP_MS, &ignored));
	json_put_copy(answer, "dmarc", engine_dmarc_lookup(x->engine, x->arena, x->lang, name, NULL, NULL, LOOKUP_MS,
	    &ignored));
	json_put_copy(answer, "dkim", selector == NULL || selector[0] == '\0' ? NULL :
	    engine_dkim_key(x->engine, x->arena, x->lang, name, selector, LOOKUP_MS, err));
	return selector != NULL && selector[0] != '\0' && json_is_null(json_get(answer, "dkim")) ? NULL : answer;
}

/* Lists that have it, and how many were asked and could not say. */
static void
view_lists(struct json *view, const struct exchange *x, const struct json *answer)
{
	struct json *listed = json_put_array(view, "listed");
	int64_t asked = 0, unknown = 0;

	for (const struct json *l = json_first(json_get(json_first(json_get(answer, "blacklists")), "lists")); l != NULL;
	    l = json_next(l)) {
		const char *state = json_str(l, "state");

		asked++;
		if (strcmp(state, "listed") == 0)
			json_add_copy(listed, l);
		unknown += strcmp(state, "unknown") == 0;
	}
	json_put_bool(view, "has_listed", json_count(listed) > 0);
	json_put_str(view, "lists_text", say_count(x, "pages.lookup.lists", asked));
	json_put_str(view, "lists_unknown", unknown == 0 ? NULL : say_count(x, "pages.lookup.lists_unknown", unknown));
}

static void
view_addresses(struct json *view, const struct exchange *x, const struct json *answer)
{
	struct json *list = json_put_array(view, "addresses");

	for (const struct json *a = json_first(json_get(answer, "addresses")); a != NULL; a = json_next(a)) {
		struct json *one = json_add_object(list), *names = json_put_array(one, "names");

		json_put_copy(one, "address", json_get(a, "address"));
		for (const struct json *n = json_first(json_get(a, "names")); n != NULL; n = json_next(n)) {
			struct json *name = json_add_object(names);
			int confirmed = json_tristate(n, "confirmed");

			json_put_copy(name, "name", json_get(n, "name"));
			view_verdict(name, x, confirmed < 0 ? "unknown" : confirmed == 1 ? "ok" : "warning");
			json_put_str(name, "said", say(x, confirmed < 0 ? "pages.lookup.back_unknown" : confirmed == 1 ?
			    "pages.lookup.back" : "pages.lookup.not_back"));
		}
		json_put_bool(one, "has_names", json_count(names) > 0);
	}
	json_put_bool(view, "has_addresses", json_count(list) > 0);
}

static void
view_answer(struct json *view, const struct exchange *x, const struct json *answer)
{
	static const char *const copied[] = { "asked", "name_servers", "operator", "zone", "mx", "unknown", "provider",
	    "provider_name" };
	const struct json *spf = json_get(answer, "spf"), *dmarc = json_get(answer, "dmarc"), *dkim = json_get(answer, "dkim");

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		json_put_copy(view, copied[i], json_get(answer, copied[i]));
	json_put_bool(view, "answered", true);
	json_put_bool(view, "is_domain", json_get(answer, "zone") != NULL);
	json_put_bool(view, "has_servers", json_count(json_get(answer, "name_servers")) > 0);
	json_put_bool(view, "has_mx", json_count(json_get(answer, "mx")) > 0);
	json_put_bool(view, "has_unknown", json_count(json_get(answer, "unknown")) > 0);
	json_put_copy(view, "spf_records", json_get(spf, "records"));
	json_put_bool(view, "has_spf", json_count(json_get(spf, "records")) > 0);
	view_problems(view, x, "spf_problems", json_get(spf, "problems"));
	json_put_copy(view, "dmarc_record", json_get(dmarc, "record"));
	json_put_str(view, "dmarc_policy", json_str(dmarc, "policy") == NULL ? NULL :
	    say_word(x, "dmarc_policy", json_str(dmarc, "policy")));
	view_problems(view, x, "dmarc_problems", json_get(dmarc, "problems"));
	json_put_bool(view, "has_dkim", json_is_object(dkim));
	json_put_str(view, "dkim_result", say_word(x, "key_state", json_str(dkim, "result")));
	json_put_copy(view, "dkim_record", json_get(dkim, "record"));
	view_problems(view, x, "dkim_problems", json_get(dkim, "problems"));
	view_addresses(view, x, answer);
	view_lists(view, x, answer);
}

void
page_lookup(struct exchange *x)
{
	const struct fields *f = x->req->method == WEB_POST ? &x->req->form : &x->req->query;
	const char *q = field_get(f, "q"), *selector = field_get(f, "selector");
	struct json *answer = NULL, *view;
	struct err err = { 0 };

	if (x->req->method != WEB_POST)
		answer = json_new_object(x->arena);
	else if (q != NULL && strlen(q) <= ASKED_MAX)
		answer = look_up(x, q, selector, &err);
	if (answer == NULL && x->req->wants_json) {
		page_error_text(x, 422, "invalid", say(x, "pages.lookup.invalid"));
		return;
	}
	if (answer != NULL && page_data(x, answer, NULL, NULL, 0))
		return;
	view = tool_view(x, "lookup");
	json_put_str(view, "q", q == NULL ? "" : q);
	json_put_str(view, "selector", selector == NULL ? "" : selector);
	if (answer == NULL) {
		x->res.status = 422;
		json_put_str(view, "complaint", say(x, "pages.lookup.invalid"));
	} else if (x->req->method == WEB_POST)
		view_answer(view, x, answer);
	page_html(x, "lookup", say(x, "pages.lookup.title"), view);
}
