/* A log read on: rotated, copied and cut, dated, grown again; and places that are none. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/follow.h"
#include "unit/test.h"

static char dir[] = "/tmp/asg-follow-XXXXXX";

static int
open_it(void *ctx, const char *suffix, struct err *err)
{
	char path[200];
	int fd;

	(void)ctx;
	snprintf(path, sizeof(path), "%s/log%s", dir, suffix);
	if ((fd = open(path, O_RDONLY)) == -1)
		err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", path);
	return fd;
}

static const struct follow_files files = { open_it, NULL };

static void
put(const char *suffix, const char *text, bool more)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/log%s", dir, suffix);
	if ((f = fopen(path, more ? "a" : "w")) == NULL)
		abort();
	fputs(text, f);
	fclose(f);
}

static void
move(const char *from, const char *to)
{
	char a[200], b[200];

	snprintf(a, sizeof(a), "%s/log%s", dir, from);
	snprintf(b, sizeof(b), "%s/log%s", dir, to);
	if (rename(a, b) == -1)
		abort();
}

struct place { const char *file; int64_t offset; };

/* All there is from a place on, as one text; *lost: something was. */
static const char *
rest(struct arena *a, struct place *at, bool *lost)
{
	static char all[4096];
	struct follow f;
	struct err err;
	size_t n = 0;

	*lost = false;
	do {
		if (!follow_read(a, &files, at->file, at->offset, 0, 1764000000, &f, &err))
			return NULL;
		if (n + f.lines.n < sizeof(all))
			memcpy(all + n, f.lines.p, f.lines.n), n += f.lines.n;
		*lost = *lost || f.lost;
		*at = (struct place){ f.file, f.offset };
	} while (f.more);
	all[n] = '\0';
	return all;
}

static const char *const nonsense[] = {
	"", "-", "---", "1", "1-2", "1-2-3", "1-2-3-", "1-2-401-0000000000000000", "ffffffffffffffff-ffffffffffffffff-400-",
	"11111111111111111-1-1-1", "g-1-1-1", "1-2-3-4-5-6", "../../etc/passwd", "\xff\xfe",
};

static void
test_places(struct arena *a)
{
	put("", "one\ntwo\n", false);
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct place at = { nonsense[i], 3 };
		bool lost;

		CHECK_STR(nonsense[i], rest(a, &at, &lost), "one\ntwo\n");
		CHECK(nonsense[i], lost);
	}
}

static void
test_on(struct arena *a)
{
	struct place at = { FOLLOW_OLDEST, 0 };
	struct follow f;
	struct err err;
	bool lost;

	put(".1", "a\n", false);
	put("", "b\nnot wh", false);
	CHECK_STR("the oldest first, whole lines", rest(a, &at, &lost), "a\nb\n");
	put("", "ole\n", true);
	CHECK_STR("then the whole line", rest(a, &at, &lost), "not whole\n");
	move("", ".1");
	put("", "", false);
	put(".1", "late\n", true);
	CHECK_STR("an empty new one: the old is not left yet", rest(a, &at, &lost), "late\n");
	put(".1", "later, and no end", true);
	put("", "new\n", true);
	CHECK_STR("left, with its last line", rest(a, &at, &lost), "later, and no endnew\n");
	CHECK("nothing is lost", !lost);
	move(".1", ".2");
	move("", ".1");
	usleep(20000);			/* clocks of file systems are coarse */
	put("", "newer\n", false);
	usleep(20000);
	move("", "-20251124");
	put("", "newest\n", false);
	{
		const char *got = rest(a, &at, &lost);

		CHECK("two rotations, one of them dated", strstr(got, "newest\n") != NULL && strstr(got, "newer\n") != NULL && !lost);
	}
	put(".3", "newest\nmore\n", false);
	put("", "something else that is longer\n", false);
	CHECK("copied and cut, and grown beyond", strstr(rest(a, &at, &lost), "more\n") != NULL && !lost);
	put("", "x\n", false);
	CHECK_STR("cut without a copy", rest(a, &at, &lost), "x\n");
	CHECK("is lost", lost);
	CHECK("the end", follow_read(a, &files, NULL, 0, 0, 1764000000, &f, &err) && f.lines.n == 0 && f.offset == 2 && !f.more);
	CHECK("a place beyond the end", follow_read(a, &files, f.file, 99, 0, 1764000000, &f, &err) && f.lost && f.lines.n == 0 &&
	    f.offset == 2);
}

/* A line longer than a piece is passed over, the next is whole. */
static void
test_long(struct arena *a)
{
	struct place at = { FOLLOW_OLDEST, 0 };
	char *line = malloc(FOLLOW_CHUNK_MAX + 1000);
	struct follow f;
	struct err err;
	struct text last = { "", 0 }, rest_of, one;

	if (line == NULL)
		abort();
	memset(line, 'x', FOLLOW_CHUNK_MAX + 998);
	line[FOLLOW_CHUNK_MAX + 998] = '\n';
	line[FOLLOW_CHUNK_MAX + 999] = '\0';
	put("", line, false);
	put("", "good\n", true);
	free(line);
	do {
		CHECK("read", follow_read(a, &files, at.file, at.offset, 4102444800, 1764000000, &f, &err));
		at = (struct place){ f.file, f.offset };
		for (rest_of = f.lines; text_line(&rest_of, &one);)
			last = one;
	} while (f.more);
	CHECK("the next line", text_is(last, "good"));
}

static void
test_none(struct arena *a)
{
	struct follow f;
	struct err err = { 0 };
	char path[200];

	snprintf(path, sizeof(path), "%s/log", dir);
	unlink(path);
	CHECK("not there", !follow_read(a, &files, FOLLOW_OLDEST, 0, 0, 1764000000, &f, &err) && err.code == ERR_NOT_FOUND);
	CHECK("a folder", mkdir(path, 0755) == 0 && !follow_read(a, &files, NULL, 0, 0, 1764000000, &f, &err) &&
	    err.code == ERR_DENIED);
	rmdir(path);
}

int
main(void)
{
	static const char *const made[] = { ".1", ".2", ".3", "-20251124" };
	struct arena *a = arena_new();
	char path[200];

	if (mkdtemp(dir) == NULL)
		abort();
	test_places(a);
	test_on(a);
	test_long(a);
	test_none(a);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		snprintf(path, sizeof(path), "%s/log%s", dir, made[i]);
		unlink(path);
	}
	rmdir(dir);
	arena_free(a);
	TEST_END();
}
