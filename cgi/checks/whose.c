#include "checks/whose.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"

#define NAME_MAX_BYTES	253

struct tables {
	struct map	*names;		/* name or alias, lower case -> row; NULL = nobody has asked yet */
	struct map	*roots;		/* document root -> row */
	struct map	*users;		/* login -> row of the main domain */
};

struct whose {
	struct arena		*arena;
	const struct json	*domains;
	struct tables		*tables;
};

static void
put(struct map *map, const char *key, const struct json *row)
{
	union { const struct json *in; void *out; } keep = { row };

	if (key != NULL && key[0] != '\0' && map_get(map, key) == NULL)
		map_put(map, key, keep.out);
}

static void
add_row(struct tables *t, const struct json *row)
{
	const struct json *v;

	put(t->names, json_str(row, "ascii"), row);
	put(t->names, json_str(row, "name"), row);
	for (v = json_first(json_get(row, "aliases")); v != NULL; v = json_next(v))
		put(t->names, json_str(v, "ascii"), row);
	put(t->roots, json_str(row, "document_root"), row);
	if (json_bool(row, "main", false))
		put(t->users, json_str(row, "owner"), row);
}

/* Of 10,000 domains they are megabytes, and where no queue stands and no file is infected nobody asks. */
static const struct tables *
tables(const struct whose *w)
{
	struct tables *t = w->tables;

	if (t->names != NULL)
		return t;
	*t = (struct tables){ map_new(w->arena), map_new(w->arena), map_new(w->arena) };
	for (const struct json *v = json_first(w->domains); v != NULL; v = json_next(v))
		add_row(t, v);
	return t;
}

bool
whose_open(struct evidence *ev, struct arena *a, struct whose **ret)
{
	const struct ev_failure *why = NULL;
	const struct json *domains = NULL;
	struct whose *w;

	if (ev_has_panel(ev) && (domains = ev_fact_any(ev, "domains", NULL, &why)) == NULL && why == NULL)
		return false;
	w = arena_alloc(a, sizeof(*w));
	*w = (struct whose){ a, domains, arena_zalloc(a, sizeof(*w->tables)) };
	*ret = w;
	return true;
}

static const char *
ascii_of(const struct json *row)
{
	return row == NULL ? NULL : json_str(row, "ascii");
}

static const char *
domain_in(const struct whose *w, struct text name)
{
	char buf[NAME_MAX_BYTES + 1];
	const char *at;
	const struct json *row;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || name.n > NAME_MAX_BYTES || memchr(name.p, '\0', name.n) != NULL)
		return NULL;
	for (size_t i = 0; i < name.n; i++)
		buf[i] = (char)ascii_tolower((unsigned char)name.p[i]);
	buf[name.n] = '\0';
	for (at = buf; at != NULL; at = strchr(at, '.') == NULL ? NULL : strchr(at, '.') + 1)
		if ((row = map_get(tables(w)->names, at)) != NULL)
			return ascii_of(row);
	return NULL;
}

const char *
whose_domain(const struct whose *w, const char *name)
{
	return name == NULL ? NULL : domain_in(w, text_of(name));
}

const char *
whose_address(const struct whose *w, const char *address)
{
	const char *at = address == NULL ? NULL : strrchr(address, '@');

	return at == NULL ? NULL : domain_in(w, text_of(at + 1));
}

/* A document root at or above it; else a folder with a domain's name; else a user's home. */
const char *
whose_path(const struct whose *w, const char *path)
{
	char *up;
	struct text rest, part;
	const struct json *row;

	if (path == NULL || path[0] != '/' || strlen(path) > 4096)
		return NULL;
	up = arena_strdup(w->arena, path);
	for (char *slash = up + strlen(up); slash != NULL && slash != up; slash = strrchr(up, '/')) {
		*slash = '\0';
		if ((row = map_get(tables(w)->roots, up)) != NULL)
			return ascii_of(row);
	}
	for (rest = text_skip(text_of(path), 1); text_split(&rest, '/', &part);)
		if (memchr(part.p, '.', part.n) != NULL && part.n <= NAME_MAX_BYTES &&
		    (row = map_get(tables(w)->names, text_cstr(w->arena, part))) != NULL)
			return ascii_of(row);
	rest = text_skip(text_of(path), 1);
	if (text_split(&rest, '/', &part) && text_starts(part, "home") && text_split(&rest, '/', &part))
		return ascii_of(map_get(tables(w)->users, text_cstr(w->arena, part)));
	return NULL;
}

const char *
whose_script(const struct whose *w, const char *script)
{
	struct text rest = text_of(script), host;

	if (script == NULL || script[0] == '/')
		return whose_path(w, script);
	if (strchr(script, '/') == NULL || !text_split(&rest, '/', &host) ||
	    memchr(host.p, ':', host.n) != NULL)
		return NULL;
	return domain_in(w, host);
}

const char *
whose_site(const struct whose *w, const char *script)
{
	const char *domain = whose_script(w, script), *root, *slash;
	size_t n;

	if (domain == NULL)
		return NULL;
	if (script[0] != '/') {
		slash = strchr(script, '/');
		return arena_printf(w->arena, "%s%s", domain, slash);
	}
	root = json_str(map_get(tables(w)->names, domain), "document_root");
	n = root == NULL ? 0 : strlen(root);
	return n > 0 && strncmp(script, root, n) == 0 && script[n] == '/' ?
	    arena_printf(w->arena, "%s%s", domain, script + n) : NULL;
}

const char *
whose_account(const struct whose *w, const char *account)
{
	if (account == NULL || strchr(account, '@') != NULL)
		return whose_address(w, account);
	return ascii_of(map_get(tables(w)->users, account));
}

const char *
whose_message(const struct whose *w, const struct json *message)
{
	const char *account = json_str(message, "account"), *domain;

	if (account != NULL)
		return whose_account(w, account);
	domain = whose_script(w, json_str(message, "script"));
	return domain != NULL ? domain : whose_path(w, json_str(message, "home"));
}

const char *
whose_owner(const struct whose *w, const char *domain)
{
	return domain == NULL ? NULL : json_str(map_get(tables(w)->names, domain), "owner");
}

const char *
whose_subscription(const struct whose *w, const char *domain)
{
	const struct json *row = domain == NULL ? NULL : map_get(tables(w)->names, domain);

	return json_str(row, "subscription") != NULL ? json_str(row, "subscription") : ascii_of(row);
}

bool
whose_knows(const struct whose *w)
{
	return json_first(w->domains) != NULL;
}
