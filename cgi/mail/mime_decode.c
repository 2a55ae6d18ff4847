#include "mail/mime_decode.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

struct out {				/* decoded bytes, bounded */
	char	*p;
	size_t	 n, max;
	bool	 cut;
};

static void
put(struct out *o, int c)
{
	if (o->n < o->max)
		o->p[o->n++] = (char)c;
	else
		o->cut = true;
}

/* --- transfer encodings ------------------------------------------------------------------------- */

/* RFC 2045 6.7; what is no valid escape stays as it stands. */
static void
quoted_printable(struct out *o, struct text t)
{
	for (size_t i = 0; i < t.n && !o->cut; i++) {
		int	hi, lo;
		size_t	k;

		if (t.p[i] != '=') {
			put(o, t.p[i]);
			continue;
		}
		for (k = i + 1; k < t.n && (t.p[k] == ' ' || t.p[k] == '\t' || t.p[k] == '\r'); k++)
			;
		if (k == t.n || t.p[k] == '\n') {		/* soft line break */
			i = k;
			continue;
		}
		if (i + 2 < t.n && (hi = ascii_hex((unsigned char)t.p[i + 1])) >= 0 &&
		    (lo = ascii_hex((unsigned char)t.p[i + 2])) >= 0) {
			put(o, hi * 16 + lo);
			i += 2;
		} else
			put(o, '=');
	}
}

static int
base64_value(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 2045 6.8: characters outside the alphabet are passed over; padding ends
 * a run, and another may follow (parts glued together). */
static void
base64(struct out *o, struct text t)
{
	uint32_t	word = 0;
	unsigned	have = 0;

	for (size_t i = 0; i < t.n && !o->cut; i++) {
		int	v = base64_value((unsigned char)t.p[i]);

		if (t.p[i] == '=') {
			have = 0;
			continue;
		}
		if (v < 0)
			continue;
		word = word << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			put(o, (int)(word >> have & 0xff));
		}
	}
}

static void
uuencode(struct out *o, struct text t)
{
	struct text	line;
	bool		inside = false;

	while (text_line(&t, &line) && !o->cut) {
		size_t	bytes, k = 1;

		if (!inside) {
			inside = text_starts(line, "begin ");
			continue;
		}
		if (text_is(line, "end"))
			break;
		if (line.n == 0)
			continue;
		bytes = (size_t)(line.p[0] - 32) & 63;
		for (; bytes > 0 && k < line.n; k += 4) {
			uint32_t	v = 0;

			for (size_t j = 0; j < 4; j++)
				v = v << 6 | (k + j < line.n ? (uint32_t)(line.p[k + j] - 32) & 63 : 0);
			for (int shift = 16; shift >= 0 && bytes > 0; shift -= 8, bytes--)
				put(o, (int)(v >> shift & 0xff));
		}
	}
}

struct text
mime_decode(struct arena *a, const struct mime_part *p, size_t max, bool *cut)
{
	struct out	o = { .max = p->body.n < max ? p->body.n : max };

	if (cut != NULL)
		*cut = false;
	if (p->encoding == MIME_IDENTITY || p->encoding == MIME_UNKNOWN) {
		if (cut != NULL)
			*cut = p->body.n > max;
		return text_head(p->body, max);
	}
	o.p = arena_alloc(a, o.max + 1);
	if (p->encoding == MIME_QUOTED)
		quoted_printable(&o, p->body);
	else if (p->encoding == MIME_BASE64)
		base64(&o, p->body);
	else
		uuencode(&o, p->body);
	if (cut != NULL)
		*cut = o.cut;
	o.p[o.n] = '\0';
	return (struct text){ o.p, o.n };
}

/* --- character sets ----------------------------------------------------------------------------- */

/* Names seen in reports that iconv does not know, or knows as something narrower. */
static const struct { const char *alias, *name; } charsets[] = {
	{ "iso-8859-1",		"windows-1252" },	/* what senders mean by it */
	{ "latin1",		"windows-1252" },
	{ "iso-8859-8-i",	"iso-8859-8" },
	{ "iso-8859-6-i",	"iso-8859-6" },
	{ "gb2312",		"gb18030" },
	{ "gbk",		"gb18030" },
	{ "x-gbk",		"gb18030" },
	{ "ks_c_5601-1987",	"cp949" },
	{ "ks_c_5601",		"cp949" },
	{ "euc-kr",		"cp949" },
	{ "x-sjis",		"cp932" },
	{ "shift_jis",		"cp932" },
	{ "shift-jis",		"cp932" },
	{ "cp-850",		"cp850" },
	{ "unicode-1-1-utf-7",	"utf-7" },
	{ "x-mac-roman",	"macintosh" },
	{ "utf8",		"utf-8" },
};

static bool
is_utf8_or_ascii(const char *charset)
{
	static const char *const same[] = { "utf-8", "us-ascii", "ascii", "utf8", "ansi_x3.4-1968", "", NULL };

	for (size_t i = 0; same[i] != NULL; i++)
		if (text_iis(text_of(charset), same[i]))
			return true;
	return false;
}

struct text
charset_to_utf8(struct arena *a, struct text t, const char *charset, size_t max)
{
	const char	*name = charset;
	struct out	 o = { .max = t.n * 3 + 16 < max ? t.n * 3 + 16 : max };
	char		*in, *out;
	size_t		 in_n = t.n, out_n;
	iconv_t		 cd;

	if (charset == NULL || is_utf8_or_ascii(charset) || strlen(charset) > 40)
		return t;
	for (const char *p = charset; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("-_.:+()", *p) == NULL)
			return t;
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (text_iis(text_of(charset), charsets[i].alias))
			name = charsets[i].name;
	cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1)
		return t;
	o.p = arena_alloc(a, o.max + 1);
	in = arena_alloc(a, t.n + 1);			/* iconv wants it writable */
	memcpy(in, t.p, t.n);
	out = o.p;
	out_n = o.max;
	while (in_n > 0 && out_n > 0) {
		if (iconv(cd, &in, &in_n, &out, &out_n) != (size_t)-1 || in_n == 0)
			break;
		if (errno == E2BIG)
			break;
		if (out_n > 0) {			/* no character here: the byte stays */
			*out++ = *in;
			out_n--;
		}
		in++;
		in_n--;
	}
	(void)iconv_close(cd);
	o.n = (size_t)(out - o.p);
	o.p[o.n] = '\0';
	return (struct text){ o.p, o.n };
}

struct text
mime_decode_text(struct arena *a, const struct mime_part *p, size_t max, bool *cut)
{
	struct text	t = charset_to_utf8(a, mime_decode(a, p, max, cut), p->charset, max);
	char		*s;
	size_t		 n = 0;

	if (text_starts(t, "\xef\xbb\xbf"))
		t = text_skip(t, 3);
	if (memchr(t.p, '\r', t.n) == NULL)
		return t;
	s = arena_alloc(a, t.n + 1);
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] != '\r')
			s[n++] = t.p[i];
		else if (i + 1 == t.n || t.p[i + 1] != '\n')
			s[n++] = '\n';
	}
	s[n] = '\0';
	return (struct text){ s, n };
}

/* --- encoded words, RFC 2047 -------------------------------------------------------------------- */

/* "=?charset?Q?text?=" at the start of t: its length, 0 when it is none. */
static size_t
encoded_word(struct arena *a, struct text t, struct text *ret)
{
	struct text	rest, charset, encoding, body, language;
	struct out	o = { .p = NULL };
	size_t		end;

	if (!text_starts(t, "=?"))
		return 0;
	rest = text_skip(text_head(t, 2000), 2);
	if (!text_split(&rest, '?', &charset) || !text_split(&rest, '?', &encoding) || encoding.n != 1)
		return 0;
	if (!text_find(rest, TEXT("?="), &end))
		return 0;
	body = text_head(rest, end);
	o.max = body.n;
	o.p = arena_alloc(a, body.n + 1);
	if (ascii_tolower((unsigned char)encoding.p[0]) == 'b')
		base64(&o, body);
	else if (ascii_tolower((unsigned char)encoding.p[0]) == 'q') {
		char	*s = arena_alloc(a, body.n + 1);

		for (size_t i = 0; i < body.n; i++)
			s[i] = body.p[i] == '_' ? ' ' : body.p[i];
		quoted_printable(&o, (struct text){ s, body.n });
	} else
		return 0;
	if (text_split(&charset, '*', &language))		/* RFC 2231 5 */
		charset = language;
	*ret = charset_to_utf8(a, (struct text){ o.p, o.n }, text_cstr(a, charset), 8192);
	return (size_t)(rest.p - t.p) + end + 2;
}

struct text
mime_decode_words(struct arena *a, struct text v)
{
	struct str	s = str_in(a, 16 * 1024);
	size_t		blank_from = 0;		/* blanks between two encoded words vanish */
	bool		after_word = false;
	unsigned	words = 0;

	for (size_t i = 0; i < v.n;) {
		struct text	decoded;
		size_t		n = v.p[i] == '=' && words < 500 ? encoded_word(a, text_skip(v, i), &decoded) : 0;

		if (n > 0) {
			if (after_word && s.n > blank_from &&
			    text_trim((struct text){ s.p + blank_from, s.n - blank_from }).n == 0) {
				s.n = blank_from;
				s.p[s.n] = '\0';
			}
			str_addt(&s, decoded);
			i += n;
			after_word = true;
			blank_from = s.n;
			words++;
			continue;
		}
		str_addc(&s, v.p[i++]);
	}
	return str_text(&s);
}

/* --- letters ------------------------------------------------------------------------------------ */

void
utf8_lower(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char	c = (unsigned char)s[i], d = i + 1 < n ? (unsigned char)s[i + 1] : 0;

		if (c < 0x80)
			s[i] = (char)ascii_tolower(c);
		else if (c == 0xc3 && d >= 0x80 && d <= 0x9e && d != 0x97)	/* U+00C0 to U+00DE */
			s[++i] = (char)(d + 0x20);
		else if (c == 0xd0 && d >= 0x90 && d <= 0x9f)			/* U+0410 to U+041F */
			s[++i] = (char)(d + 0x20);
		else if (c == 0xd0 && d >= 0xa0 && d <= 0xaf) {			/* U+0420 to U+042F */
			s[i] = (char)0xd1;
			s[++i] = (char)(d - 0x20);
		} else if (c >= 0xc0)
			while (i + 1 < n && ((unsigned char)s[i + 1] & 0xc0) == 0x80)
				i++;
	}
}
