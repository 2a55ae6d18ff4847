#include "mail/html.h"

#include <string.h>

#include "base/arena.h"

struct page {
	char	*p;
	size_t	 n;
};

/* --- entities ----------------------------------------------------------------------------------- */

static size_t
put_code_point(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static const struct { const char *name; uint32_t code; } entities[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' },
	{ "nbsp", ' ' }, { "commat", '@' }, { "period", '.' }, { "colon", ':' },
	{ "aacute", 0xe1 }, { "eacute", 0xe9 }, { "iacute", 0xed }, { "oacute", 0xf3 }, { "uacute", 0xfa },
	{ "ntilde", 0xf1 }, { "agrave", 0xe0 }, { "egrave", 0xe8 }, { "igrave", 0xec }, { "ograve", 0xf2 },
	{ "ugrave", 0xf9 }, { "acirc", 0xe2 }, { "ecirc", 0xea }, { "ocirc", 0xf4 }, { "icirc", 0xee },
	{ "ucirc", 0xfb }, { "auml", 0xe4 }, { "ouml", 0xf6 }, { "uuml", 0xfc }, { "euml", 0xeb },
	{ "iuml", 0xef }, { "szlig", 0xdf }, { "ccedil", 0xe7 }, { "atilde", 0xe3 }, { "otilde", 0xf5 },
	{ "Auml", 0xc4 }, { "Ouml", 0xd6 }, { "Uuml", 0xdc }, { "Eacute", 0xc9 }, { "rsquo", '\'' },
	{ "lsquo", '\'' }, { "ldquo", '"' }, { "rdquo", '"' }, { "ndash", '-' }, { "mdash", '-' },
};

/* The entity at t ("&...;"): its length, 0 when it is none.  Its code never
 * takes more room than the entity did. */
static size_t
entity(struct text t, uint32_t *code)
{
	size_t		end = 1;
	struct text	name;

	while (end < t.n && end < 12 && t.p[end] != ';')
		end++;
	if (end == t.n || t.p[end] != ';' || end < 3)
		return 0;
	name = (struct text){ t.p + 1, end - 1 };
	if (name.p[0] == '#') {
		bool	hex = name.n > 2 && ascii_tolower((unsigned char)name.p[1]) == 'x';

		*code = 0;
		for (size_t i = hex ? 2 : 1; i < name.n; i++) {
			int	d = ascii_hex((unsigned char)name.p[i]);

			if (d < 0 || (!hex && d > 9))
				return 0;
			*code = *code * (hex ? 16 : 10) + (uint32_t)d;
			if (*code > 0x10ffff)
				return 0;
		}
		if (*code == 0xa0)
			*code = ' ';
		return *code == 0 || (*code >= 0xd800 && *code < 0xe000) ? 0 : end + 1;
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (text_is(name, entities[i].name)) {
			*code = entities[i].code;
			return end + 1;
		}
	return 0;
}

/* --- tags --------------------------------------------------------------------------------------- */

static bool
is_block(struct text name)
{
	static const char *const blocks[] = { "p", "br", "div", "tr", "table", "li", "ul", "ol", "h1", "h2",
	    "h3", "h4", "h5", "h6", "hr", "pre", "blockquote", "td", "th", "dt", "dd", "center", "body", NULL };

	for (size_t i = 0; blocks[i] != NULL; i++)
		if (text_iis(name, blocks[i]))
			return true;
	return false;
}

static struct text
tag_name(struct text tag)
{
	size_t	n = 0;

	if (tag.n > 0 && tag.p[0] == '/')
		tag = text_skip(tag, 1);
	while (n < tag.n && ascii_isalnum((unsigned char)tag.p[n]))
		n++;
	return text_head(tag, n);
}

/* Past "</name", for elements whose content nobody reads. */
static size_t
skip_element(struct text t, size_t i, struct text name)
{
	for (; i + 2 + name.n <= t.n; i++) {
		const char	*p = memchr(t.p + i, '<', t.n - i);

		if (p == NULL)
			return t.n;
		i = (size_t)(p - t.p);
		if (i + 2 + name.n <= t.n && t.p[i + 1] == '/' &&
		    text_ieq((struct text){ t.p + i + 2, name.n }, name))
			return i;
	}
	return t.n;
}

static void
new_line(struct page *o)
{
	while (o->n > 0 && o->p[o->n - 1] == ' ')
		o->n--;
	if (o->n > 0 && o->p[o->n - 1] != '\n')
		o->p[o->n++] = '\n';
}

struct text
html_to_text(struct arena *a, struct text t)
{
	struct page	o = { arena_alloc(a, t.n + 1), 0 };
	bool		pre = false, open_comment = false;

	for (size_t i = 0; i < t.n;) {
		char		 c = t.p[i];
		uint32_t	 code;
		size_t		 n;

		if (c == '<' && i + 1 < t.n && (ascii_isalpha((unsigned char)t.p[i + 1]) ||
		    t.p[i + 1] == '/' || t.p[i + 1] == '!' || t.p[i + 1] == '?')) {
			const char	*end;
			struct text	 name, tag;
			size_t		 at;

			if (!open_comment && text_starts(text_skip(t, i), "<!--")) {
				if (text_find(text_skip(t, i + 4), TEXT("-->"), &at)) {
					i += 4 + at + 3;
					continue;
				}
				open_comment = true;	/* looked for once: none ends any more */
			}
			end = memchr(t.p + i, '>', t.n - i);
			if (end == NULL)
				break;
			tag = (struct text){ t.p + i + 1, (size_t)(end - t.p) - i - 1 };
			/* "<user@example.net>" pasted without entities is text */
			if (memchr(tag.p, '@', tag.n) != NULL && memchr(tag.p, '=', tag.n) == NULL &&
			    memchr(tag.p, ' ', tag.n) == NULL && memchr(tag.p, '\n', tag.n) == NULL) {
				memcpy(o.p + o.n, t.p + i, tag.n + 2);
				o.n += tag.n + 2;
				i += tag.n + 2;
				continue;
			}
			name = tag_name(tag);
			i += tag.n + 2;
			if (is_block(name))
				new_line(&o);
			if (text_iis(name, "pre"))
				pre = tag.p[0] != '/';
			if (tag.p[0] != '/' && (text_iis(name, "style") || text_iis(name, "script") ||
			    text_iis(name, "title")))
				i = skip_element(t, i, name);
			continue;
		}
		if (c == '&' && (n = entity(text_skip(t, i), &code)) > 0) {
			o.n += put_code_point(o.p + o.n, code);
			i += n;
			continue;
		}
		i++;
		if (pre && c != '\r') {
			o.p[o.n++] = c;
			continue;
		}
		if (!ascii_isspace((unsigned char)c))
			o.p[o.n++] = c;
		else if (o.n > 0 && o.p[o.n - 1] != ' ' && o.p[o.n - 1] != '\n')
			o.p[o.n++] = ' ';
	}
	o.p[o.n] = '\0';
	return (struct text){ o.p, o.n };
}
