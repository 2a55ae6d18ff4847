/* Settings of the whole server. */

#include <string.h>

#include "panel/cpanel/internal.h"

/* --- hostname --------------------------------------------------------------------------------------------- */

#define HOSTNAME_MS	300000		/* it restarts half of the server */
#define LOOK_MS		10000		/* between looks, when the answer was lost */
#define LOOKS		25

static struct request
set_hostname(struct arena *a, const struct panel_params *params, const char *hostname)
{
	struct request r = whm_write(a, params, "sethostname", ARGS({ "hostname", hostname },));

	if (r.kind == REQUEST_HTTP)
		r.u.http.timeout_ms = HOSTNAME_MS;
	else
		r.u.verb.timeout_ms = HOSTNAME_MS;
	return r;
}

static bool
says_hostname(struct arena *a, const struct request *request, const struct reply *reply, const char *hostname)
{
	const struct json *data;
	struct err err;

	return whm_reply(a, request, reply, &data, &err) &&
	    text_iis(text_of(json_str(data, "hostname")), hostname);
}

/*
 * The call takes up to minutes and restarts services, at last the panel's own:
 * its answer may never come.  Then the name is looked at until it is the new one;
 * the call is not made twice.  A refusal is a refusal; the reason of a success is
 * pages of a log.
 */
enum step
cpanel_next_hostname(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const char *hostname = json_value_str(c->after);
	struct request set, look = whm_read(a, params, "gethostname", ARGS());
	const struct reply *reply;
	const struct json *data;
	struct err lost;

	(void)ev;
	if (hostname == NULL)
		return cp_step_failed(err, ERR_VALUE, "a server must have a name");
	set = set_hostname(a, params, hostname);
	if ((reply = cp_made(&y, set)) == NULL)
		return STEP_CALL;
	if (whm_reply(a, &set, reply, &data, &lost))
		return STEP_DONE;
	if (reply->err.code == ERR_NONE && lost.code != ERR_PROTOCOL && lost.code != ERR_UNREACHABLE) {
		*err = lost;
		return STEP_FAILED;
	}
	if (reply->err.code != ERR_NONE && !reply->maybe_done) {	/* it was never sent */
		*err = lost;
		return STEP_FAILED;
	}
	for (int i = 0; i < LOOKS; i++) {
		/* The first at once: the name is changed long before all is restarted. */
		look.after_ms = i == 0 ? 0 : LOOK_MS;
		if ((reply = cp_made(&y, look)) == NULL)
			return STEP_CALL;
		if (says_hostname(a, &look, reply, hostname))
			return STEP_DONE;
	}
	*err = lost;
	return STEP_FAILED;
}

bool
cpanel_state_hostname(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *data;
	struct err err;

	(void)c;
	if (!cpanel_need(ev, "panel server", ask_whm(ev, a, params, "gethostname", ARGS(), &data, &err), &err))
		return false;
	*ret = json_str(data, "hostname") == NULL ? NULL : state_of_str(a, json_str(data, "hostname"));
	return true;
}

/* --- outgoing limits ---------------------------------------------------------------------------------------- */

/*
 * One number is all there is: messages an hour of a domain.  "Enabled" is that there
 * is one.  No number is set by an empty value, which is sent on purpose only: "0"
 * means the same, but would not put back what was there.
 */
static int64_t
wanted_limit(const struct change *c)
{
	if (json_tristate(c->after, "enabled") == 0)
		return -1;
	return json_int(c->after, "domain", -1) > 0 ? json_int(c->after, "domain", -1) : -1;
}

enum step
cpanel_next_outgoing_limits(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	static const char key[] = "maxemailsperhour";
	struct play y = { a, log, params, 0, call, err };
	int64_t limit = wanted_limit(c);
	const struct json *data;

	(void)ev;
	if (json_int(c->after, "mailbox", -1) > 0 || json_int(c->after, "subscription", -1) > 0)
		return cp_step_failed(err, ERR_VALUE, "cPanel counts by domain only");
	if (limit < 0 && json_tristate(c->after, "enabled") == 1)
		return cp_step_failed(err, ERR_VALUE, "limits that are on need a number");
	return cp_play_whm(&y, whm_write(a, params, "set_tweaksetting", ARGS({ "key", key },
	    { "value", limit < 0 ? "" : arena_printf(a, "%lld", (long long)limit) },)), &data);
}

/* Only the members that the change speaks of. */
bool
cpanel_state_outgoing_limits(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *data, *of = c->after != NULL ? c->after : c->before, *v;
	struct json *state;
	struct err err;
	int64_t limit;

	if (!cpanel_need(ev, "panel outgoing limits", ask_whm(ev, a, params, "get_tweaksetting",
	    ARGS({ "key", "maxemailsperhour" },), &data, &err), &err))
		return false;
	limit = cp_limit(json_get(data, "tweaksetting"), "value");
	state = json_new_object(a);
	for (v = json_first(of); v != NULL; v = json_next(v)) {
		if (strcmp(json_key(v), "enabled") == 0)
			json_put_bool(state, "enabled", limit > 0);
		else
			json_put_int(state, json_key(v), strcmp(json_key(v), "domain") == 0 ? limit : -1);
	}
	*ret = state;
	return true;
}

/* --- queue ------------------------------------------------------------------------------------------------ */

/* WHM documents no call that changes the queue. */
enum step
cpanel_next_queue(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	if (params == NULL || !params->local)
		return cp_step_failed(err, ERR_UNSUPPORTED, "the queue is changed on the server itself only");
	return host_next_exim_queue(a, c, log, ev, params, call, err);
}
