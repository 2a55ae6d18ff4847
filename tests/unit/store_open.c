/* The file: made with its modes, migrated, refused when newer, put aside when damaged. */

#include <fcntl.h>
#include <sqlite3.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "store/audit.h"
#include "store/db.h"
#include "store/settings.h"
#include "unit/store_test.h"

static void
sql(const char *text)
{
	sqlite3 *db;

	if (sqlite3_open(test_path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		printf("FAIL sql %s: %s\n", text, sqlite3_errmsg(db)), test_failed++;
	sqlite3_close(db);
}

static void
spoil(long at, const void *bytes, size_t n)
{
	int fd = open(test_path, O_WRONLY);

	if (fd == -1 || pwrite(fd, bytes, n, at) != (ssize_t)n)
		abort();
	close(fd);
}

static unsigned
mode_of(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 ? sb.st_mode & 07777 : 0;
}

static void
damage(struct arena *a, const char *name, long at, const void *bytes, size_t n)
{
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err);
	const char *aside;

	CHECK(name, s != NULL && store_set(s, "k", "v", 1, &err));
	store_close(s);
	spoil(at, bytes, n);
	s = store_open(test_path, &err);
	CHECK(name, s != NULL);
	aside = s != NULL ? store_damaged(s, a) : NULL;
	CHECK(name, aside != NULL && access(aside, F_OK) == 0);
	CHECK(name, s != NULL && store_get(s, a, "k", &err) == NULL && err.code == ERR_NOT_FOUND);
	store_close(s);
	s = store_open(test_path, &err);
	CHECK("the damage is told at the next start too", s != NULL && store_damaged(s, a) != NULL);
	CHECK("until it was seen", s != NULL && store_damaged_seen(s, &err) && store_damaged(s, a) == NULL);
	store_close(s);
}

static void
busy(struct arena *a)
{
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err);
	struct timespec t0, t1;
	sqlite3 *other;

	CHECK("open", s != NULL && store_set(s, "k", "v", 1, &err));
	sqlite3_open(test_path, &other);
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	CHECK("another process writes: busy", !store_set(s, "k", "w", 1, &err) && err.code == ERR_BUSY);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	CHECK("after a bounded wait", t1.tv_sec - t0.tv_sec <= STORE_BUSY_MS / 1000 + 2);
	CHECK_STR("reading goes on meanwhile", store_get(s, a, "k", &err), "v");
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	CHECK("and then it works again", store_set(s, "k", "w", 1, &err));
	CHECK("only when as expected", !store_set_if(s, "k", "v", "x", 1, &err) && err.code == ERR_STALE);
	CHECK("set if", store_set_if(s, "k", "w", "x", 1, &err));
	CHECK("set if absent", store_set_if(s, "new", NULL, "x", 1, &err));
	CHECK("not twice", !store_set_if(s, "new", NULL, "x", 1, &err) && err.code == ERR_STALE);
	store_close(s);
}

static void
locks(void)
{
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err);
	struct store_lock *l, *m;
	int status;
	pid_t pid;

	l = store_lock(s, "zone:a.example", 0, &err);
	CHECK("a lock", l != NULL);
	CHECK("not twice in one process", store_lock(s, "zone:a.example", 20, &err) == NULL &&
	    err.code == ERR_BUSY);
	m = store_lock(s, "zone:b.example", 0, &err);
	CHECK("another name is free", m != NULL);
	store_unlock(m);
	store_unlock(l);
	if ((pid = fork()) == 0) {
		struct store *t = store_open(test_path, &err);

		_exit(store_lock(t, "zone:a.example", 0, &err) != NULL ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	CHECK("held by another process", WIFEXITED(status) && WEXITSTATUS(status) == 0);
	l = store_lock(s, "zone:a.example", 0, &err);
	CHECK("ends with its holder", l != NULL);
	store_unlock(l);
	store_close(s);
}

/*
 * A disk without room (a limit on the size of files stands for it): the write
 * is refused, nothing that was acknowledged is lost, and it recovers by itself.
 */
static int
disk_full_child(struct arena *a)
{
	struct rlimit none = { 0, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err);
	char value[2000];
	bool refused = false;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	signal(SIGXFSZ, SIG_IGN);
	none.rlim_cur = 60000;
	setrlimit(RLIMIT_FSIZE, &none);
	for (int i = 0; i < 100 && !refused; i++) {
		char key[32];

		snprintf(key, sizeof(key), "full%d", i);
		if (!store_set(s, key, value, 1, &err))
			refused = err.code == ERR_IO;
		else if (store_get(s, a, key, &err) == NULL)
			return 2;
	}
	if (!refused || store_get(s, a, "full0", &err) == NULL)
		return 3;
	setrlimit(RLIMIT_FSIZE, &all);
	return store_set(s, "room", "again", 1, &err) ? 0 : 4;
}

static void
disk_full(struct arena *a)
{
	struct err err = { 0 };
	struct store *s;
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(disk_full_child(a));
	waitpid(pid, &status, 0);
	CHECK("disk full: refused, kept, and well again", WIFEXITED(status) && WEXITSTATUS(status) == 0);
	s = store_open(test_path, &err);
	CHECK("what was acknowledged is there", s != NULL && store_get(s, a, "full0", &err) != NULL &&
	    store_get(s, a, "room", &err) != NULL);
	store_close(s);
	/* Root writes everywhere, so a read-only file cannot be tried as root. */
	if (geteuid() != 0) {
		chmod(test_path, 0440);
		CHECK("read-only file is refused", store_open(test_path, &err) == NULL && err.code == ERR_IO);
		chmod(test_path, 0640);
	}
}

/* A page that was made is good until somebody changes something. */
static void
turns(void)
{
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err), *other = store_open(test_path, &err);
	const struct audit_event event = { .at = 1, .login = "anna", .role = "customer", .action = "view" };
	int64_t before, after;

	CHECK("set", store_set(s, "t", "1", 1, &err));
	before = store_turn(s);
	CHECK("a number", before > 0 && store_turn(s) == before);
	CHECK("seen by another process", store_turn(other) == before);
	CHECK("set by another", store_set(other, "t", "2", 1, &err));
	after = store_turn(s);
	CHECK("its commit counts", after > before);
	CHECK("nothing to remove", store_set(s, "none", NULL, 1, &err) && store_turn(s) == after);
	CHECK("the audit does not count", store_audit(s, &event, &err) && store_turn(s) == after);
	store_close(other);
	store_close(s);
}

int
main(void)
{
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct store *s;
	const char *text = "";
	char dir[128], zeros[512] = { 0 };

	log_level_set(LOG_ERROR);
	test_begin();
	s = store_open(test_path, &err);
	CHECK("a new store", s != NULL);
	CHECK("mode of the file", mode_of(test_path) == 0640);
	snprintf(dir, sizeof(dir), "%s/var", test_dir);
	CHECK("mode of the directory", mode_of(dir) == 0750);
	CHECK("nothing was damaged", s != NULL && store_damaged(s, a) == NULL);
	CHECK("whole", s != NULL && store_integrity(s, a, &text, &err));
	CHECK_STR("whole", text, "ok");
	store_close(s);

	busy(a);
	turns();
	locks();
	disk_full(a);

	sql("PRAGMA user_version=99");
	CHECK("a newer schema is refused", store_open(test_path, &err) == NULL && err.code == ERR_UNSUPPORTED);
	sql(arena_printf(a, "PRAGMA user_version=%d", schema_version));
	s = store_open(test_path, &err);
	CHECK("and the file was left alone", s != NULL && store_get(s, a, "k", &err) != NULL);
	store_close(s);
	sql("PRAGMA application_id=7");
	CHECK("another program's file is refused", store_open(test_path, &err) == NULL &&
	    err.code == ERR_UNSUPPORTED);
	unlink(test_path);

	damage(a, "no database at all", 0, "this is not SQLite", 18);
	damage(a, "a page of zeros", 4096, zeros, sizeof(zeros));
	damage(a, "a broken first page", 100, zeros, sizeof(zeros));

	snprintf(dir, sizeof(dir), "%s/none/none/state.db", test_dir);
	CHECK("no directory", store_open(dir, &err) == NULL && err.code == ERR_IO);
	store_close(NULL);
	test_finish();
	arena_free(a);
	TEST_END();
}
