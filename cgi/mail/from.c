/* The domains of a From field; see the header. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/from.h"

#define FROM_ADDRESSES_MAX	1000	/* what comes after is not read: malformed */
#define ADDRESS_MAX		4096

struct parse {
	struct arena	*arena;
	struct text	 rest;
	struct from	*from;
	struct name	*domains;
	size_t		 size;
	/* the element being read */
	struct str	 bare;		/* outside of "<>", comments removed; quotes as '"' */
	size_t		 angles;
};

static char
peek(const struct parse *p)
{
	return p->rest.n > 0 ? p->rest.p[0] : '\0';
}

static void
skip(struct parse *p, size_t n)
{
	p->rest = text_skip(p->rest, n);
}

/* "(" ... ")", nested (RFC 5322 3.2.2). */
static void
skip_comment(struct parse *p)
{
	size_t depth = 0;

	do {
		if (peek(p) == '\\')
			skip(p, 1);
		else if (peek(p) == '(')
			depth++;
		else if (peek(p) == ')')
			depth--;
		skip(p, 1);
	} while (depth > 0 && p->rest.n > 0);
	if (depth > 0)
		p->from->malformed = true;
}

/* A quoted string; what is in it is never looked at, so one '"' stands for it. */
static void
take_quoted(struct parse *p, struct str *into)
{
	skip(p, 1);
	while (p->rest.n > 0 && peek(p) != '"')
		skip(p, peek(p) == '\\' ? 2 : 1);
	if (p->rest.n == 0)
		p->from->malformed = true;
	skip(p, 1);
	str_addc(into, '"');
}

/* =?charset?q?text?= may hold what would be special: skipped as one word. */
static bool
take_encoded_word(struct parse *p)
{
	size_t i, marks = 0;

	if (!text_starts(p->rest, "=?"))
		return false;
	for (i = 2; i < p->rest.n && i < 1000; i++) {
		if (ascii_isspace((unsigned char)p->rest.p[i]))
			return false;
		if (p->rest.p[i] != '?')
			continue;
		if (marks >= 2 && i + 1 < p->rest.n && p->rest.p[i + 1] == '=') {
			skip(p, i + 2);
			str_add(&p->bare, "w");
			return true;
		}
		marks++;
	}
	return false;
}

/* Blanks are allowed around the dots of a domain only (4.4, obs-domain). */
static bool
tidy_domain(struct arena *a, struct text t, struct text *ret)
{
	struct str out = str_in(a, ADDRESS_MAX);
	bool blank = false;
	size_t i;
	char c, last = '.';

	t = text_trim(t);
	for (i = 0; i < t.n; i++) {
		c = t.p[i];
		if (ascii_isspace((unsigned char)c)) {
			blank = true;
			continue;
		}
		if (blank && c != '.' && last != '.')
			return false;
		blank = false;
		str_addc(&out, c);
		last = c;
	}
	*ret = str_text(&out);
	return str_ok(&out);
}

static void
add_domain(struct parse *p, struct name domain)
{
	size_t i;

	for (i = 0; i < p->from->count; i++)
		if (name_eq(p->domains[i], domain))
			return;
	if (p->from->count == p->size) {
		p->size = p->size == 0 ? 4 : p->size * 2;
		p->domains = arena_grow(p->arena, p->domains, p->from->count, p->size,
		    sizeof(domain));
	}
	p->domains[p->from->count++] = domain;
}

/* An addr-spec, its quotes already replaced: local "@" domain. */
static void
take_address(struct parse *p, struct text t)
{
	struct text local, domain;
	struct name name;
	size_t at, other;

	p->from->addresses++;
	t = text_trim(t);
	/* 4.4: "@relay,@relay:" in front of an address is a route. */
	if (text_starts(t, "@") && text_find(t, TEXT(":"), &at))
		t = text_trim(text_skip(t, at + 1));
	if (!text_find(t, TEXT("@"), &at)) {
		p->from->unreadable = p->from->malformed = true;
		return;
	}
	local = text_trim(text_head(t, at));
	domain = text_skip(t, at + 1);
	if (local.n == 0 || text_find(local, TEXT(" "), &other))
		p->from->malformed = true;
	if (local.n == 0 || text_find(domain, TEXT("@"), &other) ||
	    text_find(domain, TEXT("\""), &other) || text_ends(text_trim(domain), ".") ||
	    !tidy_domain(p->arena, domain, &domain) ||
	    !name_from_person(p->arena, domain, &name, NULL)) {
		p->from->unreadable = p->from->malformed = true;
		return;
	}
	add_domain(p, name);
}

static void
take_angle(struct parse *p)
{
	struct str inside = str_in(p->arena, ADDRESS_MAX);

	skip(p, 1);
	while (p->rest.n > 0 && peek(p) != '>') {
		if (peek(p) == '(')
			skip_comment(p);
		else if (peek(p) == '"')
			take_quoted(p, &inside);
		else {
			str_addc(&inside, peek(p));
			skip(p, 1);
		}
	}
	if (p->rest.n == 0 || ++p->angles > 1 || !str_ok(&inside))
		p->from->malformed = true;
	skip(p, 1);
	take_address(p, str_text(&inside));
}

static void
end_element(struct parse *p)
{
	struct text bare = text_trim(str_text(&p->bare));
	size_t at;
	bool has_at = text_find(bare, TEXT("@"), &at);

	if (p->angles > 0) {
		if (has_at)
			p->from->malformed = true;
	} else if (has_at)
		take_address(p, bare);
	else if (bare.n > 0)
		p->from->malformed = true;
	p->bare = str_in(p->arena, ADDRESS_MAX);
	p->angles = 0;
}

static void
step(struct parse *p)
{
	char c = peek(p);

	switch (c) {
	case '(':
		skip_comment(p);
		str_addc(&p->bare, ' ');
		return;
	case '"':
		take_quoted(p, &p->bare);
		return;
	case '<':
		take_angle(p);
		return;
	case ',':
	case ';':
		end_element(p);
		break;
	case ':':			/* "group name:" */
		p->bare = str_in(p->arena, ADDRESS_MAX);
		break;
	default:
		if (take_encoded_word(p))
			return;
		str_addc(&p->bare, c);
	}
	skip(p, 1);
}

void
from_parse(struct arena *a, struct text value, struct from *ret)
{
	struct parse p = { .arena = a, .rest = value, .from = ret };

	*ret = (struct from){ 0 };
	p.bare = str_in(a, ADDRESS_MAX);
	while (p.rest.n > 0 && ret->addresses < FROM_ADDRESSES_MAX)
		step(&p);
	if (p.rest.n > 0)
		ret->malformed = ret->unreadable = true;
	end_element(&p);
	ret->domains = p.domains;
}
