#ifndef ENGINE_DELIST_FORM_H
#define ENGINE_DELIST_FORM_H

/*
 * What a request for removal says, filled in from what is known: addresses and
 * names of the last server report, since when, the answer that came back, what
 * was mended since.  What only a person knows stays between brackets.
 */

#include "base/json.h"

struct engine;
struct store_scope;

struct delist_ask {
	struct engine		*engine;
	const char		*lang;
	const struct store_scope *scope;
	const struct json	*server;	/* last report, neutral; NULL = none */
	const char		*bounce;	/* what the receiver said, chosen; NULL = as the report has it */
};

/*
 * [{"recipient_domain":name|null,"subject","text","text_en",
 *   "fields":{"ip","helo","ptr","since","bounce","mended"}}], unknown fields null.
 * Outlook.com takes two, one per recipient domain.  `id` is a provider's or a list's.
 */
struct json	*delist_forms(const struct delist_ask *, struct arena *, const char *id);

/* The answer that this provider gave to queued mail, or NULL. */
const char	*delist_bounce(const struct json *server, const char *provider);

#endif
