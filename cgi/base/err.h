#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * What went wrong, for code (code) and for the log (text: one English line).
 * Written only on failure.  People read catalogue texts, never this; the
 * command line prints it where no catalogue can be had.
 */

#include <stdbool.h>

enum err_code {
	ERR_NONE,
	ERR_SYNTAX,		/* the input is not well formed */
	ERR_VALUE,		/* well formed, but not allowed */
	ERR_LIMIT,		/* larger or deeper than we accept */
	ERR_NOT_FOUND,
	ERR_DENIED,		/* not theirs, or the key is refused */
	ERR_STALE,		/* changed since it was read */
	ERR_TIMEOUT,
	ERR_UNREACHABLE,	/* no connection, or it broke */
	ERR_PROTOCOL,		/* the other side answered nonsense */
	ERR_BUSY,
	ERR_IO,			/* disk, store */
	ERR_UNSUPPORTED,
	ERR_LICENCE,		/* the panel's licence has expired, or does not hold it */
};

struct err {
	enum err_code	 code;
	char		 text[384];
};

/* Sets err (NULL allowed) and returns false, so callers can return it. */
bool		err_set(struct err *, enum err_code, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

/* A stable word for JSON and tests: "timeout", "denied", ... */
const char	*err_word(enum err_code);
bool		err_parse(const char *word, enum err_code *ret);

#endif
