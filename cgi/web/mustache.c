#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/map.h"
#include "web/mustache.h"

#define TEMPLATE_BYTES_MAX	(512 * 1024)
#define NAME_PARTS_MAX		8

enum tag_kind { TAG_TEXT, TAG_VALUE, TAG_RAW, TAG_SECTION, TAG_INVERTED, TAG_END, TAG_PARTIAL };

struct tag {				/* thousands are kept: see sizes */
	enum tag_kind	 kind;
	bool		 line_start;	/* first of its line: the place of a partial's indentation */
	bool		 alone;		/* PARTIAL: has its line for itself */
	struct text	 text;		/* TEXT: at most one line; PARTIAL alone: indentation */
	const char	*name;		/* as written, for PARTIAL, RAW and errors */
	const char	**parts;	/* VALUE, SECTION, INVERTED; 0 parts = "." */
	const char	*word;		/* VALUE "t.x": "x" */
	uint64_t	 word_hash;
	const struct mustache *partial;	/* PARTIAL, once mustache_load has found it */
	uint32_t	 part_count;
	uint32_t	 run_bytes;	/* TEXT: with the lines behind it, up to the tag `end` */
	uint32_t	 end;		/* SECTION, INVERTED: index of their END; TEXT: of what follows the run */
	unsigned	 line;
};

struct mustache {
	const char	*file;
	struct tag	*tags;
	uint32_t	 count, room;
};

struct mustache_set {
	struct arena		*arena;
	const char *const	*raw_names;
	struct map		*templates;
};

struct mustache_set *
mustache_set_new(struct arena *a, const char *const *raw_names)
{
	struct mustache_set *set = arena_zalloc(a, sizeof(*set));

	set->arena = a;
	set->raw_names = raw_names;
	set->templates = map_new(a);
	return set;
}

const struct mustache *
mustache_find(const struct mustache_set *set, const char *name)
{
	return map_get(set->templates, name);
}

/* --- parsing ------------------------------------------------------------------------------------ */

struct parser {
	struct mustache_set	*set;
	struct arena		*scratch;	/* of the tags, until their number is known */
	struct mustache		*to;
	const char		*p, *end;
	const char		*start;
	char			 open[16], close[16];
	unsigned		 line;
	bool			 line_start;	/* the next tag opens a line */
	bool			 fresh;		/* no tag stood in this line yet */
	uint32_t		 stack[MUSTACHE_DEPTH_MAX];
	size_t			 depth;
};

static struct tag *
add_tag(struct parser *p, enum tag_kind kind)
{
	struct mustache *m = p->to;
	struct tag *tag;

	if (m->count == m->room) {
		uint32_t room = m->room == 0 ? 32 : m->room * 2;

		m->tags = arena_grow(p->scratch, m->tags, m->room, room, sizeof(*m->tags));
		m->room = room;
	}
	tag = &m->tags[m->count++];
	tag->kind = kind;
	tag->line = p->line;
	tag->line_start = p->line_start;
	p->line_start = false;
	return tag;
}

/* Text is kept line by line, so that each line can be indented. */
static void
add_text(struct parser *p, const char *from, const char *to)
{
	while (from < to) {
		const char *nl = memchr(from, '\n', (size_t)(to - from));
		const char *stop = nl == NULL ? to : nl + 1;
		struct tag *tag = add_tag(p, TAG_TEXT);

		tag->text = (struct text){ from, (size_t)(stop - from) };
		if (nl != NULL) {
			p->line++;
			p->line_start = p->fresh = true;
		}
		from = stop;
	}
}

static bool
fail(const struct parser *p, struct err *err, const char *what, struct text name)
{
	return err_set(err, ERR_SYNTAX, "%s:%u: %s '%.*s'", p->to->file, p->line, what,
	    (int)(name.n > 60 ? 60 : name.n), name.p);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "a.b.c" -> parts; "." has none. */
static bool
set_name(struct parser *p, struct tag *tag, struct text name, struct err *err)
{
	struct text rest = name, part;
	struct arena *a = p->set->arena;
	const char *parts[NAME_PARTS_MAX];

	tag->name = text_cstr(a, name);
	if (name.n == 0)
		return fail(p, err, "tag without a name", name);
	for (size_t i = 0; i < name.n; i++)
		if (ascii_isspace(name.p[i]))
			return fail(p, err, "blank inside a name", name);
	if (text_is(name, "."))
		return true;
	if (name.p[0] == '.' || name.p[name.n - 1] == '.')
		return fail(p, err, "malformed name", name);
	while (text_split(&rest, '.', &part)) {
		if (tag->part_count == NAME_PARTS_MAX || part.n == 0)
			return fail(p, err, "malformed name", name);
		parts[tag->part_count++] = text_cstr(a, part);
	}
	tag->parts = arena_grow(a, parts, tag->part_count, tag->part_count, sizeof(*parts));
	if (tag->kind == TAG_VALUE && text_starts(name, "t.") && name.n > 2)
		tag->word = tag->name + 2;
	if (tag->word != NULL)
		tag->word_hash = map_hash(tag->word);
	return true;
}

static bool
raw_allowed(const struct mustache_set *set, struct text name)
{
	for (const char *const *n = set->raw_names; n != NULL && *n != NULL; n++)
		if (text_is(name, *n))
			return true;
	return false;
}

/* "{{=<% %>=}}": the text between the two '='. */
static bool
set_delimiters(struct parser *p, struct text spec, struct err *err)
{
	size_t n = 0, m;

	spec = text_trim(spec);
	while (n < spec.n && !ascii_isspace(spec.p[n]))
		n++;
	m = n;
	while (m < spec.n && ascii_isspace(spec.p[m]))
		m++;
	if (n == 0 || m == spec.n || n >= sizeof(p->open) || spec.n - m >= sizeof(p->close) ||
	    memchr(spec.p + m, ' ', spec.n - m) != NULL || memchr(spec.p, '=', spec.n) != NULL)
		return fail(p, err, "malformed delimiters", spec);
	memcpy(p->open, spec.p, n);
	p->open[n] = '\0';
	memcpy(p->close, spec.p + m, spec.n - m);
	p->close[spec.n - m] = '\0';
	return true;
}

static const char *
find(const char *from, const char *end, const char *needle)
{
	return memmem(from, (size_t)(end - from), needle, strlen(needle));
}

struct found {				/* one tag in the source */
	char		 sigil;		/* 'v' of a value, which has none */
	struct text	 name;		/* what it holds, trimmed */
	const char	*at, *after;	/* with its delimiters */
	const char	*line_from, *line_to;	/* with the blanks about it */
	bool		 alone;		/* takes its whole line away with it ("standalone") */
};

/* What closes "{{=<% %>=}}": an equals sign, blanks, and the old delimiter. */
static const char *
after_delimiters(const struct parser *p, const char *close)
{
	const char *at = close + 1;

	while (at < p->end && ascii_isspace(*at))
		at++;
	return (size_t)(p->end - at) < strlen(p->close) || memcmp(at, p->close, strlen(p->close)) != 0 ? NULL :
	    at + strlen(p->close);
}

/* The tag at p->p, which stands on the opening delimiter; `after` is NULL where it is not closed. */
static struct found
find_tag(const struct parser *p)
{
	struct found t = { .at = p->p };
	const char *content = t.at + strlen(p->open), *close;
	char closing[sizeof(p->close) + 2] = "";

	while (content < p->end && ascii_isspace(*content))
		content++;
	t.sigil = content < p->end ? *content : '\0';
	if (t.sigil != '\0' && strchr("{#^/>!=&", t.sigil) != NULL)
		content++;
	else
		t.sigil = 'v';
	if (t.sigil == '=')
		closing[0] = '=';
	else
		snprintf(closing, sizeof(closing), "%s%s", t.sigil == '{' ? "}" : "", p->close);
	if ((close = find(content, p->end, closing)) == NULL)
		return t;
	t.after = t.sigil == '=' ? after_delimiters(p, close) : close + strlen(closing);
	t.name = text_trim((struct text){ content, (size_t)(close - content) });
	return t;
}

/* Whether it draws nothing itself and has its line for itself; text from `from` is not yet written. */
static void
see_line(const struct parser *p, const char *from, struct found *t)
{
	t->line_from = t->at;
	t->line_to = t->after;
	while (t->line_from > from && is_blank(t->line_from[-1]))
		t->line_from--;
	while (t->line_to < p->end && is_blank(*t->line_to))
		t->line_to++;
	t->alone = t->sigil != 'v' && strchr("#^/>!=", t->sigil) != NULL;
	/* Blank back to `from`: then only a line without a tag before will do. */
	if (t->line_from == from ? !p->fresh : t->line_from[-1] != '\n')
		t->alone = false;
	if (t->line_to < p->end && *t->line_to == '\r' && t->line_to + 1 < p->end && t->line_to[1] == '\n')
		t->line_to++;
	if (t->line_to < p->end && *t->line_to != '\n')
		t->alone = false;
}

static bool
open_section(struct parser *p, const struct found *t, struct err *err)
{
	struct tag *tag;

	if (p->depth == MUSTACHE_DEPTH_MAX / 2)
		return fail(p, err, "sections too deep at", t->name);
	p->stack[p->depth++] = p->to->count;
	tag = add_tag(p, t->sigil == '#' ? TAG_SECTION : TAG_INVERTED);
	if (t->alone)
		tag->line_start = false;
	return set_name(p, tag, t->name, err);
}

/* It is never drawn: what follows opens the line where it did. */
static bool
close_section(struct parser *p, const struct found *t, struct err *err)
{
	bool line_start = p->line_start;

	if (p->depth == 0 || !text_is(t->name, p->to->tags[p->stack[p->depth - 1]].name))
		return fail(p, err, "end of a section that is not open", t->name);
	p->to->tags[p->stack[--p->depth]].end = p->to->count;
	add_tag(p, TAG_END)->line_start = false;
	p->line_start = line_start;
	return true;
}

static bool
add_partial(struct parser *p, const struct found *t, struct err *err)
{
	struct tag *tag = add_tag(p, TAG_PARTIAL);

	if (t->name.n == 0)
		return fail(p, err, "tag without a name", t->name);
	tag->name = text_cstr(p->set->arena, t->name);
	tag->alone = t->alone;
	if (t->alone) {
		tag->text = (struct text){ t->line_from, (size_t)(t->at - t->line_from) };
		tag->line_start = false;
	}
	return true;
}

static bool
take_tag(struct parser *p, const struct found *t, struct err *err)
{
	switch (t->sigil) {
	case 'v':
		return set_name(p, add_tag(p, TAG_VALUE), t->name, err);
	case '{':
	case '&':
		if (!raw_allowed(p->set, t->name))
			return fail(p, err, "unescaped tag is not allowed for", t->name);
		add_tag(p, TAG_RAW)->name = text_cstr(p->set->arena, t->name);
		return true;
	case '#':
	case '^':
		return open_section(p, t, err);
	case '/':
		return close_section(p, t, err);
	case '>':
		return add_partial(p, t, err);
	case '=':
		return set_delimiters(p, t->name, err);
	default:				/* comment */
		return true;
	}
}

static unsigned
lines_in(const char *from, const char *to)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* One tag at p->p; text before it from `from` is not yet written. */
static bool
parse_tag(struct parser *p, const char *from, struct err *err)
{
	struct found t = find_tag(p);

	if (t.after == NULL) {
		p->line += lines_in(from, t.at);
		return fail(p, err, "tag is not closed", (struct text){ t.at, (size_t)(p->end - t.at) });
	}
	see_line(p, from, &t);
	add_text(p, from, t.alone ? t.line_from : t.at);
	if (!take_tag(p, &t, err))
		return false;
	p->line += lines_in(t.at, t.after);
	if (t.alone && t.line_to < p->end) {
		t.line_to++;
		p->line++;
	}
	if (t.alone)
		p->line_start = true;
	p->fresh = t.alone;
	p->p = t.alone ? t.line_to : t.after;
	return true;
}

/* Lines that follow each other are one text wherever nothing is indented. */
static void
join_lines(struct mustache *m)
{
	for (uint32_t i = m->count; i-- > 0; ) {
		struct tag *tag = &m->tags[i], *next = tag + 1;

		if (tag->kind != TAG_TEXT)
			continue;
		tag->end = i + 1;
		tag->run_bytes = (uint32_t)tag->text.n;
		if (i + 1 < m->count && next->kind == TAG_TEXT && next->text.p == tag->text.p + tag->text.n) {
			tag->end = next->end;
			tag->run_bytes += next->run_bytes;
		}
	}
}

static bool
parse(struct parser *p, struct text source, struct err *err)
{
	p->p = p->start = source.p;
	p->end = source.p + source.n;
	while (p->p < p->end) {
		const char *from = p->p, *at = find(from, p->end, p->open);

		if (at == NULL) {
			add_text(p, from, p->end);
			break;
		}
		p->p = at;
		if (!parse_tag(p, from, err))
			return false;
	}
	if (p->depth > 0) {
		const struct tag *open = &p->to->tags[p->stack[p->depth - 1]];

		return err_set(err, ERR_SYNTAX, "%s:%u: section '%s' is not closed", p->to->file,
		    open->line, open->name);
	}
	return true;
}

bool
mustache_add(struct mustache_set *set, const char *name, const char *file, struct text source,
    struct err *err)
{
	struct mustache *m = arena_zalloc(set->arena, sizeof(*m));
	struct parser p = { .set = set, .scratch = arena_new(), .to = m, .open = "{{", .close = "}}",
	    .line = 1, .line_start = true, .fresh = true };
	bool ok;

	m->file = arena_strdup(set->arena, file);
	ok = parse(&p, text_dup(set->arena, source), err);
	if (ok) {
		m->tags = arena_grow(set->arena, m->tags, m->count, m->count, sizeof(*m->tags));
		join_lines(m);
		map_put(set->templates, name, m);
	}
	arena_free(p.scratch);
	return ok;
}

bool
mustache_load(struct mustache_set *set, const char *dir, struct err *err)
{
	struct dirent *entry;
	struct arena *scratch;
	DIR *d = opendir(dir);
	bool ok = true;

	if (d == NULL)
		return err_set(err, ERR_IO, "%s: cannot be read", dir);
	scratch = arena_new();
	while (ok && (entry = readdir(d)) != NULL) {
		struct text file = text_of(entry->d_name), source;
		const char *path = arena_printf(scratch, "%s/%s", dir, entry->d_name);

		if (!text_ends(file, ".html") || entry->d_name[0] == '.')
			continue;
		ok = file_read(scratch, path, TEMPLATE_BYTES_MAX, &source, err) &&
		    mustache_add(set, text_cstr(scratch, text_head(file, file.n - 5)), path,
		    source, err);
	}
	closedir(d);
	arena_free(scratch);
	for (size_t i = 0; ok && i < map_count(set->templates); i++) {
		const struct mustache *m = map_at(set->templates, i, NULL);

		for (size_t k = 0; ok && k < m->count; k++) {
			struct tag *tag = &m->tags[k];

			if (tag->kind != TAG_PARTIAL)
				continue;
			tag->partial = mustache_find(set, tag->name);
			if (tag->partial == NULL)
				ok = err_set(err, ERR_SYNTAX, "%s:%u: there is no template '%s'",
				    m->file, tag->line, tag->name);
		}
	}
	return ok;
}

/* --- rendering ---------------------------------------------------------------------------------- */

struct frame {				/* one context on the stack */
	const struct json	*value;
	const struct frame	*outer;
};

struct renderer {
	const struct mustache_set	*set;
	const struct mustache_words	*words;
	const struct mustache_raw	*raw;
	size_t				 raw_count;
	struct str			*out;
};

/* The first part is looked for outwards; the rest only inside what was found. */
static const struct json *
lookup(const struct frame *frame, const struct tag *tag)
{
	const struct json *v = NULL;

	if (tag->part_count == 0)
		return frame->value;
	for (; frame != NULL && v == NULL; frame = frame->outer)
		if (json_is_object(frame->value))
			v = json_get(frame->value, tag->parts[0]);
	for (size_t i = 1; i < tag->part_count && v != NULL; i++)
		v = json_is_object(v) ? json_get(v, tag->parts[i]) : NULL;
	return v;
}

/* false, null, absent and the empty list. */
static bool
is_falsy(const struct json *v)
{
	if (json_is_null(v))
		return true;
	if (json_is_bool(v))
		return !json_value_bool(v, false);
	return json_is_array(v) && json_first(v) == NULL;
}

/*
 * Characters that would turn or hide the text around them: directional marks
 * and overrides (U+061C, U+200E/F, U+202A..E, U+2066..9).  0 = none here.
 */
static unsigned
turns_text(const unsigned char *p, size_t n)
{
	unsigned u;

	if (n >= 2 && p[0] == 0xd8 && p[1] == 0x9c)
		return 0x61c;
	if (n < 3 || p[0] != 0xe2 || (p[1] != 0x80 && p[1] != 0x81))
		return 0;
	u = 0x2000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return u == 0x200e || u == 0x200f || (u >= 0x202a && u <= 0x202e) || (u >= 0x2066 && u <= 0x2069) ? u : 0;
}

#define BIT(c)	(UINT64_C(1) << ((c) & 63))

/* Bytes that do not stand for themselves, or may not: a bit each. */
static const uint64_t special[4] = {
	(UINT32_MAX & ~(BIT('\t') | BIT('\n') | BIT('\r'))) | BIT('"') | BIT('&') | BIT('\'') | BIT('<') | BIT('>'),
	BIT(0x7f), 0, BIT(0xd8) | BIT(0xe2),
};

/* Markup of ours never comes here; what does is shown, whatever it is. */
void
html_escape(struct str *out, struct text t)
{
	size_t from = 0;

	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];
		const char *entity = NULL;
		unsigned turn = 0;

		if (!(special[c >> 6] & BIT(c)))
			continue;
		switch (c) {
		case '&': entity = "&amp;"; break;
		case '<': entity = "&lt;"; break;
		case '>': entity = "&gt;"; break;
		case '"': entity = "&quot;"; break;
		case '\'': entity = "&#39;"; break;
		case 0xd8: case 0xe2:
			turn = turns_text((const unsigned char *)t.p + i, t.n - i);
			if (turn == 0)
				continue;
			break;
		}
		str_addt(out, (struct text){ t.p + from, i - from });
		if (entity != NULL)
			str_add(out, entity);
		else if (turn != 0) {
			str_addf(out, "\\u%04x", turn);
			i += turn == 0x61c ? 1 : 2;
		} else
			str_addf(out, "\\x%02x", c);
		from = i + 1;
	}
	str_addt(out, (struct text){ t.p + from, t.n - from });
}

static void
render_value(struct renderer *r, const struct json *v)
{
	const char *s = json_value_str(v);

	if (s != NULL)
		html_escape(r->out, text_of(s));
	else if (json_is_bool(v))
		str_add(r->out, json_value_bool(v, false) ? "true" : "false");
	else if (json_is_int(v))
		str_addi(r->out, json_value_int(v, 0));
	else if (json_is_number(v))
		str_add(r->out, json_print(r->out->arena, v));
}

static const struct text *
find_word(const struct renderer *r, const struct tag *tag)
{
	const struct text *found = NULL;

	if (r->words == NULL || tag->word == NULL)
		return NULL;
	found = map_get_hashed(r->words->own, tag->word, tag->word_hash);
	return found != NULL ? found : map_get_hashed(r->words->common, tag->word, tag->word_hash);
}

static void
render_tag(struct renderer *r, const struct tag *tag, const struct frame *frame)
{
	const struct text *word = find_word(r, tag);

	if (word != NULL)
		str_addt(r->out, *word);
	else
		render_value(r, lookup(frame, tag));
}

static void	render_range(struct renderer *, const struct mustache *, size_t from, size_t to,
		    const struct frame *, struct text indent, unsigned depth);

static void
render_section(struct renderer *r, const struct mustache *m, size_t at, const struct frame *frame,
    struct text indent, unsigned depth)
{
	const struct tag *tag = &m->tags[at];
	const struct json *v = lookup(frame, tag);
	struct frame inner = { .outer = frame };

	if (is_falsy(v) != (tag->kind == TAG_INVERTED))
		return;
	if (tag->kind == TAG_INVERTED) {
		render_range(r, m, at + 1, tag->end, frame, indent, depth);
		return;
	}
	if (!json_is_array(v)) {
		inner.value = v;
		render_range(r, m, at + 1, tag->end, &inner, indent, depth);
		return;
	}
	for (v = json_first(v); v != NULL && !r->out->full; v = json_next(v)) {
		inner.value = v;
		render_range(r, m, at + 1, tag->end, &inner, indent, depth);
	}
}

static void
render_raw(struct renderer *r, const char *name, const struct frame *frame, unsigned depth)
{
	for (size_t i = 0; i < r->raw_count; i++) {
		const struct mustache_raw *raw = &r->raw[i];

		if (strcmp(raw->name, name) != 0)
			continue;
		if (raw->page != NULL)
			render_range(r, raw->page, 0, raw->page->count, frame, (struct text){ "", 0 }, depth);
		else
			str_addt(r->out, raw->markup);
	}
}

static void
render_partial(struct renderer *r, const struct tag *tag, const struct frame *frame,
    struct text indent, unsigned depth)
{
	const struct mustache *m = tag->partial != NULL ? tag->partial : mustache_find(r->set, tag->name);

	if (m == NULL)
		return;
	if (tag->text.n > 0) {
		struct str both = str_in(r->out->arena, indent.n + tag->text.n);

		str_addt(&both, indent);
		str_addt(&both, tag->text);
		indent = str_text(&both);
	}
	render_range(r, m, 0, m->count, frame, indent, depth);
}

static void
render_range(struct renderer *r, const struct mustache *m, size_t from, size_t to,
    const struct frame *frame, struct text indent, unsigned depth)
{
	if (depth == MUSTACHE_DEPTH_MAX || r->out->full)
		return;
	for (size_t i = from; i < to; i++) {
		const struct tag *tag = &m->tags[i];

		if (tag->line_start && indent.n > 0)
			str_addt(r->out, indent);
		switch (tag->kind) {
		case TAG_TEXT:
			if (indent.n > 0) {
				str_addt(r->out, tag->text);
				break;
			}
			str_addt(r->out, (struct text){ tag->text.p, tag->run_bytes });
			i = tag->end - 1;	/* a run ends with its section at the latest */
			break;
		case TAG_VALUE:
			render_tag(r, tag, frame);
			break;
		case TAG_RAW:
			render_raw(r, tag->name, frame, depth + 1);
			break;
		case TAG_SECTION:
		case TAG_INVERTED:
			render_section(r, m, i, frame, indent, depth + 1);
			i = tag->end;
			break;
		case TAG_PARTIAL:
			render_partial(r, tag, frame, tag->alone ? indent : (struct text){ "", 0 },
			    depth + 1);
			break;
		case TAG_END:
			break;
		}
	}
}

void
mustache_render(const struct mustache_set *set, const struct mustache *m,
    const struct json *context, const struct mustache_words *words, const struct mustache_raw *raw,
    size_t raw_count, struct str *out)
{
	struct renderer r = { set, words, raw, raw_count, out };
	struct frame top = { context, NULL };

	render_range(&r, m, 0, m->count, &top, (struct text){ "", 0 }, 0);
}
