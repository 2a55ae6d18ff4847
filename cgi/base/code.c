#include <string.h>

#include "base/arena.h"
#include "base/code.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char urlsafe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *
encode(struct arena *a, struct text t, const char *alphabet, bool pad)
{
	const unsigned char *p = (const unsigned char *)t.p;
	char *out = arena_alloc(a, t.n / 3 * 4 + 5), *o = out;
	size_t i;
	unsigned v;

	for (i = 0; i + 3 <= t.n; i += 3) {
		v = (unsigned)p[i] << 16 | (unsigned)p[i + 1] << 8 | p[i + 2];
		*o++ = alphabet[v >> 18];
		*o++ = alphabet[v >> 12 & 63];
		*o++ = alphabet[v >> 6 & 63];
		*o++ = alphabet[v & 63];
	}
	if (t.n - i == 1) {
		v = (unsigned)p[i] << 16;
		*o++ = alphabet[v >> 18];
		*o++ = alphabet[v >> 12 & 63];
		if (pad)
			*o++ = '=', *o++ = '=';
	} else if (t.n - i == 2) {
		v = (unsigned)p[i] << 16 | (unsigned)p[i + 1] << 8;
		*o++ = alphabet[v >> 18];
		*o++ = alphabet[v >> 12 & 63];
		*o++ = alphabet[v >> 6 & 63];
		if (pad)
			*o++ = '=';
	}
	*o = '\0';
	return out;
}

static int
digit64(int c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	if (c == (url ? '_' : '/'))
		return 63;
	return -1;
}

struct how {
	bool	url;		/* other alphabet, no padding */
	bool	fws;		/* blanks anywhere; left-over bits may be set */
};

/* RFC 4648: padding as required (3.2), left-over bits zero (3.5). */
static bool
decode(struct arena *a, struct text t, struct how how, struct text *ret)
{
	char *out = arena_alloc(a, t.n / 4 * 3 + 4), *o = out;
	unsigned v = 0, digits = 0, pads = 0;
	size_t i;
	int d;

	for (i = 0; i < t.n; i++) {
		int c = (unsigned char)t.p[i];

		if (how.fws && ascii_isspace(c))
			continue;
		if (c == '=' && !how.url) {
			pads++;
			continue;
		}
		d = digit64(c, how.url);
		if (d < 0 || pads > 0)
			return false;
		v = v << 6 | (unsigned)d;
		if (++digits == 4) {
			*o++ = (char)(v >> 16);
			*o++ = (char)(v >> 8);
			*o++ = (char)v;
			v = 0;
			digits = 0;
		}
	}
	if (digits == 1)
		return false;
	if (!how.url && pads != (digits == 0 ? 0 : 4 - digits))
		return false;
	if (digits == 2) {
		if (!how.fws && (v & 15) != 0)
			return false;
		*o++ = (char)(v >> 4);
	} else if (digits == 3) {
		if (!how.fws && (v & 3) != 0)
			return false;
		*o++ = (char)(v >> 10);
		*o++ = (char)(v >> 2);
	}
	*o = '\0';
	*ret = (struct text){ out, (size_t)(o - out) };
	return true;
}

const char *
base64_encode(struct arena *a, struct text t)
{
	return encode(a, t, plain, true);
}

const char *
base64url_encode(struct arena *a, struct text t)
{
	return encode(a, t, urlsafe, false);
}

bool
base64_decode(struct arena *a, struct text t, struct text *ret)
{
	return decode(a, t, (struct how){ 0 }, ret);
}

bool
base64_decode_fws(struct arena *a, struct text t, struct text *ret)
{
	return decode(a, t, (struct how){ .fws = true }, ret);
}

bool
base64url_decode(struct arena *a, struct text t, struct text *ret)
{
	return decode(a, t, (struct how){ .url = true }, ret);
}

const char *
hex_encode(struct arena *a, struct text t)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(a, 2 * t.n + 1);
	size_t i;

	for (i = 0; i < t.n; i++) {
		out[2 * i] = digits[(unsigned char)t.p[i] >> 4];
		out[2 * i + 1] = digits[(unsigned char)t.p[i] & 15];
	}
	out[2 * t.n] = '\0';
	return out;
}

bool
hex_decode(struct arena *a, struct text t, struct text *ret)
{
	char *out;
	size_t i;
	int hi, lo;

	if (t.n % 2 != 0)
		return false;
	out = arena_alloc(a, t.n / 2 + 1);
	for (i = 0; i < t.n / 2; i++) {
		hi = ascii_hex((unsigned char)t.p[2 * i]);
		lo = ascii_hex((unsigned char)t.p[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		out[i] = (char)(hi << 4 | lo);
	}
	out[i] = '\0';
	*ret = (struct text){ out, i };
	return true;
}
