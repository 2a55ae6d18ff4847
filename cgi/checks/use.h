#ifndef CHECKS_USE_H
#define CHECKS_USE_H

/*
 * How a domain is used, which decides what can be wrong with it.  Each returns
 * false when it cannot go on (evidence.h).
 */

#include "checks/check.h"

/* Neither sends nor receives: no usable MX, no mailbox. */
bool	domain_is_parked(struct run *, bool *ret);

/* Mail of the domain leaves from this server (as far as the panel says). */
bool	domain_sends_here(struct run *, bool *ret);

#endif
