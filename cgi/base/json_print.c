#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/*
 * Our own printer: cJSON's writes 10^15 as 1e+15, and needs a look at every
 * number with sscanf.
 */

#define INT_EXACT_MAX	9007199254740992.0	/* 2^53 */

/* The text so far.  Printing an answer is most of the work for it, so what is written is not looked at twice. */
struct out {
	struct arena	*arena;
	char		*p;
	size_t		 n, size;
};

static void
grow(struct out *o, size_t n)
{
	size_t size = o->size;
	char *p;

	while (size - o->n < n)
		size *= 2;
	p = arena_chars(o->arena, size);
	memcpy(p, o->p, o->n);
	o->p = p;
	o->size = size;
}

static inline char *
room(struct out *o, size_t n)
{
	if (n > o->size - o->n)
		grow(o, n);
	return o->p + o->n;
}

static void
put(struct out *o, const char *s, size_t n)
{
	memcpy(room(o, n), s, n);
	o->n += n;
}

static void
put_word(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

static void
put_char(struct out *o, char c)
{
	*room(o, 1) = c;
	o->n++;
}

static const char *
escaped(unsigned char c, char buf[8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		snprintf(buf, 8, "\\u%04x", c);
		return buf;
	}
}

#define EACH(byte)	(UINT64_C(0x0101010101010101) * (byte))

/* Of eight bytes at once: the high bit of each that is zero.  A byte above one that is may be named too. */
static uint64_t
zeros(uint64_t eight)
{
	return (eight - EACH(0x01)) & ~eight & EACH(0x80);
}

static bool
are_plain(uint64_t eight)
{
	return (((eight - EACH(0x20)) & ~eight & EACH(0x80)) | zeros(eight ^ EACH('"')) |
	    zeros(eight ^ EACH('\\')) | zeros(eight ^ EACH(0x7f))) == 0;
}

static uint64_t
eight_at(const char *s)
{
	uint64_t eight;

	memcpy(&eight, s, sizeof(eight));
	return eight;
}

/* Four to seven bytes, some of them twice. */
static uint64_t
few_at(const char *s, size_t n)
{
	uint32_t first, last;

	memcpy(&first, s, sizeof(first));
	memcpy(&last, s + n - sizeof(last), sizeof(last));
	return (uint64_t)first << 32 | last;
}

/* How many bytes from here stand in a JSON string as they are (RFC 8259, section 7). */
static size_t
plain(const char *s, size_t n)
{
	size_t i = 0;

	if (n >= 8) {			/* the last eight at the end, so that none is left over */
		while (n - i > 8 && are_plain(eight_at(s + i)))
			i += 8;
		if (n - i <= 8 && are_plain(eight_at(s + n - 8)))
			return n;
	} else if (n >= 4 && are_plain(few_at(s, n)))
		return n;
	while (i < n && (unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\' && s[i] != 0x7f)
		i++;
	return i;
}

/* The rest of a string, from the first byte on that cannot stand as it is. */
static void
print_escaped(struct out *o, const char *s, size_t rest)
{
	char buf[8];
	size_t n;

	for (;;) {
		put_word(o, escaped((unsigned char)*s, buf));
		s++;
		n = plain(s, --rest);
		put(o, s, n);
		if (n == rest)
			break;
		s += n;
		rest -= n;
	}
}

static void
print_string(struct out *o, const char *s)
{
	size_t size = strlen(s), n = plain(s, size);
	char *to = room(o, n + 2);

	*to = '"';
	memcpy(to + 1, s, n);
	o->n += n + 1;
	if (n < size)
		print_escaped(o, s + n, size - n);
	put_char(o, '"');
}

static void
print_int(struct out *o, int64_t v)
{
	char digits[TEXT_INT_MAX];
	struct text t = text_of_int(v, digits);

	put(o, t.p, t.n);
}

static void
print_number(struct out *o, double d)
{
	char buf[40];

	if (!isfinite(d)) {			/* RFC 8259 6: there is no such number */
		put_word(o, "null");
	} else if (d == floor(d) && fabs(d) <= INT_EXACT_MAX) {
		print_int(o, (int64_t)d);
	} else {
		snprintf(buf, sizeof(buf), "%.15g", d);
		if (strtod(buf, NULL) != d)
			snprintf(buf, sizeof(buf), "%.17g", d);
		put_word(o, buf);
	}
}

/* indent < 0: one line. */
static void
line_break(struct out *o, int indent)
{
	if (indent < 0)
		return;
	put_char(o, '\n');
	for (; indent > 0; indent--)
		put_word(o, "  ");
}

static void
print(struct out *o, const struct json *v, int indent)
{
	const struct json *m;
	bool object = json_is_object(v);
	int inner = indent < 0 ? indent : indent + 1;

	if (json_is_str(v)) {
		print_string(o, json_value_str(v));
	} else if (json_is_number(v)) {
		print_number(o, json_value_double(v, 0));
	} else if (json_is_bool(v)) {
		put_word(o, json_value_bool(v, false) ? "true" : "false");
	} else if (object || json_is_array(v)) {
		put_char(o, object ? '{' : '[');
		for (m = json_first(v); m != NULL; m = json_next(m)) {
			line_break(o, inner);
			if (object) {
				print_string(o, json_key(m));
				put_word(o, indent < 0 ? ":" : ": ");
			}
			print(o, m, inner);
			if (json_next(m) != NULL)
				put_char(o, ',');
		}
		if (json_first(v) != NULL)
			line_break(o, indent);
		put_char(o, object ? '}' : ']');
	} else if (json_value_written(v) != NULL) {
		put_word(o, json_value_written(v));
	} else
		put_word(o, "null");
}

void
json_write_str(struct str *to, const char *s)
{
	struct out o = { .arena = to->arena };
	char small[256];

	if (s == NULL) {
		str_add(to, "null");
		return;
	}
	o.p = small;
	o.size = sizeof(small);
	print_string(&o, s);
	str_addt(to, (struct text){ o.p, o.n });
}

static const char *
text_of_value(struct arena *a, const struct json *v, int indent)
{
	struct out o = { .arena = a, .size = 512 };

	o.p = arena_chars(a, o.size);
	print(&o, v, indent);
	put_char(&o, '\0');
	return o.p;
}

const char *
json_print(struct arena *a, const struct json *v)
{
	return text_of_value(a, v, -1);
}

const char *
json_print_pretty(struct arena *a, const struct json *v)
{
	return text_of_value(a, v, 0);
}
