#ifndef MAIL_MIME_SLIM_H
#define MAIL_MIME_SLIM_H

/*
 * A huge message in little memory.  What a report says stands at the beginning
 * of the message and of its parts; what makes it huge is what comes back with
 * it.  So the first SLIM_WHOLE bytes are kept as they are, and of the rest the
 * first SLIM_PART bytes behind every delimiter; lines of base64 are dropped
 * there, other lines as long as there is room.
 */

#include "base/text.h"

#define SLIM_WHOLE	((size_t)8 << 20)
#define SLIM_PART	((size_t)256 << 10)
#define SLIM_MAX	((size_t)24 << 20)	/* bytes kept at most */

struct slim;

struct slim	*slim_new(struct arena *);
void		 slim_add(struct slim *, struct text chunk);
/* What was kept; *cut: something was dropped.  Lives in the arena. */
struct text	 slim_end(struct slim *, bool *cut);

#endif
