#ifndef ENGINE_TOOLS_SCORE_H
#define ENGINE_TOOLS_SCORE_H

/* `message score`, for the command, the page and the reflector. */

#include "engine/tools.h"

struct score_input {
	const struct spf_eval_input *spf;	/* who delivered it; NULL = nobody said; its helo NULL = not known */
	bool	 received;	/* it came to a mailbox here: what our server wrote on top is believed */
};

/*
 * The contract's answer; NULL only for ERR_LIMIT and ERR_VALUE.  Without `spf`
 * the sending address is taken from the topmost Received when a server with one
 * of our addresses wrote it, else from nowhere.
 */
struct json	*engine_message_score(struct engine *, struct arena *, const char *lang, struct text message,
		    const struct score_input *, uint32_t time_limit_ms, struct err *);

#endif
