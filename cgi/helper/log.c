/*
 * The mail log, from where the last reading ended.
 *
 *	mail-log-read				the end of the log: no lines
 *	mail-log-read FILE OFFSET		what came since; the first line of the answer is
 *		{"file":"DEV-INODE","offset":N,"more":bool,"lost":bool}
 *	and whole log lines follow.  When the log was rotated the rest of the old
 *	file comes first (mail.log.1); `lost`: it is not there any more, or the file
 *	was cut.  `more`: ask again with the new offset.
 *
 * /etc/os-release is here too: a file that is simply read.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/helper.h"

#define CHUNK_MAX	(4UL * 1024 * 1024)

static const char *
file_id(struct arena *a, int fd, off_t *size)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return "";
	*size = st.st_size;
	return arena_printf(a, "%llx-%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
}

static int
open_log(const struct helper *h, struct arena *a, const char *suffix, struct err *err)
{
	static const char *const usual[] = { "/var/log/mail.log", "/var/log/maillog",
	    "/usr/local/psa/var/log/maillog" };
	int fd = -1;
	size_t i;

	if (h->mail_log != NULL)
		return open_file(h->root, arena_printf(a, "%s%s", h->mail_log, suffix), true, err);
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		fd = open_file(h->root, arena_printf(a, "%s%s", usual[i], suffix), true, err);
		if (fd != -1 || err->code != ERR_NOT_FOUND)
			break;
	}
	return fd;
}

/* Whole lines from an offset on. */
static struct text
lines_from(struct arena *a, int fd, off_t offset)
{
	char *buf = arena_alloc(a, CHUNK_MAX);
	size_t n = 0;
	ssize_t got;
	const char *end;

	while (n < CHUNK_MAX && (got = pread(fd, buf + n, CHUNK_MAX - n, offset + (off_t)n)) > 0)
		n += (size_t)got;
	end = n == 0 ? NULL : memrchr(buf, '\n', n);
	/* A line longer than all of this is passed over. */
	return (struct text){ buf, end != NULL ? (size_t)(end - buf) + 1 : n == CHUNK_MAX ? n : 0 };
}

static void
answer(struct verb_call *c, const char *id, off_t offset, bool more, bool lost, struct text lines)
{
	struct str out = str_in(c->arena, CHUNK_MAX + 1024);
	struct json *head = json_new_object(c->arena);

	json_put_str(head, "file", id);
	json_put_int(head, "offset", offset);
	json_put_bool(head, "more", more);
	json_put_bool(head, "lost", lost);
	str_addf(&out, "%s\n", json_print(c->arena, head));
	str_addt(&out, lines);
	c->reply->status = 0;
	c->reply->out = str_text(&out);
}

bool
verb_mail_log_read(struct verb_call *c, struct err *err)
{
	const struct text none = { "", 0 };
	int fd = open_log(c->helper, c->arena, "", err), old;
	const char *id, *old_id;
	off_t size = 0, old_size = 0, offset;
	struct text lines;
	struct err gone;
	uint64_t n;
	bool lost = false;

	if (fd == -1)
		return false;
	id = file_id(c->arena, fd, &size);
	if (c->arg_count != 2 || !text_uint(text_of(c->args[1]), INT64_MAX, &n)) {
		close(fd);
		if (c->arg_count != 0)
			return err_set(err, ERR_VALUE, "FILE and OFFSET, or nothing");
		answer(c, id, size, false, false, none);
		return true;
	}
	offset = (off_t)n;
	if (strcmp(c->args[0], id) != 0) {
		old = open_log(c->helper, c->arena, ".1", &gone);
		old_id = old == -1 ? "" : file_id(c->arena, old, &old_size);
		if (strcmp(c->args[0], old_id) == 0 && offset < old_size) {
			lines = lines_from(c->arena, old, offset);
			answer(c, old_id, offset + (off_t)lines.n, true, false, lines);
			if (lines.n > 0) {
				close(old);
				close(fd);
				return true;
			}
		}
		lost = strcmp(c->args[0], old_id) != 0;
		offset = 0;
		if (old != -1)
			close(old);
	} else if (offset > size) {		/* cut: begun anew */
		offset = 0;
		lost = true;
	}
	lines = lines_from(c->arena, fd, offset);
	close(fd);
	offset += (off_t)lines.n;
	answer(c, id, offset, lines.n > CHUNK_MAX / 2 && offset < size, lost, lines);
	return true;
}

bool
verb_os_release(struct verb_call *c, struct err *err)
{
	/* /etc/os-release is a link to it, and links are not followed. */
	if (!read_file(c->arena, c->helper->root, "/usr/lib/os-release", 65536, &c->reply->out, err) &&
	    !read_file(c->arena, c->helper->root, "/etc/os-release", 65536, &c->reply->out, err))
		return false;
	c->reply->status = 0;
	return true;
}
