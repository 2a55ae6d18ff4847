#ifndef HELPER_THIN_H
#define HELPER_THIN_H

/*
 * A list of lines of any length in bounded memory: when it has grown too long
 * every second line of it is forgotten, and of those that come only every second
 * (fourth, ...) is kept, so that what is left is spread evenly over the whole.
 */

#include "base/str.h"

struct thin {
	struct str	 kept;
	struct str	 part;		/* of a line that is not whole yet */
	size_t		 lines, every;	/* how many came; of them one in so many is kept */
	void		(*seen)(void *ctx, struct text line);	/* each line, kept or not */
	void		*ctx;
};

struct thin	thin_new(struct arena *, size_t max_bytes, void (*seen)(void *, struct text), void *ctx);
void		thin_add(struct thin *, struct text bytes);
void		thin_end(struct thin *);		/* the last line may have no LF */

#endif
