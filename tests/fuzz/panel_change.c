/* Changes from JSON: what is accepted survives the way back and its own inverse. */

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "panel/panel.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct json *in = json_parse(a, (struct text){ (const char *)data, size }, NULL), *out, *again;
	struct change c, d;
	struct err err;

	if (in != NULL && change_from_json(a, in, &c, &err)) {
		out = json_new_object(a);
		change_to_json(out, &c);
		if (!change_from_json(a, out, &d, &err))
			abort();
		again = json_new_object(a);
		change_to_json(again, &d);
		if (!json_eq(out, again) || !change_state_eq(&c, c.before, d.before))
			abort();
		d = change_inverse(&c);
		d = change_inverse(&d);
		if (d.before != c.before || d.after != c.after)
			abort();
	}
	arena_free(a);
	return 0;
}
