#ifndef WEB_ACCESS_H
#define WEB_ACCESS_H

/* Who is there, by the rules of the socket (contract, Identity). */

#include "web/page.h"

/* Fills x->who, x->role and x->lang; false = nobody we know (401). */
bool	access_identify(struct exchange *);

/* The language before we know who is there. */
const char	*access_language(const struct exchange *, const char *claimed);

#endif
