/*
 * The mail log, from where the last reading ended (base/follow.h).
 *
 *	mail-log-read				the end of the log: no lines
 *	mail-log-read FILE OFFSET		what came since; the first line of the answer is
 *		{"file":"...","offset":N,"more":bool,"lost":bool}
 *	and whole log lines follow.  When the log was rotated the rest of the old
 *	file comes first; `lost`: it is not there any more, or the file was cut.
 *	`more`: ask again with the new file and offset.
 *	mail-log-read oldest 0			from the oldest rotated file of 31 days on
 *	script-log-read ...			the same of the system's log, of which
 *		only the lines are told in which PHP names a script that sends mail
 *
 * Where no log is written to a file, it is systemd's journal: FILE is then
 * "journal:CURSOR", and a line is an entry as `journalctl -o json` shows it.
 *
 * /etc/os-release is here too: a file that is simply read.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/follow.h"
#include "helper/helper.h"

#define SINCE_S		(31 * 86400)
#define JOURNAL		"journal:"

#define USUAL_MAX	6

struct log { const struct helper *helper; struct arena *arena; const char *file; const char *const *usual; };

static const char *const mail_logs[USUAL_MAX] = { "/var/log/exim_mainlog", "/var/log/mail.log", "/var/log/maillog",
    "/usr/local/psa/var/log/maillog", "/var/log/exim4/mainlog" };
/* PHP logs as a user's program unless it is told otherwise (syslog.facility). */
static const char *const system_logs[USUAL_MAX] = { "/var/log/syslog", "/var/log/messages" };

static int
open_log(void *ctx, const char *suffix, struct err *err)
{
	const struct log *log = ctx;
	const char *const *usual = log->usual;
	const struct helper *h = log->helper;
	int fd = -1;
	size_t i;

	if (log->file != NULL)
		return open_file(h->root, arena_printf(log->arena, "%s%s", log->file, suffix), true, err);
	for (i = 0; i < USUAL_MAX && usual[i] != NULL; i++) {
		/* A rotated file of the log that is there, not of another one. */
		if (suffix[0] != '\0' && !exists(h->root, usual[i]))
			continue;
		fd = open_file(h->root, arena_printf(log->arena, "%s%s", usual[i], suffix), true, err);
		if (fd != -1 || err->code != ERR_NOT_FOUND || suffix[0] != '\0')
			break;
	}
	return fd;
}

/* --- the journal ------------------------------------------------------------------------------------- */

/* "s=...;i=2f;b=...;m=...;t=...;x=..." */
static bool
is_cursor(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 300)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ascii_isalnum((unsigned char)s[i]) && s[i] != '=' && s[i] != ';')
			return false;
	return true;
}

static const char *
last_cursor(struct arena *a, struct text lines)
{
	struct text rest = lines, line, last = { NULL, 0 };
	struct err err;

	while (text_line(&rest, &line))
		if (line.n > 0)
			last = line;
	return last.n == 0 ? NULL : json_str(json_parse(a, last, &err), "__CURSOR");
}

/*
 * Mail programs log with the facility mail, PHP says by its name that it is one.
 * cursor NULL: the end, no lines; "": from 31 days ago on.
 */
static bool
read_journal(struct verb_call *c, const char *cursor, bool lost, struct err *err)
{
	const char *argv[] = { "journalctl", "--no-pager", "-q", "-o", "json", "--output-fields=MESSAGE,"
	    "SYSLOG_IDENTIFIER", NULL, "SYSLOG_FACILITY=2", "+", "SYSLOG_IDENTIFIER=php", NULL };
	struct follow f = { .file = JOURNAL };
	const char *last;
	bool cut = false;

	argv[6] = cursor == NULL ? "--lines=1" : cursor[0] == '\0' ? "--since=-31d" :
	    arena_printf(c->arena, "--after-cursor=%s", cursor);
	if (!run_program_some(c->arena, argv, FOLLOW_CHUNK_MAX, &cut, c->reply, err))
		return false;
	if (c->reply->status != 0 && !cut)
		return true;
	f.lines = c->reply->out;
	f.more = cut;
	last = last_cursor(c->arena, f.lines);
	if (last == NULL && (cursor == NULL || cursor[0] == '\0'))
		return err_set(err, ERR_NOT_FOUND, "there is no log file, and no mail in the journal");
	if (last != NULL)
		f.file = arena_printf(c->arena, JOURNAL "%s", last);
	else if (cursor != NULL)
		f.file = arena_printf(c->arena, JOURNAL "%s", cursor);
	if (cursor == NULL) {
		f.lines = (struct text){ "", 0 };
		f.lost = lost;
	}
	c->reply->status = 0;
	c->reply->out = follow_answer(c->arena, &f);
	return true;
}

/* --- the verb ---------------------------------------------------------------------------------------- */

bool
verb_mail_log_read(struct verb_call *c, struct err *err)
{
	struct log log = { c->helper, c->arena, c->helper->mail_log, mail_logs };
	const struct follow_files files = { open_log, &log };
	const char *file = c->arg_count > 0 ? c->args[0] : NULL;
	int64_t now = (int64_t)time(NULL);
	uint64_t offset = 0;
	struct follow f;

	if (c->arg_count == 1 || (c->arg_count == 2 && !text_uint(text_of(c->args[1]), INT64_MAX, &offset)))
		return err_set(err, ERR_VALUE, "FILE and OFFSET, or nothing");
	if (file != NULL && text_starts(text_of(file), JOURNAL)) {
		if (!is_cursor(file + strlen(JOURNAL)))
			return err_set(err, ERR_VALUE, "no cursor of the journal");
		return read_journal(c, file + strlen(JOURNAL), false, err);
	}
	if (!follow_read(c->arena, &files, file, (int64_t)offset, now - SINCE_S, now, &f, err)) {
		if (err->code != ERR_NOT_FOUND || c->helper->mail_log != NULL || !program_exists("journalctl"))
			return false;
		/* Coming from a file, what the journal holds was counted there: from its end on. */
		return read_journal(c, file != NULL && strcmp(file, FOLLOW_OLDEST) == 0 ? "" : NULL, file != NULL, err);
	}
	c->reply->status = 0;
	c->reply->out = follow_answer(c->arena, &f);
	return true;
}

/* Whole lines, in their order, each of which names a script. */
static struct text
script_lines(struct arena *a, struct text lines)
{
	struct str out = str_in(a, FOLLOW_CHUNK_MAX + 1);
	struct text line;
	size_t at;

	while (text_line(&lines, &line)) {
		if (!text_find(line, TEXT(": mail() on ["), &at))
			continue;
		str_addt(&out, line);
		str_addc(&out, '\n');
	}
	return str_text(&out);
}

bool
verb_script_log_read(struct verb_call *c, struct err *err)
{
	struct log log = { c->helper, c->arena, NULL, system_logs };
	const struct follow_files files = { open_log, &log };
	int64_t now = (int64_t)time(NULL);
	uint64_t offset = 0;
	struct follow f;

	if (c->arg_count == 1 || (c->arg_count == 2 && !text_uint(text_of(c->args[1]), INT64_MAX, &offset)))
		return err_set(err, ERR_VALUE, "FILE and OFFSET, or nothing");
	if (!follow_read(c->arena, &files, c->arg_count > 0 ? c->args[0] : NULL, (int64_t)offset, now - SINCE_S, now, &f, err))
		return false;
	f.lines = script_lines(c->arena, f.lines);
	c->reply->status = 0;
	c->reply->out = follow_answer(c->arena, &f);
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
