#ifndef BASE_JSON_BYTES_H
#define BASE_JSON_BYTES_H

/*
 * Bytes in JSON without loss: a string when they are UTF-8 without NUL, else
 * {"b64":"..."}.  text_show()'s form, which json_put_text writes, is for people
 * and cannot be turned back.
 */

#include "base/json.h"

void		 json_put_bytes(struct json *, const char *key, struct text);
void		 json_add_bytes(struct json *, struct text);
/* *ret lives in the arena.  False: neither of the two forms. */
bool		 json_bytes(struct arena *, const struct json *value, struct text *ret);

#endif
