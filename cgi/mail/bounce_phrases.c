/* Phrases of data files in the words of reports. */

#include <string.h>

#include "base/arena.h"
#include "mail/bounce_text.h"
#include "mail/dsn.h"
#include "mail/mime_decode.h"

#define LINES_MAX	20000
#define GAP_MAX		60	/* bytes between the parts of "zustellung*fehlgeschlagen" */

/* --- phrases ------------------------------------------------------------------------------------ */

const char *
phrase_text(struct arena *a, struct text t, size_t max)
{
	struct text	 one = dsn_one_line(a, text_head(t, max), max);
	char		*s = text_cstr(a, one);

	for (char *p = s; (p = strstr(p, "\xe2\x80\x99")) != NULL; ) {	/* a typographic apostrophe */
		*p = '\'';
		memmove(p + 1, p + 3, strlen(p + 3) + 1);
	}
	utf8_lower(s, strlen(s));
	return s;
}

/* Both parts of a phrase with a gap, the second soon after the first. */
static bool
parts_in(const char *phrase, const char *star, const char *lower)
{
	size_t		 first = (size_t)(star - phrase), second = strlen(star + 1);
	const char	*end = lower + strlen(lower), *p;

	for (; (p = memmem(lower, (size_t)(end - lower), phrase, first)) != NULL; lower = p + 1)
		if (memmem(p + first, strnlen(p + first, GAP_MAX + second), star + 1, second) != NULL)
			return true;
	return false;
}

bool
phrase_in(struct text_list list, const char *lower)
{
	for (size_t i = 0; i < list.count; i++) {
		const char	*star = strchr(list.v[i], '*');

		if (star != NULL ? parts_in(list.v[i], star, lower) : strstr(lower, list.v[i]) != NULL)
			return true;
	}
	return false;
}

bool
phrase_begins(struct text_list list, const char *lower)
{
	for (size_t i = 0; i < list.count; i++)
		if (strncmp(lower, list.v[i], strlen(list.v[i])) == 0)
			return true;
	return false;
}

/* --- where the returned message begins ----------------------------------------------------------- */

struct text
bounce_text_cut(const struct bounce_words *w, struct arena *a, struct text t, struct text *original)
{
	struct text	rest = t, line;
	size_t		lines = 0;

	*original = (struct text){ t.p + t.n, 0 };
	while (text_line(&rest, &line) && lines++ < LINES_MAX) {
		struct text	 trimmed = text_trim(line);
		char		 head[80];
		size_t		 n = trimmed.n < sizeof(head) - 1 ? trimmed.n : sizeof(head) - 1;

		(void)a;
		if (n < 6 || (size_t)(line.p - t.p) < 10)
			continue;
		n = 0;
		while (n < trimmed.n && strchr("-=*_#~+", trimmed.p[n]) != NULL)
			n++;
		if (n >= 2) {			/* a decorated line: "------- Returned Message --------" */
			memcpy(head, "--- ", 4);
			trimmed = text_trim(text_skip(trimmed, n));
			n = 4;
		} else {
			while (trimmed.n > 0 && (trimmed.p[0] == '|' || trimmed.p[0] == '>'))	/* quoted */
				trimmed = text_trim(text_skip(trimmed, 1));
			n = 0;
		}
		trimmed = text_head(trimmed, sizeof(head) - 1 - n);
		memcpy(head + n, trimmed.p, trimmed.n);
		n += trimmed.n;
		head[n] = '\0';
		utf8_lower(head, n);
		if (phrase_begins(w->original_marks, head)) {
			*original = text_skip(t, (size_t)(line.p - t.p));
			return text_head(t, (size_t)(line.p - t.p));
		}
	}
	return t;
}
