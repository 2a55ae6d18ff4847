#ifndef ENGINE_TOOLS_INTERNAL_H
#define ENGINE_TOOLS_INTERNAL_H

/* What the files of the tools share; nobody else includes it. */

#include "engine/tools.h"
#include "mail/spf_eval.h"
#include "tools/problem_json.h"

struct tool_words tool_words_of(const struct engine *, const char *lang);

/* One check_host, put into words as soon as it has its answer, which points
 * into the run's memory. */
struct spf_told {
	struct spf_query	 query;
	struct spf_answer	 answer;
	struct dns_source	 dns;
	struct spf_cache	*cache;
	struct json		*into;
	bool			 trace;
	struct tool_words	 words;
};

bool	spf_told_question(void *spf_told, struct evidence *, struct arena *);
bool	spf_input(const struct spf_eval_input *, struct spf_query *, struct err *);

#endif
