#ifndef NET_SMTP_REPLY_H
#define NET_SMTP_REPLY_H

/* One reply of an SMTP server, RFC 5321 4.2.1.  Pure. */

#include "base/text.h"

enum smtp_reply_state { SMTP_REPLY_MORE, SMTP_REPLY_WHOLE, SMTP_REPLY_NONSENSE };

/*
 * Is there a whole reply at the beginning of what has come so far?  WHOLE: its
 * code and its length with all line ends.  NONSENSE: no reply can come of
 * this.  Lines may end with LF alone; all of them carry the same code.
 */
enum smtp_reply_state	smtp_reply_read(struct text in, int *code, size_t *length);

/* The text of each line of a whole reply in turn; false at the end. */
bool			smtp_reply_line(struct text *rest, struct text *line);

#endif
