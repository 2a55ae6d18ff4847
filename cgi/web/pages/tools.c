/* The guide's tools and reports in one list, and the figures for monitoring. */

#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/map.h"
#include "engine/delist.h"
#include "store/reports.h"
#include "web/pages/pages.h"

static const struct { const char *name, *path; unsigned roles; } rows[] = {
	{ "spf_wizard", "/spf-wizard", ROLE_ALL },
	{ "bounce", "/bounce", ROLE_ALL },
	{ "bounces", "/bounces", ROLE_ALL },
	{ "message_test", "/message-test", ROLE_ALL },
	{ "password_strength", "/password-strength", ROLE_ALL },
	{ "lookup", "/lookup", ROLE_ALL },
	{ "codes", "/codes", ROLE_ALL },
	{ "senders", "/senders", ROLE_ALL },
	{ "blacklists", "/blacklists", ROLE_ALL },
	{ "delist", "/delist", ROLE_ALL },
	{ "hotmail", "/hotmail", ROLE_ALL },
	{ "forwarding", "/forwarding", ROLE_ALL },
	{ "wordpress", "/wordpress", ROLE_ALL },
	{ "antivirus", "/antivirus", ROLE_ALL },
	{ "cases", "/cases", ROLE_ALL },
	{ "notices", "/notices", ROLE_ALL },
	{ "glossary", "/glossary", ROLE_ALL },
	{ "audit", "/audit", ROLE_ADMIN },
};

const char *
safe_link(const char *url)
{
	return url != NULL && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0) ? url : NULL;
}

void
view_outside(struct json *view, const struct exchange *x, const char *place)
{
	const struct json *links = engine_outside(x->engine, x->arena, place);
	struct json *list = json_put_array(view, "outside");

	for (const struct json *l = json_first(links); l != NULL; l = json_next(l)) {
		const char *name = arena_printf(x->arena, "data.links.%s", json_str(l, "id"));
		struct json *one;

		if (safe_link(json_str(l, "url")) == NULL)
			continue;
		one = json_add_object(list);
		json_put_copy(one, "id", json_get(l, "id"));
		json_put_copy(one, "url", json_get(l, "url"));
		/* Most are proper names; those that say what is there say it in the reader's language. */
		json_put_str(one, "name", catalog_raw(x->face->catalog, x->lang, name) != NULL ? say(x, name) :
		    json_str(l, "name"));
	}
	json_put_bool(view, "has_outside", json_count(list) > 0);
}

const char *
provider_name(const struct exchange *x, const char *id)
{
	const struct data *data = engine_rules(x->engine)->data;
	const struct provider *p = id == NULL || data == NULL ? NULL : data_provider(data, id);

	return p != NULL ? p->name : id;
}

size_t
sending_addresses(const struct exchange *x, const char *const **ret)
{
	const struct rules *rules = engine_rules(x->engine);
	struct store_scope nobody = { .login = x->who.login };
	struct map *seen = map_new(x->arena);
	struct err err = { 0 };
	const struct json *server = engine_store(x->engine) == NULL ? NULL : store_report_get(
	    engine_store(x->engine), x->arena, &nobody, "server", "server", &err);
	const char **list;

	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check"), *subject = json_str(f, "subject");

		if (check != NULL && subject != NULL && strcmp(check, "ptr") == 0 && strcmp(subject, "server") != 0)
			map_put(seen, subject, seen);
	}
	for (size_t i = 0; map_count(seen) == 0 && i < rules->address_count; i++)
		map_put(seen, ip_str(x->arena, rules->addresses[i]), seen);
	list = arena_array(x->arena, map_count(seen) + 1, sizeof(*list));
	for (size_t i = 0; i < map_count(seen); i++)
		map_at(seen, i, &list[i]);
	*ret = list;
	return map_count(seen);
}

struct json *
tool_view(const struct exchange *x, const char *place)
{
	struct json *view = page_view(x, "tools");

	view_outside(view, x, place);
	return view;
}

void
page_tools(struct exchange *x)
{
	struct json *view = page_view(x, "tools"), *list = json_put_array(view, "tools");
	struct json *answer = json_new_object(x->arena);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *one;

		if (!(rows[i].roles & x->role))
			continue;
		one = json_add_object(list);
		json_put_str(one, "link", link_to(x, "%s", rows[i].path));
		json_put_str(one, "title", say(x, arena_printf(x->arena, "pages.tools.%s.title", rows[i].name)));
		json_put_str(one, "text", say(x, arena_printf(x->arena, "pages.tools.%s.text", rows[i].name)));
	}
	json_put_copy(answer, "tools", list);
	if (!page_data(x, answer, NULL, NULL, 0))
		page_html(x, "tools", say(x, "pages.tools.title"), view);
}

/* Prometheus text exposition format. */
void
page_metrics(struct exchange *x)
{
	struct str s = str_in(x->arena, 8192);
	struct fcgi_counters c;
	struct err err = { 0 };
	const struct json *counts = store_domains_counts(engine_store(x->engine), x->arena, &x->scope, &err);

	fcgi_counters(&c);
	str_add(&s, "# HELP antispam_guide_connections_total FastCGI connections by how they ended.\n"
	    "# TYPE antispam_guide_connections_total counter\n");
	str_addf(&s, "antispam_guide_connections_total{end=\"accepted\"} %llu\n", (unsigned long long)c.accepted);
	str_addf(&s, "antispam_guide_connections_total{end=\"answered\"} %llu\n", (unsigned long long)c.answered);
	str_addf(&s, "antispam_guide_connections_total{end=\"dropped\"} %llu\n", (unsigned long long)c.dropped);
	str_addf(&s, "antispam_guide_connections_total{end=\"refused\"} %llu\n", (unsigned long long)c.refused);
	str_add(&s, "# HELP antispam_guide_domains Domains by their worst verdict.\n"
	    "# TYPE antispam_guide_domains gauge\n");
	for (const struct json *v = json_first(counts); v != NULL; v = json_next(v))
		if (json_is_int(v) && !text_is(text_of(json_key(v)), "total"))
			str_addf(&s, "antispam_guide_domains{worst=\"%s\"} %lld\n", json_key(v),
			    (long long)json_value_int(v, 0));
	x->res = (struct response){ .status = 200,
	    .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = str_text(&s) };
}
