#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

#define CHUNK_BYTES	(64 * 1024)

static bool
system_err(struct err *err, const char *path)
{
	int no = errno;
	enum err_code code = no == ENOENT || no == ENOTDIR ? ERR_NOT_FOUND :
	    no == EACCES || no == EPERM ? ERR_DENIED : ERR_IO;
	char why[128];

	return err_set(err, code, "%s: %s", path, strerror_r(no, why, sizeof(why)));
}

/* Everything that comes from fd, whose size is expected to be about `hint`. */
static bool
read_all(struct arena *a, int fd, const char *path, size_t hint, size_t max,
    struct text *ret, struct err *err)
{
	size_t size = hint < max ? hint + 1 : max + 1, n = 0;	/* one more shows the end */
	char *p = arena_alloc(a, size + 1);
	ssize_t got;

	for (;;) {
		got = read(fd, p + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return system_err(err, path);
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max)
			return err_set(err, ERR_LIMIT, "%s: larger than %zu octets", path, max);
		if (n == size) {
			size_t more = size < CHUNK_BYTES ? CHUNK_BYTES : 2 * size;

			if (more > max)
				more = max + 1;
			p = arena_grow(a, p, n, more + 1, 1);
			size = more;
		}
	}
	p[n] = '\0';
	*ret = (struct text){ p, n };
	return true;
}

static bool
size_hint(const struct stat *st, const char *path, size_t max, size_t *hint, struct err *err)
{
	*hint = CHUNK_BYTES - 2;
	if (!S_ISREG(st->st_mode))
		return true;
	if (st->st_size > 0 && (uintmax_t)st->st_size > max)
		return err_set(err, ERR_LIMIT, "%s: larger than %zu octets", path, max);
	if (st->st_size > 0)			/* files in /proc say 0 */
		*hint = (size_t)st->st_size;
	return true;
}

bool
file_read(struct arena *a, const char *path, size_t max, struct text *ret, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0, ok;
	struct stat st;
	size_t hint;
	int fd;

	if (is_stdin)
		return read_all(a, STDIN_FILENO, "standard input", CHUNK_BYTES - 2, max, ret, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return system_err(err, path);
	if (fstat(fd, &st) != 0)
		ok = system_err(err, path);
	else if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		ok = err_set(err, ERR_VALUE, "%s: not a file", path);
	else
		ok = size_hint(&st, path, max, &hint, err) &&
		    read_all(a, fd, path, hint, max, ret, err);
	close(fd);
	return ok;
}

bool
file_read_secret(struct arena *a, const char *path, bool group_ok, size_t max,
    struct text *ret, struct err *err)
{
	struct stat st;
	size_t hint;
	bool ok;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_DENIED, "%s: a symbolic link is not accepted", path);
	if (fd < 0)
		return system_err(err, path);
	if (fstat(fd, &st) != 0)
		ok = system_err(err, path);
	else if (!S_ISREG(st.st_mode))
		ok = err_set(err, ERR_VALUE, "%s: not a file", path);
	else if ((st.st_mode & (group_ok ? 037 : 077)) != 0)
		ok = err_set(err, ERR_DENIED, "%s: mode %04o lets others at it; chmod %s", path,
		    (unsigned)st.st_mode & 07777, group_ok ? "0640" : "0600");
	else
		ok = size_hint(&st, path, max, &hint, err) &&
		    read_all(a, fd, path, hint, max, ret, err);
	close(fd);
	return ok;
}
