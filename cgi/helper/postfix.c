/* The running Postfix: its configuration taken up, its tables, its queue. */

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/helper.h"
#include "helper/thin.h"

#define IDS_MAX	100000
#define QUEUE_BYTES_MAX	(16UL * 1024 * 1024)

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
static void
add_rows(struct str *keys, struct text rest)
{
	struct text line, key;

	while (text_line(&rest, &line)) {
		if (!text_split(&line, '\t', &key) || key.n == 0)
			continue;
		str_addt(keys, key);
		if (is_addresses(line)) {
			str_addc(keys, '\t');
			str_addt(keys, line);
		}
		str_addc(keys, '\n');
	}
}

/*
 * Between the look above and postmap's own somebody whose folder it is in may have put a link there:
 * so it is read with nobody's rights, which suffice for what everybody may read.
 */
static bool
table(struct verb_call *c, struct str *keys, struct err *err)
{
	if (geteuid() == 0 && !become(0, err))
		return false;
	if (!run_program(c->arena, (const char *const[]){ "postmap", "-c", c->helper->postfix_dir, "-s",
	    c->args[0], NULL }, nothing, c->reply, err))
		return false;
	add_rows(keys, c->reply->out);
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

static bool
are_keys(struct text input)
{
	struct text line;

	while (text_line(&input, &line)) {
		if (line.n == 0 || line.n > 320)
			return false;
		for (size_t i = 0; i < line.n; i++)
			if ((unsigned char)line.p[i] <= ' ' || (unsigned char)line.p[i] >= 0x7f)
				return false;
	}
	return true;
}

/*
 * "Not one of them" and "could not be asked" have the same exit status; the
 * latter says "fatal" on the error output, where warnings stand as well.  That may quote the table's own settings,
 * a password among them, so it is not handed on.
 */
bool
verb_postmap_query(struct verb_call *c, struct err *err)
{
	struct str keys = str_in(c->arena, HELPER_OUT_MAX);
	size_t at;

	if (!are_keys(c->input))
		return err_set(err, ERR_VALUE, "not keys of a table");
	if (!table_is_configured(c, c->args[0], err) || !run_program(c->arena, (const char *const[]){ "postmap", "-c",
	    c->helper->postfix_dir, "-q", "-", c->args[0], NULL }, c->input, c->reply, err))
		return false;
	if (c->reply->status > 1 || (c->reply->status == 1 && text_find(c->reply->err, TEXT("fatal:"), &at)))
		return err_set(err, ERR_IO, "the table could not be asked");
	add_rows(&keys, c->reply->out);
	c->reply->status = 0;
	c->reply->out = str_text(&keys);
	c->reply->err = nothing;
	return str_ok(&keys) || err_set(err, ERR_LIMIT, "too many answers");
}

/* --- queue ------------------------------------------------------------------------------------------- */

struct counting {
	int64_t	total, state[3], oldest_at;
};

/* Postfix' own members stand first: {"queue_name": "deferred", "queue_id": "...", "arrival_time": 1795700000, ... */
static void
count_line(void *ctx, struct text line)
{
	static const char *const states[] = { "active", "deferred", "hold" };
	struct counting *n = ctx;
	struct text head = text_head(line, 160), word, digits;
	uint64_t arrived;
	size_t at, i = 0, k = 0;

	if (!text_starts(line, "{\"queue_name\": \""))
		return;
	head = text_skip(head, 16);
	text_split(&head, '"', &word);
	n->total++;
	while (i < 3 && !text_is(word, states[i]))
		i++;
	if (i == 3)
		return;
	n->state[i]++;
	if (i != 1 || !text_find(head, TEXT("\"arrival_time\": "), &at))
		return;
	digits = text_skip(head, at + 16);
	while (k < digits.n && ascii_isdigit((unsigned char)digits.p[k]))
		k++;
	if (text_uint(text_head(digits, k), INT64_MAX, &arrived) && (n->oldest_at < 0 || (int64_t)arrived < n->oldest_at))
		n->oldest_at = (int64_t)arrived;
}

static const char *
counts_line(struct arena *a, const struct counting *n)
{
	struct json *line = json_new_object(a), *queue = json_put_object(line, "queue");

	json_put_int(queue, "total", n->total);
	json_put_int(queue, "active", n->state[0]);
	json_put_int(queue, "deferred", n->state[1]);
	json_put_int(queue, "hold", n->state[2]);
	if (n->oldest_at >= 0)
		json_put_int(queue, "oldest_at", n->oldest_at);
	else
		json_put_null(queue, "oldest_at");
	return json_print(a, line);
}

bool
verb_queue_list(struct verb_call *c, struct err *err)
{
	struct counting n = { .oldest_at = -1 };
	struct thin thin = thin_new(c->arena, QUEUE_BYTES_MAX, count_line, &n);

	if (!run_program_thin(c->arena, (const char *const[]){ "postqueue", "-c", c->helper->postfix_dir, "-j",
	    NULL }, &thin, c->reply, err))
		return false;
	if (thin.every > 1)
		c->reply->out = text_of(arena_printf(c->arena, "%s%s\n", thin.kept.p, counts_line(c->arena, &n)));
	return true;
}

/*
 * "*** ENVELOPE RECORDS deferred/A/A1B2C3 ***": no header field looks like it, it
 * has no colon and a field that is none ends the header.
 */
static bool
is_beginning(struct text line, struct text *id)
{
	static const char mark[] = "*** ENVELOPE RECORDS ", end[] = " ***";
	struct text part;

	if (!text_starts(line, mark) || !text_ends(line, end) || line.n <= sizeof(mark) + sizeof(end))
		return false;
	line = text_head(text_skip(line, sizeof(mark) - 1), line.n - (sizeof(mark) - 1) - (sizeof(end) - 1));
	while (text_split(&line, '/', &part))
		*id = part;
	return true;
}

/* What one postcat says of several; how many of ids[] were among them. */
static size_t
add_messages(struct str *all, struct text out, const char *const *ids, size_t count)
{
	struct text line, id;
	size_t done = 0;

	while (text_line(&out, &line)) {
		if (is_beginning(line, &id)) {
			while (done < count && !text_is(id, ids[done]))
				done++;
			if (done == count)
				break;
			str_addf(all, "=== MESSAGE %s ===\n", ids[done++]);
		}
		str_addt(all, line);
		str_addc(all, '\n');
	}
	return done;
}

/*
 * All of them with one postcat; it ends at the first that is gone, so it is started
 * again behind that one: a message that is gone must not hide the others.
 */
bool
verb_queue_show(struct verb_call *c, struct err *err)
{
	static const char *const options[] = { "postcat", "-c", NULL, "-e", "-h", "-q" };
	const size_t fixed = sizeof(options) / sizeof(options[0]);
	const char **argv = arena_array(c->arena, fixed + c->arg_count + 1, sizeof(*argv));
	struct str all = str_in(c->arena, HELPER_OUT_MAX);
	time_t end = time(NULL) + HELPER_TIME_S - 5;
	size_t i, done;
	int status = 0;

	for (i = 0; i < c->arg_count; i++)
		if (!word_is_queue_id(c->args[i]))
			return err_set(err, ERR_VALUE, "not a queue id");
	/* What was read in time is better than nothing: the caller sees which ones are missing. */
	for (i = 0; i < c->arg_count && time(NULL) < end; i += done) {
		memcpy(argv, options, sizeof(options));
		argv[2] = c->helper->postfix_dir;
		memcpy(argv + fixed, c->args + i, (c->arg_count - i) * sizeof(*argv));
		argv[fixed + c->arg_count - i] = NULL;
		if (!run_program(c->arena, argv, nothing, c->reply, err))
			return false;
		done = add_messages(&all, c->reply->out, c->args + i, c->arg_count - i);
		if (c->reply->status == 0)
			break;
		status = c->reply->status;
		done++;			/* the one that it ended at */
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
