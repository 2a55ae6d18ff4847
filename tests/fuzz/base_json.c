/* JSON: what is accepted prints to the same value; recordings are read from it. */

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/request.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Numbers beyond what a double holds print as null, and only they may differ. */
static bool
has_infinity(const struct json *v)
{
	const struct json *m;

	if (json_is_number(v))
		return json_value_double(v, 0) - json_value_double(v, 0) != 0;
	for (m = json_first(v); m != NULL; m = json_next(m)) {
		if (has_infinity(m))
			return true;
	}
	return false;
}

static void
fuzz_answer(struct arena *a, const struct json *v)
{
	struct dns_answer d;
	struct json *one, *two;

	if (!dns_answer_from_json(a, v, &d, NULL))
		return;
	one = json_new_object(a);
	dns_answer_to_json(one, &d);
	assert(dns_answer_from_json(a, one, &d, NULL));
	two = json_new_object(a);
	dns_answer_to_json(two, &d);
	assert(json_eq(one, two));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct request http = { .kind = REQUEST_HTTP };
	struct arena *a = arena_new();
	struct json *v, *again;
	struct reply reply;
	struct err err;

	v = json_parse(a, (struct text){ (const char *)data, size }, &err);
	if (v == NULL) {
		assert(err.text[0] != '\0');
	} else {
		if (!has_infinity(v)) {
			again = json_parse(a, text_of(json_print(a, v)), &err);
			assert(again != NULL && json_eq(v, again));
			again = json_parse(a, text_of(json_print_pretty(a, v)), &err);
			assert(again != NULL && json_eq(v, again));
		}
		assert(json_eq(v, json_copy(a, v)) || has_infinity(v));
		fuzz_answer(a, v);
		(void)reply_from_json(a, v, &http, &reply, NULL);
	}
	arena_free(a);
	return 0;
}
