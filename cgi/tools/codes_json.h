#ifndef TOOLS_CODES_JSON_H
#define TOOLS_CODES_JSON_H

/* What the answers of mail servers mean, as a list to look things up in: the rows `bounce explain` goes by. */

#include "base/json.h"
#include "mail/data.h"
#include "tools/problem_json.h"

/*
 * {"codes":[{"code","kind":"basic|enhanced|answer","provider":name|null,"says":text|null,"category","text",
 * "advice":[text]}]} of RFC 5321 4.2 and RFC 3463, then the answers of single providers.  code: "550", "4.1.1, 5.1.1",
 * or the id of the answer, of which a person sees what it `says`.  query: part of any of these, any case, or a whole
 * answer ("550 5.7.1 ..."), whose codes count; NULL or "" = all.
 */
struct json	*codes_json(struct arena *, const struct data *, const struct tool_words *, const char *query);

#endif
