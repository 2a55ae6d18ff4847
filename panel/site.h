#ifndef PANEL_SITE_H
#define PANEL_SITE_H

/*
 * A WordPress site in the fact `sites`, and the change of its versions, the same
 * for every toolkit.  Pure.
 */

#include "panel/panel.h"

/* The row of "cust.example/blog"; NULL = there is none. */
const struct json *site_find(struct arena *, const struct json *sites, const char *object);
/* The state of SETTING site "updates".  sites NULL: on its way, or ev_fail was called.  false = cannot go on. */
bool		 site_state_versions(struct evidence *, struct arena *, const struct json *sites,
		    const char *object, const struct json **ret);
/* One of the versions is to be an older one: no toolkit's update does that. */
bool		 site_goes_back(const struct change *);

#endif
