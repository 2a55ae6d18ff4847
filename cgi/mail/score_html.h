#ifndef MAIL_SCORE_HTML_H
#define MAIL_SCORE_HTML_H

/*
 * What a filter counts in an HTML text: links with what is shown of them,
 * pictures, and elements that no mail program runs.  One pass, nothing built.
 */

#include "base/text.h"

#define HTML_LINKS_MAX	2000

struct html_link {
	struct text	 url;		/* entities decoded */
	struct text	 shown;		/* what stands between the tags, tags taken out; "" for pictures */
	bool		 picture;
};

struct html_found {
	const struct html_link *links;
	size_t		 link_count;
	size_t		 scripts, forms, frames, objects, refreshes;	/* handlers (onclick=) count as scripts */
	size_t		 pictures, pictures_without_alt;		/* those of one pixel aside */
};

void	html_find(struct arena *, struct text html, struct html_found *ret);

#endif
