/*
 * The store's files: the database (SQLite adds -wal and -shm), PATH-lock whose
 * byte ranges are the locks by name, PATH-suspect while damage is suspected.
 *
 * Locks are open-file-description locks (fcntl(2)): they hold between threads
 * as well as processes, and the kernel ends them with the holder.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "store/db.h"

#define PRESENCE_BYTE	0

struct store_lock {
	int	fd;
};

static char *
join(const char *a, const char *b)
{
	size_t n = strlen(a) + strlen(b) + 1;
	char *p = malloc(n);

	if (p == NULL)
		abort();
	snprintf(p, n, "%s%s", a, b);
	return p;
}

static bool
lock_byte(int fd, short type, off_t at)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &fl) == 0;
}

static int
lock_open(const struct store_files *f, struct err *err)
{
	int fd = open(f->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd == -1)
		err_set(err, ERR_IO, "%s: %s", f->lock_path, strerror(errno));
	return fd;
}

/* The directory is made when it is missing, one level. */
static bool
directory_prepare(const char *path, struct err *err)
{
	char *dir = join(path, ""), *slash = strrchr(dir, '/');
	bool ok = true;

	if (slash != NULL && slash != dir) {
		*slash = '\0';
		if (mkdir(dir, 0750) == -1 && errno != EEXIST)
			ok = err_set(err, ERR_IO, "%s: %s", dir, strerror(errno));
	}
	free(dir);
	return ok;
}

bool
files_prepare(struct store_files *f, const char *path, struct err *err)
{
	int fd;

	f->path = join(path, "");
	f->lock_path = join(path, "-lock");
	f->presence = -1;
	if (!directory_prepare(path, err))
		return false;
	/* Made here, so that its mode is ours; SQLite gives its journals the same. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	close(fd);
	if ((f->presence = lock_open(f, err)) == -1)
		return false;
	for (int i = 0; !lock_byte(f->presence, F_RDLCK, PRESENCE_BYTE); i++) {
		struct timespec nap = { 0, 20 * 1000 * 1000 };

		if (i > STORE_BUSY_MS / 20)
			return err_set(err, ERR_BUSY, "%s is being repaired by another process", path);
		nanosleep(&nap, NULL);
	}
	return true;
}

void
files_end(struct store_files *f)
{
	if (f->presence != -1)
		close(f->presence);
	free(f->path);
	free(f->lock_path);
	memset(f, 0, sizeof(*f));
	f->presence = -1;
}

bool
files_put_aside(struct store_files *f, char *aside, size_t size, struct err *err)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char stamp[TIME_TEXT_MAX];

	if (!lock_byte(f->presence, F_WRLCK, PRESENCE_BYTE))
		return err_set(err, ERR_IO, "%s is damaged and in use by another process; "
		    "stop that first", f->path);
	time_text((int64_t)time(NULL), stamp);
	snprintf(aside, size, "%s.damaged-%s", f->path, stamp);
	for (int i = 1; access(aside, F_OK) == 0 && i < 1000; i++)
		snprintf(aside, size, "%s.damaged-%s.%d", f->path, stamp, i);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *from = join(f->path, suffixes[i]), *to = join(aside, suffixes[i]);
		int r = rename(from, to);

		if (r == -1 && errno != ENOENT)
			err_set(err, ERR_IO, "%s: %s", from, strerror(errno));
		free(from);
		free(to);
		if (r == -1 && i == 0) {
			lock_byte(f->presence, F_RDLCK, PRESENCE_BYTE);
			return false;
		}
	}
	int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd != -1)
		close(fd);
	lock_byte(f->presence, F_RDLCK, PRESENCE_BYTE);
	return true;
}

void
files_suspect(const struct store_files *f)
{
	char *p = join(f->path, "-suspect");
	int fd = open(p, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd != -1)
		close(fd);
	free(p);
}

bool
files_is_suspect(const struct store_files *f)
{
	char *p = join(f->path, "-suspect");
	bool is = access(p, F_OK) == 0;

	free(p);
	return is;
}

void
files_trusted(const struct store_files *f)
{
	char *p = join(f->path, "-suspect");

	unlink(p);
	free(p);
}

/* FNV-1a; two names on one byte only wait for each other without need. */
static off_t
byte_of(const char *name)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211ULL;
	return (off_t)(1 + (h & 0x3fffffffffffULL));
}

struct store_lock *
files_lock(const struct store_files *f, const char *name, uint32_t timeout_ms, struct err *err)
{
	struct timespec nap = { 0, 10 * 1000 * 1000 };
	off_t at = byte_of(name);
	struct store_lock *l;
	int fd = lock_open(f, err);

	if (fd == -1)
		return NULL;
	for (uint32_t waited = 0; !lock_byte(fd, F_WRLCK, at); waited += 10) {
		if (waited >= timeout_ms) {
			close(fd);
			err_set(err, ERR_BUSY, "%s is locked", name);
			return NULL;
		}
		nanosleep(&nap, NULL);
	}
	if ((l = malloc(sizeof(*l))) == NULL)
		abort();
	l->fd = fd;
	return l;
}

void
store_unlock(struct store_lock *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	free(l);
}
