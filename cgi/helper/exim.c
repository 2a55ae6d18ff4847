/*
 * Exim's queue: what is in it, and what becomes of its messages.
 *
 *	exim-list		exim -bp
 *	exim-show ID...		exim -Mvh: the header file of the spool, never a body; "=== MESSAGE ID ==="
 *				before each
 *	exim-log ID...		exim -Mvl: the end of the log of each message, the same way
 *	exim-freeze, exim-thaw, exim-remove	ids on the input, one a line
 */

#include <string.h>
#include <time.h>

#include "helper/helper.h"

#define IDS_MAX		100000
#define IDS_PER_RUN	200
#define SPOOL_FILE_MAX	(1024UL * 1024)
#define LOG_TAIL	4096

struct spool_file {
	const char	*folder, *suffix;	/* in the spool */
	const char	*option;		/* with which Exim prints it */
	size_t		 tail;			/* bytes of its end that are told */
};

static const struct text nothing = { "", 0 };

/* 6-6-2 characters, 6-11-4 since Exim 4.97. */
static bool
is_exim_id(struct text id)
{
	size_t second = id.n == 16 ? 6 : 11;

	if (id.n != 16 && id.n != 23)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		bool is_dash = i == 6 || i == 7 + second;

		if (is_dash ? id.p[i] != '-' : !ascii_isalnum((unsigned char)id.p[i]))
			return false;
	}
	return true;
}

bool
verb_exim_list(struct verb_call *c, struct err *err)
{
	return run_program(c->arena, (const char *const[]){ "exim", "-bp", NULL }, nothing, c->reply, err);
}

/* --- files of the spool ------------------------------------------------------------------------------ */

/* Where Exim says that its spool is; NULL = it does not say.  Starting Exim for each message takes 100 times as long. */
static const char *
spool_folder(struct verb_call *c)
{
	struct verb_reply said;
	struct text line, key;
	struct err none;

	if (!run_program(c->arena, (const char *const[]){ "exim", "-bP", "spool_directory", NULL }, nothing, &said,
	    &none) || said.status != 0 || !text_line(&said.out, &line) || !text_split(&line, '=', &key) ||
	    !text_is(text_trim(key), "spool_directory"))
		return NULL;
	line = text_trim(line);
	return text_starts(line, "/") ? text_cstr(c->arena, line) : NULL;
}

/* One file of a message; with split_spool_directory it stands in a folder named by the id's sixth character. */
static bool
read_spool(struct verb_call *c, const char *spool, const char *folder, const char *id, const char *suffix,
    struct text *ret)
{
	struct err none;

	return read_file(c->arena, c->helper->root, arena_printf(c->arena, "%s/%s/%s%s", spool, folder, id, suffix),
	    SPOOL_FILE_MAX, ret, &none) ||
	    read_file(c->arena, c->helper->root, arena_printf(c->arena, "%s/%s/%c/%s%s", spool, folder, id[5], id,
	    suffix), SPOOL_FILE_MAX, ret, &none);
}

/* What Exim prints of a message, from its file or by Exim itself.  *ret: false = it is gone. */
static bool
message_text(struct verb_call *c, const char *spool, const struct spool_file *file, const char *id, struct text *ret,
    bool *there, struct err *err)
{
	*there = spool != NULL && read_spool(c, spool, file->folder, id, file->suffix, ret);
	if (*there || spool != NULL)
		return true;
	if (!run_program(c->arena, (const char *const[]){ "exim", file->option, id, NULL }, nothing, c->reply, err))
		return false;
	*there = c->reply->status == 0;
	*ret = c->reply->out;
	return true;
}

/* One at a time: a message that is gone must not hide the others. */
static bool
show_each(struct verb_call *c, const struct spool_file *file, struct err *err)
{
	struct str all = str_in(c->arena, HELPER_OUT_MAX);
	time_t end = time(NULL) + HELPER_TIME_S - 5;
	const char *spool;
	struct text text;
	bool there;

	for (size_t i = 0; i < c->arg_count; i++)
		if (!is_exim_id(text_of(c->args[i])))
			return err_set(err, ERR_VALUE, "not a queue id");
	spool = spool_folder(c);
	for (size_t i = 0; i < c->arg_count && time(NULL) < end; i++) {
		if (!message_text(c, spool, file, c->args[i], &text, &there, err))
			return false;
		if (!there)
			continue;
		if (text.n > file->tail)
			text = text_skip(text, text.n - file->tail);
		str_addf(&all, "=== MESSAGE %s ===\n", c->args[i]);
		str_addt(&all, text);
		if (all.n > 0 && all.p[all.n - 1] != '\n')
			str_addc(&all, '\n');
	}
	c->reply->status = all.n > 0 ? 0 : 1;
	c->reply->out = str_text(&all);
	return str_ok(&all) || err_set(err, ERR_LIMIT, "too much to show");
}

bool
verb_exim_show(struct verb_call *c, struct err *err)
{
	static const struct spool_file file = { "input", "-H", "-Mvh", SPOOL_FILE_MAX };

	return show_each(c, &file, err);
}

bool
verb_exim_log(struct verb_call *c, struct err *err)
{
	static const struct spool_file file = { "msglog", "", "-Mvl", LOG_TAIL };

	return show_each(c, &file, err);
}

/* A message that left the queue meanwhile is no failure of the others: Exim says so of each, and ends with 1. */
static bool
on_each(struct verb_call *c, const char *option, struct err *err)
{
	const char **argv = arena_array(c->arena, IDS_PER_RUN + 3, sizeof(*argv));
	struct text rest = c->input, line;
	size_t count = 0, n = 2;
	bool more;

	argv[0] = "exim";
	argv[1] = option;
	for (rest = c->input; text_line(&rest, &line); count++)
		if (!is_exim_id(line) || count == IDS_MAX)
			return err_set(err, ERR_VALUE, "not a queue id, or more than %d", IDS_MAX);
	if (count == 0)
		return err_set(err, ERR_VALUE, "no queue id");
	rest = c->input;
	do {
		more = text_line(&rest, &line);
		if (more)
			argv[n++] = text_cstr(c->arena, line);
		if (n == 2 || (more && n < IDS_PER_RUN + 2))
			continue;
		argv[n] = NULL;
		if (!run_program(c->arena, argv, nothing, c->reply, err))
			return false;
		n = 2;
	} while (more);
	if (c->reply->status == 1)
		c->reply->status = 0;
	return true;
}

bool
verb_exim_freeze(struct verb_call *c, struct err *err)
{
	return on_each(c, "-Mf", err);
}

bool
verb_exim_thaw(struct verb_call *c, struct err *err)
{
	return on_each(c, "-Mt", err);
}

bool
verb_exim_remove(struct verb_call *c, struct err *err)
{
	return on_each(c, "-Mrm", err);
}
