#include "evidence/queue.h"

#include <string.h>

#include "base/arena.h"
#include "mail/exim_queue.h"
#include "mail/postqueue.h"

#define PER_CALL	200	/* the helper has a minute for each */

static const struct reply *
ask_verb(struct evidence *ev, const char *verb, const char *const *args, size_t count)
{
	struct request r = { .kind = REQUEST_VERB };

	r.u.verb.verb = verb;
	r.u.verb.args = args;
	r.u.verb.arg_count = count;
	return ev_call(ev, &r);
}

void
queue_count_states(struct json *queue)
{
	static const char *const states[] = { "active", "deferred", "hold" };
	int64_t counts[3] = { 0 }, oldest = -1;

	for (const struct json *v = json_first(json_get(queue, "messages")); v != NULL; v = json_next(v)) {
		int64_t at = json_int(v, "arrived_at", -1);

		for (size_t i = 0; i < 3; i++)
			if (strcmp(json_str(v, "state"), states[i]) == 0)
				counts[i]++;
		if (strcmp(json_str(v, "state"), "deferred") == 0 && at >= 0 && (oldest < 0 || at < oldest))
			oldest = at;
	}
	for (size_t i = 0; i < 3; i++)
		json_put_int(queue, states[i], counts[i]);
	if (oldest >= 0)
		json_put_int(queue, "oldest_at", oldest);
	else
		json_put_null(queue, "oldest_at");
}

/* --- what stands in the headers -------------------------------------------------------------------- */

/* The part of one message in the helper's answer.  No header field looks like the mark: it has no colon. */
static bool
next_part(struct text *rest, struct text *id, struct text *part)
{
	static const char mark[] = "=== MESSAGE ", next[] = "\n=== MESSAGE ", end[] = " ===";
	struct text line;
	size_t at;

	do {
		if (!text_line(rest, &line))
			return false;
	} while (!text_starts(line, mark) || !text_ends(line, end) || line.n < sizeof(mark) + sizeof(end));
	*id = text_head(text_skip(line, sizeof(mark) - 1), line.n - (sizeof(mark) - 1) - (sizeof(end) - 1));
	*part = text_find(*rest, text_of(next), &at) ? text_head(*rest, at + 1) : *rest;
	*rest = text_skip(*rest, part->n);
	return true;
}

/* How one mail server's queue is read. */
struct queue_kind {
	const char	*show;		/* verb */
	void		(*take)(struct arena *, struct text part, struct json *message);
	const char	*log;		/* verb, or NULL: the list says why they wait */
	void		(*take_log)(struct arena *, struct text part, struct json *message);
};

static void
take_exim(struct arena *a, struct text part, struct json *message)
{
	int64_t uid;
	struct text shown = exim_spool_text(a, part, &uid);

	postcat_parse(a, shown, message);
	if (uid >= 0)
		json_put_int(message, "uid", uid);
}

static void
take_exim_log(struct arena *a, struct text part, struct json *message)
{
	(void)a;
	exim_log_parse(part, message);
}

static const struct queue_kind postfix = { "queue-show", postcat_parse, NULL, NULL };
static const struct queue_kind exim = { "exim-show", take_exim, "exim-log", take_exim_log };

static size_t
take_parts(struct arena *a, void (*take)(struct arena *, struct text, struct json *), struct text out,
    struct json **rows, const char *const *ids, size_t count)
{
	struct text id, part;
	size_t i = 0, taken = 0;

	while (next_part(&out, &id, &part)) {
		while (i < count && !text_is(id, ids[i]))
			i++;		/* it left the queue meanwhile */
		if (i == count)
			break;
		take(a, part, rows[i++]);
		taken++;
	}
	return taken;
}

/* false = on its way. */
static bool
read_headers(struct evidence *ev, struct arena *a, const struct queue_kind *kind, struct json *queue)
{
	struct json *list = json_edit(queue, "messages"), *v;
	size_t count = json_count(list), wanted = count < QUEUE_READ_MAX ? count : QUEUE_READ_MAX;
	struct json **rows = arena_array(a, wanted + 1, sizeof(*rows));
	const char **ids = arena_array(evidence_arena(ev), wanted + 1, sizeof(*ids));
	size_t i = 0, n = 0, read = 0;
	bool all = true;

	for (v = json_edit_first(list); v != NULL && n < wanted; v = json_edit_next(v), i++)
		if (i * wanted / count >= n) {
			rows[n] = v;
			ids[n++] = arena_strdup(evidence_arena(ev), json_str(v, "id"));
		}
	for (i = 0; i < n; i += PER_CALL) {
		size_t some = n - i < PER_CALL ? n - i : PER_CALL;
		const struct reply *reply = ask_verb(ev, kind->show, ids + i, some);

		if (reply == NULL)
			all = false;
		else if (reply->err.code == ERR_NONE && reply->u.verb.status == 0)
			read += take_parts(a, kind->take, reply->u.verb.out, rows + i, ids + i, some);
		if (kind->log == NULL)
			continue;
		if ((reply = ask_verb(ev, kind->log, ids + i, some)) == NULL)
			all = false;
		else if (reply->err.code == ERR_NONE && reply->u.verb.status == 0)
			take_parts(a, kind->take_log, reply->u.verb.out, rows + i, ids + i, some);
	}
	json_put_int(queue, "read", (int64_t)read);
	return all;
}

/* --- whose user ids they are --------------------------------------------------------------------------- */

#define USERS_MAX	60	/* different ones; the helper takes so many */

/* Of the Received field, else of "10007:x.php"; 0 is the system itself. */
static int64_t
uid_of(const struct json *message)
{
	struct text rest = text_of(json_str(message, "script")), part;
	uint64_t uid;

	if (json_int(message, "uid", -1) > 0)
		return json_int(message, "uid", -1);
	return text_split(&rest, ':', &part) && text_uint(part, UINT32_MAX, &uid) ? (int64_t)uid : 0;
}

static const struct json *
user_of(const struct json *users, int64_t uid)
{
	for (const struct json *v = json_first(users); v != NULL; v = json_next(v))
		if (json_int(v, "uid", -1) == uid)
			return v;
	return NULL;
}

/* What cannot be had is left out.  false = on its way. */
static bool
name_users(struct evidence *ev, struct arena *a, struct json *queue)
{
	const char **uids = arena_array(evidence_arena(ev), USERS_MAX, sizeof(*uids));
	int64_t seen[USERS_MAX];
	const struct reply *reply;
	struct json *users = json_new_array(a), *v;
	struct text out, line;
	struct err bad;
	size_t count = 0, i;

	for (v = json_edit_first(json_edit(queue, "messages")); v != NULL && count < USERS_MAX; v = json_edit_next(v)) {
		int64_t uid = uid_of(v);

		for (i = 0; i < count && seen[i] != uid; i++)
			;
		if (uid <= 0 || i < count)
			continue;
		seen[count] = uid;
		uids[count++] = arena_printf(evidence_arena(ev), "%lld", (long long)uid);
	}
	if (count == 0)
		return true;
	if ((reply = ask_verb(ev, "users", uids, count)) == NULL)
		return false;
	if (reply->err.code != ERR_NONE || reply->u.verb.status != 0)
		return true;
	for (out = reply->u.verb.out; text_line(&out, &line);) {
		const struct json *row = json_parse(a, line, &bad);

		if (row != NULL)
			json_add_copy(users, row);
	}
	for (v = json_edit_first(json_edit(queue, "messages")); v != NULL; v = json_edit_next(v)) {
		const struct json *user = user_of(users, uid_of(v));

		if (user == NULL)
			continue;
		json_put_str(v, "user", json_str(user, "name"));
		json_put_str(v, "home", json_str(user, "home"));
	}
	return true;
}

/* The list; NULL = cannot go on. */
static const struct reply *
list_of_queue(struct evidence *ev, struct arena *a, const char *verb)
{
	const struct reply *reply = ask_verb(ev, verb, NULL, 0);

	if (reply == NULL || (reply->err.code == ERR_NONE && reply->u.verb.status == 0))
		return reply;
	ev_fail(ev, "mail queue", reply->err.code != ERR_NONE ? err_word(reply->err.code) : "io",
	    reply->err.code != ERR_NONE ? reply->err.text : text_show(a, text_trim(reply->u.verb.err)));
	return NULL;
}

static const struct json *
complete(struct evidence *ev, struct arena *a, const struct queue_kind *kind, struct json *queue,
    const struct queue_counts *counts)
{
	json_put_int(queue, "total", counts->total);
	json_put_int(queue, "active", counts->active);
	json_put_int(queue, "deferred", counts->deferred);
	json_put_int(queue, "hold", counts->hold);
	if (counts->oldest_at >= 0)
		json_put_int(queue, "oldest_at", counts->oldest_at);
	else
		json_put_null(queue, "oldest_at");
	return read_headers(ev, a, kind, queue) && name_users(ev, a, queue) ? queue : NULL;
}

const struct json *
queue_of_postfix(struct evidence *ev, struct arena *a)
{
	const struct reply *reply = list_of_queue(ev, a, "queue-list");
	struct queue_counts counts;
	struct json *queue;

	if (reply == NULL)
		return NULL;
	queue = json_new_object(a);
	postqueue_count(a, reply->u.verb.out, &counts);
	postqueue_parse(a, reply->u.verb.out, QUEUE_ROWS_MAX, json_put_array(queue, "messages"));
	return complete(ev, a, &postfix, queue, &counts);
}

const struct json *
queue_of_exim(struct evidence *ev, struct arena *a)
{
	const struct reply *reply = list_of_queue(ev, a, "exim-list");
	struct queue_counts counts;
	struct json *queue;

	if (reply == NULL)
		return NULL;
	queue = json_new_object(a);
	exim_queue_count(reply->u.verb.out, reply->at, &counts);
	exim_queue_parse(a, reply->u.verb.out, reply->at, QUEUE_ROWS_MAX, json_put_array(queue, "messages"));
	return complete(ev, a, &exim, queue, &counts);
}

bool
queue_headers(struct evidence *ev, struct arena *a, const char *id, const struct json **ret)
{
	const char **ids = arena_array(evidence_arena(ev), 1, sizeof(*ids));
	bool is_exim = exim_id_fits(text_of(id));
	const struct reply *reply;
	struct text out, part, found;
	int64_t uid;

	*ret = NULL;
	ids[0] = arena_strdup(evidence_arena(ev), id);
	if ((reply = ask_verb(ev, is_exim ? exim.show : postfix.show, ids, 1)) == NULL)
		return false;
	if (reply->err.code != ERR_NONE || reply->u.verb.status != 0)
		return true;
	out = reply->u.verb.out;
	if (next_part(&out, &found, &part))
		*ret = postcat_header(a, is_exim ? exim_spool_text(a, part, &uid) : part);
	return true;
}
