/*
 * What the keeper told this person: what changed and was seen to be so by two
 * ways, once when it went wrong, once when it is right again; to a reseller as
 * a digest of each day.  Everybody may switch it off for himself.
 */

#include <string.h>

#include "base/arena.h"
#include "store/notices.h"
#include "web/pages/pages.h"

#define NOTICES_MAX	200

/* An administrator's own are those of the server; who works as somebody else reads that one's. */
static const char *
reader(const struct exchange *x)
{
	return x->role == ROLE_ADMIN ? NULL : x->who.acting != NULL ? x->who.acting : x->who.login;
}

/* By whose name the switch stands. */
static const char *
switch_of(const struct exchange *x)
{
	return x->who.acting != NULL ? x->who.acting : x->who.login;
}

static bool
is_theirs(const struct exchange *x, const struct json *notice)
{
	const char *target = json_str(notice, "target");

	return target == NULL || x->role == ROLE_ADMIN || rights_domain(x->rights, target);
}

struct json *
notices_of(struct exchange *x, struct err *err)
{
	struct store *store = engine_store(x->engine);
	struct json *answer = json_new_object(x->arena), *list;
	const struct json *all;
	bool on = x->config->notices && !store_notices_are_off(store, switch_of(x));
	int64_t fresh = 0;

	json_put_bool(answer, "enabled", on);
	list = json_put_array(answer, "notices");
	json_put_int(answer, "unseen", 0);
	if (!on)
		return answer;
	if ((all = store_notices(store, x->arena, reader(x), NOTICES_MAX, err)) == NULL)
		return NULL;
	for (const struct json *n = json_first(all); n != NULL; n = json_next(n)) {
		if (!is_theirs(x, n))		/* it was theirs when it was told */
			continue;
		json_add_copy(list, n);
		fresh += !json_bool(n, "seen", false);
	}
	json_put_int(answer, "unseen", fresh);
	return answer;
}

/* --- view --------------------------------------------------------------------------------------- */

static const struct { const char *kind, *tone, *symbol; } kinds[] = {
	{ "appeared", "problem", "\xe2\x9c\x95" }, { "worse", "problem", "\xe2\x9c\x95" },
	{ "resolved", "ok", "\xe2\x9c\x93" }, { "digest", "information", "i" },
};

/* A digest: how many appeared, became worse, were resolved. */
static const char *
digest_text(const struct exchange *x, const struct json *data)
{
	static const char *const counts[] = { "appeared", "worse", "resolved" };
	struct str s = str_in(x->arena, 1024);

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (json_int(data, counts[i], 0) > 0)
			str_addf(&s, "%s%s", s.n > 0 ? ", " : "", say_count(x, arena_printf(x->arena,
			    "pages.notices.counted.%s", counts[i]), json_int(data, counts[i], 0)));
	return s.n > 0 && str_ok(&s) ? s.p : NULL;
}

static void
add_domain(struct json *list, const struct exchange *x, const char *name)
{
	struct json *one;

	if (name == NULL || (x->role != ROLE_ADMIN && !rights_domain(x->rights, name)))
		return;
	one = json_add_object(list);
	json_put_str(one, "name", name);
	json_put_str(one, "link", rights_domain(x->rights, name) ? link_to(x, "/domains/%s", name) :
	    x->role == ROLE_ADMIN ? link_to(x, "/server") : NULL);
}

static void
view_notice(struct json *list, const struct exchange *x, const struct json *n)
{
	struct json *one = json_add_object(list), *domains;
	const char *kind = json_str(n, "kind"), *finding = json_str(n, "finding"), *subject = json_str(n, "subject");
	const char *target = json_str(n, "target");

	json_put_str(one, "kind", kind);
	json_put_str(one, "tone", "information");
	json_put_str(one, "symbol", "i");
	for (size_t i = 0; kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0) {
			json_put_str(one, "tone", kinds[i].tone);
			json_put_str(one, "symbol", kinds[i].symbol);
		}
	json_put_str(one, "word", say_word(x, "notice_kind", kind));
	json_put_str(one, "title", finding != NULL ? say_finding(x, finding) : digest_text(x, json_get(n, "data")));
	json_put_str(one, "finding", finding);
	json_put_str(one, "subject", subject == NULL || (target != NULL && strcmp(subject, target) == 0) ||
	    strcmp(subject, "server") == 0 ? NULL : subject);
	json_put_bool(one, "fresh", !json_bool(n, "seen", false));
	view_time(one, x, "at", time_of(n, "at"));
	domains = json_put_array(one, "domains");
	add_domain(domains, x, target);
	for (const struct json *d = json_first(json_get(json_get(n, "data"), "domains")); d != NULL; d = json_next(d))
		add_domain(domains, x, json_value_str(d));
}

void
page_notices(struct exchange *x)
{
	static const struct column columns[] = {
		{ "id", NULL }, { "at", NULL }, { "kind", NULL }, { "target", NULL }, { "finding", NULL },
		{ "subject", NULL },
	};
	struct err err = { 0 };
	struct json *answer = notices_of(x, &err), *view, *list;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, answer, "notices", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "home");
	json_put_bool(view, "on", json_bool(answer, "enabled", false));
	json_put_bool(view, "may", x->config->notices);
	json_put_str(view, "csv", link_to(x, "/notices?format=csv"));
	list = json_put_array(view, "rows");
	for (const struct json *n = json_first(json_get(answer, "notices")); n != NULL; n = json_next(n))
		view_notice(list, x, n);
	json_put_bool(view, "has_rows", json_count(list) > 0);
	page_html(x, "notices", say(x, "pages.notices.title"), view);
	/* Read by whose they are, not by who looks over the shoulder. */
	if (x->who.acting == NULL && json_int(answer, "unseen", 0) > 0)
		store_notices_seen(engine_store(x->engine), reader(x), x->now, &err);
}

void
page_notices_set(struct exchange *x)
{
	const char *enabled = field_get(&x->req->form, "enabled");
	struct err err;

	if (enabled == NULL || (strcmp(enabled, "0") != 0 && strcmp(enabled, "1") != 0)) {
		page_error(x, 422);
		return;
	}
	if (!store_notices_off(engine_store(x->engine), switch_of(x), enabled[0] == '0', x->now, &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/notices"));
}
