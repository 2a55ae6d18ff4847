#include "net/smtp.h"
#include "net/cert.h"
#include "net/gate.h"
#include "net/smtp_reply.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#define DEFAULT_TIMEOUT_MS	10000
#define PROBES_MAX		64		/* at once */
#define REPLY_MAX		32768		/* bytes of one reply; servers have 512 a line */

enum step { CONNECTING, GREETING, EHLO, STARTTLS, HANDSHAKE };

struct probe {
	struct smtp			*smtp;
	struct pass			 pass;
	struct arena			*arena;
	const struct request_smtp	*request;
	smtp_fn				 done;
	void				*ctx;
	bool				 leaving;

	enum step			 step;
	int				 fd;
	struct timer			 timer;
	char				*in;		/* REPLY_MAX */
	size_t				 in_n;
	struct str			 out;
	size_t				 out_sent;
	SSL				*ssl;
	BIO				*from_peer, *to_peer;	/* owned by ssl */
	struct json			*json;		/* what is known so far */
	struct json			*tls;
};

struct smtp {
	struct loop	*loop;
	SSL_CTX		*tls;			/* NULL until it is needed */
	char		*ca_file;		/* NULL = the system's */
	bool		 allow_private;
	struct gate	 gate;
	uint64_t	 sent;
};

static void	on_event(void *ctx, int fd, unsigned events);

/* --- the end --------------------------------------------------------------------------------- */

static void
release(struct probe *p)
{
	struct smtp *smtp = p->smtp;

	if (p->ssl != NULL)
		SSL_free(p->ssl);
	if (p->fd != -1) {
		loop_unwatch(smtp->loop, p->fd);
		close(p->fd);
	}
	loop_timer_clear(smtp->loop, &p->timer);
	gate_leave(&p->pass);
}

static void
finish(struct probe *p, struct reply *reply)
{
	release(p);
	p->done(p->ctx, reply);
}

/* What is known is the answer. */
static void
answered(struct probe *p)
{
	struct reply reply = { 0 };

	reply.u.smtp = p->json;
	finish(p, &reply);
}

static void
failed(struct probe *p, enum err_code code, const char *text)
{
	struct reply reply = { 0 };

	if (p->leaving)
		answered(p);		/* it did not wait for our QUIT */
	else if (p->tls != NULL) {
		json_put_bool(p->tls, "ok", false);
		json_put_str(p->tls, "reason", code == ERR_TIMEOUT ? "timeout" : "handshake");
		json_put_array(p->tls, "names");
		json_put_null(p->tls, "not_after");
		json_put_null(p->tls, "issuer");
		json_put_str(p->tls, "protocol", NULL);
		answered(p);
	} else if (p->step > GREETING) {
		/* It did greet; where it went wrong after that is part of the answer. */
		json_put_str(p->json, "failed", err_word(code));
		answered(p);
	} else {
		err_set(&reply.err, code, "%s", text);
		finish(p, &reply);
	}
}

static void
on_timeout(void *ctx)
{
	struct probe *p = ctx;

	failed(p, ERR_TIMEOUT, p->step == CONNECTING ? "no connection in time" :
	    "no greeting in time");
}

/* --- speaking -------------------------------------------------------------------------------- */

/* False: the connection is gone (and the probe finished). */
static bool
flush(struct probe *p)
{
	char buf[4096];
	ssize_t sent;
	int n;

	if (p->ssl != NULL) {
		while ((n = BIO_read(p->to_peer, buf, sizeof(buf))) > 0)
			str_addt(&p->out, (struct text){ buf, (size_t)n });
	}
	while (p->out_sent < p->out.n) {
		sent = send(p->fd, p->out.p + p->out_sent, p->out.n - p->out_sent, MSG_NOSIGNAL);
		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1 && errno == EAGAIN)
			break;
		if (sent == -1) {
			failed(p, ERR_UNREACHABLE, strerror(errno));
			return false;
		}
		p->out_sent += (size_t)sent;
	}
	loop_watch(p->smtp->loop, p->fd,
	    LOOP_READ | (p->out_sent < p->out.n ? LOOP_WRITE : 0), on_event, p);
	return true;
}

static bool
say(struct probe *p, const char *command, const char *argument)
{
	str_addf(&p->out, "%s%s%s\r\n", command, argument[0] != '\0' ? " " : "", argument);
	return flush(p);
}

/* Our own name, else the address we speak from: RFC 5321 4.1.3. */
static const char *
our_name(struct probe *p)
{
	struct sockaddr_storage storage;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	socklen_t n = sizeof(storage);
	struct ip ip = { 0 };

	if (p->request->ehlo != NULL)
		return p->request->ehlo;
	if (getsockname(p->fd, (struct sockaddr *)&storage, &n) == 0) {
		if (storage.ss_family == AF_INET) {
			memcpy(&v4, &storage, sizeof(v4));
			ip.family = 4;
			memcpy(ip.b, &v4.sin_addr, 4);
		} else if (storage.ss_family == AF_INET6) {
			memcpy(&v6, &storage, sizeof(v6));
			ip.family = 6;
			memcpy(ip.b, &v6.sin6_addr, 16);
			ip = ip_unmap(ip);
		}
	}
	if (ip.family == 0)
		return "[127.0.0.1]";
	return arena_printf(p->arena, ip.family == 6 ? "[IPv6:%s]" : "[%s]",
	    ip_str(p->arena, ip));
}

/* Say good-bye and do not wait for the answer.  False always. */
static bool
bye(struct probe *p)
{
	p->leaving = true;
	if (p->ssl != NULL) {
		SSL_write(p->ssl, "QUIT\r\n", 6);
		SSL_shutdown(p->ssl);
		if (flush(p))
			answered(p);
	} else if (say(p, "QUIT", ""))
		answered(p);
	return false;
}

/* --- what they say: false when the probe has ended ------------------------------------------- */

static bool
on_greeting(struct probe *p, int code, struct text reply)
{
	struct str s = str_in(p->arena, REPLY_MAX);
	struct text line;

	while (smtp_reply_line(&reply, &line)) {
		if (s.n > 0)
			str_addc(&s, '\n');
		str_addt(&s, line);
	}
	json_put_int(p->json, "code", code);
	json_put_text(p->json, "greeting", str_text(&s));
	p->step = EHLO;
	if (code == 220)
		return say(p, "EHLO", our_name(p));
	return bye(p);			/* it speaks, but not with us */
}

static bool
is_starttls(struct text extension)
{
	return text_iis(text_trim(extension), "STARTTLS");
}

static bool
on_ehlo(struct probe *p, int code, struct text reply)
{
	struct text line, name;
	struct json *extensions;
	bool starttls = false;

	json_put_int(p->json, "ehlo_code", code);
	if (code != 250)
		return bye(p);
	if (smtp_reply_line(&reply, &line) && text_split(&line, ' ', &name) && name.n > 0)
		json_put_text(p->json, "ehlo_name", name);
	extensions = json_put_array(p->json, "extensions");
	while (smtp_reply_line(&reply, &line)) {
		json_add_text(extensions, text_trim(line));
		starttls = starttls || is_starttls(line);
	}
	if (!starttls || !p->request->starttls)
		return bye(p);
	p->step = STARTTLS;
	return say(p, "STARTTLS", "");
}

static bool
on_handshake_data(struct probe *p)
{
	int result = SSL_do_handshake(p->ssl), problem = SSL_get_error(p->ssl, result);

	ERR_clear_error();
	if (result == 1) {
		cert_describe(p->tls, p->arena, p->ssl, p->request->tls_name,
		    loop_now(p->smtp->loop));
		p->tls = NULL;		/* complete */
		return bye(p);
	}
	if (!flush(p))
		return false;
	if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_WANT_WRITE)
		return true;
	failed(p, ERR_PROTOCOL, "TLS handshake");
	return false;
}

/*
 * We want to see and tell what is wrong with a certificate, so nothing stops
 * the handshake; nothing is sent over this connection but QUIT.  Late, because it
 * takes milliseconds.  A file that cannot be read any more verifies nothing.
 */
static SSL_CTX *
tls_context(const char *ca_file)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (tls == NULL)
		abort();
	SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
	if (ca_file != NULL)
		SSL_CTX_load_verify_file(tls, ca_file);
	else
		SSL_CTX_set_default_verify_paths(tls);
	ERR_clear_error();
	return tls;
}

static bool
on_starttls(struct probe *p, int code, bool more_came)
{
	const char *name = p->request->tls_name;
	struct ip ip;

	p->tls = json_put_object(p->json, "tls");
	p->step = HANDSHAKE;
	/* Whatever came along with the consent is not from inside TLS. */
	if (code != 220 || more_came) {
		failed(p, ERR_PROTOCOL, "STARTTLS");
		return false;
	}
	if (p->smtp->tls == NULL)
		p->smtp->tls = tls_context(p->smtp->ca_file);
	p->ssl = SSL_new(p->smtp->tls);
	p->from_peer = BIO_new(BIO_s_mem());
	p->to_peer = BIO_new(BIO_s_mem());
	if (p->ssl == NULL || p->from_peer == NULL || p->to_peer == NULL)
		abort();
	SSL_set_bio(p->ssl, p->from_peer, p->to_peer);
	SSL_set_connect_state(p->ssl);
	if (name != NULL && !ip_parse(text_of(name), &ip))
		SSL_set_tlsext_host_name(p->ssl, name);
	return on_handshake_data(p);
}

/* --- hearing --------------------------------------------------------------------------------- */

/* One reply of those that have come; false when there is none, or the end. */
static bool
on_reply(struct probe *p)
{
	struct text in = { p->in, p->in_n };
	size_t length;
	int code;

	switch (smtp_reply_read(in, &code, &length)) {
	case SMTP_REPLY_MORE:
		if (p->in_n == REPLY_MAX)
			failed(p, ERR_LIMIT, "a reply without end");
		return false;
	case SMTP_REPLY_NONSENSE:
		failed(p, ERR_PROTOCOL, "no SMTP reply");
		return false;
	case SMTP_REPLY_WHOLE:
		break;
	}
	in = text_dup(p->arena, text_head(in, length));
	memmove(p->in, p->in + length, p->in_n - length);
	p->in_n -= length;
	if (p->step == GREETING)
		return on_greeting(p, code, in);
	if (p->step == EHLO)
		return on_ehlo(p, code, in);
	return on_starttls(p, code, p->in_n > 0);
}

static void
hear(struct probe *p)
{
	ssize_t n = recv(p->fd, p->in + p->in_n, REPLY_MAX - p->in_n, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		failed(p, ERR_UNREACHABLE, strerror(errno));
		return;
	}
	if (n == 0) {
		failed(p, ERR_UNREACHABLE, "the connection was closed");
		return;
	}
	p->in_n += (size_t)n;
	if (p->step != HANDSHAKE) {
		while (on_reply(p))
			;
		return;
	}
	BIO_write(p->from_peer, p->in, (int)p->in_n);
	p->in_n = 0;
	on_handshake_data(p);
}

static void
on_connected(struct probe *p)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) == -1)
		error = errno;
	if (error != 0) {
		failed(p, error == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNREACHABLE, strerror(error));
		return;
	}
	p->step = GREETING;
	flush(p);
}

static void
on_event(void *ctx, int fd, unsigned events)
{
	struct probe *p = ctx;

	(void)fd;
	if (p->step == CONNECTING)
		on_connected(p);
	else if ((events & LOOP_READ) != 0)
		hear(p);
	else
		flush(p);
}

/* --- the beginning --------------------------------------------------------------------------- */

static socklen_t
address_of(struct endpoint at, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(at.port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(at.port) };

	if (at.ip.family == 4) {
		memcpy(&v4.sin_addr, at.ip.b, 4);
		memcpy(ret, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, at.ip.b, 16);
	memcpy(ret, &v6, sizeof(v6));
	return sizeof(v6);
}

static bool
connect_to(struct probe *p)
{
	const struct request_smtp *r = p->request;
	struct sockaddr_storage to;
	socklen_t n;

	p->fd = socket(r->server.ip.family == 4 ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd == -1)
		return false;
	if (r->bind.family != 0) {
		n = address_of((struct endpoint){ .ip = r->bind }, &to);
		if (bind(p->fd, (struct sockaddr *)&to, n) == -1)
			return false;
	}
	n = address_of(r->server, &to);
	return connect(p->fd, (struct sockaddr *)&to, n) == 0 || errno == EINPROGRESS;
}

static void
on_start(void *ctx)
{
	struct probe *p = ctx;
	struct smtp *smtp = p->smtp;
	uint32_t timeout_ms = p->request->timeout_ms > 0 ? p->request->timeout_ms :
	    DEFAULT_TIMEOUT_MS;

	smtp->sent++;
	if (!connect_to(p)) {
		failed(p, ERR_UNREACHABLE, strerror(errno));
		return;
	}
	p->timer.fn = on_timeout;
	p->timer.ctx = p;
	loop_timer_set(smtp->loop, &p->timer, loop_now_ms(smtp->loop) + timeout_ms);
	loop_watch(smtp->loop, p->fd, LOOP_WRITE, on_event, p);
}

static bool
is_one_word(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f)
			return false;
	}
	return true;
}

bool
smtp_greet(struct smtp *smtp, struct arena *a, const struct request_smtp *request, smtp_fn done,
    void *ctx, struct err *err)
{
	struct probe *p;

	if (!smtp->allow_private && !request->own && ip_is_private(ip_unmap(request->server.ip)))
		return err_set(err, ERR_DENIED, "a private address");
	if (request->ehlo != NULL && !is_one_word(request->ehlo))
		return err_set(err, ERR_VALUE, "our name is no word");
	if (request->bind.family != 0 && request->bind.family != request->server.ip.family)
		return err_set(err, ERR_VALUE, "addresses of two families");
	p = arena_zalloc(a, sizeof(*p));
	p->smtp = smtp;
	p->arena = a;
	p->request = request;
	p->done = done;
	p->ctx = ctx;
	p->fd = -1;
	p->in = arena_alloc(a, REPLY_MAX);
	p->out = str_in(a, 1024 * 1024);
	p->json = json_new_object(a);
	json_put_null(p->json, "greeting");
	json_put_null(p->json, "ehlo_name");
	json_put_null(p->json, "code");
	json_put_array(p->json, "extensions");
	json_put_str(p->json, "address", endpoint_str(a, request->server));
	json_put_null(p->json, "tls");
	gate_wait(&smtp->gate, &p->pass, on_start, p);
	return true;
}

/* --- the door -------------------------------------------------------------------------------- */

struct smtp *
smtp_new(struct loop *loop, const char *tls_ca_file, bool allow_private, struct err *err)
{
	struct smtp *smtp = calloc(1, sizeof(*smtp));

	if (smtp == NULL)
		abort();
	smtp->loop = loop;
	gate_init(&smtp->gate, loop, PROBES_MAX);
	smtp->allow_private = allow_private;
	if (tls_ca_file == NULL || tls_ca_file[0] == '\0')
		return smtp;
	smtp->ca_file = strdup(tls_ca_file);
	if (smtp->ca_file == NULL)
		abort();
	if (access(tls_ca_file, R_OK) == -1) {
		err_set(err, ERR_VALUE, "tls_ca_file %s: %s", tls_ca_file, strerror(errno));
		smtp_free(smtp);
		return NULL;
	}
	return smtp;
}

void
smtp_free(struct smtp *smtp)
{
	struct pass *pass;

	if (smtp == NULL)
		return;
	while ((pass = gate_any(&smtp->gate)) != NULL)
		release(pass->ctx);
	SSL_CTX_free(smtp->tls);
	free(smtp->ca_file);
	free(smtp);
}

uint64_t
smtp_sent(const struct smtp *smtp)
{
	return smtp->sent;
}
