#include "net/http.h"
#include "net/http_body.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/code.h"
#include "base/str.h"

#define DEFAULT_TIMEOUT_MS	30000
#define CONNECT_TIMEOUT_MS	10000
#define DEFAULT_MAX_BYTES	(16UL * 1024 * 1024)
#define URL_MAX			8192
#define ATTEMPTS		3		/* of a read */
#define PAUSE_MS		300		/* before the second; doubles */
#define PUBLIC_IN_FLIGHT	16
#define ADDRESSES_MAX		16

struct call {
	struct http			*http;
	struct call			*next, *prev;
	struct arena			*arena;
	const struct request_http	*request;
	http_fn				 done;
	void				*ctx;

	CURL				*easy;		/* of the running attempt */
	struct curl_slist		*headers, *resolve, *connect_to;
	char				*body;		/* own copy with a secret in it */
	size_t				 body_n;
	char				*got;
	size_t				 got_n, got_size, max_bytes;
	uint64_t			 deadline_ms;
	unsigned			 attempt;
	struct timer			 timer;		/* pause before the next attempt */
	bool				 running, too_big, denied, sent;
	char				 error[CURL_ERROR_SIZE];

	/* Public: the name's addresses are looked up first. */
	const char			*host, *port;
	unsigned			 lookups_open;
	struct ip			 addresses[ADDRESSES_MAX];
	size_t				 address_count;
	bool				 refused_private, lookup_failed;
};

struct calls {
	struct call	*first, *last;
};

struct http {
	struct loop		*loop;
	struct lookups		*lookups;
	const struct secrets	*secrets;
	CURLM			*multi;
	struct timer		 timer;
	struct calls		 waiting[2];	/* by door */
	struct calls		 begun;
	uint32_t		 running[2], limit[2];
	uint64_t		 sent;
	bool			 allow_private;
	/* Strings below live as long as this. */
	char			*base;		/* scheme://host:port/path, no final slash */
	char			*connect_to, *ca_file, *pin, *tls_ca_file, *secret;
};

/* --- lists --------------------------------------------------------------------------------------- */

static void
calls_add(struct calls *list, struct call *c)
{
	c->next = NULL;
	c->prev = list->last;
	if (list->last != NULL)
		list->last->next = c;
	else
		list->first = c;
	list->last = c;
}

static void
calls_remove(struct calls *list, struct call *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		list->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		list->last = c->prev;
}

/* --- the end of a call ------------------------------------------------------------------------------- */

static void
wipe_list(struct curl_slist *list)
{
	struct curl_slist *item;

	for (item = list; item != NULL; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(list);
}

static void
attempt_end(struct call *c)
{
	if (c->easy == NULL)
		return;
	curl_multi_remove_handle(c->http->multi, c->easy);
	curl_easy_cleanup(c->easy);
	c->easy = NULL;
	wipe_list(c->headers);
	curl_slist_free_all(c->resolve);
	curl_slist_free_all(c->connect_to);
	c->headers = c->resolve = c->connect_to = NULL;
}

static void
call_release(struct call *c)
{
	attempt_end(c);
	loop_timer_clear(c->http->loop, &c->timer);
	if (c->body != NULL) {
		explicit_bzero(c->body, c->body_n);
		free(c->body);
	}
	free(c->got);
	calls_remove(&c->http->begun, c);
	if (c->running)
		c->http->running[c->request->door]--;
}

static void	start_waiting(struct http *);

static void
call_done(struct call *c, struct reply *reply)
{
	struct http *http = c->http;

	reply->maybe_done = reply->err.code != ERR_NONE && c->request->write && c->sent;
	call_release(c);
	start_waiting(http);
	c->done(c->ctx, reply);
}

static void
call_failed(struct call *c, enum err_code code, const char *text)
{
	struct reply reply = { 0 };

	err_set(&reply.err, code, "%s", text);
	call_done(c, &reply);
}

/* --- what curl calls --------------------------------------------------------------------------------- */

static size_t
on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct call *c = ctx;
	size_t size;

	(void)one;
	if (n > c->max_bytes - c->got_n) {
		c->too_big = true;
		return 0;
	}
	if (c->got_n + n + 1 > c->got_size) {
		size = c->got_size == 0 ? 4096 : c->got_size * 2;
		while (size < c->got_n + n + 1)
			size *= 2;
		c->got = realloc(c->got, size);
		if (c->got == NULL)
			abort();
		c->got_size = size;
	}
	memcpy(c->got + c->got_n, p, n);
	c->got_n += n;
	return n;
}

/*
 * The last word on an address, after every kind of resolution.  Names of the
 * panel come from the configuration and may lead anywhere; public ones not.
 */
static curl_socket_t
on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct call *c = ctx;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct ip ip = { 0 };

	(void)purpose;
	if (to->family == AF_INET && to->addrlen >= sizeof(v4)) {
		memcpy(&v4, &to->addr, sizeof(v4));
		ip.family = 4;
		memcpy(ip.b, &v4.sin_addr, 4);
	} else if (to->family == AF_INET6 && to->addrlen >= sizeof(v6)) {
		memcpy(&v6, &to->addr, sizeof(v6));
		ip.family = 6;
		memcpy(ip.b, &v6.sin6_addr, 16);
	} else
		return CURL_SOCKET_BAD;
	if (c->request->door == HTTP_PUBLIC && !c->http->allow_private &&
	    ip_is_private(ip_unmap(ip))) {
		c->denied = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void
on_socket_event(void *ctx, int fd, unsigned events);

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
	struct http *http = ctx;

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE)
		loop_unwatch(http->loop, fd);
	else
		loop_watch(http->loop, fd, ((what & CURL_POLL_IN) != 0 ? LOOP_READ : 0) |
		    ((what & CURL_POLL_OUT) != 0 ? LOOP_WRITE : 0), on_socket_event, http);
	return 0;
}

static int
on_timer_wish(CURLM *multi, long wait_ms, void *ctx)
{
	struct http *http = ctx;

	(void)multi;
	if (wait_ms < 0)
		loop_timer_clear(http->loop, &http->timer);
	else
		loop_timer_set(http->loop, &http->timer,
		    loop_now_ms(http->loop) + (uint64_t)wait_ms);
	return 0;
}

/* --- results ------------------------------------------------------------------------------------------ */

static enum err_code
code_of(const struct call *c, CURLcode result)
{
	switch (result) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return c->too_big || result == CURLE_FILESIZE_EXCEEDED ? ERR_LIMIT : ERR_IO;
	case CURLE_COULDNT_CONNECT:
		return c->denied ? ERR_DENIED : ERR_UNREACHABLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_BAD_CONTENT_ENCODING:
		return ERR_PROTOCOL;
	case CURLE_URL_MALFORMAT:
		return ERR_VALUE;
	default:
		return ERR_UNREACHABLE;
	}
}

static void	attempt_begin(struct call *);

static void
on_pause_over(void *ctx)
{
	attempt_begin(ctx);
}

/* Try once more when that may help and there is time. */
static bool
again(struct call *c)
{
	uint64_t now_ms = loop_now_ms(c->http->loop), pause_ms;

	if (c->request->write || c->attempt >= ATTEMPTS)
		return false;
	pause_ms = (uint64_t)PAUSE_MS << (c->attempt - 1);
	pause_ms += now_ms % (pause_ms / 2);	/* so that many do not come back together */
	if (now_ms + pause_ms >= c->deadline_ms)
		return false;
	attempt_end(c);
	c->got_n = 0;
	c->timer.fn = on_pause_over;
	c->timer.ctx = c;
	loop_timer_set(c->http->loop, &c->timer, now_ms + pause_ms);
	return true;
}

static void
on_result(struct call *c, CURLcode result)
{
	struct reply reply = { 0 };
	enum err_code code;
	char *type = NULL;
	char *body;
	long status = 0, bytes = 0;

	curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &bytes);
	c->sent = c->sent || bytes > 0;
	if (result != CURLE_OK) {
		code = code_of(c, result);
		if (code == ERR_UNREACHABLE && again(c))
			return;
		call_failed(c, code, c->error[0] != '\0' ? c->error :
		    curl_easy_strerror(result));
		return;
	}
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
	if ((status == 429 || status >= 500) && again(c))
		return;
	reply.u.http.status = (int)status;
	reply.u.http.content_type = type == NULL ? "" : arena_strdup(c->arena, type);
	body = c->got == NULL ? arena_strdup(c->arena, "") : c->got;
	body[c->got_n] = '\0';
	reply.u.http.body = (struct text){ body, c->got_n };
	if (c->got != NULL)
		arena_defer(c->arena, free, c->got);
	c->got = NULL;
	call_done(c, &reply);
}

static void
collect_results(struct http *http)
{
	CURLMsg *msg;
	char *call;
	int left;

	while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
		on_result((struct call *)(void *)call, msg->data.result);
	}
}

static void
on_socket_event(void *ctx, int fd, unsigned events)
{
	struct http *http = ctx;
	int running;

	curl_multi_socket_action(http->multi, fd, ((events & LOOP_READ) != 0 ? CURL_CSELECT_IN : 0) |
	    ((events & LOOP_WRITE) != 0 ? CURL_CSELECT_OUT : 0), &running);
	collect_results(http);
}

static void
on_timer(void *ctx)
{
	struct http *http = ctx;
	int running;

	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect_results(http);
}

/* --- an attempt --------------------------------------------------------------------------------------- */

/* Not in the arena: the line may hold the credential, and is wiped. */
static void
add_header(struct call *c, const char *name, const char *before, const char *value)
{
	size_t n = strlen(name) + strlen(before) + strlen(value) + 3;
	char *line = malloc(n);
	struct curl_slist *list;

	if (line == NULL)
		abort();
	snprintf(line, n, "%s: %s%s", name, before, value);
	list = curl_slist_append(c->headers, line);
	if (list == NULL)
		abort();
	c->headers = list;
	explicit_bzero(line, n);
	free(line);
}

static void
set_headers(struct call *c)
{
	const struct request_http *r = c->request;
	size_t i;

	for (i = 0; i < r->header_count; i++)
		add_header(c, r->headers[i].name, "", r->headers[i].value);
	if (r->door == HTTP_PANEL && r->credential_header != NULL && c->http->secret != NULL)
		add_header(c, r->credential_header,
		    r->credential_prefix == NULL ? "" : r->credential_prefix, c->http->secret);
	if (r->content_type != NULL)
		add_header(c, "Content-Type", "", r->content_type);
	else
		c->headers = curl_slist_append(c->headers, "Content-Type:");	/* none */
	/* No waiting for "100 Continue", which few panels send. */
	c->headers = curl_slist_append(c->headers, "Expect:");
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
}

static void
set_method(struct call *c)
{
	const struct request_http *r = c->request;

	curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, r->method);
	if (strcmp(r->method, "HEAD") == 0)
		curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
	if (r->content_type == NULL && strcmp(r->method, "POST") != 0)
		return;
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)(c->body != NULL ? c->body_n : r->body.n));
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body != NULL ? c->body :
	    r->body.n > 0 ? r->body.p : "");
}

static void
set_panel_tls(struct call *c)
{
	const struct http *http = c->http;

	if (http->ca_file != NULL)
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, http->ca_file);
	if (http->connect_to != NULL) {
		c->connect_to = curl_slist_append(NULL, http->connect_to);
		curl_easy_setopt(c->easy, CURLOPT_CONNECT_TO, c->connect_to);
	}
	if (http->pin != NULL) {
		/*
		 * The administrator has named the key itself.  That is more than
		 * any authority could vouch for, and the usual reason is a factory
		 * certificate that no chain and no name would fit.  libcurl
		 * compares the key after the handshake and before the request
		 * whether or not it verifies the chain; no match, no connection.
		 */
		curl_easy_setopt(c->easy, CURLOPT_PINNEDPUBLICKEY, http->pin);
		curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void
set_public(struct call *c)
{
	struct str s = str_in(c->arena, 2048);
	char text[IP_TEXT_MAX];
	size_t i;

	if (c->http->tls_ca_file != NULL)
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, c->http->tls_ca_file);
	curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L);
	if (c->address_count == 0)
		return;
	str_addf(&s, "%s:%s:", c->host, c->port);
	for (i = 0; i < c->address_count; i++)
		str_addf(&s, c->addresses[i].family == 6 ? "%s[%s]" : "%s%s",
		    i == 0 ? "" : ",", ip_text(c->addresses[i], text));
	c->resolve = curl_slist_append(NULL, s.p);
	curl_easy_setopt(c->easy, CURLOPT_RESOLVE, c->resolve);
}

static void
attempt_begin(struct call *c)
{
	struct http *http = c->http;
	const struct request_http *r = c->request;
	uint64_t now_ms = loop_now_ms(http->loop);
	bool panel = r->door == HTTP_PANEL;
	struct str url = str_in(c->arena, URL_MAX);
	long left_ms;

	if (now_ms >= c->deadline_ms) {
		call_failed(c, ERR_TIMEOUT, "no time left");
		return;
	}
	left_ms = (long)(c->deadline_ms - now_ms);
	str_add(&url, panel ? http->base : "");
	str_add(&url, r->path);
	c->easy = curl_easy_init();
	if (c->easy == NULL)
		abort();
	c->attempt++;
	c->error[0] = '\0';
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_URL, url.p);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR,
	    panel && strncmp(http->base, "http:", 5) == 0 ? "http" : "https");
	curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, left_ms);
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    left_ms < CONNECT_TIMEOUT_MS ? left_ms : (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "antispam-guide/" ASG_VERSION);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->max_bytes);
	curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c);
	if (panel)
		set_panel_tls(c);
	else
		set_public(c);
	if (r->write)
		curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L);
	set_headers(c);
	set_method(c);
	http->sent++;
	if (curl_multi_add_handle(http->multi, c->easy) != CURLM_OK)
		abort();
}

/* --- beginning ---------------------------------------------------------------------------------------- */

static void
public_begin(struct call *c)
{
	if (c->address_count > 0)
		attempt_begin(c);
	else if (c->refused_private)
		call_failed(c, ERR_DENIED, "the name leads to a private address");
	else if (c->lookup_failed)
		call_failed(c, ERR_UNREACHABLE, "the name could not be looked up");
	else
		call_failed(c, ERR_NOT_FOUND, "the name has no address");
}

static void
address_add(struct call *c, struct ip ip)
{
	if (!c->http->allow_private && ip_is_private(ip_unmap(ip)))
		c->refused_private = true;
	else if (c->address_count < ADDRESSES_MAX)
		c->addresses[c->address_count++] = ip;
}

static void
on_address(void *ctx, const struct dns_answer *answer)
{
	struct call *c = ctx;
	size_t i;

	if (answer->outcome == DNS_FAILED)
		c->lookup_failed = true;
	for (i = 0; i < answer->count; i++)
		address_add(c, answer->rrs[i].u.ip);
	if (--c->lookups_open == 0)
		public_begin(c);
}

static void
call_begin(void *ctx)
{
	struct call *c = ctx;
	struct request_dns question = { 0 };
	struct ip ip;

	/* From now on: waiting for its turn is not the other side's fault. */
	c->deadline_ms = loop_now_ms(c->http->loop) +
	    (c->request->timeout_ms > 0 ? c->request->timeout_ms : DEFAULT_TIMEOUT_MS);
	if (c->request->door == HTTP_PANEL) {
		attempt_begin(c);
		return;
	}
	if (ip_parse(text_of(c->host), &ip)) {
		address_add(c, ip);
		public_begin(c);
		return;
	}
	if (!name_parse(c->arena, text_of(c->host), &question.name)) {
		call_failed(c, ERR_VALUE, "no host name");
		return;
	}
	c->lookups_open = 2;
	question.type = RR_A;
	lookup(c->http->lookups, c->arena, &question, on_address, c);
	question.type = RR_AAAA;
	lookup(c->http->lookups, c->arena, &question, on_address, c);
}

static void
start_waiting(struct http *http)
{
	struct call *c;
	int door;

	for (door = 0; door < 2; door++) {
		while (http->running[door] < http->limit[door] &&
		    (c = http->waiting[door].first) != NULL) {
			calls_remove(&http->waiting[door], c);
			calls_add(&http->begun, c);
			c->running = true;
			http->running[door]++;
			/* Not from here: done may not be called by http_send. */
			c->timer.fn = call_begin;
			c->timer.ctx = c;
			loop_timer_set(http->loop, &c->timer, 0);
		}
	}
}

/* A header or a path from outside could otherwise begin a header of its own. */
static bool
is_clean(const char *s, bool blanks)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f || (!blanks && *s == ' '))
			return false;
	}
	return true;
}

static bool
request_is_clean(const struct request_http *r)
{
	size_t i;

	for (i = 0; i < r->header_count; i++) {
		if (!is_clean(r->headers[i].name, false) || !is_clean(r->headers[i].value, true))
			return false;
	}
	return is_clean(r->method, false) && is_clean(r->path, false) &&
	    strlen(r->path) < URL_MAX - 1024 &&
	    (r->content_type == NULL || is_clean(r->content_type, true));
}

static char *
copy_part(struct arena *a, CURLU *url, CURLUPart part, unsigned flags)
{
	char *text, *ret;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	ret = arena_strdup(a, text);
	curl_free(text);
	return ret;
}

static bool
public_parts(struct call *c, struct err *err)
{
	CURLU *url = curl_url();
	const char *scheme = NULL;
	char *host;
	size_t n;

	if (curl_url_set(url, CURLUPART_URL, c->request->path, 0) == CURLUE_OK) {
		scheme = copy_part(c->arena, url, CURLUPART_SCHEME, 0);
		c->port = copy_part(c->arena, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
		host = copy_part(c->arena, url, CURLUPART_HOST, 0);
		n = host == NULL ? 0 : strlen(host);
		if (n > 2 && host[0] == '[') {
			host[n - 1] = '\0';
			host++;
		}
		c->host = host;
	}
	curl_url_cleanup(url);
	if (scheme == NULL || strcmp(scheme, "https") != 0 || c->host == NULL || c->port == NULL)
		return err_set(err, ERR_VALUE, "not an https URL");
	return true;
}

static bool
put_secret(struct call *c, struct err *err)
{
	const struct request_http *r = c->request;
	struct text secret;

	if (r->secret_marker == NULL)
		return true;
	if (r->secret_ref == NULL || !secret_get(c->http->secrets, r->secret_ref, &secret))
		return err_set(err, ERR_NOT_FOUND, "the secret of this request is gone");
	c->body = http_body_with_secret(r->body, r->content_type, r->secret_marker, secret,
	    &c->body_n);
	if (c->body == NULL)
		return err_set(err, ERR_VALUE, "the secret cannot be written in this format");
	return true;
}

bool
http_send(struct http *http, struct arena *a, const struct request_http *request, http_fn done,
    void *ctx, struct err *err)
{
	struct call *c;

	if (!request_is_clean(request))
		return err_set(err, ERR_VALUE, "control characters in a request");
	if (request->door == HTTP_PANEL) {
		if (http->base == NULL)
			return err_set(err, ERR_UNSUPPORTED, "no panel is configured");
		if (request->path[0] != '/')
			return err_set(err, ERR_VALUE, "the path must begin with a slash");
	}
	c = arena_zalloc(a, sizeof(*c));
	c->http = http;
	c->arena = a;
	c->request = request;
	c->done = done;
	c->ctx = ctx;
	c->max_bytes = request->max_bytes > 0 ? request->max_bytes : DEFAULT_MAX_BYTES;
	if (request->door == HTTP_PUBLIC && !public_parts(c, err))
		return false;
	if (!put_secret(c, err))
		return false;
	calls_add(&http->waiting[request->door], c);
	start_waiting(http);
	return true;
}

/* --- the door ----------------------------------------------------------------------------------------- */

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

static bool
host_is_loopback(const char *host)
{
	struct text t = text_of(host);
	struct ip ip;

	if (t.n > 2 && t.p[0] == '[')
		t = text_head(text_skip(t, 1), t.n - 2);
	if (!ip_parse(t, &ip))
		return false;
	return ip.family == 4 ? ip.b[0] == 127 :
	    ip_eq(ip, (struct ip){ .family = 6, .b = { [15] = 1 } });
}

static bool
set_panel(struct http *http, const struct http_config *config, struct arena *a, struct err *err)
{
	CURLU *url = curl_url();
	const char *scheme = NULL, *host = NULL, *port = NULL;
	char *path = NULL;
	struct str s = str_in(a, 2048);
	size_t n;

	if (curl_url_set(url, CURLUPART_URL, config->panel_url, 0) == CURLUE_OK) {
		scheme = copy_part(a, url, CURLUPART_SCHEME, 0);
		host = copy_part(a, url, CURLUPART_HOST, 0);
		port = copy_part(a, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
		path = copy_part(a, url, CURLUPART_PATH, 0);
	}
	curl_url_cleanup(url);
	if (scheme == NULL || host == NULL || port == NULL || path == NULL)
		return err_set(err, ERR_VALUE, "panel.url is no URL");
	if (strcmp(scheme, "https") != 0 &&
	    !(strcmp(scheme, "http") == 0 && host_is_loopback(host)))
		return err_set(err, ERR_VALUE, "panel.url must begin with https://");
	for (n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	if (config->panel_tls_name != NULL && config->panel_tls_name[0] != '\0') {
		str_addf(&s, "%s:%s:%s:%s", config->panel_tls_name, port, host, port);
		http->connect_to = copy(s.p);
		host = config->panel_tls_name;
	}
	s = str_in(a, 2048);
	str_addf(&s, "%s://%s:%s%s", scheme, host, port, path);
	http->base = copy(s.p);
	return true;
}

static bool
set_pin(struct http *http, const char *pin, struct arena *a, struct err *err)
{
	struct str s = str_in(a, 256);
	struct text key;

	if (pin == NULL || pin[0] == '\0')
		return true;
	if (!base64_decode(a, text_of(pin), &key) || key.n != 32)
		return err_set(err, ERR_VALUE,
		    "panel.pin_sha256 must be the base64 of 32 bytes");
	str_addf(&s, "sha256//%s", pin);
	http->pin = copy(s.p);
	return true;
}

static bool
configure(struct http *http, const struct http_config *config, struct err *err)
{
	struct arena *a = arena_new();
	bool ok = true;

	if (config->panel_url != NULL && config->panel_url[0] != '\0')
		ok = set_panel(http, config, a, err) &&
		    set_pin(http, config->panel_pin_sha256, a, err);
	http->ca_file = copy(config->panel_ca_file);
	http->tls_ca_file = copy(config->tls_ca_file);
	if (config->panel_secret.n > 0) {
		http->secret = strndup(config->panel_secret.p, config->panel_secret.n);
		if (http->secret == NULL)
			abort();
		if (!is_clean(http->secret, true) ||
		    strlen(http->secret) != config->panel_secret.n)
			ok = err_set(err, ERR_VALUE,
			    "the panel's key holds control characters");
	}
	arena_free(a);
	return ok;
}

struct http *
http_new(struct loop *loop, struct lookups *lookups, const struct secrets *secrets,
    const struct http_config *config, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (http->multi = curl_multi_init()) == NULL)
		abort();
	http->loop = loop;
	http->lookups = lookups;
	http->secrets = secrets;
	http->allow_private = config->allow_private;
	http->limit[HTTP_PANEL] = config->panel_in_flight > 0 ? config->panel_in_flight : 4;
	http->limit[HTTP_PUBLIC] = PUBLIC_IN_FLIGHT;
	http->timer.fn = on_timer;
	http->timer.ctx = http;
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->limit[HTTP_PANEL]);
	if (!configure(http, config, err)) {
		http_free(http);
		return NULL;
	}
	return http;
}

void
http_free(struct http *http)
{
	struct call *c;
	int door;

	if (http == NULL)
		return;
	for (door = 0; door < 2; door++) {
		while ((c = http->waiting[door].first) != NULL) {
			calls_remove(&http->waiting[door], c);
			calls_add(&http->begun, c);
		}
	}
	while (http->begun.first != NULL)
		call_release(http->begun.first);
	curl_multi_cleanup(http->multi);
	loop_timer_clear(http->loop, &http->timer);
	if (http->secret != NULL)
		explicit_bzero(http->secret, strlen(http->secret));
	free(http->secret);
	free(http->base);
	free(http->connect_to);
	free(http->ca_file);
	free(http->pin);
	free(http->tls_ca_file);
	free(http);
	curl_global_cleanup();
}

uint64_t
http_sent(const struct http *http)
{
	return http->sent;
}
