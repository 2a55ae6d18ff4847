#ifndef TOOLS_DKIM_JSON_H
#define TOOLS_DKIM_JSON_H

#include "base/json.h"
#include "mail/dkim_key.h"
#include "tools/problem_json.h"

/* `dkim key`: what stands at a selector. */
struct json	*dkim_key_json(struct arena *, const struct dkim_key *,
		    const struct tool_words *);

/* The whole tool, run again while answers come; false = pending. */
bool		 dkim_key_tool(struct arena *, const struct dns_source *, const char *selector,
		    struct name domain, const struct tool_words *, struct json **ret);

#endif
