#ifndef ENGINE_SNDS_H
#define ENGINE_SNDS_H

/* Microsoft's view of our addresses beside what was sent.  For administrators: it is the whole server's. */

#include "engine/engine.h"

#define SNDS_BYTES_MAX	(8 * 1024 * 1024)
#define SNDS_DAYS	90

/* {"imported":n,"skipped":n}; ERR_SYNTAX or ERR_LIMIT: nothing was taken in. */
struct json	*engine_snds_import(struct engine *, struct arena *, struct text csv, struct err *);

/*
 * {"imported_at":time|null,"days":[{"day","filter":worst of its addresses,"bad":bool,"traps":n,
 *  "addresses":[rows of tools/snds.h],"sent":n|null,"top":[{"who":"mailbox|user|script","name","messages"}]}]},
 * latest first.  bad: yellow, red, or a trap was hit; top: of bad days, who sent most then.
 * sent: messages of the day by the mail log, null where it was not read.
 */
struct json	*engine_snds(struct engine *, struct arena *, struct err *);

#endif
