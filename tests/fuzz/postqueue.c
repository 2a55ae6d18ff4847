/* What senders have put into the queue: postqueue -j, then postcat's text. */

#include <stdint.h>

#include "base/arena.h"
#include "mail/postqueue.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	struct arena *a = arena_new();
	struct json *rows = json_new_array(a), *row = json_new_object(a);

	if (postqueue_parse(a, text, 8, rows) < json_count(rows))
		__builtin_trap();
	postcat_parse(a, text, row);
	arena_free(a);
	return 0;
}
