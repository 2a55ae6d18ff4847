#include <string.h>

#include "base/arena.h"
#include "base/text.h"

bool
ascii_isdigit(int c)
{
	return c >= '0' && c <= '9';
}

bool
ascii_isalpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
ascii_isalnum(int c)
{
	return ascii_isalpha(c) || ascii_isdigit(c);
}

bool
ascii_isspace(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
ascii_tolower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

int
ascii_hex(int c)
{
	if (ascii_isdigit(c))
		return c - '0';
	c = ascii_tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct text
text_of(const char *s)
{
	return s == NULL ? TEXT("") : (struct text){ s, strlen(s) };
}

struct text
text_dup(struct arena *a, struct text t)
{
	return (struct text){ arena_strndup(a, t.p, t.n), t.n };
}

char *
text_cstr(struct arena *a, struct text t)
{
	char *s = arena_strndup(a, t.p, t.n), *nul;

	while ((nul = memchr(s, '\0', t.n)) != NULL)
		*nul = '?';
	return s;
}

static bool
bytes_ieq(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (ascii_tolower((unsigned char)a[i]) != ascii_tolower((unsigned char)b[i]))
			return false;
	}
	return true;
}

bool
text_eq(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
text_is(struct text t, const char *s)
{
	return text_eq(t, text_of(s));
}

bool
text_ieq(struct text a, struct text b)
{
	return a.n == b.n && bytes_ieq(a.p, b.p, a.n);
}

bool
text_iis(struct text t, const char *s)
{
	return text_ieq(t, text_of(s));
}

bool
text_starts(struct text t, const char *s)
{
	return text_is(text_head(t, strlen(s)), s);
}

bool
text_istarts(struct text t, const char *s)
{
	return text_iis(text_head(t, strlen(s)), s);
}

bool
text_ends(struct text t, const char *s)
{
	size_t n = strlen(s);

	return t.n >= n && text_is(text_skip(t, t.n - n), s);
}

bool
text_iends(struct text t, const char *s)
{
	size_t n = strlen(s);

	return t.n >= n && text_iis(text_skip(t, t.n - n), s);
}

struct text
text_trim(struct text t)
{
	while (t.n > 0 && ascii_isspace((unsigned char)t.p[0])) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && ascii_isspace((unsigned char)t.p[t.n - 1]))
		t.n--;
	return t;
}

struct text
text_skip(struct text t, size_t n)
{
	if (n > t.n)
		n = t.n;
	if (n == 0)
		return t;
	return (struct text){ t.p + n, t.n - n };
}

struct text
text_head(struct text t, size_t n)
{
	if (n < t.n)
		t.n = n;
	return t;
}

bool
text_find(struct text t, struct text needle, size_t *at)
{
	const char *found;

	if (needle.n == 0) {
		*at = 0;
		return true;
	}
	if (t.n < needle.n)
		return false;
	found = memmem(t.p, t.n, needle.p, needle.n);
	if (found == NULL)
		return false;
	*at = (size_t)(found - t.p);
	return true;
}

bool
text_ifind(struct text t, struct text needle, size_t *at)
{
	size_t i;

	for (i = 0; i + needle.n <= t.n; i++) {
		if (bytes_ieq(t.p + i, needle.p, needle.n)) {
			*at = i;
			return true;
		}
	}
	return false;
}

/* The first `sep` of a text that is not empty; NULL = none. */
static const char *
find_byte(struct text t, char sep)
{
	return memchr(t.p, sep, t.n);
}

bool
text_split(struct text *rest, char sep, struct text *part)
{
	const char *at;

	if (rest->n == 0)
		return false;
	at = find_byte(*rest, sep);
	if (at == NULL) {
		*part = *rest;
		*rest = text_skip(*rest, rest->n);
	} else {
		*part = text_head(*rest, (size_t)(at - rest->p));
		*rest = text_skip(*rest, part->n + 1);
	}
	return true;
}

bool
text_line(struct text *rest, struct text *line)
{
	if (!text_split(rest, '\n', line))
		return false;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

struct text
text_of_int(int64_t n, char buf[TEXT_INT_MAX])
{
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
	size_t at = TEXT_INT_MAX;

	do
		buf[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (n < 0)
		buf[--at] = '-';
	return (struct text){ buf + at, TEXT_INT_MAX - at };
}

bool
text_uint(struct text t, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0, digit;
	size_t i;

	if (t.n == 0)
		return false;
	for (i = 0; i < t.n; i++) {
		if (!ascii_isdigit((unsigned char)t.p[i]))
			return false;
		digit = (uint64_t)(t.p[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

/* RFC 3629 section 4: no overlong forms, no surrogates, nothing over U+10FFFF. */
size_t
text_utf8(struct text t, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)t.p;
	uint32_t c, least;
	size_t n, i;

	if (t.n == 0)
		return 0;
	c = p[0];
	if (c < 0x80) {
		*ret = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		n = 2, least = 0x80, c &= 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		n = 3, least = 0x800, c &= 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		n = 4, least = 0x10000, c &= 0x07;
	} else
		return 0;
	if (t.n < n)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*ret = c;
	return n;
}

const char *
text_show(struct arena *a, struct text t)
{
	static const char digits[] = "0123456789abcdef";
	struct text rest;
	uint32_t c;
	size_t n, bad = 0;
	char *out, *p;

	for (rest = t; rest.n > 0; rest = text_skip(rest, n)) {
		n = text_utf8(rest, &c);
		if (n == 0 || c == 0) {
			bad++;
			n = 1;
		}
	}
	if (bad == 0)
		return arena_strndup(a, t.p, t.n);

	out = p = arena_alloc(a, t.n + 3 * bad + 1);
	for (rest = t; rest.n > 0; rest = text_skip(rest, n)) {
		n = text_utf8(rest, &c);
		if (n == 0 || c == 0) {
			n = 1;
			*p++ = '\\';
			*p++ = 'x';
			*p++ = digits[(unsigned char)rest.p[0] >> 4];
			*p++ = digits[(unsigned char)rest.p[0] & 15];
		} else {
			memcpy(p, rest.p, n);
			p += n;
		}
	}
	*p = '\0';
	return out;
}
