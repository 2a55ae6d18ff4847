#ifndef ENGINE_CANONICAL_H
#define ENGINE_CANONICAL_H

/* One text for one value: keys in the order of strcmp, on one line.  For hashes. */

#include "base/json.h"

const char	*json_canonical(struct arena *, const struct json *);

#endif
