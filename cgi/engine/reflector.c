#include "engine/reflector.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/internal.h"
#include "engine/tools_score.h"
#include "mail/message.h"
#include "store/settings.h"

#define TOKEN_BYTES	10
#define TOKEN_LETTERS	16		/* base32 of them */
#define DAY_S		86400
#define FILES_MAX	2000		/* of one folder; a flood is passed over */
#define HEAD_BYTES	(64 * 1024)

struct mailbox {
	const char	*local, *domain;	/* of the configured address */
	const char	*token;
	const char	*found;			/* path of the newest message to the token; NULL = none */
	int64_t		 found_at;
	int64_t		 now;
};

bool
engine_reflects(const struct engine *e)
{
	return e->setup.test_address != NULL && e->setup.test_maildir != NULL && e->setup.store != NULL &&
	    strchr(e->setup.test_address, '@') != NULL;
}

/* --- the token --------------------------------------------------------------------------------------- */

static bool
token_make(struct arena *a, const char **ret, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[TOKEN_BYTES];
	char *token = arena_zalloc(a, TOKEN_LETTERS + 1);
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_set(err, ERR_IO, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < TOKEN_BYTES; i++) {
		bits = bits << 8 | random[i];
		for (have += 8; have >= 5; have -= 5)
			token[n++] = letters[bits >> (have - 5) & 31];
	}
	*ret = token;
	return true;
}

static bool
is_token(struct text t)
{
	if (t.n != TOKEN_LETTERS)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || (t.p[i] >= '2' && t.p[i] <= '7')))
			return false;
	return true;
}

/* Kept as "TOKEN UNIX_SECONDS". */
static bool
token_kept(struct text value, int64_t now, const char **token, int64_t *at, struct arena *a)
{
	struct text word;
	uint64_t made;

	if (!text_split(&value, ' ', &word) || !is_token(word) || !text_uint(value, INT64_MAX, &made) ||
	    (int64_t)made > now || now - (int64_t)made >= DAY_S)
		return false;
	*token = text_cstr(a, word);
	*at = (int64_t)made;
	return true;
}

static bool
token_of(struct engine *e, struct arena *a, const struct identity *who, bool renew, int64_t now,
    const char **token, int64_t *at, struct err *err)
{
	const char *key = arena_printf(a, "message_test\n%s\n%s", who->login, who->acting == NULL ? "" : who->acting);
	const char *value = store_get(e->setup.store, a, key, err);

	if (value == NULL && err->code != ERR_NOT_FOUND)
		return false;
	if (!renew && value != NULL && token_kept(text_of(value), now, token, at, a))
		return true;
	*at = now;
	if (!token_make(a, token, err))
		return false;
	if (store_set_if(e->setup.store, key, value, arena_printf(a, "%s %lld", *token, (long long)now), now, err))
		return true;
	/* Another page of the same person was first: its token holds. */
	return err->code == ERR_STALE && (value = store_get(e->setup.store, a, key, err)) != NULL &&
	    token_kept(text_of(value), now, token, at, a);
}

/* --- the maildir ---------------------------------------------------------------------------------------- */

/* The token of "LOCAL+TOKEN@DOMAIN" anywhere in the text; false = there is none. */
static bool
token_in(const struct mailbox *m, struct arena *a, struct text t, struct text *ret)
{
	struct text before = text_of(arena_printf(a, "%s+", m->local)), after = text_of(arena_printf(a, "@%s", m->domain));
	size_t at;

	while (text_ifind(t, before, &at)) {
		t = text_skip(t, at + before.n);
		*ret = text_head(t, TOKEN_LETTERS);
		if (is_token(*ret) && t.n >= TOKEN_LETTERS + after.n &&
		    text_ieq(text_head(text_skip(t, TOKEN_LETTERS), after.n), after))
			return true;
	}
	return false;
}

/* What servers wrote when they delivered it, and whom the sender meant. */
static bool
token_of_message(const struct mailbox *m, struct arena *a, struct text head, struct text *ret)
{
	static const char *const names[] = { "delivered-to", "x-original-to", "envelope-to", "to", "cc" };
	const struct message_field **fields;
	struct message message;
	struct err err;
	size_t n;

	if (!message_read(a, head, &message, &err))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fields = message_fields_of(a, &message, names[i], &n);
		for (size_t j = 0; j < n && j < 10; j++)
			if (token_in(m, a, message_unfold(a, fields[j]->value), ret))
				return true;
	}
	return false;
}

static bool
read_some(struct arena *a, int fd, size_t max, struct text *ret)
{
	char *p = arena_alloc(a, max + 1);
	size_t n = 0;
	ssize_t got = 1;

	while (n < max && (got = read(fd, p + n, max - n)) > 0)
		n += (size_t)got;
	*ret = (struct text){ p, n };
	return got >= 0;
}

static void
look_at(struct mailbox *m, struct arena *a, int folder, const char *dir, const char *name)
{
	struct arena *own = arena_new();
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct text head, token;
	struct stat st;

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read_some(own, fd, HEAD_BYTES, &head) &&
	    token_of_message(m, own, head, &token)) {
		if (m->now - st.st_mtime > DAY_S)
			unlinkat(folder, name, 0);
		else if (text_is(token, m->token) && (m->found == NULL || st.st_mtime > m->found_at)) {
			m->found = arena_printf(a, "%s/%s", dir, name);
			m->found_at = st.st_mtime;
		}
	}
	if (fd != -1)
		close(fd);
	arena_free(own);
}

static bool
look_through(struct mailbox *m, struct arena *a, const char *dir, struct err *err)
{
	DIR *folder = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	if (folder == NULL)
		return err_set(err, ERR_IO, "message_test: cannot read %.200s: %s", dir, strerror(errno));
	while (n++ < FILES_MAX && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			look_at(m, a, dirfd(folder), dir, entry->d_name);
	closedir(folder);
	return true;
}

static bool
mailbox_read(struct engine *e, struct arena *a, const char *token, int64_t now, struct mailbox *m, struct err *err)
{
	const char *address = e->setup.test_address, *at = strrchr(address, '@');

	*m = (struct mailbox){ .local = arena_strndup(a, address, (size_t)(at - address)), .domain = at + 1,
	    .token = token, .now = now };
	return look_through(m, a, arena_printf(a, "%s/new", e->setup.test_maildir), err) &&
	    look_through(m, a, arena_printf(a, "%s/cur", e->setup.test_maildir), err);
}

/* --- answers ----------------------------------------------------------------------------------------------- */

static bool
begin(struct engine *e, struct arena *a, const struct identity *who, bool renew, int64_t now, struct mailbox *m,
    int64_t *made_at, struct err *err)
{
	const char *token = NULL;

	if (!engine_reflects(e))
		return err_set(err, ERR_UNSUPPORTED, "message_test is not configured");
	if (!token_of(e, a, who, renew, now, &token, made_at, err) || !mailbox_read(e, a, token, now, m, err)) {
		log_line(LOG_WARNING, "engine", "%s", err->text);
		return false;
	}
	return true;
}

struct json *
engine_reflector(struct engine *e, struct arena *a, const struct identity *who, bool renew, int64_t now,
    struct err *err)
{
	struct json *answer;
	struct mailbox m;
	int64_t made_at;

	if (!begin(e, a, who, renew, now, &m, &made_at, err))
		return NULL;
	answer = json_new_object(a);
	json_put_str(answer, "address", arena_printf(a, "%s+%s@%s", m.local, m.token, m.domain));
	json_put_str(answer, "until", time_str(a, made_at + DAY_S));
	json_put_bool(answer, "arrived", m.found != NULL);
	json_put_str(answer, "arrived_at", m.found == NULL ? NULL : time_str(a, m.found_at));
	return answer;
}

struct json *
engine_reflector_score(struct engine *e, struct arena *a, const struct identity *who, const char *lang, int64_t now,
    uint32_t time_limit_ms, struct err *err)
{
	struct score_input how = { .received = true };
	struct text message;
	struct mailbox m;
	struct stat st;
	int64_t made_at;
	bool fine;
	int fd;

	if (!begin(e, a, who, false, now, &m, &made_at, err))
		return NULL;
	fd = m.found == NULL ? -1 : open(m.found, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		err_set(err, ERR_NOT_FOUND, "no message has come yet");
		return NULL;
	}
	fine = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (fine && st.st_size > (off_t)MESSAGE_BYTES_MAX)
		fine = err_set(err, ERR_LIMIT, "the message is too large");
	else if (!fine || !read_some(a, fd, (size_t)st.st_size, &message))
		fine = err_set(err, ERR_IO, "cannot read the message: %s", strerror(errno));
	close(fd);
	return fine ? engine_message_score(e, a, lang, message, &how, time_limit_ms, err) : NULL;
}
