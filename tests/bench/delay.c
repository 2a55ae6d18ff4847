/*
 * Between a resolver and its authoritative server: every answer comes MS later.
 * usage: delay PORT ADDRESS PORT_OF_SERVER MS
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OPEN_MAX	65536		/* by the message's id, which is ours on the way to the server */
#define BYTES_MAX	4096

struct late {
	struct sockaddr_in	 client;
	uint64_t		 due_us;
	size_t			 n;
	uint8_t			 msg[BYTES_MAX];
};

static struct { struct sockaddr_in client; uint16_t id; } asked[OPEN_MAX];
static struct late *late[OPEN_MAX];	/* a ring: all wait equally long */
static size_t first, last;

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
door(struct sockaddr_in *at, const char *address, const char *port, int front)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	inet_pton(AF_INET, address, &at->sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if ((front ? bind : connect)(fd, (struct sockaddr *)(void *)at, sizeof(*at)) != 0)
		exit(1);
	return fd;
}

static void
to_server(int front, int back)
{
	static uint16_t next;
	uint8_t msg[BYTES_MAX];
	socklen_t size = sizeof(asked[0].client);
	ssize_t n;

	while ((n = recvfrom(front, msg, sizeof(msg), MSG_DONTWAIT,
	    (struct sockaddr *)(void *)&asked[next].client, &size)) >= 12) {
		memcpy(&asked[next].id, msg, 2);
		memcpy(msg, &next, 2);
		(void)!send(back, msg, (size_t)n, 0);
		next++;
	}
}

static void
from_server(int back, uint64_t wait_us)
{
	struct late *l;
	uint16_t id;
	ssize_t n;

	for (;;) {
		if ((l = malloc(sizeof(*l))) == NULL)
			exit(1);
		n = recv(back, l->msg, sizeof(l->msg), MSG_DONTWAIT);
		if (n < 12 || last - first == OPEN_MAX) {
			free(l);
			return;
		}
		memcpy(&id, l->msg, 2);
		memcpy(l->msg, &asked[id].id, 2);
		l->client = asked[id].client;
		l->n = (size_t)n;
		l->due_us = now_us() + wait_us;
		late[last++ % OPEN_MAX] = l;
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at;
	struct pollfd fds[2];
	uint64_t wait_us;

	if (argc != 5)
		return 2;
	fds[0] = (struct pollfd){ .fd = door(&at, "127.0.0.1", argv[1], 1), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = door(&at, argv[2], argv[3], 0), .events = POLLIN };
	wait_us = (uint64_t)atoi(argv[4]) * 1000;
	for (;;) {
		poll(fds, 2, last == first ? 1000 : 1);
		to_server(fds[0].fd, fds[1].fd);
		from_server(fds[1].fd, wait_us);
		while (first != last && late[first % OPEN_MAX]->due_us <= now_us()) {
			struct late *l = late[first++ % OPEN_MAX];

			(void)!sendto(fds[0].fd, l->msg, l->n, 0, (struct sockaddr *)(void *)&l->client,
			    sizeof(l->client));
			free(l);
		}
	}
}
