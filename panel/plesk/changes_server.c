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

/* --- hostname --------------------------------------------------------------------------------- */

enum step
plesk_next_hostname(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const char *hostname = json_value_str(c->after);

	(void)ev;
	(void)params;
	if (hostname == NULL)
		return plesk_step_failed(err, ERR_VALUE, "a server must have a name");
	return plesk_one_cli(a, log, "server_pref",
	    (const char *const[]){ "--update", "-hostname", hostname, NULL }, call, err);
}

bool
plesk_state_hostname(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *server = ev_fact(ev, "server", NULL);

	(void)c;
	(void)params;
	if (server == NULL)
		return false;
	*ret = state_of_str(a, json_str(server, "hostname"));
	return true;
}

/* --- DKIM: may domains sign at all?  No call reads it. ----------------------------------------  */

enum step
plesk_next_dkim_signing(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	return plesk_one_cli(a, log, "mailserver",
	    (const char *const[]){ "--sign-outgoing-mail", true_false(c->after), NULL }, call, err);
}

/* --- by the XML API's server preferences ------------------------------------------------------ */

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

static struct request
get_prefs(struct arena *a)
{
	struct str ask = packet_begin(a);

	str_add(&ask, "<server><get><prefs/></get></server>");
	return packet_read(&ask);
}

static bool
prefs_reply(struct arena *a, const struct reply *reply, const struct xml **ret, struct err *err)
{
	const struct xml *packet;

	if (!packet_reply(a, reply, &packet, err))
		return false;
	*ret = xml_path(packet, "server/get/result/prefs");
	return *ret != NULL || err_set(err, ERR_PROTOCOL, "the XML API does not tell the preferences");
}

/*
 * A part of the list first.  Whether that is accepted is not documented: on 1014
 * the list is read, unless it is known, and sent back complete.  The log from
 * entry `at` on.
 */
static enum step
next_prefs(struct arena *a, const struct call_log *log, size_t at, const struct wanted *wanted,
    size_t count, const struct xml *present, struct request *call, struct err *err)
{
	struct err partial;

	if (log->count == at) {
		*call = set_prefs(a, wanted, count, NULL);
		return STEP_CALL;
	}
	if (packet_done(a, &log->replies[at], "server/set/result", &partial))
		return STEP_DONE;
	if (partial.code != ERR_VALUE || log->replies[at].u.http.status >= 400) {
		*err = partial;
		return STEP_FAILED;
	}
	at++;
	if (present == NULL) {
		if (log->count == at) {
			*call = get_prefs(a);
			return STEP_CALL;
		}
		if (!prefs_reply(a, &log->replies[at++], &present, err))
			return STEP_FAILED;
	}
	if (log->count == at) {
		*call = set_prefs(a, wanted, count, present);
		return STEP_CALL;
	}
	return packet_done(a, plesk_last_reply(log), "server/set/result", err) ? STEP_DONE : STEP_FAILED;
}

/* --- outgoing limits -------------------------------------------------------------------------- */

static const struct { const char *member, *tag, *command; } limit_rows[] = {
	{ "mailbox", "outgoing_messages_mbox_limit", "--set-outgoing-messages-mbox-limit" },
	{ "domain", "outgoing_messages_domain_limit", "--set-outgoing-messages-domain-limit" },
	{ "subscription", "outgoing_messages_subscription_limit",
	    "--set-outgoing-messages-subscription-limit" },
};

static bool
differs(const struct change *c, const char *member)
{
	const struct json *v = json_get(c->after, member);

	return !json_is_null(v) && !json_eq(v, json_get(c->before, member));
}

static const char *
limit_text(struct arena *a, const struct change *c, const char *member)
{
	return arena_printf(a, "%lld", (long long)json_int(c->after, member, -1));
}

/*
 * By the utility: one call a value; the switch last when it goes on and first
 * when it goes off, so that nothing is counted against limits that are not the
 * wanted ones.  The log from entry `at` on.
 */
static enum step
limits_by_cli(struct arena *a, const struct change *c, const struct call_log *log, size_t at,
    struct request *call, struct err *err)
{
	const char *const on[] = { "--enable-outgoing-antispam", NULL };
	const char *const off[] = { "--disable-outgoing-antispam", NULL };
	bool enabled = json_bool(c->after, "enabled", false);
	struct request calls[5];
	size_t count = 0, i;

	if (differs(c, "enabled") && !enabled)
		calls[count++] = cli_change(a, "mailserver", off);
	for (i = 0; i < sizeof(limit_rows) / sizeof(limit_rows[0]); i++)
		if (differs(c, limit_rows[i].member))
			calls[count++] = cli_change(a, "mailserver", (const char *const[]){
			    limit_rows[i].command, limit_text(a, c, limit_rows[i].member), NULL });
	if (differs(c, "enabled") && enabled)
		calls[count++] = cli_change(a, "mailserver", on);
	if (log->count > at && !cli_done(a, plesk_last_reply(log), err))
		return STEP_FAILED;
	if (log->count - at >= count)
		return STEP_DONE;
	*call = calls[log->count - at];
	return STEP_CALL;
}

/* Where the XML API tells the limits it also sets them, all or none; else the utility. */
enum step
plesk_next_outgoing_limits(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	struct wanted wanted[4];
	size_t count = 0;

	(void)ev;
	(void)params;
	if (c->before_unknown)
		return limits_by_cli(a, c, log, 0, call, err);
	if (log->count > 0 && xml_is_blocked(a, &log->replies[0]))
		return limits_by_cli(a, c, log, 1, call, err);
	if (differs(c, "enabled"))
		wanted[count++] = (struct wanted){ "outgoing_antispam",
		    true_false(json_get(c->after, "enabled")) };
	for (size_t i = 0; i < sizeof(limit_rows) / sizeof(limit_rows[0]); i++)
		if (differs(c, limit_rows[i].member))
			wanted[count++] = (struct wanted){ limit_rows[i].tag,
			    limit_text(a, c, limit_rows[i].member) };
	return count == 0 ? STEP_DONE : next_prefs(a, log, 0, wanted, count, NULL, call, err);
}

/* Only the members that the change speaks of. */
bool
plesk_state_outgoing_limits(struct evidence *ev, struct arena *a, const struct change *c,
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

/* --- how mail leaves -------------------------------------------------------------------------- */

static const char *
first_of_family(const struct json *explicit, int family)
{
	struct ip ip;

	for (const struct json *v = json_first(explicit); v != NULL; v = json_next(v))
		if (ip_parse(text_of(json_value_str(v)), &ip) && ip.family == family)
			return json_value_str(v);
	return NULL;
}

/* An address that stays behind would go on being used beside the wanted one. */
static void
want_address(struct arena *a, struct wanted *wanted, size_t *count, const char *tag,
    const char *address, const struct xml *present)
{
	const char *was = xml_str(a, present, tag);

	if (address != NULL || (was != NULL && *was != '\0'))
		wanted[(*count)++] = (struct wanted){ tag, address == NULL ? "" : address };
}

enum step
plesk_next_outgoing_mode(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	const struct json *addresses = json_get(c->after, "explicit");
	const char *mode = json_str(c->after, "mode");
	struct wanted wanted[3] = { { "outgoing_email_mode", mode } };
	const struct xml *present;
	size_t count = 1;

	(void)ev;
	(void)params;
	if (mode == NULL)
		return plesk_step_failed(err, ERR_VALUE, "no outgoing mode is given");
	if (log->count == 0) {
		*call = get_prefs(a);
		return STEP_CALL;
	}
	if (!prefs_reply(a, &log->replies[0], &present, err))
		return STEP_FAILED;
	if (strcmp(mode, "explicit-ip") == 0) {
		want_address(a, wanted, &count, "outgoing_email_mode_explicit_ipv4",
		    first_of_family(addresses, 4), present);
		want_address(a, wanted, &count, "outgoing_email_mode_explicit_ipv6",
		    first_of_family(addresses, 6), present);
	}
	return next_prefs(a, log, 1, wanted, count, present, call, err);
}

bool
plesk_state_outgoing_mode(struct evidence *ev, struct arena *a, const struct change *c,
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
plesk_next_sendmail(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct wanted wanted = { "enable_sendmail", true_false(c->after) };

	(void)ev;
	(void)params;
	return next_prefs(a, log, 0, &wanted, 1, NULL, call, err);
}

bool
plesk_state_sendmail(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *mail_server = ev_fact(ev, "mail_server", NULL);

	(void)c;
	(void)params;
	if (mail_server == NULL)
		return false;
	if (json_tristate(mail_server, "sendmail") < 0)
		return not_readable(ev, "panel sendmail switch");
	*ret = state_of_bool(a, json_tristate(mail_server, "sendmail") == 1);
	return true;
}
