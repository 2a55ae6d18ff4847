#ifndef ENGINE_MAILING_H
#define ENGINE_MAILING_H

/*
 * Notices by mail, where the configuration says from whom (notices.from): what is new for somebody in one
 * message, to the address that the panel has of him and in his language, at most one an hour; what comes
 * meanwhile waits for the next.  Those of the server go to the administrators, where none has an
 * address to the postmaster.  The own mail server takes them; while it does not, they wait.
 */

#include "engine/engine.h"

/* The keeper's, once per round.  false = try again later. */
bool	mail_notices(struct engine *, int64_t now);

#endif
