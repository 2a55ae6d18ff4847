#ifndef PANEL_PLESK_XML_H
#define PANEL_PLESK_XML_H

/*
 * The part of XML that Plesk's XML API speaks: elements and text.  Attributes,
 * comments and processing instructions are passed over; a document type is
 * refused, so no entity can grow.  Bounded in depth and number of elements.
 * Pure.
 */

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct xml {
	struct text		 name;
	struct text		 text;		/* directly inside, entities decoded */
	const struct xml	*child, *next;
};

/* The outermost element; it may point into `text`.  ERR_SYNTAX, ERR_LIMIT. */
bool		 xml_parse(struct arena *, struct text, const struct xml **ret, struct err *);

/* All accept NULL, so paths can be followed without tests. */
const struct xml *xml_child(const struct xml *, const char *name);	/* the first so named */
const struct xml *xml_again(const struct xml *, const char *name);	/* the next sibling so named */
const struct xml *xml_path(const struct xml *, const char *path);	/* "data/gen_info" */

/* The trimmed text of a child; NULL = there is no such child. */
const char	*xml_str(struct arena *, const struct xml *, const char *name);
/* -1 = absent or neither "true" nor "false", 0, 1. */
int		 xml_tristate(const struct xml *, const char *name);
bool		 xml_number(const struct xml *, const char *name, int64_t *ret);

/* Escape for element content; control characters that XML cannot hold are left out. */
void		 xml_add(struct str *, const char *);
/* <tag>text</tag> */
void		 xml_add_element(struct str *, const char *tag, const char *text);

#endif
