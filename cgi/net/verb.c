#include "net/verb.h"
#include "net/gate.h"
#include "net/log_file.h"
#include "net/verb_wire.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_MS	60000	/* a big queue takes its time */
#define CALLS_MAX	8	/* at once */
#define SECRET_MAX	4096

struct verb {
	struct verbs		*verbs;
	struct pass		 pass;
	struct arena		*arena;
	const struct request_verb *request;
	verb_fn			 done;
	void			*ctx;
	bool			 write, sent;
	int			 fd;
	struct timer		 timer;
	char			*out;		/* malloc'ed and wiped: may hold a secret */
	size_t			 out_n, out_sent;
	char			*in;
	size_t			 in_n, in_size;
};

struct verbs {
	struct loop		*loop;
	const struct secrets	*secrets;
	char			*path;
	char			*mail_log;
	struct gate		 gate;
	uint64_t		 sent;
};

/* --- the end --------------------------------------------------------------------------------- */

static void
release(struct verb *v)
{
	struct verbs *verbs = v->verbs;

	if (v->fd != -1) {
		loop_unwatch(verbs->loop, v->fd);
		close(v->fd);
	}
	loop_timer_clear(verbs->loop, &v->timer);
	explicit_bzero(v->out, v->out_n);
	free(v->out);
	free(v->in);
	gate_leave(&v->pass);
}

static void
finish(struct verb *v, struct reply *reply)
{
	release(v);
	v->done(v->ctx, reply);
}

static void
failed(struct verb *v, enum err_code code, const char *text)
{
	struct reply reply = { 0 };

	err_set(&reply.err, code, "helper: %s", text);
	reply.maybe_done = v->write && v->sent;
	finish(v, &reply);
}

static void
on_timeout(void *ctx)
{
	failed(ctx, ERR_TIMEOUT, "no reply in time");
}

static void
on_whole_reply(struct verb *v, size_t n)
{
	struct reply reply = { 0 };
	struct verb_reply r;
	struct err err;

	if (!verb_reply_read(v->arena, (struct text){ v->in, n }, &r, &err)) {
		failed(v, ERR_PROTOCOL, err.text);
		return;
	}
	reply.err = r.error;
	/* Killed while it ran; every other error means that nothing was run. */
	reply.maybe_done = v->write && r.error.code == ERR_TIMEOUT;
	reply.u.verb.status = r.status;
	reply.u.verb.out = r.out;
	reply.u.verb.err = r.err;
	finish(v, &reply);
}

/* --- talking --------------------------------------------------------------------------------- */

static void
on_readable(struct verb *v)
{
	char *end;
	ssize_t n;

	if (v->in_size - v->in_n < 4096) {
		if (v->in_size >= VERB_REPLY_MAX) {
			failed(v, ERR_LIMIT, "the reply is too long");
			return;
		}
		v->in_size = v->in_size == 0 ? 16384 : v->in_size * 2;
		v->in = realloc(v->in, v->in_size);
		if (v->in == NULL)
			abort();
	}
	n = recv(v->fd, v->in + v->in_n, v->in_size - v->in_n, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		failed(v, ERR_UNREACHABLE, n == 0 ? "the connection was closed" :
		    strerror(errno));
		return;
	}
	end = memchr(v->in + v->in_n, '\n', (size_t)n);
	v->in_n += (size_t)n;
	if (end != NULL)
		on_whole_reply(v, (size_t)(end - v->in));
}

static void	on_event(void *ctx, int fd, unsigned events);

static void
on_writable(struct verb *v)
{
	ssize_t n = send(v->fd, v->out + v->out_sent, v->out_n - v->out_sent, MSG_NOSIGNAL);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		failed(v, ERR_UNREACHABLE, strerror(errno));
		return;
	}
	v->out_sent += (size_t)n;
	if (v->out_sent == v->out_n) {
		v->sent = true;		/* without its LF it was no request */
		loop_watch(v->verbs->loop, v->fd, LOOP_READ, on_event, v);
	}
}

static void
on_event(void *ctx, int fd, unsigned events)
{
	struct verb *v = ctx;

	(void)fd;
	(void)events;
	if (v->sent)
		on_readable(v);
	else
		on_writable(v);
}

/* --- the beginning --------------------------------------------------------------------------- */

static void
on_start(void *ctx)
{
	struct verb *v = ctx;
	struct verbs *verbs = v->verbs;
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	verbs->sent++;
	memcpy(to.sun_path, verbs->path, strlen(verbs->path));
	v->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* A unix socket connects at once, or its backlog is full (EAGAIN). */
	if (v->fd == -1 || connect(v->fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		failed(v, errno == EAGAIN ? ERR_BUSY : ERR_UNREACHABLE, strerror(errno));
		return;
	}
	v->timer.fn = on_timeout;
	v->timer.ctx = v;
	loop_timer_set(verbs->loop, &v->timer, loop_now_ms(verbs->loop) +
	    (v->request->timeout_ms == 0 ? TIMEOUT_MS : v->request->timeout_ms));
	loop_watch(verbs->loop, v->fd, LOOP_WRITE, on_event, v);
}

/*
 * The line with a secret as its input: put in here, behind the rest, so that
 * no copy of it is left in an arena.
 */
static void
add_secret(struct verb *v, struct text line, struct text secret)
{
	static const char before[] = ",\"input\":\"", after[] = "\"}\n";
	size_t n = line.n - 2;			/* without }LF */
	char *p = malloc(n + sizeof(before) + sizeof(after) + (secret.n + 2) / 3 * 4 + 1);

	if (p == NULL)
		abort();
	v->out = p;
	memcpy(p, line.p, n);
	p += n;
	memcpy(p, before, sizeof(before) - 1);
	p += sizeof(before) - 1;
	p += EVP_EncodeBlock((unsigned char *)p, (const unsigned char *)secret.p, (int)secret.n);
	memcpy(p, after, sizeof(after) - 1);
	v->out_n = (size_t)(p - v->out) + sizeof(after) - 1;
}

static bool
make_line(struct verb *v, const struct request_verb *request, struct err *err)
{
	struct arena *a = arena_new();
	struct text line, secret;
	bool ok;

	if (request->secret_ref != NULL && request->input.n > 0)
		ok = err_set(err, ERR_VALUE, "input and a secret");
	else if (request->secret_ref != NULL &&
	    (!secret_get(v->verbs->secrets, request->secret_ref, &secret) ||
	    secret.n > SECRET_MAX))
		ok = err_set(err, ERR_NOT_FOUND, "the secret of this request is gone");
	else
		ok = verb_request_write(a, request, &line, err);
	if (ok && request->secret_ref != NULL)
		add_secret(v, line, secret);
	else if (ok) {
		v->out = malloc(line.n);
		if (v->out == NULL)
			abort();
		memcpy(v->out, line.p, line.n);
		v->out_n = line.n;
	}
	arena_free(a);
	return ok;
}

/* --- the log that we may read --------------------------------------------------------------------- */

static void
on_log(void *ctx)
{
	struct verb *v = ctx;
	struct reply reply;

	if (log_file_read(v->arena, v->verbs->mail_log, v->request, loop_now(v->verbs->loop), &reply) ||
	    v->verbs->path == NULL)
		finish(v, &reply);
	else
		on_start(v);
}

bool
verb_call(struct verbs *verbs, struct arena *a, const struct request_verb *request, verb_fn done,
    void *ctx, struct err *err)
{
	bool log = verbs->mail_log != NULL && strcmp(request->verb, "mail-log-read") == 0;
	struct verb *v;

	if (verbs->path == NULL && !log)
		return err_set(err, ERR_UNSUPPORTED, "no helper is configured");
	v = arena_zalloc(a, sizeof(*v));
	v->verbs = verbs;
	v->arena = a;
	v->request = request;
	v->done = done;
	v->ctx = ctx;
	v->write = request->write;
	v->fd = -1;
	if (!make_line(v, request, err))
		return false;
	gate_wait(&verbs->gate, &v->pass, log ? on_log : on_start, v);
	return true;
}

/* --- the door -------------------------------------------------------------------------------- */

struct verbs *
verbs_new(struct loop *loop, const struct secrets *secrets, const char *socket_path, const char *mail_log)
{
	struct verbs *verbs = calloc(1, sizeof(*verbs));
	struct sockaddr_un to;

	if (verbs == NULL)
		abort();
	verbs->loop = loop;
	gate_init(&verbs->gate, loop, CALLS_MAX);
	verbs->secrets = secrets;
	if (socket_path != NULL && socket_path[0] != '\0' &&
	    strlen(socket_path) < sizeof(to.sun_path)) {
		verbs->path = strdup(socket_path);
		if (verbs->path == NULL)
			abort();
	}
	if (mail_log != NULL && mail_log[0] == '/' && (verbs->mail_log = strdup(mail_log)) == NULL)
		abort();
	return verbs;
}

void
verbs_free(struct verbs *verbs)
{
	struct pass *pass;

	if (verbs == NULL)
		return;
	while ((pass = gate_any(&verbs->gate)) != NULL)
		release(pass->ctx);
	free(verbs->mail_log);
	free(verbs->path);
	free(verbs);
}

uint64_t
verbs_sent(const struct verbs *verbs)
{
	return verbs->sent;
}
