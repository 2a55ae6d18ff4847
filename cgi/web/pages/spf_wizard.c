/* Who sends for the domain?  The record is made and counted; one click leads to the plan that publishes it. */

#include <string.h>

#include "base/arena.h"
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

static void
view_form(struct json *view, const struct exchange *x, const struct spf_wizard_input *in)
{
	const struct json *senders = json_get(engine_senders(x->engine, x->arena), "senders");
	struct json *list = json_put_array(view, "senders"), *choices = json_put_array(view, "endings");
	struct str lines = str_in(x->arena, 8192);
	const char *all = in->all != NULL ? in->all : engine_rules(x->engine)->spf_all;

	for (const struct json *s = json_first(senders); s != NULL; s = json_next(s)) {
		struct json *one = json_copy(x->arena, s);
		bool chosen = false;

		for (size_t i = 0; i < in->sender_count; i++)
			chosen = chosen || strcmp(in->senders[i], json_str(s, "id")) == 0;
		json_put_bool(one, "chosen", chosen);
		json_add_copy(list, one);
	}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct json *one = json_add_object(choices);

		json_put_str(one, "value", endings[i]);
		json_put_str(one, "label", say(x, arena_printf(x->arena, "pages.spf_wizard.ending.%s",
		    endings[i][0] == '~' ? "soft" : "hard")));
		json_put_bool(one, "chosen", all != NULL && strcmp(all, endings[i]) == 0);
	}
	for (size_t i = 0; i < in->address_count; i++)
		str_addf(&lines, "%s\n", in->addresses[i]);
	json_put_str(view, "addresses", lines.p);
	json_put_str(view, "domain", in->domain);
}

static void
view_answer(struct json *view, const struct exchange *x, const struct spf_wizard_input *in,
    const struct json *answer)
{
	const struct json *strings = json_get(answer, "strings");
	struct json *copy = json_new_object(x->arena), *chosen;
	struct name name;

	json_put_bool(view, "answered", true);
	json_put_copy(view, "record", json_get(answer, "record"));
	json_put_copy(view, "warnings", json_get(answer, "warnings"));
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
	for (size_t i = 0; i < in->address_count; i++)
		json_add_str(chosen, in->addresses[i]);
	json_put_str(view, "all", in->all);
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
	struct err err = { 0 };

	in.sender_count = field_all(x->arena, form, "sender", &in.senders);
	in.address_count = read_addresses(x, &in.addresses);
	if (x->req->method != WEB_POST) {
		if (page_data(x, engine_senders(x->engine, x->arena), "senders", NULL, 0))
			return;
		view_form(view, x, &in);
		page_html(x, "spf_wizard", say(x, "pages.spf_wizard.title"), view);
		return;
	}
	answer = engine_spf_wizard(x->engine, x->arena, x->lang, &in, WIZARD_MS, &err);
	if (answer == NULL && (err.code != ERR_VALUE || x->req->wants_json)) {
		page_err(x, &err);
		return;
	}
	if (answer != NULL && page_data(x, answer, NULL, NULL, 0))
		return;
	view_form(view, x, &in);
	if (answer == NULL) {
		x->res.status = 422;
		json_put_str(view, "complaint", say(x, "pages.spf_wizard.bad_value"));
	} else
		view_answer(view, x, &in, answer);
	page_html(x, "spf_wizard", say(x, "pages.spf_wizard.title"), view);
}
