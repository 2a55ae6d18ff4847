#ifndef FIXES_DMARC_RUA_H
#define FIXES_DMARC_RUA_H

#include "fixes/fix.h"

/* The parameter rua as a mailto: URI; n 0 = not given.  false = cannot go on, or refused. */
bool	plan_rua(struct plan_run *, struct text *ret);

#endif
