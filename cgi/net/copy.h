#ifndef NET_COPY_H
#define NET_COPY_H

/* A request that lives by itself, in the arena of its reply. */

#include "base/arena.h"
#include "base/request.h"

void	net_request_copy(struct arena *, const struct request *, struct request *ret);

#endif
