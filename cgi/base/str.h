#ifndef BASE_STR_H
#define BASE_STR_H

/*
 * A text under construction, in an arena, up to a bound.  Invariants: s.p[s.n]
 * is always NUL; past the bound it stays as it was and str_ok() says so once,
 * at the end, so no step needs a test.
 */

#include "base/text.h"

struct str {
	struct arena	*arena;
	char		*p;
	size_t		 n;
	size_t		 size;
	size_t		 max;		/* most bytes without the NUL */
	bool		 full;		/* something did not fit */
};

struct str	str_in(struct arena *, size_t max);
void		str_add(struct str *, const char *);
void		str_addt(struct str *, struct text);
void		str_addc(struct str *, char);
void		str_addi(struct str *, int64_t);		/* in decimal */
void		str_addf(struct str *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
bool		str_ok(const struct str *);
struct text	str_text(const struct str *);		/* lives as long as the arena */

#endif
