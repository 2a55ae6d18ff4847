#ifndef ENGINE_ACCESS_H
#define ENGINE_ACCESS_H

/*
 * Whose is what, from the panel's own accounts and domains.  One snapshot is
 * shared by all; it is at most 60 s old, and read anew for changes.  When many
 * ask for a fresh one at once, one reading that began after all of them came
 * serves them all.  While the panel is down what was known last may still be
 * looked at, never changed.
 */

#include "engine/snapshot.h"

struct access;

void		 access_free(struct access *);
void		 access_idle(struct access *);		/* wait for a reading that is under way */

/*
 * A reference to one that is new enough, or NULL.  FRESH: read after this was
 * called, for a change.  SOON: where there are threads never later than in a
 * moment; ERR_BUSY while the panel is read for the first time.
 */
enum access_age { ACCESS_SOON, ACCESS_KNOWN, ACCESS_FRESH };

struct snapshot	*access_snapshot(struct engine *, enum access_age, struct err *);
/* How many domains the last one holds; 0 = there is none. */
size_t		 access_count(struct engine *);
/* Young enough to change something by (while the panel is down older ones are handed out). */
bool		 access_recent(const struct snapshot *);

#endif
