/*
 * A zone as Plesk holds it.  The REST API lists records even of a zone that is
 * switched off; whether it is served, and as what, the XML API says.
 */

#include <string.h>

#include "evidence/truth.h"
#include "panel/plesk/cli_text.h"
#include "panel/plesk/internal.h"

const char *
plesk_record_name(struct arena *a, const char *host)
{
	char *name = arena_strdup(a, host);
	size_t n = strlen(name);

	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
	for (char *p = name; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return name;
}

/* Plain text as a rule; where a version quotes, the quoted strings are joined (RFC 7208 3.3). */
static const char *
txt_value(struct arena *a, const char *value)
{
	struct text text = text_trim(text_of(value));
	struct str out;
	bool inside = false;

	if (text.n < 2 || text.p[0] != '"' || text.p[text.n - 1] != '"')
		return value;
	out = str_in(a, text.n);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '"')
			inside = !inside;
		else if (inside) {
			if (c == '\\' && i + 1 < text.n)
				c = text.p[++i];
			str_addc(&out, c);
		} else if (!ascii_isspace((unsigned char)c))
			return value;		/* text of its own between quotes: no list of strings */
	}
	return text_cstr(a, str_text(&out));
}

const char *
plesk_record_value(struct arena *a, const char *type, const char *value, const char *opt)
{
	static const char *const hosts[] = { "NS", "CNAME", "PTR", "MX", "SRV" };
	size_t n = strlen(value);

	if (strcmp(type, "TXT") == 0)
		return txt_value(a, value);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (strcmp(type, hosts[i]) == 0 && n > 1 && value[n - 1] == '.')
			value = arena_strndup(a, value, n - 1);
	if (opt == NULL || *opt == '\0')
		return value;
	return arena_printf(a, "%s %s", opt, value);
}

static void
put_records(struct json *zone, struct arena *a, const struct json *records)
{
	struct json *list = json_put_array(zone, "records");
	const struct json *v;

	for (v = json_first(records); v != NULL; v = json_next(v)) {
		const char *host = json_str(v, "host"), *type = json_str(v, "type");
		const char *value = json_str(v, "value");
		struct json *row;

		if (host == NULL || type == NULL || value == NULL)
			continue;
		row = json_add_object(list);
		json_put_int(row, "id", json_int(v, "id", 0));
		json_put_str(row, "name", plesk_record_name(a, host));
		json_put_str(row, "type", type);
		/* 0 or nothing: the zone's default holds. */
		if (json_int(v, "ttl", 0) > 0)
			json_put_int(row, "ttl", json_int(v, "ttl", 0));
		else
			json_put_null(row, "ttl");
		json_put_str(row, "value", plesk_record_value(a, type, value, json_str(v, "opt")));
	}
}

struct zone_state {
	int		 served, editable;	/* -1 = not said */
	const char	*type;
};

static void
state_read(struct zone_state *state, const char *type, const char *status)
{
	state->served = strcmp(status, "enabled") == 0;
	if (type != NULL && (strcmp(type, "master") == 0 || strcmp(type, "slave") == 0))
		state->type = strcmp(type, "master") == 0 ? "master" : "slave";
	if (state->type != NULL)
		state->editable = strcmp(state->type, "master") == 0;
}

/* A run over many domains reads the states of all in a few packets. */
static enum got
state_of_many(struct evidence *ev, const char *name, struct zone_state *state)
{
	const struct ev_failure *why;
	const struct json *row = NULL;

	if (!evidence_bulk(ev) || ev_fact_known(ev, "domains", NULL) == NULL)
		return GOT_NOT;
	if (ev_fact_any(ev, "zone_states", NULL, &why) == NULL)
		return why == NULL ? GOT_WAIT : GOT_NOT;
	ev_fact_member(ev, "zone_states", NULL, name, &row);
	if (row == NULL)
		return GOT_NOT;
	state_read(state, json_str(row, "type"), json_str(row, "status"));
	return GOT_IT;
}

/* By the XML API; GOT_NOT = it does not say. */
static enum got
state_by_xml(struct evidence *ev, struct arena *a, int64_t id, struct zone_state *state)
{
	struct str ask = packet_begin(a);
	const struct xml *packet, *result;
	const char *type, *status;
	struct err err;
	enum got got;

	str_addf(&ask, "<dns><get><filter><site-id>%lld</site-id></filter></get></dns>", (long long)id);
	if ((got = plesk_ask_packet(ev, a, &ask, &packet, &err)) != GOT_IT)
		return got;
	result = xml_path(packet, "dns/get/result");
	type = xml_str(a, result, "zone_type");
	status = xml_str(a, result, "zone_status");
	if (!plesk_result_ok(a, result, &err) || status == NULL)
		return GOT_NOT;
	state_read(state, type, status);
	return GOT_IT;
}

/* By the utility: it complains about a zone that is off, with exit status 0 or not. */
static enum got
state_by_cli(struct evidence *ev, struct arena *a, const char *name, struct zone_state *state,
    struct json *records)
{
	const char *const params[] = { "--info", arena_strdup(evidence_arena(ev), name), NULL };
	struct cli_result r;
	struct err err;
	enum got got;
	size_t at;

	if ((got = plesk_ask_cli(ev, a, "dns", params, &r, &err)) != GOT_IT)
		return got;
	if (text_ifind(r.err, TEXT("switched off"), &at) || text_ifind(r.out, TEXT("switched off"), &at)) {
		state->served = 0;
		return GOT_IT;
	}
	if (r.code != 0)
		return GOT_NOT;
	cli_dns_records(records, a, r.out);
	state->served = json_count(records) > 0;	/* on, as far as this can tell */
	return GOT_IT;
}

/* What may stand in the query of a path. */
static bool
is_name(const char *name)
{
	for (; *name != '\0'; name++)
		if (!ascii_isalnum((unsigned char)*name) && strchr("._-", *name) == NULL)
			return false;
	return true;
}

static const struct json *
no_zone(struct arena *a)
{
	struct json *zone = json_new_object(a);

	json_put_bool(zone, "served", false);
	json_put_bool(zone, "editable", false);
	json_put_null(zone, "type");
	json_put_array(zone, "records");
	return zone;
}

static void
put_known(struct json *into, const char *key, int value)
{
	if (value < 0)
		json_put_null(into, key);
	else
		json_put_bool(into, key, value == 1);
}

const struct json *
plesk_fact_zone(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct zone_state state = { -1, -1, NULL };
	const struct json *row, *records = NULL;
	struct json *zone, *by_cli = json_new_array(a);
	enum got got_records, got_state = GOT_NOT;
	struct err err;
	int dns_running;

	(void)params;
	if (arg == NULL || !is_name(arg)) {
		ev_fail(ev, "panel zone", "value", "no zone was named");
		return NULL;
	}
	got_records = plesk_ask_rest(ev, a, arena_printf(a, PLESK_REST "/dns/records?domain=%s", arg),
	    &records, &err);
	dns_running = panel_dns_running(ev, a);
	if (!plesk_site_row(ev, arg, &row) || got_records == GOT_WAIT)
		return NULL;
	if (got_records == GOT_NOT && err.code == ERR_NOT_FOUND)
		return no_zone(a);
	/* The id of an alias is not told: its state only the utility says. */
	if (row != NULL)
		got_state = state_of_many(ev, arg, &state);
	if (row != NULL && got_state == GOT_NOT)
		got_state = state_by_xml(ev, a, json_int(row, "id", 0), &state);
	if (got_state == GOT_NOT)
		got_state = state_by_cli(ev, a, arg, &state, by_cli);
	if (got_state == GOT_WAIT || dns_running == WAIT)
		return NULL;
	if (got_records == GOT_NOT && json_count(by_cli) == 0) {
		plesk_need(ev, "panel zone", got_records, &err);
		return NULL;
	}
	/* Without a running name server nothing is served, whatever the zone's switch says. */
	if (dns_running == 0)
		state.served = 0;
	zone = json_new_object(a);
	put_known(zone, "served", state.served);
	put_known(zone, "editable", state.editable);
	json_put_str(zone, "type", state.type);
	if (got_records == GOT_IT)
		put_records(zone, a, records);
	else
		json_put_copy(zone, "records", by_cli);
	return zone;
}

/* --- the states of many zones ----------------------------------------------------------------- */

const struct json *
plesk_fact_zone_states_page(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *d;
	const struct xml *packet, *rest;
	struct str ask;
	struct json *page;
	struct err err;

	(void)params;
	if (domains == NULL)
		return NULL;
	page = json_new_object(a);
	if ((d = plesk_domain_page(domains, arg, PREFS_PER_PACKET)) == NULL)
		return page;
	ask = plesk_packet_of_ids(a, d, "<dns><get><filter>", "site-id", "</filter></get></dns>");
	if (!plesk_need(ev, "panel zones", plesk_ask_packet(ev, a, &ask, &packet, &err), &err))
		return NULL;
	rest = xml_path(packet, "dns/get/result");
	for (size_t i = 0; d != NULL && i < PREFS_PER_PACKET; d = json_next(d), i++) {
		const struct xml *result = plesk_result_for(a, &rest, "site-id", json_int(d, "id", 0));
		const char *status = xml_str(a, result, "zone_status");
		struct json *row;

		if (status == NULL)
			continue;
		row = json_put_object(page, json_str(d, "ascii"));
		json_put_str(row, "status", status);
		json_put_str(row, "type", xml_str(a, result, "zone_type"));
	}
	return page;
}

const struct json *
plesk_fact_zone_states(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	(void)arg;
	(void)params;
	return plesk_join_pages(ev, a, "zone_states_page", PREFS_PER_PACKET);
}
