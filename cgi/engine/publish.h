#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

/*
 * Some settings make the panel itself write a record, a little later: switching
 * a domain's signing on publishes its key.  Such a change is not seen by the
 * world before the name servers have that record, whatever the panel says.
 */

#include "engine/engine.h"
#include "panel/panel.h"

enum publishes {
	PUBLISHES_NOTHING,	/* no such setting, or its zone is not the panel's to serve */
	PUBLISHES_LATER,	/* the panel has not written it yet */
	PUBLISHES_RECORD,
};

struct publication {
	enum publishes	 state;
	struct name	 zone, name;	/* LATER and RECORD */
	struct change	 record;	/* RECORD: a record set whose `after` is what the panel's zone holds */
};

/* Restartable: false = on its way.  What cannot be found out publishes nothing. */
bool	change_publishes(struct evidence *, struct arena *, const struct rules *, const struct change *,
	    struct publication *ret);

#endif
