#include "net/http_easy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define CONNECT_TIMEOUT_MS	10000
#define URL_MAX			8192

static struct curl_slist *
list_add(struct curl_slist *list, const char *line)
{
	list = curl_slist_append(list, line);
	if (list == NULL)
		abort();
	return list;
}

/* Not in the arena: the line may hold the credential, and is wiped. */
static void
add_header(struct http_easy *easy, const char *name, const char *before, const char *value)
{
	size_t n = strlen(name) + strlen(before) + strlen(value) + 3;
	char *line = malloc(n);

	if (line == NULL)
		abort();
	snprintf(line, n, "%s: %s%s", name, before, value);
	easy->headers = list_add(easy->headers, line);
	explicit_bzero(line, n);
	free(line);
}

static void
set_headers(struct http_easy *easy, const struct http_site *site, const struct request_http *r)
{
	size_t i;

	for (i = 0; i < r->header_count; i++)
		add_header(easy, r->headers[i].name, "", r->headers[i].value);
	if (r->door == HTTP_PANEL && r->credential_header != NULL && site->secret != NULL)
		add_header(easy, r->credential_header,
		    r->credential_prefix == NULL ? "" : r->credential_prefix, site->secret);
	if (r->content_type != NULL)
		add_header(easy, "Content-Type", "", r->content_type);
	else
		easy->headers = list_add(easy->headers, "Content-Type:");	/* none */
	/* No waiting for "100 Continue", which few panels send. */
	easy->headers = list_add(easy->headers, "Expect:");
	curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER, easy->headers);
}

static void
set_method(CURL *curl, const struct http_attempt *attempt)
{
	const struct request_http *r = attempt->request;

	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
	if (strcmp(r->method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (r->content_type == NULL && strcmp(r->method, "POST") != 0)
		return;
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)attempt->body.n);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, attempt->body.n > 0 ? attempt->body.p : "");
}

static void
set_panel(struct http_easy *easy, const struct http_site *site)
{
	if (site->ca_file != NULL)
		curl_easy_setopt(easy->curl, CURLOPT_CAINFO, site->ca_file);
	if (site->connect_to != NULL) {
		easy->connect_to = list_add(NULL, site->connect_to);
		curl_easy_setopt(easy->curl, CURLOPT_CONNECT_TO, easy->connect_to);
	}
	if (site->pin != NULL) {
		/*
		 * The administrator has named the key itself.  That is more than
		 * any authority could vouch for, and the usual reason is a factory
		 * certificate that no chain and no name would fit.  libcurl
		 * compares the key after the handshake and before the request
		 * whether or not it verifies the chain; no match, no connection.
		 */
		curl_easy_setopt(easy->curl, CURLOPT_PINNEDPUBLICKEY, site->pin);
		curl_easy_setopt(easy->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void
set_public(struct http_easy *easy, struct arena *a, const struct http_site *site,
    const struct http_attempt *attempt)
{
	struct str s = str_in(a, 2048);
	char text[IP_TEXT_MAX];
	size_t i;

	if (site->public_ca_file != NULL)
		curl_easy_setopt(easy->curl, CURLOPT_CAINFO, site->public_ca_file);
	/* Nobody else's connection, and nobody else on this one. */
	curl_easy_setopt(easy->curl, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy->curl, CURLOPT_FRESH_CONNECT, 1L);
	str_addf(&s, "%s:%s:", attempt->public->host, attempt->public->port);
	for (i = 0; i < attempt->address_count; i++) {
		ip_text(attempt->addresses[i], text);
		str_addf(&s, attempt->addresses[i].family == 6 ? "%s[%s]" : "%s%s",
		    i == 0 ? "" : ",", text);
	}
	easy->resolve = list_add(NULL, s.p);
	curl_easy_setopt(easy->curl, CURLOPT_RESOLVE, easy->resolve);
}

/* By number before 7.85 (AlmaLinux 9, Ubuntu 22.04), by name since. */
static void
allow_only(CURL *curl, bool plain)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS);
#endif
}

void
http_easy_make(struct http_easy *easy, struct arena *a, const struct http_site *site,
    const struct http_attempt *attempt)
{
	const struct request_http *r = attempt->request;
	bool panel = r->door == HTTP_PANEL;
	struct str url = str_in(a, URL_MAX);
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		abort();
	memset(easy, 0, sizeof(*easy));
	easy->curl = curl;
	if (panel)
		str_add(&url, site->base);
	str_add(&url, r->path);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, attempt->ctx);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, easy->error);
	curl_easy_setopt(curl, CURLOPT_URL, url.p);
	allow_only(curl, panel && strncmp(site->base, "http:", 5) == 0);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");		/* none from the environment */
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)attempt->left_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, attempt->left_ms < CONNECT_TIMEOUT_MS ?
	    (long)attempt->left_ms : (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "antispam-guide/" ASG_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, attempt->on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, attempt->ctx);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)attempt->max_bytes);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, attempt->on_open);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, attempt->ctx);
	if (panel)
		set_panel(easy, site);
	else
		set_public(easy, a, site, attempt);
	/* What a kept connection has lost, libcurl sends again by itself. */
	if (r->write)
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	set_headers(easy, site, r);
	set_method(curl, attempt);
}

void
http_easy_clear(struct http_easy *easy)
{
	struct curl_slist *item;

	if (easy->curl == NULL)
		return;
	curl_easy_cleanup(easy->curl);
	for (item = easy->headers; item != NULL; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(easy->headers);
	curl_slist_free_all(easy->resolve);
	curl_slist_free_all(easy->connect_to);
	easy->curl = NULL;
	easy->headers = easy->resolve = easy->connect_to = NULL;
}
