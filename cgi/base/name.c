#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "base/arena.h"
#include "base/name.h"
#include "base/str.h"

#define LABEL_MAX	63
#define WIRE_MAX	255

/* --- the canonical form ------------------------------------------------------------------------ */

/* Octets that stand for themselves inside a label, by their lower-case form; 0 = escaped. */
static char
plain_octet(unsigned char c)
{
	if (c <= 0x20 || c >= 0x7f || c == '.' || c == '\\')
		return 0;
	return (char)ascii_tolower(c);
}

/* Write one octet of a label in canonical form; returns the end. */
static char *
put_octet(char *p, unsigned char c)
{
	char plain = plain_octet(c);

	if (plain != 0) {
		*p++ = plain;
		return p;
	}
	*p++ = '\\';
	*p++ = (char)('0' + c / 100);
	*p++ = (char)('0' + c / 10 % 10);
	*p++ = (char)('0' + c % 10);
	return p;
}

/* One escape of RFC 1035 5.1, \DDD or \X; returns its length, 0 when wrong. */
static size_t
unescape(const char *p, size_t n, unsigned char *ret)
{
	unsigned v;

	if (n < 2)
		return 0;
	if (!ascii_isdigit((unsigned char)p[1])) {
		*ret = (unsigned char)p[1];
		return 2;
	}
	if (n < 4 || !ascii_isdigit((unsigned char)p[2]) || !ascii_isdigit((unsigned char)p[3]))
		return 0;
	v = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 + (unsigned)(p[3] - '0');
	if (v > 255)
		return 0;
	*ret = (unsigned char)v;
	return 4;
}

/*
 * Presentation form -> canonical form in buf (NAME_TEXT_MAX), its length in *n.
 * One pass, no allocation: SPF macros make names by the million.
 */
static bool
canonical(struct text t, char *buf, size_t *n)
{
	const char *p = t.p, *end;
	char *out = buf;
	size_t label = 0, wire = 1, step;	/* the root's octet counts */
	unsigned char c;

	*n = 0;
	buf[0] = '\0';
	if (t.n == 0)
		return false;
	if (t.n == 1 && *p == '.')
		return true;
	for (end = p + t.n; p < end; p += step) {
		c = (unsigned char)*p;
		step = 1;
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			if (p + 1 < end)		/* else the final dot */
				*out++ = '.';
			continue;
		}
		if (label == 0)
			wire++;
		if (c == '\\' && (step = unescape(p, (size_t)(end - p), &c)) == 0)
			return false;
		if (++label > LABEL_MAX || ++wire > WIRE_MAX)
			return false;
		out = put_octet(out, c);
	}
	*out = '\0';
	*n = (size_t)(out - buf);
	return true;
}

bool
name_parse(struct arena *a, struct text t, struct name *ret)
{
	char buf[NAME_TEXT_MAX];
	size_t n;

	if (!canonical(t, buf, &n))
		return false;
	ret->s = arena_strndup(a, buf, n);
	return true;
}

size_t
name_to_wire(struct name name, uint8_t *buf, size_t size)
{
	const char *p = name.s, *dot;
	size_t n = 0, at, left, step;
	unsigned char c;

	if (p == NULL)
		return 0;
	while (*p != '\0') {
		dot = strchr(p, '.');
		left = dot == NULL ? strlen(p) : (size_t)(dot - p);
		at = n++;
		for (; left > 0; p += step, left -= step) {
			c = (unsigned char)*p;
			step = 1;
			if (c == '\\' && (step = unescape(p, left, &c)) == 0)
				return 0;
			if (n >= size || n >= WIRE_MAX)
				return 0;
			buf[n++] = c;
		}
		if (n - at - 1 == 0 || n - at - 1 > LABEL_MAX)
			return 0;
		buf[at] = (uint8_t)(n - at - 1);
		if (dot != NULL)
			p++;
	}
	if (n >= size || n >= WIRE_MAX)
		return 0;
	buf[n++] = 0;
	return n;
}

bool
name_from_labels(struct arena *a, const struct text *labels, size_t count, struct name *ret)
{
	char buf[NAME_TEXT_MAX], *out = buf;
	size_t i, j, wire = 1;

	for (i = 0; i < count; i++) {
		wire += 1 + labels[i].n;
		if (labels[i].n == 0 || labels[i].n > LABEL_MAX || wire > WIRE_MAX)
			return false;
		if (i > 0)
			*out++ = '.';
		for (j = 0; j < labels[i].n; j++)
			out = put_octet(out, (unsigned char)labels[i].p[j]);
	}
	ret->s = arena_strndup(a, buf, (size_t)(out - buf));
	return true;
}

/* --- relations: in canonical form every '.' parts two labels ----------------------------------- */

bool
name_eq(struct name a, struct name b)
{
	if (a.s == NULL || b.s == NULL)
		return a.s == b.s;
	return strcmp(a.s, b.s) == 0;
}

bool
name_is_under(struct name child, struct name parent)
{
	size_t n, m;

	if (child.s == NULL || parent.s == NULL)
		return false;
	n = strlen(child.s);
	m = strlen(parent.s);
	if (m == 0)
		return true;
	return n >= m && strcmp(child.s + n - m, parent.s) == 0 &&
	    (n == m || child.s[n - m - 1] == '.');
}

size_t
name_labels(struct name name)
{
	const char *p;
	size_t n = 1;

	if (name.s == NULL || name.s[0] == '\0')
		return 0;
	for (p = name.s; (p = strchr(p, '.')) != NULL; p++)
		n++;
	return n;
}

struct name
name_parent(struct name name)
{
	const char *dot = name.s == NULL ? NULL : strchr(name.s, '.');

	return (struct name){ dot == NULL ? "" : dot + 1 };
}

struct name
name_tail(struct name name, size_t n)
{
	size_t labels = name_labels(name);

	for (; labels > n; labels--)
		name = name_parent(name);
	return name;
}

bool
name_prefix(struct arena *a, const char *labels, struct name parent, struct name *ret)
{
	char buf[2 * NAME_TEXT_MAX + 2];
	size_t n, m;

	if (parent.s == NULL)
		return false;
	n = strlen(labels);
	m = strlen(parent.s);
	if (n == 0 || n >= NAME_TEXT_MAX || m >= NAME_TEXT_MAX)
		return false;
	memcpy(buf, labels, n);
	if (buf[n - 1] != '.')
		buf[n++] = '.';
	memcpy(buf + n, parent.s, m);
	return name_parse(a, (struct text){ buf, n + m }, ret);
}

bool
name_is_host(struct name name)
{
	const char *p;
	char before = '.';
	size_t dots = 0;

	if (name.s == NULL || name.s[0] == '\0')
		return false;
	for (p = name.s; *p != '\0'; before = *p++) {
		if (*p == '.') {
			if (before == '-')
				return false;
			dots++;
		} else if (*p == '-') {
			if (before == '.')
				return false;
		} else if (!ascii_isalnum((unsigned char)*p))
			return false;
	}
	return before != '-' && dots > 0;
}

/* --- what people write ------------------------------------------------------------------------- */

/* Full stops of other scripts part labels too (UTS 46 2.3); returns octets, 0 = none here. */
static size_t
dot_at(struct text t)
{
	uint32_t c;
	size_t n = text_utf8(t, &c);

	if (n == 0)
		return 0;
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61 ? n : 0;
}

/* The part before the next dot; *rest is what follows it, *dot says if there was one. */
static struct text
take_label(struct text *rest, bool *dot)
{
	struct text label = { rest->p, 0 };
	size_t n = 0;

	while (label.n < rest->n && (n = dot_at(text_skip(*rest, label.n))) == 0)
		label.n++;
	*dot = label.n < rest->n;
	*rest = text_skip(*rest, label.n + (*dot ? n : 0));
	return label;
}

static bool
is_ascii(struct text t)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		if ((unsigned char)t.p[i] >= 0x80)
			return false;
	}
	return true;
}

/* Decodes, but holds what IDNA 2008 no longer allows (emoji): registered, so it is asked. */
static bool
is_old_alabel(int rc)
{
	return rc == IDN2_DISALLOWED || rc == IDN2_UNASSIGNED;
}

/* A name as it grows, in lower case; lists hold a hundred thousand, so nothing is left in the arena but the result. */
struct growing { char s[WIRE_MAX - 1]; size_t n; bool full; };

static void
grow(struct growing *out, char c)
{
	if (out->n + 1 < sizeof(out->s))
		out->s[out->n++] = (char)ascii_tolower((unsigned char)c);
	else
		out->full = true;
	out->s[out->n] = '\0';
}

static const char *
shown(struct arena *a, struct text label)
{
	return text_show(a, text_head(label, 80));
}

static bool
has_only_allowed(struct text label)
{
	for (size_t i = 0; i < label.n; i++) {
		unsigned char c = (unsigned char)label.p[i];

		if (c < 0x80 && !ascii_isalnum(c) && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* What a label is in ASCII (RFC 5891 5), in `buf`; the arena is for errors. */
static bool
label_to_ascii(struct arena *a, struct text label, char buf[4 * WIRE_MAX + 1], struct text *ret, struct err *err)
{
	bool plain = is_ascii(label);
	uint8_t *made = NULL;
	int rc;

	*ret = label;
	if (plain && !text_istarts(label, "xn--"))
		return true;
	if (label.n > 4 * WIRE_MAX)
		return err_set(err, ERR_SYNTAX, "the label \"%s\" is too long", shown(a, label));
	for (size_t i = 0; i < label.n; i++)
		buf[i] = (char)ascii_tolower((unsigned char)label.p[i]);
	buf[label.n] = '\0';
	rc = idn2_lookup_u8((const uint8_t *)buf, &made, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (rc == IDN2_OK) {
		*ret = text_head(text_of((const char *)made), 4 * WIRE_MAX);
		memcpy(buf, ret->p, ret->n);
		ret->p = buf;
	} else if (plain && is_old_alabel(rc))
		ret->p = buf;
	else
		ret->n = 0;
	idn2_free(made);
	return ret->n > 0 || err_set(err, ERR_SYNTAX, "the label \"%s\" is not allowed: %s", shown(a, label),
	    idn2_strerror(rc));
}

static bool
bad_character(struct arena *a, struct text label, struct err *err)
{
	return err_set(err, ERR_SYNTAX, "the label \"%s\" has a character that no domain name may have",
	    shown(a, label));
}

static bool
add_label(struct arena *a, struct growing *out, struct text label, struct err *err)
{
	char buf[4 * WIRE_MAX + 1];
	struct text ascii = label;

	if (label.n == 0)
		return err_set(err, ERR_SYNTAX, "the domain name has an empty label");
	if (!has_only_allowed(label))
		return bad_character(a, label, err);
	if (!label_to_ascii(a, label, buf, &ascii, err))
		return false;
	/* Mapping may have made other characters of it: look at the result. */
	if (!is_ascii(ascii) || !has_only_allowed(ascii))
		return bad_character(a, label, err);
	if (ascii.n > LABEL_MAX)
		return err_set(err, ERR_SYNTAX, "the label \"%s\" is longer than 63 octets", shown(a, label));
	if (ascii.p[0] == '-' || ascii.p[ascii.n - 1] == '-')
		return err_set(err, ERR_SYNTAX, "the label \"%s\" begins or ends with a hyphen",
		    shown(a, label));
	for (size_t i = 0; i < ascii.n; i++)
		grow(out, ascii.p[i]);
	return true;
}

bool
name_from_person(struct arena *a, struct text t, struct name *ret, struct err *err)
{
	struct growing out = { .n = 0 };
	struct text rest = text_trim(t), label;
	size_t last = 0;
	bool dot = true;

	if (rest.n == 0)
		return err_set(err, ERR_SYNTAX, "the domain name is empty");
	while (rest.n > 0) {
		label = take_label(&rest, &dot);
		if (out.n > 0)
			grow(&out, '.');
		last = out.n;
		if (!add_label(a, &out, label, err))
			return false;
		if (out.full)
			return err_set(err, ERR_SYNTAX,
			    "the domain name is longer than 253 octets");
	}
	/* RFC 3696 2: a numeric top-level label would be an IPv4 address. */
	if (strspn(out.s + last, "0123456789") == out.n - last)
		return err_set(err, ERR_SYNTAX, "\"%s\" is not a domain name: its last label is"
		    " a number", out.s);
	ret->s = arena_strndup(a, out.s, out.n);
	return true;
}

/* The U-label of an A-label, when it leads back to the same A-label; else NULL. */
static const char *
ulabel(struct arena *a, const char *label)
{
	char *made = NULL;
	uint8_t *back = NULL;
	const char *u = NULL;

	if (idn2_to_unicode_8z8z(label, &made, 0) == IDN2_OK &&
	    idn2_lookup_u8((const uint8_t *)made, &back, IDN2_NONTRANSITIONAL) == IDN2_OK &&
	    strcmp((const char *)back, label) == 0)
		u = arena_strdup(a, made);
	idn2_free(made);
	idn2_free(back);
	return u;
}

const char *
name_display(struct arena *a, struct name name)
{
	struct str out;
	struct text rest, label;
	const char *u;

	if (name.s == NULL)
		return "";
	if (strstr(name.s, "xn--") == NULL)
		return name.s;
	out = str_in(a, 4 * NAME_TEXT_MAX);
	rest = text_of(name.s);
	while (text_split(&rest, '.', &label)) {
		if (out.n > 0)
			str_addc(&out, '.');
		u = text_starts(label, "xn--") ?
		    ulabel(a, arena_strndup(a, label.p, label.n)) : NULL;
		str_addt(&out, u != NULL ? text_of(u) : label);
	}
	return str_ok(&out) ? out.p : name.s;
}
