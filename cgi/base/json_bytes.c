#include "base/arena.h"
#include "base/code.h"
#include "base/json_bytes.h"

static bool
is_string(struct text t)
{
	uint32_t c;
	size_t n;

	for (; t.n > 0; t = text_skip(t, n)) {
		n = text_utf8(t, &c);
		if (n == 0 || c == 0)
			return false;
	}
	return true;
}

static void
put_b64(struct json *o, struct text t)
{
	struct arena *scratch = arena_new();

	json_put_str(o, "b64", base64_encode(scratch, t));
	arena_free(scratch);
}

void
json_put_bytes(struct json *o, const char *key, struct text t)
{
	if (is_string(t))
		json_put_text(o, key, t);
	else
		put_b64(json_put_object(o, key), t);
}

void
json_add_bytes(struct json *l, struct text t)
{
	if (is_string(t))
		json_add_text(l, t);
	else
		put_b64(json_add_object(l), t);
}

bool
json_bytes(struct arena *a, const struct json *v, struct text *ret)
{
	const char *b64 = json_str(v, "b64");

	if (json_is_str(v)) {
		*ret = text_dup(a, text_of(json_value_str(v)));
		return true;
	}
	return b64 != NULL && json_count(v) == 1 && base64_decode(a, text_of(b64), ret);
}
