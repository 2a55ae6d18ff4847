/*
 * The files of one customer to ClamAV's daemon, a part at a time:
 *
 *	clamd-scan FOLDER [CURSOR]
 *
 * a line for each file that is not clean,
 *	{"file":"a/b.php","said":"Eicar-Signature FOUND"}
 * and one at the end:
 *	{"cursor":HEX|null,"files":n,"bytes":n,"unread":n,"too_large":n,"whole":bool}
 * cursor null: the end was reached.  CURSOR: where the last part ended.
 *
 * The daemon is spoken to first, by root; then this process becomes the owner of
 * the folder and hands over descriptors of files that he may read (FILDES of
 * clamd(8)): the daemon never opens a path, so no link leads it anywhere.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "helper/helper.h"
#include "helper/tree.h"
#include "net/clamd.h"

#define PART_MS		4000
#define PART_FILES	5000
#define ANSWER_S	30		/* of one file; after that the part is over */
#define ANSWER_MAX	1024
#define DEPTH_MAX	40
/* A daemon passes over what is larger than its MaxFileSize and calls it clean; 25 MiB is the smallest default. */
#define FILE_MAX	(25L * 1024 * 1024)

struct scan {
	struct arena	*arena;
	struct str	 out;
	struct tree	 tree;
	int		 fd;
	int64_t		 end_ms;
	size_t		 files, unread, too_large;
	int64_t		 bytes;
	bool		 whole, full;		/* full: this part is over */
	struct text	 after;			/* path of the last file of the part before */
	const char	*last;
	struct err	*err;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- clamd ------------------------------------------------------------------------------------------- */

static bool
clamd_connect(const struct helper *h, int *ret, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval patience = { ANSWER_S, 0 };
	const char *path = h->clamd != NULL ? h->clamd : clamd_socket();
	int fd = -1;

	if (path == NULL)
		return err_set(err, ERR_UNSUPPORTED, "clamd is in none of the usual places");
	if (strlen(path) >= sizeof(at.sun_path))
		return err_set(err, ERR_VALUE, "the path of clamd's socket is too long");
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == -1 ||
	    connect(fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
	    send(fd, "zIDSESSION", sizeof("zIDSESSION"), MSG_NOSIGNAL) == -1) {
		err_set(err, ERR_UNREACHABLE, "clamd: %s", strerror(errno));
		if (fd != -1)
			close(fd);
		return false;
	}
	*ret = fd;
	return true;
}

static bool
send_file(int to, int file)
{
	char dummy = '\0', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { &dummy, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
	    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &file, sizeof(int));
	return send(to, "zFILDES", sizeof("zFILDES"), MSG_NOSIGNAL) == (ssize_t)sizeof("zFILDES") &&
	    sendmsg(to, &msg, MSG_NOSIGNAL) == 1;
}

/* "12: fd[9]: OK" NUL; what stands behind the file.  One question at a time, so its number says nothing. */
static bool
read_answer(struct scan *s, char buf[ANSWER_MAX], struct text *said, struct err *err)
{
	size_t n = 0, at;
	ssize_t got = 0;

	while (n < ANSWER_MAX && (n == 0 || buf[n - 1] != '\0') && (got = recv(s->fd, buf + n, ANSWER_MAX - n, 0)) > 0)
		n += (size_t)got;
	if (n == 0 || buf[n - 1] != '\0' || memchr(buf, '\0', n - 1) != NULL)
		return err_set(err, got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? ERR_TIMEOUT : ERR_PROTOCOL,
		    "clamd gave no answer that can be read");
	*said = (struct text){ buf, n - 1 };
	for (int i = 0; i < 2; i++) {
		if (!text_find(*said, TEXT(": "), &at))
			return err_set(err, ERR_PROTOCOL, "clamd gave no answer that can be read");
		*said = text_skip(*said, at + 2);
	}
	return true;
}

/* --- the folder ---------------------------------------------------------------------------------------- */

static void
put_answer(struct scan *s, const char *file, struct text said)
{
	struct json *row;

	if (text_is(said, "OK"))
		return;
	if (!text_ends(said, " FOUND"))		/* could not be scanned: an error of the daemon's */
		s->unread++;
	row = json_new_object(s->arena);
	json_put_text(row, "file", text_of(file));
	json_put_text(row, "said", said);
	str_addf(&s->out, "%s\n", json_print(s->arena, row));
}

/* false = the daemon is lost. */
static bool
scan_file(struct scan *s, const char *path)
{
	char buf[ANSWER_MAX];
	struct text said;
	int64_t size;
	int fd = tree_open(&s->tree, path, &size);
	bool ok = true;

	s->files++;
	s->last = path;
	if (fd == -1) {
		s->unread++;
		return true;
	}
	if (size > FILE_MAX)
		s->too_large++;
	else if (size > 0) {
		s->bytes += size;
		ok = send_file(s->fd, fd) ? read_answer(s, buf, &said, s->err) :
		    err_set(s->err, ERR_UNREACHABLE, "clamd: %s", strerror(errno));
		if (ok)
			put_answer(s, path, said);
	}
	close(fd);
	s->full = s->files >= PART_FILES || now_ms() >= s->end_ms;
	return ok;
}

/* In the order of names; what came before `after` was scanned already.  false = the daemon is lost. */
static bool
scan_folder(struct scan *s, const char *folder, struct text after, int depth)
{
	struct tree_entry *v;
	struct text first = { "", 0 };
	size_t n, i;
	bool resume = text_split(&after, '/', &first), same;

	if (!tree_list(s->arena, &s->tree, folder, &v, &n)) {
		s->unread += n == 0;
		s->whole = false;
	}
	for (i = 0; i < n && !s->full; i++) {
		const char *path = folder[0] == '\0' ? v[i].name : arena_printf(s->arena, "%s/%s", folder, v[i].name);
		int order = resume ? strcmp(v[i].name, text_cstr(s->arena, first)) : 1;

		same = order == 0;
		if (order < 0 || (same && !v[i].folder))
			continue;
		if (strlen(path) > TREE_PATH_MAX || (v[i].folder && depth == 1)) {
			s->unread++;
			s->whole = false;
		} else if (v[i].folder ? !scan_folder(s, path, same ? after : (struct text){ "", 0 }, depth - 1) :
		    !scan_file(s, path))
			return false;
	}
	return true;
}

static bool
cursor_read(struct arena *a, const char *hex, struct text *ret)
{
	size_t n = strlen(hex);
	char *p = arena_alloc(a, n / 2 + 1);

	if (n % 2 != 0 || n / 2 > TREE_PATH_MAX)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		int high = ascii_hex((unsigned char)hex[2 * i]), low = ascii_hex((unsigned char)hex[2 * i + 1]);

		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return false;
		p[i] = (char)(high << 4 | low);
	}
	*ret = (struct text){ p, n / 2 };
	return true;
}

static const char *
cursor_text(struct arena *a, const char *path)
{
	struct str s = str_in(a, 2 * TREE_PATH_MAX);

	for (; *path != '\0'; path++)
		str_addf(&s, "%02x", (unsigned)(unsigned char)*path);
	return s.p;
}

bool
verb_clamd_scan(struct verb_call *c, struct err *err)
{
	struct scan s = { .arena = c->arena, .out = str_in(c->arena, HELPER_OUT_MAX), .whole = true, .err = err,
	    .end_ms = now_ms() + PART_MS };
	struct json *end = json_new_object(c->arena);

	if (!word_is_tree(c->helper, c->args[0]))
		return err_set(err, ERR_VALUE, "not a folder of web sites");
	if (c->arg_count == 2 && !cursor_read(c->arena, c->args[1], &s.after))
		return err_set(err, ERR_VALUE, "no cursor");
	if (!clamd_connect(c->helper, &s.fd, err))
		return false;
	if (!tree_enter(c->helper, c->args[0], &s.tree, err) || !scan_folder(&s, "", s.after, DEPTH_MAX))
		return false;
	if (s.full)
		json_put_str(end, "cursor", cursor_text(c->arena, s.last));
	else
		json_put_null(end, "cursor");
	json_put_int(end, "files", (int64_t)s.files);
	json_put_int(end, "bytes", s.bytes);
	json_put_int(end, "unread", (int64_t)s.unread);
	json_put_int(end, "too_large", (int64_t)s.too_large);
	json_put_bool(end, "whole", s.whole);
	str_addf(&s.out, "%s\n", json_print(c->arena, end));
	c->reply->status = 0;
	c->reply->out = str_text(&s.out);
	return str_ok(&s.out) || err_set(err, ERR_LIMIT, "too much was found");
}
