#include "net/channel.h"
#include "net/dns_wire.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SOCKET_BUFFER	(1024 * 1024)	/* the kernel cuts it to net.core.rmem_max */
#define DATAGRAM_MAX	65535
#define STRANGERS_MAX	256		/* dropped at a stretch; a flood may not hold us */
#define IDS		128		/* slots of a channel's table of ids */
#define NEVER		64		/* times the time-out: c-ares' own, over UDP */
#define HURRY		4		/* in a hurry, a question is sent so many times as often */
#define HURRY_LONGER	2		/* and so many times as long waited for */

struct question {
	struct question	*next, *prev;	/* in order of sending */
	struct question	*same_slot;
	struct channel	*channel;
	uint64_t	 first_ms, sent_ms;
	unsigned	 sends;
	bool		 expired;
	channel_fn	 fn;
	void		*ctx;
	uint16_t	 id;
	size_t		 n;
	uint8_t		 octets[WIRE_QUESTION_MAX];
};

struct channel {
	struct channels	*all;
	ares_channel	 ares;
	struct channel	*next;		/* of its transport */
	struct timer	 timer;
	struct endpoint	 server;
	struct question	*first, *last;
	struct question	*ids[IDS];
	size_t		 open;		/* questions */
	size_t		 carried;	/* since it was empty last */
	bool		 tcp, hurry;
	int		 fd;		/* UDP: -1 = closed */
};

struct channels {
	struct loop	*loop;
	uint32_t	 timeout_ms;
	struct channel	*udp, *tcp;
	size_t		 count[2];	/* of udp, tcp */
	struct question	*spare;
	uint16_t	 ids[256];	/* random numbers in stock */
	size_t		 ids_left;
	const uint8_t	*reply;		/* the datagram that c-ares is looking at */
	size_t		 reply_n;
	uint8_t		 datagram[DATAGRAM_MAX];
};

/* --- questions ------------------------------------------------------------------------------- */

static uint16_t
random_id(struct channels *all)
{
	if (all->ids_left == 0) {
		/* Up to 256 bytes are never given in part (getrandom(2)); half of
		 * the stock in each of two calls. */
		size_t half = sizeof(all->ids) / 2;

		if (getrandom(all->ids, half, 0) != (ssize_t)half ||
		    getrandom((char *)all->ids + half, half, 0) != (ssize_t)half)
			abort();
		all->ids_left = sizeof(all->ids) / sizeof(all->ids[0]);
	}
	return all->ids[--all->ids_left];
}

static struct question *
question_by_id(const struct channel *c, uint16_t id)
{
	struct question *q;

	for (q = c->ids[id % IDS]; q != NULL && q->id != id; q = q->same_slot)
		;
	return q;
}

/* The list is in order of sending: the next one due is the first. */
static void
question_append(struct channel *c, struct question *q)
{
	q->next = NULL;
	q->prev = c->last;
	if (c->last != NULL)
		c->last->next = q;
	else
		c->first = q;
	c->last = q;
}

static void
question_unlink(struct channel *c, struct question *q)
{
	if (q->prev != NULL)
		q->prev->next = q->next;
	else
		c->first = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	else
		c->last = q->prev;
}

static void
question_add(struct channel *c, struct question *q)
{
	do
		q->id = random_id(c->all);
	while (question_by_id(c, q->id) != NULL);
	q->octets[0] = (uint8_t)(q->id >> 8);
	q->octets[1] = (uint8_t)q->id;
	q->same_slot = c->ids[q->id % IDS];
	c->ids[q->id % IDS] = q;

	q->channel = c;
	question_append(c, q);
	c->open++;
	c->carried++;
}

static void
question_remove(struct question *q)
{
	struct channel *c = q->channel;
	struct question **slot;

	for (slot = &c->ids[q->id % IDS]; *slot != q; slot = &(*slot)->same_slot)
		;
	*slot = q->same_slot;
	question_unlink(c, q);
	c->open--;
}

/* --- what c-ares calls ----------------------------------------------------------------------- */

static ares_socket_t
open_socket(int domain, int type, int protocol, void *ctx)
{
	int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	int size = SOCKET_BUFFER;

	(void)ctx;
	if (fd != -1 && type == SOCK_DGRAM) {
		/* As root beyond the system's limit; else up to it. */
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1)
			(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	return fd;
}

static int
close_socket(ares_socket_t fd, void *ctx)
{
	struct channel *c = ctx;

	loop_unwatch(c->all->loop, fd);
	if (c->fd == fd)
		c->fd = -1;
	return close(fd);
}

/* Connected UDP sockets: the kernel drops what other addresses and ports send. */
static int
connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t n, void *ctx)
{
	struct channel *c = ctx;

	if (!c->tcp)
		c->fd = fd;
	return connect(fd, to, n);
}

/* c-ares takes this for an answer, so the question ends (on_answer knows better). */
static ares_ssize_t
end_expired(struct channel *c, ares_socket_t fd, uint8_t *ret, size_t size, struct sockaddr *from,
    ares_socklen_t *from_n)
{
	struct question *q;

	for (q = c->first; q != NULL && !q->expired; q = q->next)
		;
	if (q == NULL || q->n > size || getpeername(fd, from, from_n) == -1) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(ret, q->octets, q->n);
	ret[2] = 0x80;				/* QR */
	return (ares_ssize_t)q->n;
}

/*
 * The guard.  Datagrams that answer none of our questions are dropped here, so
 * the true answer is still waited for.  c-ares gets the header and our own
 * question, without rcode and TC, which it would act upon.
 */
static ares_ssize_t
receive_datagram(struct channel *c, ares_socket_t fd, uint8_t *ret, size_t size,
    struct sockaddr *from, ares_socklen_t *from_n)
{
	struct channels *all = c->all;
	struct question *q;
	ssize_t n;
	int i;

	for (i = 0; i < STRANGERS_MAX; i++) {
		n = recvfrom(fd, all->datagram, sizeof(all->datagram), 0, from, from_n);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			break;
		if (n == -1)
			return -1;
		if (n < 12)
			continue;
		q = question_by_id(c, (uint16_t)(all->datagram[0] << 8 | all->datagram[1]));
		if (q == NULL || !wire_answers(all->datagram, (size_t)n, q->octets, q->n) ||
		    q->n > size)
			continue;
		q->expired = false;		/* in the last moment */
		all->reply = all->datagram;
		all->reply_n = (size_t)n;
		memcpy(ret, q->octets, q->n);
		ret[2] = 0x80;			/* QR */
		return (ares_ssize_t)q->n;
	}
	return end_expired(c, fd, ret, size, from, from_n);	/* more of the rest in the next turn */
}

static ares_ssize_t
receive(ares_socket_t fd, void *ret, size_t size, int flags, struct sockaddr *from,
    ares_socklen_t *from_n, void *ctx)
{
	struct channel *c = ctx;

	(void)flags;
	if (!c->tcp)
		return receive_datagram(c, fd, ret, size, from, from_n);
	return recv(fd, ret, size, 0);
}

static ares_ssize_t
send_datagram(ares_socket_t fd, const struct iovec *vec, int count)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	ssize_t n;
	int i;

	for (i = 0; i < 4; i++) {
		n = writev(fd, vec, count);
		if (n >= 0)
			return n;
		/* An error of an earlier datagram, told by this call: once more. */
		if (errno == EINTR || errno == ECONNREFUSED)
			continue;
		if (errno != EAGAIN && errno != ENOBUFS)
			return -1;
		poll(&room, 1, 5);
	}
	/* Not sent; c-ares would give the question up at once.  It times out and
	 * is tried again instead. */
	return (ares_ssize_t)vec[0].iov_len;
}

static ares_ssize_t
send_octets(ares_socket_t fd, const struct iovec *vec, int count, void *ctx)
{
	struct channel *c = ctx;
	struct msghdr msg = { 0 };

	if (!c->tcp)
		return send_datagram(fd, vec, count);
	memcpy(&msg.msg_iov, &vec, sizeof(vec));	/* sendmsg(2) does not write to it */
	msg.msg_iovlen = (size_t)count;
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
	open_socket, close_socket, connect_socket, receive, send_octets
};

static uint32_t
interval_ms(const struct channel *c)
{
	return !c->tcp && c->hurry ? (c->all->timeout_ms + HURRY - 1) / HURRY : c->all->timeout_ms;
}

static void
arm(struct channel *c)
{
	uint64_t due;

	if (c->first == NULL) {
		loop_timer_clear(c->all->loop, &c->timer);
		return;
	}
	/* c-ares has a clock of its own; 1 ms more spares a useless call. */
	due = c->first->sent_ms + interval_ms(c) + 1;
	if (due <= loop_now_ms(c->all->loop))
		due = loop_now_ms(c->all->loop) + 1;
	if (!c->timer.armed || c->timer.at_ms != due)
		loop_timer_set(c->all->loop, &c->timer, due);
}

static bool
is_over(const struct channel *c, const struct question *q, uint64_t now_ms)
{
	uint64_t life_ms = (uint64_t)q->sends * c->all->timeout_ms;

	if (c->hurry)
		life_ms *= HURRY_LONGER;
	return now_ms - q->first_ms >= life_ms;
}

/* What is due is sent once more: the same octets from the same port, so that
 * an answer to the first is one to the second. */
static void
send_again(struct channel *c)
{
	uint64_t now_ms = loop_now_ms(c->all->loop);
	struct question *q, *next, *end = c->last;
	bool any = false;

	for (q = c->first; q != NULL && now_ms - q->sent_ms >= interval_ms(c); q = next) {
		next = q == end ? NULL : q->next;
		question_unlink(c, q);
		question_append(c, q);
		q->sent_ms = now_ms;
		if (is_over(c, q, now_ms))
			any = q->expired = true;
		else if (c->fd != -1) {
			(void)send(c->fd, q->octets, q->n, 0);
			q->fn(q->ctx, CHANNEL_AGAIN, NULL, 0);
		}
	}
	if (any && c->fd != -1)
		ares_process_fd(c->ares, c->fd, ARES_SOCKET_BAD);
}

static void
on_timer(void *ctx)
{
	struct channel *c = ctx;

	if (c->tcp || c->fd == -1)
		ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	else
		send_again(c);
	arm(c);
}

static void
on_event(void *ctx, int fd, unsigned events)
{
	struct channel *c = ctx;

	ares_process_fd(c->ares, (events & LOOP_READ) != 0 ? fd : ARES_SOCKET_BAD,
	    (events & LOOP_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	arm(c);
}

static void
on_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct channel *c = ctx;

	if (readable || writable)
		loop_watch(c->all->loop, fd, (readable ? LOOP_READ : 0) |
		    (writable ? LOOP_WRITE : 0), on_event, c);
	else
		loop_unwatch(c->all->loop, fd);
}

static void
on_answer(void *ctx, int status, int timeouts, unsigned char *msg, int n)
{
	struct question *q = ctx;
	struct channel *c = q->channel;
	struct channels *all = c->all;
	enum channel_outcome outcome = CHANNEL_UNREACHABLE;
	const uint8_t *reply = NULL;
	size_t reply_n = 0;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION) {
		free(q);
		return;
	}
	if (q->expired)
		outcome = CHANNEL_TIMEOUT;
	else if (status == ARES_SUCCESS) {
		outcome = CHANNEL_REPLY;
		reply = c->tcp ? msg : all->reply;
		reply_n = c->tcp ? (size_t)n : all->reply_n;
		if (c->tcp && !wire_answers(reply, reply_n, q->octets, q->n))
			outcome = CHANNEL_NONSENSE;
	} else if (status == ARES_ETIMEOUT)
		outcome = CHANNEL_TIMEOUT;
	question_remove(q);
	if (c->open == 0)
		c->carried = 0;
	q->next = all->spare;
	all->spare = q;
	q->fn(q->ctx, outcome, reply, reply_n);
}

/* --- channels -------------------------------------------------------------------------------- */

static struct channel *
channel_new(struct channels *all, bool tcp)
{
	struct channel *c = calloc(1, sizeof(*c));
	struct ares_options options = { 0 };
	char lookups[] = "b";
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
	    ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE |
	    /* None of each, so that no file is read: */
	    ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST;

	if (c == NULL)
		abort();
	c->all = all;
	c->tcp = tcp;
	c->fd = -1;
	c->timer.fn = on_timer;
	c->timer.ctx = c;
	options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_NOSEARCH |
	    ARES_FLAG_NOALIASES | (tcp ? ARES_FLAG_USEVC : 0);
	options.timeout = (int)(tcp ? all->timeout_ms : all->timeout_ms * NEVER);
	options.tries = 1;
	options.ndots = 1;
	options.lookups = lookups;
	options.sock_state_cb = on_state;
	options.sock_state_cb_data = c;
	if (ares_init_options(&c->ares, &options, mask) != ARES_SUCCESS) {
		free(c);
		return NULL;
	}
	ares_set_socket_functions(c->ares, &socket_functions, c);
	if (tcp) {
		c->next = all->tcp;
		all->tcp = c;
	} else {
		c->next = all->udp;
		all->udp = c;
	}
	all->count[tcp]++;
	return c;
}

/* Only while it carries nothing. */
static bool
channel_bind(struct channel *c, struct endpoint server)
{
	struct ares_addr_port_node node = { 0 };

	if (endpoint_eq(c->server, server))
		return true;
	node.family = server.ip.family == 6 ? AF_INET6 : AF_INET;
	memcpy(&node.addr, server.ip.b, server.ip.family == 6 ? 16 : 4);
	node.udp_port = node.tcp_port = server.port;
	if (ares_set_servers_ports(c->ares, &node) != ARES_SUCCESS)
		return false;
	c->server = server;
	return true;
}

/*
 * One that carries questions to this server already and has room; else an empty
 * one, best of all of the same server; else a new one.  Over TCP a channel
 * carries one question: servers close connections as they please, and c-ares
 * would give up all that were sent on them.
 */
static struct channel *
channel_for(struct channels *all, struct endpoint server, bool tcp)
{
	size_t window = tcp ? 1 : CHANNEL_WINDOW;
	struct channel *c, *empty = NULL;

	for (c = tcp ? all->tcp : all->udp; c != NULL; c = c->next) {
		bool same = endpoint_eq(c->server, server);

		if (c->open == 0) {
			if (empty == NULL || same)
				empty = c;
		} else if (same && c->open < window && c->carried < CHANNEL_LIFE)
			return c;
	}
	if (empty == NULL && all->count[tcp] < CHANNELS_MAX)
		empty = channel_new(all, tcp);
	return empty != NULL && channel_bind(empty, server) ? empty : NULL;
}

bool
channel_ask(struct channels *all, struct endpoint server, bool tcp, const uint8_t *octets,
    size_t n, unsigned sends, bool hurry, channel_fn fn, void *ctx)
{
	struct channel *c = channel_for(all, server, tcp);
	struct question *q = all->spare;

	if (c == NULL)
		return false;
	if (q != NULL)
		all->spare = q->next;
	else if ((q = malloc(sizeof(*q))) == NULL)
		abort();
	q->fn = fn;
	q->ctx = ctx;
	q->n = n;
	q->first_ms = q->sent_ms = loop_now_ms(all->loop);
	q->sends = sends;
	q->expired = false;
	c->hurry = hurry || (c->hurry && c->open > 0);	/* as long as one is in a hurry */
	memcpy(q->octets, octets, n);
	question_add(c, q);
	ares_send(c->ares, q->octets, (int)n, on_answer, q);
	if (!c->timer.armed)
		arm(c);
	return true;
}

void
channels_hurry(struct channels *all, struct endpoint server, bool hurry)
{
	struct channel *c;

	for (c = all->udp; c != NULL; c = c->next) {
		if (c->hurry == hurry || !endpoint_eq(c->server, server))
			continue;
		c->hurry = hurry;
		if (c->timer.armed)
			arm(c);
	}
}

struct channels *
channels_new(struct loop *loop, uint32_t timeout_ms, struct err *err)
{
	struct channels *all;
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	if (status != ARES_SUCCESS) {
		err_set(err, ERR_IO, "c-ares: %s", ares_strerror(status));
		return NULL;
	}
	all = calloc(1, sizeof(*all));
	if (all == NULL)
		abort();
	all->loop = loop;
	all->timeout_ms = timeout_ms;
	return all;
}

static void
free_list(struct channels *all, struct channel *c)
{
	struct channel *next;

	for (; c != NULL; c = next) {
		next = c->next;
		loop_timer_clear(all->loop, &c->timer);
		ares_destroy(c->ares);
		free(c);
	}
}

void
channels_free(struct channels *all)
{
	struct question *q, *next;

	if (all == NULL)
		return;
	free_list(all, all->udp);
	free_list(all, all->tcp);
	for (q = all->spare; q != NULL; q = next) {
		next = q->next;
		free(q);
	}
	free(all);
	ares_library_cleanup();
}

size_t
channel_system_servers(struct endpoint *ret, size_t max)
{
	struct ares_addr_port_node *list = NULL, *node;
	ares_channel ares;
	size_t n = 0;

	if (ares_init(&ares) == ARES_SUCCESS) {
		ares_get_servers_ports(ares, &list);
		for (node = list; node != NULL && n < max; node = node->next) {
			memset(&ret[n], 0, sizeof(ret[n]));
			ret[n].ip.family = node->family == AF_INET6 ? 6 : 4;
			memcpy(ret[n].ip.b, &node->addr, node->family == AF_INET6 ? 16 : 4);
			ret[n].port = node->udp_port != 0 ? (uint16_t)node->udp_port : 53;
			n++;
		}
		if (list != NULL)
			ares_free_data(list);
		ares_destroy(ares);
	}
	if (n == 0 && max > 0) {
		memset(&ret[0], 0, sizeof(ret[0]));
		ip4_parse(TEXT("127.0.0.1"), &ret[0].ip);
		ret[0].port = 53;
		n = 1;
	}
	return n;
}
