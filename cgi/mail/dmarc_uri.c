/* URIs of rua= and ruf=, RFC 9989 4.6 and 4.8, RFC 3986, RFC 6068. */

#include "base/arena.h"
#include "mail/dmarc.h"

#define URI_MAX	2048

/* "!10m" at the end: RFC 7489 6.2; RFC 9989 took it out, and "!" has to be encoded. */
static bool
take_size(struct text *uri)
{
	struct text t = *uri;
	size_t digits = 0;
	char unit;

	if (t.n > 0) {
		unit = (char)ascii_tolower((unsigned char)t.p[t.n - 1]);
		if (unit == 'k' || unit == 'm' || unit == 'g' || unit == 't')
			t.n--;
	}
	for (; t.n > 0 && ascii_isdigit((unsigned char)t.p[t.n - 1]); digits++)
		t.n--;
	if (digits == 0 || t.n == 0 || t.p[t.n - 1] != '!')
		return false;
	t.n--;
	*uri = t;
	return true;
}

/* RFC 3986 2: reserved, unreserved and percent-encoded; "!" and "," are not for us. */
static bool
octets_ok(struct text t)
{
	static const char others[] = "-._~:/?#[]@$&'()*+;=";
	size_t i, at;

	for (i = 0; i < t.n; i++) {
		if (t.p[i] == '%') {
			if (i + 2 >= t.n || ascii_hex((unsigned char)t.p[i + 1]) < 0 ||
			    ascii_hex((unsigned char)t.p[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!ascii_isalnum((unsigned char)t.p[i]) &&
		    !text_find(text_of(others), (struct text){ &t.p[i], 1 }, &at))
			return false;
	}
	return true;
}

static bool
scheme_ok(struct text t)
{
	size_t i;

	if (t.n == 0 || !ascii_isalpha((unsigned char)t.p[0]))
		return false;
	for (i = 1; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && t.p[i] != '+' && t.p[i] != '-' &&
		    t.p[i] != '.')
			return false;
	return true;
}

static struct text
decode(struct arena *a, struct text t)
{
	char *out = arena_alloc(a, t.n + 1), *o = out;
	size_t i;

	for (i = 0; i < t.n; i++) {
		if (t.p[i] == '%' && i + 2 < t.n) {
			*o++ = (char)(ascii_hex((unsigned char)t.p[i + 1]) << 4 |
			    ascii_hex((unsigned char)t.p[i + 2]));
			i += 2;
		} else
			*o++ = t.p[i];
	}
	return (struct text){ out, (size_t)(o - out) };
}

static struct text
before(struct text t, const char *stop)
{
	size_t at;

	return text_find(t, text_of(stop), &at) ? text_head(t, at) : t;
}

/* RFC 6068 2: one address; header fields after "?" do not matter here. */
static bool
mailto_ok(struct arena *a, struct text rest, struct name *domain)
{
	struct text address = decode(a, before(before(rest, "#"), "?"));
	size_t at;

	for (at = address.n; at > 0 && address.p[at - 1] != '@'; at--)
		continue;
	if (at < 2)				/* no "@", or nothing before it */
		return false;
	if (address.p[0] != '"' && text_find(text_head(address, at - 1), TEXT("@"), &(size_t){ 0 }))
		return false;
	return name_from_person(a, text_skip(address, at), domain, NULL);
}

/* "//" [user "@"] host [":" port]; a host is wanted of what has an authority. */
static bool
authority_ok(struct arena *a, struct text rest, struct name *domain)
{
	struct text host;
	size_t at;

	if (!text_starts(rest, "//"))
		return true;
	host = before(before(before(text_skip(rest, 2), "/"), "?"), "#");
	while (text_find(host, TEXT("@"), &at))
		host = text_skip(host, at + 1);
	if (text_starts(host, "["))
		return true;
	host = decode(a, before(host, ":"));
	return name_from_person(a, host, domain, NULL) || (host.n > 0 &&
	    ascii_isdigit((unsigned char)host.p[host.n - 1]));
}

bool
dmarc_uri_parse(struct arena *a, struct text uri, struct dmarc_uri *ret, bool *sized)
{
	struct dmarc_uri u = { 0 };
	struct text scheme, rest;
	size_t at;

	*sized = take_size(&uri);
	if (uri.n > URI_MAX || !text_find(uri, TEXT(":"), &at))
		return false;
	scheme = text_head(uri, at);
	rest = text_skip(uri, at + 1);
	if (!scheme_ok(scheme) || rest.n == 0 || !octets_ok(rest))
		return false;
	u.mailto = text_iis(scheme, "mailto");
	if (u.mailto ? !mailto_ok(a, rest, &u.domain) : !authority_ok(a, rest, &u.domain))
		return false;
	if ((text_iis(scheme, "http") || text_iis(scheme, "https")) && !text_starts(rest, "//"))
		return false;
	u.uri = text_show(a, uri);
	*ret = u;
	return true;
}
