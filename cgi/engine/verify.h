#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

/*
 * Is it so now?  The panel is read anew, and every authoritative server asked
 * for each record set.
 */

#include "engine/write.h"

enum seen { SEEN_OK, SEEN_DIFFERS, SEEN_UNKNOWN };

struct verification {
	enum seen	 panel;
	bool		 readable;	/* false: nothing in it can be read back by its nature */
	bool		 records;	/* there are record sets in it, or the panel writes some because of it */
	bool		 late;		/* of the latter one that the panel has not written yet */
	size_t		 ok, old, silent;	/* servers */
	struct json	*name_servers;	/* [{"server","address","state"}] */
};

void	changes_verify(struct engine *, struct arena *, const struct change *, size_t count,
	    struct verification *ret);

#endif
