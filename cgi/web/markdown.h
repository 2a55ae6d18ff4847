#ifndef WEB_MARKDOWN_H
#define WEB_MARKDOWN_H

/*
 * The little of Markdown that the guide's texts use: headings, paragraphs,
 * lists, tables, code (blocks and `spans`), **strong**, *emphasis*, links.  All else
 * is text; markup in the source is escaped.
 */

#include "base/str.h"

/* `base` goes before links that begin with '/'. */
void	markdown_html(struct text source, const char *base, struct str *out);

#endif
