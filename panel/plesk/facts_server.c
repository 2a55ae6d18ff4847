/* The server: who it is, its addresses, how it sends. */

#include <string.h>

#include "panel/plesk/internal.h"

/* --- server ----------------------------------------------------------------------------------- */

static enum got
ask_services(struct evidence *ev, struct arena *a, const struct xml **ret, struct err *err)
{
	struct str ask = packet_begin(a);

	str_add(&ask, "<server><get><services_state/></get></server>");
	return plesk_ask_packet(ev, a, &ask, ret, err);
}

static const struct xml *
service(const struct xml *packet, const char *id)
{
	const struct xml *srv = xml_path(packet, "server/get/result/services_state/srv");

	for (; srv != NULL; srv = xml_again(srv, "srv")) {
		const struct xml *name = xml_child(srv, "id");

		if (name != NULL && text_iis(text_trim(name->text), id))
			break;
	}
	return srv;
}

/* No such service, or one that does not run: this panel serves no zone at all. */
static int
dns_running(const struct xml *packet)
{
	const struct xml *state = xml_child(service(packet, "dns"), "state");

	if (xml_path(packet, "server/get/result/services_state/srv") == NULL)
		return -1;
	return state != NULL && text_iis(text_trim(state->text), "running");
}

int
panel_dns_running(struct evidence *ev, struct arena *a)
{
	const struct xml *packet = NULL;
	struct err err;

	return ask_services(ev, a, &packet, &err) == GOT_WAIT ? WAIT : dns_running(packet);
}

static void
put_tristate(struct json *into, const char *key, int value)
{
	if (value < 0)
		json_put_null(into, key);
	else
		json_put_bool(into, key, value == 1);
}

static const char *
address_of(const struct json *row)
{
	const char *address = json_str(row, "ipv4");

	if (address == NULL || *address == '\0')
		address = json_str(row, "ipv6");
	return address == NULL || *address == '\0' ? NULL : address;
}

static bool
any_private(const struct json *ips)
{
	const struct json *v;
	struct ip ip;

	for (v = json_first(ips); v != NULL; v = json_next(v))
		if (ip_parse(text_of(address_of(v)), &ip) && ip_is_private(ip))
			return true;
	return false;
}

/* What the world sees of an address behind NAT; NULL = the panel does not know. */
static const char *
public_of(struct arena *a, const struct xml *packet, struct ip wanted)
{
	const struct xml *row = xml_path(packet, "ip/get/result/addresses/ip_info");

	for (; row != NULL; row = xml_again(row, "ip_info")) {
		struct ip ip, public;

		if (ip_parse(text_of(xml_str(a, row, "ip_address")), &ip) && ip_eq(ip, wanted) &&
		    ip_parse(text_of(xml_str(a, row, "public_ip_address")), &public) &&
		    !ip_is_private(public))
			return ip_str(a, public);
	}
	return NULL;
}

static void
put_server_addresses(struct json *server, struct arena *a, const struct json *ips,
    const struct xml *packet)
{
	struct json *list = json_put_array(server, "addresses");
	const struct json *v;
	struct ip ip;

	for (v = json_first(ips); v != NULL; v = json_next(v)) {
		const char *public;
		struct json *row;

		if (!ip_parse(text_of(address_of(v)), &ip))
			continue;
		public = public_of(a, packet, ip);
		if (public == NULL && !ip_is_private(ip))
			public = ip_str(a, ip);
		row = json_add_object(list);
		json_put_str(row, "address", ip_str(a, ip));
		json_put_str(row, "public", public);
	}
}

static const char *
version_of(struct arena *a, const struct json *server)
{
	const char *version = json_str(server, "panel_version");
	const char *update = json_str(server, "panel_update_version");

	if (version == NULL || update == NULL || *update == '\0')
		return version;
	return arena_printf(a, "%s.%s", version, update);
}

const struct json *
plesk_fact_server(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *server, *ips;
	const struct xml *services = NULL, *nat = NULL;
	enum got got_server, got_ips, got_services;
	struct err err_server, err_ips, err;
	struct json *fact;

	(void)arg;
	(void)params;
	got_server = plesk_ask_rest(ev, a, PLESK_REST "/server", &server, &err_server);
	got_ips = plesk_ask_rest(ev, a, PLESK_REST "/server/ips", &ips, &err_ips);
	got_services = ask_services(ev, a, &services, &err);
	if (!plesk_need(ev, "panel server", got_server, &err_server) ||
	    !plesk_need(ev, "panel server addresses", got_ips, &err_ips) || got_services == GOT_WAIT)
		return NULL;
	if (json_str(server, "platform") != NULL && !text_iis(text_of(json_str(server, "platform")), "Unix")) {
		ev_fail(ev, "panel server", "unsupported", "this is Plesk for Windows");
		return NULL;
	}
	if (json_str(server, "hostname") == NULL || !json_is_array(ips)) {
		ev_fail(ev, "panel server", "protocol", "the panel does not say who it is");
		return NULL;
	}
	if (any_private(ips)) {
		struct str ask = packet_begin(a);

		str_add(&ask, "<ip><get/></ip>");
		if (plesk_ask_packet(ev, a, &ask, &nat, &err) == GOT_WAIT)
			return NULL;
	}
	fact = json_new_object(a);
	json_put_str(fact, "kind", "plesk");
	json_put_str(fact, "version", version_of(a, server));
	json_put_str(fact, "hostname", json_str(server, "hostname"));
	put_server_addresses(fact, a, ips, nat);
	put_tristate(fact, "dns_running", dns_running(services));
	return fact;
}

/* --- mail server ------------------------------------------------------------------------------ */

bool
plesk_limit(const struct xml *x, const char *tag, int64_t *n)
{
	const struct xml *child = xml_child(x, tag);

	if (xml_number(x, tag, n))
		return true;
	*n = -1;
	return child != NULL && text_iis(text_trim(child->text), "unlimited");
}

static void
put_limit(struct json *into, const char *key, const struct xml *prefs, const char *tag)
{
	int64_t n;

	if (plesk_limit(prefs, tag, &n))
		json_put_int(into, key, n);
	else
		json_put_null(into, key);
}

static void
put_explicit(struct json *fact, struct arena *a, const struct xml *prefs)
{
	static const char *const tags[] = {
		"outgoing_email_mode_explicit_ipv4", "outgoing_email_mode_explicit_ipv6",
	};
	struct json *list = json_put_array(fact, "explicit");
	const char *mode = json_str(fact, "outgoing_mode");
	struct ip ip;

	if (mode == NULL || strcmp(mode, "explicit-ip") != 0)
		return;
	for (size_t i = 0; i < 2; i++)
		if (ip_parse(text_of(xml_str(a, prefs, tags[i])), &ip))
			json_add_str(list, ip_str(a, ip));
}

/* One entry a line: does any hold the server itself?  -1 = nothing that can be read. */
static int
white_list_holds_self(struct text out)
{
	struct ip self4, self6;
	struct text line, word;
	size_t lines = 0, read = 0;
	int holds = 0;

	ip_parse(TEXT("127.0.0.1"), &self4);
	ip_parse(TEXT("::1"), &self6);
	while (text_line(&out, &line)) {
		line = text_trim(line);
		if (line.n == 0 || text_starts(line, "SUCCESS"))
			continue;
		lines++;
		for (; line.n > 0; ) {
			struct ipnet net;

			text_split(&line, ' ', &word);
			if (!ipnet_parse(text_trim(word), &net))
				continue;
			read++;
			if (ipnet_has(net, self4) || ipnet_has(net, self6))
				holds = 1;
		}
	}
	return lines > 0 && read == 0 ? -1 : holds;
}

static const char *
mta_of(struct arena *a, const struct xml *services)
{
	const char *title = xml_str(a, service(services, "smtp"), "title");
	size_t at;

	if (text_ifind(text_of(title), TEXT("postfix"), &at))
		return "postfix";
	return text_ifind(text_of(title), TEXT("qmail"), &at) ? "qmail" : NULL;
}

static void
put_prefs(struct json *fact, struct arena *a, const struct xml *prefs)
{
	static const char *const modes[] = { "domain-ip", "domain-name", "explicit-ip" };
	const char *mode = xml_str(a, prefs, "outgoing_email_mode"), *known = NULL;
	struct json *limits;

	for (size_t i = 0; mode != NULL && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(mode, modes[i]) == 0)
			known = modes[i];
	json_put_str(fact, "outgoing_mode", known);
	put_explicit(fact, a, prefs);
	/* No call reads the server's DKIM switch. */
	json_put_null(fact, "dkim_signing");
	put_tristate(fact, "sendmail", xml_tristate(prefs, "enable_sendmail"));
	limits = json_put_object(fact, "limits");
	put_tristate(limits, "enabled", xml_tristate(prefs, "outgoing_antispam"));
	put_limit(limits, "mailbox", prefs, "outgoing_messages_mbox_limit");
	put_limit(limits, "domain", prefs, "outgoing_messages_domain_limit");
	put_limit(limits, "subscription", prefs, "outgoing_messages_subscription_limit");
}

const struct json *
plesk_fact_mail_server(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	static const char *const white_list[] = { "--info", "white-list", NULL };
	const struct json *server = ev_fact(ev, "server", NULL);
	const struct xml *packet = NULL, *services = NULL;
	enum got got_prefs, got_list, got_services;
	struct cli_result list;
	struct json *fact;
	struct str ask = packet_begin(a);
	struct err err;

	(void)arg;
	(void)params;
	str_add(&ask, "<server><get><prefs/></get></server>");
	got_prefs = plesk_ask_packet(ev, a, &ask, &packet, &err);
	got_list = plesk_ask_cli(ev, a, "mailserver", white_list, &list, &err);
	got_services = ask_services(ev, a, &services, &err);
	if (server == NULL || got_prefs == GOT_WAIT || got_list == GOT_WAIT || got_services == GOT_WAIT)
		return NULL;
	fact = json_new_object(a);
	put_prefs(fact, a, xml_path(packet, "server/get/result/prefs"));
	put_tristate(fact, "localhost_whitelisted",
	    got_list == GOT_IT && list.code == 0 ? white_list_holds_self(list.out) : -1);
	/* Plesk rewrites the senders of what it forwards since Obsidian. */
	json_put_bool(fact, "srs", true);
	/* The server's own greeting; with mode domain-name each domain has another (domain_mail). */
	json_put_str(fact, "helo", json_str(fact, "outgoing_mode") == NULL ? NULL :
	    json_str(server, "hostname"));
	json_put_null(fact, "relay");
	json_put_str(fact, "mta", mta_of(a, services));
	json_put_null(fact, "policy");
	json_put_null(fact, "milter");
	return fact;
}

/* --- the utilities' own reference ------------------------------------------------------------- */

const struct json *
plesk_fact_cli_ref(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *ref;
	struct err err;

	(void)params;
	if (arg == NULL) {
		if (!plesk_need(ev, "panel commands", plesk_ask_rest(ev, a, PLESK_REST "/cli/commands", &ref, &err),
		    &err))
			return NULL;
		return ref;
	}
	if (!plesk_need(ev, "panel command reference", plesk_ask_rest(ev, a,
	    arena_printf(a, PLESK_REST "/cli/%s/ref", arg), &ref, &err), &err))
		return NULL;
	return ref;
}

/* The shape is not documented: a key or a text anywhere, with or without its dashes. */
static bool
names(const struct json *v, struct text option)
{
	const struct json *m;
	const char *words[2] = { json_key(v), json_value_str(v) };

	for (size_t i = 0; i < 2; i++) {
		struct text word = text_of(words[i]);

		while (text_starts(word, "-"))
			word = text_skip(word, 1);
		if (words[i] != NULL && text_eq(word, option))
			return true;
	}
	for (m = json_first(v); m != NULL; m = json_next(m))
		if (names(m, option))
			return true;
	return false;
}

int
plesk_ref_knows(const struct json *ref, const char *option)
{
	struct text name = text_of(option);

	if (ref == NULL)
		return -1;
	while (text_starts(name, "-"))
		name = text_skip(name, 1);
	return names(ref, name);
}
