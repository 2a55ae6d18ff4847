/*
 * A virus scanner that is part of the panel: ImunifyAV and Imunify360 are
 * extensions.  What they found only root's command line tells.  ClamAV is none of
 * the panel's: without an extension the machine itself must be asked, and where
 * that cannot be, nobody knows whether there is one.
 */

#include <string.h>

#include "panel/host.h"
#include "panel/plesk/internal.h"

const struct json *
plesk_fact_antivirus(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const ids[] = { "revisium-antivirus", "imunify360" };
	const struct json *extensions, *v, *found = NULL;
	struct json *fact;
	struct err err;

	(void)arg;
	if (!plesk_need(ev, "panel extensions", plesk_ask_rest(ev, a, PLESK_REST "/extensions", &extensions, &err),
	    &err))
		return NULL;
	if (!json_is_array(extensions)) {
		ev_fail(ev, "panel extensions", "protocol", "the list of extensions is none");
		return NULL;
	}
	for (v = json_first(extensions); v != NULL; v = json_next(v))
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
			if (json_str(v, "id") != NULL && strcmp(json_str(v, "id"), ids[i]) == 0 &&
			    (found == NULL || json_bool(v, "active", false)))
				found = v;
	if (found == NULL)
		return host_antivirus(ev, a, NULL, params);
	fact = json_new_object(a);
	json_put_str(fact, "product", "imunify");
	json_put_str(fact, "version", json_str(found, "version"));
	if (json_tristate(found, "active") < 0)
		json_put_null(fact, "active");
	else
		json_put_bool(fact, "active", json_bool(found, "active", false));
	json_put_null(fact, "infected");
	return fact;
}
