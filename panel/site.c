#include "panel/site.h"

#include <string.h>

#include "base/arena.h"
#include "evidence/evidence.h"

const struct json *
site_find(struct arena *a, const struct json *sites, const char *object)
{
	for (const struct json *v = json_first(sites); v != NULL; v = json_next(v)) {
		const char *domain = json_str(v, "domain"), *path = json_str(v, "path");

		if (domain == NULL || path == NULL)
			continue;
		if (strcmp(object, arena_printf(a, "%s%s%s", domain, *path == '/' ? "" : "/", path)) == 0)
			return v;
	}
	return NULL;
}

static void
put_versions(struct json *state, const char *key, const struct json *parts)
{
	struct json *o = json_put_object(state, key);

	for (const struct json *v = json_first(parts); v != NULL; v = json_next(v))
		if (json_str(v, "slug") != NULL && json_str(v, "version") != NULL)
			json_put_str(o, json_str(v, "slug"), json_str(v, "version"));
}

bool
site_state_versions(struct evidence *ev, struct arena *a, const struct json *sites, const char *object,
    const struct json **ret)
{
	const struct json *site = site_find(a, sites, object);
	struct json *state;

	if (sites == NULL)
		return false;
	if (site == NULL) {
		ev_fail(ev, "panel sites", "not_found", "there is no such site");
		return false;
	}
	state = json_new_object(a);
	json_put_str(state, "core", json_str(site, "version"));
	put_versions(state, "plugins", json_get(site, "plugins"));
	put_versions(state, "themes", json_get(site, "themes"));
	*ret = state;
	return true;
}

/* A version is not older than another: numbers part by part. */
static bool
not_older(const char *is, const char *than)
{
	struct text a = text_of(is), b = text_of(than), x, y;
	uint64_t m, n;

	while (text_split(&a, '.', &x) && text_split(&b, '.', &y)) {
		if (!text_uint(x, UINT32_MAX, &m) || !text_uint(y, UINT32_MAX, &n))
			return true;
		if (m != n)
			return m > n;
	}
	return true;
}

bool
site_goes_back(const struct change *c)
{
	static const char *const keys[] = { "plugins", "themes" };
	const char *was = json_str(c->before, "core"), *will = json_str(c->after, "core");
	const struct json *v;

	if (was != NULL && will != NULL && !not_older(will, was))
		return true;
	for (size_t i = 0; i < 2; i++)
		for (v = json_first(json_get(c->after, keys[i])); v != NULL; v = json_next(v)) {
			const char *before = json_str(json_get(c->before, keys[i]), json_key(v));

			if (before != NULL && json_value_str(v) != NULL &&
			    !not_older(json_value_str(v), before))
				return true;
		}
	return false;
}
