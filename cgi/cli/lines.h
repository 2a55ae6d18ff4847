#ifndef CLI_LINES_H
#define CLI_LINES_H

/*
 * The lines of a batch, as they come: a peer may write one, wait for its
 * answer and only then write the next, so whoever has other work asks first
 * whether a whole line is there.  A line over LINES_MAX_BYTES is cut there.
 */

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

#define LINES_MAX_BYTES	(1024 * 1024)

struct lines;

/* "-" is standard input.  NULL: err says why (a directory is none, too). */
struct lines	*lines_open(const char *path, struct err *);
void		 lines_close(struct lines *);

/* Would lines_next answer without waiting?  The end is an answer. */
bool		 lines_ready(struct lines *);
/* false = no more.  Without its line end; *ret lives until the next call. */
bool		 lines_next(struct lines *, struct text *ret);

#endif
