/*
 * Queue listings, `postqueue -j`, `exim -bp`, and what postcat prints: a good
 * message after any bytes is found, and the groups add up to the messages.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/exim_queue.h"
#include "mail/postqueue.h"
#include "mail/queue_groups.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW	1764007200

static bool
has_id(const struct json *list, const char *id)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		if (strcmp(json_str(v, "id"), id) == 0)
			return true;
	return false;
}

static struct text
with(struct arena *a, const uint8_t *data, size_t size, const char *good)
{
	struct str s = str_in(a, size + 1000);

	str_addt(&s, (struct text){ (const char *)data, size });
	str_add(&s, good);
	return str_text(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct json *postfix = json_new_array(a), *exim = json_new_array(a);
	struct queue_groups *g;
	size_t senders = 0;

	if (size > 65536) {
		arena_free(a);
		return 0;
	}
	postqueue_parse(a, with(a, data, size, "\n{\"queue_name\":\"active\",\"queue_id\":\"4GOODONE\",\"sender\":\"\"}\n"),
	    1000000, postfix);
	exim_queue_parse(a, with(a, data, size, "\n\n25m  2.9K 0tGOOD-0000c8-00 <>\n          a@b.example\n"), NOW, 1000000,
	    exim);
	if (!has_id(postfix, "4GOODONE") || !has_id(exim, "0tGOOD-0000c8-00"))
		abort();
	postcat_parse(a, (struct text){ (const char *)data, size }, json_edit_first(postfix));
	postcat_header(a, (struct text){ (const char *)data, size });
	g = queue_group(a, NULL, postfix);
	for (size_t i = 0; i < g->count; i++)
		senders += g->v[i].by == QUEUE_BY_SENDER ? g->v[i].count : 0;
	if (!g->more && senders != g->messages)
		abort();
	arena_free(a);
	return 0;
}
