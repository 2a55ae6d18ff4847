/* One program: absolute path, own environment, bounded time and output, no shell. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "helper/helper.h"
#include "helper/thin.h"

#define OUTSIDE_WORDS_MAX	700

static const char *
find_program(char path[128], const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	    "/usr/local/cpanel/bin", "/usr/local/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, 128, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

bool
program_exists(const char *name)
{
	char path[128];

	return find_program(path, name) != NULL;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct child {
	pid_t	pid;
	int	in, out, err;		/* our ends; -1 = closed */
	bool	ended;
	int	status;
};

static void
be_program(const char *path, const char *const *argv, int in, int out, int err)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "LANG=C",
	    "HOME=/", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	setpgid(0, 0);
	umask(022);		/* main.cf and tables are for everybody to read */
	if (dup2(in, 0) == -1 || dup2(out, 1) == -1 || dup2(err, 2) == -1 || chdir("/") == -1)
		_exit(126);
	execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	_exit(126);
}

static bool
start(const char *path, const char *const *argv, struct child *child, struct err *err)
{
	int p[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } }, i, j;

	for (i = 0; i < 3; i++)
		if (pipe2(p[i], O_CLOEXEC) == -1)
			break;
	child->pid = i < 3 ? -1 : fork();
	if (child->pid == 0)
		be_program(path, argv, p[0][0], p[1][1], p[2][1]);
	if (child->pid == -1) {
		for (i = 0; i < 3; i++)
			for (j = 0; j < 2; j++)
				if (p[i][j] != -1)
					close(p[i][j]);
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	}
	setpgid(child->pid, child->pid);	/* as it does itself: whoever is first, the group is there */
	close(p[0][0]);
	close(p[1][1]);
	close(p[2][1]);
	child->ended = false;
	child->in = p[0][1];
	child->out = p[1][0];
	child->err = p[2][0];
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	return true;
}

static void
shut(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* false: the bound was passed. */
static bool
take(int *fd, struct str *into, struct thin *thin)
{
	char buf[65536];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n <= 0) {
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			shut(fd);
		return true;
	}
	if (thin != NULL)
		thin_add(thin, (struct text){ buf, (size_t)n });
	else
		str_addt(into, (struct text){ buf, (size_t)n });
	return !into->full;
}

static void
give(int *fd, struct text *rest)
{
	ssize_t n = rest->n == 0 ? 0 : write(*fd, rest->p, rest->n);

	if (n > 0)
		*rest = text_skip(*rest, (size_t)n);
	if (rest->n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		shut(fd);
}

static bool
has_ended(struct child *child)
{
	if (!child->ended)
		child->ended = waitpid(child->pid, &child->status, WNOHANG) == child->pid;
	return child->ended;
}

/* It may close what it says things with, and go on. */
static bool
await_end(struct child *child, int64_t end)
{
	static const struct timespec step = { 0, 20 * 1000000L };

	while (!has_ended(child) && now_ms() <= end)
		nanosleep(&step, NULL);
	return child->ended;
}

static bool
too_late(unsigned limit_s, struct err *err)
{
	return err_set(err, ERR_TIMEOUT, "the program did not end in %u s", limit_s);
}

/*
 * `postfix start` leaves a daemon behind that may keep the pipes: its end is the program's.
 * cut: that is enough, where not NULL.
 */
static bool
talk(struct child *child, struct text input, unsigned limit_s, struct str *out, struct thin *thin,
    struct str *err_text, bool *cut, struct err *err)
{
	int64_t end = now_ms() + limit_s * 1000L;

	while (child->out != -1 || child->err != -1) {
		struct pollfd fds[3] = { { child->in, POLLOUT, 0 }, { child->out, POLLIN, 0 },
		    { child->err, POLLIN, 0 } };
		bool ended = has_ended(child);
		int n = poll(fds, 3, ended ? 100 : 50);

		if (n == 0 && ended)
			return true;
		if (now_ms() > end)
			return too_late(limit_s, err);
		if (child->in != -1 && fds[0].revents != 0)
			give(&child->in, &input);
		if (child->out != -1 && fds[1].revents != 0 && !take(&child->out, out, thin) && cut != NULL) {
			*cut = true;
			return true;
		}
		if (out->full)
			return err_set(err, ERR_LIMIT, "the program says more than %lu bytes", HELPER_OUT_MAX);
		if (child->err != -1 && fds[2].revents != 0)
			take(&child->err, err_text, NULL);	/* the first of it is enough */
	}
	return await_end(child, end) || too_late(limit_s, err);
}

static bool
run(struct arena *a, const char *const *argv, struct text input, unsigned limit_s, size_t max, struct thin *thin,
    bool *cut, struct verb_reply *ret, struct err *err)
{
	struct str out = str_in(a, max), err_text = str_in(a, HELPER_ERR_MAX);
	struct child child;
	char path[128];
	bool ok;

	if (find_program(path, argv[0]) == NULL)
		return err_set(err, ERR_UNSUPPORTED, "%s is not installed", argv[0]);
	if (!start(path, argv, &child, err))
		return false;
	ok = talk(&child, input, limit_s, &out, thin, &err_text, cut, err);
	shut(&child.in);
	shut(&child.out);
	shut(&child.err);
	if (!ok || (cut != NULL && *cut))
		kill(-child.pid, SIGKILL);
	while (!child.ended && waitpid(child.pid, &child.status, 0) == -1 && errno == EINTR)
		;
	if (!ok)
		return false;
	ret->status = WIFEXITED(child.status) ? WEXITSTATUS(child.status) :
	    128 + WTERMSIG(child.status);
	ret->out = str_text(&out);
	ret->err = str_text(&err_text);
	return true;
}

bool
run_program(struct arena *a, const char *const *argv, struct text input, struct verb_reply *ret,
    struct err *err)
{
	return run_program_for(a, argv, input, HELPER_TIME_S, ret, err);
}

bool
run_program_for(struct arena *a, const char *const *argv, struct text input, unsigned limit_s,
    struct verb_reply *ret, struct err *err)
{
	return run(a, argv, input, limit_s, HELPER_OUT_MAX, NULL, NULL, ret, err);
}

bool
run_program_outside(struct arena *a, const char *const *argv, unsigned limit_s, struct verb_reply *ret, struct err *err)
{
	static const char *const first[] = { "systemd-run", "--quiet", "--pipe", "--wait", "--collect",
	    "--setenv=HOME=/root", "--setenv=LC_ALL=C" };
	const char *all[OUTSIDE_WORDS_MAX];
	size_t n = sizeof(first) / sizeof(first[0]);
	char path[128];

	if (find_program(path, argv[0]) == NULL)
		return err_set(err, ERR_UNSUPPORTED, "%s is not installed", argv[0]);
	if (access("/run/systemd/system", F_OK) == -1 || !program_exists(first[0]))
		return run_program_for(a, argv, TEXT(""), limit_s, ret, err);
	memcpy(all, first, sizeof(first));
	all[n++] = arena_printf(a, "--property=RuntimeMaxSec=%u", limit_s);
	all[n++] = "--";
	all[n++] = path;
	while (*++argv != NULL && n + 1 < OUTSIDE_WORDS_MAX)
		all[n++] = *argv;
	if (*argv != NULL)
		return err_set(err, ERR_LIMIT, "too many words");
	all[n] = NULL;
	return run_program_for(a, all, TEXT(""), limit_s + 5, ret, err);
}

bool
run_program_thin(struct arena *a, const char *const *argv, struct thin *thin, struct verb_reply *ret, struct err *err)
{
	if (!run(a, argv, (struct text){ "", 0 }, HELPER_TIME_S, 1, thin, NULL, ret, err))
		return false;
	thin_end(thin);
	ret->out = str_text(&thin->kept);
	return true;
}

bool
run_program_some(struct arena *a, const char *const *argv, size_t max, bool *cut, struct verb_reply *ret,
    struct err *err)
{
	const char *end;

	*cut = false;
	if (!run(a, argv, (struct text){ "", 0 }, HELPER_TIME_S, max, NULL, cut, ret, err))
		return false;
	end = ret->out.n == 0 ? NULL : memrchr(ret->out.p, '\n', ret->out.n);
	if (*cut)
		ret->out.n = end == NULL ? 0 : (size_t)(end - ret->out.p) + 1;
	return true;
}
