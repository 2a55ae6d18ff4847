/*
 * Signing.  A domain signs when the server has a key for it and the panel has
 * seen the right record: so first the key, then the record in the zone here, then
 * a look of the panel's, which also renews what Exim goes by.
 */

#include <string.h>

#include "mail/dkim_key.h"
#include "panel/cpanel/internal.h"

#define KEY_NAME	"default._domainkey"

static const struct arg *
domain_arg(struct arena *a, const char *domain)
{
	struct arg *args = arena_array(a, 2, sizeof(*args));

	args[0] = (struct arg){ "domain-0", domain };
	args[1] = (struct arg){ NULL, NULL };
	return args;
}

/* A call of EmailAuth for one domain: status 1 for the whole says nothing. */
static enum step
play_item(struct play *y, const char *function, const char *domain)
{
	const struct json *data;
	enum step step = cp_play_whm(y, whm_write(y->arena, y->params, function, domain_arg(y->arena, domain)), &data);

	if (step != STEP_DONE)
		return step;
	return cp_item_done(y->arena, cp_list(data, "payload"), domain, y->err) ? STEP_DONE : STEP_FAILED;
}

/* The panel looks for itself; what it finds is for whoever verifies. */
static enum step
play_look(struct play *y, const char *domain)
{
	return cp_made(y, whm_read(y->arena, y->params, "validate_current_dkims",
	    domain_arg(y->arena, domain))) == NULL ? STEP_CALL : STEP_DONE;
}

/* Is there a zone here that the record can be put into?  The reply decides, whatever it is. */
static enum step
play_zone(struct play *y, const char *domain, bool *here)
{
	const struct json *data;
	struct request request = whm_read(y->arena, y->params, "parse_dns_zone", ARGS({ "zone", domain },));
	const struct reply *reply = cp_made(y, request);
	struct err err;

	if (reply == NULL)
		return STEP_CALL;
	*here = whm_reply(y->arena, &request, reply, &data, &err);
	return STEP_DONE;
}

enum step
cpanel_next_dkim(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	bool here = false;
	enum step step;

	(void)ev;
	if (!json_value_bool(c->after, false)) {
		if ((step = play_item(&y, "disable_dkim", c->object)) != STEP_DONE)
			return step;
		return play_look(&y, c->object);
	}
	if ((step = play_item(&y, "ensure_dkim_keys_exist", c->object)) != STEP_DONE ||
	    (step = play_zone(&y, c->object, &here)) != STEP_DONE)
		return step;
	if (here && (step = play_item(&y, "enable_dkim", c->object)) != STEP_DONE)
		return step;
	return play_look(&y, c->object);
}

static bool
has_record(const struct json *zone, struct arena *a, const char *domain)
{
	const char *name = arena_printf(a, KEY_NAME ".%s", domain);

	for (const struct json *v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v))
		if (strcmp(json_str(v, "name"), name) == 0 && dkim_record_is_key(text_of(json_str(v, "value"))))
			return true;
	return false;
}

/* On: there is a key, and where the zone is here its record. */
bool
cpanel_state_dkim(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *auth = ev_fact(ev, "auth", c->object), *zone = ev_fact(ev, "zone", c->object);
	bool on;

	(void)params;
	if (auth == NULL || zone == NULL)
		return false;
	if (json_tristate(auth, "key") < 0) {
		ev_fail(ev, "panel keys of the domain", "unsupported", "the panel does not say whether it has a key");
		return false;
	}
	on = json_tristate(auth, "key") == 1;
	if (on && json_tristate(zone, "served") == 1)
		on = has_record(zone, a, c->object);
	*ret = state_of_bool(a, on);
	return true;
}

/* --- a new key ---------------------------------------------------------------------------------------------- */

/* Weak keys are replaced by the call that sees to it that there is one. */
enum step
cpanel_next_dkim_key(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct change on = *c;

	on.after = state_of_bool(a, true);
	return cpanel_next_dkim(a, &on, log, ev, params, call, err);
}

bool
cpanel_state_dkim_key(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *auth = ev_fact(ev, "auth", c->object);
	struct dkim_record record;
	struct json *state;

	(void)params;
	if (auth == NULL)
		return false;
	*ret = NULL;
	if (json_str(auth, "record") == NULL)
		return true;
	dkim_record_parse(a, text_of(json_str(auth, "record")), &record, NULL);
	state = json_new_object(a);
	json_put_str(state, "selector", "default");
	json_put_int(state, "bits", record.bits);
	*ret = state;
	return true;
}
