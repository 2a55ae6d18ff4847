#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/map.h"
#include "base/str.h"
#include "base/yaml.h"

#define FOLDERS_DEEP	8
#define TEXT_BYTES_MAX	(256 * 1024)

struct catalog {
	struct arena	*arena;
	struct map	*langs;		/* "es" -> struct map of id -> struct words */
};

/* What is kept of a scalar; the tree it stood in is ten times as large. */
struct words {
	const char	*text;
	const char	*file;
	unsigned	 line;
};

/* --- loading ----------------------------------------------------------------------------------- */

/* Every scalar below y, whose own id is `id` ("" at the top). */
static bool
take_node(struct catalog *c, struct map *ids, const struct yaml *y, const char *id,
    const char *file, struct arena *scratch, struct err *err)
{
	const struct yaml *child;
	const struct words *other;
	struct words *words;

	if (y->kind == YAML_SCALAR && id[0] != '\0') {
		if (yaml_is_null(y))
			return yaml_err(y, err, "%s: no text", id);
		other = map_get(ids, id);
		if (other != NULL)
			return yaml_err(y, err, "%s: stands in %s:%u too", id, other->file,
			    other->line);
		words = arena_alloc(c->arena, sizeof(*words));
		words->text = arena_strdup(c->arena, y->value);
		words->file = file;
		words->line = y->line;
		map_put(ids, id, words);
		return true;
	}
	if (y->kind != YAML_MAP)
		return yaml_err(y, err, "%s%sexpected a map of texts", id, id[0] != '\0' ? ": " : "");
	for (child = y->first; child != NULL; child = child->next) {
		const char *below = id[0] == '\0' ? child->key :
		    arena_printf(scratch, "%s.%s", id, child->key);

		if (!take_node(c, ids, child, below, file, scratch, err))
			return false;
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Names in a folder in order, hidden ones left out; NULL-terminated. */
static const char **
list_folder(struct arena *a, const char *dir, struct err *err)
{
	const char **names = NULL;
	struct dirent *e;
	size_t n = 0;
	char why[128];
	DIR *d = opendir(dir);

	if (d == NULL) {
		err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", dir,
		    strerror_r(errno, why, sizeof(why)));
		return NULL;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (n % 64 == 0)
			names = arena_grow(a, names, n, n + 64, sizeof(*names));
		names[n++] = arena_strdup(a, e->d_name);
	}
	closedir(d);
	names = arena_grow(a, names, n, n + 1, sizeof(*names));
	qsort(names, n, sizeof(*names), by_name);
	return names;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
take_file(struct catalog *c, struct map *ids, const char *path, struct err *err)
{
	struct arena *scratch = arena_new();
	const struct yaml *y = yaml_load(scratch, path, err);
	bool fine = y != NULL && (yaml_is_null(y) || take_node(c, ids, y, "", path, scratch, err));

	arena_free(scratch);
	return fine;
}

static bool
take_folder(struct catalog *c, struct map *ids, const char *dir, int deep, struct err *err)
{
	const char **name = list_folder(c->arena, dir, err), *path;

	if (name == NULL)
		return false;
	for (; *name != NULL; name++) {
		path = arena_printf(c->arena, "%s/%s", dir, *name);
		if (is_folder(path)) {
			if (deep == FOLDERS_DEEP)
				return err_set(err, ERR_LIMIT, "%s: folders too deep", path);
			if (!take_folder(c, ids, path, deep + 1, err))
				return false;
			continue;
		}
		if (!text_ends(text_of(*name), ".yaml"))
			continue;
		if (!take_file(c, ids, path, err))
			return false;
	}
	return true;
}

struct catalog *
catalog_load(struct arena *a, const char *dir, struct err *err)
{
	struct catalog *c = arena_zalloc(a, sizeof(*c));
	const char **lang = list_folder(a, dir, err), *path;
	struct map *ids;

	if (lang == NULL)
		return NULL;
	c->arena = a;
	c->langs = map_new(a);
	for (; *lang != NULL; lang++) {
		path = arena_printf(a, "%s/%s", dir, *lang);
		if (!is_folder(path))
			continue;
		ids = map_new(a);
		map_put(c->langs, *lang, ids);
		if (!take_folder(c, ids, path, 0, err))
			return NULL;
	}
	return c;
}

void
catalog_prefer(struct catalog *c, const char *panel)
{
	const char *prefix = arena_printf(c->arena, "on.%s.", panel), *id;
	size_t n = strlen(prefix), i, k;
	struct words *words;
	struct map *ids;

	for (i = 0; (ids = map_at(c->langs, i, NULL)) != NULL; i++) {
		for (k = 0; (words = map_at(ids, k, &id)) != NULL; k++)
			if (strncmp(id, prefix, n) == 0)
				map_put(ids, id + n, words);
	}
}

/* --- choosing a language ----------------------------------------------------------------------- */

static const char *
find_lang(const struct catalog *c, struct text tag)
{
	const char *name;
	size_t i;

	for (i = 0; map_at(c->langs, i, &name) != NULL; i++) {
		if (text_iis(tag, name))
			return name;
	}
	return NULL;
}

bool
catalog_has_lang(const struct catalog *c, const char *lang)
{
	return lang != NULL && map_get(c->langs, lang) != NULL;
}

/* RFC 4647 3.4: the tag, then the tag less its last part, and so on. */
static const char *
look_up(const struct catalog *c, struct text tag)
{
	const char *found;

	for (;;) {
		found = find_lang(c, tag);
		if (found != NULL)
			return found;
		while (tag.n > 0 && tag.p[tag.n - 1] != '-' && tag.p[tag.n - 1] != '_')
			tag.n--;
		if (tag.n == 0)
			return NULL;
		tag.n--;
	}
}

/* RFC 9110 12.4.2, in thousandths; what is no weight counts as 0. */
static int
weight(struct text params)
{
	struct text param, digits;
	int q, place = 100;

	while (text_split(&params, ';', &param)) {
		param = text_trim(param);
		if (!text_istarts(param, "q="))
			continue;
		digits = text_skip(param, 2);
		if (digits.n == 0 || (digits.p[0] != '0' && digits.p[0] != '1'))
			return 0;
		q = (digits.p[0] - '0') * 1000;
		for (digits = text_skip(digits, 2); digits.n > 0; digits = text_skip(digits, 1)) {
			if (!ascii_isdigit((unsigned char)digits.p[0]))
				return 0;
			q += (digits.p[0] - '0') * place;
			place /= 10;
		}
		return q > 1000 ? 1000 : q;
	}
	return 1000;
}

const char *
catalog_pick(const struct catalog *c, const char *accept)
{
	const char *best = "en", *found;
	struct text rest = text_of(accept), item, tag, locale;
	int best_weight = 0, w;

	while (text_split(&rest, ',', &item)) {
		if (!text_split(&item, ';', &tag))
			continue;
		tag = text_trim(tag);
		locale = tag;
		if (!text_split(&locale, '.', &tag))	/* es_ES.UTF-8 */
			continue;
		w = weight(item);
		if (w <= best_weight)
			continue;
		found = text_is(tag, "*") ? "en" : look_up(c, tag);
		if (found != NULL) {
			best = found;
			best_weight = w;
		}
	}
	return best;
}

/* --- texts ------------------------------------------------------------------------------------- */

static const char *
value_named(const struct catalog_value *values, size_t count, struct text name)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (text_is(name, values[i].name))
			return values[i].value != NULL ? values[i].value : "";
	}
	return NULL;
}

static const char *
find(const struct catalog *c, const char *lang, const char *id)
{
	const struct words *words;

	if (lang == NULL || id == NULL)
		return NULL;
	words = map_get(map_get(c->langs, lang), id);
	return words == NULL ? NULL : words->text;
}

/* The form of a plural; English, Spanish and their kin have two. */
static const char *
find_form(const struct catalog *c, const char *lang, const char *id, const char *form)
{
	struct arena *a = arena_new();
	const char *s = find(c, lang, arena_printf(a, "%s.%s", id, form));

	arena_free(a);
	return s;
}

const char *
catalog_raw(const struct catalog *c, const char *lang, const char *id)
{
	const char *s = find(c, lang, id);

	return s != NULL || id == NULL ? s : find_form(c, lang, id, "other");
}

/* The name between braces at the start of t: "{name}"; false = no such thing. */
static bool
placeholder(struct text t, struct text *name)
{
	size_t n = 1;

	while (n < t.n && (ascii_isalnum((unsigned char)t.p[n]) || t.p[n] == '_' ||
	    t.p[n] == '-' || t.p[n] == '.'))
		n++;
	if (n == 1 || n >= t.n || t.p[n] != '}')
		return false;
	*name = text_head(text_skip(t, 1), n - 1);
	return true;
}

static const char *
fill(struct arena *a, const char *raw, const struct catalog_value *values, size_t count)
{
	struct str out;
	struct text t, name;
	const char *value;
	size_t n;

	if (strpbrk(raw, "{}") == NULL)
		return raw;
	out = str_in(a, TEXT_BYTES_MAX);
	for (t = text_of(raw); t.n > 0; t = text_skip(t, n)) {
		if (text_starts(t, "{{") || text_starts(t, "}}")) {
			str_addc(&out, t.p[0]);
			n = 2;
		} else if (t.p[0] == '{' && placeholder(t, &name)) {
			value = value_named(values, count, name);
			n = name.n + 2;
			str_addt(&out, value != NULL ? text_of(value) : text_head(t, n));
		} else {
			n = 1 + strcspn(t.p + 1, "{}");
			str_addt(&out, text_head(t, n));
		}
	}
	return out.p;
}

const char *
catalog_text(const struct catalog *c, struct arena *a, const char *lang, const char *id,
    const struct catalog_value *values, size_t count)
{
	const char *raw = find(c, lang, id), *number;

	if (raw == NULL) {
		number = value_named(values, count, TEXT("count"));
		if (number != NULL && strcmp(number, "1") == 0)
			raw = find_form(c, lang, id, "one");
		if (raw == NULL)
			raw = find_form(c, lang, id, "other");
	}
	return raw == NULL ? id : fill(a, raw, values, count);
}

void
catalog_each(const struct catalog *c, const char *lang,
    void (*fn)(void *ctx, const char *id, const char *text), void *ctx)
{
	const struct map *ids = lang == NULL ? NULL : map_get(c->langs, lang);
	const struct words *words;
	const char *id;
	size_t i;

	for (i = 0; (words = map_at(ids, i, &id)) != NULL; i++)
		fn(ctx, id, words->text);
}
