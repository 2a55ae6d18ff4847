/*
 * A domain's mail settings (XML mail.get_prefs, many domains a packet) and how
 * its mail leaves.
 */

#include <string.h>

#include "panel/plesk/cli_text.h"
#include "panel/plesk/internal.h"

void
plesk_put_catch_all(struct json *into, struct arena *a, const struct xml *prefs)
{
	static const char *const kinds[] = { "reject", "bounce", "forward" };
	const struct xml *user = xml_child(prefs, "nonexistent-user");
	struct json *row;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *target = xml_str(a, user, kinds[i]);

		if (target == NULL)
			continue;
		row = json_put_object(into, "catch_all");
		json_put_str(row, "kind", kinds[i]);
		json_put_str(row, "target", *target == '\0' ? NULL : target);
		return;
	}
	json_put_null(into, "catch_all");
}

static void
put_known(struct json *into, const char *key, int value)
{
	if (value < 0)
		json_put_null(into, key);
	else
		json_put_bool(into, key, value == 1);
}

/* Addresses of the panel as the world sees them; false = none can be said. */
static bool
put_public(struct json *mail, struct arena *a, const struct json *addresses, const struct json *server)
{
	const struct json *v, *w;
	struct json *list = json_new_array(a);
	struct ip ip, known;

	for (v = json_first(addresses); v != NULL; v = json_next(v)) {
		const char *public = NULL;

		if (!ip_parse(text_of(json_value_str(v)), &ip))
			continue;
		for (w = json_first(json_get(server, "addresses")); w != NULL; w = json_next(w))
			if (ip_parse(text_of(json_str(w, "address")), &known) && ip_eq(ip, known))
				public = json_str(w, "public");
		if (public != NULL || !ip_is_private(ip))
			json_add_str(list, public != NULL ? public : ip_str(a, ip));
	}
	if (json_count(list) == 0)
		return false;
	json_put_copy(mail, "sending", list);
	return true;
}

/*
 * Two of the three modes send from the domain's own address, and so does a
 * fresh server.  Where the mode is not said that is still the closest: all
 * addresses of the server would accuse the domain of those that it never uses.
 */
static void
put_sending(struct json *mail, struct arena *a, const struct json *row, const struct json *own,
    const struct json *server, const struct json *mail_server)
{
	const char *mode = json_str(mail_server, "outgoing_mode");
	bool is_fixed = mode != NULL && strcmp(mode, "explicit-ip") == 0;

	if (!put_public(mail, a, is_fixed ? json_get(mail_server, "explicit") : own, server))
		json_put_null(mail, "sending");
	if (mode == NULL)
		json_put_null(mail, "helo");
	else
		json_put_str(mail, "helo", strcmp(mode, "domain-name") == 0 ? json_str(row, "ascii") :
		    json_str(server, "hostname"));
}

static void
put_routing(struct json *mail, int service)
{
	json_put_str(mail, "routing", service < 0 ? NULL : service == 1 ? "local" : "remote");
}

static void
put_limit(struct json *mail, const struct xml *site)
{
	int64_t n;

	if (plesk_limit(xml_path(site, "data/prefs"), "outgoing-messages-domain-limit", &n))
		json_put_int(mail, "limit", n);
	else
		json_put_null(mail, "limit");
}

/* --- one domain ------------------------------------------------------------------------------- */

static enum got
ask_prefs(struct evidence *ev, struct arena *a, int64_t id, const struct xml **ret)
{
	struct str ask = packet_begin(a);
	const struct xml *packet, *result;
	struct err err;
	enum got got;

	str_addf(&ask, "<mail><get_prefs><filter><site-id>%lld</site-id></filter></get_prefs></mail>",
	    (long long)id);
	if ((got = plesk_ask_packet(ev, a, &ask, &packet, &err)) != GOT_IT)
		return got;
	result = xml_path(packet, "mail/get_prefs/result");
	if (!plesk_result_ok(a, result, &err) || xml_child(result, "prefs") == NULL)
		return GOT_NOT;
	*ret = xml_child(result, "prefs");
	return GOT_IT;
}

/* What the utility tells without the XML API. */
static enum got
ask_info(struct evidence *ev, struct arena *a, const char *ascii, struct text *ret, struct err *err)
{
	const char *const params[] = { "--info", arena_strdup(evidence_arena(ev), ascii), NULL };
	struct cli_result r;
	enum got got;

	if ((got = plesk_ask_cli(ev, a, "domain", params, &r, err)) != GOT_IT)
		return got;
	*ret = r.out;
	return r.code == 0 || err_set(err, ERR_PROTOCOL, "%s", cli_complaint(a, &r)) ? GOT_IT : GOT_NOT;
}

static enum got
service_by_cli(struct evidence *ev, struct arena *a, const char *ascii, int *service, struct err *err)
{
	struct text info, value;
	enum got got;

	if ((got = ask_info(ev, a, ascii, &info, err)) != GOT_IT)
		return got;
	if (cli_find(info, "Mail service", &value))
		*service = text_iis(value, "On") ? 1 : text_iis(value, "Off") ? 0 : -1;
	return GOT_IT;
}

static void
put_prefs(struct json *mail, struct arena *a, const struct xml *prefs, int service)
{
	put_known(mail, "service", service);
	put_known(mail, "dkim", xml_tristate(prefs, "spam-protect-sign"));
	plesk_put_catch_all(mail, a, prefs);
}

/* What a domain's own settings say: {"service","dkim","catch_all"}. */
const struct json *
plesk_fact_site_prefs(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct xml *prefs = NULL;
	const struct json *site;
	struct json *mail;
	struct err err;
	enum got got;
	int service = -1;

	(void)params;
	if (!plesk_site_row(ev, arg, &site))
		return NULL;
	if (site == NULL) {
		ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
		return NULL;
	}
	if ((got = ask_prefs(ev, a, json_int(site, "id", 0), &prefs)) == GOT_WAIT)
		return NULL;
	if (got == GOT_IT)
		service = xml_tristate(prefs, "mailservice");
	else if (!plesk_need(ev, "panel mail settings",
	    service_by_cli(ev, a, json_str(site, "ascii"), &service, &err), &err))
		return NULL;
	mail = json_new_object(a);
	put_prefs(mail, a, prefs, service);
	return mail;
}

static enum got
ask_limit(struct evidence *ev, struct arena *a, int64_t id, const struct xml **ret)
{
	struct str ask = packet_begin(a);
	const struct xml *packet;
	struct err err;
	enum got got;

	str_addf(&ask, "<site><get><filter><id>%lld</id></filter><dataset><prefs/></dataset></get></site>",
	    (long long)id);
	if ((got = plesk_ask_packet(ev, a, &ask, &packet, &err)) != GOT_IT)
		return got;
	*ret = xml_path(packet, "site/get/result");
	return GOT_IT;
}

bool
plesk_site_limit(struct evidence *ev, struct arena *a, const char *domain, const struct json **ret)
{
	const struct xml *site = NULL;
	const struct json *row;
	struct err err;
	enum got got;
	int64_t n;

	*ret = NULL;
	if (!plesk_site_row(ev, domain, &row))
		return false;
	if (row == NULL) {
		ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
		return false;
	}
	if ((got = ask_limit(ev, a, json_int(row, "id", 0), &site)) == GOT_WAIT)
		return false;
	if (got == GOT_NOT || !plesk_result_ok(a, site, &err)) {
		ev_fail(ev, "panel limits of the domain", got == GOT_NOT ? "unsupported" : err_word(err.code),
		    "the panel does not say");
		return false;
	}
	if (plesk_limit(xml_path(site, "data/prefs"), "outgoing-messages-domain-limit", &n))
		*ret = state_of_int(a, n);
	return true;
}

/* GOT_NOT = the panel does not say. */
static enum got
own_addresses(struct evidence *ev, struct arena *a, const struct json *row, const struct json *server,
    const struct json **ret)
{
	struct text info, value, word;
	struct json *list;
	struct err err;
	struct ip ip;
	enum got got;

	*ret = json_get(row, "addresses");
	if (json_count(*ret) > 0)
		return GOT_IT;
	if (json_count(json_get(server, "addresses")) < 2)
		return GOT_NOT;		/* no call is needed to tell them apart */
	if ((got = ask_info(ev, a, json_str(row, "ascii"), &info, &err)) != GOT_IT)
		return got;
	list = json_new_array(a);
	if (cli_find(info, "IP Address", &value))
		while (cli_next_word(&value, &word))
			if (ip_parse(word, &ip))
				json_add_str(list, ip_str(a, ip));
	*ret = list;
	return json_count(list) > 0 ? GOT_IT : GOT_NOT;
}

const struct json *
plesk_fact_domain_mail(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *row, *server, *mail_server, *zone, *prefs, *own = NULL;
	const struct xml *site = NULL;
	const struct ev_failure *why;
	enum got got_limit, got_own = GOT_WAIT;
	struct json *mail;

	(void)params;
	server = ev_fact(ev, "server", NULL);
	mail_server = ev_fact(ev, "mail_server", NULL);
	if (!plesk_domain_row(ev, arg, &row))
		return NULL;
	if (row == NULL) {
		ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
		return NULL;
	}
	zone = ev_fact_any(ev, "zone", arg, &why);
	prefs = ev_fact(ev, "site_prefs", json_str(row, "ascii"));
	got_limit = ask_limit(ev, a, json_int(row, "id", 0), &site);
	if (server != NULL)
		got_own = own_addresses(ev, a, row, server, &own);
	if (server == NULL || mail_server == NULL || prefs == NULL || (zone == NULL && why == NULL) ||
	    got_limit == GOT_WAIT || got_own == GOT_WAIT)
		return NULL;
	mail = json_copy(a, prefs);
	put_routing(mail, json_tristate(prefs, "service"));
	put_sending(mail, a, row, got_own == GOT_IT ? own : NULL, server, mail_server);
	json_put_str(mail, "selector", zone == NULL ? NULL : plesk_zone_selector(a, zone, arg));
	put_limit(mail, site);
	return mail;
}

/* --- many ------------------------------------------------------------------------------------- */

const struct json *
plesk_fact_domain_mail_page(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *d;
	const struct json *server = ev_fact(ev, "server", NULL);
	const struct json *mail_server = ev_fact(ev, "mail_server", NULL);
	const struct xml *prefs_packet = NULL, *limits_packet = NULL, *prefs_rest, *limits_rest;
	enum got got_prefs, got_limits;
	struct str ask_all, ask_limits;
	struct json *page;
	struct err err, no_limits;

	(void)params;
	if (domains == NULL || server == NULL || mail_server == NULL)
		return NULL;
	if ((d = plesk_domain_page(domains, arg, PREFS_PER_PACKET)) == NULL)
		return json_new_object(a);
	ask_all = plesk_packet_of_ids(a, d, "<mail><get_prefs><filter>", "site-id", "</filter></get_prefs></mail>");
	ask_limits = plesk_packet_of_ids(a, d, "<site><get><filter>", "id",
	    "</filter><dataset><prefs/></dataset></get></site>");
	got_prefs = plesk_ask_packet(ev, a, &ask_all, &prefs_packet, &err);
	got_limits = plesk_ask_packet(ev, a, &ask_limits, &limits_packet, &no_limits);
	if (!plesk_need(ev, "panel mail settings", got_prefs, &err) || got_limits == GOT_WAIT)
		return NULL;
	prefs_rest = xml_path(prefs_packet, "mail/get_prefs/result");
	limits_rest = xml_path(limits_packet, "site/get/result");
	page = json_new_object(a);
	for (size_t i = 0; d != NULL && i < PREFS_PER_PACKET; d = json_next(d), i++) {
		const struct xml *result = plesk_result_for(a, &prefs_rest, "site-id", json_int(d, "id", 0));
		const struct xml *limit = plesk_result_for(a, &limits_rest, "id", json_int(d, "id", 0));
		const struct xml *prefs = xml_child(result, "prefs");
		struct json *mail;

		if (prefs == NULL)		/* gone, or refused: whoever needs it asks for it alone */
			continue;
		mail = json_put_object(page, json_str(d, "ascii"));
		put_prefs(mail, a, prefs, xml_tristate(prefs, "mailservice"));
		put_routing(mail, xml_tristate(prefs, "mailservice"));
		put_sending(mail, a, d, json_get(d, "addresses"), server, mail_server);
		/* One call a domain would be needed: the selector is looked up with the single fact. */
		json_put_null(mail, "selector");
		put_limit(mail, limit);
	}
	return page;
}

const struct json *
plesk_fact_domain_mail_all(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	(void)arg;
	(void)params;
	return plesk_join_pages(ev, a, "domain_mail_page", PREFS_PER_PACKET);
}
