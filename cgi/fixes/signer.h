#ifndef FIXES_SIGNER_H
#define FIXES_SIGNER_H

/*
 * How a milter that signs is set up, as commands for this server: Rspamd where
 * it is there already, else OpenDKIM as the distribution packages it.
 */

#include "fixes/distribution.h"

/* false = cannot go on. */
bool	signer_commands(struct plan_run *, const char *domain, const char *selector, const char **ret);

#endif
