#include <string.h>

#include "base/arena.h"
#include "web/request.h"

struct collector {
	struct arena	*arena;
	struct field	*v;
	size_t		 count, room;
};

static bool
add_field(struct collector *c, struct text name, struct text value, bool is_file)
{
	if (c->count == FIELDS_MAX || name.n > FIELD_NAME_MAX)
		return false;
	if (c->count == c->room) {
		size_t room = c->room == 0 ? 16 : c->room * 2;

		c->v = arena_grow(c->arena, c->v, c->room, room, sizeof(*c->v));
		c->room = room;
	}
	c->v[c->count++] = (struct field){ text_cstr(c->arena, name), value, is_file };
	return true;
}

static bool
finish(const struct collector *c, struct fields *ret)
{
	*ret = (struct fields){ c->v, c->count };
	return true;
}

/* --- application/x-www-form-urlencoded ---------------------------------------------------------- */

static bool
url_decode(struct arena *a, struct text t, struct text *ret)
{
	char *out = arena_alloc(a, t.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		if (c == '%') {
			int high, low;

			if (t.n - i < 3 || (high = ascii_hex((unsigned char)t.p[i + 1])) < 0 ||
			    (low = ascii_hex((unsigned char)t.p[i + 2])) < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+')
			c = ' ';
		out[n++] = c;
	}
	out[n] = '\0';
	*ret = (struct text){ out, n };
	return true;
}

bool
fields_urlencoded(struct arena *a, struct text body, struct fields *ret)
{
	struct collector c = { .arena = a };
	struct text pair, name, value;
	size_t at;

	while (text_split(&body, '&', &pair)) {
		if (pair.n == 0)
			continue;
		if (text_find(pair, TEXT("="), &at)) {
			if (!url_decode(a, text_head(pair, at), &name) ||
			    !url_decode(a, text_skip(pair, at + 1), &value))
				return false;
		} else {
			if (!url_decode(a, pair, &name))
				return false;
			value = (struct text){ "", 0 };
		}
		if (!add_field(&c, name, value, false))
			return false;
	}
	return finish(&c, ret);
}

const char *
url_encode(struct arena *a, struct text t)
{
	static const char hex[] = "0123456789ABCDEF";
	struct str s = str_in(a, t.n * 3);

	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (ascii_isalnum(c) || strchr("-._~:@", c) != NULL) {
			str_addc(&s, (char)c);
			continue;
		}
		str_addc(&s, '%');
		str_addc(&s, hex[c >> 4]);
		str_addc(&s, hex[c & 15]);
	}
	return s.p;
}

/* --- multipart/form-data ------------------------------------------------------------------------ */

/* A parameter of a header value: name="value" or name=value. */
static bool
parameter(struct arena *a, struct text header, const char *name, struct text *ret)
{
	struct text rest = header, part;

	text_split(&rest, ';', &part);
	while (rest.n > 0) {
		size_t n = strlen(name), end = 0;

		rest = text_trim(rest);
		if (text_istarts(rest, name) && rest.n > n && rest.p[n] == '=') {
			rest = text_skip(rest, n + 1);
			if (rest.n > 0 && rest.p[0] == '"') {
				struct str s = str_in(a, rest.n);

				for (size_t i = 1; i < rest.n && rest.p[i] != '"'; i++) {
					if (rest.p[i] == '\\' && i + 1 < rest.n && rest.p[i + 1] == '"')
						i++;
					str_addc(&s, rest.p[i]);
				}
				*ret = str_text(&s);
				return true;
			}
			while (end < rest.n && rest.p[end] != ';' && !ascii_isspace((unsigned char)rest.p[end]))
				end++;
			*ret = text_head(rest, end);
			return true;
		}
		/* the next parameter, quotes respected */
		for (bool quoted = false; end < rest.n && (quoted || rest.p[end] != ';'); end++)
			if (rest.p[end] == '"')
				quoted = !quoted;
		rest = text_skip(rest, end + 1);
	}
	return false;
}

static struct text
terminated(struct arena *a, struct text t)
{
	char *p = arena_alloc(a, t.n + 1);

	if (t.n > 0)
		memcpy(p, t.p, t.n);
	p[t.n] = '\0';
	return (struct text){ p, t.n };
}

/* One part: header lines, blank line, content. */
static bool
multipart_part(struct collector *c, struct text part)
{
	struct text line, name, disposition = { "", 0 }, file;

	while (text_line(&part, &line)) {
		size_t colon;

		if (line.n == 0)
			break;
		if (text_find(line, TEXT(":"), &colon) &&
		    text_iis(text_head(line, colon), "content-disposition"))
			disposition = text_trim(text_skip(line, colon + 1));
	}
	if (!text_istarts(disposition, "form-data") ||
	    !parameter(c->arena, disposition, "name", &name))
		return false;
	return add_field(c, name, terminated(c->arena, part),
	    parameter(c->arena, disposition, "filename", &file));
}

bool
fields_multipart(struct arena *a, struct text body, struct text content_type, struct fields *ret)
{
	struct collector c = { .arena = a };
	struct text boundary;
	struct str mark;
	size_t at;

	if (!parameter(a, content_type, "boundary", &boundary) || boundary.n == 0 || boundary.n > 70)
		return false;
	mark = str_in(a, boundary.n + 4);
	str_add(&mark, "\r\n--");
	str_addt(&mark, boundary);
	/* The first one need not have a line before it. */
	if (body.n >= mark.n - 2 && memcmp(body.p, mark.p + 2, mark.n - 2) == 0)
		body = text_skip(body, mark.n - 2);
	else if (text_find(body, str_text(&mark), &at))
		body = text_skip(body, at + mark.n);
	else
		return false;
	for (;;) {
		if (text_starts(body, "--"))
			return finish(&c, ret);
		while (body.n > 0 && (body.p[0] == ' ' || body.p[0] == '\t'))
			body = text_skip(body, 1);
		if (!text_starts(body, "\r\n"))
			return false;
		body = text_skip(body, 2);
		/* A part without a single header line begins with the blank line. */
		if (!text_find(body, str_text(&mark), &at))
			return false;
		if (!multipart_part(&c, text_head(body, at)))
			return false;
		body = text_skip(body, at + mark.n);
	}
}

/* --- application/json --------------------------------------------------------------------------- */

static bool
json_scalar(struct collector *c, const char *name, const struct json *v)
{
	const char *s = json_value_str(v);

	if (s == NULL && json_is_bool(v))
		s = json_value_bool(v, false) ? "1" : "0";
	else if (s == NULL && json_is_number(v))
		s = json_print(c->arena, v);
	if (s == NULL)
		return json_is_null(v);		/* null = not given */
	return add_field(c, text_of(name), text_of(arena_strdup(c->arena, s)), false);
}

bool
fields_json(struct arena *a, struct text body, struct fields *ret)
{
	struct collector c = { .arena = a };
	const struct json *root = json_parse(a, body, NULL);

	if (root == NULL || !json_is_object(root))
		return false;
	for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
		if (!json_is_array(v)) {
			if (!json_scalar(&c, json_key(v), v))
				return false;
			continue;
		}
		for (const struct json *one = json_first(v); one != NULL; one = json_next(one))
			if (!json_scalar(&c, json_key(v), one))
				return false;
	}
	return finish(&c, ret);
}

/* --- reading ------------------------------------------------------------------------------------ */

static const struct field *
find_field(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->v[i].name, name) == 0)
			return &f->v[i];
	return NULL;
}

const char *
field_get(const struct fields *f, const char *name)
{
	const struct field *field = find_field(f, name);

	/* A NUL inside would hide the rest from whoever reads a C string. */
	if (field == NULL || memchr(field->value.p, '\0', field->value.n) != NULL)
		return NULL;
	return field->value.p;
}

bool
field_text(const struct fields *f, const char *name, struct text *ret)
{
	const struct field *field = find_field(f, name);

	if (field == NULL)
		return false;
	*ret = field->value;
	return true;
}

bool
field_upload(const struct fields *f, const char *file, const char *name, struct text *ret)
{
	const struct field *field = find_field(f, file);

	if (field == NULL || text_trim(field->value).n == 0)
		field = find_field(f, name);
	if (field == NULL || text_trim(field->value).n == 0)
		return false;
	*ret = field->value;
	return true;
}

int64_t
field_int(const struct fields *f, const char *name, int64_t min, int64_t max, int64_t dflt)
{
	const char *s = field_get(f, name);
	uint64_t n;

	if (s == NULL || !text_uint(text_of(s), INT64_MAX, &n) || (int64_t)n < min)
		return dflt;
	return (int64_t)n > max ? max : (int64_t)n;
}

size_t
field_all(struct arena *a, const struct fields *f, const char *name, const char *const **ret)
{
	const char **v = arena_array(a, f->count + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->v[i].name, name) == 0 && f->v[i].value.n > 0 &&
		    memchr(f->v[i].value.p, '\0', f->v[i].value.n) == NULL)
			v[n++] = f->v[i].value.p;
	*ret = v;
	return n;
}
