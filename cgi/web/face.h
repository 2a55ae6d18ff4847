#ifndef WEB_FACE_H
#define WEB_FACE_H

/*
 * What a non-programmer may edit and SIGHUP reads again: templates, words,
 * static files, the guide's text; and the identity key.  A face is complete
 * before it is shown; requests in flight keep the one they began with.
 */

#include <stdatomic.h>

#include "web/mustache.h"
#include "web/web.h"

struct static_file {
	const char	*content_type;
	const char	*etag;		/* with its quotes */
	struct text	 body;
};

struct face_word {
	struct text	 escaped;	/* first: this is what mustache_words reads */
	const char	*raw;
};

struct face {
	struct arena		*arena;
	_Atomic unsigned	 users;		/* freed by the last; web holds one */
	const struct catalog	*catalog;
	struct mustache_set	*templates;
	struct map		*words;		/* "LANG/PAGE" -> struct map of name -> struct face_word */
	struct map		*files;		/* name -> struct static_file */
	struct kept		*kept;
	struct text		 key;
	const char		*version;	/* changes with the static files: for their links */
};

/* `catalog` NULL = read it here. */
struct face	*face_load(const struct web_config *, const struct catalog *, struct err *);
void		 face_drop(struct face *);

/* Every text of pages.PAGE and pages.common. */
struct mustache_words face_words(const struct face *, const char *lang, const char *page);

/* pages.common.GROUP.WORD, or NULL. */
const char	*face_word(const struct face *, const char *lang, const char *group, const char *word);

#endif
