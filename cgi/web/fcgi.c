#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "web/fcgi.h"

#define CONNECTIONS_MAX		512
#define LISTEN_MAX		8
#define WORKERS_MAX		64
#define PEEK_BYTES		(96 * 1024)
#define NURSERY_MS		8000	/* a request must be complete by then */
#define BODY_MS			8000	/* a large body, read by a worker */
#define DRAIN_MS		1000
#define FCGI_END_REQUEST	3
#define FCGI_STDOUT		6
#define RECORD_HEAD		8
#define RECORD_MAX		65528	/* a multiple of 8 */
#define IOV_AT_ONCE		64
#define RECEIVE_TIMEOUT_S	2
#define SEND_TIMEOUT_S		5
#define DISCARD_BYTES_MAX	((size_t)512 * 1024 * 1024)

struct connection {
	int		 fd;		/* -1 = free slot */
	struct peer	 peer;
	int64_t		 deadline_ms;
	bool		 in_nursery;
	struct connection *next_ready;
};

struct listener {
	int			 fd;
	enum socket_kind	 socket;
	const char		*path;		/* to unlink at the end, or NULL */
};

struct server {
	const struct fcgi_setup	*setup;
	struct listener		 listeners[LISTEN_MAX];
	size_t			 listener_count;

	int			 watch;		/* epoll of the nursery */
	int			 ready;		/* eventfd: one count for each connection in the list */
	int			 stop;		/* eventfd: workers end */
	int			 drain;		/* eventfd: the nursery ends, then `stop` */

	pthread_mutex_t		 lock;		/* of all that follows */
	struct connection	 connections[CONNECTIONS_MAX];
	struct connection	*ready_first, *ready_last;
};

static _Atomic uint64_t	accepted, answered, dropped, refused;
static int		signal_fd = -1;		/* written by the signal handler */

void
fcgi_counters(struct fcgi_counters *c)
{
	*c = (struct fcgi_counters){ accepted, answered, dropped, refused };
}

/* A request has forty of them and seventeen are looked for: most are told apart by one letter. */
static const char *
next_value(char *const **params, const char *name)
{
	size_t n = strlen(name);

	for (; **params != NULL; (*params)++)
		if (***params == name[0] && strncmp(**params, name, n) == 0 && (**params)[n] == '=')
			return *(*params)++ + n + 1;
	return NULL;
}

const char *
fcgi_param(const struct fcgi_request *r, const char *name)
{
	char *const *p = r->params;

	return next_value(&p, name);
}

const char *
fcgi_param_once(const struct fcgi_request *r, const char *name)
{
	char *const *p = r->params;
	const char *value = next_value(&p, name);

	return value != NULL && next_value(&p, name) != NULL ? "" : value;
}

static int64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- sockets ------------------------------------------------------------------------------------ */

static bool
socket_in_use(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool used = fd != -1 && connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;

	if (fd != -1)
		close(fd);
	return used;
}

static int
listen_unix(const char *path, enum socket_kind kind, struct err *err)
{
	/* Anybody may come to `user`: the kernel says who it is. */
	static const mode_t mode[] = { [SOCKET_PANEL] = 0660, [SOCKET_USER] = 0666, [SOCKET_ADMIN] = 0600 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t old;
	int fd, ok;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		err_set(err, ERR_VALUE, "%s: path of a socket is too long", path);
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode) || socket_in_use(&sa)) {
			err_set(err, ERR_BUSY, "%s: is in use", path);
			return -1;
		}
		unlink(path);
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1) {
		err_set(err, ERR_IO, "socket: %s", strerror(errno));
		return -1;
	}
	old = umask((mode_t)(0777 & ~mode[kind]));
	ok = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (ok == -1 || listen(fd, 511) == -1) {
		err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static int
listen_tcp(const char *address, struct err *err)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
	    .ai_socktype = SOCK_STREAM }, *found = NULL;
	const char *colon = strrchr(address, ':');
	char host[256];
	size_t n = (size_t)(colon - address);
	int fd = -1, on = 1;

	if (n > 1 && address[0] == '[' && colon[-1] == ']') {
		address++;
		n -= 2;
	}
	if (n == 9 && memcmp(address, "localhost", 9) == 0) {
		address = "127.0.0.1";
	}
	if (n >= sizeof(host)) {
		err_set(err, ERR_VALUE, "%s: not HOST:PORT", address);
		return -1;
	}
	memcpy(host, address, n);
	host[n] = '\0';
	if (getaddrinfo(n == 0 || strcmp(host, "*") == 0 ? NULL : host, colon + 1, &hints, &found) != 0) {
		err_set(err, ERR_VALUE, "%s: not an address and a port", host);
		return -1;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd == -1 || bind(fd, found->ai_addr, found->ai_addrlen) == -1 || listen(fd, 511) == -1) {
		err_set(err, ERR_IO, "%s:%s: %s", host, colon + 1, strerror(errno));
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static bool
add_listener(struct server *s, int fd, enum socket_kind kind, const char *path)
{
	if (s->listener_count == LISTEN_MAX)
		return false;
	s->listeners[s->listener_count++] = (struct listener){ fd, kind, path };
	return true;
}

static bool
kind_of_name(struct text name, enum socket_kind *ret)
{
	static const struct { const char *name; enum socket_kind kind; } rows[] = {
		{ "panel", SOCKET_PANEL }, { "user", SOCKET_USER }, { "admin", SOCKET_ADMIN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_is(name, rows[i].name)) {
			*ret = rows[i].kind;
			return true;
		}
	return false;
}

/* sd_listen_fds(3): descriptors from 3 on, names joined by colons. */
static bool
take_systemd(struct server *s, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	struct text rest = text_of(names), name;
	uint64_t id, n;

	if (pid == NULL || count == NULL || !text_uint(text_of(pid), UINT32_MAX, &id) ||
	    id != (uint64_t)getpid() || !text_uint(text_of(count), LISTEN_MAX, &n))
		return true;
	for (int fd = 3; fd < 3 + (int)n; fd++) {
		enum socket_kind kind = SOCKET_PANEL;
		int flags = fcntl(fd, F_GETFL);

		if (text_split(&rest, ':', &name) && !kind_of_name(name, &kind) && n > 1)
			return err_set(err, ERR_VALUE,
			    "FileDescriptorName of a socket is not panel, user or admin");
		if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
			return err_set(err, ERR_IO, "socket from systemd: %s", strerror(errno));
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		add_listener(s, fd, kind, NULL);
	}
	return true;
}

static bool
has_listener(const struct server *s, enum socket_kind kind)
{
	for (size_t i = 0; i < s->listener_count; i++)
		if (s->listeners[i].socket == kind)
			return true;
	return false;
}

static bool
open_listeners(struct server *s, struct err *err)
{
	if (!take_systemd(s, err))
		return false;
	for (size_t i = 0; i < s->setup->listen_count; i++) {
		const struct fcgi_listen *l = &s->setup->listen[i];
		bool tcp;
		int fd;

		if (l->address == NULL || l->address[0] == '\0' || has_listener(s, l->socket))
			continue;
		tcp = strchr(l->address, '/') == NULL && strchr(l->address, ':') != NULL;
		if (tcp && l->socket != SOCKET_PANEL)
			return err_set(err, ERR_VALUE,
			    "%s: only the panel socket may be a port (the others need the peer's uid)",
			    l->address);
		fd = tcp ? listen_tcp(l->address, err) : listen_unix(l->address, l->socket, err);
		if (fd == -1)
			return false;
		add_listener(s, fd, l->socket, tcp ? NULL : l->address);
		log_line(LOG_INFO, "web", "listening on %s", l->address);
	}
	if (s->listener_count == 0)
		return err_set(err, ERR_VALUE, "no socket to listen on");
	return true;
}

static void
close_listeners(struct server *s)
{
	for (size_t i = 0; i < s->listener_count; i++) {
		if (s->listeners[i].path != NULL)
			unlink(s->listeners[i].path);
		close(s->listeners[i].fd);
	}
}

/* --- connections -------------------------------------------------------------------------------- */

static void
release(struct server *s, struct connection *c)
{
	pthread_mutex_lock(&s->lock);
	c->fd = -1;
	pthread_mutex_unlock(&s->lock);
}

static void
drop(struct server *s, struct connection *c)
{
	close(c->fd);
	release(s, c);
	dropped++;
}

/* A slot, unless this peer has its share already. */
static struct connection *
admit(struct server *s, int fd, const struct peer *peer)
{
	struct connection *slot = NULL;
	unsigned same = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];

		if (c->fd == -1) {
			if (slot == NULL)
				slot = c;
		} else if (peer->socket == SOCKET_USER && c->peer.socket == SOCKET_USER &&
		    c->peer.uid == peer->uid)
			same++;
	}
	if (slot != NULL && (peer->socket != SOCKET_USER || same < s->setup->per_peer_max))
		*slot = (struct connection){ .fd = fd, .peer = *peer,
		    .deadline_ms = monotonic_ms() + NURSERY_MS };
	else
		slot = NULL;
	pthread_mutex_unlock(&s->lock);
	return slot;
}

static enum fcgi_progress
look(const struct connection *c, uint8_t *peek)
{
	ssize_t n = recv(c->fd, peek, PEEK_BYTES, MSG_PEEK | MSG_DONTWAIT);

	if (n > 0)
		return fcgi_progress(peek, (size_t)n, PEEK_BYTES);
	return n == -1 && (errno == EAGAIN || errno == EINTR) ? FCGI_INCOMPLETE : FCGI_BROKEN;
}

static void
to_nursery(struct server *s, struct connection *c)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = c };
	bool ok;

	pthread_mutex_lock(&s->lock);	/* or the sweep could see half of it */
	ok = epoll_ctl(s->watch, EPOLL_CTL_ADD, c->fd, &ev) == 0;
	c->in_nursery = ok;
	pthread_mutex_unlock(&s->lock);
	if (!ok)
		drop(s, c);
}

/* --- one request -------------------------------------------------------------------------------- */

/*
 * The body, one fill of fcgi2's buffer at a time, so that the deadline is seen
 * between any two reads.  Over the limit the rest is read and thrown away: a
 * web server whose writing fails would show its own error in place of ours.
 */
static bool
read_body(FCGX_Request *r, struct arena *a, struct text *ret, bool *too_big)
{
	struct str body = str_in(a, FCGI_BODY_MAX);
	int64_t deadline = monotonic_ms() + BODY_MS;
	size_t total = 0;
	int c;

	while ((c = FCGX_GetChar(r->in)) != -1) {
		size_t n = (size_t)(r->in->stop - r->in->rdNext);

		str_addc(&body, (char)c);
		str_addt(&body, (struct text){ (const char *)r->in->rdNext, n });
		r->in->rdNext += n;
		total += n + 1;
		if (total > DISCARD_BYTES_MAX || monotonic_ms() > deadline)
			return false;
	}
	*ret = str_text(&body);
	*too_big = !str_ok(&body);
	return FCGX_GetError(r->in) == 0;
}

static void
record_head(unsigned char head[RECORD_HEAD], int type, int request, size_t length)
{
	const unsigned char bytes[RECORD_HEAD] = { 1, (unsigned char)type, (unsigned char)(request >> 8),
	    (unsigned char)request, (unsigned char)(length >> 8), (unsigned char)length, 0, 0 };

	memcpy(head, bytes, RECORD_HEAD);
}

static bool
write_all(int fd, struct iovec *iov, int count)
{
	while (count > 0) {
		ssize_t n = writev(fd, iov, count > IOV_AT_ONCE ? IOV_AT_ONCE : count);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;		/* gone, or too slow: SO_SNDTIMEO */
		while (count > 0 && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count > 0) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return true;
}

/*
 * The answer as records, in one write: fcgi2's stream would take one for each
 * 8 KiB.  STDOUT, its end, END_REQUEST.
 */
static bool
send_answer(const FCGX_Request *r, struct arena *a, const struct fcgi_answer *reply)
{
	static const unsigned char complete[8] = { 0 };		/* status 0, FCGI_REQUEST_COMPLETE */
	const struct text parts[] = { reply->head, reply->body };
	size_t records = 4 + reply->head.n / RECORD_MAX + reply->body.n / RECORD_MAX;
	unsigned char (*heads)[RECORD_HEAD] = arena_alloc(a, records * RECORD_HEAD);
	struct iovec *iov = arena_array(a, 2 * records + 1, sizeof(*iov));
	size_t used = 0;
	int count = 0;

	for (size_t i = 0; i < 2; i++)
		for (size_t at = 0; at < parts[i].n; at += RECORD_MAX) {
			struct text piece = text_head(text_skip(parts[i], at), RECORD_MAX);

			record_head(heads[used], FCGI_STDOUT, r->requestId, piece.n);
			iov[count++] = (struct iovec){ heads[used++], RECORD_HEAD };
			iov[count++] = (struct iovec){ (void *)(uintptr_t)piece.p, piece.n };
		}
	record_head(heads[used], FCGI_STDOUT, r->requestId, 0);
	iov[count++] = (struct iovec){ heads[used++], RECORD_HEAD };
	record_head(heads[used], FCGI_END_REQUEST, r->requestId, sizeof(complete));
	iov[count++] = (struct iovec){ heads[used++], RECORD_HEAD };
	iov[count++] = (struct iovec){ (void *)(uintptr_t)complete, sizeof(complete) };
	return write_all(r->ipcFd, iov, count);
}

static void
answer(struct server *s, FCGX_Request *r, const struct connection *c)
{
	struct arena *a = arena_new();
	struct fcgi_request request = { .peer = &c->peer, .params = r->envp };
	struct fcgi_answer reply = { 0 };

	if (read_body(r, a, &request.body, &request.too_big)) {
		s->setup->handle(s->setup->ctx, a, &request, &reply);
		if (send_answer(r, a, &reply))
			answered++;
		else
			dropped++;
	} else
		dropped++;
	arena_free(a);
}

static void
serve(struct server *s, struct connection *c)
{
	struct timeval receive = { .tv_sec = RECEIVE_TIMEOUT_S }, send_ = { .tv_sec = SEND_TIMEOUT_S };
	FCGX_Request r;

	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &send_, sizeof(send_));
	FCGX_InitRequest(&r, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	r.ipcFd = c->fd;
	r.keepConnection = 1;		/* so that FCGX_Accept_r keeps our descriptor */
	if (FCGX_Accept_r(&r) != 0) {	/* it has closed the descriptor */
		dropped++;
		release(s, c);
		return;
	}
	answer(s, &r, c);
	FCGX_Free(&r, 0);		/* closing is ours: fcgi2 would wait 2 s for the peer */
	close(c->fd);
	release(s, c);
}

/* --- threads ------------------------------------------------------------------------------------ */

static bool
watch_fd(int ep, int fd, uint32_t events, void *ptr)
{
	struct epoll_event ev = { .events = events, .data.ptr = ptr };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0;
}

/* false = nobody is there. */
static bool
accept_one(struct server *s, const struct listener *l, uint8_t *peek)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	struct peer peer = { .socket = l->socket };
	struct ucred cred;
	socklen_t size = sizeof(cred);
	struct connection *c;

	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			poll(NULL, 0, 50);	/* others must end first: do not spin */
		return false;
	}
	accepted++;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 && cred.pid != 0) {
		peer.has_uid = true;
		peer.uid = cred.uid;
	}
	if ((c = admit(s, fd, &peer)) == NULL) {
		refused++;
		close(fd);
		return true;
	}
	switch (look(c, peek)) {
	case FCGI_READY:
		serve(s, c);
		break;
	case FCGI_INCOMPLETE:
		to_nursery(s, c);
		break;
	case FCGI_BROKEN:
		drop(s, c);
		break;
	}
	return true;
}

static bool
serve_ready(struct server *s)
{
	struct connection *c;
	uint64_t one;

	if (read(s->ready, &one, sizeof(one)) != sizeof(one))
		return false;		/* another worker was faster */
	pthread_mutex_lock(&s->lock);
	c = s->ready_first;
	s->ready_first = c->next_ready;
	if (s->ready_first == NULL)
		s->ready_last = NULL;
	pthread_mutex_unlock(&s->lock);
	serve(s, c);
	return true;
}

/*
 * Each worker waits in an epoll of its own: with EPOLLEXCLUSIVE a connection
 * wakes one of them and not all.
 */
static int
worker_epoll(struct server *s)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	bool ok = ep != -1 && watch_fd(ep, s->stop, EPOLLIN, &s->stop) &&
	    watch_fd(ep, s->ready, EPOLLIN | EPOLLEXCLUSIVE, &s->ready);

	for (size_t i = 0; ok && i < s->listener_count; i++)
		ok = watch_fd(ep, s->listeners[i].fd, EPOLLIN | EPOLLEXCLUSIVE, &s->listeners[i]);
	if (!ok) {
		log_line(LOG_ERROR, "web", "epoll: %s", strerror(errno));
		abort();
	}
	return ep;
}

static void *
worker(void *arg)
{
	struct server *s = arg;
	uint8_t *peek = malloc(PEEK_BYTES);
	int ep = worker_epoll(s);
	bool stop = false;

	if (peek == NULL)
		abort();
	while (!stop) {
		struct epoll_event ev;
		int n = epoll_wait(ep, &ev, 1, -1);

		if (n != 1)
			continue;
		if (ev.data.ptr == &s->stop)
			stop = true;
		else if (ev.data.ptr == &s->ready)
			serve_ready(s);
		else
			accept_one(s, ev.data.ptr, peek);
	}
	/* Drain: whoever has come by now is still answered. */
	while (serve_ready(s))
		;
	for (size_t i = 0; i < s->listener_count; i++)
		while (accept_one(s, &s->listeners[i], peek))
			;
	close(ep);
	free(peek);
	return NULL;
}

static void
make_ready(struct server *s, struct connection *c)
{
	uint64_t one = 1;

	epoll_ctl(s->watch, EPOLL_CTL_DEL, c->fd, NULL);
	pthread_mutex_lock(&s->lock);
	c->in_nursery = false;
	c->next_ready = NULL;
	if (s->ready_last == NULL)
		s->ready_first = c;
	else
		s->ready_last->next_ready = c;
	s->ready_last = c;
	pthread_mutex_unlock(&s->lock);
	if (write(s->ready, &one, sizeof(one)) != sizeof(one))
		log_line(LOG_ERROR, "web", "eventfd: %s", strerror(errno));
}

/* Drop who is over the deadline; returns how many are left. */
static size_t
sweep(struct server *s, int64_t latest_ms)
{
	int64_t now = monotonic_ms();
	size_t left = 0;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];
		bool late, here;

		pthread_mutex_lock(&s->lock);
		here = c->fd != -1 && c->in_nursery;
		late = here && (now >= c->deadline_ms || now >= latest_ms);
		pthread_mutex_unlock(&s->lock);
		if (late)
			drop(s, c);
		else if (here)
			left++;
	}
	return left;
}

static void *
nursery(void *arg)
{
	struct server *s = arg;
	uint8_t *peek = malloc(PEEK_BYTES);
	int64_t latest_ms = INT64_MAX, next_sweep_ms = 0;
	uint64_t one = 1;
	size_t left = 0;

	if (peek == NULL)
		abort();
	for (;;) {
		struct epoll_event ev[32];
		int n = epoll_wait(s->watch, ev, 32, 250);

		for (int i = 0; i < n; i++) {
			struct connection *c = ev[i].data.ptr;

			if (ev[i].data.ptr == &s->drain) {
				latest_ms = monotonic_ms() + DRAIN_MS;
				epoll_ctl(s->watch, EPOLL_CTL_DEL, s->drain, NULL);
				continue;
			}
			switch (look(c, peek)) {
			case FCGI_READY:
				make_ready(s, c);
				break;
			case FCGI_BROKEN:
				drop(s, c);
				break;
			case FCGI_INCOMPLETE:
				break;
			}
		}
		if (monotonic_ms() >= next_sweep_ms) {
			left = sweep(s, latest_ms);
			next_sweep_ms = monotonic_ms() + 200;
		}
		if (latest_ms != INT64_MAX && left == 0)
			break;
	}
	free(peek);
	if (write(s->stop, &one, sizeof(one)) != sizeof(one))
		abort();
	return NULL;
}

static void
on_signal(int sig)
{
	unsigned char c = (unsigned char)sig;
	int saved = errno;

	if (write(signal_fd, &c, 1) != 1)
		return;
	errno = saved;
}

static void
wait_for_signals(struct server *s, int fd)
{
	uint64_t one = 1;
	unsigned char sig;

	for (;;) {
		ssize_t n = read(fd, &sig, 1);

		if (n != 1)
			continue;
		if (sig != SIGHUP)
			break;
		log_line(LOG_INFO, "web", "reloading");
		if (s->setup->reload != NULL)
			s->setup->reload(s->setup->ctx);
	}
	log_line(LOG_INFO, "web", "stopping");
	if (write(s->drain, &one, sizeof(one)) != sizeof(one))
		abort();
}

static bool
set_up(struct server *s, int signals[2], struct err *err)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	bool ok;

	if (FCGX_Init() != 0)
		return err_set(err, ERR_IO, "fcgi2 cannot start");
	s->watch = epoll_create1(EPOLL_CLOEXEC);
	s->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->drain = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ok = s->watch != -1 && s->ready != -1 && s->stop != -1 && s->drain != -1 &&
	    pipe2(signals, O_CLOEXEC) == 0 &&
	    watch_fd(s->watch, s->drain, EPOLLIN, &s->drain);
	if (!ok)
		return err_set(err, ERR_IO, "epoll: %s", strerror(errno));
	/* After FCGX_Init, which catches SIGTERM for itself. */
	signal_fd = signals[1];
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	return true;
}

bool
fcgi_serve(const struct fcgi_setup *setup, struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	pthread_t threads[WORKERS_MAX], nursery_thread;
	unsigned count = setup->workers == 0 ? 8 : setup->workers, started = 0;
	int signals[2] = { -1, -1 };
	pthread_attr_t attr;
	bool ok;

	if (s == NULL)
		abort();
	s->setup = setup;
	s->watch = s->ready = s->stop = s->drain = -1;
	pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		s->connections[i].fd = -1;
	ok = open_listeners(s, err) && set_up(s, signals, err);
	if (ok) {
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 1024 * 1024);
		ok = pthread_create(&nursery_thread, &attr, nursery, s) == 0;
		while (ok && started < count && started < WORKERS_MAX &&
		    pthread_create(&threads[started], &attr, worker, s) == 0)
			started++;
		pthread_attr_destroy(&attr);
		if (!ok || started == 0)
			ok = err_set(err, ERR_IO, "threads cannot be started");
		else {
			wait_for_signals(s, signals[0]);
			pthread_join(nursery_thread, NULL);
			for (unsigned i = 0; i < started; i++)
				pthread_join(threads[i], NULL);
		}
	}
	close_listeners(s);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (s->connections[i].fd != -1)
			close(s->connections[i].fd);
	close(s->watch);
	close(s->ready);
	close(s->stop);
	close(s->drain);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return ok;
}
