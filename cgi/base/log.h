#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * One event, one line, on stderr; the level is the only global state of the
 * program.  Values from outside are escaped here (control bytes, bidi marks),
 * so a line can never be forged.  Secrets never come here at all.
 */

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void		log_level_set(enum log_level);
bool		log_level_parse(const char *, enum log_level *ret);
void		log_line(enum log_level, const char *room, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

#endif
