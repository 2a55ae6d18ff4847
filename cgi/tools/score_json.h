#ifndef TOOLS_SCORE_JSON_H
#define TOOLS_SCORE_JSON_H

#include "base/json.h"
#include "mail/filter.h"
#include "mail/score.h"
#include "tools/problem_json.h"

/*
 * `message score`: {"score","max","items":[{"code","points","severity","title","text","fix"}],"verify"}.
 * `verify` is the answer of `message verify` and is copied.
 */
struct json	*score_json(struct arena *, const struct score *, const struct json *verify,
		    const struct tool_words *);

/* Onto its "filters": {"name","score","required","spam","rules":[{"name","points"}]}, points null when not told. */
void		 score_json_filter(struct json *answer, const char *name, const struct filter_answer *);

#endif
