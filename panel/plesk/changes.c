/* What the `next` functions share. */

#include <string.h>

#include "panel/plesk/internal.h"

enum step
plesk_step_failed(struct err *err, enum err_code code, const char *text)
{
	err_set(err, code, "%s", text);
	return STEP_FAILED;
}

const struct reply *
plesk_last_reply(const struct call_log *log)
{
	return &log->replies[log->count - 1];
}

enum step
plesk_one_cli(struct arena *a, const struct call_log *log, const char *utility, const char *const *params,
    struct request *call, struct err *err)
{
	if (log->count == 0) {
		*call = cli_change(a, utility, params);
		return STEP_CALL;
	}
	return cli_done(a, plesk_last_reply(log), err) ? STEP_DONE : STEP_FAILED;
}

bool
xml_is_blocked(struct arena *a, const struct reply *reply)
{
	const struct xml *packet;
	struct err err;

	/* Sent, and nothing is known of it: that is to be read and seen, not tried another way. */
	if (reply->err.code != ERR_NONE || packet_reply(a, reply, &packet, &err))
		return false;
	return err.code == ERR_DENIED || err.code == ERR_NOT_FOUND || err.code == ERR_UNSUPPORTED;
}

/* Whether ?name= takes A-labels is not documented: then the whole list is read. */
struct request
plesk_site_lookup(struct arena *a, const char *domain)
{
	size_t at;

	if (text_ifind(text_of(domain), TEXT("xn--"), &at))
		return plesk_rest_get(PLESK_REST "/domains");
	return plesk_rest_get(arena_printf(a, PLESK_REST "/domains?name=%s", domain));
}

bool
plesk_site_id(struct arena *a, const struct reply *reply, const char *domain, int64_t *ret, struct err *err)
{
	const struct json *list, *d;

	if (!plesk_rest_reply(a, reply, &list, err))
		return false;
	for (d = json_first(list); d != NULL; d = json_next(d)) {
		const char *ascii = json_str(d, "ascii_name");

		if (ascii == NULL || *ascii == '\0')
			ascii = json_str(d, "name");
		if (!text_iis(text_of(ascii), domain) || !json_is_int(json_get(d, "id")))
			continue;
		*ret = json_int(d, "id", 0);
		return true;
	}
	return err_set(err, ERR_NOT_FOUND, "the panel has no domain %s", domain);
}
