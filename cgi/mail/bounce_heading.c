#include "mail/bounce_heading.h"

#include <string.h>

#include "mail/bounce_answer.h"
#include "mail/mailaddr.h"
#include "mail/mime_decode.h"

static struct text
skip_bullet(struct text t)
{
	static const char *const	bullets[] = { "* ", "-> ", "- ", "\xe2\x80\xa2", "\xc2\xb7", "> ", "| ", "+ ", NULL };

	for (size_t i = 0; bullets[i] != NULL; i++)
		if (text_starts(t, bullets[i]))
			return text_trim(text_skip(t, strlen(bullets[i])));
	return t;
}

size_t
heading_skip_label(struct text_list labels, struct text t, struct text *after)
{
	char	head[64];
	size_t	n = t.n < sizeof(head) - 1 ? t.n : sizeof(head) - 1;

	memcpy(head, t.p, n);
	head[n] = '\0';
	utf8_lower(head, n);
	for (size_t i = 0; i < labels.count; i++) {
		size_t		 k = strlen(labels.v[i]);
		struct text	 rest;

		if (k >= n || strncmp(head, labels.v[i], k) != 0)
			continue;
		rest = text_trim(text_skip(t, k));
		if (rest.n > 0 && rest.p[0] == ':') {
			*after = text_trim(text_skip(rest, 1));
			return k;
		}
		/* "user <a@b>", "mailbox a@b" */
		if (t.p[k] == ' ' && rest.n > 0 && k > 2 && mailaddr_find(text_head(rest, 300), &rest, NULL)) {
			*after = text_trim(text_skip(t, k));
			return k;
		}
	}
	return 0;
}

struct text
heading_skip_remarks(struct text t, struct text *original)
{
	for (;;) {
		const char	*end;
		struct text	 inner;

		t = text_trim(t);
		if (text_istarts(t, "<mailto:") || text_istarts(t, "[mailto:") || text_istarts(t, "<smtp:")) {
			end = memchr(t.p, t.p[0] == '<' ? '>' : ']', t.n);
			if (end == NULL)
				return t;
			t = text_skip(t, (size_t)(end - t.p) + 1);
			continue;
		}
		if (text_istarts(t, "(expanded from") || text_istarts(t, "(generated from") ||
		    text_istarts(t, "(ultimately generated from") || text_istarts(t, "(original") ||
		    text_istarts(t, "(alias")) {
			end = memchr(t.p, ')', t.n);
			if (end == NULL)
				return t;
			inner = (struct text){ t.p, (size_t)(end - t.p) };
			(void)mailaddr_find(inner, original, NULL);
			t = text_skip(t, (size_t)(end - t.p) + 1);
			continue;
		}
		return t;
	}
}

static unsigned
strength_of_rest(struct text rest)
{
	if (rest.n == 0 || rest.p[0] == ':')
		return 3;
	if (text_starts(rest, "...") || text_istarts(rest, "on ") || text_istarts(rest, "\xe2\x80\xa6"))
		return 3;
	if (rest.p[0] == '(' || rest.p[0] == '-' || rest.p[0] == ',' || rest.p[0] == ';' || rest.p[0] == '[' ||
	    rest.p[0] == '=' || text_starts(rest, "\xe2\x80\x93") || rest.p[0] == '|' || rest.p[0] == '#')
		return 2;
	return 0;
}

/* "Anna Smith <anna@b>" or "Anna Smith (anna@b)" and nothing else. */
static bool
is_named_address(struct text t, struct text addr)
{
	size_t		 at = (size_t)(addr.p - t.p);
	struct text	 name, tail = text_skip(t, at + addr.n), dummy = { NULL, 0 };

	if (at < 2 || at > 80 || strchr("<(", t.p[at - 1]) == NULL || tail.n == 0 ||
	    tail.p[0] != (t.p[at - 1] == '<' ? '>' : ')'))
		return false;
	if (heading_skip_remarks(text_skip(tail, 1), &dummy).n > 0)
		return false;
	name = text_trim(text_head(t, at - 1));
	for (size_t i = 0, blanks = 0; i < name.n; i++) {
		if (strchr(":;!?=/", name.p[i]) != NULL)
			return false;
		blanks += name.p[i] == ' ';
		if (blanks > 4)
			return false;
	}
	return name.n > 0;
}

bool
heading_of(const struct bounce_words *w, struct text line, struct heading *h)
{
	struct text	 t = skip_bullet(text_trim(line)), addr, rest, after;
	size_t		 at, label;
	bool		 labelled = false, weak = false;

	*h = (struct heading){ .line = line.p };
	if (t.n < 5 || t.n > 1200 || memchr(t.p, '@', t.n) == NULL)
		return false;
	if (text_starts(t, ">>>") || text_starts(t, "<<<") || text_istarts(t, "http"))
		return false;
	if (t.p[0] != '<' && t.p[0] != '"' && t.p[0] != '\'') {
		if (heading_skip_label(w->other_labels, t, &after) > 0)
			return false;
		label = heading_skip_label(w->recipient_labels, t, &after);
		if (label > 0) {
			labelled = true;
			weak = label <= 4;		/* "To:", "An:", "Para:" */
			t = after;
		}
	}
	if (text_starts(t, "rfc822;") || text_istarts(t, "smtp:"))
		t = text_trim(text_skip(t, text_starts(t, "rfc822;") ? 7 : 5));
	if (!mailaddr_find(text_head(t, 400), &addr, &at))
		return false;
	h->address = addr;
	rest = text_skip(t, at + addr.n);
	/* a transcript: "554 <a@b>... 550 Host unknown"; the whole line is about it */
	if (at >= 4 && at <= 12 && answer_code(t) != 0 && strchr("< ", t.p[at - 1]) != NULL &&
	    text_find(text_head(rest, 5), TEXT("..."), &label)) {
		h->rest = t.p;
		h->strength = 1;
		return true;
	}
	if (at > 0 && (t.p[at - 1] == '<' || t.p[at - 1] == '"' || t.p[at - 1] == '\'' || t.p[at - 1] == '[' ||
	    t.p[at - 1] == '(')) {
		if (rest.n > 0 && strchr(">\"'])", rest.p[0]) != NULL)
			rest = text_skip(rest, 1);
		/* "<smtp:a@b>", "'<a@b>'" */
		if (rest.n > 0 && (rest.p[0] == '\'' || rest.p[0] == '"' || rest.p[0] == '>'))
			rest = text_skip(rest, 1);
		at--;
		if (at > 0 && strchr("<\"'", t.p[at - 1]) != NULL)
			at--;
	} else if (at >= 5 && text_istarts(text_skip(t, at - 5), "smtp:")) {
		at -= 5;
		if (at > 0 && t.p[at - 1] == '<')
			at--;
		if (rest.n > 0 && rest.p[0] == '>')
			rest = text_skip(rest, 1);
	}
	rest = heading_skip_remarks(rest, &h->original);
	h->rest = rest.n > 0 ? rest.p : line.p + line.n;
	if (at == 0) {
		h->strength = strength_of_rest(rest);
		/* "a@b Invalid Address, ERROR_CODE :550", "a@b is over quota" */
		if (h->strength == 0 && t.n < 600 && t.p[0] != '(')
			h->strength = answer_find(rest, &after) ? 2 : 1;
	}
	else if (is_named_address(t, addr)) {
		h->strength = 2;
		h->rest = line.p + line.n;
	}
	if (labelled && at == 0 && h->strength < 2)
		h->strength = 2;
	if (labelled && at == 0) {
		h->labelled = line;
		h->cause = heading_skip_label(w->cause_labels, text_trim(line), &after) > 0;
	}
	if (labelled && weak && h->strength > 1)
		h->strength = 1;
	if (rest.n > 0 && (rest.p[0] == ':' || rest.p[0] == ';' || rest.p[0] == ','))
		h->rest = rest.p + 1;
	return h->strength > 0;
}
