#include "mail/mime.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/mime_decode.h"

#define VALUE_MAX	(8 * 1024)
#define BOUNDARY_MAX	998		/* RFC 2046 5.1.1 says 70; some make longer ones */

/* --- header fields ------------------------------------------------------------------------------ */

/* The name before the colon; false when the line is no field (RFC 5322 2.2). */
static bool
field_name(struct text line, struct text *name)
{
	size_t	i = 0;

	while (i < line.n && line.p[i] > 32 && line.p[i] < 127 && line.p[i] != ':')
		i++;
	*name = text_head(line, i);
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))	/* obsolete syntax, 4.5 */
		i++;
	return name->n > 0 && i < line.n && line.p[i] == ':';
}

static bool
is_folded(struct text line)
{
	return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

bool
mime_field(const struct mime_part *part, const char *name, struct text *ret)
{
	struct text	rest = part->head, line, this;
	const char	*start = NULL;

	while (text_line(&rest, &line)) {
		if (start != NULL) {
			if (!is_folded(line))
				return true;
			*ret = (struct text){ start, (size_t)(line.p + line.n - start) };
			continue;
		}
		if (is_folded(line) || !field_name(line, &this) || !text_iis(this, name))
			continue;
		start = (const char *)memchr(line.p, ':', line.n) + 1;
		*ret = (struct text){ start, (size_t)(line.p + line.n - start) };
	}
	return start != NULL;
}

struct text
mime_value(struct arena *a, const struct mime_part *part, const char *name)
{
	struct text	raw;
	struct str	s;

	if (!mime_field(part, name, &raw))
		return (struct text){ NULL, 0 };
	raw = text_trim(raw);
	if (memchr(raw.p, '\n', raw.n) == NULL)
		return text_head(raw, VALUE_MAX);
	s = str_in(a, VALUE_MAX);
	for (size_t i = 0; i < raw.n && i < VALUE_MAX; i++) {
		bool	blank = ascii_isspace((unsigned char)raw.p[i]);

		if (blank && s.n > 0 && s.p[s.n - 1] == ' ')
			continue;
		str_addc(&s, blank ? ' ' : raw.p[i]);
	}
	return str_text(&s);
}

struct text
mime_words(struct arena *a, const struct mime_part *part, const char *name)
{
	struct text	v = mime_value(a, part, name);

	return v.p == NULL ? v : mime_decode_words(a, v);
}

/* --- parameters, RFC 2045 5.1 and RFC 2231 ------------------------------------------------------ */

struct param {
	struct text	name;		/* with "*0*" and the like */
	struct text	value;		/* unquoted in place of `value` when it was quoted */
};

static void
skip_comment(struct text *t)
{
	unsigned	depth = 0;

	while (t->n > 0) {
		char	c = t->p[0];

		*t = text_skip(*t, 1);
		if (c == '\\')
			*t = text_skip(*t, 1);
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return;
	}
}

static void
skip_blanks(struct text *t)
{
	for (;;) {
		*t = text_trim(*t);
		if (t->n == 0 || t->p[0] != '(')
			return;
		skip_comment(t);
	}
}

static bool
next_param(struct arena *a, struct text *rest, struct param *ret)
{
	size_t	i = 0;

	while (i < rest->n && rest->p[i] != ';')
		i++;
	*rest = text_skip(*rest, i + 1);
	skip_blanks(rest);
	if (rest->n == 0)
		return false;
	for (i = 0; i < rest->n && rest->p[i] != '=' && rest->p[i] != ';';)
		i++;
	ret->name = text_trim(text_head(*rest, i));
	ret->value = (struct text){ "", 0 };
	if (i == rest->n || rest->p[i] == ';') {
		*rest = text_skip(*rest, i);
		return true;
	}
	*rest = text_skip(*rest, i + 1);
	skip_blanks(rest);
	if (rest->n > 0 && rest->p[0] == '"') {
		struct str	s = str_in(a, rest->n);

		for (i = 1; i < rest->n && rest->p[i] != '"'; i++) {
			if (rest->p[i] == '\\' && i + 1 < rest->n)
				i++;
			str_addc(&s, rest->p[i]);
		}
		*rest = text_skip(*rest, i);
		ret->value = str_text(&s);
		return true;
	}
	for (i = 0; i < rest->n && rest->p[i] != ';' && !ascii_isspace((unsigned char)rest->p[i]);)
		i++;
	ret->value = text_head(*rest, i);
	*rest = text_skip(*rest, i);
	return true;
}

static void
add_percent(struct str *s, struct text v)
{
	for (size_t i = 0; i < v.n; i++) {
		int	hi, lo;

		if (v.p[i] == '%' && i + 2 < v.n && (hi = ascii_hex((unsigned char)v.p[i + 1])) >= 0 &&
		    (lo = ascii_hex((unsigned char)v.p[i + 2])) >= 0) {
			str_addc(s, (char)(hi * 16 + lo));
			i += 2;
		} else
			str_addc(s, v.p[i]);
	}
}

const char *
mime_param(struct arena *a, struct text value, const char *name)
{
	struct text	 rest = value;
	struct param	 p;
	struct str	 s = str_in(a, BOUNDARY_MAX);
	unsigned	 pieces = 0, params = 0;
	size_t		 n = strlen(name);

	while (params++ < 50 && next_param(a, &rest, &p)) {
		bool	extended;

		if (!text_istarts(p.name, name))
			continue;
		p.name = text_skip(p.name, n);
		if (p.name.n == 0) {
			if (pieces > 0)
				continue;
			return text_cstr(a, p.value);
		}
		if (p.name.p[0] != '*')
			continue;
		extended = p.name.p[p.name.n - 1] == '*';
		if (pieces == 0 && extended) {		/* charset'language'value */
			struct text	 v = p.value, part;

			if (text_split(&v, '\'', &part) && text_split(&v, '\'', &part))
				p.value = v;
		}
		if (extended)
			add_percent(&s, p.value);
		else
			str_addt(&s, p.value);
		pieces++;
	}
	return pieces > 0 ? text_cstr(a, str_text(&s)) : NULL;
}

/* --- the pass over the message ------------------------------------------------------------------ */

struct frame {				/* a multipart whose boundary is looked for */
	struct text	boundary;
	size_t		part;
};

struct pass {
	struct arena	*arena;
	struct mime	*mime;
	struct text	 rest;		/* not read yet */
	struct frame	 open[MIME_DEPTH_MAX + 1];
	size_t		 open_count;
	size_t		 leaf;		/* part whose body is being read; MIME_NONE */
	size_t		 size;		/* room in mime->parts */
};

static const char *
lower(struct arena *a, struct text t)
{
	char	*s = text_cstr(a, t);

	for (char *p = s; *p != '\0'; p++)
		*p = (char)ascii_tolower((unsigned char)*p);
	return s;
}

static enum mime_encoding
encoding_of(struct text v)
{
	static const struct { const char *name; enum mime_encoding encoding; } table[] = {
		{ "7bit",		MIME_IDENTITY },
		{ "8bit",		MIME_IDENTITY },
		{ "binary",		MIME_IDENTITY },
		{ "quoted-printable",	MIME_QUOTED },
		{ "base64",		MIME_BASE64 },
		{ "x-uuencode",		MIME_UUENCODE },
		{ "x-uue",		MIME_UUENCODE },
		{ "uuencode",		MIME_UUENCODE },
	};
	size_t	n = 0;

	v = text_trim(v);
	while (n < v.n && v.p[n] != ';' && v.p[n] != '(' && !ascii_isspace((unsigned char)v.p[n]))
		n++;
	v = text_head(v, n);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (text_iis(v, table[i].name))
			return table[i].encoding;
	return v.n == 0 ? MIME_IDENTITY : MIME_UNKNOWN;
}

/* The type before the parameters, "" when there is none worth the name. */
static const char *
type_of(struct arena *a, struct text v)
{
	size_t	n = 0;

	while (n < v.n && v.p[n] != ';' && v.p[n] != '(' && !ascii_isspace((unsigned char)v.p[n]))
		n++;
	v = text_head(v, n);
	return n < 100 && memchr(v.p, '/', v.n) != NULL ? lower(a, v) : "";
}

/* Which open multipart this line is a delimiter of; MIME_NONE = of none. */
static size_t
delimiter_of(const struct pass *pass, struct text line, bool *last)
{
	if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return MIME_NONE;
	line = text_skip(line, 2);
	for (size_t i = pass->open_count; i-- > 0;) {
		struct text	b = pass->open[i].boundary, after;

		if (line.n < b.n || line.p[0] != b.p[0] || memcmp(line.p, b.p, b.n) != 0)
			continue;
		after = text_skip(line, b.n);
		*last = text_starts(after, "--");
		if (*last)
			after = text_skip(after, 2);
		if (text_trim(after).n == 0)
			return i;
	}
	return MIME_NONE;
}

static size_t
add_part(struct pass *pass, size_t parent, unsigned depth)
{
	struct mime		*m = pass->mime;
	struct mime_part	*p;

	if (m->count == MIME_PARTS_MAX) {
		m->too_many = true;
		return MIME_NONE;
	}
	if (m->count == pass->size) {
		m->parts = arena_grow(pass->arena, m->parts, m->count, pass->size * 2, sizeof(*p));
		pass->size *= 2;
	}
	p = &m->parts[m->count];
	p->parent = parent;
	p->depth = depth;
	return m->count++;
}

/*
 * Read the header at pass->rest into the part: up to an empty line, to a line
 * that is no field (then the body begins there), or to a delimiter.
 */
static void
read_head(struct pass *pass, struct mime_part *p)
{
	const char	*start = pass->rest.p, *end = start;
	struct text	 rest = pass->rest, line, name;
	bool		 last, first = true;

	while (text_line(&rest, &line)) {
		if (delimiter_of(pass, line, &last) != MIME_NONE)
			break;
		if (line.n == 0) {
			pass->rest = rest;
			break;
		}
		if (first ? !field_name(line, &name) && !text_starts(line, "From ") &&
		    !text_starts(line, ">From ") : !is_folded(line) && !field_name(line, &name))
			break;
		first = false;
		end = line.p + line.n;
		pass->rest = rest;
	}
	p->head = (struct text){ start, (size_t)(end - start) };
	if (p->head.n > MIME_HEAD_MAX) {
		p->head.n = MIME_HEAD_MAX;
		pass->mime->head_cut = true;
	}
}

static const char *
default_type(const struct mime *m, const struct mime_part *p)
{
	if (p->parent != MIME_NONE && strcmp(m->parts[p->parent].type, "multipart/digest") == 0)
		return "message/rfc822";			/* RFC 2046 5.1.5 */
	return "text/plain";
}

static bool
is_message(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 || strcmp(type, "message/global") == 0 ||
	    strcmp(type, "message/news") == 0;
}

static void
describe(struct pass *pass, struct mime_part *p)
{
	struct arena	*a = pass->arena;
	struct text	 v = mime_value(a, p, "Content-Type");

	p->type = v.p == NULL ? "" : type_of(a, v);
	if (p->type[0] == '\0')
		p->type = default_type(pass->mime, p);
	if (v.p != NULL) {
		const char	*charset = mime_param(a, v, "charset");
		const char	*report = mime_param(a, v, "report-type");

		p->charset = charset == NULL ? NULL : lower(a, text_trim(text_of(charset)));
		p->report_type = report == NULL ? NULL : lower(a, text_trim(text_of(report)));
	}
	v = mime_value(a, p, "Content-Transfer-Encoding");
	p->encoding = encoding_of(v);
	p->attachment = text_istarts(mime_value(a, p, "Content-Disposition"), "attachment");
}

/*
 * Begin a part at pass->rest: its header, then its body or, for messages and
 * multiparts, what lies inside.  False: no room for more parts.
 */
static bool
begin_part(struct pass *pass, size_t parent, unsigned depth)
{
	for (;;) {
		size_t			 at = add_part(pass, parent, depth);
		struct mime_part	*p;
		const char		*boundary;
		struct text		 v;

		pass->leaf = MIME_NONE;
		if (at == MIME_NONE)
			return false;
		p = &pass->mime->parts[at];
		read_head(pass, p);
		p->body = (struct text){ pass->rest.p, 0 };
		describe(pass, p);
		if (is_message(p->type) && p->encoding == MIME_IDENTITY) {
			if (depth + 1 >= MIME_DEPTH_MAX) {
				pass->mime->too_deep = true;
				pass->leaf = at;
				return true;
			}
			parent = at;
			depth++;
			continue;
		}
		if (strncmp(p->type, "multipart/", 10) != 0) {
			pass->leaf = at;
			return true;
		}
		v = mime_value(pass->arena, p, "Content-Type");
		boundary = mime_param(pass->arena, v, "boundary");
		if (boundary == NULL || boundary[0] == '\0') {
			pass->leaf = at;
			return true;
		}
		if (depth + 1 >= MIME_DEPTH_MAX || pass->open_count == MIME_DEPTH_MAX) {
			pass->mime->too_deep = true;
			pass->leaf = at;
			return true;
		}
		pass->open[pass->open_count++] =
		    (struct frame){ text_of(boundary), at };
		return true;
	}
}

/* The body of the leaf, and of messages and multiparts around it, ends before `end`. */
static void
end_bodies(struct pass *pass, const char *end, size_t outermost)
{
	struct mime	*m = pass->mime;
	size_t		 at = pass->leaf;

	if (at == MIME_NONE)
		at = m->count - 1;
	for (; at != MIME_NONE && at != outermost; at = m->parts[at].parent) {
		struct mime_part	*p = &m->parts[at];

		if (!p->closed && end > p->body.p)
			p->body.n = (size_t)(end - p->body.p);
		p->closed = true;
	}
	pass->leaf = MIME_NONE;
}

/* The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1). */
static const char *
before_line_end(const char *start, const char *p)
{
	if (p > start && p[-1] == '\n')
		p--;
	if (p > start && p[-1] == '\r')
		p--;
	return p;
}

static void
read_parts(struct pass *pass)
{
	struct text	line;

	if (!begin_part(pass, MIME_NONE, 0))
		return;
	while (text_line(&pass->rest, &line)) {
		bool	 last;
		size_t	 i = delimiter_of(pass, line, &last);
		size_t	 part;

		if (i == MIME_NONE)
			continue;
		part = pass->open[i].part;
		end_bodies(pass, before_line_end(pass->mime->text.p, line.p), part);
		pass->open_count = i + !last;
		if (!last && !begin_part(pass, part, pass->mime->parts[part].depth + 1))
			break;
	}
	end_bodies(pass, pass->mime->text.p + pass->mime->text.n, MIME_NONE);
}

/*
 * Pasted text may begin with what looks like a field ("<a@b>: host said").  A
 * message has at least one of the fields that every message has.
 */
static void
drop_false_head(struct mime *m)
{
	static const char *const names[] = { "From", "To", "Subject", "Date", "Received", "Message-ID",
	    "Content-Type", "Return-Path", "MIME-Version", "Delivered-To", "Sender", NULL };
	struct text	 value;

	for (size_t i = 0; names[i] != NULL; i++)
		if (mime_field(&m->parts[0], names[i], &value))
			return;
	m->parts[0].head.n = 0;
	m->parts[0].body = m->text;
}

/* Files of old Macs have CR alone. */
static struct text
with_line_feeds(struct arena *a, struct text t)
{
	char	*p;

	if (t.n == 0 || memchr(t.p, '\n', t.n) != NULL || memchr(t.p, '\r', t.n) == NULL)
		return t;
	p = arena_alloc(a, t.n + 1);
	for (size_t i = 0; i < t.n; i++)
		p[i] = t.p[i] == '\r' ? '\n' : t.p[i];
	p[t.n] = '\0';
	return (struct text){ p, t.n };
}

const struct mime *
mime_parse(struct arena *a, struct text message)
{
	struct mime	*m = arena_zalloc(a, sizeof(*m));
	struct pass	 pass = { .arena = a, .mime = m, .leaf = MIME_NONE, .size = 8 };
	size_t		 skip = 0;

	if (message.p == NULL)
		message = (struct text){ "", 0 };
	if (text_starts(message, "\xef\xbb\xbf"))		/* a byte order mark */
		message = text_skip(message, 3);
	message = with_line_feeds(a, message);
	while (skip < message.n && (message.p[skip] == '\n' || message.p[skip] == '\r'))
		skip++;
	m->text = text_skip(message, skip);
	m->parts = arena_array(a, pass.size, sizeof(*m->parts));
	pass.rest = m->text;
	read_parts(&pass);
	drop_false_head(m);
	return m;
}
