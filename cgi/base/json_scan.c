#include <string.h>

#include "base/json.h"
#include "base/json_scan.h"

/* A value takes 64 bytes and more in memory, for two in the text. */
#define VALUES_MAX	2000000

struct scan {
	struct text	 in;
	size_t		 at;
	size_t		 values, bad;
	int		 depth;
	struct err	*err;
};

static bool	scan_value(struct scan *);

static bool
wrong(struct scan *s, const char *what)
{
	return err_set(s->err, ERR_SYNTAX, "JSON: %s at octet %zu", what, s->at + 1);
}

/* The octet here; -1 = the end. */
static int
here(const struct scan *s)
{
	return s->at < s->in.n ? (unsigned char)s->in.p[s->at] : -1;
}

static void
skip_blanks(struct scan *s)
{
	while (ascii_isspace(here(s)))
		s->at++;
}

static bool
scan_escape(struct scan *s)
{
	unsigned v = 0;
	int i, hex;

	s->at++;
	if (here(s) < 1 || strchr("\"\\/bfnrtu", here(s)) == NULL)
		return wrong(s, "no such escape");
	if (s->in.p[s->at++] != 'u')
		return true;
	for (i = 0; i < 4; i++, s->at++) {
		hex = ascii_hex(here(s));
		if (hex < 0)
			return wrong(s, "no hexadecimal digit after \\u");
		v = v << 4 | (unsigned)hex;
	}
	return v != 0 || wrong(s, "a NUL character");	/* no C string can hold it */
}

static bool
scan_string(struct scan *s)
{
	uint32_t code;
	size_t n;
	int c;

	s->at++;
	for (;;) {
		c = here(s);
		if (c == '"') {
			s->at++;
			return true;
		}
		if (c < 0)
			return wrong(s, "a string without end");
		if (c < 0x20)
			return wrong(s, "a control byte in a string");
		if (c == '\\') {
			if (!scan_escape(s))
				return false;
		} else if (c < 0x80) {
			s->at++;
		} else {
			n = text_utf8(text_skip(s->in, s->at), &code);
			s->bad += n == 0;
			s->at += n == 0 ? 1 : n;
		}
	}
}

static bool
scan_digits(struct scan *s)
{
	if (!ascii_isdigit(here(s)))
		return wrong(s, "a digit is missing");
	while (ascii_isdigit(here(s)))
		s->at++;
	return true;
}

static bool
scan_number(struct scan *s)
{
	if (here(s) == '-')
		s->at++;
	if (here(s) == '0') {
		s->at++;
		if (ascii_isdigit(here(s)))
			return wrong(s, "a number with a leading zero");
	} else if (!scan_digits(s))
		return false;
	if (here(s) == '.') {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (here(s) == 'e' || here(s) == 'E') {
		s->at++;
		if (here(s) == '+' || here(s) == '-')
			s->at++;
		if (!scan_digits(s))
			return false;
	}
	return true;
}

static bool
scan_word(struct scan *s, const char *word)
{
	if (!text_starts(text_skip(s->in, s->at), word))
		return wrong(s, "an unknown word");
	s->at += strlen(word);
	return true;
}

/* The members of an object or array, up to and with the closing bracket. */
static bool
scan_members(struct scan *s, bool object)
{
	int close = object ? '}' : ']';

	if (++s->depth > JSON_DEPTH_MAX)
		return err_set(s->err, ERR_LIMIT, "JSON: more than %d deep", JSON_DEPTH_MAX);
	s->at++;
	skip_blanks(s);
	if (here(s) == close)
		goto out;
	for (;;) {
		if (object) {
			skip_blanks(s);
			if (here(s) != '"')
				return wrong(s, "no key");
			if (!scan_string(s))
				return false;
			skip_blanks(s);
			if (here(s) != ':')
				return wrong(s, "no colon after the key");
			s->at++;
		}
		if (!scan_value(s))
			return false;
		if (here(s) == close)
			break;
		if (here(s) != ',')
			return wrong(s, "neither a comma nor the end");
		s->at++;
	}
 out:
	s->at++;
	s->depth--;
	return true;
}

static bool
scan_value(struct scan *s)
{
	bool ok;

	if (++s->values > VALUES_MAX)
		return err_set(s->err, ERR_LIMIT, "JSON: more than %d values", VALUES_MAX);
	skip_blanks(s);
	switch (here(s)) {
	case '{':
		ok = scan_members(s, true);
		break;
	case '[':
		ok = scan_members(s, false);
		break;
	case '"':
		ok = scan_string(s);
		break;
	case 't':
		ok = scan_word(s, "true");
		break;
	case 'f':
		ok = scan_word(s, "false");
		break;
	case 'n':
		ok = scan_word(s, "null");
		break;
	case -1:
		return wrong(s, "no value");
	default:
		ok = scan_number(s);
	}
	skip_blanks(s);
	return ok;
}

bool
json_scan(struct text in, size_t *bad, struct err *err)
{
	struct scan s = { .in = in, .err = err };

	if (!scan_value(&s))
		return false;
	if (s.at != in.n)
		return wrong(&s, "something after the end");
	*bad = s.bad;
	return true;
}

bool
json_scan_member(struct text object, size_t index, struct text *ret)
{
	struct err err;
	struct scan s = { .in = object, .err = &err };
	size_t from;

	skip_blanks(&s);
	if (here(&s) != '{')
		return false;
	for (s.at++;; s.at++) {
		skip_blanks(&s);
		if (here(&s) != '"' || !scan_string(&s))
			return false;
		skip_blanks(&s);
		s.at++;				/* the colon */
		skip_blanks(&s);
		from = s.at;
		if (!scan_value(&s))
			return false;
		if (index-- == 0)
			break;
		if (here(&s) != ',')
			return false;
	}
	*ret = text_trim((struct text){ object.p + from, s.at - from });
	return true;
}
