#ifndef ENGINE_REFLECTOR_H
#define ENGINE_REFLECTOR_H

/*
 * A message sent to us instead of pasted: each person gets an address of their
 * own, ADDRESS with "+TOKEN" (message_test in the configuration), and what
 * comes there is read from the maildir and scored as it was received.
 *
 * The token is 80 random bits, kept with the login that asked, good for a day;
 * only a message whose delivery fields carry it is ever read for that login.
 * Messages to such addresses are removed after a day; nothing else in the
 * maildir is touched.
 */

#include "engine/engine.h"

bool		 engine_reflects(const struct engine *);	/* is it configured? */

/*
 * {"address","until","arrived","arrived_at"}; renew: another address from now
 * on.  NULL: ERR_UNSUPPORTED (not configured, or no store), ERR_IO.
 */
struct json	*engine_reflector(struct engine *, struct arena *, const struct identity *, bool renew, int64_t now,
		    struct err *);

/* The newest message that came there, as `message score`.  ERR_NOT_FOUND: none has come yet. */
struct json	*engine_reflector_score(struct engine *, struct arena *, const struct identity *, const char *lang,
		    int64_t now, uint32_t time_limit_ms, struct err *);

#endif
