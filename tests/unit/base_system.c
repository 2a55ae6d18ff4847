/* log, time and file */

#include "unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"

static const struct {
	const char	*in;
	bool		 ok;
	int64_t		 at;
	const char	*again;
} times[] = {
	{ "1970-01-01T00:00:00Z", true, 0, "1970-01-01T00:00:00Z" },
	{ "2026-11-23T18:00:00Z", true, 1795456800, "2026-11-23T18:00:00Z" },
	{ "2026-11-23", true, 1795392000, "2026-11-23T00:00:00Z" },
	{ "2000-02-29T23:59:59Z", true, 951868799, "2000-02-29T23:59:59Z" },
	{ "1969-12-31T23:59:59Z", true, -1, "1969-12-31T23:59:59Z" },
	{ "0000-01-01T00:00:00Z", true, -62167219200, "0000-01-01T00:00:00Z" },
	{ "0000-12-31", true, -62135683200, "0000-12-31T00:00:00Z" },
	{ "9999-12-31T23:59:59Z", true, 253402300799, "9999-12-31T23:59:59Z" },
	{ "1900-02-29", false, 0, NULL }, { "2025-02-29", false, 0, NULL },
	{ "2026-13-01", false, 0, NULL }, { "2026-00-01", false, 0, NULL },
	{ "2026-04-31", false, 0, NULL }, { "2026-04-00", false, 0, NULL },
	{ "2026-11-23T24:00:00Z", false, 0, NULL }, { "2026-11-23T18:60:00Z", false, 0, NULL },
	{ "2026-11-23T18:00:60Z", false, 0, NULL }, { "2026-11-23T18:00:00", false, 0, NULL },
	{ "2026-11-23 18:00:00Z", false, 0, NULL }, { "2026-11-23T18:00Z", false, 0, NULL },
	{ "2026-11-23T18:00:00+00:00", false, 0, NULL }, { "26-11-23", false, 0, NULL },
	{ "", false, 0, NULL }, { "2026-11-2x", false, 0, NULL },
};

static void
test_time(struct arena *a)
{
	int64_t at;
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ok = time_parse(text_of(times[i].in), &at);
		CHECK(times[i].in, ok == times[i].ok);
		if (!ok)
			continue;
		CHECK(times[i].in, at == times[i].at);
		CHECK_STR(times[i].in, time_str(a, at), times[i].again);
	}
	CHECK_STR("before what can be said", time_str(a, INT64_MIN), "0000-01-01T00:00:00Z");
	CHECK_STR("after what can be said", time_str(a, INT64_MAX), "9999-12-31T23:59:59Z");
	for (at = -86400LL * 366 * 400, ok = true; at < 86400LL * 366 * 400; at += 86399 * 7) {
		int64_t back;

		ok = ok && time_parse(text_of(time_str(a, at)), &back) && back == at;
	}
	CHECK("eight centuries there and back", ok);
}

static void
write_file(const char *path, const char *s, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK("write", fd >= 0 && write(fd, s, strlen(s)) == (ssize_t)strlen(s));
	close(fd);
	chmod(path, mode);
}

static void
test_file(struct arena *a)
{
	char dir[] = "/tmp/base_system.XXXXXX";
	const char *f, *link;
	struct err err = { 0 };
	struct text t;

	if (mkdtemp(dir) == NULL)
		exit(1);
	f = arena_printf(a, "%s/f", dir);
	link = arena_printf(a, "%s/link", dir);
	write_file(f, "hello", 0600);
	CHECK("symlink", symlink(f, link) == 0);

	CHECK("read", file_read(a, f, 5, &t, &err) && text_is(t, "hello"));
	CHECK("a link is followed", file_read(a, link, 100, &t, &err) && text_is(t, "hello"));
	CHECK("too large", !file_read(a, f, 4, &t, &err) && err.code == ERR_LIMIT);
	CHECK("absent", !file_read(a, arena_printf(a, "%s/none", dir), 9, &t, &err) &&
	    err.code == ERR_NOT_FOUND);
	CHECK("a directory", !file_read(a, dir, 9, &t, &err) && err.code == ERR_VALUE);
	CHECK("no size beforehand", file_read(a, "/proc/self/status", 1 << 20, &t, &err) && t.n > 100);
	CHECK("endless", !file_read(a, "/dev/zero", 300000, &t, &err) && err.code == ERR_LIMIT);

	CHECK("secret", file_read_secret(a, f, false, 9, &t, &err) && text_is(t, "hello"));
	CHECK("secret: link", !file_read_secret(a, link, true, 9, &t, &err) &&
	    err.code == ERR_DENIED);
	chmod(f, 0640);
	CHECK("secret: group", !file_read_secret(a, f, false, 9, &t, &err) &&
	    err.code == ERR_DENIED);
	CHECK("secret: group allowed", file_read_secret(a, f, true, 9, &t, &err));
	chmod(f, 0660);
	CHECK("secret: group writes", !file_read_secret(a, f, true, 9, &t, &err));
	chmod(f, 0604);
	CHECK("secret: others", !file_read_secret(a, f, true, 9, &t, &err) &&
	    err.code == ERR_DENIED);
	CHECK("secret: a directory", !file_read_secret(a, dir, true, 9, &t, &err));
	unlink(link);
	unlink(f);
	rmdir(dir);
}

/* What one log line writes. */
static const char *
logged(struct arena *a, enum log_level level, const char *value)
{
	static char buf[8192];
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	(void)a;
	if (pipe2(fds, O_NONBLOCK) != 0 || saved < 0)
		exit(1);
	dup2(fds[1], STDERR_FILENO);
	log_line(level, "net", "got %s", value);
	dup2(saved, STDERR_FILENO);
	n = read(fds[0], buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = '\0';
	close(fds[0]);
	close(fds[1]);
	close(saved);
	return buf;
}

static void
test_log(struct arena *a)
{
	enum log_level level;
	char *big;

	CHECK_STR("plain", logged(a, LOG_WARNING, "x"), "warning net: got x\n");
	CHECK_STR("no forged line", logged(a, LOG_ERROR, "x\nerror net: y\r\x1b[2J\x7f"),
	    "error net: got x\\x0aerror net: y\\x0d\\x1b[2J\\x7f\n");
	CHECK_STR("bidi marks", logged(a, LOG_INFO, "a\xe2\x80\xae" "b\xe2\x81\xa6" "c\xd8\x9c"),
	    "info net: got a\\u202eb\\u2066c\\u061c\n");
	CHECK_STR("C1 and line separator", logged(a, LOG_INFO, "\xc2\x85\xe2\x80\xa8"),
	    "info net: got \\u0085\\u2028\n");
	CHECK_STR("not UTF-8", logged(a, LOG_INFO, "\xff\xc3\xa9"), "info net: got \\xff\xc3\xa9\n");
	CHECK_STR("below the level", logged(a, LOG_DEBUG, "x"), "");
	log_level_set(LOG_DEBUG);
	CHECK_STR("level raised", logged(a, LOG_DEBUG, "x"), "debug net: got x\n");
	big = arena_zalloc(a, 100001);
	memset(big, '\n', 100000);
	CHECK("bounded", strlen(logged(a, LOG_INFO, big)) < 8191);
	CHECK("level from text", log_level_parse("warning", &level) && level == LOG_WARNING);
	CHECK("no level", !log_level_parse("loud", &level) && !log_level_parse(NULL, &level));
}

int
main(void)
{
	struct arena *a = arena_new();

	test_time(a);
	test_file(a);
	test_log(a);
	arena_free(a);
	TEST_END();
}
