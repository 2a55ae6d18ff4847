/*
 * A CGI program's environment and a backend's head, one a line: script, path,
 * URI, query, token, then the head.  What comes out ends no line, leads below the mount
 * only, and a route that was made is read back as it was.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/cgi_place.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
read_back(struct arena *a, const struct cgi_env *env, const struct cgi_place *place)
{
	const char *link = arena_printf(a, "Location: %s", place->uri), *query, *end;
	struct text head = cgi_head(a, place, text_of(link));
	struct cgi_place again;
	struct cgi_env next = *env;

	query = strchr(text_cstr(a, head), '?');
	if (query == NULL || strncmp(query, "?route=", 7) != 0)
		return;			/* elsewhere */
	end = query + 1;
	next.query = end;
	if (!cgi_place(a, &next, &again) || strcmp(again.uri, place->uri) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text rest = { (const char *)data, size }, line;
	const char *words[5] = { NULL };
	struct cgi_place place;
	struct cgi_env env;

	for (size_t i = 0; i < 5 && text_split(&rest, '\n', &line); i++)
		words[i] = line.n == 0 ? NULL : text_cstr(a, line);
	env = (struct cgi_env){ words[0], words[1], words[2], words[3], words[4] };
	if (cgi_place(a, &env, &place)) {
		struct text head = cgi_head(a, &place, rest);

		if (head.n > 0 && head.p == NULL)
			abort();
		if (place.routed && strchr(place.uri, '?') == NULL && strpbrk(place.uri, "\r\n") == NULL &&
		    strlen(place.uri) > strlen(place.mount) && strpbrk(place.mount, "?\r\n") == NULL)
			read_back(a, &env, &place);
	}
	arena_free(a);
	return 0;
}
