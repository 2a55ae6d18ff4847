#include "mail/received.h"

#include <string.h>

#include "base/arena.h"
#include "mail/mail_date.h"

#define VALUE_MAX	8192

/* The next word: blanks part words, "(...)" is one, whatever it holds. */
static bool
next_word(struct text *t, struct text *ret, bool *comment)
{
	size_t i = 0;
	unsigned depth = 0;

	*t = text_trim(*t);
	if (t->n == 0)
		return false;
	*comment = t->p[0] == '(';
	for (; i < t->n; i++) {
		if (t->p[i] == '(' && (*comment || i > 0)) {
			if (!*comment)
				break;
			depth++;
		} else if (*comment && t->p[i] == ')' && --depth == 0) {
			i++;
			break;
		} else if (!*comment && ascii_isspace((unsigned char)t->p[i]))
			break;
	}
	*ret = text_head(*t, i);
	*t = text_skip(*t, i);
	return true;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]", in any place of the text; without brackets when all of it. */
static bool
address_in(struct text t, struct ip *ret)
{
	size_t at, end;
	struct text inner;

	while (text_find(t, TEXT("["), &at)) {
		t = text_skip(t, at + 1);
		if (!text_find(t, TEXT("]"), &end))
			return false;
		inner = text_head(t, end);
		if (text_istarts(inner, "ipv6:"))
			inner = text_skip(inner, 5);
		if (ip_parse(inner, ret)) {
			*ret = ip_unmap(*ret);
			return true;
		}
	}
	return false;
}

/* "(192.0.2.1)", "(mail.example.com 192.0.2.1)", "(user@192.0.2.1)": some servers write no brackets. */
static bool
address_bare(struct text t, struct ip *ret)
{
	struct text part;

	t = text_skip(t, 1);
	if (t.n > 0 && t.p[t.n - 1] == ')')
		t.n--;
	while (text_split(&t, ' ', &part)) {
		size_t at;

		if (text_find(part, TEXT("@"), &at))
			part = text_skip(part, at + 1);
		if (ip_parse(part, ret)) {
			*ret = ip_unmap(*ret);
			return true;
		}
	}
	return false;
}

/*
 * What the client called itself, where that is not the first word: Exim's "from [192.0.2.1] (helo=mail.example.com)",
 * qmail's "from unknown (HELO mail.example.com) (192.0.2.1)".  It may look like an address: *before is free of it.
 */
static bool
helo_in(struct text t, struct text *before, struct text *name)
{
	static const char *const marks[] = { "helo=", "ehlo=", "(helo ", "(ehlo " };
	size_t at, n = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!text_ifind(t, text_of(marks[i]), &at))
			continue;
		*before = text_head(t, at);
		t = text_skip(t, at + strlen(marks[i]));
		while (n < t.n && t.p[n] != ')' && !ascii_isspace((unsigned char)t.p[n]))
			n++;
		*name = text_head(t, n);
		return true;
	}
	return false;
}

static void
from_comment(struct arena *a, struct text t, struct received *r)
{
	struct text rest = t, name;
	size_t at;

	if (helo_in(t, &rest, &name) && name.n > 0)
		r->helo = text_cstr(a, name);
	if (!address_in(rest, &r->address))
		address_bare(rest, &r->address);
	if (text_ifind(t, TEXT("authenticated"), &at))
		r->authenticated = true;
}

static void
read_with(struct arena *a, struct text t, struct received *r)
{
	char *s = text_cstr(a, t);
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'a' && s[i] <= 'z')
			s[i] = (char)(s[i] - 'a' + 'A');
	r->with = s;
	r->authenticated = r->authenticated || (n > 4 && (strcmp(s, "ESMTPA") == 0 || strcmp(s, "ESMTPSA") == 0 ||
	    strcmp(s, "UTF8SMTPA") == 0 || strcmp(s, "UTF8SMTPSA") == 0 || strcmp(s, "ASMTP") == 0));
	r->encrypted = r->encrypted || strcmp(s, "ESMTPS") == 0 || strcmp(s, "ESMTPSA") == 0 ||
	    strcmp(s, "UTF8SMTPS") == 0 || strcmp(s, "UTF8SMTPSA") == 0;
}

void
received_parse(struct arena *a, struct text value, struct received *r)
{
	enum { NOTHING, FROM, BY, WITH } clause = NOTHING;
	struct text word;
	bool comment;
	size_t at, semicolon = 0;

	*r = (struct received){ .at = -1 };
	value = text_head(value, VALUE_MAX);
	for (at = value.n; at > 0 && semicolon == 0; at--)
		if (value.p[at - 1] == ';')
			semicolon = at;
	if (semicolon > 0) {
		mail_date_parse(text_skip(value, semicolon), &r->at);
		value = text_head(value, semicolon - 1);
	}
	while (next_word(&value, &word, &comment)) {
		if (comment) {
			if (clause == FROM)
				from_comment(a, word, r);
			if (text_ifind(word, TEXT("tls"), &at))
				r->encrypted = true;
			if (text_ifind(word, TEXT("authenticated"), &at))
				r->authenticated = true;
		} else if (text_iis(word, "from") && r->helo == NULL && clause == NOTHING)
			clause = FROM;
		else if (text_iis(word, "by"))
			clause = BY;
		else if (text_iis(word, "with"))
			clause = WITH;
		else if (clause == FROM && r->helo == NULL) {
			r->helo = text_cstr(a, word);
			address_in(word, &r->address);
		} else if (clause == BY && r->by == NULL) {
			r->by = text_cstr(a, word);
			if (!address_in(word, &r->by_address) && ip_parse(word, &r->by_address))
				r->by_address = ip_unmap(r->by_address);
		} else if (clause == WITH && r->with == NULL)
			read_with(a, word, r);
	}
}
