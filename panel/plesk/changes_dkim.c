/*
 * Have Plesk write a domain's DKIM record anew.  No call tells the key that it
 * signs with, but when the domain's switch comes on it puts the record of that
 * key into its zone.  So: off, on, and a look at the zone until it is there,
 * which takes it a moment.
 */

#include <string.h>

#include "mail/dkim_key.h"
#include "panel/plesk/internal.h"

#define LOOKS_MAX	20	/* after that whoever verifies looks again */

static struct request
set_switch(struct arena *a, int64_t id, bool on)
{
	struct str packet = packet_begin(a);

	str_addf(&packet, "<mail><set_prefs><filter><site-id>%lld</site-id></filter><prefs>"
	    "<spam-protect-sign>%s</spam-protect-sign></prefs></set_prefs></mail>", (long long)id,
	    on ? "true" : "false");
	return packet_write(&packet);
}

/* A record of REST or of the fact: does it hold a key that can be used? */
static bool
is_good_key(struct arena *a, const char *host, const char *value, const char *domain)
{
	struct text name = text_of(host);
	struct dkim_record record;
	size_t at;

	if (text_ends(name, "."))
		name.n--;
	if (!text_ifind(name, TEXT("._domainkey."), &at) || at == 0 ||
	    !text_iis(text_skip(name, at + sizeof("._domainkey.") - 1), domain))
		return false;
	dkim_record_parse(a, text_of(value), &record, NULL);
	return record.key != NULL;
}

static bool
shows_key(struct arena *a, const struct reply *reply, const char *domain)
{
	const struct json *list, *v;

	if (!plesk_rest_reply(a, reply, &list, NULL))
		return false;
	for (v = json_first(list); v != NULL; v = json_next(v))
		if (is_good_key(a, json_str(v, "host"), json_str(v, "value"), domain))
			return true;
	return false;
}

enum step
plesk_next_dkim_record(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	int64_t id;

	(void)ev;
	(void)params;
	if (log->count == 0) {
		*call = plesk_site_lookup(a, c->object);
		return STEP_CALL;
	}
	if (!plesk_site_id(a, &log->replies[0], c->object, &id, err))
		return STEP_FAILED;
	switch (log->count) {
	case 1:
		*call = set_switch(a, id, false);
		return STEP_CALL;
	case 2:
		if (!packet_done(a, plesk_last_reply(log), "mail/set_prefs/result", err))
			return STEP_FAILED;
		*call = set_switch(a, id, true);
		return STEP_CALL;
	case 3:
		if (!packet_done(a, plesk_last_reply(log), "mail/set_prefs/result", err))
			return STEP_FAILED;
		break;
	default:
		if (shows_key(a, plesk_last_reply(log), c->object) || log->count > 3 + LOOKS_MAX)
			return STEP_DONE;
	}
	*call = plesk_rest_get(arena_printf(a, PLESK_REST "/dns/records?domain=%s", c->object));
	return STEP_CALL;
}

bool
plesk_state_dkim_record(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *zone = ev_fact(ev, "zone", c->object), *v;

	(void)params;
	if (zone == NULL)
		return false;
	for (v = json_first(json_get(zone, "records")); v != NULL; v = json_next(v)) {
		if (!is_good_key(a, json_str(v, "name"), json_str(v, "value"), c->object))
			continue;
		*ret = state_of_bool(a, true);
		return true;
	}
	/* Plesk takes its time: not there yet is not the same as refused. */
	ev_fail(ev, "zone", "not_found", "the key record is not in the zone yet");
	return false;
}
