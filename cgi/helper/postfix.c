/* The running Postfix: its configuration taken up, its tables, its queue. */

#include <string.h>
#include <time.h>

#include "helper/helper.h"

#define IDS_MAX	100000

static const struct text nothing = { "", 0 };

/* --- reload ---------------------------------------------------------------------------------------- */

static bool
postfix(struct verb_call *c, const char *verb, struct err *err)
{
	return run_program(c->arena, (const char *const[]){ "postfix", "-c", c->helper->postfix_dir, verb,
	    NULL }, nothing, c->reply, err);
}

/* What does not pass the check is not taken up: the old configuration goes on working. */
bool
verb_postfix_reload(struct verb_call *c, struct err *err)
{
	return postfix(c, "check", err) && (c->reply->status != 0 || postfix(c, "reload", err));
}

/* Under systemd a daemon that we started would belong to this process, and end with it. */
bool
verb_postfix_restart(struct verb_call *c, struct err *err)
{
	if (!postfix(c, "check", err))
		return false;
	if (c->reply->status != 0)
		return true;
	if (exists(c->helper->root, "/run/systemd/system"))
		return run_program(c->arena, (const char *const[]){ "systemctl", "--no-ask-password",
		    "try-restart", "postfix.service", NULL }, nothing, c->reply, err);
	if (!postfix(c, "status", err))
		return false;
	if (c->reply->status != 0) {		/* it does not run: it reads main.cf when it starts */
		c->reply->status = 0;
		return true;
	}
	return postfix(c, "stop", err) && (c->reply->status != 0 || postfix(c, "start", err));
}

/* --- tables ------------------------------------------------------------------------------------------ */

#define LIST_MAX	(4UL * 1024 * 1024)

/* A plain list: the first word of each line; the rest is not looked at. */
static bool
plain_list(struct verb_call *c, struct str *keys, struct err *err)
{
	struct text rest, line;
	size_t n;

	if (!read_file(c->arena, c->helper->root, c->args[0], LIST_MAX, &rest, err))
		return false;
	while (text_line(&rest, &line)) {
		for (n = 0; n < line.n && !ascii_isspace((unsigned char)line.p[n]); n++)
			;
		if (n == 0 || line.p[0] == '#')
			continue;
		str_addt(keys, text_head(line, n));
		str_addc(keys, '\n');
	}
	return true;
}

/*
 * Nothing is told from a file that not every user may read: /etc is full of
 * lists of secrets, and sasl_passwd is a table like any other.
 */
static bool
is_public(struct verb_call *c, struct err *err)
{
	static const struct { const char *type, *suffix; } files[] = {
		{ "hash:", ".db" }, { "btree:", ".db" }, { "lmdb:", ".lmdb" }, { "cdb:", ".cdb" },
		{ "dbm:", ".pag" }, { "texthash:", "" }, { "", "" },
	};
	const char *name = c->args[0];
	size_t i = 0;

	while (strncmp(name, files[i].type, strlen(files[i].type)) != 0)
		i++;
	return file_is_public(c->helper->root, arena_printf(c->arena, "%s%s",
	    name + strlen(files[i].type), files[i].suffix), err);
}

/* user@example, without the ":password" of a table that is no map of addresses. */
static bool
is_addresses(struct text value)
{
	return memchr(value.p, '@', value.n) != NULL && memchr(value.p, ':', value.n) == NULL;
}

/* Only values that are addresses are told: the others are nobody's business. */
static bool
table(struct verb_call *c, struct str *keys, struct err *err)
{
	struct text rest, line, key;

	if (!run_program(c->arena, (const char *const[]){ "postmap", "-c", c->helper->postfix_dir, "-s",
	    c->args[0], NULL }, nothing, c->reply, err))
		return false;
	for (rest = c->reply->out; text_line(&rest, &line);) {
		if (!text_split(&line, '\t', &key) || key.n == 0)
			continue;
		str_addt(keys, key);
		if (is_addresses(line)) {
			str_addc(keys, '\t');
			str_addt(keys, line);
		}
		str_addc(keys, '\n');
	}
	return true;
}

bool
verb_postmap_list(struct verb_call *c, struct err *err)
{
	struct str keys = str_in(c->arena, HELPER_OUT_MAX);

	if (!word_is_table(c->args[0]))
		return err_set(err, ERR_VALUE, "not a table of a file");
	if (!is_public(c, err) || !(c->args[0][0] == '/' ? plain_list(c, &keys, err) : table(c, &keys, err)))
		return false;
	c->reply->out = str_text(&keys);
	return str_ok(&keys) || err_set(err, ERR_LIMIT, "the table is too long");
}

/* --- queue ------------------------------------------------------------------------------------------- */

bool
verb_queue_list(struct verb_call *c, struct err *err)
{
	return run_program(c->arena, (const char *const[]){ "postqueue", "-c", c->helper->postfix_dir, "-j",
	    NULL }, nothing, c->reply, err);
}

/* One at a time: a message that is gone must not hide the others. */
bool
verb_queue_show(struct verb_call *c, struct err *err)
{
	struct str all = str_in(c->arena, HELPER_OUT_MAX);
	time_t end = time(NULL) + HELPER_TIME_S - 5;
	size_t i;
	int status = 0;

	for (i = 0; i < c->arg_count; i++)
		if (!word_is_queue_id(c->args[i]))
			return err_set(err, ERR_VALUE, "not a queue id");
	/* What was read in time is better than nothing: the caller sees which ones are missing. */
	for (i = 0; i < c->arg_count && time(NULL) < end; i++) {
		if (!run_program(c->arena, (const char *const[]){ "postcat", "-c", c->helper->postfix_dir,
		    "-e", "-h", "-q", c->args[i], NULL }, nothing, c->reply, err))
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

static bool
postsuper(struct verb_call *c, const char *option, struct err *err)
{
	struct text rest = c->input, line;
	struct str ids = str_in(c->arena, VERB_REQUEST_MAX);
	size_t count = 0;

	while (text_line(&rest, &line)) {
		if (memchr(line.p, '\0', line.n) != NULL || !word_is_queue_id(text_cstr(c->arena, line)))
			return err_set(err, ERR_VALUE, "not a queue id");
		if (++count > IDS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d messages", IDS_MAX);
		str_addt(&ids, line);
		str_addc(&ids, '\n');
	}
	if (count == 0)
		return err_set(err, ERR_VALUE, "no queue id");
	return run_program(c->arena, (const char *const[]){ "postsuper", "-c", c->helper->postfix_dir,
	    option, "-", NULL }, str_text(&ids), c->reply, err);
}

bool
verb_queue_hold(struct verb_call *c, struct err *err)
{
	return postsuper(c, "-h", err);
}

bool
verb_queue_release(struct verb_call *c, struct err *err)
{
	return postsuper(c, "-H", err);
}

bool
verb_queue_delete(struct verb_call *c, struct err *err)
{
	return postsuper(c, "-d", err);
}
