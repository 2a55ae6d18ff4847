#ifndef NET_LOG_FILE_H
#define NET_LOG_FILE_H

/*
 * The mail log that the configuration names, read from here where this user may
 * (group adm): answers as the helper's verb mail-log-read does (base/follow.h).
 */

#include "base/request.h"

/* false: it may not be read, somebody else must.  Else ret is set; what cannot be done is its err. */
bool	log_file_read(struct arena *, const char *path, const struct request_verb *, int64_t now, struct reply *ret);

#endif
