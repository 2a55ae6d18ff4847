/*
 * Asks a FastCGI program the same page again and again: CLIENTS at a time, each
 * request on a connection of its own, for SECONDS.  The parameters of the
 * request are read from standard input, NAME=VALUE a line.  Prints one line of
 * JSON: requests per second, percentiles in milliseconds, bytes, failures.
 * usage: load SOCKET CLIENTS SECONDS
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX	1024
#define TIMES_MAX	4000000

struct client { int fd; double began; size_t got; char tail[16]; };

static unsigned char request[65536];
static size_t request_n;
static struct client clients[CLIENTS_MAX];
static float *times;
static size_t done, failed;
static uint64_t bytes;
static struct sockaddr_un address;
static int ep;

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
record(int type, const unsigned char *p, size_t n)
{
	unsigned char *h = request + request_n;

	h[0] = 1, h[1] = (unsigned char)type, h[2] = 0, h[3] = 1;
	h[4] = (unsigned char)(n >> 8), h[5] = (unsigned char)n, h[6] = h[7] = 0;
	if (n > 0)
		memcpy(h + 8, p, n);
	request_n += 8 + n;
}

static void
make_request(void)
{
	static unsigned char params[60000];
	unsigned char begin[8] = { 0, 1 };
	char line[8192], *eq;
	size_t n = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		size_t len = strcspn(line, "\n"), name, value, i;

		line[len] = '\0';
		if ((eq = strchr(line, '=')) == NULL)
			continue;
		name = (size_t)(eq - line);
		value = len - name - 1;
		for (i = 0; i < 2; i++) {
			size_t v = i == 0 ? name : value;

			if (v < 128)
				params[n++] = (unsigned char)v;
			else {
				params[n++] = (unsigned char)(0x80 | v >> 24);
				params[n++] = (unsigned char)(v >> 16);
				params[n++] = (unsigned char)(v >> 8);
				params[n++] = (unsigned char)v;
			}
		}
		memcpy(params + n, line, name);
		memcpy(params + n + name, eq + 1, value);
		n += name + value;
	}
	record(1, begin, 8);
	record(4, params, n);
	record(4, NULL, 0);
	record(5, NULL, 0);
}

static void
start(struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	c->got = 0;
	c->began = now_ms();
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    send(c->fd, request, request_n, MSG_NOSIGNAL) != (ssize_t)request_n) {
		failed++;
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		return;
	}
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static void
finish(struct client *c)
{
	close(c->fd);
	c->fd = -1;
	bytes += c->got;
	if (c->got < 24)
		failed++;
	else if (done < TIMES_MAX)
		times[done++] = (float)(now_ms() - c->began);
}

static int
by_time(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0, i, k;
	double seconds = argc > 3 ? atof(argv[3]) : 0, began, until;
	struct epoll_event events[256];
	static char buf[65536];

	if (n < 1 || n > CLIENTS_MAX || seconds <= 0) {
		fprintf(stderr, "usage: load SOCKET CLIENTS SECONDS\n");
		return 2;
	}
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	times = calloc(TIMES_MAX, sizeof(*times));
	ep = epoll_create1(0);
	make_request();
	began = now_ms();
	until = began + seconds * 1e3;
	for (i = 0; i < n; i++)
		start(&clients[i]);
	while (now_ms() < until) {
		k = epoll_wait(ep, events, 256, 100);
		for (i = 0; i < k; i++) {
			struct client *c = events[i].data.ptr;
			ssize_t r = read(c->fd, buf, sizeof(buf));

			if (r > 0) {
				c->got += (size_t)r;
				continue;
			}
			finish(c);
			start(c);
		}
		for (i = 0; i < n; i++)
			if (clients[i].fd < 0)
				start(&clients[i]);
	}
	seconds = (now_ms() - began) / 1e3;
	qsort(times, done, sizeof(*times), by_time);
	printf("{\"per_second\":%.0f,\"p50\":%.3f,\"p99\":%.3f,\"bytes\":%llu,\"requests\":%zu,\"failed\":%zu}\n",
	    (double)done / seconds, done ? times[done / 2] : 0.0f, done ? times[done * 99 / 100] : 0.0f,
	    (unsigned long long)(done ? bytes / done : 0), done, failed);
	return 0;
}
