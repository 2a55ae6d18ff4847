/* Who sends for the domain?  The record is made and counted; one click leads to the plan that publishes it. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/name.h"
#include "engine/tools.h"
#include "web/pages/pages.h"

#define WIZARD_MS	8000

static const char *const endings[] = { "~all", "-all" };

/* One address a line, or with commas and blanks between. */
static size_t
read_addresses(struct exchange *x, const char *const **ret)
{
	const char *const *given;
	size_t n = field_all(x->arena, &x->req->form, "address", &given), count = 0, room = 0;
	const char **list = NULL;

	for (size_t i = 0; i < n; i++) {
		struct text rest = text_of(given[i]);

		while (rest.n > 0) {
			size_t end = 0;

			while (end < rest.n && !ascii_isspace((unsigned char)rest.p[end]) && rest.p[end] != ',')
				end++;
			if (end > 0) {
				if (count == room) {
					list = arena_grow(x->arena, list, room, room + 16, sizeof(*list));
					room += 16;
				}
				list[count++] = text_cstr(x->arena, text_head(rest, end));
			}
			rest = text_skip(rest, end + 1);
		}
	}
	*ret = list;
	return count;
}

/* Those that are chosen, then the others, folded by what they are for. */
static void
view_senders(struct json *view, const struct exchange *x, const struct spf_wizard_input *in)
{
	const struct json *senders = json_get(engine_senders(x->engine, x->arena), "senders");
	struct json *kinds = json_put_array(view, "kinds"), *first = json_put_array(view, "first");
	struct map *lists = map_new(x->arena);

	for (const struct json *s = json_first(senders); s != NULL; s = json_next(s)) {
		const char *kind = json_str(s, "kind");
		struct json *list = map_get(lists, kind), *one;
		bool chosen = false;

		if (list == NULL) {
			one = json_add_object(kinds);
			json_put_str(one, "title", say(x, arena_printf(x->arena, "pages.spf_wizard.kind.%s", kind)));
			list = json_put_array(one, "senders");
			map_put(lists, kind, list);
		}
		for (size_t i = 0; i < in->sender_count; i++)
			chosen = chosen || strcmp(in->senders[i], json_str(s, "id")) == 0;
		one = json_add_object(chosen ? first : list);
		json_put_copy(one, "id", json_get(s, "id"));
		json_put_copy(one, "name", json_get(s, "name"));
	}
	json_put_bool(view, "has_first", json_count(first) > 0);
}

static void
view_form(struct json *view, const struct exchange *x, const struct spf_wizard_input *in, size_t typed)
{
	struct json *choices = json_put_array(view, "endings");
	struct str lines = str_in(x->arena, 8192);
	const char *all = in->all != NULL ? in->all : engine_rules(x->engine)->spf_all;

	view_senders(view, x, in);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct json *one = json_add_object(choices);

		json_put_str(one, "value", endings[i]);
		json_put_str(one, "label", say(x, arena_printf(x->arena, "pages.spf_wizard.ending.%s",
		    endings[i][0] == '~' ? "soft" : "hard")));
		json_put_bool(one, "chosen", all != NULL && strcmp(all, endings[i]) == 0);
	}
	for (size_t i = 0; i < typed; i++)
		str_addf(&lines, "%s\n", in->addresses[i]);
	json_put_str(view, "addresses", lines.p);
	json_put_str(view, "domain", in->domain);
}

static void
view_answer(struct json *view, const struct exchange *x, const struct spf_wizard_input *in, size_t typed,
    const struct json *answer)
{
	const struct json *strings = json_get(answer, "strings");
	struct json *copy = json_new_object(x->arena), *chosen;
	struct name name;

	json_put_bool(view, "answered", true);
	json_put_copy(view, "record", json_get(answer, "record"));
	view_problems(view, x, "problems", json_get(answer, "warnings"));
	json_put_str(view, "lookups_text", say1(x, "pages.spf_wizard.lookups", "count",
	    lang_int(x->arena, x->lang, json_int(answer, "lookups", 0))));
	json_put_str(copy, "name", in->domain != NULL ? in->domain : "@");
	json_put_str(copy, "type", "TXT");
	json_put_null(copy, "ttl");
	json_put_copy(copy, "value", json_get(answer, "record"));
	json_put_copy(copy, "value_split", strings);
	json_put_copy(copy, "bind", json_get(answer, "bind"));
	if (!json_is_null(json_get(answer, "record")))
		view_records(view, x, copy, NULL);
	/* Publishing goes the way of every change: plan, preview, apply. */
	if (in->domain == NULL || x->rights == NULL ||
	    !name_from_person(x->arena, text_of(in->domain), &name, NULL) || !rights_domain(x->rights, name.s))
		return;
	json_put_str(view, "publish", name.s);
	chosen = json_put_array(view, "chosen");
	for (size_t i = 0; i < in->sender_count; i++)
		json_add_str(chosen, in->senders[i]);
	for (size_t i = 0; i < typed; i++)	/* this server's are seen to by the plan */
		json_add_str(chosen, in->addresses[i]);
	json_put_str(view, "all", in->all);
}

/* --- what if -------------------------------------------------------------------------------------- */

/* What receivers would say to mail from each address that really sends. */
static void
view_results(struct json *view, const struct exchange *x, const struct json *results)
{
	struct json *list = json_put_array(view, "results");

	for (const struct json *r = json_first(results); r != NULL; r = json_next(r)) {
		const char *result = json_str(r, "result");
		struct json *one = json_add_object(list);

		json_put_copy(one, "address", json_get(r, "address"));
		view_verdict(one, x, strcmp(result, "pass") == 0 ? "ok" : strcmp(result, "temperror") == 0 ? "unknown" :
		    "problem");
		json_put_str(one, "word", say_word(x, "auth", result));
	}
}

/* The record as it is, and each change that would help, with its numbers; the refused ones say why. */
static void
view_what_if(struct json *view, const struct exchange *x, const struct spf_wizard_input *in)
{
	const char *const *addresses;
	size_t n = sending_addresses(x, &addresses);
	struct err err = { 0 };
	const struct json *answer = in->domain == NULL || n == 0 ? NULL : engine_spf_explain(x->engine, x->arena, x->lang,
	    in->domain, addresses, n, WIZARD_MS, &err);
	struct json *one, *list;

	if (json_get(answer, "records") == NULL)
		return;
	one = json_put_object(view, "what_if");
	json_put_copy(one, "records", json_get(answer, "records"));
	json_put_bool(one, "has_records", json_count(json_get(answer, "records")) > 0);
	json_put_str(one, "cost", say1(x, "pages.spf_wizard.lookups", "count", lang_int(x->arena, x->lang,
	    json_int(answer, "lookups", 0))));
	view_results(one, x, json_get(answer, "result_by_address"));
	list = json_put_array(one, "proposals");
	for (const struct json *p = json_first(json_get(answer, "proposals")); p != NULL; p = json_next(p)) {
		struct json *proposal = json_add_object(list);

		json_put_str(proposal, "title", say(x, arena_printf(x->arena, "pages.fixes.%s.button", json_str(p, "fix"))));
		json_put_copy(proposal, "record", json_get(p, "record"));
		json_put_copy(proposal, "refused", json_get(json_get(p, "refused"), "text"));
		json_put_copy(proposal, "alternatives", json_get(p, "alternatives"));
		json_put_str(proposal, "cost", say1(x, "pages.spf_wizard.lookups", "count", lang_int(x->arena, x->lang,
		    json_int(p, "lookups", 0))));
		view_results(proposal, x, json_get(p, "results"));
	}
	json_put_bool(one, "has_proposals", json_count(list) > 0);
}

/* This server's own addresses, behind those that were typed. */
static void
add_own(const struct exchange *x, struct spf_wizard_input *in)
{
	const char *const *own;
	size_t n = sending_addresses(x, &own);
	const char **all = arena_array(x->arena, in->address_count + n + 1, sizeof(*all));

	for (size_t i = 0; i < in->address_count; i++)
		all[i] = in->addresses[i];
	for (size_t i = 0; i < n; i++) {
		bool there = false;

		for (size_t k = 0; k < in->address_count; k++)
			there = there || strcmp(all[k], own[i]) == 0;
		if (!there)
			all[in->address_count++] = own[i];
	}
	in->addresses = all;
}

void
page_spf_wizard(struct exchange *x)
{
	const struct fields *form = x->req->method == WEB_POST ? &x->req->form : &x->req->query;
	const char *domain = field_get(form, "domain"), *all = field_get(form, "all");
	struct spf_wizard_input in = {
		.domain = domain == NULL || domain[0] == '\0' ? NULL : domain,
		.all = all == NULL || all[0] == '\0' ? NULL : all,
	};
	struct json *view = tool_view(x, "spf-wizard"), *answer;
	bool own = x->req->method != WEB_POST || field_get(form, "own") != NULL;
	struct err err = { 0 };
	size_t typed;

	in.sender_count = field_all(x->arena, form, "sender", &in.senders);
	typed = in.address_count = read_addresses(x, &in.addresses);
	json_put_bool(view, "own", own);
	if (x->req->method != WEB_POST) {
		if (page_data(x, engine_senders(x->engine, x->arena), NULL, NULL, 0))
			return;
		view_form(view, x, &in, typed);
		page_html(x, "spf_wizard", say(x, "pages.spf_wizard.title"), view);
		return;
	}
	if (own)
		add_own(x, &in);
	answer = engine_spf_wizard(x->engine, x->arena, x->lang, &in, WIZARD_MS, &err);
	if (answer == NULL && ((err.code != ERR_VALUE && err.code != ERR_SYNTAX) || x->req->wants_json)) {
		page_err(x, &err);
		return;
	}
	if (answer != NULL && page_data(x, answer, NULL, NULL, 0))
		return;
	view_form(view, x, &in, typed);
	if (answer == NULL) {
		x->res.status = 422;
		json_put_str(view, "complaint", say(x, "pages.spf_wizard.bad_value"));
	} else {
		view_answer(view, x, &in, typed, answer);
		view_what_if(view, x, &in);
	}
	page_html(x, "spf_wizard", say(x, "pages.spf_wizard.title"), view);
}
