#ifndef MAIL_MIME_H
#define MAIL_MIME_H

/*
 * The parts of a message (RFC 5322, RFC 2045 to 2047, 2231), found in one pass
 * over the bytes, whatever they are: line ends CRLF, LF or CR, NUL, 8-bit,
 * boundaries that are missing or never closed.  Parts are views into the
 * message; nothing is copied until it is decoded, and decoding is bounded.
 *
 * An attached message is a part of its own whose only child is the message
 * inside it, so its header fields are found like any others.
 */

#include "base/text.h"

#define MIME_PARTS_MAX	500
#define MIME_DEPTH_MAX	32		/* deeper parts are left as they are */
#define MIME_HEAD_MAX	(256 * 1024)	/* bytes of one header that are looked at */
#define MIME_NONE	SIZE_MAX

enum mime_encoding { MIME_IDENTITY, MIME_QUOTED, MIME_BASE64, MIME_UUENCODE, MIME_UNKNOWN };

struct mime_part {
	struct text		 head;		/* its header, without the empty line */
	struct text		 body;		/* as it stands there, encoded */
	size_t			 parent;	/* index, MIME_NONE for the message itself */
	unsigned		 depth;
	const char		*type;		/* "text/plain", lower case */
	const char		*charset;	/* lower case; NULL = not said */
	const char		*report_type;	/* of multipart/report, lower case; else NULL */
	enum mime_encoding	 encoding;
	bool			 attachment;	/* Content-Disposition: attachment */
	bool			 closed;	/* its end was seen (used while parsing) */
};

struct mime {
	struct text		 text;		/* the whole message, as parsed */
	struct mime_part	*parts;		/* parts[0] is the message */
	size_t			 count;
	bool			 too_many, too_deep, head_cut;
};

/* Never fails: text without any header is one text/plain part with an empty
 * head.  The message must live as long as the result. */
const struct mime	*mime_parse(struct arena *, struct text message);

/* The first field of that name, folded as it stands; false = there is none. */
bool		 mime_field(const struct mime_part *, const char *name, struct text *ret);
/* Unfolded and trimmed, at most 8 KiB; NULL p = there is none. */
struct text	 mime_value(struct arena *, const struct mime_part *, const char *name);
/* The same with encoded words decoded to UTF-8 (RFC 2047). */
struct text	 mime_words(struct arena *, const struct mime_part *, const char *name);
/* A parameter of a field's value: "boundary" of Content-Type (RFC 2231 too). */
const char	*mime_param(struct arena *, struct text value, const char *name);

#endif
