/* Messages to many: unsubscribing with one click (RFC 2369, RFC 8058). */

#include <string.h>

#include "base/arena.h"
#include "mail/link.h"
#include "mail/score_parts.h"

#define RECIPIENTS_MANY	50

static struct text
value_of(const struct score_content *c, const char *name)
{
	size_t n;
	const struct message_field **fields = message_fields_of(c->items.arena, c->message, name, &n);

	if (n == 0)
		return (struct text){ NULL, 0 };
	return text_trim(message_unfold(c->items.arena, fields[0]->value));
}

static bool
is_bulk(const struct score_content *c)
{
	static const char *const marks[] = { "list-id", "list-unsubscribe", "feedback-id", "x-campaign",
	    "x-campaignid", "x-campaign-id", "x-mailgun-tag", "x-sg-eid", "x-mc-user", "x-newsletter", "x-csa-complaints" };
	struct text precedence = value_of(c, "precedence"), to;
	struct from from;

	if (text_iis(precedence, "bulk") || text_iis(precedence, "list") || text_iis(precedence, "junk"))
		return true;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (message_field_count(c->items.arena, c->message, marks[i]) > 0)
			return true;
	to = value_of(c, "to");
	if (to.p == NULL)
		return false;
	from_parse(c->items.arena, to, &from);
	return from.addresses >= RECIPIENTS_MANY;
}

/* "<https://...>, <mailto:...>": is there one of https, and of any other kind? */
static void
read_uris(struct text value, bool *https, bool *http, bool *mailto)
{
	struct text uri;
	size_t at, end;

	*https = *http = *mailto = false;
	while (text_find(value, TEXT("<"), &at)) {
		value = text_skip(value, at + 1);
		if (!text_find(value, TEXT(">"), &end))
			return;
		uri = text_trim(text_head(value, end));
		*https = *https || (text_istarts(uri, "https://") && uri.n > 8);
		*http = *http || text_istarts(uri, "http://");
		*mailto = *mailto || (text_istarts(uri, "mailto:") && uri.n > 7);
		value = text_skip(value, end + 1);
	}
}

static bool
is_one_click(struct arena *a, struct text value)
{
	char *s = arena_alloc(a, value.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++)
		if (!ascii_isspace((unsigned char)value.p[i]))
			s[n++] = value.p[i];
	return text_iis((struct text){ s, n }, "List-Unsubscribe=One-Click");
}

void
score_bulk(struct score_content *c)
{
	struct text way = value_of(c, "list-unsubscribe"), post = value_of(c, "list-unsubscribe-post");
	bool https, http, mailto;

	c->bulk = is_bulk(c);
	if (!c->bulk)
		return;
	if (way.n == 0) {
		score_add(&c->items, "unsubscribe_missing", PROBLEM_WARNING, -10, NULL);
		return;
	}
	read_uris(way, &https, &http, &mailto);
	if (!https && !http && !mailto)
		score_value(&c->items, score_add(&c->items, "unsubscribe_invalid", PROBLEM_WARNING, -10, NULL),
		    "value", way);
	else if (!https)
		score_add(&c->items, "unsubscribe_no_https", PROBLEM_WARNING, -5, NULL);
	else if (post.p == NULL)
		score_add(&c->items, "unsubscribe_no_post", PROBLEM_WARNING, -5, NULL);
	else if (!is_one_click(c->items.arena, post))
		score_value(&c->items, score_add(&c->items, "unsubscribe_post_invalid", PROBLEM_WARNING, -5, NULL),
		    "value", post);
}
