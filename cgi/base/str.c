#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

struct str
str_in(struct arena *a, size_t max)
{
	struct str s = { .arena = a, .max = max, .size = max < 127 ? max + 1 : 128 };

	s.p = arena_chars(a, s.size);
	s.p[0] = '\0';
	return s;
}

static bool
grow(struct str *s, size_t n)
{
	size_t size = s->size;
	char *p;

	if (s->full || n > s->max - s->n) {
		s->full = true;
		return false;
	}
	while (size - s->n <= n)
		size = size > s->max / 2 ? s->max + 1 : size * 2;
	p = arena_chars(s->arena, size);
	memcpy(p, s->p, s->n + 1);
	s->p = p;
	s->size = size;
	return true;
}

/* Make room for n more bytes and the NUL; false = over the bound, now or before.  A buffer never goes beyond that. */
static inline bool
room_for(struct str *s, size_t n)
{
	return (n < s->size - s->n && !s->full) || grow(s, n);
}

void
str_addt(struct str *s, struct text t)
{
	if (!room_for(s, t.n))
		return;
	if (t.n != 0)
		memcpy(s->p + s->n, t.p, t.n);
	s->n += t.n;
	s->p[s->n] = '\0';
}

void
str_add(struct str *s, const char *add)
{
	str_addt(s, text_of(add));
}

void
str_addc(struct str *s, char c)
{
	if (!room_for(s, 1))
		return;
	s->p[s->n++] = c;
	s->p[s->n] = '\0';
}

void
str_addi(struct str *s, int64_t n)
{
	char digits[TEXT_INT_MAX];

	str_addt(s, text_of_int(n, digits));
}

void
str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->p + s->n, s->size - s->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n < s->size - s->n) {
		if (n < 0 || s->full || (size_t)n > s->max - s->n)
			s->full = true;
		else
			s->n += (size_t)n;
		s->p[s->n] = '\0';
		return;
	}
	s->p[s->n] = '\0';
	if (!room_for(s, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(s->p + s->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->n += (size_t)n;
}

bool
str_ok(const struct str *s)
{
	return !s->full;
}

struct text
str_text(const struct str *s)
{
	return (struct text){ s->p, s->n };
}
