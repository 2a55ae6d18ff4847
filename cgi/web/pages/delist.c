/* The gate: three conditions; then links, needs and the journal of requests.  Hotmail's own way. */

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "engine/delist.h"
#include "engine/snds.h"
#include "store/cases.h"
#include "store/delist.h"
#include "store/reports.h"
#include "web/pages/pages.h"

#define TEXT_MAX	4000

/* Not what was asked on the server's behalf. */
static void
hide_requests(const struct exchange *x, struct json *answer)
{
	struct json *p = x->role == ROLE_ADMIN ? NULL : json_edit_first(json_edit(answer, "providers"));

	for (; p != NULL; p = json_edit_next(p)) {
		json_put_array(p, "requests");
		json_put_null(p, "override");
	}
}

/* The kept bounces of this provider, to choose whose words go in. */
static void
view_bounces(struct json *one, const struct exchange *x, const struct json *started)
{
	struct json *list = json_put_array(one, "bounces");
	int64_t chosen = json_int(started, "bounce", 0);

	for (const struct json *b = json_first(json_get(started, "bounces")); b != NULL; b = json_next(b)) {
		struct json *option = json_add_object(list);
		const char *recipient = json_str(b, "recipient"), *status = json_str(b, "status");

		json_put_copy(option, "bounce", json_get(b, "bounce"));
		json_put_bool(option, "chosen", json_int(b, "bounce", 0) == chosen);
		json_put_str(option, "label", arena_printf(x->arena, "%s %s %s", lang_time(x->arena, x->lang,
		    time_of(b, "at")), recipient != NULL ? recipient : "", status != NULL ? status : ""));
	}
	json_put_bool(one, "has_bounces", json_count(list) > 0);
}

/* What to write, for whoever may send it; ?provider=ID&bounce=N chooses among the kept bounces. */
static void
view_forms(struct json *one, const struct exchange *x, const char *id)
{
	const char *provider = field_get(&x->req->query, "provider"), *number = field_get(&x->req->query, "bounce");
	bool chosen = provider != NULL && strcmp(provider, id) == 0;
	const struct json *started = NULL;
	struct err err = { 0 };
	uint64_t n = 0;

	if (x->role == ROLE_ADMIN && chosen && number != NULL && text_uint(text_of(number), INT64_MAX, &n) && n > 0)
		started = engine_delist_start(x->engine, x->arena, x->lang, &x->scope, id, (int64_t)n, &err);
	if (x->role == ROLE_ADMIN && started == NULL)		/* forgotten meanwhile */
		started = engine_delist_start(x->engine, x->arena, x->lang, &x->scope, id, 0, &err);
	struct json *forms = json_put_array(one, "forms");

	view_bounces(one, x, started);
	for (const struct json *f = json_first(json_get(started, "forms")); f != NULL; f = json_next(f)) {
		struct json *form = json_add_object(forms);
		const char *text = json_str(f, "text"), *english = json_str(f, "text_en");

		json_put_copy(form, "recipient", json_get(f, "recipient_domain"));
		json_put_copy(form, "subject", json_get(f, "subject"));
		json_put_str(form, "text", text);
		json_put_str(form, "english", text != NULL && english != NULL && strcmp(text, english) != 0 ?
		    english : NULL);
	}
	json_put_bool(one, "has_forms", json_count(forms) > 0);
}

/* What was written down as a day is one; what is counted from the last request has its hour. */
static const char *
day_of(const struct exchange *x, int64_t at)
{
	return at == 0 ? NULL : at % 86400 == 0 ? lang_date(x->arena, x->lang, at) : lang_time(x->arena, x->lang, at);
}

/* Some lists forget by themselves: nobody is to be asked. */
static bool
is_asked(const struct exchange *x, const char *id)
{
	const struct data *data = engine_rules(x->engine)->data;
	const struct blacklist *b = data == NULL || data_provider(data, id) != NULL ? NULL : data_blacklist(data, id);

	return b == NULL || !delist_by_itself(b);
}

/* Those that refuse mail now stand by themselves, before all the others. */
static void
view_providers(struct json *view, const struct exchange *x, const struct json *answer)
{
	const char *chosen = field_get(&x->req->query, "provider");
	bool ready = json_bool(answer, "ready", false);
	struct json *now = json_put_array(view, "refusing"), *others = json_put_array(view, "providers");

	for (const struct json *p = json_first(json_get(answer, "providers")); p != NULL; p = json_next(p)) {
		bool listed = json_bool(p, "listed", false);
		struct json *one = json_add_object(listed ? now : others), *requests;
		bool pay = json_bool(p, "pay", false), overridden = json_is_object(json_get(p, "override"));
		bool asks = !pay && is_asked(x, json_str(p, "id")), open = asks && (ready || overridden);

		json_put_copy(one, "id", json_get(p, "id"));
		json_put_copy(one, "name", json_get(p, "name"));
		/* To whom cannot ask it is news, no alarm. */
		view_verdict(one, x, x->role == ROLE_ADMIN && !pay ? "problem" : "information");
		json_put_str(one, "word", !listed ? NULL : json_str(p, "address") == NULL ? say(x, "pages.delist.refuses") :
		    say1(x, "pages.delist.lists", "address", json_str(p, "address")));
		json_put_copy(one, "needs", json_get(p, "needs"));
		json_put_bool(one, "has_needs", json_count(json_get(p, "needs")) > 0);
		json_put_bool(one, "pay", pay);
		json_put_copy(one, "advice", json_get(p, "advice"));
		json_put_bool(one, "open", open);
		json_put_bool(one, "closed", asks && !open);
		json_put_str(one, "url", open ? safe_link(json_str(p, "url")) : NULL);
		json_put_copy(one, "email", open ? json_get(p, "email") : NULL);
		json_put_str(one, "wait", day_of(x, time_of(p, "next_at")));
		json_put_bool(one, "expanded", listed || (chosen != NULL && strcmp(chosen, json_str(p, "id")) == 0));
		if (open)
			view_forms(one, x, json_str(p, "id"));
		json_put_str(one, "reason", json_str(json_get(p, "override"), "reason"));
		requests = json_put_array(one, "requests");
		for (const struct json *r = json_first(json_get(p, "requests")); r != NULL; r = json_next(r)) {
			struct json *request = json_add_object(requests);
			const char *said = json_str(r, "answer");

			view_time(request, x, "at", time_of(r, "at"));
			json_put_str(request, "next", day_of(x, time_of(r, "next_at")));
			json_put_copy(request, "where", json_get(r, "where"));
			json_put_str(request, "answer", said == NULL || said[0] == '\0' ? NULL : said);
			json_put_copy(request, "login", json_get(r, "login"));
		}
		json_put_bool(one, "has_requests", json_count(requests) > 0);
	}
	json_put_bool(view, "has_refusing", json_count(now) > 0);
}

void
page_delist(struct exchange *x)
{
	static const struct column columns[] = {
		{ "id", NULL }, { "name", NULL }, { "listed", NULL }, { "url", NULL }, { "email", NULL }, { "pay", NULL },
		{ "next_at", NULL },
	};
	struct err err = { 0 };
	struct json *answer = engine_delist(x->engine, x->arena, x->lang, &x->scope, &err);
	struct json *view = tool_view(x, "delist");

	if (answer == NULL || !conditions_view(view, x, json_get(answer, "conditions"), &err)) {
		page_err(x, &err);
		return;
	}
	conditions_hide(x, answer);
	hide_requests(x, answer);
	if (page_data(x, answer, "providers", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	json_put_bool(view, "ready", json_bool(answer, "ready", false));
	view_providers(view, x, answer);
	page_html(x, "delist", say(x, "pages.delist.title"), view);
}

/* Open, and in sight. */
static const char *
link_to_provider(const struct exchange *x, const char *id)
{
	return link_to(x, "/delist?provider=%s#provider-%s", id, id);
}

/* provider, where, answer, next_at */
void
page_delist_record(struct exchange *x)
{
	const struct fields *f = &x->req->form;
	const char *provider = field_get(f, "provider"), *where = field_get(f, "where");
	const char *answer = field_get(f, "answer"), *day = field_get(f, "next_at");
	struct err err = { 0 };
	int64_t next = 0;

	if (provider == NULL || !engine_delist_knows(x->engine, provider) || where == NULL || where[0] == '\0' ||
	    strlen(where) > TEXT_MAX || (answer != NULL && strlen(answer) > TEXT_MAX) ||
	    (day != NULL && day[0] != '\0' && !time_parse(text_of(day), &next))) {
		page_error(x, 422);
		return;
	}
	if (!store_delist_record(engine_store(x->engine), provider, x->who.login, where,
	    answer == NULL ? "" : answer, x->now, next, &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to_provider(x, provider));
}

static bool
takes_money(const struct exchange *x, const char *id)
{
	struct err err = { 0 };

	return json_bool(engine_delist_start(x->engine, x->arena, x->lang, &x->scope, id, 0, &err), "pay", false);
}

/* provider, reason: an administrator takes the responsibility in writing. */
void
page_delist_override(struct exchange *x)
{
	const char *provider = field_get(&x->req->form, "provider"), *reason = field_get(&x->req->form, "reason");
	struct err err = { 0 };

	if (provider == NULL || !engine_delist_knows(x->engine, provider) || reason == NULL ||
	    text_trim(text_of(reason)).n < 3 || strlen(reason) > TEXT_MAX || takes_money(x, provider) ||
	    !is_asked(x, provider)) {
		page_error(x, 422);
		return;
	}
	if (!store_delist_override(engine_store(x->engine), provider, x->who.login, reason, x->now, &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to_provider(x, provider));
}

/* --- Hotmail ------------------------------------------------------------------------------------ */

/* The check's own words on which mailboxes Microsoft will offer. */
static const struct json *
validation_of(const struct json *server)
{
	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check");

		if (check != NULL && strcmp(check, "delist_readiness") == 0 &&
		    json_is_array(json_get(json_get(f, "data"), "validation")))
			return json_get(json_get(f, "data"), "validation");
	}
	return NULL;
}

/* Whose mailboxes they are decides who can make them: the domain's owner by one click, else the provider. */
static void
view_validation(struct json *view, const struct exchange *x, const struct json *validation)
{
	struct json *list = json_put_array(view, "mailboxes");
	bool any = false, none = false;
	const char *create = NULL;

	for (const struct json *v = json_first(validation); v != NULL; v = json_next(v))
		for (const struct json *m = json_first(json_get(v, "mailboxes")); m != NULL; m = json_next(m)) {
			struct json *one = json_add_object(list);
			const char *address = json_str(m, "address"), *at = address == NULL ? NULL : strchr(address, '@');
			int here = json_tristate(m, "here");
			const char *state = here < 0 ? "unknown" : here == 1 ? "here" : "missing";

			any = any || here == 1;
			none = none || here == 0;
			if (here == 0 && create == NULL && at != NULL && rights_domain(x->rights, at + 1))
				create = at + 1;
			json_put_str(one, "address", address);
			json_put_copy(one, "ip", json_get(v, "address"));
			json_put_str(one, "state", state);
			json_put_str(one, "said", say(x, arena_printf(x->arena, "pages.hotmail.mailbox.%s", state)));
		}
	json_put_bool(view, "has_mailboxes", json_count(list) > 0);
	json_put_bool(view, "none_here", none && !any && (x->role == ROLE_ADMIN || create != NULL));
	json_put_str(view, "create", create);
	json_put_str(view, "provider_looks", !none || any || x->role == ROLE_ADMIN || create != NULL ? NULL :
	    say_word(x, "owner", "provider"));
}

/* Open ones about Hotmail, with their places. */
static void
view_cases(struct json *view, const struct exchange *x, const struct json *cases)
{
	struct json *list = json_put_array(view, "cases");

	for (const struct json *c = json_first(cases); c != NULL; c = json_next(c)) {
		struct json *one = json_add_object(list);

		json_put_str(one, "link", link_to(x, "/cases/%lld", (long long)json_int(c, "case", 0)));
		json_put_copy(one, "about", json_get(c, "about"));
		view_time(one, x, "updated", time_of(c, "updated_at"));
	}
	json_put_bool(view, "has_cases", json_count(list) > 0);
	/* Who has one domain need not name it. */
	json_put_str(view, "only", rights_count(x->rights) == 1 ? rights_at(x->rights, 0) : NULL);
}

void
page_hotmail(struct exchange *x)
{
	struct err err = { 0 };
	struct json *delist = engine_delist(x->engine, x->arena, x->lang, &x->scope, &err);
	struct json *answer = json_new_object(x->arena), *view = tool_view(x, "hotmail"), *addresses, *links, *list;
	const struct json *server, *cases, *snds = NULL;
	const char *const *sending;
	size_t count = sending_addresses(x, &sending);

	if (x->role == ROLE_ADMIN && (snds = engine_snds(x->engine, x->arena, &err)) == NULL) {
		page_err(x, &err);
		return;
	}
	if (delist == NULL || !conditions_view(view, x, json_get(delist, "conditions"), &err) ||
	    (cases = store_cases(engine_store(x->engine), x->arena, &x->scope, "open", NULL, 1, 50, &err)) == NULL) {
		page_err(x, &err);
		return;
	}
	server = store_report_get(engine_store(x->engine), x->arena, &x->scope, "server", "server", &err);
	conditions_hide(x, delist);
	json_put_copy(answer, "ready", json_get(delist, "ready"));
	json_put_copy(answer, "conditions", json_get(delist, "conditions"));
	addresses = json_put_array(answer, "addresses");
	for (size_t i = 0; i < count; i++)
		json_add_str(addresses, sending[i]);
	json_put_copy(answer, "validation", validation_of(server));
	links = json_put_object(answer, "links");
	json_put_str(links, "snds", safe_link(engine_link(x->engine, "snds")));
	json_put_str(links, "jmrp", safe_link(engine_link(x->engine, "jmrp")));
	json_put_str(links, "form", safe_link(engine_link(x->engine, "hotmail_form")));
	json_put_copy(answer, "snds", snds);
	list = json_put_array(answer, "cases");
	for (const struct json *c = json_first(json_get(cases, "cases")); c != NULL; c = json_next(c))
		if (json_str(c, "kind") != NULL && strcmp(json_str(c, "kind"), "hotmail") == 0)
			json_add_copy(list, c);
	if (page_data(x, answer, NULL, NULL, 0))
		return;
	json_put_copy(view, "ready", json_get(answer, "ready"));
	json_put_copy(view, "addresses", addresses);
	json_put_bool(view, "has_addresses", count > 0);
	json_put_copy(view, "links", links);
	view_validation(view, x, json_get(answer, "validation"));
	view_cases(view, x, list);
	if (snds != NULL)
		view_snds(view, x, snds);
	page_html(x, "hotmail", say(x, "pages.hotmail.title"), view);
}
