#include "net/http.h"
#include "net/gate.h"
#include "net/http_body.h"
#include "net/http_easy.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEFAULT_TIMEOUT_MS	30000
#define DEFAULT_MAX_BYTES	(16UL * 1024 * 1024)
#define PATH_MAX_BYTES		6000
#define ATTEMPTS		3		/* of a read */
#define PAUSE_MS		300		/* before the second; doubles */
#define PANEL_IN_FLIGHT		8
#define PUBLIC_IN_FLIGHT	16
#define DOWN_AFTER		3		/* calls in a row that got no answer */
#define DOWN_MS			200		/* one call in so many, until there is one */
#define ADDRESSES_MAX		16

struct call {
	struct http			*http;
	struct pass			 pass;
	struct arena			*arena;
	const struct request_http	*request;
	http_fn				 done;
	void				*ctx;

	struct http_easy		 easy;		/* of the running attempt */
	char				*body;		/* own copy with a secret in it */
	size_t				 body_n;
	char				*got;
	size_t				 got_n, got_size, max_bytes;
	uint64_t			 deadline_ms;
	unsigned			 attempt;
	struct timer			 timer;		/* pause before the next attempt */
	bool				 too_big, denied, sent;

	/* Public: the name's addresses are looked up first. */
	struct http_url			 url;
	unsigned			 lookups_open;
	struct ip			 addresses[ADDRESSES_MAX];
	size_t				 address_count;
	bool				 refused_private, lookup_failed;
};

struct http {
	struct loop		*loop;
	struct lookups		*lookups;
	const struct secrets	*secrets;
	CURLM			*multi;
	struct timer		 timer;
	struct gate		 gates[2];	/* by door */
	uint64_t		 sent;
	bool			 allow_private;
	unsigned		 unanswered;	/* panel calls in a row */
	uint64_t		 probe_ms;	/* when the next one may be tried */
	struct http_site	 site;
};

/* --- the end of a call ----------------------------------------------------------------------- */

static void
attempt_end(struct call *c)
{
	if (c->easy.curl == NULL)
		return;
	curl_multi_remove_handle(c->http->multi, c->easy.curl);
	http_easy_clear(&c->easy);
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
	gate_leave(&c->pass);
}

/*
 * A panel that is down gets few calls, and those who ask learn it at once
 * instead of waiting in a queue of time-outs; when it comes back, they do not all come
 * together.
 */
static bool
panel_is_down(struct http *http)
{
	uint64_t now_ms = loop_now_ms(http->loop);

	if (http->unanswered < DOWN_AFTER)
		return false;
	if (now_ms < http->probe_ms)
		return true;
	http->probe_ms = now_ms + DOWN_MS;
	return false;
}

static void
panel_learn(struct http *http, enum err_code code)
{
	if (code == ERR_TIMEOUT || code == ERR_UNREACHABLE)
		http->unanswered++;
	else
		http->unanswered = 0;
}

static void
call_done(struct call *c, struct reply *reply)
{
	struct http *http = c->http;

	if (c->request->door == HTTP_PANEL && c->attempt > 0)
		panel_learn(http, reply->err.code);
	reply->maybe_done = reply->err.code != ERR_NONE && c->request->write && c->sent;
	call_release(c);
	c->done(c->ctx, reply);
}

static void
call_failed(struct call *c, enum err_code code, const char *text)
{
	struct reply reply = { 0 };

	err_set(&reply.err, code, "%s", text);
	call_done(c, &reply);
}

/* --- what curl calls ------------------------------------------------------------------------- */

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

/* --- results --------------------------------------------------------------------------------- */

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

	curl_easy_getinfo(c->easy.curl, CURLINFO_REQUEST_SIZE, &bytes);
	c->sent = c->sent || bytes > 0;
	if (result != CURLE_OK) {
		code = code_of(c, result);
		if (code == ERR_UNREACHABLE && again(c))
			return;
		call_failed(c, code, c->easy.error[0] != '\0' ? c->easy.error :
		    curl_easy_strerror(result));
		return;
	}
	curl_easy_getinfo(c->easy.curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy.curl, CURLINFO_CONTENT_TYPE, &type);
	if ((status == 429 || status >= 500) && again(c))
		return;
	reply.u.http.status = (int)status;
	reply.u.http.content_type = type == NULL ? "" : arena_strdup(c->arena, type);
	/* Grown by doubling, and kept for as long as the answer is. */
	body = c->got == NULL ? arena_strdup(c->arena, "") : realloc(c->got, c->got_n + 1);
	if (body == NULL)
		body = c->got;
	body[c->got_n] = '\0';
	reply.u.http.body = (struct text){ body, c->got_n };
	if (c->got != NULL)
		arena_defer(c->arena, free, body);
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

/* --- an attempt ------------------------------------------------------------------------------ */

static void
attempt_begin(struct call *c)
{
	struct http *http = c->http;
	uint64_t now_ms = loop_now_ms(http->loop);
	struct http_attempt attempt = {
		.request = c->request, .body = c->body != NULL ?
		    (struct text){ c->body, c->body_n } : c->request->body,
		.public = &c->url, .addresses = c->addresses, .address_count = c->address_count,
		.max_bytes = c->max_bytes, .ctx = c, .on_body = on_body, .on_open = on_open,
	};

	if (now_ms >= c->deadline_ms) {
		call_failed(c, ERR_TIMEOUT, "no time left");
		return;
	}
	attempt.left_ms = (uint32_t)(c->deadline_ms - now_ms);
	http_easy_make(&c->easy, c->arena, &http->site, &attempt);
	c->attempt++;
	http->sent++;
	if (curl_multi_add_handle(http->multi, c->easy.curl) != CURLM_OK)
		abort();
}

/* --- beginning ------------------------------------------------------------------------------- */

static void
public_begin(struct call *c)
{
	if (c->address_count > 0)
		attempt_begin(c);
	else if (c->refused_private)
		call_failed(c, ERR_DENIED, "the name leads to a private address");
	else if (c->lookup_failed)
		call_failed(c, ERR_TIMEOUT, "the name could not be looked up");
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
		if (panel_is_down(c->http))
			call_failed(c, ERR_UNREACHABLE, "the panel has not answered lately");
		else
			attempt_begin(c);
		return;
	}
	if (ip_parse(text_of(c->url.host), &ip)) {
		address_add(c, ip);
		public_begin(c);
		return;
	}
	if (!name_parse(c->arena, text_of(c->url.host), &question.name)) {
		call_failed(c, ERR_VALUE, "no host name");
		return;
	}
	c->lookups_open = 2;
	question.type = RR_A;
	lookup(c->http->lookups, c->arena, &question, on_address, c);
	question.type = RR_AAAA;
	lookup(c->http->lookups, c->arena, &question, on_address, c);
}

/* A header or a path from outside could otherwise begin a header of its own. */
static bool
request_is_clean(const struct request_http *r)
{
	size_t i;

	for (i = 0; i < r->header_count; i++) {
		if (!http_is_clean(r->headers[i].name, false) || !http_is_clean(r->headers[i].value, true))
			return false;
	}
	return http_is_clean(r->method, false) && http_is_clean(r->path, false) &&
	    strlen(r->path) < PATH_MAX_BYTES &&
	    (r->content_type == NULL || http_is_clean(r->content_type, true));
}

static bool
put_secret(struct call *c, struct err *err)
{
	const struct request_http *r = c->request;
	char random[SECRET_RANDOM_MAX];
	struct text secret;

	if (r->secret_marker == NULL)
		return true;
	if (r->secret_ref != NULL && strcmp(r->secret_ref, REQUEST_SECRET_RANDOM) == 0)
		secret = secret_random(random);
	else if (r->secret_ref == NULL || !secret_get(c->http->secrets, r->secret_ref, &secret))
		return err_set(err, ERR_NOT_FOUND, "the secret of this request is gone");
	c->body = http_body_with_secret(r->body, r->content_type, r->secret_marker, secret,
	    &c->body_n);
	explicit_bzero(random, sizeof(random));
	if (c->body == NULL)
		return err_set(err, ERR_VALUE, "the secret cannot be written in this format");
	return true;
}

/* Late, because it takes milliseconds that most commands need not spend. */
static void
start_curl(struct http *http)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (http->multi = curl_multi_init()) == NULL)
		abort();
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->gates[HTTP_PANEL].limit);
}

bool
http_send(struct http *http, struct arena *a, const struct request_http *request, http_fn done,
    void *ctx, struct err *err)
{
	struct call *c;

	if (!request_is_clean(request))
		return err_set(err, ERR_VALUE, "control characters in a request");
	if (request->door == HTTP_PANEL) {
		if (http->site.base == NULL)
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
	if (request->door == HTTP_PUBLIC && (!http_url_parse(a, request->path, &c->url) ||
	    strcmp(c->url.scheme, "https") != 0))
		return err_set(err, ERR_VALUE, "not an https URL");
	if (!put_secret(c, err))
		return false;
	if (http->multi == NULL)
		start_curl(http);
	gate_wait(&http->gates[request->door], &c->pass, call_begin, c);
	return true;
}

/* --- the door -------------------------------------------------------------------------------- */

struct http *
http_new(struct loop *loop, struct lookups *lookups, const struct secrets *secrets,
    const struct http_config *config, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		abort();
	http->loop = loop;
	http->lookups = lookups;
	http->secrets = secrets;
	http->allow_private = config->allow_private;
	gate_init(&http->gates[HTTP_PANEL], loop,
	    config->panel_in_flight > 0 ? config->panel_in_flight : PANEL_IN_FLIGHT);
	gate_init(&http->gates[HTTP_PUBLIC], loop, PUBLIC_IN_FLIGHT);
	http->timer.fn = on_timer;
	http->timer.ctx = http;
	if (!http_site_make(config, &http->site, err)) {
		free(http);
		return NULL;
	}
	return http;
}

void
http_free(struct http *http)
{
	struct pass *pass;
	int door;

	if (http == NULL)
		return;
	for (door = 0; door < 2; door++) {
		while ((pass = gate_any(&http->gates[door])) != NULL)
			call_release(pass->ctx);
	}
	if (http->multi != NULL) {
		curl_multi_cleanup(http->multi);
		curl_global_cleanup();
	}
	loop_timer_clear(http->loop, &http->timer);
	http_site_clear(&http->site);
	free(http);
}

uint64_t
http_sent(const struct http *http)
{
	return http->sent;
}
