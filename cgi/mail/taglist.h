#ifndef MAIL_TAGLIST_H
#define MAIL_TAGLIST_H

/*
 * Lists of "tag=value;" as DKIM, ARC and DMARC write them (RFC 6376 3.2).
 * Pure; texts point into the list, which must live as long.
 *
 * White space means SP, HTAB and line ends: folding in header fields, stray
 * line ends in DNS.  Empty tags (";;") are allowed, as verifiers do.  A tag
 * that occurs twice makes the whole list an error.
 */

#include "base/text.h"

#define TAGLIST_TAGS_MAX	200	/* more is an error */

struct tag {
	struct text	 name;		/* as written */
	struct text	 value;		/* without white space around it; may be empty */
	struct text	 raw;		/* all between "=" and ";" or the end */
};

struct taglist {
	struct tag	*tags;
	size_t		 count;
	bool		 fold;		/* names compare without case */
};

enum taglist_fault_kind {
	TAGLIST_NO_EQUALS,		/* a part without "=" */
	TAGLIST_BAD_NAME,
	TAGLIST_BAD_VALUE,		/* an octet that no value may have */
	TAGLIST_DUPLICATE,
	TAGLIST_TOO_MANY,
};

struct taglist_fault {
	enum taglist_fault_kind	 kind;
	struct text		 part;		/* the part of the list that is wrong */
};

struct taglist_rules {
	bool	 fold;			/* names without case: DMARC */
	bool	 utf8;			/* values may hold UTF-8: header fields, RFC 8616 */
};

/* False: *fault says why, *ret is untouched.  An empty list has count 0. */
bool			 taglist_parse(struct arena *, struct text, struct taglist_rules,
			    struct taglist *ret, struct taglist_fault *fault);
/* NULL = absent. */
const struct tag	*taglist_get(const struct taglist *, const char *name);
/* "no_equals", "bad_name", ...: a stable word for problems. */
const char		*taglist_fault_word(enum taglist_fault_kind);

/*
 * For texts that do not parse: is there a part that begins with `name`, "="?
 * And the first part, up to its ";", without white space around it.
 */
bool			 taglist_mentions(struct text, const char *name, bool fold);
struct text		 taglist_first(struct text);

/*
 * Take the next of "a : b : c" without white space around it; false at the end.
 * *more begins as true.  Empty elements are given; an empty text has one.
 */
bool			 taglist_colon(struct text *rest, bool *more, struct text *part);

#endif
