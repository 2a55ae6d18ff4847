#ifndef TOOLS_VERIFY_JSON_H
#define TOOLS_VERIFY_JSON_H

#include "base/json.h"
#include "mail/verify.h"
#include "tools/problem_json.h"

/*
 * `message verify`.  `spf` is the object of `spf eval` without its trace, or
 * NULL when SPF was not asked for; "aligned" is added here.
 */
struct json	*verify_json(struct arena *, const struct verify *, const struct json *spf,
		    const struct tool_words *);

#endif
