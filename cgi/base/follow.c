#include "base/follow.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/time.h"

#define HEAD_MAX	1024	/* bytes that a file is known by */
#define NUMBERED_MAX	9	/* mail.log.1 to mail.log.9 */
#define DATED_DAYS	35	/* maillog-20261123 */
#define PARTS_MAX	(2 + NUMBERED_MAX + DATED_DAYS)
#define DAY_S		86400
#define SECOND_NS	1000000000LL

struct part {
	int	fd;
	dev_t	dev;
	ino_t	ino;
	int64_t	size, mtime_ns;
};

/* The newest first; the log itself is always the first. */
struct parts {
	struct part	v[PARTS_MAX];
	size_t		count;
};

/* --- the files ---------------------------------------------------------------------------------- */

static bool
add_part(struct parts *parts, const struct follow_files *files, const char *suffix, struct err *err)
{
	int fd = files->open(files->ctx, suffix, err);
	struct part part;
	struct stat st;
	size_t at;

	if (fd == -1)
		return false;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_DENIED, "the log is no plain file");
	}
	part = (struct part){ fd, st.st_dev, st.st_ino, st.st_size,
	    (int64_t)st.st_mtim.tv_sec * SECOND_NS + st.st_mtim.tv_nsec };
	for (at = parts->count; at > 1 && parts->v[at - 1].mtime_ns < part.mtime_ns; at--)
		parts->v[at] = parts->v[at - 1];
	parts->v[at] = part;
	parts->count++;
	return true;
}

static bool
open_parts(struct arena *a, const struct follow_files *files, int64_t now, struct parts *parts, struct err *err)
{
	struct err none;
	char day[TIME_TEXT_MAX];

	parts->count = 0;
	if (!add_part(parts, files, "", err))
		return false;
	for (int i = 1; i <= NUMBERED_MAX; i++)
		add_part(parts, files, arena_printf(a, ".%d", i), &none);
	for (int i = 0; i < DATED_DAYS; i++) {
		time_text(now - i * DAY_S, day);
		add_part(parts, files, arena_printf(a, "-%.4s%.2s%.2s", day, day + 5, day + 8), &none);
	}
	return true;
}

static void
close_parts(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		close(parts->v[i].fd);
}

/* --- names: DEV-INODE-BYTES-HASH, all hexadecimal -------------------------------------------------- */

static bool
head_hash(int fd, size_t n, char hex[17])
{
	static const char digits[] = "0123456789abcdef";
	char head[HEAD_MAX];
	uint8_t sum[32];

	if (pread(fd, head, n, 0) != (ssize_t)n)
		return false;
	sha256((struct text){ head, n }, sum);
	for (size_t i = 0; i < 8; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[16] = '\0';
	return true;
}

/* By what has been read of it: that cannot change any more. */
static const char *
name_of(struct arena *a, const struct part *p, int64_t read)
{
	size_t n = read > HEAD_MAX ? HEAD_MAX : (size_t)read;
	char hash[17] = "";

	if (!head_hash(p->fd, n, hash))
		n = 0;
	return arena_printf(a, "%llx-%llx-%zx-%s", (unsigned long long)p->dev, (unsigned long long)p->ino, n, hash);
}

static bool
hex_word(struct text *rest, uint64_t *ret)
{
	struct text word;

	*ret = 0;
	if (!text_split(rest, '-', &word) || word.n == 0 || word.n > 16)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		int digit = ascii_hex((unsigned char)word.p[i]);

		if (digit < 0)
			return false;
		*ret = *ret << 4 | (unsigned)digit;
	}
	return true;
}

/* Which of them was it?  count = none. */
static size_t
find_part(const struct parts *parts, const char *file)
{
	struct text hash = text_of(file);
	uint64_t dev, ino, n;
	size_t found = parts->count;
	char is[17];

	if (!hex_word(&hash, &dev) || !hex_word(&hash, &ino) || !hex_word(&hash, &n) || n > HEAD_MAX)
		return parts->count;
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *p = &parts->v[i];
		bool same = p->dev == dev && p->ino == ino;

		if (n == 0 ? !same : !head_hash(p->fd, (size_t)n, is) || !text_is(hash, is))
			continue;
		if (same)
			return i;
		if (found == parts->count)
			found = i;
	}
	return found;
}

/* --- reading --------------------------------------------------------------------------------------- */

/*
 * Whole lines from an offset on.  `ended`: nothing is added to this file, its
 * last line is whole as it stands.  A line longer than all of this is passed over.
 */
static struct text
lines_from(struct arena *a, int fd, int64_t offset, bool ended, bool *full)
{
	char *buf = arena_alloc(a, FOLLOW_CHUNK_MAX);
	size_t n = 0;
	ssize_t got = 0;
	const char *end;

	while (n < FOLLOW_CHUNK_MAX && (got = pread(fd, buf + n, FOLLOW_CHUNK_MAX - n, (off_t)offset + (off_t)n)) > 0)
		n += (size_t)got;
	*full = n == FOLLOW_CHUNK_MAX;
	end = n == 0 ? NULL : memrchr(buf, '\n', n);
	if (*full && end == NULL)
		return (struct text){ buf, n };
	if (!*full && ended && got == 0)
		return (struct text){ buf, n };
	return (struct text){ buf, end != NULL ? (size_t)(end - buf) + 1 : 0 };
}

/* From here on to the first lines that there are. */
static void
read_on(struct arena *a, const struct parts *parts, size_t at, struct follow *ret)
{
	bool full = false;

	for (;; at--, ret->offset = 0) {
		/* An empty log was just rotated: its writer may not have heard of it. */
		bool ended = at > 1 || (at == 1 && parts->v[0].size > 0);

		ret->lines = lines_from(a, parts->v[at].fd, ret->offset, ended, &full);
		if (ret->lines.n > 0 || !ended)
			break;
	}
	ret->offset += (int64_t)ret->lines.n;
	ret->more = full || (ret->lines.n > 0 && at > 0);
	ret->file = name_of(a, &parts->v[at], ret->offset);
}

/* The oldest that was written to since; the log itself where no other was. */
static size_t
oldest_part(const struct parts *parts, int64_t since)
{
	size_t at = parts->count - 1;

	while (at > 0 && parts->v[at].mtime_ns / SECOND_NS < since)
		at--;
	return at;
}

bool
follow_read(struct arena *a, const struct follow_files *files, const char *file, int64_t offset, int64_t since,
    int64_t now, struct follow *ret, struct err *err)
{
	struct parts parts;
	size_t at = 0;

	*ret = (struct follow){ .lines = { "", 0 } };
	if (!open_parts(a, files, now, &parts, err)) {
		close_parts(&parts);
		return false;
	}
	if (file == NULL) {
		ret->offset = parts.v[0].size;
		ret->file = name_of(a, &parts.v[0], ret->offset);
		close_parts(&parts);
		return true;
	}
	if (strcmp(file, FOLLOW_OLDEST) == 0)
		at = oldest_part(&parts, since);
	else if ((at = find_part(&parts, file)) == parts.count) {
		ret->lost = true;
		at = 0;
	} else if (offset <= parts.v[at].size)
		ret->offset = offset;
	else {			/* its beginning stands, its end was taken away */
		ret->lost = true;
		ret->offset = parts.v[at].size;
	}
	read_on(a, &parts, at, ret);
	close_parts(&parts);
	return true;
}

struct text
follow_answer(struct arena *a, const struct follow *f)
{
	struct str out = str_in(a, FOLLOW_CHUNK_MAX + 1024);
	struct json *head = json_new_object(a);

	json_put_str(head, "file", f->file);
	json_put_int(head, "offset", f->offset);
	json_put_bool(head, "more", f->more);
	json_put_bool(head, "lost", f->lost);
	str_addf(&out, "%s\n", json_print(a, head));
	str_addt(&out, f->lines);
	return str_text(&out);
}
