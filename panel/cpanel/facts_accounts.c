/*
 * Whose is what: accounts, resellers, domains.  An account of cPanel is a login,
 * a subscription and the owner of its domains at once; a reseller is an account
 * that others name as their owner.
 */

#include <string.h>

#include "base/map.h"
#include "evidence/truth.h"
#include "panel/cpanel/internal.h"

#define WANTED	"user,domain,owner,ip,plan,suspended,outgoing_mail_suspended,outgoing_mail_hold," \
		"max_email_per_hour,max_defer_fail_percentage,email"

/* listaccts as it is, with the fields that are needed. */
const struct json *
cpanel_account_rows(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *data, *rows;
	struct err err;

	(void)arg;
	if (!cpanel_need(ev, "panel accounts", ask_whm(ev, a, params, "listaccts",
	    ARGS({ "want", WANTED },), &data, &err), &err))
		return NULL;
	if ((rows = cp_list(data, "acct")) == NULL)
		ev_fail(ev, "panel accounts", "protocol", "the list of accounts is none");
	return rows;
}

/* Logins, as texts or as objects. */
static void
add_resellers(struct map *resellers, const struct json *list)
{
	static const char *const keys[] = { "reseller", "user", "login" };
	static char yes[] = "yes";

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *login = json_value_str(v);

		for (size_t i = 0; login == NULL && i < sizeof(keys) / sizeof(keys[0]); i++)
			login = json_str(v, keys[i]);
		if (login != NULL)
			map_put(resellers, login, yes);
	}
}

static void
add_account(struct json *list, const struct json *row, const struct map *resellers)
{
	const char *login = json_str(row, "user"), *owner = json_str(row, "owner");
	bool reseller = map_get(resellers, login) != NULL;
	struct json *account = json_add_object(list);

	json_put_str(account, "login", login);
	json_put_str(account, "role", reseller ? "reseller" : "customer");
	/* One level only: whoever owns a reseller, root is above him. */
	json_put_str(account, "parent", reseller || owner == NULL || strcmp(owner, login) == 0 ? "root" : owner);
	json_put_str(account, "email", json_str(row, "email"));
	json_put_null(account, "locale");
	json_put_bool(account, "active", cp_flag(row, "suspended") != 1);
	json_put_null(account, "id");
}

const struct json *
cpanel_accounts(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *rows = ev_fact(ev, "account_rows", NULL), *data = NULL, *v;
	struct map *resellers = map_new(a);
	struct json *list, *root;
	struct err err;
	enum got got;

	(void)arg;
	got = ask_whm(ev, a, params, "listresellers", ARGS(), &data, &err);
	if (rows == NULL || got == GOT_WAIT)
		return NULL;
	if (got == GOT_IT)
		add_resellers(resellers, cp_list(data, "reseller"));
	for (v = json_first(rows); v != NULL; v = json_next(v)) {		/* root alone gets the list */
		static char yes[] = "yes";
		const char *owner = json_str(v, "owner"), *login = json_str(v, "user");

		if (owner != NULL && login != NULL && strcmp(owner, "root") != 0 && strcmp(owner, login) != 0)
			map_put(resellers, owner, yes);
	}
	list = json_new_array(a);
	root = json_add_object(list);
	json_put_str(root, "login", "root");
	json_put_str(root, "role", "admin");
	json_put_null(root, "parent");
	json_put_null(root, "email");
	json_put_null(root, "locale");
	json_put_bool(root, "active", true);
	json_put_null(root, "id");
	for (v = json_first(rows); v != NULL; v = json_next(v))
		if (json_str(v, "user") != NULL && strcmp(json_str(v, "user"), "root") != 0)
			add_account(list, v, resellers);
	return list;
}

/* --- domains ---------------------------------------------------------------------------------------- */

/*
 * Each addon domain has a technical subdomain of the account's main one, for the web
 * server alone: no mail, and not a domain of anybody.  Other subdomains hardly ever
 * have mail either, and their records stand in the zone of the parent.
 */
static bool
is_for_mail(const struct json *row)
{
	const char *type = json_str(row, "domain_type");

	return type == NULL || !text_istarts(text_of(type), "sub");
}

static struct map *
by_user(struct arena *a, const struct json *rows)
{
	struct map *map = map_new(a);
	union { const struct json *in; void *out; } keep;

	for (const struct json *v = json_first(rows); v != NULL; v = json_next(v)) {
		keep.in = v;
		if (json_str(v, "user") != NULL)
			map_put(map, json_str(v, "user"), keep.out);
	}
	return map;
}

static void
add_domain(struct json *list, struct arena *a, const struct json *d, const struct map *users)
{
	const char *user = json_str(d, "user"), *over = json_str(d, "user_owner");
	const struct json *account = user == NULL ? NULL : map_get(users, user);
	const char *main = json_str(account, "domain"), *type = json_str(d, "domain_type");
	const char *ip = json_str(d, "ipv4");
	struct name name;
	struct json *row;

	if (!name_from_person(a, text_of(json_str(d, "domain")), &name, NULL))
		return;
	if (over == NULL)
		over = json_str(account, "owner");
	if (main == NULL)
		main = json_str(d, "parent_domain");
	row = json_add_object(list);
	json_put_str(row, "name", name_display(a, name));
	json_put_str(row, "ascii", name.s);
	json_put_null(row, "id");
	json_put_str(row, "owner", user);
	json_put_str(row, "reseller", over == NULL || strcmp(over, "root") == 0 ||
	    (user != NULL && strcmp(over, user) == 0) ? NULL : over);
	json_put_str(row, "subscription", main == NULL ? name.s : cp_plain_name(a, main));
	json_put_bool(row, "main", type != NULL && text_istarts(text_of(type), "main"));
	json_put_str(row, "status", account == NULL ? NULL : cp_flag(account, "suspended") == 1 ? "suspended" :
	    "active");
	json_put_bool(row, "hosting", json_str(d, "docroot") != NULL);
	json_put_array(row, "aliases");		/* parked domains are domains with a zone of their own */
	json_put_str(row, "document_root", json_str(d, "docroot"));
	if (ip == NULL)
		ip = json_str(account, "ip");
	if (ip == NULL)
		json_put_null(row, "addresses");
	else {
		struct json *addresses = json_put_array(row, "addresses");

		json_add_str(addresses, ip);
		if (json_str(d, "ipv6") != NULL && *json_str(d, "ipv6") != '\0')
			json_add_str(addresses, json_str(d, "ipv6"));
	}
}

const struct json *
cpanel_domains(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *rows = ev_fact(ev, "account_rows", NULL), *data, *domains, *v;
	struct map *users;
	struct json *list;
	struct err err;
	enum got got;

	(void)arg;
	got = ask_whm(ev, a, params, "get_domain_info", ARGS(), &data, &err);
	if (rows == NULL || !cpanel_need(ev, "panel domains", got, &err))
		return NULL;
	if ((domains = cp_list(data, "domains")) == NULL) {
		ev_fail(ev, "panel domains", "protocol", "the list of domains is none");
		return NULL;
	}
	users = by_user(a, rows);
	list = json_new_array(a);
	for (v = json_first(domains); v != NULL; v = json_next(v))
		if (is_for_mail(v))
			add_domain(list, a, v, users);
	return list;
}

/* --- one domain --------------------------------------------------------------------------------------- */

/* {"user","ascii"}, null when there is none: what single facts and states stand on, since the list of
 * all domains would cost too much for each.  It tells of main domains at least; else the list. */
const struct json *
cpanel_site(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *data = NULL, *acct, *row = NULL;
	const char *user;
	struct json *site;
	struct err err;
	enum got got;

	if (arg == NULL) {
		ev_fail(ev, "panel domain", "value", "no domain was named");
		return NULL;
	}
	got = ask_whm(ev, a, params, "accountsummary", ARGS({ "domain", arena_strdup(evidence_arena(ev), arg) },),
	    &data, &err);
	if (got == GOT_WAIT)
		return NULL;
	acct = json_first(got == GOT_IT ? cp_list(data, "acct") : NULL);
	user = json_str(acct, "user");
	if (user == NULL) {
		if (got == GOT_NOT && err.code != ERR_VALUE && err.code != ERR_NOT_FOUND) {
			cpanel_need(ev, "panel domain", got, &err);
			return NULL;
		}
		if (!ev_fact_member(ev, "domains", NULL, arg, &row))
			return NULL;
		user = json_str(row, "owner");
	}
	site = json_new_object(a);
	json_put_str(site, "user", user);
	json_put_str(site, "ascii", user == NULL ? NULL : arg);
	return site;
}

static const struct json *
site_of_row(struct evidence *ev, const struct json *row)
{
	struct json *site = json_new_object(evidence_arena(ev));

	json_put_str(site, "user", json_str(row, "owner"));
	json_put_str(site, "ascii", json_str(row, "ascii"));
	return site;
}

bool
cp_site_row(struct evidence *ev, const char *name, const struct json **ret)
{
	const struct json *site, *row;

	*ret = NULL;
	if (name != NULL && ev_fact_known(ev, "domains", NULL) != NULL) {
		if (!ev_fact_member(ev, "domains", NULL, name, &row))
			return false;
		if (json_str(row, "owner") != NULL)
			*ret = site_of_row(ev, row);
		return true;
	}
	if ((site = ev_fact(ev, "site", name)) == NULL)
		return false;
	*ret = json_str(site, "user") == NULL ? NULL : site;
	return true;
}

/* --- pages ---------------------------------------------------------------------------------------------- */

const struct json *
cp_page_first(const struct json *list, const char *arg, size_t per)
{
	const struct json *v = json_first(list);
	uint64_t page;

	if (!text_uint(text_of(arg), UINT32_MAX, &page))
		return NULL;
	for (uint64_t i = 0; v != NULL && i < page * per; i++)
		v = json_next(v);
	return v;
}

/* On which pages each domain stands: [{"ascii","page","accounts"}]; made once, since a list has no places.
 * Accounts stand in the order of their first domains, as in names_by_user. */
const struct json *
cpanel_places(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *v;
	struct map *accounts = map_new(a);
	size_t i = 0, count = 0, *account;
	struct json *places;

	(void)arg;
	(void)params;
	if (domains == NULL)
		return NULL;
	places = json_new_array(a);
	for (v = json_first(domains); v != NULL; v = json_next(v), i++) {
		struct json *row = json_add_object(places);

		json_put_str(row, "ascii", json_str(v, "ascii"));
		json_put_int(row, "page", (int64_t)(i / DOMAINS_PER_CHECK));
		if (json_str(v, "owner") == NULL)
			continue;
		if ((account = map_get(accounts, json_str(v, "owner"))) == NULL) {
			account = arena_zalloc(a, sizeof(*account));
			*account = count++;
			map_put(accounts, json_str(v, "owner"), account);
		}
		json_put_int(row, "accounts", (int64_t)(*account / BATCH_MAX));
	}
	return places;
}

/* A run over many domains reads them by pages: which is this one's?  GOT_NOT = ask for it alone. */
enum got
cp_page_of(struct evidence *ev, struct arena *a, enum cp_pages pages, const char *ascii, const char **page)
{
	const char *key = pages == PAGES_OF_DOMAINS ? "page" : "accounts";
	const struct json *row = NULL;

	if (!evidence_bulk(ev) || ev_fact_known(ev, "domains", NULL) == NULL)
		return GOT_NOT;
	if (!ev_fact_member(ev, "places", NULL, ascii, &row))
		return GOT_WAIT;
	if (json_int(row, key, -1) < 0)
		return GOT_NOT;
	*page = arena_printf(a, "%lld", (long long)json_int(row, key, 0));
	return GOT_IT;
}

bool
cp_pages_there(struct evidence *ev, struct arena *a, const char *page_fact, size_t count)
{
	const struct ev_failure *why;
	size_t waiting = 0;

	for (size_t i = 0; i < count && waiting < PAGES_AHEAD; i++) {
		if (ev_fact_any(ev, page_fact, arena_printf(a, "%zu", i), &why) != NULL)
			continue;
		if (why != NULL) {
			ev_fail(ev, why->key, why->reason, why->detail);
			return false;
		}
		waiting++;
	}
	return waiting == 0;
}

const struct json *
cp_page_at(struct evidence *ev, struct arena *a, const char *page_fact, size_t i)
{
	const struct ev_failure *why;

	return ev_fact_any(ev, page_fact, arena_printf(a, "%zu", i), &why);
}

const char *
cp_plain_name(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);
	size_t n = strlen(copy);

	if (n > 0 && copy[n - 1] == '.')
		copy[n - 1] = '\0';
	for (char *p = copy; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return copy;
}

void
cp_put_flag(struct json *into, const char *key, int flag)
{
	if (flag < 0)
		json_put_null(into, key);
	else
		json_put_bool(into, key, flag == 1);
}
