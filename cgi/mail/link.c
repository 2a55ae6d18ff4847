#include "mail/link.h"

#include <string.h>

#include "base/arena.h"

#define URL_MAX	4096

/* An inet_aton number: decimal, octal, hexadecimal. */
static bool
aton_part(struct text t, uint64_t *ret)
{
	unsigned base = 10;

	*ret = 0;
	if (t.n > 2 && t.p[0] == '0' && ascii_tolower((unsigned char)t.p[1]) == 'x') {
		base = 16;
		t = text_skip(t, 2);
	} else if (t.n > 1 && t.p[0] == '0')
		base = 8;
	if (t.n == 0 || t.n > 12)
		return false;
	for (size_t i = 0; i < t.n; i++) {
		int d = ascii_hex((unsigned char)t.p[i]);

		if (d < 0 || (unsigned)d >= base)
			return false;
		*ret = *ret * base + (unsigned)d;
	}
	return true;
}

/* Browsers read 0x7f.1, 2130706433 and the like as addresses, so we do. */
static bool
address_of(struct text host, struct ip *ret)
{
	uint64_t value = 0, part;
	struct text one;
	unsigned count = 0;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return ip6_parse((struct text){ host.p + 1, host.n - 2 }, ret);
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	while (text_split(&host, '.', &one)) {
		if (++count > 4 || !aton_part(one, &part))
			return false;
		if (host.n > 0) {
			if (part > 255)
				return false;
			value = value << 8 | part;
		} else {
			unsigned bits = 8 * (5 - count);

			if (part >> bits != 0)
				return false;
			value = value << bits | part;
		}
	}
	if (count == 0)
		return false;
	*ret = (struct ip){ .family = 4, .b = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
	    (uint8_t)(value >> 8), (uint8_t)value } };
	return true;
}

static void
host_of(struct arena *a, struct text host, struct link *ret)
{
	struct err err;
	size_t i;

	if (address_of(host, &ret->address))
		return;
	for (i = 0; i < host.n; i++)
		if (host.p[i] == '%')		/* a name is not written so, but browsers read it */
			break;
	if (i < host.n) {
		char *p = arena_alloc(a, host.n + 1);
		size_t n = 0;

		for (i = 0; i < host.n; i++) {
			int hi = i + 2 < host.n ? ascii_hex((unsigned char)host.p[i + 1]) : -1;
			int lo = i + 2 < host.n ? ascii_hex((unsigned char)host.p[i + 2]) : -1;

			if (host.p[i] == '%' && hi >= 0 && lo >= 0) {
				p[n++] = (char)(hi * 16 + lo);
				i += 2;
			} else
				p[n++] = host.p[i];
		}
		host = (struct text){ p, n };
	}
	name_from_person(a, host, &ret->host, &err);
}

bool
link_parse(struct arena *a, struct text url, struct link *ret)
{
	struct text host;
	size_t i, at, colon;
	uint64_t port;

	*ret = (struct link){ 0 };
	url = text_head(text_trim(url), URL_MAX);
	if (text_istarts(url, "//"))
		url = text_skip(url, 2);
	else if (text_istarts(url, "https:")) {
		ret->secure = true;
		url = text_skip(url, 6);
	} else if (text_istarts(url, "http:"))
		url = text_skip(url, 5);
	else
		return false;
	while (url.n > 0 && (url.p[0] == '/' || url.p[0] == '\\'))
		url = text_skip(url, 1);
	for (i = 0; i < url.n && strchr("/\\?#", url.p[i]) == NULL; i++)
		;
	host = text_head(url, i);
	for (i = host.n; i > 0; i--)
		if (host.p[i - 1] == '@') {
			ret->user = true;
			host = text_skip(host, i);
			break;
		}
	at = host.n > 0 && host.p[0] == '[' && text_find(host, TEXT("]"), &at) ? at : 0;
	if (text_find(text_skip(host, at), TEXT(":"), &colon)) {
		ret->odd_port = text_uint(text_skip(host, at + colon + 1), 65535, &port) && port != 80 &&
		    port != 443;
		host = text_head(host, at + colon);
	}
	/* "{{link}}", "%%url%%": a template that nobody has filled in. */
	if (host.n == 0 || strchr("{[%*|", host.p[0]) != NULL) {
		if (host.n == 0 || host.p[0] != '[')
			return false;
	}
	ret->web = true;
	host_of(a, host, ret);
	return true;
}

/* Endings with which a bare word is an address and no file name or abbreviation. */
static const char *const endings[] = { ".com", ".net", ".org", ".info", ".biz", ".edu", ".gov", ".eu", ".es", ".de",
    ".fr", ".it", ".uk", ".pt", ".nl", ".example", ".cl", ".mx", ".ar", ".com.co", ".pe", ".us", ".br" };

bool
link_shown(struct arena *a, struct text shown, struct name *ret)
{
	struct text host;
	struct link link;
	struct err err;
	bool bare = true;
	size_t i;

	shown = text_trim(shown);
	for (i = 0; i < shown.n; i++)
		if ((unsigned char)shown.p[i] <= ' ' || shown.p[i] == '@')
			return false;
	if (text_istarts(shown, "http://") || text_istarts(shown, "https://")) {
		if (!link_parse(a, shown, &link) || link.host.s == NULL)
			return false;
		*ret = link.host;
		return name_labels(*ret) > 1;
	}
	if (text_istarts(shown, "www."))
		bare = false;
	for (i = 0; i < shown.n && strchr("/?#:", shown.p[i]) == NULL; i++)
		;
	host = text_head(shown, i);
	if (!name_from_person(a, host, ret, &err) || name_labels(*ret) < 2)
		return false;
	for (i = 0; bare && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (text_iends(host, endings[i]))
			return true;
	return !bare;
}
