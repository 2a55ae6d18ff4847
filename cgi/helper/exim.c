/*
 * Exim's queue: what is in it, and what becomes of its messages.
 *
 *	exim-list		exim -bp
 *	exim-show ID...		exim -Mvh: the header file of the spool, never a body; "=== MESSAGE ID ==="
 *				before each
 *	exim-freeze, exim-thaw, exim-remove	ids on the input, one a line
 */

#include <string.h>
#include <time.h>

#include "helper/helper.h"

#define IDS_MAX		100000
#define IDS_PER_RUN	200

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

/* One at a time: a message that is gone must not hide the others. */
bool
verb_exim_show(struct verb_call *c, struct err *err)
{
	struct str all = str_in(c->arena, HELPER_OUT_MAX);
	time_t end = time(NULL) + HELPER_TIME_S - 5;
	int status = 0;

	for (size_t i = 0; i < c->arg_count; i++)
		if (!is_exim_id(text_of(c->args[i])))
			return err_set(err, ERR_VALUE, "not a queue id");
	for (size_t i = 0; i < c->arg_count && time(NULL) < end; i++) {
		if (!run_program(c->arena, (const char *const[]){ "exim", "-Mvh", c->args[i], NULL }, nothing,
		    c->reply, err))
			return false;
		if (c->reply->status != 0) {
			status = c->reply->status;
			continue;
		}
		str_addf(&all, "=== MESSAGE %s ===\n", c->args[i]);
		str_addt(&all, c->reply->out);
		if (all.n > 0 && all.p[all.n - 1] != '\n')
			str_addc(&all, '\n');
	}
	c->reply->status = all.n > 0 ? 0 : status;
	c->reply->out = str_text(&all);
	return str_ok(&all) || err_set(err, ERR_LIMIT, "too much to show");
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
