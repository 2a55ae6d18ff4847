#include "net/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/follow.h"

#define SINCE_S		(31 * 86400)

struct log { struct arena *arena; const char *path; };

static int
open_log(void *ctx, const char *suffix, struct err *err)
{
	const struct log *log = ctx;
	const char *path = arena_printf(log->arena, "%s%s", log->path, suffix);
	/* O_NONBLOCK: a FIFO that nobody writes to must not hold us up. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		err_set(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : errno == EACCES ? ERR_DENIED :
		    ERR_IO, "%s: %s", path, strerror(errno));
	return fd;
}

bool
log_file_read(struct arena *a, const char *path, const struct request_verb *request, int64_t now, struct reply *ret)
{
	struct log log = { a, path };
	const struct follow_files files = { open_log, &log };
	uint64_t offset = 0;
	struct follow f;

	memset(ret, 0, sizeof(*ret));
	ret->u.verb.err = (struct text){ "", 0 };
	if (request->arg_count > 1)
		text_uint(text_of(request->args[1]), INT64_MAX, &offset);
	if (follow_read(a, &files, request->arg_count > 0 ? request->args[0] : NULL, (int64_t)offset, now - SINCE_S, now,
	    &f, &ret->err))
		ret->u.verb.out = follow_answer(a, &f);
	return ret->err.code != ERR_DENIED;
}
