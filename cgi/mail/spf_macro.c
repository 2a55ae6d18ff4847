#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/spf_macro.h"

/*
 * The cursor over one macro-expand.  `digits` 0 means "all parts"; a written
 * zero is refused by the check (7.3).
 */
struct macro {
	char		 letter;	/* lower case; '%', '_', '-' of the escapes */
	bool		 url;		/* written in upper case */
	bool		 reverse;
	unsigned	 digits;
	struct text	 delimiters;	/* n 0 = "." */
};

/* Read the macro-expand at text[*i] ('%'); on success *i is behind it. */
static bool
macro_read(struct text t, size_t *i, struct macro *m)
{
	size_t at = *i + 1;
	bool number = false;
	char c;

	memset(m, 0, sizeof(*m));
	if (at >= t.n)
		return false;
	c = t.p[at++];
	if (c == '%' || c == '_' || c == '-') {
		m->letter = c;
		*i = at;
		return true;
	}
	if (c != '{' || at >= t.n)
		return false;
	c = t.p[at++];
	m->letter = (char)ascii_tolower((unsigned char)c);
	m->url = c != m->letter;
	if (m->letter == '\0' || strchr("slodipvhcrt", m->letter) == NULL)
		return false;
	for (; at < t.n && ascii_isdigit((unsigned char)t.p[at]); at++) {
		number = true;
		m->digits = m->digits * 10 + (unsigned)(t.p[at] - '0');
		if (m->digits > 1000000)	/* more parts than any text has */
			m->digits = 1000000;
	}
	if (number && m->digits == 0)
		return false;
	if (at < t.n && (t.p[at] == 'r' || t.p[at] == 'R')) {
		m->reverse = true;
		at++;
	}
	m->delimiters.p = t.p + at;
	while (at < t.n && t.p[at] != '\0' && strchr(".-+,/_=", t.p[at]) != NULL) {
		m->delimiters.n++;
		at++;
	}
	if (at >= t.n || t.p[at] != '}')
		return false;
	*i = at + 1;
	return true;
}

/* toplabel of 7.1: LDH, not numbers alone, no hyphen at either end. */
static bool
is_toplabel(struct text t)
{
	bool letter = false;
	size_t i;

	if (t.n == 0 || t.p[0] == '-' || t.p[t.n - 1] == '-')
		return false;
	for (i = 0; i < t.n; i++) {
		if (ascii_isalpha((unsigned char)t.p[i]) || t.p[i] == '-')
			letter = true;
		else if (!ascii_isdigit((unsigned char)t.p[i]))
			return false;
	}
	return letter;
}

/* domain-end: a macro, or "." toplabel [ "." ], all of it behind the last macro. */
static bool
ends_well(struct text t, size_t macro_end)
{
	struct text tail = text_skip(t, macro_end);
	size_t dot;

	if (tail.n == 0)
		return macro_end > 0;
	if (tail.p[tail.n - 1] == '.')
		tail.n--;
	for (dot = tail.n; dot > 0; dot--)
		if (tail.p[dot - 1] == '.')
			return is_toplabel(text_skip(tail, dot));
	return false;
}

enum spf_fault
spf_macro_check(struct text t, enum spf_macro_use use, uint32_t *macros, size_t *at)
{
	size_t i = 0, macro_end = 0;
	struct macro m;
	unsigned char c;

	*macros = 0;
	while (i < t.n) {
		*at = i;
		c = (unsigned char)t.p[i];
		if (c > 0x7e || c < 0x20 || (c == ' ' && use != SPF_EXPLAIN_STRING))
			return SPF_BAD_CHARACTER;
		if (c != '%') {
			i++;
			continue;
		}
		if (!macro_read(t, &i, &m))
			return SPF_BAD_MACRO;
		macro_end = i;
		if (m.letter < 'a') {
			*macros |= SPF_ESCAPES;
			continue;
		}
		if (use != SPF_EXPLAIN_STRING && strchr("crt", m.letter) != NULL)
			return SPF_MACRO_IN_EXP_ONLY;
		*macros |= SPF_LETTER(m.letter) | (m.url ? SPF_URL : 0);
	}
	*at = 0;
	if (use != SPF_DOMAIN_SPEC)
		return SPF_FINE;
	if (t.n == 0)
		return SPF_NO_DOMAIN;
	return ends_well(t, macro_end) ? SPF_FINE : SPF_BAD_DOMAIN;
}

/*
 * Where an expansion goes.  For a name only the right end counts, so the left
 * falls out of a small window: a record may ask for a gigabyte of text.
 */
struct sink {
	char		 window[1024];
	size_t		 n;
	struct str	*str;		/* NULL = the window */
};

static void
put(struct sink *s, char c)
{
	if (s->str != NULL) {
		str_addc(s->str, c);
		return;
	}
	if (s->n == sizeof(s->window)) {
		memmove(s->window, s->window + sizeof(s->window) / 2, sizeof(s->window) / 2);
		s->n = sizeof(s->window) / 2;
	}
	s->window[s->n++] = c;
}

static void
put_value(struct sink *s, struct text t, bool url)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char c;
	size_t i;

	for (i = 0; i < t.n; i++) {
		c = (unsigned char)t.p[i];
		if (!url || ascii_isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL)) {
			put(s, (char)c);		/* unreserved, RFC 3986 2.3 */
			continue;
		}
		put(s, '%');
		put(s, hex[c >> 4]);
		put(s, hex[c & 15]);
	}
}

static bool
is_delimiter(const struct macro *m, char c)
{
	if (m->delimiters.n == 0)
		return c == '.';
	return memchr(m->delimiters.p, c, m->delimiters.n) != NULL;
}

/* Split, reverse, keep the right-most parts, join with dots (7.3). */
static void
put_transformed(struct sink *s, const struct macro *m, struct text t)
{
	size_t start, end, parts, keep = m->digits;
	bool first = true;

	if (!m->reverse && keep == 0 && m->delimiters.n == 0) {
		put_value(s, t, m->url);
		return;
	}
	if (m->reverse) {
		/* the right-most of the reversed are the first, last one first */
		for (end = 0, parts = 0; end < t.n; end++)
			if (is_delimiter(m, t.p[end]) && ++parts == keep)
				break;
		for (;; end = start - 1) {
			for (start = end; start > 0 && !is_delimiter(m, t.p[start - 1]); start--)
				;
			if (!first)
				put(s, '.');
			first = false;
			put_value(s, (struct text){ t.p + start, end - start }, m->url);
			if (start == 0)
				return;
		}
	}
	for (start = t.n, parts = 0; start > 0; start--)
		if (is_delimiter(m, t.p[start - 1]) && ++parts == keep)
			break;
	for (;; start = end + 1) {
		for (end = start; end < t.n && !is_delimiter(m, t.p[end]); end++)
			;
		if (!first)
			put(s, '.');
		first = false;
		put_value(s, (struct text){ t.p + start, end - start }, m->url);
		if (end >= t.n)
			return;
	}
}

/* %{i}: dotted quad, or 32 nibbles parted by dots. */
static struct text
ip_dotted(struct ip ip, char buf[IP_TEXT_MAX + 32])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
	int i;

	if (ip.family == 4)
		return text_of(ip_text(ip, buf));
	for (i = 0; i < 16; i++) {
		buf[n++] = hex[ip.b[i] >> 4];
		buf[n++] = '.';
		buf[n++] = hex[ip.b[i] & 15];
		buf[n++] = '.';
	}
	return (struct text){ buf, n - 1 };
}

static void
put_macro(struct sink *s, const struct macro *m, const struct spf_macro_env *env)
{
	char buf[IP_TEXT_MAX + 32];
	struct text v;
	int64_t t;
	size_t n;

	switch (m->letter) {
	case '%':	put(s, '%'); return;
	case '_':	put(s, ' '); return;
	case '-':	put_value(s, TEXT("%20"), false); return;
	case 'l':	v = env->local; break;
	case 'o':	v = env->sender_domain; break;
	case 'd':	v = env->domain; break;
	case 'h':	v = env->helo; break;
	case 'p':	v = env->ptr; break;
	case 'r':	v = env->receiver; break;
	case 'i':	v = ip_dotted(env->ip, buf); break;
	case 'c':	v = text_of(ip_text(env->ip, buf)); break;
	case 'v':	v = text_of(env->ip.family == 6 ? "ip6" : "in-addr"); break;
	case 't':
		n = sizeof(buf);
		t = env->now_s < 0 ? 0 : env->now_s;
		do {
			buf[--n] = (char)('0' + t % 10);
		} while ((t /= 10) > 0);
		v = (struct text){ buf + n, sizeof(buf) - n };
		break;
	default:	return;			/* 's' is put_sender's */
	}
	put_transformed(s, m, v);
}

/* %{s}: transformers work on local part and domain in one piece. */
static void
put_sender(struct arena *a, struct sink *s, const struct macro *m, const struct spf_macro_env *env)
{
	size_t n = env->local.n + 1 + env->sender_domain.n;
	char *p = arena_alloc(a, n);

	if (env->local.n > 0)
		memcpy(p, env->local.p, env->local.n);
	p[env->local.n] = '@';
	if (env->sender_domain.n > 0)
		memcpy(p + env->local.n + 1, env->sender_domain.p, env->sender_domain.n);
	put_transformed(s, m, (struct text){ p, n });
}

static void
expand(struct arena *a, struct text t, const struct spf_macro_env *env, struct sink *s)
{
	struct macro m;
	size_t i = 0;

	while (i < t.n) {
		if (t.p[i] != '%') {
			put(s, t.p[i++]);
			continue;
		}
		if (!macro_read(t, &i, &m))
			return;				/* checked: cannot be */
		if (m.letter == 's')
			put_sender(a, s, &m, env);
		else
			put_macro(s, &m, env);
		if (s->str != NULL && !str_ok(s->str))
			return;
	}
}

/* Names are made from presentation form, where a backslash would escape. */
static bool
name_of(struct arena *a, struct text t, struct name *ret)
{
	char buf[1024];
	size_t i, n = 0;

	if (t.n == 0 || memchr(t.p, '\\', t.n) == NULL)
		return name_parse(a, t, ret);
	for (i = 0; i < t.n && n + 2 < sizeof(buf); i++) {
		if (t.p[i] == '\\')
			buf[n++] = '\\';
		buf[n++] = t.p[i];
	}
	return name_parse(a, (struct text){ buf, n }, ret);
}

bool
spf_expand_name(struct arena *a, struct text spec, const struct spf_macro_env *env,
    struct name *ret, struct text *raw)
{
	struct sink s;
	struct text t = spec;
	size_t dot;

	if (memchr(spec.p, '%', spec.n) != NULL) {
		s.n = 0;
		s.str = NULL;
		expand(a, spec, env, &s);
		t = (struct text){ s.window, s.n };
	}
	if (t.n > 0 && t.p[t.n - 1] == '.')
		t.n--;
	while (t.n > 253) {
		for (dot = 0; dot < t.n && t.p[dot] != '.'; dot++)
			;
		t = text_skip(t, dot + 1);
	}
	if (t.n == 0 || t.p[t.n - 1] == '.' || !name_of(a, t, ret))
		return false;
	if (raw != NULL)
		*raw = memchr(ret->s, '\\', strlen(ret->s)) == NULL ? text_of(ret->s) : text_dup(a, t);
	return true;
}

bool
spf_expand_text(struct arena *a, struct text t, const struct spf_macro_env *env, size_t max,
    struct text *ret)
{
	struct str str = str_in(a, max);
	struct sink s;

	s.n = 0;
	s.str = &str;
	expand(a, t, env, &s);
	if (!str_ok(&str))
		return false;
	*ret = str_text(&str);
	return true;
}
