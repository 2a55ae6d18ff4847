#ifndef CHECKS_SENDING_H
#define CHECKS_SENDING_H

/*
 * The addresses that mail really leaves from: what the person or the
 * configuration says, else what the panel knows; private ones by their public
 * address.  Each returns false when it cannot go on (evidence.h).
 */

#include "checks/check.h"

/* All sending addresses of this server; *count 0 = nobody knows any. */
bool	server_sending(struct run *, const struct ip **ret, size_t *count);

/* Every address of this server, whether mail leaves from it or only arrives. */
bool	server_addresses(struct run *, const struct ip **ret, size_t *count);

/* Those of the run's domain (dedicated address, outgoing mode). */
bool	domain_sending(struct run *, const struct ip **ret, size_t *count);

#endif
