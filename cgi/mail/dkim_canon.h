#ifndef MAIL_DKIM_CANON_H
#define MAIL_DKIM_CANON_H

/*
 * Canonicalisation, RFC 6376 3.4.  Line ends may be CRLF or LF alone; CRLF comes
 * out.  A CR that no LF follows is an octet like others.
 *
 * The body is a stream: however it is cut, the same octets come out.  What
 * comes out goes to a sink, in pieces of any size.
 */

#include "mail/message.h"

enum canon { CANON_SIMPLE, CANON_RELAXED };

struct canon_sink {
	void	(*put)(void *ctx, const char *p, size_t n);
	void	*ctx;
};

/* A field with its CRLF. */
void	canon_field(enum canon, const struct message_field *, struct canon_sink);

/*
 * The field that holds the signature: what `hole` covers (the octets of b='s
 * value, within field->value) is left out, and so is the last CRLF (3.7).
 */
void	canon_signature(enum canon, const struct message_field *, struct text hole,
	    struct canon_sink);

struct canon_body {
	enum canon		 canon;
	struct canon_sink	 sink;
	uint64_t		 breaks;	/* line ends held back: they may be the last */
	bool			 cr;		/* a CR held back: LF may follow */
	bool			 blank;		/* relaxed: white space held back */
	bool			 any;		/* something has come out */
	uint64_t		 bytes;		/* octets that came out */
	size_t			 n;
	char			 buf[4096];
};

void	canon_body_init(struct canon_body *, enum canon, struct canon_sink);
void	canon_body_add(struct canon_body *, struct text);
/* After this `bytes` is the length of the whole canonical body. */
void	canon_body_end(struct canon_body *);

#endif
