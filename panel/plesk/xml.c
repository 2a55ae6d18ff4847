#include "panel/plesk/xml.h"

#include <string.h>

#define DEPTH_MAX	32
#define ELEMENTS_MAX	4000000		/* 100,000 subscriptions of 40 elements */

struct scan {
	struct arena	*arena;
	struct text	 rest;
	size_t		 count;
	struct err	*err;
};

struct open {			/* an element whose end has not come yet */
	struct xml	*xml;
	const struct xml **last;	/* where the next child goes */
};

static bool
broken(struct scan *s, const char *what)
{
	return err_set(s->err, ERR_SYNTAX, "XML: %s", what);
}

/* --- text ------------------------------------------------------------------------------------- */

static void
add_utf8(struct str *out, uint32_t c)
{
	if (c < 0x80)
		str_addc(out, (char)c);
	else if (c < 0x800) {
		str_addc(out, (char)(0xc0 | c >> 6));
		str_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		str_addc(out, (char)(0xe0 | c >> 12));
		str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		str_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		str_addc(out, (char)(0xf0 | c >> 18));
		str_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		str_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* "#60", "#x3c": the code point, 0 = none that XML allows. */
static uint32_t
character(struct text ref)
{
	uint32_t base = 10, c = 0;
	int digit;

	ref = text_skip(ref, 1);
	if (text_istarts(ref, "x")) {
		base = 16;
		ref = text_skip(ref, 1);
	}
	if (ref.n == 0 || ref.n > 8)
		return 0;
	for (size_t i = 0; i < ref.n; i++) {
		digit = ascii_hex((unsigned char)ref.p[i]);
		if (digit < 0 || (uint32_t)digit >= base)
			return 0;
		c = c * base + (uint32_t)digit;
		if (c > 0x10ffff)
			return 0;
	}
	return c >= 0xd800 && c <= 0xdfff ? 0 : c;
}

static bool
add_entity(struct str *out, struct text name)
{
	static const struct { const char *name; char c; } known[] = {
		{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' },
	};
	uint32_t c;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_is(name, known[i].name)) {
			str_addc(out, known[i].c);
			return true;
		}
	if (!text_starts(name, "#") || (c = character(name)) == 0)
		return false;
	add_utf8(out, c);
	return true;
}

static bool
decode(struct scan *s, struct text raw, struct text *ret)
{
	struct str out;
	size_t at, end;

	if (!text_find(raw, TEXT("&"), &at)) {
		*ret = raw;
		return true;
	}
	out = str_in(s->arena, raw.n);
	for (; text_find(raw, TEXT("&"), &at); raw = text_skip(raw, at + end + 1)) {
		str_addt(&out, text_head(raw, at));
		if (!text_find(text_head(text_skip(raw, at), 12), TEXT(";"), &end) ||
		    !add_entity(&out, text_head(text_skip(raw, at + 1), end - 1)))
			return broken(s, "an entity that is not known");
	}
	str_addt(&out, raw);
	*ret = str_text(&out);
	return true;
}

/* Text between elements: the first that is no blank counts, more is joined. */
static bool
take_text(struct scan *s, struct xml *into, struct text raw, bool cdata)
{
	struct text text = raw;
	struct str joined;

	if (into == NULL)
		return text_trim(raw).n == 0 || broken(s, "text outside of the outermost element");
	if (!cdata && !decode(s, raw, &text))
		return false;
	if (text_trim(into->text).n == 0) {
		into->text = text;
		return true;
	}
	if (text_trim(text).n == 0)
		return true;
	joined = str_in(s->arena, into->text.n + text.n);
	str_addt(&joined, into->text);
	str_addt(&joined, text);
	into->text = str_text(&joined);
	return true;
}

/* --- elements --------------------------------------------------------------------------------- */

static bool
skip_past(struct scan *s, size_t from, struct text end, struct text *inside)
{
	struct text body = text_skip(s->rest, from);
	size_t at;

	if (!text_find(body, end, &at))
		return broken(s, "the end is missing");
	*inside = text_head(body, at);
	s->rest = text_skip(body, at + end.n);
	return true;
}

/* What stands between '<' and '>' of a tag: a '>' may stand inside quotes. */
static bool
take_tag(struct scan *s, struct text *ret)
{
	char quote = '\0';

	for (size_t i = 1; i < s->rest.n; i++) {
		char c = s->rest.p[i];

		if (quote != '\0')
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '<')
			return broken(s, "a tag inside a tag");
		else if (c == '>') {
			*ret = text_head(text_skip(s->rest, 1), i - 1);
			s->rest = text_skip(s->rest, i + 1);
			return true;
		}
	}
	return broken(s, "the end is missing");
}

static struct text
tag_name(struct text tag)
{
	size_t n = 0;

	while (n < tag.n && !ascii_isspace((unsigned char)tag.p[n]) && tag.p[n] != '/')
		n++;
	return text_head(tag, n);
}

/* `depth` = how many are open. */
static bool
take_element(struct scan *s, struct open *stack, size_t *depth, const struct xml **root)
{
	struct text tag;
	struct xml *xml;
	bool empty;

	if (!take_tag(s, &tag))
		return false;
	if (text_starts(tag, "/")) {
		if (*depth == 0 || !text_eq(text_trim(text_skip(tag, 1)), stack[*depth - 1].xml->name))
			return broken(s, "an end that does not fit");
		(*depth)--;
		return true;
	}
	if (++s->count > ELEMENTS_MAX)
		return err_set(s->err, ERR_LIMIT, "XML: too many elements");
	if (*depth == 0 && *root != NULL)
		return broken(s, "two outermost elements");
	empty = text_ends(tag, "/");
	xml = arena_zalloc(s->arena, sizeof(*xml));
	xml->name = tag_name(tag);
	if (xml->name.n == 0)
		return broken(s, "an element without a name");
	if (*depth == 0)
		*root = xml;
	else {
		*stack[*depth - 1].last = xml;
		stack[*depth - 1].last = &xml->next;
	}
	if (empty)
		return true;
	if (*depth == DEPTH_MAX)
		return err_set(s->err, ERR_LIMIT, "XML: too deep");
	stack[(*depth)++] = (struct open){ xml, &xml->child };
	return true;
}

bool
xml_parse(struct arena *a, struct text text, const struct xml **ret, struct err *err)
{
	struct scan s = { .arena = a, .rest = text, .err = err };
	struct open stack[DEPTH_MAX];
	const struct xml *root = NULL;
	struct text inside;
	size_t depth = 0, at;
	bool ok = true;

	if (text_starts(s.rest, "\xef\xbb\xbf"))
		s.rest = text_skip(s.rest, 3);
	while (ok && s.rest.n > 0) {
		struct xml *here = depth == 0 ? NULL : stack[depth - 1].xml;

		if (!text_find(s.rest, TEXT("<"), &at)) {
			ok = take_text(&s, here, s.rest, false);
			break;
		}
		if (at > 0) {
			ok = take_text(&s, here, text_head(s.rest, at), false);
			s.rest = text_skip(s.rest, at);
		} else if (text_starts(s.rest, "<?"))
			ok = skip_past(&s, 2, TEXT("?>"), &inside);
		else if (text_starts(s.rest, "<!--"))
			ok = skip_past(&s, 4, TEXT("-->"), &inside);
		else if (text_starts(s.rest, "<![CDATA["))
			ok = skip_past(&s, 9, TEXT("]]>"), &inside) &&
			    take_text(&s, here, inside, true);
		else if (text_starts(s.rest, "<!"))
			ok = broken(&s, "a document type");
		else
			ok = take_element(&s, stack, &depth, &root);
	}
	if (!ok)
		return false;
	if (root == NULL || depth > 0)
		return broken(&s, "it is cut off");
	*ret = root;
	return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

static const struct xml *
named(const struct xml *x, struct text name)
{
	while (x != NULL && !text_eq(x->name, name))
		x = x->next;
	return x;
}

const struct xml *
xml_child(const struct xml *x, const char *name)
{
	return x == NULL ? NULL : named(x->child, text_of(name));
}

const struct xml *
xml_again(const struct xml *x, const char *name)
{
	return x == NULL ? NULL : named(x->next, text_of(name));
}

const struct xml *
xml_path(const struct xml *x, const char *path)
{
	struct text rest = text_of(path), step;

	while (x != NULL && text_split(&rest, '/', &step))
		x = named(x->child, step);
	return x;
}

const char *
xml_str(struct arena *a, const struct xml *x, const char *name)
{
	const struct xml *child = xml_child(x, name);

	return child == NULL ? NULL : text_show(a, text_trim(child->text));
}

int
xml_tristate(const struct xml *x, const char *name)
{
	const struct xml *child = xml_child(x, name);

	if (child == NULL)
		return -1;
	return text_is(text_trim(child->text), "true") ? 1 :
	    text_is(text_trim(child->text), "false") ? 0 : -1;
}

bool
xml_number(const struct xml *x, const char *name, int64_t *ret)
{
	const struct xml *child = xml_child(x, name);
	struct text text;
	uint64_t n;
	bool minus;

	if (child == NULL)
		return false;
	text = text_trim(child->text);
	if ((minus = text_starts(text, "-")))
		text = text_skip(text, 1);
	if (!text_uint(text, INT32_MAX, &n))
		return false;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

void
xml_add(struct str *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			str_add(out, "&amp;");
			break;
		case '<':
			str_add(out, "&lt;");
			break;
		case '>':
			str_add(out, "&gt;");
			break;
		case '"':
			str_add(out, "&quot;");
			break;
		case '\'':
			str_add(out, "&apos;");
			break;
		default:
			if ((unsigned char)*text >= 0x20 || *text == '\t' || *text == '\n')
				str_addc(out, *text);
		}
	}
}

void
xml_add_element(struct str *out, const char *tag, const char *text)
{
	str_addf(out, "<%s>", tag);
	xml_add(out, text);
	str_addf(out, "</%s>", tag);
}
