#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"

#define MESSAGE_MAX	2048		/* longer ones are cut */

static const char *const words[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static _Atomic int level_now = LOG_INFO;

void
log_level_set(enum log_level level)
{
	atomic_store(&level_now, (int)level);
}

bool
log_level_parse(const char *word, enum log_level *ret)
{
	int i;

	for (i = LOG_ERROR; word != NULL && i <= LOG_DEBUG; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* Would it move the cursor, end the line or turn the writing around? */
static bool
is_trick(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void
add_escaped(struct str *out, struct text t)
{
	uint32_t c;
	size_t n;

	for (; t.n > 0; t = text_skip(t, n)) {
		n = text_utf8(t, &c);
		if (n == 0) {
			n = 1;
			str_addf(out, "\\x%02x", (unsigned char)t.p[0]);
		} else if (is_trick(c)) {
			str_addf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
		} else
			str_addt(out, text_head(t, n));
	}
}

void
log_line(enum log_level level, const char *room, const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	struct arena *a;
	struct str out;
	va_list ap;
	ssize_t wrote;

	if ((int)level > atomic_load(&level_now))
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);

	a = arena_new();
	out = str_in(a, 6 * MESSAGE_MAX);
	str_addf(&out, "%s %s: ", words[level], room);
	add_escaped(&out, text_of(message));
	str_addc(&out, '\n');
	/* One write, so that lines of several threads do not mix; nobody is left to tell. */
	wrote = write(STDERR_FILENO, out.p, out.n);
	(void)wrote;
	arena_free(a);
}
