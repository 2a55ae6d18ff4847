#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/map.h"
#include "engine/identity.h"
#include "web/face.h"
#include "web/kept.h"

#define STATIC_BYTES_MAX	(1024 * 1024)
#define KEY_BYTES_MAX		4096
#define KEPT_BYTES_MAX		(2 * 1024 * 1024)
#define PAGES_PREFIX		"pages."

static const char *const languages[] = { "en", "es" };

/* Markup made by us, by the name under which a template may draw it. */
static const char *const raw_names[] = { "main", "guide_html", NULL };

static const struct { const char *ending, *type; } types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".txt", "text/plain; charset=utf-8" },
};

/* --- words -------------------------------------------------------------------------------------- */

struct gathering {
	struct face	*face;
	struct arena	*scratch;
	const char	*lang;
};

/* pages.PAGE.NAME -> the page's map. */
static void
gather(void *ctx, const char *id, const char *text)
{
	struct gathering *g = ctx;
	struct arena *a = g->face->arena;
	struct text rest = text_of(id), page;
	struct face_word *word;
	struct str escaped;
	const char *key;
	struct map *words;

	if (!text_starts(rest, PAGES_PREFIX))
		return;
	rest = text_skip(rest, strlen(PAGES_PREFIX));
	if (!text_split(&rest, '.', &page) || rest.n == 0)
		return;
	key = arena_printf(g->scratch, "%s/%.*s", g->lang, (int)page.n, page.p);
	words = map_get(g->face->words, key);
	if (words == NULL) {
		words = map_new(a);
		map_put(g->face->words, key, words);
	}
	escaped = str_in(g->scratch, 6 * strlen(text));
	html_escape(&escaped, text_of(text));
	word = arena_zalloc(a, sizeof(*word));
	word->raw = text;		/* the catalogue lives as long */
	word->escaped = strcmp(escaped.p, text) == 0 ? text_of(text) : text_dup(a, str_text(&escaped));
	map_put(words, text_cstr(g->scratch, rest), word);
}

/* "a" + b + "c" in a buffer; false = does not fit. */
static bool
join(char *buf, size_t size, const char *a, const char *b, const char *c)
{
	size_t na = strlen(a), nb = strlen(b), nc = strlen(c);

	if (na + nb + nc >= size)
		return false;
	memcpy(buf, a, na);
	memcpy(buf + na, b, nb);
	memcpy(buf + na + nb, c, nc + 1);
	return true;
}

static const struct map *
words_of(const struct face *f, const char *lang, const char *page)
{
	char key[128];

	return join(key, sizeof(key), lang, "/", page) ? map_get(f->words, key) : NULL;
}

struct mustache_words
face_words(const struct face *f, const char *lang, const char *page)
{
	return (struct mustache_words){ words_of(f, lang, page), words_of(f, lang, "common") };
}

const char *
face_word(const struct face *f, const char *lang, const char *group, const char *word)
{
	const struct map *common = words_of(f, lang, "common");
	const struct face_word *found;
	char key[128];

	if (common == NULL || !join(key, sizeof(key), group, ".", word))
		return NULL;
	found = map_get(common, key);
	return found == NULL ? NULL : found->raw;
}

/* --- static files ------------------------------------------------------------------------------- */

static const char *
type_of(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_ends(text_of(name), types[i].ending))
			return types[i].type;
	return NULL;
}

static const char *
digest(struct arena *a, struct text t)
{
	unsigned char mac[MAC_BYTES];

	identity_mac(TEXT("static"), t, mac);
	return arena_printf(a, "%02x%02x%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5], mac[6], mac[7]);
}

static bool
load_files(struct face *f, const char *dir, struct err *err)
{
	struct str all = str_in(f->arena, 64 * 1024);
	struct dirent *entry;
	DIR *d = opendir(dir);
	bool ok = true;

	if (d == NULL)
		return err_set(err, ERR_IO, "%s: cannot be read", dir);
	while (ok && (entry = readdir(d)) != NULL) {
		struct static_file *file;
		const char *type = type_of(entry->d_name), *sum;

		if (entry->d_name[0] == '.' || type == NULL)
			continue;
		file = arena_zalloc(f->arena, sizeof(*file));
		file->content_type = type;
		ok = file_read(f->arena, arena_printf(f->arena, "%s/%s", dir, entry->d_name),
		    STATIC_BYTES_MAX, &file->body, err);
		if (!ok)
			break;
		sum = digest(f->arena, file->body);
		file->etag = arena_printf(f->arena, "\"%s\"", sum);
		map_put(f->files, entry->d_name, file);
		str_add(&all, sum);
	}
	closedir(d);
	f->version = digest(f->arena, str_text(&all));
	return ok;
}

/* --- all of it ---------------------------------------------------------------------------------- */

static bool
load_key(struct face *f, const char *path, struct err *err)
{
	if (path == NULL || path[0] == '\0')
		return err_set(err, ERR_VALUE, "identity_key_file is not set");
	if (!file_read_secret(f->arena, path, true, KEY_BYTES_MAX, &f->key, err))
		return false;
	if (f->key.n < IDENTITY_KEY_MIN)
		return err_set(err, ERR_VALUE, "%s: shorter than %d bytes", path, IDENTITY_KEY_MIN);
	return true;
}

static const struct catalog *
read_words(struct arena *a, const struct web_config *config, struct err *err)
{
	struct catalog *c = catalog_load(a, arena_printf(a, "%s/lang", config->templates), err);

	if (c != NULL)
		catalog_prefer(c, config->panel_kind);
	return c;
}

struct face *
face_load(const struct web_config *config, const struct catalog *catalog, struct err *err)
{
	struct arena *a = arena_new();
	struct face *f = arena_zalloc(a, sizeof(*f));
	const char *dir = config->templates;

	f->arena = a;
	f->users = 1;
	f->words = map_new(a);
	f->files = map_new(a);
	f->kept = kept_new(a, KEPT_BYTES_MAX);
	f->templates = mustache_set_new(a, raw_names);
	f->catalog = catalog != NULL ? catalog : read_words(a, config, err);
	if (f->catalog == NULL || !load_key(f, config->identity_key_file, err) ||
	    !mustache_load(f->templates, arena_printf(a, "%s/pages", dir), err) ||
	    !load_files(f, arena_printf(a, "%s/static", dir), err)) {
		arena_free(a);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (catalog_has_lang(f->catalog, languages[i])) {
			struct gathering g = { f, arena_new(), languages[i] };

			catalog_each(f->catalog, languages[i], gather, &g);
			arena_free(g.scratch);
		}
	return f;
}

void
face_drop(struct face *f)
{
	if (f != NULL && atomic_fetch_sub(&f->users, 1) == 1)
		arena_free(f->arena);
}
