#ifndef MAIL_MIME_DECODE_H
#define MAIL_MIME_DECODE_H

/*
 * Transfer encodings and character sets of parts and header fields.  Nothing
 * is refused: what does not decode stays as it stands, what is not UTF-8 after
 * all is shown byte by byte where it leaves the program (text_show).
 */

#include "mail/mime.h"

/*
 * The part's body without its transfer encoding; at most `max` bytes of it are
 * made, *cut (NULL allowed) says that there was more.
 */
struct text	 mime_decode(struct arena *, const struct mime_part *, size_t max, bool *cut);

/* The same as UTF-8 text with LF line ends. */
struct text	 mime_decode_text(struct arena *, const struct mime_part *, size_t max, bool *cut);

/* RFC 2047 encoded words of one unfolded value. */
struct text	 mime_decode_words(struct arena *, struct text value);

/* From a character set by its MIME name to UTF-8; as it stands when the set is
 * not known. */
struct text	 charset_to_utf8(struct arena *, struct text, const char *charset, size_t max);

/* Lower case of ASCII, Latin-1, Greek and Cyrillic letters in UTF-8; the length stays. */
void		 utf8_lower(char *s, size_t n);

#endif
