/* Settings of the whole server. */

#include <string.h>

#include "panel/plesk/internal.h"

static const char *
true_false(const struct json *v)
{
	return json_value_bool(v, false) ? "true" : "false";
}

/* The panel does not say: the change is made, and nobody can see it here. */
static bool
not_readable(struct evidence *ev, const char *what)
{
	ev_fail(ev, what, "unsupported", "the panel has no call that reads this setting");
	return false;
}

/* --- hostname --------------------------------------------------------------------------------------------- */

enum step
next_hostname(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const char *hostname = json_value_str(c->after);

	(void)ev;
	(void)params;
	if (hostname == NULL)
		return step_failed(err, ERR_VALUE, "a server must have a name");
	return one_cli(a, log, "server_pref",
	    (const char *const[]){ "--update", "-hostname", hostname, NULL }, call, err);
}

bool
state_hostname(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *server = ev_fact(ev, "server", NULL);

	(void)c;
	(void)params;
	if (server == NULL)
		return false;
	*ret = json_of_str(a, json_str(server, "hostname"));
	return true;
}

/* --- DKIM: may domains sign at all?  No call reads it. ----------------------------------------  */

enum step
next_dkim_signing(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	return one_cli(a, log, "mailserver",
	    (const char *const[]){ "--sign-outgoing-mail", true_false(c->after), NULL }, call, err);
}

/* --- outgoing limits ------------------------------------------------------------------------------------------- */

static const struct { const char *member, *option; } limit_options[] = {
	{ "mailbox", "--set-outgoing-messages-mbox-limit" },
	{ "domain", "--set-outgoing-messages-domain-limit" },
	{ "subscription", "--set-outgoing-messages-subscription-limit" },
};

/* One call a value that is to differ; the switch last when it goes on, so that nothing is counted
 * against limits that are not the wanted ones. */
enum step
next_outgoing_limits(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	const struct json *enabled = json_get(c->after, "enabled");
	struct request calls[4];
	size_t count = 0, i;

	(void)ev;
	(void)params;
	if (json_is_bool(enabled) && !json_value_bool(enabled, true) &&
	    !json_eq(enabled, json_get(c->before, "enabled")))
		calls[count++] = cli_change(a, "mailserver",
		    (const char *const[]){ "--disable-outgoing-antispam", NULL });
	for (i = 0; i < sizeof(limit_options) / sizeof(limit_options[0]); i++) {
		const struct json *limit = json_get(c->after, limit_options[i].member);

		if (!json_is_int(limit) || json_eq(limit, json_get(c->before, limit_options[i].member)))
			continue;
		calls[count++] = cli_change(a, "mailserver", (const char *const[]){
		    limit_options[i].option,
		    arena_printf(a, "%lld", (long long)json_value_int(limit, -1)), NULL });
	}
	if (json_value_bool(enabled, false) && !json_eq(enabled, json_get(c->before, "enabled")))
		calls[count++] = cli_change(a, "mailserver",
		    (const char *const[]){ "--enable-outgoing-antispam", NULL });
	if (log->count > 0 && !cli_done(a, last_reply(log), err))
		return STEP_FAILED;
	if (log->count >= count)
		return STEP_DONE;
	*call = calls[log->count];
	return STEP_CALL;
}

/* Only the members that the change speaks of. */
bool
state_outgoing_limits(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *mail_server = ev_fact(ev, "mail_server", NULL), *limits, *v;
	struct json *state;

	(void)params;
	if (mail_server == NULL)
		return false;
	limits = json_get(mail_server, "limits");
	state = json_new_object(a);
	for (v = json_first(c->after != NULL ? c->after : c->before); v != NULL; v = json_next(v)) {
		if (json_is_null(json_get(limits, json_key(v))))
			return not_readable(ev, "panel outgoing limits");
		json_put_copy(state, json_key(v), json_get(limits, json_key(v)));
	}
	*ret = state;
	return true;
}

/* --- by the XML API's server preferences --------------------------------------------------------------------------- */

/* In the schema's order; the API refuses any other. */
static const char *const prefs_order[] = {
	"max_connections", "max_connections_per_ip", "outgoing_email_mode",
	"outgoing_email_mode_explicit_ipv4", "outgoing_email_mode_explicit_ipv6",
	"outgoing_antispam", "outgoing_messages_mbox_limit", "outgoing_messages_domain_limit",
	"outgoing_messages_subscription_limit", "enable_sendmail", "report_period",
	"notification_period", "stat_ttl", "include_remote_databases", "traffic_accounting",
	"restart_apache_interval", "apache_pipelog", "ftp_over_ssl", "mail_notifications",
};
#define PREFS	(sizeof(prefs_order) / sizeof(prefs_order[0]))

struct wanted { const char *tag, *value; };

static const char *
wanted_of(const struct wanted *wanted, size_t count, const char *tag)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(wanted[i].tag, tag) == 0)
			return wanted[i].value;
	return NULL;
}

/* `present` NULL = only what is wanted; else the whole list as it was read, with that changed. */
static struct request
set_prefs(struct arena *a, const struct wanted *wanted, size_t count, const struct xml *present)
{
	struct str packet = packet_begin(a);

	str_add(&packet, "<server><set><prefs>");
	for (size_t i = 0; i < PREFS; i++) {
		const char *value = wanted_of(wanted, count, prefs_order[i]);

		if (value == NULL && present != NULL)
			value = xml_str(a, present, prefs_order[i]);
		if (value != NULL)
			xml_add_element(&packet, prefs_order[i], value);
	}
	str_add(&packet, "</prefs></set></server>");
	return packet_write(&packet);
}

/*
 * A part of the list first.  Whether that is accepted is not documented: on 1014
 * the list is read and sent back complete.
 */
static enum step
next_prefs(struct arena *a, const struct call_log *log, const struct wanted *wanted, size_t count,
    struct request *call, struct err *err)
{
	const struct xml *packet;
	struct err partial;
	struct str ask;

	if (log->count == 0) {
		*call = set_prefs(a, wanted, count, NULL);
		return STEP_CALL;
	}
	if (packet_done(a, &log->replies[0], "server/set/result", &partial))
		return STEP_DONE;
	if (partial.code != ERR_VALUE || log->replies[0].u.http.status >= 400) {
		*err = partial;
		return STEP_FAILED;
	}
	switch (log->count) {
	case 1:
		ask = packet_begin(a);
		str_add(&ask, "<server><get><prefs/></get></server>");
		*call = packet_read(&ask);
		return STEP_CALL;
	case 2:
		if (!packet_reply(a, &log->replies[1], &packet, err))
			return STEP_FAILED;
		if (xml_path(packet, "server/get/result/prefs") == NULL) {
			*err = partial;
			return STEP_FAILED;
		}
		*call = set_prefs(a, wanted, count, xml_path(packet, "server/get/result/prefs"));
		return STEP_CALL;
	default:
		return packet_done(a, last_reply(log), "server/set/result", err) ? STEP_DONE : STEP_FAILED;
	}
}

static const char *
first_of_family(const struct json *explicit, int family)
{
	struct ip ip;

	for (const struct json *v = json_first(explicit); v != NULL; v = json_next(v))
		if (ip_parse(text_of(json_value_str(v)), &ip) && ip.family == family)
			return json_value_str(v);
	return NULL;
}

enum step
next_outgoing_mode(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	const struct json *now = json_get(c->after, "explicit"), *was = json_get(c->before, "explicit");
	const char *mode = json_str(c->after, "mode");
	const char *v4 = first_of_family(now, 4), *v6 = first_of_family(now, 6);
	struct wanted wanted[3];
	size_t count = 0;

	(void)ev;
	(void)params;
	if (mode == NULL)
		return step_failed(err, ERR_VALUE, "no outgoing mode is given");
	wanted[count++] = (struct wanted){ "outgoing_email_mode", mode };
	if (v4 != NULL || (first_of_family(was, 4) != NULL && strcmp(mode, "explicit-ip") == 0))
		wanted[count++] = (struct wanted){ "outgoing_email_mode_explicit_ipv4", v4 == NULL ? "" : v4 };
	if (v6 != NULL || (first_of_family(was, 6) != NULL && strcmp(mode, "explicit-ip") == 0))
		wanted[count++] = (struct wanted){ "outgoing_email_mode_explicit_ipv6", v6 == NULL ? "" : v6 };
	return next_prefs(a, log, wanted, count, call, err);
}

bool
state_outgoing_mode(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *mail_server = ev_fact(ev, "mail_server", NULL);
	struct json *state;

	(void)c;
	(void)params;
	if (mail_server == NULL)
		return false;
	if (json_str(mail_server, "outgoing_mode") == NULL)
		return not_readable(ev, "panel outgoing mode");
	state = json_new_object(a);
	json_put_str(state, "mode", json_str(mail_server, "outgoing_mode"));
	json_put_copy(state, "explicit", json_get(mail_server, "explicit"));
	*ret = state;
	return true;
}

enum step
next_sendmail(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct wanted wanted = { "enable_sendmail", true_false(c->after) };

	(void)ev;
	(void)params;
	return next_prefs(a, log, &wanted, 1, call, err);
}

bool
state_sendmail(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *mail_server = ev_fact(ev, "mail_server", NULL);

	(void)c;
	(void)params;
	if (mail_server == NULL)
		return false;
	if (json_tristate(mail_server, "sendmail") < 0)
		return not_readable(ev, "panel sendmail switch");
	*ret = json_of_bool(a, json_tristate(mail_server, "sendmail") == 1);
	return true;
}
