#ifndef TOOLS_BOUNCE_JSON_H
#define TOOLS_BOUNCE_JSON_H

#include "mail/bounce.h"
#include "tools/problem_json.h"

/* The answer of `bounce explain` about one message, or text of one; cut: it was
 * too large and something of it was left out. */
struct json	*bounce_explain(struct arena *, const struct data *, const struct tool_words *,
		    struct text message, bool cut);

/* The same from what was read already. */
struct json	*bounce_json(struct arena *, const struct bounce *, const struct tool_words *);

#endif
