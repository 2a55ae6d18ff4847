/*
 * antispam-guide-helper: see helper.h.
 *
 *   -u USER	who is heard besides root (default antispam-guide)
 *   -p DIR	Postfix's configuration (default /etc/postfix)
 *   -l FILE	the mail log (default: the usual places)
 *   -s PATH	listen there by itself (tests); else systemd gives the socket
 *   -c PATH	ClamAV's socket (default: the usual places)
 *   -w DIR	web sites stand below it too (default: /var/www, /home, /srv)
 *   -R DIR	look files up below it (tests)
 */

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "helper/helper.h"

#define CHILDREN_MAX	16

static int
fail(const char *what)
{
	fprintf(stderr, "antispam-guide-helper: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Nobody may look into this process, and it cannot grow without end. */
static void
confine(void)
{
	struct rlimit memory = { 1UL << 30, 1UL << 30 }, core = { 0, 0 }, files = { 64, 64 };

	prctl(PR_SET_DUMPABLE, 0);
	umask(077);
#if !defined(__SANITIZE_ADDRESS__)
	setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory;
#endif
	setrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			open("/dev/null", O_RDWR);
}

/* A process for each: one that hangs holds nobody else up. */
static int
accept_all(const struct helper *h, int listening, unsigned uid)
{
	int children = 0, fd;

	for (;;) {
		while (children > 0 && waitpid(-1, NULL, children < CHILDREN_MAX ? WNOHANG : 0) > 0)
			children--;
		fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd == -1)
			return fail("accept");
		switch (fork()) {
		case 0:
			close(listening);
			helper_serve(h, fd, uid);
			_exit(0);
		case -1:
			break;
		default:
			children++;
		}
		close(fd);
	}
}

static int
listen_at(const char *path, unsigned uid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at.sun_path, path, strlen(path));
	unlink(path);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 || listen(fd, 64) == -1 ||
	    chown(path, uid, (gid_t)-1) == -1 || chmod(path, 0600) == -1)
		return -1;
	return fd;
}

/* By systemd: the listening socket, or with Accept=yes the connection. */
static int
inherited(void)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");

	if (fds == NULL || strcmp(fds, "1") != 0 || pid == NULL || atol(pid) != (long)getpid())
		return -1;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	return 3;
}

static bool
is_listening(int fd)
{
	int yes = 0;
	socklen_t n = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

static bool
user_id(const char *user, unsigned *uid)
{
	const struct passwd *pw = getpwnam(user);
	uint64_t n;

	if (pw != NULL)
		*uid = pw->pw_uid;
	else if (text_uint(text_of(user), UINT32_MAX - 1, &n))
		*uid = (unsigned)n;
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	struct helper helper = { .postfix_dir = "/etc/postfix" };
	const char *user = "antispam-guide", *path = NULL, *root = "/";
	unsigned uid = 0;
	int c, fd;

	while ((c = getopt(argc, argv, "u:p:l:s:c:w:R:")) != -1)
		switch (c) {
		case 'u': user = optarg; break;
		case 'p': helper.postfix_dir = optarg; break;
		case 'l': helper.mail_log = optarg; break;
		case 's': path = optarg; break;
		case 'c': helper.clamd = optarg; break;
		case 'w': helper.web_dir = optarg; break;
		case 'R': root = optarg; break;
		default: return 2;
		}
	if (argc > optind || helper.postfix_dir[0] != '/' || (helper.web_dir != NULL && helper.web_dir[0] != '/'))
		return 2;
	confine();
	if (!user_id(user, &uid)) {
		fprintf(stderr, "antispam-guide-helper: no user %s\n", user);
		return 1;
	}
	if ((helper.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return fail(root);
	if ((fd = path != NULL ? listen_at(path, uid) : inherited()) == -1)
		return path != NULL ? fail(path) : (fprintf(stderr,
		    "antispam-guide-helper: systemd starts this (or -s PATH)\n"), 2);
	if (is_listening(fd))
		return accept_all(&helper, fd, uid);
	helper_serve(&helper, fd, uid);
	return 0;
}
