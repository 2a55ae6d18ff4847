/*
 * The panels.  A new one is its folder, a line here and a row in the table.
 */

#include <string.h>

#include "panel/panel.h"

extern const struct panel panel_plesk, panel_cpanel, panel_postfix;

const struct panel *const panels[] = {
	&panel_plesk,
	&panel_cpanel,
	&panel_postfix,
	NULL,
};
const size_t panels_count = sizeof(panels) / sizeof(panels[0]) - 1;

const struct panel *
panel_find(const char *kind)
{
	for (size_t i = 0; i < panels_count; i++)
		if (strcmp(panels[i]->kind, kind) == 0)
			return panels[i];
	return NULL;
}

const struct panel_fact *
panel_fact_find(const struct panel *panel, const char *name)
{
	for (size_t i = 0; i < panel->fact_count; i++)
		if (strcmp(panel->facts[i].name, name) == 0)
			return &panel->facts[i];
	return NULL;
}

const struct panel_change *
panel_change_find(const struct panel *panel, const struct change *c)
{
	for (size_t i = 0; i < panel->change_count; i++) {
		const struct panel_change *row = &panel->changes[i];

		if (row->kind == c->kind &&
		    (row->key == NULL || (c->key != NULL && strcmp(row->key, c->key) == 0)))
			return row;
	}
	return NULL;
}

bool
panel_can_undo(const struct panel *panel, const struct change *c)
{
	if (!change_has_inverse(c))
		return false;
	/* The first MX of a zone could not be taken away again. */
	return panel == NULL || !panel->keeps_last_mx || c->kind != CHANGE_RRSET || c->type != RR_MX ||
	    strcmp(c->name, c->zone) != 0 || json_count(json_get(c->before, "values")) > 0;
}
