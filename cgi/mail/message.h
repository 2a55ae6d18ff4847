#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

/*
 * An RFC 5322 message as its verifiers see it: header fields as raw octets and
 * where the body begins.  Nothing is decoded and nothing is copied: all texts
 * point into the message, which must live as long.  A line ends with CRLF or
 * with LF alone; a CR elsewhere is an octet like others.
 *
 * A line of the header that is no field (no colon, or a name with other than
 * printable US-ASCII) stays in the list without a name, so nothing selects it.
 */

#include "base/err.h"
#include "base/text.h"

#define MESSAGE_BYTES_MAX	(50u * 1024 * 1024)
#define MESSAGE_FIELDS_MAX	50000u	/* what follows is left out, and said */

#define MESSAGE_NO_FIELD	UINT32_MAX

struct message_field {
	struct text	 raw;		/* name to end of value, folding kept, last line end not */
	struct text	 name;		/* as written, without white space; n == 0: no field */
	struct text	 value;		/* all after the colon, folding kept */
	uint32_t	 above;		/* the next higher field of that name, or NO_FIELD */
};

struct message {
	const struct message_field *fields;	/* top to bottom */
	size_t		 count;
	struct text	 body;
	bool		 fields_left_out;
	struct map	*last;		/* lower-case name -> its lowest field */
};

/* Only ERR_LIMIT (more than MESSAGE_BYTES_MAX). */
bool		 message_read(struct arena *, struct text, struct message *ret, struct err *);

/* Not a message but a file of Outlook (.msg): it begins as a compound file does ([MS-CFB] 2.2). */
bool		 message_is_outlook(struct text);

/* The lowest field of that name (in any case), or NO_FIELD. */
uint32_t	 message_last(struct arena *, const struct message *, struct text name);
size_t		 message_field_count(struct arena *, const struct message *, const char *name);
/* Of one name, top to bottom; *count of them in an array. */
const struct message_field **message_fields_of(struct arena *, const struct message *,
		    const char *name, size_t *count);

/* A value without its folding: line ends removed, the white space after them kept. */
struct text	 message_unfold(struct arena *, struct text value);

#endif
