#ifndef NET_SMTP_H
#define NET_SMTP_H

/*
 * Greeting mail servers: connect, read the greeting, EHLO, STARTTLS where
 * wanted, QUIT.  Never MAIL FROM.  RFC 5321 3.1, 4.1.1.1; RFC 3207.
 */

#include "base/arena.h"
#include "base/request.h"
#include "net/loop.h"

struct smtp;

typedef void	(*smtp_fn)(void *ctx, struct reply *);

struct smtp	*smtp_new(struct loop *, const char *tls_ca_file, bool allow_private,
		    struct err *);
void		 smtp_free(struct smtp *);	/* open ones are dropped silently */

/* The request must live until `done`, which is called once, from the loop.
 * False: it was not begun, and `done` will not be called. */
bool		 smtp_greet(struct smtp *, struct arena *, const struct request_smtp *,
		    smtp_fn done, void *ctx, struct err *);

uint64_t	 smtp_sent(const struct smtp *);

#endif
