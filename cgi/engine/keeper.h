#ifndef ENGINE_KEEPER_H
#define ENGINE_KEEPER_H

/*
 * What `serve` does by itself, one round every few seconds: what an earlier run
 * left open is finished, what was written settles, every domain is checked
 * once a day at its own second, the server once an hour, what the panel says
 * has changed at once; changes that a second look by another way confirms are
 * told (notice.h).
 */

#include "engine/engine.h"
#include "store/notices.h"

/* All else is in the store, so a restart forgets nothing. */
struct keeper {
	int64_t	server_at;	/* when the server was checked; 0 = not yet */
	int64_t	log_at;		/* when the mail log was read on */
	bool	log_bad;	/* and could not be: it has been told */
	int64_t	asked_at;	/* when the store was asked last whose turn it is */
	int64_t	mail_at;	/* when notices may be mailed again, after that was not possible */
};

/* Everything that is due by now. */
void	keeper_round(struct engine *, struct keeper *, int64_t now);

/* Look at these (the server: NULL), and if something seems to have changed, once more. */
void	keeper_look(struct engine *, const struct look *, size_t count, bool deep, int64_t now);

/* Once a day: what each reseller is told of all his domains together. */
void	keeper_digest(struct engine *, int64_t now);

#endif
