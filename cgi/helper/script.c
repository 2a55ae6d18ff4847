/*
 * The rights of one file of a web site, as its owner:
 *
 *	script-mode FOLDER FILE [MODE]	-> {"mode":"0644"}, after MODE is given what holds then
 *
 * FOLDER is the site's document root, FILE a path below it.  A script without
 * rights is run by nobody and stays as it is, for whoever looks into it.  The
 * process has become the owner of the folder before: what is not his cannot be
 * changed, whatever he makes of the path meanwhile.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/helper.h"
#include "helper/tree.h"

/* "wp-content/x.php": no folder above, none of itself. */
static bool
is_path_below(const char *path)
{
	struct text rest = text_of(path), part;

	while (text_split(&rest, '/', &part))
		if (part.n == 0 || text_is(part, ".") || text_is(part, ".."))
			return false;
	return path[0] != '\0' && path[strlen(path) - 1] != '/' && strlen(path) <= TREE_PATH_MAX;
}

/* Four octal digits, of which the first, of other rights than to read, write and run, is 0. */
static bool
mode_read(const char *s, mode_t *ret)
{
	if (strlen(s) != 4 || s[0] != '0' || strspn(s, "01234567") != 4)
		return false;
	*ret = (mode_t)strtoul(s, NULL, 8);
	return true;
}

static bool
stat_script(int folder, const char *name, struct stat *st, struct err *err)
{
	if (fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "%s: %s", name, strerror(errno));
	return (S_ISREG(st->st_mode) && st->st_nlink == 1) ||
	    err_set(err, ERR_DENIED, "%s is no file, or has more names than one", name);
}

bool
verb_script_mode(struct verb_call *c, struct err *err)
{
	const char *path = c->args[1], *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	struct tree tree;
	struct stat st;
	mode_t mode = 0;
	int folder;

	if (!is_path_below(path) || (c->arg_count > 2 && !mode_read(c->args[2], &mode)))
		return err_set(err, ERR_VALUE, "no script, or no mode");
	if (!tree_enter(c->helper, c->args[0], &tree, err))
		return false;
	folder = slash == NULL ? openat(tree.root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC) :
	    open_below(tree.root, arena_strndup(c->arena, path, (size_t)(slash - path)), O_PATH | O_DIRECTORY);
	if (folder == -1)
		return err_set(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_DENIED, "%s: %s", path,
		    strerror(errno));
	if (!stat_script(folder, name, &st, err))
		return false;
	if (c->arg_count > 2 && (fchmodat(folder, name, mode, 0) == -1 || !stat_script(folder, name, &st, err)))
		return err_set(err, ERR_DENIED, "%s: its rights cannot be changed", path);
	close(folder);
	c->reply->status = 0;
	c->reply->out = text_of(arena_printf(c->arena, "{\"mode\":\"%04o\"}\n", (unsigned)(st.st_mode & 07777)));
	return true;
}
