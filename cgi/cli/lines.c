#include "cli/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lines {
	int	 fd;
	char	 chunk[65536];		/* read, not looked at yet: at .. end */
	size_t	 at, end;
	char	*line;
	size_t	 len, size;
	bool	 whole;			/* line holds one, its end was seen */
	bool	 over;			/* nothing more to read */
};

struct lines *
lines_open(const char *path, struct err *err)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct lines *in;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_set(err, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		err_set(err, ERR_NOT_FOUND, "cannot read %s: it is a directory", path);
		close(fd);
		return NULL;
	}
	if ((in = calloc(1, sizeof(*in))) == NULL)
		abort();
	in->fd = fd;
	return in;
}

void
lines_close(struct lines *in)
{
	if (in == NULL)
		return;
	if (in->fd != STDIN_FILENO)
		close(in->fd);
	free(in->line);
	free(in);
}

static void
line_add(struct lines *in, const char *p, size_t n)
{
	if (n > LINES_MAX_BYTES - in->len)
		n = LINES_MAX_BYTES - in->len;
	if (in->len + n > in->size) {
		in->size = in->len + n < 4096 ? 4096 : 2 * (in->len + n);
		if ((in->line = realloc(in->line, in->size)) == NULL)
			abort();
	}
	if (n > 0)
		memcpy(in->line + in->len, p, n);
	in->len += n;
}

/* What was read goes into the line, up to its end. */
static void
take_chunk(struct lines *in)
{
	const char *from = in->chunk + in->at;
	const char *newline = memchr(from, '\n', in->end - in->at);
	size_t n = newline == NULL ? in->end - in->at : (size_t)(newline - from);

	line_add(in, from, n);
	in->at += n + (newline != NULL);
	in->whole = newline != NULL;
}

/* Until there is a line or the end.  false: that would mean to wait, and may_wait is not set. */
static bool
fill(struct lines *in, bool may_wait)
{
	while (!in->whole && !in->over) {
		struct pollfd p = { .fd = in->fd, .events = POLLIN };
		ssize_t n;

		if (in->at < in->end) {
			take_chunk(in);
			continue;
		}
		if (!may_wait && poll(&p, 1, 0) == 0)
			return false;
		n = read(in->fd, in->chunk, sizeof(in->chunk));
		if (n == -1 && errno == EINTR)
			continue;
		in->at = 0;
		in->end = n > 0 ? (size_t)n : 0;
		in->over = n <= 0;
	}
	return true;
}

bool
lines_ready(struct lines *in)
{
	return fill(in, false);
}

bool
lines_next(struct lines *in, struct text *ret)
{
	fill(in, true);
	if (!in->whole && in->len == 0)
		return false;
	ret->p = in->len == 0 ? "" : in->line;
	ret->n = in->len;
	if (ret->n > 0 && ret->p[ret->n - 1] == '\r')
		ret->n--;
	in->whole = false;
	in->len = 0;
	return true;
}
