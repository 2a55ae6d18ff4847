#ifndef NET_MAIL_H
#define NET_MAIL_H

/* One message handed to the own mail server, by SMTP. */

#include "base/addr.h"
#include "base/err.h"

/*
 * Blocks for ten seconds at the most; any thread.  `message` has its header and CRLF at line ends.
 * ERR_VALUE: refused for good; any other error: later perhaps.
 */
bool	mail_send(struct endpoint server, const char *from, const char *to, struct text message, struct err *);

#endif
