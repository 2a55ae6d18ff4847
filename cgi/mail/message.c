/* Header fields and body of a message, RFC 5322 2.2; see the header. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/message.h"

static char *
lower(struct arena *a, struct text name)
{
	char *s = text_cstr(a, name), *p;

	for (p = s; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return s;
}

/* The end of the line that begins at p; *next is what follows it. */
static const char *
line_end(const char *p, const char *end, const char **next)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	if (lf == NULL) {
		*next = end;
		return end;
	}
	*next = lf + 1;
	return lf > p && lf[-1] == '\r' ? lf - 1 : lf;
}

/* RFC 5322 3.6.8: ftext is printable US-ASCII but the colon; 4.5 allows WSP before it. */
static struct text
field_name(struct text raw)
{
	struct text name;
	size_t i, at;

	if (!text_find(text_head(raw, 998), TEXT(":"), &at))
		return TEXT("");
	name = text_head(raw, at);
	while (name.n > 0 && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
		name.n--;
	for (i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x21 || (unsigned char)name.p[i] > 0x7e)
			return TEXT("");
	return name;
}

static struct message_field
field_of(struct text raw)
{
	struct message_field f = { .raw = raw, .name = field_name(raw),
	    .above = MESSAGE_NO_FIELD };
	size_t at;

	if (f.name.n > 0 && text_find(raw, TEXT(":"), &at))
		f.value = text_skip(raw, at + 1);
	else
		f.value = text_skip(raw, raw.n);
	return f;
}

struct reader {
	struct arena		*arena;
	struct message		*message;
	struct message_field	*fields;
	size_t			 size;
};

static void
add_field(struct reader *r, struct text raw)
{
	struct message *m = r->message;
	struct message_field *f;
	const char *key;
	size_t size;
	void *before;

	if (m->count == MESSAGE_FIELDS_MAX) {
		m->fields_left_out = true;
		return;
	}
	if (m->count == r->size) {
		size = r->size == 0 ? 64 : r->size * 2;
		r->fields = arena_grow(r->arena, r->fields, m->count, size, sizeof(*f));
		r->size = size;
	}
	f = &r->fields[m->count++];
	*f = field_of(raw);
	if (f->name.n == 0)
		return;
	/* The map holds the index plus one, as a pointer-sized number. */
	key = lower(r->arena, f->name);
	before = map_get(m->last, key);
	if (before != NULL)
		f->above = (uint32_t)(uintptr_t)before - 1;
	map_put(m->last, key, (void *)(uintptr_t)m->count);
}

bool
message_read(struct arena *a, struct text text, struct message *ret, struct err *err)
{
	struct reader r = { .arena = a, .message = ret };
	const char *p = text.p, *end = text.p + text.n, *stop, *next;
	const char *field = NULL, *field_stop = p;

	if (text.n > MESSAGE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the message is larger than %u octets",
		    MESSAGE_BYTES_MAX);
	*ret = (struct message){ .last = map_new(a) };
	for (; p < end; p = next) {
		stop = line_end(p, end, &next);
		if (field != NULL && (stop == p || (*p != ' ' && *p != '\t'))) {
			add_field(&r, (struct text){ field, (size_t)(field_stop - field) });
			field = NULL;
		}
		if (stop == p) {
			p = next;
			break;
		}
		if (field == NULL)
			field = p;
		field_stop = stop;
	}
	if (field != NULL)
		add_field(&r, (struct text){ field, (size_t)(field_stop - field) });
	ret->fields = r.fields;
	ret->body = (struct text){ p, (size_t)(end - p) };
	return true;
}

bool
message_is_outlook(struct text t)
{
	static const char signature[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

	return t.n >= sizeof(signature) - 1 && memcmp(t.p, signature, sizeof(signature) - 1) == 0;
}

uint32_t
message_last(struct arena *a, const struct message *m, struct text name)
{
	void *at = map_get(m->last, lower(a, name));

	return at == NULL ? MESSAGE_NO_FIELD : (uint32_t)(uintptr_t)at - 1;
}

size_t
message_field_count(struct arena *a, const struct message *m, const char *name)
{
	uint32_t i;
	size_t n = 0;

	for (i = message_last(a, m, text_of(name)); i != MESSAGE_NO_FIELD; i = m->fields[i].above)
		n++;
	return n;
}

const struct message_field **
message_fields_of(struct arena *a, const struct message *m, const char *name, size_t *count)
{
	const struct message_field **list;
	uint32_t i;
	size_t n = message_field_count(a, m, name);

	*count = n;
	list = arena_array(a, n + 1, sizeof(*list));
	for (i = message_last(a, m, text_of(name)); i != MESSAGE_NO_FIELD; i = m->fields[i].above)
		list[--n] = &m->fields[i];
	return list;
}

struct text
message_unfold(struct arena *a, struct text value)
{
	char *out = arena_alloc(a, value.n + 1), *o = out;
	size_t i;

	for (i = 0; i < value.n; i++) {
		if (value.p[i] == '\n')
			continue;
		if (value.p[i] == '\r' && i + 1 < value.n && value.p[i + 1] == '\n')
			continue;
		*o++ = value.p[i];
	}
	return (struct text){ out, (size_t)(o - out) };
}
