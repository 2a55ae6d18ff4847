/* One connection: who is it, one line in, one line out. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "helper/helper.h"

#define PATIENCE_S	10	/* for the request to arrive, and the reply to be taken */

static bool
is_heard(int fd, unsigned uid, unsigned *who)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == -1 || n != sizeof(peer))
		return false;
	*who = peer.uid;
	return peer.uid == 0 || peer.uid == uid;
}

static bool
read_line(struct arena *a, int fd, struct text *ret, struct err *err)
{
	struct str s = str_in(a, VERB_REQUEST_MAX);
	char buf[16384];
	ssize_t n;

	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, n == 0 ? ERR_SYNTAX : ERR_TIMEOUT, "the request is not whole");
		str_addt(&s, (struct text){ buf, (size_t)n });
		if (s.full)
			return err_set(err, ERR_LIMIT, "the request is too long");
		if (buf[n - 1] == '\n')
			break;
		if (memchr(buf, '\n', (size_t)n) != NULL)
			return err_set(err, ERR_SYNTAX, "one request a connection");
	}
	*ret = (struct text){ s.p, s.n - 1 };
	return memchr(ret->p, '\n', ret->n) == NULL ||
	    err_set(err, ERR_SYNTAX, "one request a connection");
}

static void
write_reply(struct arena *a, int fd, const struct verb_reply *reply)
{
	struct verb_reply longer = { 0 };
	struct text line;
	struct err err;
	ssize_t n;

	if (!verb_reply_write(a, reply, &line, &err)) {
		longer.error = err;
		if (!verb_reply_write(a, &longer, &line, &err))
			return;
	}
	for (; line.n > 0; line = text_skip(line, (size_t)n)) {
		n = send(fd, line.p, line.n, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return;
	}
}

/* Closed with bytes unread, the reply would be lost; but nobody holds us up with more of them. */
static void
take_rest(int fd)
{
	struct timeval patience = { 1, 0 };
	char buf[16384];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 512 && recv(fd, buf, sizeof(buf), 0) > 0; i++)
		;
}

void
helper_serve(const struct helper *h, int fd, unsigned uid)
{
	struct timeval patience = { PATIENCE_S, 0 };
	struct arena *a = arena_new();
	struct verb_reply reply = { 0 };
	struct text line;
	unsigned who = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!is_heard(fd, uid, &who)) {
		err_set(&reply.error, ERR_DENIED, "not for this user");
		log_line(LOG_WARNING, "helper", "uid %u is not heard", who);
	} else if (read_line(a, fd, &line, &reply.error)) {
		reply.error.code = ERR_NONE;
		helper_answer(h, a, line, &reply);
		if (reply.error.code != ERR_NONE)
			log_line(LOG_WARNING, "helper", "refused: %s: %s", err_word(reply.error.code),
			    reply.error.text);
	}
	write_reply(a, fd, &reply);
	if (reply.error.code != ERR_NONE)
		take_rest(fd);
	arena_free(a);
}
