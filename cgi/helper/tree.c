/*
 * A customer's folder, looked at as the customer: what he may not read this
 * process cannot read either, whatever he makes of the folder meanwhile.  Its
 * rights are given away for good before the first name in it is read, so a
 * mistake in what reads his files costs him no more than his own.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/helper.h"
#include "helper/tree.h"

#define NOBODY		65534

/* Where panels and people put web sites. */
static const char *const places[] = { "/var/www/", "/srv/", "/home/", "/home1/", "/home2/", "/home3/", "/home4/",
	"/home5/" };

static bool
is_below(const char *path, const char *place)
{
	size_t n = strlen(place);

	return strncmp(path, place, n) == 0 && (n == 0 || place[n - 1] == '/' || path[n] == '/') &&
	    strspn(path + n, "/") < strlen(path + n);
}

bool
word_is_tree(const struct helper *h, const char *path)
{
	struct text rest = text_of(path), part;
	bool known = h->web_dir != NULL && is_below(path, h->web_dir);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		known = known || is_below(path, places[i]);
	if (!known || rest.n > TREE_PATH_MAX)
		return false;
	rest = text_skip(rest, 1);
	while (text_split(&rest, '/', &part))
		if (text_is(part, ".") || text_is(part, "..") || (part.n == 0 && rest.n > 0))
			return false;
	return true;
}

bool
become(unsigned uid, struct err *err)
{
	if (uid == 0)
		uid = NOBODY;
	if (geteuid() != 0)
		return geteuid() == uid || err_set(err, ERR_DENIED, "only root can be the owner of a folder");
	if (setgroups(0, NULL) == -1 || setresgid(NOBODY, NOBODY, NOBODY) == -1 || setresuid(uid, uid, uid) == -1 ||
	    geteuid() != uid || setuid(0) != -1)
		return err_set(err, ERR_IO, "the owner of the folder could not be taken on: %s", strerror(errno));
	/* Both of them come back with another user id. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return true;
}

bool
tree_enter(const struct helper *h, const char *path, struct tree *ret, struct err *err)
{
	struct stat st;

	if (!word_is_tree(h, path))
		return err_set(err, ERR_VALUE, "not a folder of web sites");
	ret->root = open_below(h->root, path, O_PATH | O_DIRECTORY);
	if (ret->root == -1)
		return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : errno == ELOOP || errno == ENOTDIR ||
		    errno == EXDEV ? ERR_DENIED : ERR_IO, "%s: %s", path, strerror(errno));
	if (fstat(ret->root, &st) == -1 || !S_ISDIR(st.st_mode))
		return err_set(err, ERR_DENIED, "%s is no folder", path);
	ret->device = st.st_dev;
	return become(st.st_uid, err);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_entry *)a)->name, ((const struct tree_entry *)b)->name);
}

static bool
entry_kind(int folder, const struct dirent *d, bool *is_folder)
{
	struct stat st;

	*is_folder = d->d_type == DT_DIR;
	if (d->d_type == DT_UNKNOWN && fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		*is_folder = S_ISDIR(st.st_mode);
		return *is_folder || S_ISREG(st.st_mode);
	}
	return *is_folder || d->d_type == DT_REG;
}

bool
tree_list(struct arena *a, const struct tree *tree, const char *path, struct tree_entry **ret, size_t *count)
{
	int fd = path[0] == '\0' ? openat(tree->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
	    open_below(tree->root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct stat st;
	struct dirent *d;
	size_t n = 0, size = 64;
	bool whole = true, folder;

	*count = 0;
	*ret = arena_array(a, size, sizeof(**ret));
	if (dir == NULL || fstat(fd, &st) == -1 || st.st_dev != tree->device) {
		if (dir != NULL)
			closedir(dir);
		else if (fd != -1)
			close(fd);
		return false;
	}
	while ((d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 || !entry_kind(fd, d, &folder))
			continue;
		if (n == TREE_NAMES_MAX) {
			whole = false;
			break;
		}
		if (n == size) {
			struct tree_entry *more = arena_array(a, size * 2, sizeof(*more));

			memcpy(more, *ret, n * sizeof(*more));
			*ret = more;
			size *= 2;
		}
		(*ret)[n++] = (struct tree_entry){ arena_strdup(a, d->d_name), folder };
	}
	closedir(dir);
	qsort(*ret, n, sizeof(**ret), by_name);
	*count = n;
	return whole;
}

int
tree_open(const struct tree *tree, const char *path, int64_t *size)
{
	int fd = open_below(tree->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	*size = st.st_size;
	return fd;
}

bool
tree_read(const struct tree *tree, const char *path, char *buf, size_t max, struct text *ret, bool *whole)
{
	int64_t size;
	int fd = tree_open(tree, path, &size);
	size_t n = 0;
	ssize_t got = 0;

	if (fd == -1)
		return false;
	while (n < max && (got = read(fd, buf + n, max - n)) > 0)
		n += (size_t)got;
	*whole = got == 0 && n < max;
	close(fd);
	*ret = (struct text){ buf, n };
	return got >= 0;
}
