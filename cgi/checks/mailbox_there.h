#ifndef CHECKS_MAILBOX_THERE_H
#define CHECKS_MAILBOX_THERE_H

#include "base/json.h"

/* Mail to the address arrives: one of the panel's rows ("mailboxes") takes it, be it a catch-all. */
bool	mailbox_there(const struct json *mailboxes, const char *address);

#endif
