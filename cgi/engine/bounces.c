#include "engine/bounces.h"

#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "store/bounces.h"

#define ANSWER_MAX	2000	/* bytes of a receiver's answer: forms take no more */
#define RECIPIENTS_MAX	20	/* of one bounce */

bool
engine_bounces_keep(struct engine *e, struct arena *a, const char *login, const struct json *explained, int64_t now,
    size_t *kept, struct err *err)
{
	size_t n = 0;

	for (const struct json *r = json_first(json_get(explained, "recipients")); r != NULL && n < RECIPIENTS_MAX;
	    r = json_next(r)) {
		const char *action = json_str(r, "action"), *answer = json_str(r, "diagnostic");
		struct kept_bounce b = { json_str(r, "address"), json_str(r, "provider"), json_str(r, "status"),
		    json_str(r, "category"), NULL };
		size_t cut;

		if (answer == NULL || answer[0] == '\0' || json_bool(r, "another_server", false) || (action != NULL &&
		    strcmp(action, "failed") != 0 && strcmp(action, "delayed") != 0))
			continue;
		cut = strlen(answer) <= ANSWER_MAX ? strlen(answer) : ANSWER_MAX;
		while (cut > 0 && ((unsigned char)answer[cut] & 0xc0) == 0x80)	/* not within a character */
			cut--;
		b.answer = arena_strndup(a, answer, cut);
		if (!store_bounce_keep(e->setup.store, login, &b, now, err))
			return false;
		n++;
	}
	if (kept != NULL)
		*kept = n;
	return true;
}
