#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/map.h"
#include "base/yaml.h"

#define FILE_MAX	(8 * 1024 * 1024)

/* A document being built; `open` are the collections we are in, outermost first. */
struct build {
	struct arena	*a;
	const char	*file;
	struct err	*err;
	struct yaml	*root;
	size_t		 nodes;
	int		 depth;
	bool		 done;			/* the document has ended */
	struct {
		struct yaml	*node, *last;	/* last child */
		struct map	*keys;		/* of a map: those seen */
		const char	*key;		/* of a map: waits for its value */
		unsigned	 key_line, key_column;
	} open[YAML_DEPTH_MAX];
};

static bool
err_at(const char *file, unsigned line, unsigned column, struct err *err, enum err_code code,
    const char *text)
{
	return err_set(err, code, "%.200s:%u:%u: %s", file, line, column, text);
}

static bool
wrong(struct build *b, yaml_mark_t mark, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool
wrong(struct build *b, yaml_mark_t mark, enum err_code code, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(b->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1, b->err, code,
	    text);
}

/* --- building ---------------------------------------------------------------------------------- */

/* A new node at its place in the tree; NULL = err says why not. */
static struct yaml *
place(struct build *b, yaml_mark_t mark, enum yaml_kind kind)
{
	struct yaml *y, *parent;

	if (++b->nodes > YAML_NODES_MAX) {
		wrong(b, mark, ERR_LIMIT, "more than %d values", YAML_NODES_MAX);
		return NULL;
	}
	y = arena_zalloc(b->a, sizeof(*y));
	y->kind = kind;
	y->line = y->key_line = (unsigned)mark.line + 1;
	y->column = y->key_column = (unsigned)mark.column + 1;
	y->file = b->file;
	if (b->depth == 0) {
		b->root = y;
		return y;
	}
	parent = b->open[b->depth - 1].node;
	if (parent->kind == YAML_MAP) {
		y->key = b->open[b->depth - 1].key;
		y->key_line = b->open[b->depth - 1].key_line;
		y->key_column = b->open[b->depth - 1].key_column;
		b->open[b->depth - 1].key = NULL;
	}
	if (b->open[b->depth - 1].last == NULL)
		parent->first = y;
	else
		b->open[b->depth - 1].last->next = y;
	b->open[b->depth - 1].last = y;
	parent->count++;
	return y;
}

static bool
wants_key(const struct build *b)
{
	return b->depth > 0 && b->open[b->depth - 1].node->kind == YAML_MAP &&
	    b->open[b->depth - 1].key == NULL;
}

static bool
take_key(struct build *b, yaml_mark_t mark, const char *key)
{
	struct map *keys = b->open[b->depth - 1].keys;

	if (map_get(keys, key) != NULL)
		return wrong(b, mark, ERR_SYNTAX, "the key \"%.100s\" stands twice", key);
	map_put(keys, key, b);
	b->open[b->depth - 1].key = key;
	b->open[b->depth - 1].key_line = (unsigned)mark.line + 1;
	b->open[b->depth - 1].key_column = (unsigned)mark.column + 1;
	return true;
}

static bool
take_scalar(struct build *b, const yaml_event_t *e)
{
	const char *tag = (const char *)e->data.scalar.tag;
	const char *s = (const char *)e->data.scalar.value;
	size_t n = e->data.scalar.length;
	struct yaml *y;

	if (memchr(s, '\0', n) != NULL)
		return wrong(b, e->start_mark, ERR_SYNTAX, "a NUL character");
	if (tag != NULL && strcmp(tag, "!") != 0 && strcmp(tag, YAML_STR_TAG) != 0)
		return wrong(b, e->start_mark, ERR_SYNTAX, "tags are not accepted");
	s = arena_strndup(b->a, s, n);
	if (wants_key(b))
		return take_key(b, e->start_mark, s);
	y = place(b, e->start_mark, YAML_SCALAR);
	if (y == NULL)
		return false;
	y->value = s;
	y->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || tag != NULL;
	return true;
}

static bool
take_start(struct build *b, const yaml_event_t *e, enum yaml_kind kind, const yaml_char_t *tag)
{
	struct yaml *y;

	if (wants_key(b))
		return wrong(b, e->start_mark, ERR_SYNTAX, "a key must be a plain text");
	if (tag != NULL)
		return wrong(b, e->start_mark, ERR_SYNTAX, "tags are not accepted");
	if (b->depth == YAML_DEPTH_MAX)
		return wrong(b, e->start_mark, ERR_LIMIT, "more than %d deep", YAML_DEPTH_MAX);
	y = place(b, e->start_mark, kind);
	if (y == NULL)
		return false;
	memset(&b->open[b->depth], 0, sizeof(b->open[0]));
	b->open[b->depth].node = y;
	if (kind == YAML_MAP)
		b->open[b->depth].keys = map_new(b->a);
	b->depth++;
	return true;
}

static bool
take(struct build *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(b, e);
	case YAML_SEQUENCE_START_EVENT:
		return take_start(b, e, YAML_SEQ, e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return take_start(b, e, YAML_MAP, e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return true;
	case YAML_ALIAS_EVENT:
		return wrong(b, e->start_mark, ERR_SYNTAX, "aliases are not accepted");
	case YAML_DOCUMENT_START_EVENT:
		if (b->done)
			return wrong(b, e->start_mark, ERR_SYNTAX, "a second document");
		return true;
	case YAML_DOCUMENT_END_EVENT:
		b->done = true;
		return true;
	default:
		return true;
	}
}

static bool
parser_wrong(struct build *b, const yaml_parser_t *p)
{
	yaml_mark_t mark = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		abort();
	if (p->error == YAML_READER_ERROR) {	/* an octet that is no character: has no mark */
		mark = p->mark;
		return wrong(b, mark, ERR_SYNTAX, "%s near octet %zu",
		    p->problem != NULL ? p->problem : "not readable", p->problem_offset + 1);
	}
	return wrong(b, mark, ERR_SYNTAX, "%s%s%s", p->context != NULL ? p->context : "",
	    p->context != NULL ? ": " : "", p->problem != NULL ? p->problem : "not well formed");
}

struct yaml *
yaml_parse(struct arena *a, struct text in, const char *file, struct err *err)
{
	struct build b = { .a = a, .err = err };
	yaml_parser_t parser;
	yaml_event_t event;
	bool ok = true, end = false;

	b.file = arena_strdup(a, file);
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(in.n == 0 ? "" : in.p), in.n);
	while (ok && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			ok = parser_wrong(&b, &parser);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		ok = take(&b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (!ok)
		return NULL;
	if (b.root == NULL) {			/* nothing but comments: null */
		b.root = arena_zalloc(a, sizeof(*b.root));
		b.root->kind = YAML_SCALAR;
		b.root->line = b.root->column = b.root->key_line = b.root->key_column = 1;
		b.root->value = "";
		b.root->file = b.file;
	}
	return b.root;
}

struct yaml *
yaml_load(struct arena *a, const char *path, struct err *err)
{
	struct text in;

	if (!file_read(a, path, FILE_MAX, &in, err))
		return NULL;
	return yaml_parse(a, in, path, err);
}

/* --- reading ----------------------------------------------------------------------------------- */

const struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	const struct yaml *y;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (y = map->first; y != NULL; y = y->next) {
		if (strcmp(y->key, key) == 0)
			return y;
	}
	return NULL;
}

static bool
is_one_of(const char *s, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(s, *words) == 0)
			return true;
	}
	return false;
}

bool
yaml_is_null(const struct yaml *y)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };

	if (y == NULL)
		return true;
	return y->kind == YAML_SCALAR && !y->quoted && is_one_of(y->value, nulls);
}

const char *
yaml_str(const struct yaml *map, const char *key, const char *dflt)
{
	const struct yaml *y = yaml_get(map, key);

	return yaml_is_null(y) || y->kind != YAML_SCALAR ? dflt : y->value;
}

bool
yaml_err(const struct yaml *y, struct err *err, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (y == NULL)
		return err_set(err, ERR_VALUE, "%s", text);
	return err_at(y->file, y->line, y->column, err, ERR_VALUE, text);
}

static bool
expected(const struct yaml *y, struct err *err, const char *what)
{
	if (y == NULL || y->key == NULL)
		return yaml_err(y, err, "expected %s", what);
	return yaml_err(y, err, "%.100s: expected %s", y->key, what);
}

bool
yaml_bool(const struct yaml *y, bool *ret, struct err *err)
{
	static const char *const yes[] = { "true", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "False", "FALSE", NULL };

	if (y != NULL && y->kind == YAML_SCALAR && !y->quoted) {
		if (is_one_of(y->value, yes)) {
			*ret = true;
			return true;
		}
		if (is_one_of(y->value, no)) {
			*ret = false;
			return true;
		}
	}
	return expected(y, err, "true or false");
}

bool
yaml_int(const struct yaml *y, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	char what[100];
	struct text t;
	bool minus;
	uint64_t u;
	int64_t v;

	snprintf(what, sizeof(what), "a whole number from %" PRId64 " to %" PRId64, min, max);
	if (y == NULL || y->kind != YAML_SCALAR || y->quoted)
		return expected(y, err, what);
	t = text_of(y->value);
	minus = text_starts(t, "-");
	if (minus)
		t = text_skip(t, 1);
	/* A leading zero could mean octal. */
	if (!text_uint(t, INT64_MAX, &u) || (t.n > 1 && t.p[0] == '0'))
		return expected(y, err, what);
	v = minus ? -(int64_t)u : (int64_t)u;
	if (v < min || v > max)
		return expected(y, err, what);
	*ret = v;
	return true;
}

/* --- known keys -------------------------------------------------------------------------------- */

#define KEY_MAX		64

/* Least number of letters to put in, take out or change (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[KEY_MAX + 1], n = strnlen(a, KEY_MAX), m = strnlen(b, KEY_MAX), i, j;

	for (j = 0; j <= m; j++)
		row[j] = j;
	for (i = 1; i <= n; i++) {
		size_t corner = row[0];			/* of the row above, one to the left */

		row[0] = i;
		for (j = 1; j <= m; j++) {
			size_t above = row[j], best = corner + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	return row[m];
}

static const char *
nearest(const char *key, const char *const *known)
{
	const char *best = "";
	size_t least = SIZE_MAX, d;

	for (; *known != NULL; known++) {
		d = distance(key, *known);
		if (d < least) {
			least = d;
			best = *known;
		}
	}
	return best;
}

bool
yaml_known_keys(const struct yaml *map, const char *const *known, struct err *err)
{
	const struct yaml *y;
	char text[300];

	if (yaml_is_null(map))
		return true;
	if (map->kind != YAML_MAP)
		return expected(map, err, "a map of keys and values");
	for (y = map->first; y != NULL; y = y->next) {
		if (is_one_of(y->key, known))
			continue;
		snprintf(text, sizeof(text), "unknown key \"%.100s\"; the nearest known key is"
		    " \"%.100s\"", y->key, nearest(y->key, known));
		return err_at(y->file, y->key_line, y->key_column, err, ERR_VALUE, text);
	}
	return true;
}
