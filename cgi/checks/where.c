#include "checks/where.h"

#include <fnmatch.h>
#include <string.h>

#include "base/arena.h"
#include "mail/data.h"

const char *
dns_where_word(enum dns_where where)
{
	static const char *const words[] = {
		[DNS_HERE] = "this_panel", [DNS_AT_PROVIDER] = "provider_panel",
		[DNS_ELSEWHERE] = "elsewhere", [DNS_NOWHERE] = "nowhere", [DNS_UNCLEAR] = "unknown",
	};

	return words[where];
}

/* A pattern of the configuration holds when every name server matches it or a
 * pattern of the same place. */
static const struct dns_pattern *
configured(const struct rules *rules, const struct delegation *d)
{
	const struct dns_pattern *found = NULL;
	size_t i, j;

	for (i = 0; i < d->count; i++) {
		const struct dns_pattern *match = NULL;

		for (j = 0; j < rules->dns_pattern_count && match == NULL; j++)
			if (fnmatch(rules->dns_patterns[j].ns, d->servers[i].name.s, FNM_CASEFOLD) == 0)
				match = &rules->dns_patterns[j];
		if (match == NULL || (found != NULL && strcmp(found->where, match->where) != 0))
			return NULL;
		if (found == NULL)
			found = match;
	}
	return found;
}

static bool
is_own_address(const struct rules *rules, const struct json *server, struct ip ip)
{
	const struct json *v;
	struct ip own;
	size_t i;

	for (i = 0; i < rules->address_count; i++)
		if (ip_eq(rules->addresses[i], ip))
			return true;
	for (v = json_first(json_get(server, "addresses")); v != NULL; v = json_next(v))
		if ((ip_parse(text_of(json_str(v, "address")), &own) && ip_eq(own, ip)) ||
		    (ip_parse(text_of(json_str(v, "public")), &own) && ip_eq(own, ip)))
			return true;
	return false;
}

static bool
any_own_address(const struct rules *rules, const struct json *server, const struct delegation *d)
{
	size_t i, j;

	for (i = 0; i < d->count; i++)
		for (j = 0; j < d->servers[i].address_count; j++)
			if (is_own_address(rules, server, d->servers[i].addresses[j]))
				return true;
	return false;
}

/* The NS records of the panel's zone name the servers that the world asks. */
static bool
zone_names_servers(struct arena *a, const struct json *zone, const struct delegation *d)
{
	const struct json *v;

	for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
		struct name ns;
		size_t i;

		if (json_str(v, "type") == NULL || strcmp(json_str(v, "type"), "NS") != 0 ||
		    json_str(v, "name") == NULL || strcmp(json_str(v, "name"), d->zone.s) != 0 ||
		    !name_parse(a, text_of(json_str(v, "value")), &ns))
			continue;
		for (i = 0; i < d->count; i++)
			if (name_eq(d->servers[i].name, ns))
				return true;
	}
	return false;
}

static void
known_host(const struct rules *rules, struct dns_location *loc)
{
	const struct dns_host *host = NULL;
	size_t i;

	loc->where = DNS_ELSEWHERE;
	for (i = 0; rules->data != NULL && i < loc->delegation->count && host == NULL; i++)
		host = data_dns_host(rules->data, loc->delegation->servers[i].name.s);
	if (host == NULL)
		return;
	loc->operator = host->name;
	loc->url = host->url;
	loc->menu = host->where;
	loc->at_label = host->at_label;
	if (host->class == DNS_PROVIDER_PANEL)
		loc->where = DNS_AT_PROVIDER;
	else if (host->class == DNS_THIS_PANEL && rules->panel_serves_dns)
		loc->where = DNS_HERE;
}

static void
by_pattern(const struct dns_pattern *pattern, const struct rules *rules, struct dns_location *loc)
{
	loc->operator = pattern->name;
	loc->url = pattern->url;
	if (strcmp(pattern->where, "this_panel") == 0 && rules->panel_serves_dns)
		loc->where = DNS_HERE;
	else if (strcmp(pattern->where, "provider_panel") == 0)
		loc->where = DNS_AT_PROVIDER;
	else
		loc->where = DNS_ELSEWHERE;
}

/* The panel switched the zone off, or only copies it: then it is not edited here. */
static bool
zone_is_ours(const struct json *zone)
{
	return json_tristate(zone, "served") != 0;
}

bool
dns_locate(struct evidence *ev, struct arena *a, const struct rules *rules, struct name domain,
    struct dns_location *ret)
{
	const struct dns_pattern *pattern;
	const struct json *server = NULL;
	const struct ev_failure *why, *down = NULL;
	bool panel = ev_has_panel(ev) && rules->panel_serves_dns;

	memset(ret, 0, sizeof(*ret));
	if ((ret->delegation = ev_delegation(ev, domain)) == NULL)
		return false;
	if (ret->delegation->state != DELEGATION_OK) {
		ret->where = ret->delegation->state == DELEGATION_NONE ? DNS_NOWHERE : DNS_UNCLEAR;
		return true;
	}
	if (panel && evidence_depth(ev) == TRUTH_AUTHORITATIVE) {
		ret->zone = ev_fact_any(ev, "zone", ret->delegation->zone.s, &why);
		if (ret->zone == NULL && why == NULL)
			return false;
	}
	if ((pattern = configured(rules, ret->delegation)) != NULL) {
		by_pattern(pattern, rules, ret);
		return true;
	}
	if (panel) {
		server = ev_fact_any(ev, "server", NULL, &down);
		if (server == NULL && down == NULL)
			return false;
		if (any_own_address(rules, server, ret->delegation) && zone_is_ours(ret->zone)) {
			ret->where = DNS_HERE;
			return true;
		}
	}
	known_host(rules, ret);
	if (!panel || ret->where == DNS_HERE || ret->operator != NULL)
		return true;
	/* Nobody we know: perhaps the panel's zone under name servers of its own. */
	if (ret->zone == NULL) {
		ret->zone = ev_fact_any(ev, "zone", ret->delegation->zone.s, &why);
		if (ret->zone == NULL && why == NULL)
			return false;
		if (ret->zone == NULL)
			down = why;
	}
	if (ret->zone != NULL && zone_is_ours(ret->zone) &&
	    zone_names_servers(a, ret->zone, ret->delegation))
		ret->where = DNS_HERE;
	else if (zone_is_ours(ret->zone) && down != NULL)
		ret->unread = down->reason;
	return true;
}
