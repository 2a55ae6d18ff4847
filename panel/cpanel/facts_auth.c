/*
 * What the panel itself says of a domain's mail (EmailAuth): the address it leaves
 * from, the name it greets with, and the key that signs it.  The validators ask
 * the live DNS, so each takes its time; in a run over many domains some go into
 * one call.
 *
 * The fact `auth NAME`: {"sending":[ip]|null,"helo":name|null,"key":bool|null,"record":text|null}
 * key: has the server a key for this domain; record: as it should be published.
 */

#include <string.h>

#include "panel/cpanel/internal.h"

#define SELECTOR	"default"	/* always */

enum got
cp_ask_domains(struct evidence *ev, struct arena *a, const struct panel_params *params, const char *function,
    const char *const *domains, size_t count, const struct json **rows, struct err *err)
{
	struct arena *lasts = evidence_arena(ev);
	struct arg *args = arena_array(lasts, count + 1, sizeof(*args));
	const struct json *data;
	enum got got;

	for (size_t i = 0; i < count; i++)
		args[i] = (struct arg){ arena_printf(lasts, "domain-%zu", i), arena_strdup(lasts, domains[i]) };
	args[count] = (struct arg){ NULL, NULL };
	if ((got = ask_whm(ev, a, params, function, args, &data, err)) != GOT_IT)
		return got;
	*rows = cp_list(data, "payload");
	if (*rows == NULL) {
		err_set(err, ERR_PROTOCOL, "the panel does not say how these domains stand");
		return GOT_NOT;
	}
	return GOT_IT;
}

/* One row or two (IPv4 and IPv6) a domain.  Private ones as the world sees them. */
static void
put_sending(struct json *auth, struct arena *a, const char *domain, const struct json *ptrs,
    const struct json *server)
{
	struct json *list = json_new_array(a);
	const char *helo = NULL, *ip;

	for (const struct json *v = json_first(ptrs); v != NULL; v = json_next(v)) {
		if (!text_iis(text_of(json_str(v, "domain")), domain))
			continue;
		if ((ip = cp_public(a, server, json_str(v, "ip_address"))) != NULL)
			json_add_str(list, ip);
		if (helo == NULL && json_str(v, "helo") != NULL && *json_str(v, "helo") != '\0')
			helo = json_str(v, "helo");
	}
	if (json_count(list) > 0)
		json_put_copy(auth, "sending", list);
	else
		json_put_null(auth, "sending");
	json_put_str(auth, "helo", helo);
}

/* The validator of DKIM names the record, not the domain. */
static bool
is_key_of(const char *name, const char *domain)
{
	static const char prefix[] = SELECTOR "._domainkey.";
	struct text text = text_of(name);

	if (text_istarts(text, prefix))
		text = text_skip(text, sizeof(prefix) - 1);
	return text_iis(text, domain);
}

static void
put_key(struct json *auth, const char *domain, const struct json *dkims)
{
	const struct json *v = json_first(dkims);
	const char *state, *expected;
	int key = -1;

	while (v != NULL && !is_key_of(json_str(v, "domain"), domain))
		v = json_next(v);
	state = json_str(v, "state");
	expected = json_str(v, "expected");
	if (expected != NULL && *expected == '\0')
		expected = NULL;
	if (state != NULL && strcmp(state, "NOPUB") == 0) {
		key = 0;
		expected = NULL;
	} else if (expected != NULL)
		key = 1;
	cp_put_flag(auth, "key", key);
	json_put_str(auth, "record", expected);
}

static const struct json *
auth_of(struct arena *a, const char *domain, const struct json *ptrs, const struct json *dkims,
    const struct json *server)
{
	struct json *auth = json_new_object(a);

	put_sending(auth, a, domain, ptrs, server);
	put_key(auth, domain, dkims);
	return auth;
}

/* The rows of both validators for these domains; a refusal of one leaves that half unsaid. */
static bool
ask_both(struct evidence *ev, struct arena *a, const struct panel_params *params,
    const char *const *domains, size_t n, const struct json **ptrs, const struct json **dkims)
{
	struct err err_ptrs, err_dkims;
	enum got got_ptrs, got_dkims;

	*ptrs = *dkims = NULL;
	got_ptrs = cp_ask_domains(ev, a, params, "validate_current_ptrs", domains, n, ptrs, &err_ptrs);
	got_dkims = cp_ask_domains(ev, a, params, "validate_current_dkims", domains, n, dkims, &err_dkims);
	if (got_ptrs == GOT_WAIT || got_dkims == GOT_WAIT)
		return false;
	if (got_dkims == GOT_NOT && err_dkims.code != ERR_UNSUPPORTED && err_dkims.code != ERR_VALUE)
		return cpanel_need(ev, "panel keys of the domain", got_dkims, &err_dkims);
	return true;
}

const struct json *
cpanel_auth_page(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *all = ev_fact(ev, "domains", NULL), *server = ev_fact(ev, "server", NULL), *d, *v;
	const struct json *ptrs, *dkims;
	const char *domains[DOMAINS_PER_CHECK];
	struct json *page;
	size_t n = 0;

	if (all == NULL || server == NULL)
		return NULL;
	page = json_new_object(a);
	if ((d = cp_page_first(all, arg, DOMAINS_PER_CHECK)) == NULL)
		return page;
	for (v = d; v != NULL && n < DOMAINS_PER_CHECK; v = json_next(v))
		domains[n++] = json_str(v, "ascii");
	if (!ask_both(ev, a, params, domains, n, &ptrs, &dkims))
		return NULL;
	for (size_t i = 0; i < n; i++)
		json_put_copy(page, domains[i], auth_of(a, domains[i], ptrs, dkims, server));
	return page;
}

const struct json *
cpanel_auth(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *server = ev_fact(ev, "server", NULL), *ptrs, *dkims, *found = NULL;
	const struct ev_failure *why;
	const char *page = NULL;
	enum got got;

	if (arg == NULL) {
		ev_fail(ev, "panel domain", "value", "no domain was named");
		return NULL;
	}
	if ((got = cp_page_of(ev, a, PAGES_OF_DOMAINS, arg, &page)) == GOT_WAIT)
		return NULL;
	if (got == GOT_IT) {
		if (ev_fact_any(ev, "auth_page", page, &why) == NULL && why == NULL)
			return NULL;
		if (why == NULL && ev_fact_member(ev, "auth_page", page, arg, &found) && found != NULL)
			return json_copy(a, found);
	}
	if (server == NULL || !ask_both(ev, a, params, &arg, 1, &ptrs, &dkims))
		return NULL;
	return auth_of(a, arg, ptrs, dkims, server);
}

/* The key that Exim signs with, as the panel would publish it. */
const struct json *
cpanel_dkim_key(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *auth = ev_fact(ev, "auth", arg);
	struct json *fact, *key;

	(void)params;
	if (auth == NULL)
		return NULL;
	fact = json_new_object(a);
	if (json_str(auth, "record") != NULL) {
		key = json_add_object(json_put_array(fact, "keys"));
		json_put_str(key, "selector", SELECTOR);
		json_put_str(key, "record", json_str(auth, "record"));
	} else if (json_tristate(auth, "key") == 0)
		json_put_array(fact, "keys");
	else
		json_put_null(fact, "keys");
	return fact;
}
