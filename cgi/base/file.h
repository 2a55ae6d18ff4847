#ifndef BASE_FILE_H
#define BASE_FILE_H

/* Reading whole files with a bound.  Used by base, store, cli and main only. */

#include "base/err.h"
#include "base/text.h"

/* Regular files and pipes; "-" is standard input.  More than max is ERR_LIMIT. */
bool		file_read(struct arena *, const char *path, size_t max_bytes,
		    struct text *ret, struct err *);

/*
 * A secret: refused when any bit is set for others; with group_ok the group
 * may read.  Symbolic links are not followed.
 */
bool		file_read_secret(struct arena *, const char *path, bool group_ok,
		    size_t max_bytes, struct text *ret, struct err *);

#endif
