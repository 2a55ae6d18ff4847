/*
 * Is our product in an account's feature list?  The panel answers with the status
 * alone: 1 it is, 0 it is not; without a status it knows no such feature, because the
 * plugin is not registered, and then there is no switch.
 */

#include "panel/cpanel/internal.h"

#define FEATURE		"anti_spam_guide"	/* as in plugin/plugin/install.json */

const struct json *
cpanel_product(struct evidence *ev, struct arena *a, const char *login, const struct panel_params *params)
{
	struct json *ret = json_new_object(a);
	const struct json *data;
	struct err err;
	enum got got = ask_uapi(ev, a, params, login, "Features", "has_feature", ARGS({ "name", FEATURE },), &data, &err);

	if (got == GOT_IT)
		json_put_bool(ret, "included", true);
	else if (got == GOT_NOT && err.code == ERR_VALUE)
		json_put_bool(ret, "included", false);
	else if (got == GOT_NOT && (err.code == ERR_UNSUPPORTED || err.code == ERR_PROTOCOL))
		json_put_null(ret, "included");
	else if (!cpanel_need(ev, "panel product", got, &err))
		return NULL;
	return ret;
}
