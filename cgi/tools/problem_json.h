#ifndef TOOLS_PROBLEM_JSON_H
#define TOOLS_PROBLEM_JSON_H

#include "base/catalog.h"
#include "base/json.h"
#include "mail/problem.h"

/* Whose words a tool speaks.  A NULL catalogue gives ids instead (tests). */
struct tool_words {
	const struct catalog	*catalog;
	const char		*lang;
};

/* The text of an id with values; `id` itself without a catalogue. */
const char	*tool_text(struct arena *, const struct tool_words *, const char *id,
		    const struct catalog_value *, size_t count);

/*
 * Put "problems": [...] into `into`, most serious first.  `tool` is the first
 * part of the ids: "dkim" gives "dkim_problem.CODE".  The texts may use {where}
 * and the problem's own values.
 */
void		 problems_put(struct json *into, struct arena *, const struct problems *,
		    const char *tool, const struct tool_words *);

#endif
