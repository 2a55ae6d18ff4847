#include "engine/copy.h"

#include <string.h>

#include "base/arena.h"
#include "mail/spf.h"

#define COPY_TTL_S	3600	/* where the record set had none yet */

static bool
has_value(const struct json *state, const char *value)
{
	const struct json *v;

	for (v = json_first(json_get(state, "values")); v != NULL; v = json_next(v))
		if (strcmp(json_value_str(v), value) == 0)
			return true;
	return false;
}

static void
copy_one(struct json *into, struct arena *a, const struct change *c, const char *value)
{
	int64_t ttl = json_int(c->after, "ttl", COPY_TTL_S);
	struct json *split;
	const char *rdata = value;

	json_put_str(into, "name", c->name);
	json_put_str(into, "type", rrtype_word(c->type));
	json_put_int(into, "ttl", ttl);
	json_put_str(into, "value", value);
	split = json_put_array(into, "value_split");
	if (c->type == RR_TXT) {
		size_t count, i;
		const struct text *parts = spf_split(a, text_of(value), &count);

		for (i = 0; i < count; i++)
			json_add_text(split, parts[i]);
		rdata = spf_bind(a, text_of(value));
	} else {
		json_add_str(split, value);
		/* In a zone file a name without the final dot is relative. */
		if (c->type == RR_MX || c->type == RR_CNAME || c->type == RR_NS)
			rdata = arena_printf(a, "%s%s", value,
			    value[0] != '\0' && value[strlen(value) - 1] == '.' ? "" : ".");
	}
	json_put_str(into, "bind", arena_printf(a, "%s. %lld IN %s %s", c->name, (long long)ttl,
	    rrtype_word(c->type), rdata));
}

void
copy_add(struct json *array, struct arena *a, const struct change *c)
{
	const struct json *v;

	/* What stays as it is needs no copying. */
	for (v = json_first(json_get(c->after, "values")); v != NULL; v = json_next(v))
		if (!has_value(c->before, json_value_str(v)))
			copy_one(json_add_object(array), a, c, json_value_str(v));
}

void
copy_add_removed(struct json *array, struct arena *a, const struct change *c)
{
	const struct json *v;

	(void)a;
	for (v = json_first(json_get(c->before, "values")); v != NULL; v = json_next(v)) {
		struct json *one;

		if (has_value(c->after, json_value_str(v)))
			continue;
		one = json_add_object(array);
		json_put_str(one, "name", c->name);
		json_put_str(one, "type", rrtype_word(c->type));
		json_put_str(one, "value", json_value_str(v));
	}
}
