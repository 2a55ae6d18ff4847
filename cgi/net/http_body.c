#include "net/http_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_MAX	6	/* \u00XX, &quot; */

enum kind { RAW, JSON, XML, URLENCODED };

static enum kind
kind_of(const char *content_type)
{
	struct text type = text_of(content_type), part;

	if (!text_split(&type, ';', &part))
		return RAW;
	part = text_trim(part);
	if (text_iis(part, "application/json") || text_iends(part, "+json"))
		return JSON;
	if (text_iis(part, "text/xml") || text_iis(part, "application/xml") ||
	    text_iends(part, "+xml"))
		return XML;
	if (text_iis(part, "application/x-www-form-urlencoded"))
		return URLENCODED;
	return RAW;
}

static const char *
entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* One octet; 0 = it cannot be written.  UTF-8 passes through. */
static size_t
escape(char out[ESCAPE_MAX + 1], unsigned char c, enum kind kind)
{
	const char *s;

	out[0] = (char)c;
	switch (kind) {
	case JSON:
		if (c == '"' || c == '\\') {
			out[0] = '\\';
			out[1] = (char)c;
			return 2;
		}
		if (c < 0x20 || c == 0x7f)
			return (size_t)snprintf(out, ESCAPE_MAX + 1, "\\u%04x", c);
		return 1;
	case XML:
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return 0;
		s = entity(c);
		if (s == NULL)
			return 1;
		memcpy(out, s, strlen(s));
		return strlen(s);
	case URLENCODED:
		if (ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
			return 1;
		return (size_t)snprintf(out, ESCAPE_MAX + 1, "%%%02X", c);
	default:
		return 1;
	}
}

char *
http_body_with_secret(struct text body, const char *content_type, const char *marker,
    struct text secret, size_t *n)
{
	enum kind kind = kind_of(content_type);
	struct text needle = text_of(marker), rest = body;
	char escaped[ESCAPE_MAX + 1], *out, *p;
	size_t count = 0, at, i, step;

	if (needle.n == 0)
		return NULL;
	for (; text_find(rest, needle, &at); rest = text_skip(rest, at + needle.n))
		count++;
	out = p = malloc(body.n + count * secret.n * ESCAPE_MAX + 1);
	if (out == NULL)
		abort();
	for (rest = body; text_find(rest, needle, &at); rest = text_skip(rest, at + needle.n)) {
		memcpy(p, rest.p, at);
		p += at;
		for (i = 0; i < secret.n; i++) {
			step = escape(escaped, (unsigned char)secret.p[i], kind);
			if (step == 0) {
				explicit_bzero(out, (size_t)(p - out));
				free(out);
				return NULL;
			}
			memcpy(p, escaped, step);
			p += step;
		}
	}
	memcpy(p, rest.n > 0 ? rest.p : "", rest.n);
	p += rest.n;
	*p = '\0';
	*n = (size_t)(p - out);
	return out;
}
