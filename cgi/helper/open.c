/*
 * Files in places that others may write to.  A link, a FIFO, a device or a
 * second name of somebody else's file must neither be followed nor read nor
 * make us wait.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/helper.h"

#define PATH_BYTES_MAX	1024

static int
open_by_parts(int root, const char *path, int flags)
{
	char part[256];
	int at = fcntl(root, F_DUPFD_CLOEXEC, 3), next, saved;

	while (at != -1) {
		size_t n = strcspn(path, "/");
		bool last = path[n] == '\0';

		if (n == 0 || n >= sizeof(part) || (n <= 2 && strspn(path, ".") >= n)) {
			close(at);
			errno = EINVAL;
			return -1;
		}
		memcpy(part, path, n);
		part[n] = '\0';
		next = openat(at, part, (last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW);
		saved = errno;
		close(at);
		errno = saved;
		if (last || next == -1)
			return next;
		at = next;
		path += n + strspn(path + n, "/");
	}
	return -1;
}

/* Kernels before 5.6 do not know openat2, and some sandboxes refuse it. */
int
open_below(int root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd;

	path += strspn(path, "/");
	if (*path == '\0' || strlen(path) > PATH_BYTES_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd == -1 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
		fd = open_by_parts(root, path, flags | O_CLOEXEC);
	return fd;
}

int
open_file(int root, const char *path, bool links_ok, struct err *err)
{
	/* O_NONBLOCK: a FIFO that nobody writes to must not hold us up. */
	int fd = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd == -1) {
		err_set(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND :
		    errno == ELOOP || errno == EXDEV ? ERR_DENIED : ERR_IO, "%s: %s", path,
		    strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || (!links_ok && st.st_nlink != 1)) {
		close(fd);
		err_set(err, ERR_DENIED, "%s is no plain file of its own", path);
		return -1;
	}
	return fd;
}

bool
file_is_public(int root, const char *path, struct err *err)
{
	int fd = open_file(root, path, true, err);
	struct stat st;
	bool public;

	if (fd == -1)
		return false;
	public = fstat(fd, &st) == 0 && (st.st_mode & S_IROTH) != 0;
	close(fd);
	return public || err_set(err, ERR_VALUE, "%s is not for everybody to read", path);
}

bool
read_file(struct arena *a, int root, const char *path, size_t max, struct text *ret, struct err *err)
{
	int fd = open_file(root, path, false, err);
	char *buf;
	size_t n = 0;
	ssize_t got;

	if (fd == -1)
		return false;
	buf = arena_alloc(a, max + 1);
	while ((got = read(fd, buf + n, max + 1 - n)) > 0 && n + (size_t)got <= max)
		n += (size_t)got;
	close(fd);
	if (got != 0)
		return err_set(err, got < 0 ? ERR_IO : ERR_LIMIT, "%s: %s", path,
		    got < 0 ? "cannot be read" : "too long");
	*ret = (struct text){ buf, n };
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
list_folder(struct arena *a, int root, const char *path, size_t max, size_t *count)
{
	const char **names = arena_array(a, max + 1, sizeof(*names));
	int fd = open_below(root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *d;

	*count = 0;
	if (dir == NULL) {
		if (fd != -1)
			close(fd);
		return names;
	}
	while (*count < max && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			names[(*count)++] = arena_strdup(a, d->d_name);
	closedir(dir);
	qsort(names, *count, sizeof(*names), by_name);
	return names;
}

bool
exists(int root, const char *path)
{
	int fd = open_below(root, path, O_PATH);

	if (fd == -1)
		return errno == ELOOP;		/* a link at its end is something, too */
	close(fd);
	return true;
}
