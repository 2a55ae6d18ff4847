#ifndef NET_SECRET_H
#define NET_SECRET_H

/*
 * Secrets for one change (a new mailbox password), by the name under which a
 * request speaks of them.  Wiped when dropped; never logged.
 */

#include "base/text.h"

struct secrets;

struct secrets	*secrets_new(void);
void		 secrets_free(struct secrets *);
void		 secret_put(struct secrets *, const char *ref, struct text secret);
void		 secret_drop(struct secrets *, const char *ref);
/* False = no such secret; the text lives until it is dropped. */
bool		 secret_get(const struct secrets *, const char *ref, struct text *ret);

#define SECRET_RANDOM_MAX	24
/* One that nobody knows, and that any format can hold; it lives in buf. */
struct text	 secret_random(char buf[SECRET_RANDOM_MAX]);

#endif
