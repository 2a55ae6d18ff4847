/*
 * Which keys Rspamd signs a domain with (its module dkim_signing): the file of
 *
 *	domain { cust.example { path = "..."; selector = "..."; } }
 *	domain { cust.example { selectors [ { path = ...; selector = ...; } ] } }
 *	path = "/var/lib/rspamd/dkim/$domain.$selector.key"; selector = "dkim";
 *
 * in that order, and whatever lies in the usual folder.  Keys in Redis, in a
 * vault or by maps are not looked for; that is said.
 */

#include <string.h>

#include "helper/dkim.h"

#define CONF_MAX	(1024UL * 1024)
#define DEPTH_MAX	8

static const char signer[] = "rspamd", folder[] = "/var/lib/rspamd/dkim";

static bool
is_key_place(const char *path)
{
	return (strncmp(path, "/var/lib/rspamd/", 16) == 0 || strncmp(path, "/etc/rspamd/", 12) == 0 ||
	    strncmp(path, "/etc/dkimkeys/", 14) == 0) && strstr(path, "/.") == NULL;
}

/* The next word, string or sign of "{}[];=:,"; remarks are passed over. */
static bool
next_token(struct text *rest, struct text *token)
{
	size_t n;

	for (;;) {
		while (rest->n > 0 && ascii_isspace((unsigned char)rest->p[0]))
			*rest = text_skip(*rest, 1);
		if (rest->n == 0)
			return false;
		if (rest->p[0] != '#')
			break;
		for (n = 0; n < rest->n && rest->p[n] != '\n'; n++)
			;
		*rest = text_skip(*rest, n);
	}
	if (rest->p[0] == '"' || rest->p[0] == '\'') {
		for (n = 1; n < rest->n && rest->p[n] != rest->p[0]; n++)
			;
		*token = text_head(text_skip(*rest, 1), n - 1);
		*rest = text_skip(*rest, n + (n < rest->n));
		return true;
	}
	for (n = 0; n < rest->n && !ascii_isspace((unsigned char)rest->p[n]) && strchr("{}[];=,#\"'", rest->p[n]) == NULL; n++)
		;
	n += n == 0;
	*token = text_head(*rest, n);
	*rest = text_skip(*rest, n);
	return true;
}

struct conf {
	struct dkim_keys	*keys;
	const char		*path, *selector;	/* for every domain */
	bool			 elsewhere;		/* keys where we do not look */
	const char		*at[DEPTH_MAX];		/* names of the blocks that are open; "" = none */
	const char		*block_path[DEPTH_MAX], *block_selector[DEPTH_MAX];
};

static void
add(struct conf *c, const char *path, const char *selector)
{
	struct arena *a = c->keys->call->arena;

	if (path == NULL || selector == NULL || !dkim_wants(c->keys, selector))
		return;
	path = dkim_put(a, dkim_put(a, path, "$domain", c->keys->domain), "$selector", selector);
	if (is_key_place(path))
		dkim_add_key(c->keys, signer, selector, path);
	else
		dkim_add_unread(c->keys, signer);
}

static bool
is_ours(const struct conf *c, size_t depth)
{
	return depth >= 2 && strcmp(c->at[1], "domain") == 0 && text_iis(text_of(c->at[2]), c->keys->domain);
}

static void
value(struct conf *c, size_t depth, const char *key, struct text is)
{
	static const char *const places[] = { "use_redis", "use_vault", "path_map", "selector_map", "signing_table",
	    "key_table" };
	const char *text = text_cstr(c->keys->call->arena, is);

	if (strcmp(key, "path") == 0)
		*(depth == 0 ? &c->path : &c->block_path[depth]) = text;
	else if (strcmp(key, "selector") == 0)
		*(depth == 0 ? &c->selector : &c->block_selector[depth]) = text;
	for (size_t i = 0; depth == 0 && i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(key, places[i]) == 0 && !text_is(is, "false"))
			c->elsewhere = true;
}

static void
conf_read(struct conf *c, struct text text)
{
	struct arena *a = c->keys->call->arena;
	const char *word = "", *key = NULL;
	struct text token;
	size_t depth = 0;

	while (next_token(&text, &token)) {
		bool sign = token.n == 1;

		if (sign && (token.p[0] == '{' || token.p[0] == '[')) {
			if (++depth == DEPTH_MAX)
				return;
			c->at[depth] = key != NULL ? key : word;
			c->block_path[depth] = c->block_selector[depth] = NULL;
			word = "";
			key = NULL;
		} else if (sign && (token.p[0] == '}' || token.p[0] == ']')) {
			if (depth == 0)
				return;
			if (is_ours(c, depth))
				add(c, c->block_path[depth] != NULL ? c->block_path[depth] : c->path,
				    c->block_selector[depth] != NULL ? c->block_selector[depth] : depth == 2 &&
				    c->block_path[depth] != NULL ? c->selector : NULL);
			depth--;
			word = "";
			key = NULL;
		} else if (sign && token.p[0] == '=')
			key = word;
		else if (sign && (token.p[0] == ';' || token.p[0] == ',')) {
			word = "";
			key = NULL;
		} else if (key != NULL) {
			value(c, depth, key, token);
			key = NULL;
			word = "";
		} else if (word[0] != '\0' && (strcmp(word, "path") == 0 || strcmp(word, "selector") == 0)) {
			value(c, depth, word, token);
			word = "";
		} else
			word = text_cstr(a, text_ends(token, ":") ? text_head(token, token.n - 1) : token);
	}
}

/* What the usual folder holds of the domain. */
static void
in_folder(struct dkim_keys *k)
{
	struct arena *a = k->call->arena;
	const char *prefix = arena_printf(a, "%s.", k->domain), **names;
	size_t count, i;

	names = list_folder(a, k->call->helper->root, folder, 10000, &count);
	for (i = 0; i < count; i++) {
		size_t n = strlen(names[i]), head = strlen(prefix);
		const char *selector;

		if (strncmp(names[i], prefix, head) != 0 || n < head + 5 || strcmp(names[i] + n - 4, ".key") != 0)
			continue;
		selector = arena_strndup(a, names[i] + head, n - head - 4);
		if (dkim_wants(k, selector))
			dkim_add_key(k, signer, selector, arena_printf(a, "%s/%s", folder, names[i]));
	}
}

void
rspamd_keys(struct dkim_keys *k)
{
	static const char *const files[] = { "/etc/rspamd/override.d/dkim_signing.conf",
	    "/etc/rspamd/local.d/dkim_signing.conf" };
	struct conf c = { .keys = k };
	size_t before = k->count;
	struct text text;
	struct err err;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (read_file(k->call->arena, k->call->helper->root, files[i], CONF_MAX, &text, &err))
			conf_read(&c, text);
	if (k->count == before && c.selector != NULL && c.path != NULL &&
	    exists(k->call->helper->root, dkim_put(k->call->arena, dkim_put(k->call->arena, c.path, "$domain", k->domain),
	    "$selector", c.selector)))
		add(&c, c.path, c.selector);
	in_folder(k);
	if (k->count == before && c.elsewhere)
		dkim_add_unread(k, signer);
}
