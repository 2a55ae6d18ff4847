#include "mail/data_read.h"

#include <regex.h>
#include <string.h>

#include "base/arena.h"
#include "base/late_regex.h"
#include "base/map.h"

#define DATA_ENTRIES_MAX	5000
#define DATA_LIST_MAX		2000
#define DATA_KEYS_MAX		40
#define DATA_REGEX_MAX		4000	/* bytes */

static bool	read_map(struct arena *, const struct yaml *, const struct field *, char *,
		    struct err *);

/* --- regular expressions ------------------------------------------------------------------------ */

/*
 * glibc expands counted repetition, so that a few nested counts eat all
 * memory.  Data files need little of it: counts up to 255, of groups up to 16
 * and those at most three times.
 */
static bool
regex_is_small(const char *s)
{
	unsigned	groups = 0;

	if (strlen(s) > DATA_REGEX_MAX)
		return false;
	for (const char *p = s; *p != '\0'; p++) {
		unsigned	most = 0;

		if (*p == '\\' && p[1] != '\0') {
			p++;
			continue;
		}
		if (*p != '{')
			continue;
		for (const char *q = p + 1; *q != '\0' && *q != '}'; q++) {
			unsigned	n = 0;

			while (ascii_isdigit((unsigned char)*q) && n < 1000)
				n = n * 10 + (unsigned)(*q++ - '0');
			if (n > most)
				most = n;
			if (*q == '\0' || *q == '}')
				break;
		}
		if (most > 255)
			return false;
		if (p > s && (p[-1] == ')' || p[-1] == '}') && (most > 16 || ++groups > 3))
			return false;
	}
	return true;
}

struct late_regex *
data_late_regex(struct arena *a, const struct yaml *y, struct err *err)
{
	regex_t		 re;
	char		 why[120];
	int		 rc;

	if (y->kind != YAML_SCALAR || y->value[0] == '\0') {
		yaml_err(y, err, "expected a regular expression");
		return NULL;
	}
	if (!regex_is_small(y->value)) {
		yaml_err(y, err, "this regular expression is too large");
		return NULL;
	}
	rc = regcomp(&re, y->value, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (rc != 0) {
		regerror(rc, &re, why, sizeof(why));
		yaml_err(y, err, "not a regular expression: %s", why);
		return NULL;
	}
	regfree(&re);
	return late_regex_new(a, y->value);
}

/* Past a group or a bracket expression that begins at p. */
static const char *
skip_group(const char *p)
{
	unsigned	depth = 0;

	do {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
		else if (*p == '[') {
			p++;
			if (*p == '^')
				p++;
			if (*p == ']')
				p++;
			while (*p != '\0' && *p != ']')
				p++;
		}
		if (*p == '\0')
			return p;
		p++;
	} while (depth > 0);
	return p;
}

/* The longest run of plain characters in the alternative at *pp; *pp moves to its end. */
static struct text
longest_plain(struct arena *a, const char **pp)
{
	const char	*p = *pp;
	char		*run = arena_alloc(a, strlen(p) + 1), *best = arena_alloc(a, strlen(p) + 1);
	size_t		 n = 0, best_n = 0;

	for (;;) {
		bool	end = *p == '\0' || *p == '|', plain = false;
		char	c = *p;

		if (c == '\\' && p[1] != '\0' && !ascii_isalnum((unsigned char)p[1])) {
			plain = true;
			c = p[1];
			p += 2;
		} else if (c == '\\' && p[1] != '\0')
			p += 2;
		else if (c == '(' || c == '[')
			p = skip_group(p);
		else if (!end) {
			plain = strchr(".^$?*+{})", c) == NULL;
			if (c == '{')
				while (*p != '\0' && *p != '}')
					p++;
			if (*p != '\0')
				p++;
		}
		if (plain) {
			run[n++] = (char)ascii_tolower((unsigned char)c);
			if (*p != '?' && *p != '*' && *p != '{')
				continue;
			n--;			/* may be absent */
		}
		if (n > best_n) {
			memcpy(best, run, n);
			best_n = n;
		}
		n = 0;
		if (end)
			break;
	}
	*pp = p;
	best[best_n] = '\0';
	return (struct text){ best, best_n };
}

static struct text_list needs(struct arena *, const char *pattern);

/* The same of a group in it that cannot be left out: that whose shortest word is the longest. */
static struct text_list
group_needs(struct arena *a, struct text alternative, size_t *shortest)
{
	const char		*end = alternative.p + alternative.n, *behind;
	struct text_list	 best = { NULL, 0 };

	*shortest = 0;
	for (const char *p = alternative.p; p < end; p = behind) {
		struct text_list	list;
		size_t			n = SIZE_MAX;

		if (*p == '\\' && p[1] != '\0')
			behind = p + 2;
		else
			behind = *p == '(' || *p == '[' ? skip_group(p) : p + 1;
		if (*p != '(' || behind[-1] != ')' || strchr("?*{", *behind == '\0' ? '|' : *behind) != NULL)
			continue;
		list = needs(a, arena_strndup(a, p + 1, (size_t)(behind - p) - 2));
		for (size_t i = 0; i < list.count; i++)
			n = strlen(list.v[i]) < n ? strlen(list.v[i]) : n;
		if (list.count > 0 && n > *shortest) {
			best = list;
			*shortest = n;
		}
	}
	return best;
}

static struct text_list
needs(struct arena *a, const char *pattern)
{
	const char	**v = arena_array(a, strlen(pattern) + 1, sizeof(*v));
	size_t		 count = 0;

	for (const char *p = pattern;; p++) {
		const char		*start = p;
		struct text		 run = longest_plain(a, &p);
		size_t			 shortest;
		struct text_list	 group = group_needs(a, (struct text){ start, (size_t)(p - start) }, &shortest);

		if (run.n < 3 && group.count == 0)
			return (struct text_list){ NULL, 0 };
		if (run.n >= 3 && run.n >= shortest)
			v[count++] = run.p;
		else
			for (size_t i = 0; i < group.count; i++)
				v[count++] = group.v[i];
		if (*p == '\0')
			break;
	}
	return (struct text_list){ v, count };
}

/* Only what was found stays. */
struct text_list
data_regex_needs(struct arena *a, const char *pattern)
{
	struct arena		*scratch = arena_new();
	struct text_list	 found = needs(scratch, pattern);
	const char		**v = arena_array(a, found.count, sizeof(*v));

	for (size_t i = 0; i < found.count; i++)
		v[i] = arena_strdup(a, found.v[i]);
	arena_free(scratch);
	return (struct text_list){ v, found.count };
}

static struct data_regex *
read_regex(struct arena *a, const struct yaml *y, struct err *err)
{
	struct data_regex	*re = arena_zalloc(a, sizeof(*re));

	if ((re->late = data_late_regex(a, y, err)) == NULL)
		return NULL;
	re->need = data_regex_needs(a, y->value);
	return re;
}

bool
data_regex_fits(const struct data_regex *re, const char *text)
{
	bool	may = re != NULL && re->need.count == 0;

	for (size_t i = 0; re != NULL && !may && i < re->need.count; i++)
		may = strcasestr(text, re->need.v[i]) != NULL;
	return may && late_regex_fits(re->late, text);
}

/* --- fields ------------------------------------------------------------------------------------- */

static bool
read_str(const struct yaml *y, const char **ret, struct err *err)
{
	if (y->kind != YAML_SCALAR || y->value[0] == '\0')
		return yaml_err(y, err, "%s: expected a text", y->key == NULL ? "item" : y->key);
	*ret = y->value;
	return true;
}

static bool
read_texts(struct arena *a, const struct yaml *y, struct text_list *ret, struct err *err)
{
	const char	**v;
	size_t		 n = 0;

	if (y->kind != YAML_SEQ)
		return yaml_err(y, err, "%s: expected a list", y->key == NULL ? "item" : y->key);
	if (y->count > DATA_LIST_MAX)
		return yaml_err(y, err, "%s: too many items", y->key);
	v = arena_array(a, y->count + 1, sizeof(*v));
	for (const struct yaml *c = y->first; c != NULL; c = c->next)
		if (!read_str(c, &v[n++], err))
			return false;
	*ret = (struct text_list){ v, n };
	return true;
}

static bool
read_word(const struct yaml *y, const char *const *words, int *ret, struct err *err)
{
	if (y->kind == YAML_SCALAR)
		for (int i = 0; words[i] != NULL; i++)
			if (strcmp(y->value, words[i]) == 0) {
				*ret = i;
				return true;
			}
	return yaml_err(y, err, "%s: expected one of its words, such as %s", y->key, words[0]);
}

static bool
read_regexes(struct arena *a, const struct yaml *y, char *at, struct err *err)
{
	struct data_regex	**v;
	size_t		 n = 0;

	if (y->kind != YAML_SEQ || y->count > DATA_LIST_MAX)
		return yaml_err(y, err, "%s: expected a list", y->key);
	v = arena_array(a, y->count + 1, sizeof(*v));
	for (const struct yaml *c = y->first; c != NULL; c = c->next)
		if ((v[n++] = read_regex(a, c, err)) == NULL)
			return false;
	memcpy(at, &v, sizeof(v));
	memcpy(at + sizeof(v), &n, sizeof(n));
	return true;
}

static bool
read_field(struct arena *a, const struct yaml *y, const struct field *f, char *at, struct err *err)
{
	bool		 b;

	switch (f->type) {
	case FIELD_STR:
		return read_str(y, (const char **)(void *)at, err);
	case FIELD_LIST:
		return read_texts(a, y, (struct text_list *)(void *)at, err);
	case FIELD_BOOL:
		return yaml_bool(y, (bool *)at, err);
	case FIELD_TRISTATE:
		if (!yaml_bool(y, &b, err))
			return false;
		*(int *)(void *)at = b;
		return true;
	case FIELD_INT:
		return yaml_int(y, 0, 1000000, (int64_t *)(void *)at, err);
	case FIELD_REGEX:
		return (*(struct data_regex **)(void *)at = read_regex(a, y, err)) != NULL;
	case FIELD_LATE_REGEX:
		return (*(struct late_regex **)(void *)at = data_late_regex(a, y, err)) != NULL;
	case FIELD_REGEXES:
		return read_regexes(a, y, at, err);
	case FIELD_WORD:
		return read_word(y, f->words, (int *)(void *)at, err);
	case FIELD_MAP:
		return read_map(a, y, f->fields, at, err);
	case FIELD_OWN:
		return f->read(a, y, at, err);
	}
	return false;
}

static bool
read_map(struct arena *a, const struct yaml *y, const struct field *fields, char *at,
    struct err *err)
{
	const char	*known[DATA_KEYS_MAX];
	size_t		 n = 0;

	if (y->kind != YAML_MAP)
		return yaml_err(y, err, "expected an entry of keys and values");
	for (const struct field *f = fields; f->key != NULL && n < DATA_KEYS_MAX - 1; f++)
		known[n++] = f->key;
	known[n] = NULL;
	if (!yaml_known_keys(y, known, err))
		return false;
	for (const struct field *f = fields; f->key != NULL; f++) {
		const struct yaml	*v = yaml_get(y, f->key);

		if (f->type == FIELD_TRISTATE)
			*(int *)(void *)(at + f->offset) = -1;
		if (v == NULL && f->required)
			return yaml_err(y, err, "this entry lacks %s", f->key);
		if (v != NULL && !read_field(a, v, f, at + f->offset, err))
			return false;
	}
	return true;
}

bool
data_read_map(struct arena *a, const struct yaml *y, const struct field *fields, void *ret,
    struct err *err)
{
	return read_map(a, y, fields, ret, err);
}

void *
data_read_list(struct arena *a, const struct yaml *list, const struct field *fields, size_t size,
    size_t *count, struct err *err)
{
	struct map	*ids = map_new(a);
	char		*v;
	size_t		 n = 0;

	if (list->kind != YAML_SEQ || list->count > DATA_ENTRIES_MAX) {
		yaml_err(list, err, "expected a list of entries");
		return NULL;
	}
	v = arena_array(a, list->count + 1, size);
	for (const struct yaml *y = list->first; y != NULL; y = y->next, n++) {
		const char	*id;

		if (!read_map(a, y, fields, v + n * size, err))
			return NULL;
		if (strcmp(fields[0].key, "id") != 0)
			continue;
		memcpy(&id, v + n * size + fields[0].offset, sizeof(id));
		if (map_get(ids, id) != NULL) {
			yaml_err(yaml_get(y, "id"), err, "id %s stands here twice", id);
			return NULL;
		}
		map_put(ids, id, v);
	}
	*count = n;
	return v;
}
