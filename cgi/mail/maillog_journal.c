#include <string.h>

#include "base/arena.h"
#include "mail/maillog.h"
#include "mail/maillog_parts.h"

#define MESSAGE_MAX	65536

/* A text, or its bytes one by one where they are no UTF-8. */
static struct text
message_of(struct arena *a, const struct json *v)
{
	size_t n = json_count(v), i = 0;
	char *bytes;

	if (json_value_str(v) != NULL)
		return text_of(json_value_str(v));
	if (!json_is_array(v) || n > MESSAGE_MAX)
		return (struct text){ NULL, 0 };
	bytes = arena_alloc(a, n + 1);
	for (const struct json *one = json_first(v); one != NULL; one = json_next(one))
		bytes[i++] = (char)(unsigned char)json_value_int(one, '?');
	return (struct text){ bytes, i };
}

bool
maillog_read_journal(struct arena *a, struct text entry, struct maillog_line *ret)
{
	struct err err;
	const struct json *j = json_parse(a, entry, &err);
	struct text message = message_of(a, json_get(j, "MESSAGE"));
	const char *at = json_str(j, "__REALTIME_TIMESTAMP"), *name = json_str(j, "SYSLOG_IDENTIFIER");
	uint64_t us;

	memset(ret, 0, sizeof(*ret));
	ret->uid = -1;
	if (message.p == NULL || at == NULL || name == NULL || !text_uint(text_of(at), INT64_MAX, &us))
		return false;
	ret->at = (int64_t)(us / 1000000);
	maillog_read_program(text_of(name), message, ret);
	return true;
}
