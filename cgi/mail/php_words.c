#include "mail/php_words.h"

#include <string.h>

struct php_words
php_words(struct text file)
{
	return (struct php_words){ file, false };
}

static bool
is_name_start(unsigned char c)
{
	return ascii_isalpha(c) || c == '_' || c >= 0x80;
}

static bool
is_name(unsigned char c)
{
	return is_name_start(c) || ascii_isdigit(c);
}

static size_t
name_length(struct text t)
{
	size_t n = 0;

	while (n < t.n && is_name((unsigned char)t.p[n]))
		n++;
	return n;
}

/* "<?php", "<?=", and "<?" before a blank; "<?xml" is none. */
static bool
to_code(struct php_words *w)
{
	size_t at;

	while (text_find(w->rest, TEXT("<?"), &at)) {
		struct text t = text_skip(w->rest, at + 2);

		w->rest = t;
		if (text_istarts(t, "php") && (t.n == 3 || !is_name((unsigned char)t.p[3])))
			w->rest = text_skip(t, 3);
		else if (text_starts(t, "="))
			w->rest = text_skip(t, 1);
		else if (t.n > 0 && !ascii_isspace((unsigned char)t.p[0]))
			continue;
		return w->code = true;
	}
	w->rest = text_skip(w->rest, w->rest.n);
	return false;
}

/* A comment of one line ends at "?>" too. */
static void
skip_line(struct php_words *w)
{
	size_t n = 0;

	while (n < w->rest.n && w->rest.p[n] != '\n' && w->rest.p[n] != '\r' &&
	    !(w->rest.p[n] == '?' && n + 1 < w->rest.n && w->rest.p[n + 1] == '>'))
		n++;
	w->rest = text_skip(w->rest, n);
}

/* Blanks, comments, and out of the code and into it again.  false = the end. */
static bool
to_word(struct php_words *w)
{
	for (;;) {
		size_t at;

		if (!w->code && !to_code(w))
			return false;
		w->rest = text_trim(w->rest);
		while (w->rest.n > 0 && (w->rest.p[0] == '\v' || w->rest.p[0] == '\f' || w->rest.p[0] == '\0'))
			w->rest = text_trim(text_skip(w->rest, 1));
		if (w->rest.n == 0)
			return false;
		if (text_starts(w->rest, "?>")) {
			w->rest = text_skip(w->rest, 2);
			w->code = false;
		} else if (text_starts(w->rest, "//") || (w->rest.p[0] == '#' && !text_starts(w->rest, "#[")))
			skip_line(w);
		else if (text_starts(w->rest, "/*"))
			w->rest = text_find(text_skip(w->rest, 2), TEXT("*/"), &at) ?
			    text_skip(w->rest, at + 4) : text_skip(w->rest, w->rest.n);
		else
			return true;
	}
}

static void
take_string(struct php_words *w, struct php_word *ret)
{
	char quote = w->rest.p[0];
	struct text t = text_skip(w->rest, 1);
	size_t n = 0;

	while (n < t.n && t.p[n] != quote)
		n += t.p[n] == '\\' && n + 1 < t.n ? 2 : 1;
	ret->kind = PHP_STRING;
	ret->text = text_head(t, n);
	w->rest = text_skip(t, n + 1);
}

/* <<<WORD, <<<"WORD", <<<'WORD': until a line that begins with WORD.  false = it is none. */
static bool
take_heredoc(struct php_words *w, struct php_word *ret)
{
	struct text t = text_skip(w->rest, 3), word, line, rest;
	bool quoted;
	size_t n, whole;

	while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t'))
		t = text_skip(t, 1);
	quoted = t.n > 0 && (t.p[0] == '"' || t.p[0] == '\'');
	t = text_skip(t, quoted);
	if ((n = name_length(t)) == 0)
		return false;
	word = text_head(t, n);
	t = text_skip(t, n + quoted);
	if (!text_line(&t, &line) || text_trim(line).n > 0)
		return false;
	ret->kind = PHP_STRING;
	for (rest = t; text_line(&rest, &line);) {
		whole = (size_t)(line.p - t.p);
		while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
			line = text_skip(line, 1);
		if (line.n >= n && memcmp(line.p, word.p, n) == 0 &&
		    (line.n == n || !is_name((unsigned char)line.p[n]))) {
			ret->text = text_head(t, whole);
			w->rest = text_skip(t, (size_t)(line.p - t.p) + n);
			return true;
		}
	}
	ret->text = t;
	w->rest = text_skip(t, t.n);
	return true;
}

bool
php_next(struct php_words *w, struct php_word *ret)
{
	unsigned char c;
	size_t n;

	memset(ret, 0, sizeof(*ret));
	if (!to_word(w))
		return false;
	c = (unsigned char)w->rest.p[0];
	if (c == '\'' || c == '"' || c == '`') {
		take_string(w, ret);
		return true;
	}
	if (text_starts(w->rest, "<<<") && take_heredoc(w, ret))
		return true;
	if (c == '$' && (n = name_length(text_skip(w->rest, 1))) > 0) {
		ret->kind = PHP_VARIABLE;
		ret->text = text_head(text_skip(w->rest, 1), n);
		w->rest = text_skip(w->rest, n + 1);
		return true;
	}
	if (is_name(c)) {
		n = name_length(w->rest);
		ret->kind = is_name_start(c) ? PHP_NAME : PHP_NUMBER;
		ret->text = text_head(w->rest, n);
		w->rest = text_skip(w->rest, n);
		return true;
	}
	ret->kind = PHP_SIGN;
	n = text_starts(w->rest, "->") || text_starts(w->rest, "::") ? 2 : text_starts(w->rest, "?->") ? 3 : 1;
	ret->member = n > 1;
	ret->sign = w->rest.p[n - 1];
	ret->text = text_head(w->rest, n);
	w->rest = text_skip(w->rest, n);
	return true;
}
