/*
 * Which key Plesk signs a domain with.  No call of the panel says it.  On the
 * panel's own server the privileged helper derives it from the private key; else
 * the record counts that Plesk has put into its zone.
 */

#include <string.h>

#include "panel/plesk/internal.h"

/* "default" of "default._domainkey.cust.example" in cust.example; empty = none. */
static struct text
selector_of(const char *name, const char *domain)
{
	struct text rest = text_of(name), tail = text_of("._domainkey.");
	size_t at;

	if (!text_ifind(rest, tail, &at) || at == 0 ||
	    !text_iis(text_skip(rest, at + tail.n), domain))
		return TEXT("");
	return text_head(rest, at);
}

static bool
is_key(const struct json *record, const char *domain, bool is_default)
{
	const char *name = json_str(record, "name"), *type = json_str(record, "type");
	struct text selector;

	if (name == NULL || type == NULL || strcmp(type, "TXT") != 0)
		return false;
	selector = selector_of(name, domain);
	return selector.n > 0 && text_is(selector, "default") == is_default;
}

/* The usual one first. */
static struct json *
keys_of(struct arena *a, const struct json *zone, const char *domain)
{
	struct json *keys = json_new_array(a);
	const struct json *v;

	for (int pass = 0; pass < 2; pass++)
		for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
			struct json *key;

			if (!is_key(v, domain, pass == 0))
				continue;
			key = json_add_object(keys);
			json_put_text(key, "selector", selector_of(json_str(v, "name"), domain));
			json_put_str(key, "record", json_str(v, "value"));
		}
	return keys;
}

const char *
plesk_zone_selector(struct arena *a, const struct json *zone, const char *domain)
{
	return json_str(json_first(keys_of(a, zone, domain)), "selector");
}

/* --- from the private key --------------------------------------------------------------------- */

static void
add_local(struct json *keys, const struct json *row, bool is_default)
{
	const char *selector = json_str(row, "selector"), *signer = json_str(row, "signer");
	struct json *key;

	if (selector == NULL || json_str(row, "record") == NULL || signer == NULL ||
	    strcmp(signer, "plesk") != 0 || (strcmp(selector, "default") == 0) != is_default)
		return;
	key = json_add_object(keys);
	json_put_str(key, "selector", selector);
	json_put_str(key, "record", json_str(row, "record"));
}

/* The helper's {"selector","record","signer"} lines; GOT_NOT = no helper, or no key there. */
static enum got
local_keys(struct evidence *ev, struct arena *a, const char *domain, const struct panel_params *params,
    struct json **ret)
{
	struct request request = { .kind = REQUEST_VERB };
	const char **args = arena_array(evidence_arena(ev), 1, sizeof(*args));
	const struct reply *reply;
	struct json *keys = json_new_array(a);
	struct text rest, line;

	if (params == NULL || !params->local)
		return GOT_NOT;
	args[0] = arena_strdup(evidence_arena(ev), domain);
	request.u.verb.verb = "dkim-key";
	request.u.verb.args = args;
	request.u.verb.arg_count = 1;
	if ((reply = ev_call(ev, &request)) == NULL)
		return GOT_WAIT;
	if (reply->err.code != ERR_NONE || reply->u.verb.status != 0)
		return GOT_NOT;
	for (int pass = 0; pass < 2; pass++)
		for (rest = reply->u.verb.out; text_line(&rest, &line); )
			add_local(keys, json_parse(a, line, NULL), pass == 0);
	*ret = keys;
	return json_count(keys) > 0 ? GOT_IT : GOT_NOT;
}

/*
 * Plesk puts the key into its zone when the zone is on.  Where it is off, or
 * the record was removed, the zone does not say what is signed with.
 */
const struct json *
plesk_fact_dkim_key(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *zone, *mail;
	const struct ev_failure *why, *no_zone;
	struct json *fact, *keys = NULL;
	enum got got;

	mail = ev_fact_any(ev, "site_prefs", arg, &why);
	zone = ev_fact_any(ev, "zone", arg, &no_zone);
	got = local_keys(ev, a, arg, params, &keys);
	if ((mail == NULL && why == NULL) || (zone == NULL && no_zone == NULL) || got == GOT_WAIT)
		return NULL;
	fact = json_new_object(a);
	if (got == GOT_IT) {
		json_put_copy(fact, "keys", keys);
		return fact;
	}
	if (zone == NULL) {
		ev_fail(ev, no_zone->key, no_zone->reason, no_zone->detail);
		return NULL;
	}
	keys = keys_of(a, zone, arg);
	if (json_count(keys) > 0 && json_tristate(zone, "served") != 0)
		json_put_copy(fact, "keys", keys);
	else if (json_tristate(mail, "dkim") == 0)
		json_put_array(fact, "keys");
	else
		json_put_null(fact, "keys");
	return fact;
}
