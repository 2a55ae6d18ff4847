#include "net/http_site.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"

#define URL_MAX	2048

static char *
copy(const char *s)
{
	char *p;

	if (s == NULL || s[0] == '\0')
		return NULL;
	p = strdup(s);
	if (p == NULL)
		abort();
	return p;
}

bool
http_is_clean(const char *s, bool blanks)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f || (!blanks && *s == ' '))
			return false;
	}
	return true;
}

/* --- URLs ------------------------------------------------------------------------------------ */

static char *
part(struct arena *a, CURLU *url, CURLUPart what)
{
	char *text, *ret;

	if (curl_url_get(url, what, &text, what == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) !=
	    CURLUE_OK)
		return NULL;
	ret = arena_strdup(a, text);
	curl_free(text);
	return ret;
}

bool
http_url_parse(struct arena *a, const char *text, struct http_url *ret)
{
	CURLU *url = curl_url();
	struct http_url u = { 0 };
	char *host = NULL;
	size_t n;

	if (url == NULL)
		abort();
	if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
		u.scheme = part(a, url, CURLUPART_SCHEME);
		u.port = part(a, url, CURLUPART_PORT);
		u.path = part(a, url, CURLUPART_PATH);
		host = part(a, url, CURLUPART_HOST);
	}
	curl_url_cleanup(url);
	if (u.scheme == NULL || u.port == NULL || u.path == NULL || host == NULL)
		return false;
	n = strlen(host);
	if (n > 2 && host[0] == '[') {
		host[n - 1] = '\0';
		host++;
	}
	u.host = host;
	*ret = u;
	return true;
}

static bool
is_loopback(const char *host)
{
	struct ip ip;

	if (!ip_parse(text_of(host), &ip))
		return false;
	return ip.family == 4 ? ip.b[0] == 127 :
	    ip_eq(ip, (struct ip){ .family = 6, .b = { [15] = 1 } });
}

/* --- the panel ------------------------------------------------------------------------------- */

/* An address of v6 goes back into its brackets. */
static void
add_host(struct str *s, const char *host)
{
	str_addf(s, strchr(host, ':') != NULL ? "[%s]" : "%s", host);
}

static bool
make_base(struct arena *a, const struct http_config *config, struct http_site *site,
    struct err *err)
{
	struct str base = str_in(a, URL_MAX), connect = str_in(a, URL_MAX);
	const char *name = config->panel_tls_name;
	struct http_url u;
	size_t n;

	if (!http_url_parse(a, config->panel_url, &u))
		return err_set(err, ERR_VALUE, "panel.url is no URL");
	if (strcmp(u.scheme, "https") != 0 &&
	    !(strcmp(u.scheme, "http") == 0 && is_loopback(u.host)))
		return err_set(err, ERR_VALUE, "panel.url must begin with https://");
	str_addf(&base, "%s://", u.scheme);
	if (name != NULL && name[0] != '\0') {
		/* The URL has the name that is verified; the connection goes to
		 * the host that was configured. */
		str_addf(&connect, "%s:%s:", name, u.port);
		add_host(&connect, u.host);
		str_addf(&connect, ":%s", u.port);
		site->connect_to = copy(connect.p);
		str_add(&base, name);
	} else
		add_host(&base, u.host);
	for (n = strlen(u.path); n > 0 && u.path[n - 1] == '/'; n--)
		;
	str_addf(&base, ":%s", u.port);
	str_addt(&base, (struct text){ u.path, n });
	if (!str_ok(&base) || !str_ok(&connect))
		return err_set(err, ERR_LIMIT, "panel.url is too long");
	site->base = copy(base.p);
	return true;
}

static bool
make_pin(struct arena *a, const char *pin, struct http_site *site, struct err *err)
{
	struct text key;

	if (pin == NULL || pin[0] == '\0')
		return true;
	if (!base64_decode(a, text_of(pin), &key) || key.n != 32)
		return err_set(err, ERR_VALUE,
		    "panel.pin_sha256 must be the base64 of 32 bytes");
	site->pin = copy(arena_printf(a, "sha256//%s", pin));
	return true;
}

static bool
make_secret(struct text secret, struct http_site *site, struct err *err)
{
	if (secret.n == 0)
		return true;
	site->secret = strndup(secret.p, secret.n);
	if (site->secret == NULL)
		abort();
	if (strlen(site->secret) != secret.n || !http_is_clean(site->secret, true))
		return err_set(err, ERR_VALUE, "the panel's key holds control characters");
	return true;
}

bool
http_site_make(const struct http_config *config, struct http_site *ret, struct err *err)
{
	struct arena *a = arena_new();
	bool ok = true;

	memset(ret, 0, sizeof(*ret));
	ret->ca_file = copy(config->panel_ca_file);
	ret->public_ca_file = copy(config->tls_ca_file);
	if (config->panel_url != NULL && config->panel_url[0] != '\0')
		ok = make_base(a, config, ret, err) &&
		    make_pin(a, config->panel_pin_sha256, ret, err);
	ok = ok && make_secret(config->panel_secret, ret, err);
	arena_free(a);
	if (!ok)
		http_site_clear(ret);
	return ok;
}

void
http_site_clear(struct http_site *site)
{
	if (site->secret != NULL)
		explicit_bzero(site->secret, strlen(site->secret));
	free(site->secret);
	free(site->base);
	free(site->connect_to);
	free(site->ca_file);
	free(site->pin);
	free(site->public_ca_file);
	memset(site, 0, sizeof(*site));
}
