#include "mail/mailaddr.h"

#include <string.h>

static bool
is_atext(int c)
{
	return ascii_isalnum(c) || c >= 0x80 || (c != 0 && strchr("!#$%&'*+/=?^_`{|}~-.", c) != NULL);
}

static bool
is_domain_char(int c)
{
	return ascii_isalnum(c) || c >= 0x80 || c == '-' || c == '.' || c == '_';
}

/* Where the local part that ends before `at` begins; `at` itself when there is none. */
static size_t
local_start(struct text t, size_t at)
{
	size_t	i = at;

	if (at >= 2 && t.p[at - 1] == '"') {		/* quoted string, RFC 5321 4.1.2 */
		for (i = at - 1; i > 0 && at - i <= 256; i--)
			if (t.p[i - 1] == '"' && (i < 2 || t.p[i - 2] != '\\'))
				return i - 1;
		return at;
	}
	while (i > 0 && at - i < 256 && is_atext((unsigned char)t.p[i - 1]))
		i--;
	/* East Asian words before it have no blank: what follows the last of them */
	for (size_t k = i; k + 3 < at; k++)
		if ((unsigned char)t.p[k] >= 0xe3 && (unsigned char)t.p[k] <= 0xef &&
		    (unsigned char)t.p[k + 3] < 0x80)
			i = k + 3;
	/* what people put around an address is no part of it */
	while (i < at && strchr("'`=*|?/.&#{}", t.p[i]) != NULL)
		i++;
	/* the mark of a list, "--user@", is not either */
	while (i + 1 < at && t.p[i] == '-' && t.p[i + 1] == '-')
		i++;
	if (i < at && t.p[i] == '-')
		i++;
	return i;
}

/* Where the domain that begins at `i` ends; `i` itself when there is none. */
static size_t
domain_end(struct text t, size_t i)
{
	size_t	start = i, dot = 0;

	if (i < t.n && t.p[i] == '[') {			/* address literal */
		while (i < t.n && i - start < 64 && t.p[i] != ']' && !ascii_isspace((unsigned char)t.p[i]))
			i++;
		return i < t.n && t.p[i] == ']' && i > start + 2 ? i + 1 : start;
	}
	while (i < t.n && i - start < 255 && is_domain_char((unsigned char)t.p[i])) {
		if (t.p[i] == '.' && (i == start || t.p[i - 1] == '.'))
			break;
		i++;
	}
	while (i > start && (t.p[i - 1] == '.' || t.p[i - 1] == '-' || t.p[i - 1] == '_'))
		i--;
	/* closing quotes of other languages are octets above 127 too: cut U+00BB, U+201C, U+201D, U+2019 */
	for (;;) {
		if (i - start > 2 && t.p[i - 2] == '\xc2' && t.p[i - 1] == '\xbb')
			i -= 2;
		else if (i - start > 3 && t.p[i - 3] == '\xe2' && t.p[i - 2] == '\x80')
			i -= 3;
		else
			break;
	}
	for (size_t k = start; k < i; k++)
		if (t.p[k] == '.')
			dot = k;
	/* nor behind it: "remote.example" and the next word */
	for (size_t k = dot + 1; dot > start && k < i; k++)
		if ((unsigned char)t.p[k] >= 0xe3 && k > dot + 2 && ascii_isalnum((unsigned char)t.p[dot + 1]))
			i = k;
	return dot > start && dot + 1 < i ? i : start;
}

bool
mailaddr_find(struct text t, struct text *ret, size_t *where)
{
	for (size_t i = 0; i < t.n; i++) {
		const char	*p = memchr(t.p + i, '@', t.n - i);
		size_t		 start, end;

		if (p == NULL)
			return false;
		i = (size_t)(p - t.p);
		start = local_start(t, i);
		end = domain_end(t, i + 1);
		if (start < i && end > i + 1) {
			*ret = (struct text){ t.p + start, end - start };
			if (where != NULL)
				*where = start;
			return true;
		}
	}
	return false;
}

bool
mailaddr_next(struct text *rest, struct text *ret)
{
	size_t	at;

	if (!mailaddr_find(*rest, ret, &at))
		return false;
	*rest = text_skip(*rest, at + ret->n);
	return true;
}

bool
mailaddr_only(struct text t, struct text *ret)
{
	struct text	addr;
	size_t		at;

	t = text_trim(t);
	while (t.n > 1 && (t.p[0] == '<' || t.p[0] == '\'' || (t.p[0] == '"' && t.p[t.n - 1] == '"'))) {
		char	end = t.p[0] == '<' ? '>' : t.p[0];

		if (t.p[t.n - 1] != end)
			return false;
		t = text_trim((struct text){ t.p + 1, t.n - 2 });
	}
	if (t.n > 0 && t.p[0] == '@') {			/* source route, RFC 5321 4.1.2 */
		const char	*colon = memchr(t.p, ':', t.n);

		if (colon != NULL)
			t = text_skip(t, (size_t)(colon - t.p) + 1);
	}
	if (!mailaddr_find(t, &addr, &at) || at != 0 || addr.n != t.n)
		return false;
	*ret = addr;
	return true;
}

bool
mailaddr_field(struct text t, struct text *ret)
{
	for (size_t i = t.n; i-- > 0;) {
		const char	*end;

		if (t.p[i] != '<')
			continue;
		end = memchr(t.p + i, '>', t.n - i);
		if (end != NULL && mailaddr_only((struct text){ t.p + i, (size_t)(end - t.p) - i + 1 }, ret))
			return true;
		break;
	}
	return mailaddr_find(t, ret, NULL);
}

bool
mailaddr_eq(struct text a, struct text b)
{
	return text_ieq(a, b);
}

struct text
mailaddr_domain(struct text a)
{
	for (size_t i = a.n; i-- > 0;)
		if (a.p[i] == '@')
			return text_skip(a, i + 1);
	return (struct text){ a.p, 0 };
}

struct text
mailaddr_local(struct text a)
{
	for (size_t i = a.n; i-- > 0;)
		if (a.p[i] == '@')
			return text_head(a, i);
	return a;
}
