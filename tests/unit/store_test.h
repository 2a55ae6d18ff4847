#ifndef TESTS_UNIT_STORE_TEST_H
#define TESTS_UNIT_STORE_TEST_H

/* A folder of its own for each test program, removed at the end. */

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/store.h"
#include "unit/test.h"

static char test_dir[] = "/tmp/asg-store-XXXXXX";
static char test_path[128];

static int
test_remove(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
	(void)sb, (void)flag, (void)ftw;
	return remove(path);
}

static inline void
test_begin(void)
{
	if (mkdtemp(test_dir) == NULL)
		abort();
	snprintf(test_path, sizeof(test_path), "%s/var/state.db", test_dir);
}

static inline void
test_finish(void)
{
	nftw(test_dir, test_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static const struct store_scope everybody = { .all = true };

#endif
