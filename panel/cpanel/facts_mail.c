/*
 * Mail addresses and mail settings of domains, by UAPI of the account that has
 * them.  One domain is asked for directly; for all of them one batch holds twenty
 * accounts, and for each of these all its questions at once (Batch::strict).
 */

#include <string.h>

#include "base/map.h"
#include "panel/cpanel/internal.h"

#define FORWARDERS_MAX	200	/* domains of one account that a bulk read asks for */

/* --- one domain ------------------------------------------------------------------------------------- */

static bool
need_site(struct evidence *ev, const char *domain, const struct json **site)
{
	if (!cp_site_row(ev, domain, site))
		return false;
	if (*site != NULL)
		return true;
	ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
	return false;
}

/* {"pops":[...],"forwarders":[...]} as UAPI tells them. */
static bool
ask_addresses(struct evidence *ev, struct arena *a, const struct panel_params *params, const char *user,
    const char *domain, const struct json **pops, const struct json **forwarders)
{
	const char *name = arena_strdup(evidence_arena(ev), domain);
	struct err err_pops, err_forwarders;
	enum got got_pops, got_forwarders;

	got_pops = ask_uapi(ev, a, params, user, "Email", "list_pops_with_disk",
	    ARGS({ "domain", name }, { "get_restrictions", "1" }, { "no_disk", "1" },), pops, &err_pops);
	got_forwarders = ask_uapi(ev, a, params, user, "Email", "list_forwarders", ARGS({ "domain", name },),
	    forwarders, &err_forwarders);
	return cpanel_need(ev, "panel mailboxes", got_pops, &err_pops) &&
	    cpanel_need(ev, "panel forwarders", got_forwarders, &err_forwarders);
}

/* The addresses of one domain, without what it does with unknown ones. */
const struct json *
cpanel_site_accounts(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *site, *pops, *forwarders;

	if (!need_site(ev, arg, &site) || !ask_addresses(ev, a, params, json_str(site, "user"),
	    json_str(site, "ascii"), &pops, &forwarders))
		return NULL;
	return cp_mail_rows(a, arg, pops, forwarders, NULL);
}

static const char *
default_of(const struct json *list, const char *domain)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "domain")), domain))
			return json_str(v, "defaultaddress");
	return NULL;
}

/* {"text": what stands there, null = not said}. */
const struct json *
cpanel_default_address(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *site, *list;
	struct json *fact;
	const char *user;
	struct err err;

	if (!need_site(ev, arg, &site))
		return NULL;
	user = arena_strdup(evidence_arena(ev), json_str(site, "user"));
	if (!cpanel_need(ev, "panel default address", ask_uapi(ev, a, params, user, "Email",
	    "list_default_address", ARGS({ "user", user }, { "domain", arena_strdup(evidence_arena(ev), arg) },),
	    &list, &err), &err))
		return NULL;
	fact = json_new_object(a);
	json_put_str(fact, "text", default_of(list, arg));
	return fact;
}

/* In a run over many: what the page of its account says of this domain. */
static enum got
on_page(struct evidence *ev, struct arena *a, const char *domain, const struct json **ret)
{
	const struct ev_failure *why;
	const char *page = NULL;
	enum got got = domain == NULL ? GOT_NOT : cp_page_of(ev, a, PAGES_OF_ACCOUNTS, domain, &page);

	if (got != GOT_IT)
		return got;
	if (ev_fact_any(ev, "accounts_page", page, &why) == NULL)
		return why == NULL ? GOT_WAIT : GOT_NOT;
	return ev_fact_member(ev, "accounts_page", page, domain, ret) && *ret != NULL ? GOT_IT : GOT_NOT;
}

const struct json *
cpanel_mailboxes(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *site, *pops, *forwarders, *text, *one = NULL;
	const struct ev_failure *why;

	switch (on_page(ev, a, arg, &one)) {
	case GOT_WAIT:
		return NULL;
	case GOT_IT:
		return json_copy(a, json_get(one, "rows"));
	case GOT_NOT:
		break;
	}
	if (!need_site(ev, arg, &site))
		return NULL;
	text = ev_fact_any(ev, "default_address", arg, &why);
	if (!ask_addresses(ev, a, params, json_str(site, "user"), json_str(site, "ascii"), &pops, &forwarders) ||
	    (text == NULL && why == NULL))
		return NULL;
	return cp_mail_rows(a, arg, pops, forwarders, json_str(text, "text"));
}

/* --- settings ---------------------------------------------------------------------------------------- */

const char *
cp_mx_check(const char *said)
{
	static const char *const words[] = { "local", "remote", "auto", "secondary" };

	for (size_t i = 0; said != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(said, words[i]) == 0)
			return words[i];
	return NULL;
}

/* {"mxcheck":word|null,"local":bool|null}; local: its mail stays here, as "auto" follows the MX. */
static const struct json *
routing_of(struct arena *a, const struct json *mxs, const char *domain)
{
	struct json *routing = json_new_object(a);
	const struct json *v = json_first(mxs);

	while (v != NULL && !text_iis(text_of(json_str(v, "domain")), domain))
		v = json_next(v);
	json_put_str(routing, "mxcheck", cp_mx_check(json_str(v, "mxcheck")));
	cp_put_flag(routing, "local", cp_flag(v, "local"));
	return routing;
}

const struct json *
cpanel_mail_routing(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *site, *mxs;
	struct err err;

	if (!need_site(ev, arg, &site) || !cpanel_need(ev, "panel mail routing", ask_uapi(ev, a, params,
	    json_str(site, "user"), "Email", "list_mxs",
	    ARGS({ "domain", arena_strdup(evidence_arena(ev), arg) },), &mxs, &err), &err))
		return NULL;
	return routing_of(a, mxs, arg);
}

static void
put_account_limit(struct json *mail, const struct json *row)
{
	int64_t n = cp_limit(row, "max_email_per_hour");

	if (n > 0)
		json_put_int(mail, "limit", n);
	else
		json_put_null(mail, "limit");
}

/* What the account's own calls say of one of its domains: {"service","routing","default"}. */
static void
put_settings(struct json *into, const struct json *routing, const char *default_address)
{
	const char *way = json_str(routing, "mxcheck");

	cp_put_flag(into, "service", json_tristate(routing, "local"));
	/* A backup takes the mail only to pass it on. */
	json_put_str(into, "routing", way != NULL && strcmp(way, "secondary") == 0 ? "remote" : way);
	json_put_str(into, "default", default_address);
}

static const struct json *
mail_of(struct arena *a, const struct json *settings, const struct json *auth, const struct json *account)
{
	struct json *mail = json_new_object(a);

	cp_put_flag(mail, "service", json_tristate(settings, "service"));
	cp_put_flag(mail, "dkim", json_tristate(auth, "key"));
	json_put_str(mail, "selector", "default");
	cp_put_default_address(mail, a, json_str(settings, "default"));
	json_put_str(mail, "routing", json_str(settings, "routing"));
	if (json_is_array(json_get(auth, "sending")))
		json_put_copy(mail, "sending", json_get(auth, "sending"));
	else
		json_put_null(mail, "sending");
	json_put_str(mail, "helo", json_str(auth, "helo"));
	put_account_limit(mail, account);
	return mail;
}

static const struct json *
account_of(const struct json *rows, const char *user)
{
	for (const struct json *v = json_first(rows); v != NULL; v = json_next(v))
		if (json_str(v, "user") != NULL && strcmp(json_str(v, "user"), user) == 0)
			return v;
	return NULL;
}

const struct json *
cpanel_domain_mail(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *site, *auth, *rows, *text, *routing, *settings = NULL;
	const struct ev_failure *no_auth, *no_text, *no_rows;
	struct json *alone;

	(void)params;
	if (!need_site(ev, arg, &site))
		return NULL;
	auth = ev_fact_any(ev, "auth", arg, &no_auth);
	rows = ev_fact_any(ev, "account_rows", NULL, &no_rows);
	switch (on_page(ev, a, arg, &settings)) {
	case GOT_WAIT:
		return NULL;
	case GOT_IT:
		break;
	case GOT_NOT:
		text = ev_fact_any(ev, "default_address", arg, &no_text);
		routing = ev_fact(ev, "mail_routing", arg);
		if (routing == NULL || (text == NULL && no_text == NULL))
			return NULL;
		settings = alone = json_new_object(a);
		put_settings(alone, routing, json_str(text, "text"));
		break;
	}
	if ((auth == NULL && no_auth == NULL) || (rows == NULL && no_rows == NULL))
		return NULL;
	return mail_of(a, settings, auth, account_of(rows, json_str(site, "user")));
}

/* --- many: accounts ------------------------------------------------------------------------------------- */

static const char *
strict_item(struct arena *a, const char *function, const struct arg *args)
{
	struct json *item = json_new_array(a), *values;

	json_add_str(item, "Email");
	json_add_str(item, function);
	values = json_add_object(item);
	for (; args->name != NULL; args++)
		json_put_str(values, args->name, args->value);
	return json_print(a, item);
}

/* The account's domains, of the whole list: {USER: [NAME...]}, made once. */
const struct json *
cpanel_names_by_user(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL);
	struct map *by_user = map_new(a);
	struct json *list;

	(void)arg;
	(void)params;
	if (domains == NULL)
		return NULL;
	list = json_new_array(a);
	for (const struct json *v = json_first(domains); v != NULL; v = json_next(v)) {
		const char *user = json_str(v, "owner");
		struct json *row;

		if (user == NULL)
			continue;
		if ((row = map_get(by_user, user)) == NULL) {
			row = json_add_object(list);
			json_put_str(row, "login", user);
			json_put_array(row, "domains");
			map_put(by_user, user, row);
		}
		json_add_str(json_edit(row, "domains"), json_str(v, "ascii"));
	}
	return list;
}

/* pops, default addresses, routing, then the forwarders of each domain. */
static const char *
account_command(struct arena *a, const struct json *row)
{
	const struct json *names = json_get(row, "domains"), *v;
	size_t count = json_count(names) < FORWARDERS_MAX ? json_count(names) : FORWARDERS_MAX, n = 0;
	struct arg *args = arena_array(a, count + 4, sizeof(*args));
	const char *user = json_str(row, "login");

	args[n++].value = strict_item(a, "list_pops_with_disk",
	    ARGS({ "get_restrictions", "1" }, { "no_disk", "1" },));
	args[n++].value = strict_item(a, "list_default_address", ARGS({ "user", user },));
	args[n++].value = strict_item(a, "list_mxs", ARGS());
	for (v = json_first(names); n < count + 3; v = json_next(v))
		args[n++].value = strict_item(a, "list_forwarders", ARGS({ "domain", json_value_str(v) },));
	for (size_t i = 0; i < n; i++)
		args[i].name = arena_printf(a, "command-%zu", i);
	args[n] = (struct arg){ NULL, NULL };
	return uapi_command(a, user, "Batch", "strict", args);
}

/* The next answer's data; NULL = none, or one that failed. */
static const struct json *
take(struct arena *a, const struct json **v)
{
	const struct json *data = NULL, *one = *v;
	struct err err;

	if (one == NULL)
		return NULL;
	*v = json_next(one);
	return uapi_result(a, one, &data, &err) ? data : NULL;
}

/* Its domains: {NAME: {"rows":[...],"mxs":...,"default":text}}, onto the page. */
static void
add_account_domains(struct json *page, struct arena *a, const struct json *row, const struct json *answers)
{
	const struct json *v = json_first(answers), *pops, *defaults, *mxs, *name;

	pops = take(a, &v);
	defaults = take(a, &v);
	mxs = take(a, &v);
	for (name = json_first(json_get(row, "domains")); name != NULL && v != NULL; name = json_next(name)) {
		const char *domain = json_value_str(name), *text = default_of(defaults, domain);
		const struct json *forwarders = take(a, &v);
		struct json *one;

		if (pops == NULL || forwarders == NULL)
			continue;		/* whoever needs it asks for it alone */
		one = json_put_object(page, domain);
		json_put_copy(one, "rows", cp_mail_rows(a, domain, pops, forwarders, text));
		put_settings(one, routing_of(a, mxs, domain), text);
	}
}

const struct json *
cpanel_accounts_page(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *users = ev_fact(ev, "names_by_user", NULL), *first, *v, *answers, *data;
	const char *commands[BATCH_MAX];
	struct json *page;
	struct err err;
	size_t n = 0;

	if (users == NULL)
		return NULL;
	page = json_new_object(a);
	if ((first = cp_page_first(users, arg, BATCH_MAX)) == NULL)
		return page;
	for (v = first; v != NULL && n < BATCH_MAX; v = json_next(v))
		commands[n++] = account_command(evidence_arena(ev), v);
	if (!cpanel_need(ev, "panel mail accounts", ask_batch(ev, a, params, commands, n, &answers, &err), &err))
		return NULL;
	for (v = json_first(answers); v != NULL; v = json_next(v), first = json_next(first))
		if (whm_uapi_result(a, v, &data, &err))
			add_account_domains(page, a, first, data);
	return page;
}

/* One object of all pages' members; its members are never looked up while it is made. */
static void
add_member(struct str *all, struct arena *a, const char *key, const struct json *value)
{
	struct json *name = json_new_array(a);
	struct text text;

	json_add_str(name, key);
	text = text_of(json_print(a, name));
	str_addf(all, "%s%.*s:", all->n > 1 ? "," : "", (int)(text.n - 2), text.p + 1);
	str_add(all, json_print(a, value));
}

#define ALL_MAX	((size_t)1 << 30)

const struct json *
cpanel_mailboxes_all(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *users = ev_fact(ev, "names_by_user", NULL), *v;
	struct str all;
	size_t count;

	(void)arg;
	(void)params;
	if (users == NULL)
		return NULL;
	count = (json_count(users) + BATCH_MAX - 1) / BATCH_MAX;
	if (!cp_pages_there(ev, a, "accounts_page", count))
		return NULL;
	all = str_in(a, ALL_MAX);
	str_addc(&all, '{');
	for (size_t i = 0; i < count; i++)
		for (v = json_first(cp_page_at(ev, a, "accounts_page", i)); v != NULL; v = json_next(v))
			add_member(&all, a, json_key(v), json_get(v, "rows"));
	str_addc(&all, '}');
	return json_parse(a, str_text(&all), NULL);
}

/* --- many: settings --------------------------------------------------------------------------------------- */

static struct map *
limits_by_user(struct arena *a, const struct json *rows)
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

/* What the validators said of all: {NAME: auth} page by page. */
static struct map *
auth_by_name(struct evidence *ev, struct arena *a, size_t count)
{
	struct map *map = map_new(a);
	union { const struct json *in; void *out; } keep;

	for (size_t i = 0; i < count; i++)
		for (keep.in = json_first(cp_page_at(ev, a, "auth_page", i)); keep.in != NULL;
		    keep.in = json_next(keep.in))
			map_put(map, json_key(keep.in), keep.out);
	return map;
}

const struct json *
cpanel_domain_mail_all(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *v;
	const struct json *users = ev_fact(ev, "names_by_user", NULL);
	const struct json *rows = ev_fact(ev, "account_rows", NULL);
	struct map *auths, *limits, *owners;
	size_t pages, auth_pages;
	struct str all;
	bool there;

	(void)arg;
	(void)params;
	if (domains == NULL || users == NULL || rows == NULL)
		return NULL;
	pages = (json_count(users) + BATCH_MAX - 1) / BATCH_MAX;
	auth_pages = (json_count(domains) + DOMAINS_PER_CHECK - 1) / DOMAINS_PER_CHECK;
	there = cp_pages_there(ev, a, "accounts_page", pages);
	if (!cp_pages_there(ev, a, "auth_page", auth_pages) || !there)
		return NULL;
	auths = auth_by_name(ev, a, auth_pages);
	limits = limits_by_user(a, rows);
	owners = map_new(a);
	for (v = json_first(domains); v != NULL; v = json_next(v)) {
		union { const struct json *in; void *out; } keep;

		if (json_str(v, "owner") != NULL && (keep.in = map_get(limits, json_str(v, "owner"))) != NULL)
			map_put(owners, json_str(v, "ascii"), keep.out);
	}
	all = str_in(a, ALL_MAX);
	str_addc(&all, '{');
	for (size_t i = 0; i < pages; i++)
		for (v = json_first(cp_page_at(ev, a, "accounts_page", i)); v != NULL; v = json_next(v)) {
			const struct json *auth = map_get(auths, json_key(v));

			if (auth != NULL)
				add_member(&all, a, json_key(v), mail_of(a, v, auth,
				    map_get(owners, json_key(v))));
		}
	str_addc(&all, '}');
	return json_parse(a, str_text(&all), NULL);
}
