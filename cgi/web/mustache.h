#ifndef WEB_MUSTACHE_H
#define WEB_MUSTACHE_H

/*
 * Logic-less templates, after the public Mustache specification: variables,
 * sections, inverted sections, partials, comments, set delimiters.  Lambdas are
 * left out: data is never a template.
 *
 * {{x}} is escaped for HTML.  {{{x}}} and {{&x}} never read the data at all: they
 * stand for a piece of markup that we made ourselves, handed to the renderer by
 * name, and a template that uses a name outside the set's list does not load.
 *
 * A template is parsed once into a flat list of tags; a section knows the index
 * of its end, so rendering is a loop with a small stack and makes no garbage.
 * Every tag knows whether it opens a line, which is all that the indentation of
 * partials needs.
 */

#include "base/json.h"
#include "base/str.h"

struct map;

#define MUSTACHE_DEPTH_MAX	48	/* sections and partials inside each other */

struct mustache_set;			/* the templates that may include each other */

struct mustache;			/* one parsed template */

struct mustache_raw {			/* markup made by us */
	const char		*name;
	struct text		 markup;
	const struct mustache	*page;	/* or: this template, drawn in place with the same data */
};

/* `raw_names` ends with NULL and outlives the set. */
struct mustache_set *mustache_set_new(struct arena *, const char *const *raw_names);

/* Parse `source` (copied) and keep it as `name`.  err: "FILE:LINE: ...". */
bool	mustache_add(struct mustache_set *, const char *name, const char *file,
	    struct text source, struct err *);

/* Every *.html file of a folder, named without its ending; a partial that does
 * not exist is an error. */
bool	mustache_load(struct mustache_set *, const char *dir, struct err *);

const struct mustache *mustache_find(const struct mustache_set *, const char *name);

/*
 * Words: {{t.x}} is looked for by "x" in `own`, then in `common`, before the
 * data is.  Maps of struct text, escaped already: a page has hundreds of them,
 * and a list in JSON would be searched from its beginning each time.
 */
struct mustache_words {
	const struct map	*own, *common;		/* NULL = none */
};

/* A partial that is missing renders as nothing, as the specification has it. */
void	mustache_render(const struct mustache_set *, const struct mustache *,
	    const struct json *context, const struct mustache_words *,
	    const struct mustache_raw *, size_t raw_count, struct str *out);

/* & < > " ' as entities; control characters and what turns the direction of text as \xHH, \uHHHH. */
void	html_escape(struct str *out, struct text);

#endif
