/*
 * Power cut and a disk that fails.
 *
 * The first part copies the files and cuts the write-ahead log anywhere: what
 * opens holds whole entries, from the first without a gap.  The second puts a
 * layer under SQLite that fails the n-th write or sync, for every n: nothing
 * crashes, what was acknowledged is there afterwards, and nothing is half
 * there.
 */

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/file.h"
#include "store/audit.h"
#include "store/journal.h"
#include "store/plans.h"
#include "unit/store_test.h"

static struct store_entry
entry(struct arena *a)
{
	return (struct store_entry){ .login = "anna", .role = "customer", .fix = "spf.publish",
	    .target = "a.example", .domain = "a.example", .state = "applying",
	    .changes = json_parse(a, TEXT("[{\"kind\":\"queue\",\"action\":\"hold\",\"ids\":[\"1\"]}]"), NULL),
	    .steps = json_new_array(a), .checks = json_new_array(a) };
}

/* Entries in the store, or -1 when one of them is not whole. */
static int
entries_of(struct store *s, struct arena *a)
{
	struct journal_page p;
	struct err err;

	if (!store_journal_list(s, a, &everybody, &(struct journal_query){ .oldest_first = true,
	    .per_page = STORE_PER_PAGE_MAX }, &p, &err))
		return -1;
	for (size_t i = 0; i < p.count; i++)
		if (p.entries[i].id != (int64_t)i + 1 || json_count(p.entries[i].changes) != 1)
			return -1;
	return (int)p.count;
}

static void
put_file(const char *path, struct text t)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	if (fd == -1 || write(fd, t.p, t.n) != (ssize_t)t.n)
		abort();
	close(fd);
}

static void
power_cut(struct arena *a)
{
	struct text db, wal;
	struct store_entry e = entry(a);
	struct err err = { 0 };
	struct store *s = store_open(test_path, &err);
	char path[200], wal_path[220], shm_path[220];
	int64_t id = 0;
	int before = 0, bad = 0, backwards = 0, damaged = 0;

	for (int i = 0; i < 40; i++)
		if (!store_journal_begin(s, &e, NULL, 1000, &id, &err))
			abort();
	/* As the disk would be, were the power cut now: the log not yet copied into the file. */
	snprintf(wal_path, sizeof(wal_path), "%s-wal", test_path);
	if (!file_read(a, test_path, 1 << 26, &db, &err) || !file_read(a, wal_path, 1 << 26, &wal, &err))
		abort();
	store_close(s);
	snprintf(path, sizeof(path), "%s/cut.db", test_dir);
	snprintf(wal_path, sizeof(wal_path), "%s-wal", path);
	snprintf(shm_path, sizeof(shm_path), "%s-shm", path);
	for (size_t cut = 0; cut <= wal.n; cut += cut + 997 > wal.n && cut < wal.n ? wal.n - cut : 997) {
		struct arena *one = arena_new();
		int n;

		unlink(shm_path);
		put_file(path, db);
		put_file(wal_path, (struct text){ wal.p, cut });
		s = store_open(path, &err);
		n = s == NULL ? -1 : entries_of(s, one);
		damaged += s != NULL && store_damaged(s, one) != NULL;
		bad += n < 0;
		backwards += n < before;
		before = n > before ? n : before;
		store_close(s);
		arena_free(one);
	}
	CHECK("wherever the log ends: whole entries without a gap", bad == 0);
	CHECK("more log, never fewer entries", backwards == 0);
	CHECK("a log cut off is no damage", damaged == 0);
	CHECK("the whole log: every acknowledged entry", before == 40);
}

/* --- a disk that fails ------------------------------------------------------------------------------------ */

static struct { int countdown, code; } disk;	/* countdown 0 = now and from now on, -1 = never */

static bool
disk_fails(void)
{
	if (disk.countdown > 0)
		disk.countdown--;
	return disk.countdown == 0;
}

struct shim {
	sqlite3_file			 base;
	sqlite3_io_methods		 methods;
	const sqlite3_io_methods	*real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return (sqlite3_file *)((char *)f + sizeof(struct shim));
}

static int shim_close(sqlite3_file *f) { return real_of(f)->pMethods->xClose(real_of(f)); }
static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return real_of(f)->pMethods->xRead(real_of(f), p, n, at); }
static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{ return disk_fails() ? disk.code : real_of(f)->pMethods->xWrite(real_of(f), p, n, at); }
static int shim_truncate(sqlite3_file *f, sqlite3_int64 n)
{ return disk_fails() ? SQLITE_IOERR_TRUNCATE : real_of(f)->pMethods->xTruncate(real_of(f), n); }
static int shim_sync(sqlite3_file *f, int flags)
{ return disk_fails() ? SQLITE_IOERR_FSYNC : real_of(f)->pMethods->xSync(real_of(f), flags); }
static int shim_size(sqlite3_file *f, sqlite3_int64 *n) { return real_of(f)->pMethods->xFileSize(real_of(f), n); }
static int shim_lock(sqlite3_file *f, int l) { return real_of(f)->pMethods->xLock(real_of(f), l); }
static int shim_unlock(sqlite3_file *f, int l) { return real_of(f)->pMethods->xUnlock(real_of(f), l); }
static int shim_check(sqlite3_file *f, int *r) { return real_of(f)->pMethods->xCheckReservedLock(real_of(f), r); }
static int shim_control(sqlite3_file *f, int op, void *p) { return real_of(f)->pMethods->xFileControl(real_of(f), op, p); }
static int shim_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int shim_traits(sqlite3_file *f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); }
static int shim_shm_map(sqlite3_file *f, int i, int n, int x, void volatile **p) { return real_of(f)->pMethods->xShmMap(real_of(f), i, n, x, p); }
static int shim_shm_lock(sqlite3_file *f, int o, int n, int x) { return real_of(f)->pMethods->xShmLock(real_of(f), o, n, x); }
static void shim_shm_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int shim_shm_unmap(sqlite3_file *f, int d) { return real_of(f)->pMethods->xShmUnmap(real_of(f), d); }

static const sqlite3_io_methods shim_methods = { 2, shim_close, shim_read, shim_write, shim_truncate,
    shim_sync, shim_size, shim_lock, shim_unlock, shim_check, shim_control, shim_sector, shim_traits,
    shim_shm_map, shim_shm_lock, shim_shm_barrier, shim_shm_unmap, NULL, NULL };

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	int r;

	(void)vfs;
	r = real_vfs->xOpen(real_vfs, name, real_of(f), flags, out);
	f->pMethods = real_of(f)->pMethods != NULL ? &shim_methods : NULL;
	return r;
}

static void
shim_install(void)
{
	static sqlite3_vfs vfs;

	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = "failing";
	vfs.szOsFile = (int)sizeof(struct shim) + real_vfs->szOsFile;
	vfs.xOpen = shim_open;
	sqlite3_vfs_register(&vfs, 1);
}

/* What a change leaves in the store, step by step; counts what was acknowledged. */
static void
work(struct store *s, struct arena *a, int *begun, int *audited)
{
	const struct audit_event event = { .at = 1, .login = "anna", .action = "apply", .outcome = "begun" };
	static int number;
	struct err err;

	for (int i = 0; i < 3; i++) {
		struct store_entry e = entry(a);
		const struct store_plan p = { .id = arena_printf(a, "p%d", ++number), .hash = "h",
		    .created_at = 1000, .login = "anna", .role = "customer", .fix = "spf.publish",
		    .target = "a.example", .domain = "a.example", .json = json_new_object(a) };

		e.plan = p.id;
		*audited += store_audit(s, &event, &err);
		if (!store_plan_put(s, &p, &err) || !store_journal_begin(s, &e, "h", 1001, &e.id, &err))
			continue;
		(*begun)++;
		e.state = "verified";
		store_journal_update(s, &e, 1002, &err);
	}
}

static void
failing_disk(struct arena *a)
{
	static const int codes[] = { SQLITE_FULL, SQLITE_IOERR_WRITE };
	char path[200];
	int lost = 0, half = 0, broken = 0, unwell = 0;

	shim_install();
	for (size_t c = 0; c < 2; c++) {
		for (int n = 1 + (int)c; n <= 48; n += 2) {
			struct arena *one = arena_new();
			struct audit_proof proof = { 0 };
			struct err err = { 0 };
			struct store *s;
			int begun = 0, audited = 0, there;

			snprintf(path, sizeof(path), "%s/disk%zu-%d.db", test_dir, c, n);
			disk.countdown = -1;
			s = store_open(path, &err);
			disk.code = codes[c];
			disk.countdown = n;
			work(s, one, &begun, &audited);
			disk.countdown = -1;
			/* In the same process, and again after a start. */
			for (int again = 0; again < 2; again++) {
				there = entries_of(s, one);
				lost += there < begun;
				half += there < 0;
				broken += !store_audit_verify(s, &proof, &err) || !proof.whole || proof.rows < audited;
				store_close(s);
				s = store_open(path, &err);
				if (s == NULL || store_damaged(s, one) != NULL)
					break;
			}
			unwell += s == NULL || store_damaged(s, one) != NULL;
			if (s != NULL) {
				int more = begun;

				work(s, one, &more, &audited);
				unwell += more != begun + 3;
			}
			store_close(s);
			arena_free(one);
		}
	}
	(void)a;
	CHECK("nothing acknowledged is lost", lost == 0);
	CHECK("nothing is half there", half == 0);
	CHECK("the audit is whole", broken == 0);
	CHECK("well again when there is room", unwell == 0);
}

int
main(void)
{
	struct arena *a = arena_new();

	log_level_set(LOG_ERROR);
	test_begin();
	power_cut(a);
	failing_disk(a);
	test_finish();
	arena_free(a);
	TEST_END();
}
