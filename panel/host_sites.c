/*
 * WordPress sites of a domain by their files, where no toolkit keeps a list, and
 * the signs of pirated copies, which no toolkit tells.  The helper reads them as
 * the customer (helper/wordpress.c).  Which versions there are to be had the
 * files do not say: `available` is null.
 */

#include <string.h>

#include "base/arena.h"
#include "evidence/evidence.h"
#include "mail/data.h"
#include "panel/host.h"

static const char *
marks_of(struct arena *a, const struct data *data)
{
	struct json *marks = json_new_object(a), *names = json_put_array(marks, "names");
	struct json *texts = json_put_array(marks, "texts");

	for (size_t i = 0; data != NULL && i < data->wordpress.names.count; i++)
		json_add_str(names, data->wordpress.names.v[i]);
	for (size_t i = 0; data != NULL && i < data->wordpress.texts.count; i++)
		json_add_str(texts, data->wordpress.texts.v[i]);
	return json_print(a, marks);
}

bool
host_site_is_anothers(const struct json *domains, const char *domain, const char *root, const char *place)
{
	size_t n = strlen(root), m;

	for (const struct json *v = json_first(domains); v != NULL; v = json_next(v)) {
		const char *other = json_str(v, "document_root"), *name = json_str(v, "ascii");

		m = other == NULL ? 0 : strlen(other);
		if (m > n && name != NULL && strcmp(name, domain) != 0 && strncmp(place, other, m) == 0 &&
		    (place[m] == '\0' || place[m] == '/'))
			return true;
	}
	return false;
}

const char *
host_site_path(struct arena *a, const char *root, const char *path)
{
	static const char *const homes[] = { "/httpdocs", "/public_html" };

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (text_ends(text_of(root), homes[i]))
			return path[0] == '\0' ? homes[i] : arena_printf(a, "%s/%s", homes[i], path);
	return arena_printf(a, "/%s", path);
}

static void
put_parts(struct json *row, const char *key, const struct json *parts)
{
	struct json *list = json_put_array(row, key);

	for (const struct json *v = json_first(parts); v != NULL; v = json_next(v)) {
		struct json *one;

		if (json_str(v, "slug") == NULL)
			continue;
		one = json_add_object(list);
		json_put_str(one, "slug", json_str(v, "slug"));
		json_put_str(one, "title", json_str(v, "title"));
		json_put_str(one, "version", json_str(v, "version"));
		json_put_null(one, "available");
		json_put_null(one, "vulnerable");
	}
}

static void
add_site(struct json *list, struct arena *a, const struct json *site, const struct json *domain, const char *root,
    const char *place)
{
	struct json *row = json_add_object(list), *signs;

	json_put_str(row, "source", "disk");
	json_put_str(row, "path", host_site_path(a, root, json_str(site, "path")));
	json_put_str(row, "folder", place);
	json_put_null(row, "url");
	json_put_str(row, "domain", json_str(domain, "ascii"));
	json_put_str(row, "owner", json_str(domain, "owner"));
	json_put_str(row, "version", json_str(site, "version"));
	json_put_null(row, "available");
	put_parts(row, "plugins", json_get(site, "plugins"));
	put_parts(row, "themes", json_get(site, "themes"));
	if (json_tristate(site, "auto_update") < 0)
		json_put_null(row, "auto_update");
	else
		json_put_bool(row, "auto_update", json_tristate(site, "auto_update") == 1);
	signs = json_put_array(row, "signs");
	for (const struct json *v = json_first(json_get(site, "signs")); v != NULL; v = json_next(v))
		if (json_str(v, "sign") != NULL && json_str(v, "file") != NULL)
			json_add_copy(signs, v);
	json_put_bool(row, "whole", json_bool(site, "whole", false));
}

static const struct json *
read_sites(struct evidence *ev, struct arena *a, struct text out, const struct json *domain, const char *root)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *row, *last = NULL;
	struct json *list = json_new_array(a);
	struct text line;
	struct err err;

	if (domains == NULL)
		return NULL;
	while (text_line(&out, &line)) {
		const char *path, *place;

		if ((row = json_parse(a, line, &err)) == NULL)
			continue;
		last = row;
		path = json_str(row, "path");
		if (path == NULL || json_str(row, "version") == NULL)
			continue;
		place = path[0] == '\0' ? root : arena_printf(a, "%s/%s", root, path);
		if (!host_site_is_anothers(domains, json_str(domain, "ascii"), root, place))
			add_site(list, a, row, domain, root, place);
	}
	/* Folders that were not looked into may hold sites. */
	if (json_count(list) == 0 && !json_bool(last, "whole", false)) {
		ev_fail(ev, "web sites on disk", "cut", "not every folder was looked into");
		return NULL;
	}
	return list;
}

const struct json *
host_sites(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct request r = { .kind = REQUEST_VERB };
	const char **args = arena_array(evidence_arena(ev), 1, sizeof(*args)), *root;
	const struct json *domain = NULL;
	const struct reply *reply;

	if (arg == NULL || params == NULL || !params->local) {
		ev_fail(ev, "web sites on disk", err_word(ERR_UNSUPPORTED), "only on the machine itself, for one domain");
		return NULL;
	}
	if (!ev_fact_member(ev, "domains", NULL, arg, &domain))
		return NULL;
	root = json_str(domain, "document_root");
	if (root == NULL && json_tristate(domain, "hosting") != 0) {
		ev_fail(ev, "web sites on disk", err_word(ERR_UNSUPPORTED), "where its files are is not told");
		return NULL;
	}
	if (root == NULL)
		return json_new_array(a);
	args[0] = arena_strdup(evidence_arena(ev), root);
	r.u.verb.verb = "wordpress-read";
	r.u.verb.args = args;
	r.u.verb.arg_count = 1;
	r.u.verb.input = text_of(marks_of(evidence_arena(ev), params->data));
	if ((reply = ev_call(ev, &r)) == NULL)
		return NULL;
	if (reply->err.code == ERR_NOT_FOUND)
		return json_new_array(a);
	if (reply->err.code != ERR_NONE) {
		ev_fail(ev, "web sites on disk", err_word(reply->err.code), reply->err.text);
		return NULL;
	}
	return read_sites(ev, a, reply->u.verb.out, domain, root);
}
