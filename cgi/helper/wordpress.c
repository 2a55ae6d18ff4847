/*
 * WordPress sites of one customer, as their files tell, read as the customer:
 *
 *	wordpress-read FOLDER	input: the marks of mail/wordpress.h as JSON
 *
 * a line for each site,
 *	{"path":"blog","version","package","auto_update":bool|null,
 *	 "plugins":[{"slug","title","version"}],"themes":[...],
 *	 "signs":[{"sign","file"}],"sign_count":n,"files":n,"unread":n,"whole":bool}
 * and one at the end: {"sites":n,"whole":bool}.  path: below the folder, "" =
 * itself; file: below the site.  whole false: something could not be read, or
 * there was too much; what is told is true, what is not told is not known.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "helper/helper.h"
#include "helper/tree.h"
#include "mail/wordpress.h"

#define TIME_MAX_MS	9000	/* the engine waits 20 s for all it asks */
#define SITES_MAX	25
#define SITE_DEPTH	4	/* folders below the document root that a site is looked for in */
#define FOLDERS_MAX	4000	/* that are looked into for it */
#define CODE_DEPTH	24
#define FILES_MAX	40000	/* of one site */
#define FILE_MAX	(4UL * 1024 * 1024)
#define IMAGE_HEAD	4096
#define PARTS_MAX	500	/* plugins, or themes */
#define SIGNS_MAX	100

struct look {
	struct arena		*arena;
	struct tree		 tree;
	struct wp_marks		 marks;
	char			*buf;		/* FILE_MAX */
	int64_t			 end_ms;
	/* the site at hand */
	const char		*site;		/* "" or "blog" */
	struct json		*row, *signs;
	size_t			 files, unread, sign_count;
	bool			 whole;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *
joined(struct arena *a, const char *folder, const char *name)
{
	return folder[0] == '\0' ? name : arena_printf(a, "%s/%s", folder, name);
}

/* --- signs ------------------------------------------------------------------------------------------- */

static void
add_sign(struct look *l, const char *sign, const char *file)
{
	struct json *one;

	if (sign == NULL || l->sign_count++ >= SIGNS_MAX)
		return;
	one = json_add_object(l->signs);
	json_put_str(one, "sign", sign);
	json_put_text(one, "file", text_of(file));
}

enum file_kind { FILE_OTHER, FILE_PHP, FILE_IMAGE, FILE_WORDS };

static enum file_kind
kind_of(const char *name)
{
	static const struct { const char *end; enum file_kind kind; } ends[] = {
		{ ".php", FILE_PHP }, { ".phtml", FILE_PHP }, { ".pht", FILE_PHP }, { ".inc", FILE_PHP },
		{ ".php3", FILE_PHP }, { ".php4", FILE_PHP }, { ".php5", FILE_PHP }, { ".php7", FILE_PHP },
		{ ".php8", FILE_PHP }, { ".ico", FILE_IMAGE }, { ".png", FILE_IMAGE }, { ".jpg", FILE_IMAGE },
		{ ".jpeg", FILE_IMAGE }, { ".gif", FILE_IMAGE }, { "style.css", FILE_WORDS },
		{ "readme.txt", FILE_WORDS },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (text_iends(text_of(name), ends[i].end))
			return ends[i].kind;
	return FILE_OTHER;
}

static const char *
sign_of(struct look *l, struct arena *a, enum file_kind kind, struct text text, bool uploads)
{
	const char *sign;

	if (kind == FILE_IMAGE)
		return wp_sign_of_image(text);
	if (kind == FILE_WORDS)
		return wp_sign_of_text(a, &l->marks, text);
	sign = wp_sign_of_php(a, &l->marks, text);
	return sign == NULL && uploads && wp_has_code(text) ? "code_in_uploads" : sign;
}

static void
look_at_file(struct look *l, const char *file, const char *name, bool uploads)
{
	enum file_kind kind = kind_of(name);
	const char *known = wp_sign_of_name(&l->marks, name);
	struct arena *a;
	struct text text;
	bool all;

	add_sign(l, known, file);
	/* Pictures that people upload are many, and nothing runs them. */
	if (known != NULL || kind == FILE_OTHER || (uploads && kind == FILE_IMAGE && !text_iends(text_of(name), ".ico")))
		return;
	a = arena_new();
	if (!tree_read(&l->tree, joined(a, l->site, file), l->buf, kind == FILE_IMAGE ? IMAGE_HEAD : FILE_MAX, &text,
	    &all)) {
		l->unread++;
		l->whole = false;
	} else {
		l->whole = l->whole && (all || kind == FILE_IMAGE);
		add_sign(l, sign_of(l, a, kind, text, uploads), file);
	}
	arena_free(a);
}

static bool
is_spent(struct look *l)
{
	if (l->files < FILES_MAX && now_ms() < l->end_ms)
		return false;
	l->whole = false;
	return true;
}

/* A folder of the site and, depth > 0, those in it. */
static void
look_into(struct look *l, const char *folder, int depth, bool uploads)
{
	struct arena *a = arena_new();
	struct tree_entry *v;
	size_t n, i;
	const char *whole = joined(a, l->site, folder), *place;

	if (!tree_list(a, &l->tree, folder[0] == '\0' ? l->site : whole, &v, &n)) {
		l->unread += n == 0;
		l->whole = false;
	}
	for (i = 0; i < n && !is_spent(l); i++) {
		place = joined(a, folder, v[i].name);
		if (strlen(l->site) + strlen(place) + 1 > TREE_PATH_MAX || (v[i].folder && depth == 1)) {
			l->unread++;
			l->whole = false;
		} else if (!v[i].folder) {
			l->files++;
			look_at_file(l, place, v[i].name, uploads);
		} else if (depth > 1)
			look_into(l, place, depth - 1, uploads);
	}
	arena_free(a);
}

/* --- plugins, themes, versions -------------------------------------------------------------------------- */

static bool
head_of(struct look *l, const char *file, struct text *ret)
{
	bool all;

	return tree_read(&l->tree, joined(l->arena, l->site, file), l->buf, WP_HEAD_BYTES, ret, &all);
}

static bool
add_part(struct look *l, struct json *list, const char *slug, const char *file, const char *field)
{
	struct text head;
	const char *title;
	struct json *one;

	if (json_count(list) >= PARTS_MAX || !head_of(l, file, &head) || (title = wp_field(l->arena, head, field)) == NULL)
		return false;
	one = json_add_object(list);
	json_put_text(one, "slug", text_of(slug));
	json_put_str(one, "title", title);
	json_put_str(one, "version", wp_field(l->arena, head, "Version"));
	return true;
}

/* The first file of the folder that says what it is. */
static void
add_plugin(struct look *l, struct json *list, const char *slug)
{
	const char *folder = arena_printf(l->arena, "wp-content/plugins/%s", slug);
	const char *named = arena_printf(l->arena, "%s/%s.php", folder, slug);
	struct tree_entry *v;
	size_t n, i;

	if (add_part(l, list, slug, named, "Plugin Name"))
		return;
	tree_list(l->arena, &l->tree, joined(l->arena, l->site, folder), &v, &n);
	for (i = 0; i < n; i++)
		if (!v[i].folder && text_iends(text_of(v[i].name), ".php") &&
		    add_part(l, list, slug, joined(l->arena, folder, v[i].name), "Plugin Name"))
			return;
}

static void
add_plugins(struct look *l)
{
	struct json *list = json_put_array(l->row, "plugins");
	struct tree_entry *v;
	size_t n, i, len;

	tree_list(l->arena, &l->tree, joined(l->arena, l->site, "wp-content/plugins"), &v, &n);
	for (i = 0; i < n && !is_spent(l); i++) {
		len = strlen(v[i].name);
		if (v[i].folder)
			add_plugin(l, list, v[i].name);
		else if (text_iends(text_of(v[i].name), ".php") && strcmp(v[i].name, "index.php") != 0)
			add_part(l, list, arena_strndup(l->arena, v[i].name, len - 4),
			    arena_printf(l->arena, "wp-content/plugins/%s", v[i].name), "Plugin Name");
	}
}

static void
add_themes(struct look *l)
{
	struct json *list = json_put_array(l->row, "themes");
	struct tree_entry *v;
	size_t n, i;

	tree_list(l->arena, &l->tree, joined(l->arena, l->site, "wp-content/themes"), &v, &n);
	for (i = 0; i < n; i++)
		if (v[i].folder)
			add_part(l, list, v[i].name, arena_printf(l->arena, "wp-content/themes/%s/style.css", v[i].name),
			    "Theme Name");
}

/* wp-config.php may stand one folder above as well, but no other site's. */
static void
put_auto_update(struct look *l)
{
	const char *above = strrchr(l->site, '/');
	const char *folder = above == NULL ? "" : arena_strndup(l->arena, l->site, (size_t)(above - l->site));
	struct text text;
	bool all, there;
	int is = -1;

	there = tree_read(&l->tree, joined(l->arena, l->site, "wp-config.php"), l->buf, FILE_MAX, &text, &all);
	if (!there && l->site[0] != '\0' && !tree_read(&l->tree, joined(l->arena, folder, "wp-settings.php"), l->buf, 1,
	    &text, &all))
		there = tree_read(&l->tree, joined(l->arena, folder, "wp-config.php"), l->buf, FILE_MAX, &text, &all);
	if (there)
		is = wp_auto_update(text);
	if (is < 0)
		json_put_null(l->row, "auto_update");
	else
		json_put_bool(l->row, "auto_update", is == 1);
}

/* --- one site, and where they are ------------------------------------------------------------------------- */

/* What harms most first: where time runs out the rest is not looked at. */
static void
look_for_signs(struct look *l)
{
	static const struct { const char *folder; int depth; bool uploads; } places[] = {
		{ "", 0, false }, { "wp-content", 0, false }, { "wp-content/mu-plugins", CODE_DEPTH, false },
		{ "wp-content/themes", CODE_DEPTH, false }, { "wp-content/plugins", CODE_DEPTH, false },
		{ "wp-content/uploads", CODE_DEPTH, true }, { "wp-admin", CODE_DEPTH, false },
		{ "wp-includes", CODE_DEPTH, false },
	};
	struct tree_entry *v;
	size_t n;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *folder = places[i].folder, *slash = strrchr(folder, '/');
		const char *in = slash == NULL ? "" : arena_strndup(l->arena, folder, (size_t)(slash - folder));
		bool there = folder[0] == '\0';

		/* One that is not there, or is a link, is no failure. */
		if (!there && tree_list(l->arena, &l->tree, in[0] == '\0' ? l->site : joined(l->arena, l->site, in), &v, &n))
			for (size_t j = 0; j < n; j++)
				there = there || (v[j].folder && strcmp(v[j].name, slash == NULL ? folder : slash + 1) == 0);
		if (there)
			look_into(l, folder, places[i].depth, places[i].uploads);
	}
}

static bool
look_at_site(struct look *l, const char *site, struct str *out)
{
	const char *version, *package;
	struct text php;
	bool all;

	l->site = site;
	if (!tree_read(&l->tree, joined(l->arena, site, "wp-includes/version.php"), l->buf, WP_HEAD_BYTES, &php, &all) ||
	    !wp_version(l->arena, php, &version, &package))
		return false;
	l->files = l->unread = l->sign_count = 0;
	l->whole = true;
	l->row = json_new_object(l->arena);
	json_put_text(l->row, "path", text_of(site));
	json_put_str(l->row, "version", version);
	json_put_str(l->row, "package", package);
	put_auto_update(l);
	add_plugins(l);
	add_themes(l);
	l->signs = json_put_array(l->row, "signs");
	look_for_signs(l);
	json_put_int(l->row, "sign_count", (int64_t)l->sign_count);
	json_put_int(l->row, "files", (int64_t)l->files);
	json_put_int(l->row, "unread", (int64_t)l->unread);
	json_put_bool(l->row, "whole", l->whole);
	str_addf(out, "%s\n", json_print(l->arena, l->row));
	return true;
}

static bool
may_hold_site(const char *name)
{
	static const char *const never[] = { "wp-content", "wp-includes", "wp-admin", "node_modules", "vendor",
	    "cgi-bin" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strcmp(name, never[i]) == 0)
			return false;
	return name[0] != '.';
}

struct folder { const char *path; int depth; };

/* Those nearest to the top first. */
static void
look_for_sites(struct look *l, struct str *out)
{
	struct folder *queue = arena_array(l->arena, FOLDERS_MAX, sizeof(*queue));
	size_t first = 0, last = 1, sites = 0;
	struct json *end = json_new_object(l->arena);
	bool whole = true;

	queue[0] = (struct folder){ "", 0 };
	for (; first < last; first++) {
		struct folder *f = &queue[first];
		struct tree_entry *v;
		size_t n, i;

		if (sites == SITES_MAX || now_ms() >= l->end_ms) {
			whole = false;
			break;
		}
		sites += look_at_site(l, f->path, out);
		if (f->depth == SITE_DEPTH)
			continue;
		whole &= tree_list(l->arena, &l->tree, f->path, &v, &n);
		for (i = 0; i < n; i++) {
			const char *path = joined(l->arena, f->path, v[i].name);

			if (!v[i].folder || !may_hold_site(v[i].name))
				continue;
			if (last == FOLDERS_MAX || strlen(path) > TREE_PATH_MAX / 2)
				whole = false;
			else
				queue[last++] = (struct folder){ path, f->depth + 1 };
		}
	}
	json_put_int(end, "sites", (int64_t)sites);
	json_put_bool(end, "whole", whole);
	str_addf(out, "%s\n", json_print(l->arena, end));
}

bool
verb_wordpress_read(struct verb_call *c, struct err *err)
{
	struct look l = { .arena = c->arena, .end_ms = now_ms() + TIME_MAX_MS };
	struct str out = str_in(c->arena, HELPER_OUT_MAX);
	const struct json *marks = json_parse(c->arena, c->input, err);

	if (marks == NULL || !wp_marks_read(c->arena, marks, &l.marks, err) ||
	    !tree_enter(c->helper, c->args[0], &l.tree, err))
		return false;
	l.buf = arena_alloc(c->arena, FILE_MAX);
	look_for_sites(&l, &out);
	c->reply->status = 0;
	c->reply->out = str_text(&out);
	return str_ok(&out) || err_set(err, ERR_LIMIT, "too many sites");
}
