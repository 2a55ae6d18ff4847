#ifndef ENGINE_COPY_H
#define ENGINE_COPY_H

/* A record as a person copies it elsewhere (contract: "copy"). */

#include "panel/panel.h"

/*
 * One entry per value that is to be there afterwards:
 * {"name","type","ttl","value","value_split":["..."],"bind"}.
 */
void	copy_add(struct json *array, struct arena *, const struct change *rrset);
/* The values that have to go: {"name","type","value"}. */
void	copy_add_removed(struct json *array, struct arena *, const struct change *rrset);

#endif
