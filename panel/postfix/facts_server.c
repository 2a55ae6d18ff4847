/* What the machine is: main.cf, the services beside it, its addresses, whose domains are here. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "panel/postfix/internal.h"

/* All that any fact reads, in one call.  Names that this Postfix does not know are left out. */
static const char *const names[] = {
	"mail_version", "myhostname", "mydomain", "smtpd_banner", "smtp_helo_name", "inet_protocols",
	"inet_interfaces", "smtp_address_preference", "smtp_bind_address", "smtp_bind_address6", "relayhost",
	"mydestination", "mynetworks", "virtual_mailbox_domains", "virtual_mailbox_maps",
	"virtual_alias_domains", "virtual_alias_maps", "luser_relay", "smtpd_milters", "non_smtpd_milters",
	"content_filter", "sender_canonical_maps", "smtpd_client_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_data_restrictions",
	"smtpd_end_of_data_restrictions",
};

/* {name: value with every $name in it expanded} */
const struct json *
postfix_settings(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct text out, line, name;
	struct json *settings;
	struct err err;

	(void)arg;
	(void)params;
	if (!verb_need(ev, "mail server settings", verb_ask(ev, a, "postconf-get", names,
	    sizeof(names) / sizeof(names[0]), &out, &err), &err))
		return NULL;
	settings = json_new_object(a);
	while (text_line(&out, &line))
		if (text_split(&line, '=', &name))
			json_put_text(settings, text_cstr(a, text_trim(name)), text_trim(line));
	return settings;
}

static bool
add_explicit(struct json *into, struct arena *a, struct text out)
{
	struct text line, name;

	while (text_line(&out, &line)) {
		struct json *row;

		if (text_split(&line, '=', &name) &&
		    (row = json_edit(into, text_cstr(a, text_trim(name)))) != NULL)
			json_put_text(row, "set", text_trim(line));
	}
	return true;
}

/* What our changes touch, in both ways: to put it back exactly, and to know what holds. */
const struct json *
postfix_main_cf(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const touched[] = { "myhostname", "smtpd_banner", "smtp_helo_name",
	    "inet_protocols", "smtp_address_preference", "smtpd_end_of_data_restrictions" };
	const size_t count = sizeof(touched) / sizeof(touched[0]);
	const struct json *settings = ev_fact(ev, "settings", NULL);
	struct json *main_cf, *row;
	struct text out = { "", 0 };
	struct err err;
	enum got got = verb_ask(ev, a, "postconf-explicit", touched, count, &out, &err);

	(void)arg;
	(void)params;
	if (settings == NULL || !verb_need(ev, "mail server settings", got, &err))
		return NULL;
	main_cf = json_new_object(a);
	for (size_t i = 0; i < count; i++) {
		row = json_put_object(main_cf, touched[i]);
		json_put_null(row, "set");
		json_put_str(row, "is", setting_of(settings, touched[i]));
	}
	add_explicit(main_cf, a, out);
	return main_cf;
}

/* {name: path}: what is installed beside Postfix (helper verb services). */
const struct json *
postfix_services(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct json *services;
	struct text out, line;
	struct err err, bad;

	(void)arg;
	(void)params;
	if (!verb_need(ev, "services of the mail server", verb_ask(ev, a, "services", NULL, 0, &out, &err), &err))
		return NULL;
	services = json_new_object(a);
	while (text_line(&out, &line)) {
		const struct json *row = json_parse(a, line, &bad);

		if (json_str(row, "name") != NULL)
			json_put_str(services, json_str(row, "name"), json_str(row, "path"));
	}
	return services;
}

/* --- addresses ------------------------------------------------------------------------------------ */

static void
add_addresses(struct json *list, struct arena *a, struct text words)
{
	struct text word;
	struct ip ip;

	while (list_word(&words, &word)) {
		struct json *row;

		if (!ip_parse(word, &ip) || (ip_is_private(ip) && ip.family == 4 && ip.b[0] == 127))
			continue;
		row = json_add_object(list);
		json_put_str(row, "address", ip_str(a, ip));
		json_put_null(row, "public");
	}
}

const struct json *
postfix_server(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *settings = ev_fact(ev, "settings", NULL);
	struct json *server, *list;
	struct text out = { "", 0 };
	struct err err;
	enum got got = verb_ask(ev, a, "addresses", NULL, 0, &out, &err);

	(void)arg;
	(void)params;
	if (settings == NULL || !verb_need(ev, "addresses of the server", got, &err))
		return NULL;
	server = json_new_object(a);
	json_put_str(server, "kind", "postfix");
	json_put_str(server, "version", json_str(settings, "mail_version"));
	json_put_str(server, "hostname", json_str(settings, "myhostname"));
	list = json_put_array(server, "addresses");
	add_addresses(list, a, out);
	json_put_null(server, "dns_running");
	return server;
}

/* --- people and domains --------------------------------------------------------------------------- */

static void
add_account(struct json *list, struct map *seen, const char *login, const char *role)
{
	struct json *row;

	if (login == NULL || map_get(seen, login) != NULL)
		return;
	map_put(seen, login, list);
	row = json_add_object(list);
	json_put_str(row, "login", login);
	json_put_str(row, "role", role);
	json_put_null(row, "parent");
	json_put_null(row, "email");
	json_put_null(row, "locale");
	json_put_bool(row, "active", true);
	json_put_str(row, "id", login);
}

/* Those the configuration names; a web server in front has proven who is there. */
const struct json *
postfix_accounts(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct json *list = json_new_array(a);
	struct map *seen = map_new(a);

	(void)ev;
	(void)arg;
	for (size_t i = 0; i < params->admin_count; i++)
		add_account(list, seen, params->admins[i], "admin");
	for (const struct json *v = json_first(params->domains); v != NULL; v = json_next(v))
		add_account(list, seen, json_str(v, "owner"), "customer");
	return list;
}

struct domains {
	struct arena	*arena;
	struct json	*list;
	struct map	*seen;
	struct name	 host;		/* the server's own name is no customer's domain */
};

static void
add_domain(struct domains *d, struct text text, const char *owner, const char *root)
{
	struct name name;
	struct json *row;

	if (!name_from_person(d->arena, text, &name, NULL) || name_labels(name) < 2 ||
	    map_get(d->seen, name.s) != NULL)
		return;
	map_put(d->seen, name.s, d);
	row = json_add_object(d->list);
	json_put_str(row, "name", name_display(d->arena, name));
	json_put_str(row, "ascii", name.s);
	json_put_str(row, "id", name.s);
	json_put_str(row, "owner", owner);
	json_put_null(row, "reseller");
	json_put_str(row, "subscription", name.s);
	json_put_bool(row, "main", true);
	json_put_str(row, "status", "active");
	json_put_bool(row, "hosting", root != NULL);
	json_put_array(row, "aliases");
	json_put_str(row, "document_root", root);
	json_put_null(row, "addresses");
}

/* A key of a table of aliases may be an address or ".parent"; "localhost.x" is this machine. */
static void
add_from_table(void *ctx, struct text key, struct text value)
{
	struct domains *d = ctx;
	struct name name;

	(void)value;
	if (memchr(key.p, '@', key.n) != NULL || key.p[0] == '.' || text_istarts(key, "localhost."))
		return;
	if (d->host.s != NULL && name_parse(d->arena, key, &name) && name_eq(name, d->host))
		return;
	add_domain(d, key, NULL, NULL);
}

const struct json *
postfix_domains(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const lists[] = { "virtual_mailbox_domains", "virtual_alias_domains",
	    "mydestination" };
	struct domains d = { a, json_new_array(a), map_new(a), { NULL } };
	const struct ev_failure *why;
	const struct json *settings = ev_fact_any(ev, "settings", NULL, &why), *v;
	struct json *unlisted = json_new_array(a);
	bool waiting = false;

	(void)arg;
	for (v = json_first(params->domains); v != NULL; v = json_next(v))
		add_domain(&d, text_of(json_str(v, "name")), json_str(v, "owner"), json_str(v, "document_root"));
	if (settings == NULL && why == NULL)
		return NULL;
	if (settings == NULL && json_count(d.list) == 0) {
		ev_fail(ev, "mail server settings", why->reason, why->detail);
		return NULL;
	}
	name_parse(a, text_of(setting_of(settings, "myhostname")), &d.host);
	for (size_t i = 0; i < 3; i++)
		waiting |= list_each(ev, a, setting_of(settings, lists[i]), "", add_from_table, &d) == GOT_WAIT;
	for (size_t i = 0; i < 3; i++)
		list_unlisted(a, setting_of(settings, lists[i]), unlisted);
	/* Nobody named them, and the table does not tell: not the same as none. */
	if (!waiting && json_count(d.list) == 0 && json_first(unlisted) != NULL) {
		ev_fail(ev, "domains", "unlisted", arena_printf(a, "the domains of %s cannot be listed: name them in "
		    "the configuration (domains)", json_value_str(json_first(unlisted))));
		return NULL;
	}
	return waiting ? NULL : d.list;
}
