#ifndef TOOLS_DMARC_JSON_H
#define TOOLS_DMARC_JSON_H

#include "base/json.h"
#include "mail/dmarc_walk.h"
#include "mail/psl.h"
#include "tools/problem_json.h"

struct dmarc_question {
	struct name		 domain;
	struct name		 authenticated;	/* --authenticated; NULL = none */
	const struct psl	*psl;		/* NULL = none could be had */
};

/* `dmarc lookup`, run again while answers come; false = pending. */
bool	dmarc_lookup_tool(struct arena *, const struct dns_source *,
	    const struct dmarc_question *, const struct tool_words *, struct json **ret);

#endif
