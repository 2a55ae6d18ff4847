#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/*
 * Bytes from outside: they have a length and may hold anything, NUL included.
 * A text does not own its bytes; its maker says where they live.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct text {
	const char	*p;
	size_t		 n;
};

#define TEXT(literal)	((struct text){ (literal), sizeof(literal) - 1 })

struct text	text_of(const char *);			/* NULL gives the empty text */
struct text	text_dup(struct arena *, struct text);
char		*text_cstr(struct arena *, struct text);	/* NUL bytes become '?' */

bool		text_eq(struct text, struct text);
bool		text_is(struct text, const char *);
bool		text_ieq(struct text, struct text);		/* ASCII case only */
bool		text_iis(struct text, const char *);
bool		text_starts(struct text, const char *);
bool		text_istarts(struct text, const char *);
bool		text_ends(struct text, const char *);
bool		text_iends(struct text, const char *);

struct text	text_trim(struct text);			/* SP HTAB CR LF */
struct text	text_skip(struct text, size_t n);		/* n beyond the end: empty */
struct text	text_head(struct text, size_t n);
bool		text_find(struct text, struct text needle, size_t *at);
bool		text_ifind(struct text, struct text needle, size_t *at);

/* Take what stands before the next `sep`; false when `rest` was empty. */
bool		text_split(struct text *rest, char sep, struct text *part);
/* Take the next line without its CR LF or LF; false at the end. */
bool		text_line(struct text *rest, struct text *line);

/* Whole text is decimal digits and fits; no sign, no blanks. */
bool		text_uint(struct text, uint64_t max, uint64_t *ret);
#define TEXT_INT_MAX	24
/* In decimal, in the buffer. */
struct text	text_of_int(int64_t, char buf[TEXT_INT_MAX]);

/*
 * The form in which outside bytes are shown and put into JSON: valid UTF-8 is
 * kept, every other byte becomes the four characters \xHH, NUL \x00.
 */
const char	*text_show(struct arena *, struct text);

/* Octets of the valid UTF-8 character at the start (RFC 3629), its code point in
 * *ret; 0 = there is none. */
size_t		text_utf8(struct text, uint32_t *ret);

bool		ascii_isalnum(int c);
bool		ascii_isalpha(int c);
bool		ascii_isdigit(int c);
bool		ascii_isspace(int c);				/* SP HTAB CR LF */
int		ascii_tolower(int c);
int		ascii_hex(int c);				/* 0..15, or -1 */

#endif
