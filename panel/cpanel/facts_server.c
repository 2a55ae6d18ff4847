/* The server: who it is, its addresses, how it sends. */

#include <string.h>

#include "panel/cpanel/internal.h"

/* --- login and server ---------------------------------------------------------------------------- */

/* The one call that needs no right: may we speak with this panel at all? */
const struct json *
cpanel_login(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *data;
	struct json *fact;
	struct err err;

	(void)arg;
	if (!cpanel_need(ev, "panel login", ask_whm(ev, a, params, "version", ARGS(), &data, &err), &err))
		return NULL;
	fact = json_new_object(a);
	json_put_str(fact, "version", json_str(data, "version"));
	return fact;
}

/* Behind NAT the panel knows the address that the world sees. */
static void
add_address(struct json *list, struct arena *a, const struct json *row)
{
	struct ip ip, public;
	struct json *one;

	if (!ip_parse(text_of(json_str(row, "ip")), &ip) || cp_flag(row, "active") == 0)
		return;
	one = json_add_object(list);
	json_put_str(one, "address", ip_str(a, ip));
	if (ip_parse(text_of(json_str(row, "public_ip")), &public) && !ip_is_private(public))
		json_put_str(one, "public", ip_str(a, public));
	else
		json_put_str(one, "public", ip_is_private(ip) ? NULL : ip_str(a, ip));
}

const struct json *
cpanel_server(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *login = ev_fact(ev, "login", NULL), *name, *ips, *v;
	enum got got_name, got_ips;
	struct err err_name, err_ips;
	struct json *fact, *list;

	(void)arg;
	if (login == NULL)
		return NULL;
	got_name = ask_whm(ev, a, params, "gethostname", ARGS(), &name, &err_name);
	got_ips = ask_whm(ev, a, params, "listips", ARGS(), &ips, &err_ips);
	if (!cpanel_need(ev, "panel server", got_name, &err_name) ||
	    !cpanel_need(ev, "panel server addresses", got_ips, &err_ips))
		return NULL;
	if (json_str(name, "hostname") == NULL || cp_list(ips, "ip") == NULL) {
		ev_fail(ev, "panel server", "protocol", "the panel does not say who it is");
		return NULL;
	}
	fact = json_new_object(a);
	json_put_str(fact, "kind", "cpanel");
	json_put_str(fact, "version", json_str(login, "version"));
	json_put_str(fact, "hostname", json_str(name, "hostname"));
	list = json_put_array(fact, "addresses");
	for (int pass = 0; pass < 2; pass++)		/* the main one first */
		for (v = json_first(cp_list(ips, "ip")); v != NULL; v = json_next(v))
			if ((cp_flag(v, "mainaddr") == 1) == (pass == 0))
				add_address(list, a, v);
	/* Whether the name server runs no call says; a zone that is not there says enough. */
	json_put_null(fact, "dns_running");
	return fact;
}

const struct json *
cpanel_os(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	if (params == NULL || !params->local) {
		ev_fail(ev, "distribution", "unsupported", "the backend does not run on the panel's server");
		return NULL;
	}
	return host_os(ev, a, arg, params);
}

/* --- tweak settings ------------------------------------------------------------------------------ */

static const char *const tweaks[] = { "maxemailsperhour", "eximmailtrap", "skipeximstats" };
#define TWEAKS	(sizeof(tweaks) / sizeof(tweaks[0]))

int64_t
cp_limit(const struct json *v, const char *key)
{
	int64_t n;

	/* In the file an unlimited value is a key without one; 0 is no limit as well. */
	return cp_number(v, key, &n) && n > 0 ? n : -1;
}

/* {KEY: {"value":text|number|null}}; a key that cannot be read is not there.  Root alone may. */
const struct json *
cpanel_tweaks(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const char *commands[TWEAKS];
	const struct json *answers, *v;
	struct json *fact;
	struct err err;
	size_t i = 0;

	(void)arg;
	for (i = 0; i < TWEAKS; i++)
		commands[i] = whm_command(evidence_arena(ev), "get_tweaksetting", ARGS({ "key", tweaks[i] },));
	if (!cpanel_need(ev, "panel tweak settings", ask_batch(ev, a, params, commands, TWEAKS, &answers, &err),
	    &err))
		return NULL;
	fact = json_new_object(a);
	for (i = 0, v = json_first(answers); v != NULL; v = json_next(v), i++) {
		const struct json *data, *value;
		struct json *row;

		if (!whm_result(a, v, &data, &err))
			continue;
		value = json_get(json_get(data, "tweaksetting"), "value");
		row = json_put_object(fact, tweaks[i]);
		if (json_is_null(value))
			json_put_null(row, "value");
		else
			json_put_copy(row, "value", value);
	}
	return fact;
}

/* --- mail server --------------------------------------------------------------------------------- */

static void
put_limits(struct json *fact, const struct json *tweaks_fact)
{
	const struct json *row = json_get(tweaks_fact, "maxemailsperhour");
	struct json *limits = json_put_object(fact, "limits");

	cp_put_flag(limits, "enabled", row == NULL ? -1 : cp_limit(row, "value") > 0);
	json_put_null(limits, "mailbox");		/* cPanel counts by domain, and nothing else */
	if (row == NULL)
		json_put_null(limits, "domain");
	else
		json_put_int(limits, "domain", cp_limit(row, "value"));
	json_put_null(limits, "subscription");
}

/* One domain of each address that accounts have, as many as one call takes: from where they really send
 * is Exim's configuration, which no call tells. */
#define SAMPLES		20

static size_t
samples(const struct json *rows, const char *ret[SAMPLES])
{
	const char *ips[SAMPLES];
	size_t n = 0, i;

	for (const struct json *v = json_first(rows); v != NULL && n < SAMPLES; v = json_next(v)) {
		const char *ip = json_str(v, "ip"), *domain = json_str(v, "domain");

		if (ip == NULL || domain == NULL || cp_flag(v, "suspended") == 1)
			continue;
		for (i = 0; i < n && strcmp(ips[i], ip) != 0; i++)
			;
		if (i < n)
			continue;
		ips[n] = ip;
		ret[n++] = domain;
	}
	return n;
}

static bool
holds(const struct json *list, const char *text)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (strcmp(json_value_str(v), text) == 0)
			return true;
	return false;
}

/* What the panel says of those domains: the addresses that mail leaves from, and the main one's name. */
static void
put_egress(struct json *fact, struct arena *a, const struct json *ptrs, const struct json *server)
{
	struct json *explicit = json_put_array(fact, "explicit");
	const struct json *v;
	const char *main = NULL, *helo = NULL, *ip;

	v = json_first(json_get(server, "addresses"));
	if (json_str(v, "address") != NULL)
		main = json_str(v, "public") != NULL ? json_str(v, "public") : json_str(v, "address");
	for (v = json_first(ptrs); v != NULL; v = json_next(v)) {
		if ((ip = cp_public(a, server, json_str(v, "ip_address"))) == NULL)
			continue;
		if (!holds(explicit, ip))
			json_add_str(explicit, ip);
		if (json_str(v, "helo") != NULL && (helo == NULL || (main != NULL && strcmp(ip, main) == 0)))
			helo = json_str(v, "helo");
	}
	json_put_str(fact, "helo", helo);
}

const char *
cp_public(struct arena *a, const struct json *server, const char *address)
{
	struct ip ip, known;

	if (!ip_parse(text_of(address), &ip))
		return NULL;
	for (const struct json *v = json_first(json_get(server, "addresses")); v != NULL; v = json_next(v))
		if (ip_parse(text_of(json_str(v, "address")), &known) && ip_eq(ip, known))
			return json_str(v, "public");
	return ip_is_private(ip) ? NULL : ip_str(a, ip);
}

const struct json *
cpanel_mail_server(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *server = ev_fact(ev, "server", NULL), *rows, *tweaks_fact, *data = NULL;
	const struct ev_failure *no_rows, *no_tweaks;
	const char *domains[SAMPLES];
	enum got got = GOT_NOT;
	struct json *fact;
	struct err err;
	size_t n;

	(void)arg;
	rows = ev_fact_any(ev, "account_rows", NULL, &no_rows);
	tweaks_fact = ev_fact_any(ev, "tweaks", NULL, &no_tweaks);
	if (server == NULL || (rows == NULL && no_rows == NULL) || (tweaks_fact == NULL && no_tweaks == NULL))
		return NULL;
	if ((n = samples(rows, domains)) > 0)
		got = cp_ask_domains(ev, a, params, "validate_current_ptrs", domains, n, &data, &err);
	if (got == GOT_WAIT)
		return NULL;
	fact = json_new_object(a);
	json_put_null(fact, "outgoing_mode");
	put_egress(fact, a, got == GOT_IT ? data : NULL, server);
	json_put_null(fact, "dkim_signing");		/* no such switch: each domain signs that has a key */
	json_put_null(fact, "sendmail");
	put_limits(fact, tweaks_fact);
	json_put_null(fact, "localhost_whitelisted");
	json_put_null(fact, "srs");			/* Exim's own settings no call tells */
	json_put_null(fact, "relay");
	json_put_str(fact, "mta", "exim");
	json_put_null(fact, "policy");
	json_put_null(fact, "milter");
	return fact;
}
