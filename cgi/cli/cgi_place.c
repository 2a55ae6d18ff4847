#include "cli/cgi_place.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define TOKEN		"/cpsess"
#define TOKEN_MAX	64
#define ROUTE		"route="
#define PLACE_MAX	16384

bool
cgi_token_ok(const char *token)
{
	size_t n = strlen(TOKEN);

	if (token == NULL || strncmp(token, TOKEN, n) != 0 || token[n] == '\0' || strlen(token) > TOKEN_MAX)
		return false;
	while (ascii_isdigit((unsigned char)token[n]))
		n++;
	return token[n] == '\0';
}

/* "/cpsess1/a" without "/cpsess1". */
static struct text
less_token(struct text t, const char *token)
{
	struct text rest;

	if (token == NULL || !text_starts(t, token))
		return t;
	rest = text_skip(t, strlen(token));
	return rest.n == 0 || rest.p[0] == '/' ? rest : t;
}

/* %XX decoded once; false when malformed or with a NUL in it. */
static bool
decode(struct text t, struct str *out)
{
	for (size_t i = 0; i < t.n; i++) {
		int c = (unsigned char)t.p[i], high, low;

		if (c == '%') {
			if (t.n - i < 3 || (high = ascii_hex((unsigned char)t.p[i + 1])) < 0 ||
			    (low = ascii_hex((unsigned char)t.p[i + 2])) < 0)
				return false;
			c = high << 4 | low;
			i += 2;
		}
		if (c == '\0')
			return false;
		str_addc(out, (char)c);
	}
	return str_ok(out);
}

static void
encode(struct str *out, struct text t)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
			str_addc(out, (char)c);
			continue;
		}
		str_addc(out, '%');
		str_addc(out, digits[c >> 4]);
		str_addc(out, digits[c & 15]);
	}
}

static bool
read_route(struct arena *a, struct text query, struct cgi_place *ret)
{
	struct str path = str_in(a, PLACE_MAX);
	struct text route;

	query = text_skip(query, strlen(ROUTE));
	route = query;
	for (size_t i = 0; i < query.n; i++)
		if (query.p[i] == '&') {
			route = text_head(query, i);
			break;
		}
	if (!decode(route, &path) || path.p[0] != '/')
		return false;
	ret->routed = true;
	/* As in a link, so encoded as a path is: the backend decodes it, once more. */
	ret->path = NULL;
	ret->uri = arena_printf(a, "%s%s", ret->mount, path.p);
	ret->query = text_cstr(a, text_skip(query, route.n < query.n ? route.n + 1 : route.n));
	return true;
}

bool
cgi_place(struct arena *a, const struct cgi_env *env, struct cgi_place *ret)
{
	const char *token = cgi_token_ok(env->token) ? env->token : "";
	struct text script = less_token(text_of(env->script_name), token), uri = less_token(text_of(env->request_uri), token);
	struct text query = text_of(env->query);
	size_t at;

	if (text_find(uri, TEXT("?"), &at))
		uri = text_head(uri, at);
	*ret = (struct cgi_place){
		.mount = arena_printf(a, "%s%.*s", token, (int)script.n, script.p),
		.path = env->path_info != NULL && env->path_info[0] != '\0' ? env->path_info : NULL,
		.uri = arena_printf(a, "%s%.*s", token, (int)uri.n, uri.p),
		.query = text_cstr(a, query),
	};
	return text_starts(query, ROUTE) ? read_route(a, query, ret) : true;
}

/* MOUNT/journal/7?x -> MOUNT?route=%2Fjournal%2F7&x; NULL = it leads elsewhere. */
static const char *
routed_link(struct arena *a, const struct cgi_place *place, struct text link)
{
	struct str out = str_in(a, PLACE_MAX);
	struct text path, query = { "", 0 };
	size_t at;

	if (!text_starts(link, place->mount))
		return NULL;
	path = text_skip(link, strlen(place->mount));
	if (path.n > 0 && path.p[0] != '/' && path.p[0] != '?')
		return NULL;
	if (text_find(path, TEXT("?"), &at)) {
		query = text_skip(path, at + 1);
		path = text_head(path, at);
	}
	str_add(&out, place->mount);
	str_add(&out, "?" ROUTE);
	if (path.n == 0)
		path = TEXT("/");
	encode(&out, path);
	if (query.n > 0) {
		str_addc(&out, '&');
		str_addt(&out, query);
	}
	return str_ok(&out) ? out.p : NULL;
}

struct text
cgi_head(struct arena *a, const struct cgi_place *place, struct text head)
{
	struct str out = str_in(a, head.n + 4 * PLACE_MAX);
	struct text rest = head;

	while (rest.n > 0) {
		struct text line = rest;
		const char *link;
		size_t at;

		if (text_find(rest, TEXT("\r\n"), &at)) {
			line = text_head(rest, at);
			rest = text_skip(rest, at + 2);
		} else
			rest.n = 0;
		if (out.n > 0)
			str_add(&out, "\r\n");
		if (text_istarts(line, "Location:") &&
		    (link = routed_link(a, place, text_trim(text_skip(line, strlen("Location:"))))) != NULL) {
			str_add(&out, "Location: ");
			str_add(&out, link);
		} else
			str_addt(&out, line);
	}
	return str_ok(&out) ? str_text(&out) : head;
}
