#include "cli/live_api.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BYTES_MAX	65536		/* of what it may still say before it closes */

static const char goodbye[] = "26\n<cpanelxml shutdown=\"1\" />";

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
ready(int fd, short events, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	do {
		left = until - now_ms();
		n = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (n == -1 && errno == EINTR);
	return n == 1;
}

/* Non-blocking: a full backlog is EAGAIN at once, and then the server has other sorrows. */
static int
reach(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -1;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

void
live_api_end(const char *path, int limit_ms)
{
	int64_t until = now_ms() + limit_ms;
	size_t done = 0, size = sizeof(goodbye) - 1;
	char buf[4096];
	ssize_t n;
	int fd;

	if (path == NULL || path[0] == '\0' || (fd = reach(path)) == -1)
		return;
	while (done < size && ready(fd, POLLOUT, until)) {
		n = send(fd, goodbye + done, size - done, MSG_NOSIGNAL);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	for (size_t got = 0; done == size && got < BYTES_MAX && ready(fd, POLLIN, until); got += (size_t)n) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			n = 0;
		else if (n <= 0)
			break;
	}
	close(fd);
}
