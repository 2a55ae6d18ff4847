/*
 * Settings of a domain: XML first, since the XML API reads them back; where it
 * is blocked, the utilities, whose options two spellings are known of.
 */

#include <string.h>

#include "panel/plesk/internal.h"

static const char *
true_false(const struct json *v)
{
	return json_value_bool(v, false) ? "true" : "false";
}

static struct request
set_prefs(struct arena *a, int64_t id, const char *inner)
{
	struct str packet = packet_begin(a);

	str_addf(&packet, "<mail><set_prefs><filter><site-id>%lld</site-id></filter><prefs>", (long long)id);
	str_add(&packet, inner);
	str_add(&packet, "</prefs></set_prefs></mail>");
	return packet_write(&packet);
}

/* The utility that does it without the XML API. */
struct by_cli {
	const char	*utility;
	const char	*command;
	const char	*options[2];	/* spellings, NULL = no (more) option */
	const char	*value;		/* NULL = the command says all */
};

static struct request
cli_attempt(struct arena *a, const struct by_cli *by, const char *domain, const char *option)
{
	return cli_change(a, by->utility,
	    (const char *const[]){ by->command, domain, option, by->value, NULL });
}

/* Which spelling this server knows; both in their order when its reference does not say. */
static size_t
spellings(struct arena *a, const struct reply *ref_reply, const struct by_cli *by,
    const char *ret[2])
{
	const struct json *ref = NULL;
	size_t count = 0;

	plesk_rest_reply(a, ref_reply, &ref, NULL);
	for (size_t i = 0; i < 2; i++)
		if (by->options[i] != NULL && plesk_ref_knows(ref, by->options[i]) == 1)
			ret[count++] = by->options[i];
	for (size_t i = 0; count == 0 && i < 2 && by->options[i] != NULL; i++)
		ret[i] = by->options[i];
	if (count > 0)
		return count;
	return by->options[1] != NULL ? 2 : 1;
}

/* The log from entry `at` on belongs to the utility. */
static enum step
next_by_cli(struct arena *a, const struct call_log *log, size_t at, const struct by_cli *by,
    const char *domain, struct request *call, struct err *err)
{
	const char *names[2] = { NULL, NULL };
	size_t count = 1, tried;

	if (by->options[0] != NULL) {
		if (log->count == at) {
			*call = plesk_rest_get(arena_printf(a, PLESK_REST "/cli/%s/ref", by->utility));
			return STEP_CALL;
		}
		count = spellings(a, &log->replies[at++], by, names);
	}
	tried = log->count - at;
	if (tried > 0) {
		struct cli_result r;

		if (!cli_reply(a, plesk_last_reply(log), &r, err))
			return STEP_FAILED;
		if (r.code == 0)
			return STEP_DONE;
		err_set(err, ERR_VALUE, "the utility failed with %lld: %s", (long long)r.code,
		    cli_complaint(a, &r));
		if (tried >= count)
			return STEP_FAILED;
	}
	*call = cli_attempt(a, by, domain, names[tried]);
	return STEP_CALL;
}

/* Look the site's id up, set, and fall back. */
static enum step
next_setting(struct arena *a, const struct change *c, const struct call_log *log, const char *inner,
    const struct by_cli *by, struct request *call, struct err *err)
{
	int64_t id;

	if (log->count == 0) {
		*call = plesk_site_lookup(a, c->object);
		return STEP_CALL;
	}
	if (!plesk_site_id(a, &log->replies[0], c->object, &id, err))
		return STEP_FAILED;
	if (log->count == 1) {
		*call = set_prefs(a, id, inner);
		return STEP_CALL;
	}
	if (packet_done(a, &log->replies[1], "mail/set_prefs/result", err))
		return STEP_DONE;
	if (!xml_is_blocked(a, &log->replies[1]))
		return STEP_FAILED;
	return next_by_cli(a, log, 2, by, c->object, call, err);
}

static const struct json *
prefs_of(struct evidence *ev, const struct change *c)
{
	return ev_fact(ev, "site_prefs", c->object);
}

static bool
not_said(struct evidence *ev, const char *what)
{
	ev_fail(ev, what, "unsupported", "the panel does not say how this is set");
	return false;
}

static bool
state_of_switch(struct evidence *ev, struct arena *a, const struct change *c, const char *member,
    const struct json **ret)
{
	const struct json *mail = prefs_of(ev, c);

	if (mail == NULL)
		return false;
	if (json_tristate(mail, member) < 0)
		return not_said(ev, "panel mail settings");
	*ret = state_of_bool(a, json_tristate(mail, member) == 1);
	return true;
}

/* --- DKIM ------------------------------------------------------------------------------------- */

enum step
plesk_next_dkim(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const struct by_cli by = { "domain_pref", "--update",
	    { "-sign_outgoing_mail", "-sign-outgoing-mail" }, true_false(c->after) };

	(void)ev;
	(void)params;
	return next_setting(a, c, log, arena_printf(a, "<spam-protect-sign>%s</spam-protect-sign>",
	    true_false(c->after)), &by, call, err);
}

bool
plesk_state_dkim(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	(void)params;
	return state_of_switch(ev, a, c, "dkim", ret);
}

/* --- mail service ----------------------------------------------------------------------------- */

enum step
plesk_next_mail_service(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	const struct by_cli by = { "mail", json_value_bool(c->after, false) ? "--on" : "--off",
	    { NULL, NULL }, NULL };

	(void)ev;
	(void)params;
	return next_setting(a, c, log, arena_printf(a, "<mailservice>%s</mailservice>",
	    true_false(c->after)), &by, call, err);
}

bool
plesk_state_mail_service(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	(void)params;
	return state_of_switch(ev, a, c, "service", ret);
}

/* --- mail to unknown users -------------------------------------------------------------------- */

enum step
plesk_next_catch_all(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const char *kind = json_str(c->after, "kind"), *target = json_str(c->after, "target");
	struct by_cli by = { "domain_pref", "--update", { "-no_usr", NULL }, "reject" };
	struct str inner = str_in(a, 4096);

	(void)ev;
	(void)params;
	str_add(&inner, "<nonexistent-user>");
	if (kind != NULL && strcmp(kind, "reject") == 0)
		str_add(&inner, "<reject/>");
	else if (kind != NULL && strcmp(kind, "bounce") == 0) {
		xml_add_element(&inner, "bounce", target == NULL ? "" : target);
		by.value = arena_printf(a, "bounce:%s", target == NULL ? "" : target);
	} else if (kind != NULL && strcmp(kind, "forward") == 0 && target != NULL) {
		xml_add_element(&inner, "forward", target);
		by.value = target;
	} else
		return plesk_step_failed(err, ERR_VALUE, "Plesk cannot do this with mail to unknown users");
	str_add(&inner, "</nonexistent-user>");
	return next_setting(a, c, log, inner.p, &by, call, err);
}

bool
plesk_state_catch_all(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *mail = prefs_of(ev, c);

	(void)params;
	if (mail == NULL)
		return false;
	if (json_is_null(json_get(mail, "catch_all")))
		return not_said(ev, "panel mail settings");
	*ret = json_copy(a, json_get(mail, "catch_all"));
	return true;
}

/* --- outgoing limit of a domain or a mailbox -------------------------------------------------- */

static enum step
domain_limit(struct arena *a, const struct change *c, const struct call_log *log, struct request *call,
    struct err *err)
{
	struct str packet;
	int64_t id;

	if (log->count == 0) {
		*call = plesk_site_lookup(a, c->object);
		return STEP_CALL;
	}
	if (!plesk_site_id(a, &log->replies[0], c->object, &id, err))
		return STEP_FAILED;
	if (log->count == 2)
		return packet_done(a, plesk_last_reply(log), "site/set/result", err) ? STEP_DONE : STEP_FAILED;
	packet = packet_begin(a);
	str_addf(&packet, "<site><set><filter><id>%lld</id></filter><values><prefs>", (long long)id);
	xml_add_element(&packet, "outgoing-messages-domain-limit", json_is_int(c->after) ?
	    arena_printf(a, "%lld", (long long)json_value_int(c->after, -1)) : "default");
	str_add(&packet, "</prefs></values></set></site>");
	*call = packet_write(&packet);
	return STEP_CALL;
}

enum step
plesk_next_outgoing_limit(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	if (strcmp(c->scope, "domain") == 0)
		return domain_limit(a, c, log, call, err);
	return plesk_one_cli(a, log, "mail", (const char *const[]){ "--update", c->object,
	    "-outgoing-messages-mbox-limit", json_is_int(c->after) ?
	    arena_printf(a, "%lld", (long long)json_value_int(c->after, -1)) : "default", NULL }, call, err);
}

/* NULL = it has none of its own: the levels above say. */
bool
plesk_state_outgoing_limit(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const char *at = strrchr(c->object, '@');
	const struct json *fact, *v;

	(void)params;
	if (at == NULL)
		return plesk_site_limit(ev, a, c->object, ret);
	if ((fact = ev_fact(ev, "site_accounts", at + 1)) == NULL)
		return false;
	for (v = json_first(fact); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "address")), c->object))
			break;
	if (v == NULL) {
		ev_fail(ev, "panel mail address", "not_found", "there is no such address");
		return false;
	}
	if (json_get(v, "limit") == NULL)
		return not_said(ev, "panel limit of the mailbox");
	*ret = json_is_int(json_get(v, "limit")) ? state_of_int(a, json_int(v, "limit", -1)) : NULL;
	return true;
}
