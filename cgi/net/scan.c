#include "net/scan.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/clamd.h"
#include "net/gate.h"

#define TIMEOUT_MS	15000	/* a filter asks the DNS itself */
#define CLAMD_MS	5000	/* it only has to say who it is */
#define SCANS_MAX	4	/* at once: each keeps a filter's process busy */
#define REPLY_MAX	(256 * 1024)
#define HEAD_MAX	256

#define SPAMD_PORT	783
#define RSPAMD_PORT	11333
#define CLAMD_PORT	3310
#define RSPAMD_HOME	"/var/lib/rspamd"

struct place {
	bool			 there;		/* may be asked */
	bool			 usual;		/* nobody has configured it */
	struct sockaddr_storage	 to;
	socklen_t		 to_n;
};

struct scan {
	struct scans			*scans;
	struct pass			 pass;
	struct arena			*arena;
	const struct request_scan	*request;
	const struct place		*place;
	scan_fn				 done;
	void				*ctx;
	int				 fd;
	bool				 connected;
	struct timer			 timer;
	char				 head[HEAD_MAX];
	size_t				 head_n, sent;		/* of head and message together */
	char				*in;
	size_t				 in_n;
};

struct scans {
	struct loop	*loop;
	struct gate	 gate;
	struct place	 places[3];	/* by enum scan_service */
};

/* --- the end ------------------------------------------------------------------------------------------ */

static void
release(struct scan *s)
{
	if (s->fd != -1) {
		loop_unwatch(s->scans->loop, s->fd);
		close(s->fd);
	}
	loop_timer_clear(s->scans->loop, &s->timer);
	gate_leave(&s->pass);
}

static void
failed(struct scan *s, enum err_code code, const char *text)
{
	struct reply reply = { 0 };

	/* Where a filter might have been but is not, nothing has gone wrong. */
	if (s->place->usual && !s->connected && code == ERR_UNREACHABLE)
		code = ERR_UNSUPPORTED;
	err_set(&reply.err, code, "%s: %s", s->request->service == SCAN_CLAMD ? "clamd" : "spam filter", text);
	release(s);
	s->done(s->ctx, &reply);
}

static void
finish(struct scan *s)
{
	struct reply reply = { 0 };

	reply.u.scan = (struct text){ s->in, s->in_n };
	release(s);
	s->done(s->ctx, &reply);
}

static void
on_timeout(void *ctx)
{
	failed(ctx, ERR_TIMEOUT, "no answer in time");
}

/* --- talking ------------------------------------------------------------------------------------------- */

static void	on_event(void *ctx, int fd, unsigned events);

static void
on_readable(struct scan *s)
{
	ssize_t n;

	if (s->in_n == REPLY_MAX) {
		failed(s, ERR_LIMIT, "the answer is too long");
		return;
	}
	n = recv(s->fd, s->in + s->in_n, REPLY_MAX - s->in_n, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		failed(s, ERR_UNREACHABLE, strerror(errno));
	else if (n == 0)
		finish(s);
	else
		s->in_n += (size_t)n;
}

/* The head, then the message; spamd wants our side closed then, Rspamd has its length. */
static void
on_writable(struct scan *s)
{
	size_t whole = s->head_n + s->request->message.n;
	ssize_t n = 0;

	if (s->sent < s->head_n)
		n = send(s->fd, s->head + s->sent, s->head_n - s->sent, MSG_NOSIGNAL);
	else if (s->sent < whole)
		n = send(s->fd, s->request->message.p + (s->sent - s->head_n), whole - s->sent, MSG_NOSIGNAL);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		failed(s, ERR_UNREACHABLE, strerror(errno));
		return;
	}
	s->sent += (size_t)n;
	if (s->sent < whole)
		return;
	if (s->request->service == SCAN_SPAMD)
		shutdown(s->fd, SHUT_WR);
	loop_watch(s->scans->loop, s->fd, LOOP_READ, on_event, s);
}

static void
on_event(void *ctx, int fd, unsigned events)
{
	struct scan *s = ctx;
	int error = 0;
	socklen_t n = sizeof(error);

	(void)events;
	if (!s->connected) {
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == -1)
			error = errno;
		if (error != 0) {
			failed(s, ERR_UNREACHABLE, strerror(error));
			return;
		}
		s->connected = true;
	}
	if (s->sent < s->head_n + s->request->message.n)
		on_writable(s);
	else
		on_readable(s);
}

/* --- the beginning -------------------------------------------------------------------------------------- */

static void
on_start(void *ctx)
{
	struct scan *s = ctx;
	struct loop *loop = s->scans->loop;

	s->fd = socket(s->place->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd == -1 || (connect(s->fd, (const struct sockaddr *)&s->place->to, s->place->to_n) == -1 &&
	    errno != EINPROGRESS)) {
		failed(s, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_UNREACHABLE, strerror(errno));
		return;
	}
	s->timer.fn = on_timeout;
	s->timer.ctx = s;
	loop_timer_set(loop, &s->timer, loop_now_ms(loop) +
	    (s->request->service == SCAN_CLAMD ? CLAMD_MS : TIMEOUT_MS));
	loop_watch(loop, s->fd, LOOP_WRITE, on_event, s);
}

static void
make_head(struct scan *s)
{
	size_t n = s->request->message.n;
	int len;

	if (s->request->service == SCAN_CLAMD) {	/* 'z': ended by NUL, and so is the answer */
		len = snprintf(s->head, sizeof(s->head), "z%.32s", s->request->command);
		s->head_n = (size_t)len + 1;
		return;
	}
	if (s->request->service == SCAN_SPAMD)
		len = snprintf(s->head, sizeof(s->head), "%.16s SPAMC/1.5\r\nContent-length: %zu\r\n\r\n",
		    s->request->command == NULL ? "REPORT" : s->request->command, n);
	else
		len = snprintf(s->head, sizeof(s->head), "POST /checkv2 HTTP/1.0\r\nHost: localhost\r\n"
		    "Content-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", n);
	s->head_n = (size_t)len;
}

static void
place_socket(struct place *place, struct text path)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	memcpy(local.sun_path, path.p, path.n);
	memcpy(&place->to, &local, sizeof(local));
	place->to_n = sizeof(local);
	place->there = true;
}

/* It may have been installed since. */
static bool
find_socket(struct place *place)
{
	const char *path = clamd_socket();

	if (path != NULL)
		place_socket(place, text_of(path));
	return path != NULL;
}

bool
scan_message(struct scans *scans, struct arena *a, const struct request_scan *request, scan_fn done, void *ctx,
    struct err *err)
{
	struct place *place = &scans->places[request->service];
	struct scan *s;

	if (place->usual && request->service == SCAN_CLAMD && !find_socket(place))
		return err_set(err, ERR_UNSUPPORTED, "clamd is in none of the usual places");
	if (!place->there)
		return err_set(err, ERR_UNSUPPORTED, "there is no such filter");
	if (request->service == SCAN_CLAMD && (request->command == NULL || request->message.n > 0))
		return err_set(err, ERR_VALUE, "clamd is told a word and nothing else");
	if (request->message.n > SCAN_MESSAGE_MAX)
		return err_set(err, ERR_LIMIT, "the message is too large for a filter");
	s = arena_zalloc(a, sizeof(*s));
	*s = (struct scan){ .scans = scans, .arena = a, .request = request, .place = place, .done = done,
	    .ctx = ctx, .fd = -1 };
	s->in = arena_alloc(a, REPLY_MAX);
	make_head(s);
	gate_wait(&scans->gate, &s->pass, on_start, s);
	return true;
}

/* --- the door ------------------------------------------------------------------------------------------- */

static void
place_address(struct place *place, struct endpoint at)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(at.port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(at.port) };

	if (at.ip.family == 4) {
		memcpy(&v4.sin_addr, at.ip.b, 4);
		memcpy(&place->to, &v4, sizeof(v4));
		place->to_n = sizeof(v4);
	} else {
		memcpy(&v6.sin6_addr, at.ip.b, 16);
		memcpy(&place->to, &v6, sizeof(v6));
		place->to_n = sizeof(v6);
	}
	place->there = true;
}

static bool
find_place(struct place *place, const char *configured, uint16_t port, const char *home, struct err *err)
{
	struct text t = text_of(configured);
	struct endpoint at;
	char numeric[32];
	uint64_t given;

	place->usual = configured == NULL || configured[0] == '\0';
	if (place->usual) {
		at = (struct endpoint){ .port = port };
		ip_parse(TEXT("127.0.0.1"), &at.ip);
		if (home == NULL || access(home, F_OK) == 0)
			place_address(place, at);
		return true;
	}
	if (text_starts(t, "unix:"))
		t = text_skip(t, 5);
	if (t.n > 0 && t.p[0] == '/') {
		if (t.n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return err_set(err, ERR_VALUE, "the path of the spam filter's socket is too long");
		place_socket(place, t);
		return true;
	}
	if (text_istarts(t, "localhost") && (t.n == 9 || (t.p[9] == ':' && text_uint(text_skip(t, 10), 65535, &given)))) {
		snprintf(numeric, sizeof(numeric), "127.0.0.1:%u", t.n == 9 ? port : (unsigned)given);
		t = text_of(numeric);
	}
	if (!endpoint_parse(t, port, &at))
		return err_set(err, ERR_VALUE, "'%.200s' is no place of a spam filter: give ADDRESS:PORT or a socket's path",
		    configured);
	place_address(place, at);
	return true;
}

struct scans *
scans_new(struct loop *loop, const char *spamd, const char *rspamd, const char *clamd, struct err *err)
{
	struct scans *scans = calloc(1, sizeof(*scans));

	if (scans == NULL)
		abort();
	scans->loop = loop;
	gate_init(&scans->gate, loop, SCANS_MAX);
	if (!find_place(&scans->places[SCAN_SPAMD], spamd, SPAMD_PORT, NULL, err) ||
	    !find_place(&scans->places[SCAN_RSPAMD], rspamd, RSPAMD_PORT, RSPAMD_HOME, err) ||
	    !find_place(&scans->places[SCAN_CLAMD], clamd, CLAMD_PORT, "", err)) {
		free(scans);
		return NULL;
	}
	return scans;
}

void
scans_free(struct scans *scans)
{
	struct pass *pass;

	if (scans == NULL)
		return;
	while ((pass = gate_any(&scans->gate)) != NULL)
		release(pass->ctx);
	free(scans);
}
