/* How mail leaves, who signs and who limits it. */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "panel/postfix/internal.h"

/* --- policy servers --------------------------------------------------------------------------------- */

/* By where they listen as packaged.  Product NULL: it does something else than limit. */
static const struct { const char *where, *product; } policies[] = {
	{ "unix:ratelimit/policy", "policyd-rate-limit" },
	{ "unix:/var/spool/postfix/ratelimit/policy", "policyd-rate-limit" },
	{ "inet:127.0.0.1:8552", "policyd-rate-limit" },
	{ "inet:127.0.0.1:10040", "postfwd" },
	{ "inet:localhost:10040", "postfwd" },
	{ "inet:127.0.0.1:10045", "postfwd" },
	{ "inet:127.0.0.1:10031", "cluebringer" },
	{ "inet:localhost:10031", "cluebringer" },
	{ "inet:127.0.0.1:10023", NULL },		/* postgrey */
	{ "inet:localhost:10023", NULL },
	{ "inet:[::1]:10023", NULL },
	{ "unix:private/policyd-spf", NULL },
	{ "unix:private/policy-spf", NULL },
	{ "unix:private/spf-policy", NULL },
	{ "unix:private/quota-status", NULL },
	{ "inet:127.0.0.1:12340", NULL },		/* Dovecot's quota, by its manual */
	{ "inet:localhost:12340", NULL },
	{ "unix:private/postgrey", NULL },
};

static const char *
product_at(struct arena *a, struct text where)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (text_is(where, policies[i].where))
			return policies[i].product;
	return text_cstr(a, where);
}

static const char *
policy_in(struct arena *a, const char *restrictions)
{
	struct text rest = text_of(restrictions), word;
	const char *found = NULL;

	while (list_word(&rest, &word)) {
		const char *product = NULL;

		if (text_is(word, "check_policy_service") && list_word(&rest, &word)) {
			struct text inner = text_skip(word, 1);

			/* "{ inet:host:port, timeout=10s }" */
			if (text_starts(word, "{"))
				list_word(&inner, &word);
			product = product_at(a, word);
		}
		if (product != NULL)
			found = product;
	}
	return found;
}

static bool
has_rspamd(const struct json *settings)
{
	struct text milters = text_of(setting_of(settings, "smtpd_milters"));
	size_t at;

	return text_find(milters, text_of(":11332"), &at) || text_find(milters, text_of("rspamd"), &at);
}

static const char *
policy_of(struct arena *a, const struct json *settings, const struct json *services)
{
	static const char *const lists[] = { "smtpd_client_restrictions", "smtpd_sender_restrictions",
	    "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_data_restrictions",
	    "smtpd_end_of_data_restrictions" };
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && found == NULL; i++)
		found = policy_in(a, setting_of(settings, lists[i]));
	if (found == NULL && has_rspamd(settings) && json_str(services, "rspamd-ratelimit") != NULL)
		found = "rspamd";
	return found;
}

/* --- signing ------------------------------------------------------------------------------------------ */

/* "" = nothing that could sign; a content filter might. */
static const char *
milter_of(struct arena *a, const struct json *settings)
{
	const char *milters = setting_of(settings, "smtpd_milters"), *filter = setting_of(settings, "content_filter");

	if (milters[0] == '\0')
		milters = setting_of(settings, "non_smtpd_milters");
	if (milters[0] != '\0' || filter[0] == '\0')
		return milters;
	return arena_printf(a, "content_filter %s", filter);
}

static int
signs(const struct json *settings, const struct json *services, const char *milter)
{
	struct text m = text_of(milter);
	size_t at;

	if (m.n == 0)
		return 0;
	if (text_find(m, text_of("opendkim"), &at) || text_find(m, text_of(":8891"), &at) ||
	    text_find(m, text_of(":12301"), &at))
		return 1;
	if (has_rspamd(settings) && services != NULL)
		return json_str(services, "rspamd-dkim") != NULL ? 1 : -1;
	return -1;
}

void
put_tristate(struct json *into, const char *key, int value)
{
	if (value < 0)
		json_put_null(into, key);
	else
		json_put_bool(into, key, value == 1);
}

static void
put_explicit(struct json *mail, struct arena *a, const struct json *settings)
{
	static const char *const keys[] = { "smtp_bind_address", "smtp_bind_address6" };
	struct json *list = json_put_array(mail, "explicit");
	struct ip ip;

	for (size_t i = 0; i < 2; i++)
		if (ip_parse(text_of(setting_of(settings, keys[i])), &ip) && !ip_is_private(ip))
			json_add_str(list, ip_str(a, ip));
}

const struct json *
postfix_mail_server(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const unsaid[] = { "outgoing_mode", "sendmail", "localhost_whitelisted" };
	static const char *const limits[] = { "enabled", "mailbox", "domain", "subscription" };
	const struct json *settings = ev_fact(ev, "settings", NULL), *services = ev_fact(ev, "services", NULL);
	const char *milter, *relay, *policy;
	struct json *mail, *row;
	size_t i, at;

	(void)arg;
	(void)params;
	if (settings == NULL || services == NULL)
		return NULL;
	mail = json_new_object(a);
	for (i = 0; i < sizeof(unsaid) / sizeof(unsaid[0]); i++)
		json_put_null(mail, unsaid[i]);
	put_explicit(mail, a, settings);
	milter = milter_of(a, settings);
	policy = policy_of(a, settings, services);
	put_tristate(mail, "dkim_signing", signs(settings, services, milter));
	row = json_put_object(mail, "limits");
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		json_put_null(row, limits[i]);
	json_put_bool(mail, "srs", text_find(text_of(setting_of(settings, "sender_canonical_maps")),
	    text_of("1000"), &at) || text_find(text_of(setting_of(settings, "sender_canonical_maps")),
	    text_of("srs"), &at));
	json_put_str(mail, "helo", setting_of(settings, "smtp_helo_name")[0] != '\0' ?
	    setting_of(settings, "smtp_helo_name") : json_str(settings, "myhostname"));
	relay = setting_of(settings, "relayhost");
	json_put_str(mail, "relay", relay[0] == '\0' ? NULL : relay);
	json_put_str(mail, "mta", "postfix");
	json_put_str(mail, "policy", policy);
	json_put_str(mail, "milter", milter);
	/* What is installed, for the words of the fixes. */
	json_put_copy(mail, "services", services);
	return mail;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

const struct json *
postfix_dkim_key(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const char *const args[] = { arg };
	struct json *ret, *keys;
	struct text out, line;
	struct err err, bad;
	bool unread = false;

	(void)params;
	if (!verb_need(ev, "DKIM keys", verb_ask(ev, a, "dkim-key", args, 1, &out, &err), &err))
		return NULL;
	ret = json_new_object(a);
	keys = json_put_array(ret, "keys");
	while (text_line(&out, &line)) {
		const struct json *row = json_parse(a, line, &bad);
		struct json *key;

		unread = unread || (row != NULL && json_str(row, "record") == NULL);
		if (json_str(row, "selector") == NULL || json_str(row, "record") == NULL)
			continue;
		key = json_add_object(keys);
		json_put_str(key, "selector", json_str(row, "selector"));
		json_put_str(key, "record", json_str(row, "record"));
	}
	/* One that cannot be read is not none. */
	if (unread && json_first(keys) == NULL)
		json_put_null(ret, "keys");
	return ret;
}
