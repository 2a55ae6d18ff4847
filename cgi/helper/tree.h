#ifndef HELPER_TREE_H
#define HELPER_TREE_H

/*
 * A customer's folder (tree.c).  No link is followed in it, not even one that
 * leads to another place of his; FIFOs, devices and what is mounted below it are
 * passed over.
 */

#include <sys/types.h>

#include "helper/helper.h"

#define TREE_PATH_MAX	1000	/* bytes, below the folder and of its own path */
#define TREE_NAMES_MAX	50000	/* of one folder */

struct tree {
	int	root;
	dev_t	device;
};

struct tree_entry {
	const char	*name;
	bool		 folder;	/* else a regular file */
};

/* "/var/www/vhosts/cust.example/httpdocs": absolute, below one of the fixed places, no "..". */
bool	word_is_tree(const struct helper *, const char *path);

/*
 * Open it and become its owner (nobody, where that is root), for good: the
 * process can do nothing else from here on.  ERR_VALUE: no such place is
 * looked at; ERR_NOT_FOUND; ERR_DENIED: a link is part of the path.
 */
bool	tree_enter(const struct helper *, const char *path, struct tree *ret, struct err *);

/* Folders and regular files in a folder ("" = the tree's own), by name.  false = not all of them. */
bool	tree_list(struct arena *, const struct tree *, const char *path, struct tree_entry **ret, size_t *count);

/* A regular file, -1 = none, or it may not be read. */
int	tree_open(const struct tree *, const char *path, int64_t *size);
/* Its beginning, at most max bytes into buf; *whole = that is all of it. */
bool	tree_read(const struct tree *, const char *path, char *buf, size_t max, struct text *ret, bool *whole);

#endif
