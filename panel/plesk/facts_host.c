/* What only the machine under the panel tells: Plesk has no call for its queue or its PHP. */

#include "panel/host.h"
#include "panel/plesk/internal.h"

static bool
is_here(struct evidence *ev, const char *what, const struct panel_params *params)
{
	if (params != NULL && params->local)
		return true;
	ev_fail(ev, what, "unsupported", "the backend does not run on the panel's server");
	return false;
}

const struct json *
plesk_fact_queue(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	return is_here(ev, "mail queue", params) ? host_queue(ev, a, arg, params) : NULL;
}

const struct json *
plesk_fact_script_log(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	return is_here(ev, "log of script mail", params) ? host_script_log(ev, a, arg, params) : NULL;
}

const struct json *
plesk_fact_mail_traffic(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	return is_here(ev, "mail log", params) ? host_mail_traffic(ev, a, arg, params) : NULL;
}
