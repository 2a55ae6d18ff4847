#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include "base/text.h"

/*
 * What a person would read of an HTML text: tags, comments, styles and scripts
 * taken away, block elements on lines of their own, entities decoded (all in
 * UTF-8).  One pass; never longer than the input.
 */
struct text	html_to_text(struct arena *, struct text html);

#endif
