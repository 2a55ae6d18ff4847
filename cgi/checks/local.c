#include "checks/local.h"

#include <string.h>

#include "base/json.h"

static bool
is_named(const struct json *domain, const char *key, const char *name)
{
	return text_iis(text_of(json_str(domain, key)), name);
}

bool
address_is_local(const struct json *domains, const char *address)
{
	const char *at = strrchr(address, '@');
	const struct json *d, *alias;

	if (at == NULL)
		return true;
	for (d = json_first(domains); d != NULL; d = json_next(d)) {
		if (is_named(d, "ascii", at + 1) || is_named(d, "name", at + 1))
			return true;
		for (alias = json_first(json_get(d, "aliases")); alias != NULL; alias = json_next(alias))
			if (is_named(alias, "ascii", at + 1))
				return true;
	}
	return false;
}
