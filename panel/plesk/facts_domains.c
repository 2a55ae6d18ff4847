/*
 * Whose is which domain.
 *
 * GET /domains says neither owner nor status.  The XML API's list of
 * subscriptions says both in one answer; where it cannot be had, every
 * client's own list is read.  A reseller's list may or may not hold the
 * domains of his customers, so of several owners the deepest is right.
 */

#include <string.h>

#include "base/map.h"
#include "panel/plesk/internal.h"

#define STATUS_MAX	8	/* subscriptions that are not active: asked one by one */

/* The domains that the REST API counts to one client: [id, ...]. */
const struct json *
plesk_fact_client_domains(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const char *path = arena_printf(a, PLESK_REST "/clients/%s/domains", arg);
	const struct json *domains, *d;
	struct json *ids;
	struct err err;
	enum got got;

	(void)params;
	got = plesk_ask_rest(ev, a, path, &domains, &err);
	if (got == GOT_NOT && err.code == ERR_NOT_FOUND)
		return json_new_array(a);	/* removed since the list of clients was made */
	if (!plesk_need(ev, "panel client's domains", got, &err))
		return NULL;
	ids = json_new_array(a);
	for (d = json_first(domains); d != NULL; d = json_next(d))
		if (json_is_int(json_get(d, "id")))
			json_add_int(ids, json_int(d, "id", 0));
	return ids;
}

/* --- domains ---------------------------------------------------------------------------------- */

/* What is needed of both answers: their trees, several times as much, are gone before the rows are made. */
struct site {
	int64_t			 id, base;	/* base_domain_id */
	const char		*name, *ascii, *root;
	bool			 hosting;
	const struct json	*aliases;	/* NULL = not told */
	struct site		*main;		/* itself, or the main domain of its subscription */
	const char		*owner;
	int			 depth;		/* of the owner: 0 administrator, 1 reseller, 2 customer */
	const struct json	*addresses;	/* of its subscription; NULL = not told */
	int64_t			 state;		/* of its subscription, as the XML API numbers it; -1 = not told */
	const char		*status;
};

struct sites {
	struct arena	*arena;
	struct site	*list;
	size_t		 count;
	struct map	*by_id;
};

static const char *
id_key(struct arena *a, int64_t id)
{
	return arena_printf(a, "%lld", (long long)id);
}

static const char *
lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s == NULL ? "" : s);

	for (char *p = copy; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return copy;
}

/* Main domains say 0, null, nothing or their own id. */
static struct site *
main_of(const struct sites *sites, struct site *site)
{
	struct site *main;

	if (site->base == 0 || site->base == site->id)
		return site;
	main = map_get(sites->by_id, id_key(sites->arena, site->base));
	return main == NULL ? site : main;
}

static void
sites_read(struct sites *sites, struct arena *a, const struct json *domains)
{
	const struct json *d;
	size_t i;

	sites->arena = a;
	sites->by_id = map_new(a);
	sites->list = arena_array(a, json_count(domains) + 1, sizeof(*sites->list));
	for (d = json_first(domains); d != NULL; d = json_next(d)) {
		struct site *site = &sites->list[sites->count];
		const char *ascii = json_str(d, "ascii_name"), *hosting = json_str(d, "hosting_type");
		const struct json *aliases = json_get(d, "aliases");

		if (json_str(d, "name") == NULL || !json_is_int(json_get(d, "id")))
			continue;
		site->id = json_int(d, "id", 0);
		site->base = json_int(d, "base_domain_id", 0);
		site->name = arena_strdup(a, json_str(d, "name"));
		site->ascii = lower(a, ascii != NULL && *ascii != '\0' ? ascii : site->name);
		site->root = arena_strdup(a, json_str(d, "www_root"));
		site->hosting = hosting != NULL && strcmp(hosting, "virtual") == 0;
		site->aliases = json_is_array(aliases) ? json_copy(a, aliases) : NULL;
		site->depth = -1;
		site->state = -1;
		map_put(sites->by_id, id_key(a, site->id), site);
		sites->count++;
	}
	for (i = 0; i < sites->count; i++)
		sites->list[i].main = main_of(sites, &sites->list[i]);
}

static int
depth_of(const struct json *account)
{
	const char *role = json_str(account, "role");

	return role == NULL ? -1 : strcmp(role, "customer") == 0 ? 2 : strcmp(role, "reseller") == 0;
}

static void
owned_by(struct site *site, const char *login, int depth)
{
	if (site == NULL || depth <= site->depth)
		return;
	site->owner = login;
	site->depth = depth;
}

static const struct json *
addresses_of(struct arena *a, const struct xml *gen)
{
	const struct xml *ip = xml_child(gen, "dns_ip_address");
	struct json *list;

	if (ip == NULL)
		return NULL;
	list = json_new_array(a);
	for (; ip != NULL; ip = xml_again(ip, "dns_ip_address"))
		json_add_str(list, text_show(a, text_trim(ip->text)));
	return list;
}

/* Owners by the list of subscriptions; false = it does not tell of all. */
static bool
owners_of_webspaces(struct sites *sites, const struct xml *packet, const struct map *accounts)
{
	const struct xml *result = xml_path(packet, "webspace/get/result");
	bool all = true;
	size_t i;

	for (; result != NULL; result = xml_again(result, "result")) {
		const struct xml *gen = xml_path(result, "data/gen_info");
		const char *login = xml_str(sites->arena, gen, "owner-login");
		const struct json *account;
		struct site *site;
		int64_t id;

		if (!xml_number(result, "id", &id) || login == NULL)
			continue;
		site = map_get(sites->by_id, id_key(sites->arena, id));
		account = map_get(accounts, login);
		if (site == NULL || account == NULL)
			continue;
		site->addresses = addresses_of(sites->arena, gen);
		if (!xml_number(gen, "status", &site->state))
			site->state = -1;
		owned_by(site, json_str(account, "login"), depth_of(account));
	}
	for (i = 0; i < sites->count; i++)
		if (sites->list[i].main == &sites->list[i] && sites->list[i].owner == NULL)
			all = false;
	return all;
}

/* Owners by every client's own list; false = cannot go on. */
static bool
owners_of_clients(struct evidence *ev, struct sites *sites, const struct json *accounts)
{
	const struct json *account, *ids, *id;
	const struct ev_failure *why;
	bool all = true;

	for (account = json_first(accounts); account != NULL; account = json_next(account)) {
		ids = ev_fact_any(ev, "client_domains", id_key(sites->arena, json_int(account, "id", 0)),
		    &why);
		if (ids == NULL && why != NULL) {
			ev_fail(ev, why->key, why->reason, why->detail);
			return false;
		}
		if (ids == NULL)
			all = false;
		for (id = all ? json_first(ids) : NULL; id != NULL; id = json_next(id))
			owned_by(map_get(sites->by_id, id_key(sites->arena, json_value_int(id, 0))),
			    json_str(account, "login"), depth_of(account));
	}
	return all;
}

/* --- status ----------------------------------------------------------------------------------- */

/* 0 is active; what else it may be the REST API says of each; false = cannot go on. */
static bool
read_status(struct evidence *ev, struct sites *sites)
{
	size_t i, asked = 0;
	bool all = true;

	for (i = 0; i < sites->count; i++) {
		struct site *site = &sites->list[i];
		const struct json *answer;
		struct err err;
		enum got got;

		if (site->main != site || site->state < 0)
			continue;
		if (site->state == 0) {
			site->status = "active";
			continue;
		}
		if (asked++ >= STATUS_MAX)
			continue;
		got = plesk_ask_rest(ev, sites->arena, arena_printf(sites->arena,
		    PLESK_REST "/domains/%lld/status", (long long)site->id), &answer, &err);
		if (got == GOT_WAIT)
			all = false;
		else if (got == GOT_IT)
			site->status = json_str(answer, "status");
	}
	return all;
}

static const char *
status_of(const struct site *site)
{
	static const char *const words[] = { "active", "suspended", "disabled" };
	const char *status = site->main->status;

	/* A subscription that is off takes its other domains with it; one that is on says nothing of them. */
	if (status == NULL || (site->main != site && strcmp(status, "active") == 0))
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(status, words[i]) == 0)
			return words[i];
	return NULL;
}

/* --- the rows --------------------------------------------------------------------------------- */

static void
put_aliases(struct json *row, struct arena *a, const struct json *aliases)
{
	const struct json *v;
	struct json *list;

	if (aliases == NULL) {			/* before 18.0.42: not said, which is not none */
		json_put_null(row, "aliases");
		return;
	}
	list = json_put_array(row, "aliases");
	for (v = json_first(aliases); v != NULL; v = json_next(v)) {
		const char *ascii = json_str(v, "ascii_name"), *name = json_str(v, "name");
		struct json *alias;

		if (name == NULL)
			continue;
		alias = json_add_object(list);
		json_put_str(alias, "name", name);
		json_put_str(alias, "ascii", lower(a, ascii != NULL && *ascii != '\0' ? ascii : name));
		json_put_bool(alias, "mail", json_bool(v, "mail", false));
		json_put_bool(alias, "dns", json_bool(v, "dns", false));
	}
}

static void
add_domain(struct json *list, struct arena *a, const struct site *site, const struct map *accounts)
{
	const char *owner = site->main->owner != NULL && site->main->depth > site->depth ?
	    site->main->owner : site->owner;
	const struct json *account = owner == NULL ? NULL : map_get(accounts, owner);
	const char *parent = json_str(account, "parent");
	struct json *row = json_add_object(list);

	json_put_str(row, "name", site->name);
	json_put_str(row, "ascii", site->ascii);
	json_put_int(row, "id", site->id);
	json_put_str(row, "owner", owner);
	json_put_str(row, "reseller", parent != NULL && depth_of(map_get(accounts, parent)) == 1 ?
	    parent : NULL);
	json_put_str(row, "subscription", site->main->ascii);
	json_put_bool(row, "main", site->main == site);
	json_put_str(row, "status", status_of(site));
	json_put_bool(row, "hosting", site->hosting);
	put_aliases(row, a, site->aliases);
	json_put_str(row, "document_root", site->root);
	json_put_copy(row, "addresses", site->main->addresses);
}

static struct map *
by_login(struct arena *a, const struct json *accounts)
{
	struct map *map = map_new(a);
	const struct json *v;
	union { const struct json *in; void *out; } keep;

	for (v = json_first(accounts); v != NULL; v = json_next(v)) {
		keep.in = v;
		map_put(map, json_str(v, "login"), keep.out);
	}
	return map;
}

/* A tree of each answer at a time. */
static bool
sites_of_reply(struct evidence *ev, struct sites *sites, struct arena *a, const struct reply *reply)
{
	struct arena *tree = arena_new();
	const struct json *domains = NULL;
	struct err err;

	if (!plesk_rest_reply(tree, reply, &domains, &err))
		ev_fail(ev, "panel domains", err_word(err.code), err.text);
	else if (!json_is_array(domains))
		ev_fail(ev, "panel domains", "protocol", "the list of domains is none");
	else
		sites_read(sites, a, domains);
	arena_free(tree);
	return sites->list != NULL;
}

static bool
owners_of_reply(struct sites *sites, const struct reply *reply, const struct map *accounts)
{
	struct arena *tree = arena_new();
	const struct xml *packet;
	struct err err;
	bool all = packet_reply(tree, reply, &packet, &err) && owners_of_webspaces(sites, packet, accounts);

	arena_free(tree);
	return all;
}

/* The rows in `a`; what they are made of in `a_while`. */
static const struct json *
domains_read(struct evidence *ev, struct arena *a, struct arena *a_while)
{
	struct str ask = packet_begin(a_while);
	struct request domains_request = plesk_rest_get(PLESK_REST "/domains"), spaces_request;
	const struct reply *domains_reply, *spaces_reply;
	const struct json *accounts;
	struct sites sites = { 0 };
	struct map *logins;
	struct json *list;

	str_add(&ask, "<webspace><get><filter/><dataset><gen_info/></dataset></get></webspace>");
	spaces_request = packet_read(&ask);
	domains_reply = ev_call(ev, &domains_request);
	spaces_reply = ev_call(ev, &spaces_request);
	accounts = ev_fact(ev, "accounts", NULL);
	/* Large answers are read once, when all have come. */
	if (accounts == NULL || domains_reply == NULL || spaces_reply == NULL ||
	    !sites_of_reply(ev, &sites, a_while, domains_reply))
		return NULL;
	logins = by_login(a_while, accounts);
	if (!owners_of_reply(&sites, spaces_reply, logins) && !owners_of_clients(ev, &sites, accounts))
		return NULL;
	if (!read_status(ev, &sites))
		return NULL;
	list = json_new_array(a);
	for (size_t i = 0; i < sites.count; i++)
		add_domain(list, a_while, &sites.list[i], logins);
	return list;
}

const struct json *
plesk_fact_domains(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct arena *a_while = arena_new();
	const struct json *list = domains_read(ev, a, a_while);

	(void)arg;
	(void)params;
	arena_free(a_while);
	return list;
}
