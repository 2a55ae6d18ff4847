#include "engine/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void	put(struct json *, const char *key, const struct json *, struct arena *);

static int
by_key(const void *a, const void *b)
{
	return strcmp(json_key(*(const struct json *const *)a), json_key(*(const struct json *const *)b));
}

static void
members(struct json *into, const struct json *from, struct arena *a)
{
	size_t n = json_count(from), i = 0;
	const struct json **all = arena_array(a, n + 1, sizeof(*all));

	for (const struct json *v = json_first(from); v != NULL; v = json_next(v))
		all[i++] = v;
	qsort(all, n, sizeof(*all), by_key);
	for (i = 0; i < n; i++)
		put(into, json_key(all[i]), all[i], a);
}

static void
elements(struct json *into, const struct json *from, struct arena *a)
{
	for (const struct json *v = json_first(from); v != NULL; v = json_next(v)) {
		if (json_is_object(v))
			members(json_add_object(into), v, a);
		else if (json_is_array(v))
			elements(json_add_array(into), v, a);
		else
			json_add_copy(into, v);
	}
}

static void
put(struct json *into, const char *key, const struct json *v, struct arena *a)
{
	if (json_is_object(v))
		members(json_put_object(into, key), v, a);
	else if (json_is_array(v))
		elements(json_put_array(into, key), v, a);
	else
		json_put_copy(into, key, v);
}

const char *
json_canonical(struct arena *a, const struct json *json)
{
	struct json *sorted = json_new_object(a);

	put(sorted, "_", json, a);
	return json_print(a, json_get(sorted, "_"));
}
