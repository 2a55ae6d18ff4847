#include "panel/host.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "evidence/queue.h"
#include "mail/exim_queue.h"
#include "mail/maillog.h"

#define IDS_MAX		(3UL * 1024 * 1024)	/* bytes: what a request to the helper holds */

/* The helper's answer to a verb without arguments; false = on its way, or ev_fail was called. */
static bool
verb_out(struct evidence *ev, struct arena *a, const char *what, const char *verb, struct text *out)
{
	struct request r = { .kind = REQUEST_VERB };
	const struct reply *reply;

	r.u.verb.verb = verb;
	if ((reply = ev_call(ev, &r)) == NULL)
		return false;
	if (reply->err.code != ERR_NONE) {
		ev_fail(ev, what, err_word(reply->err.code), reply->err.text);
		return false;
	}
	if (reply->u.verb.status != 0) {
		ev_fail(ev, what, err_word(ERR_IO),
		    text_show(a, text_head(text_trim(reply->u.verb.err), 200)));
		return false;
	}
	*out = reply->u.verb.out;
	return true;
}

const struct json *
host_queue(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct request r = { .kind = REQUEST_VERB };
	const struct reply *reply;

	(void)arg;
	(void)params;
	r.u.verb.verb = "queue-list";
	if ((reply = ev_call(ev, &r)) == NULL)
		return NULL;
	/* No Postfix: a machine without a panel may have Debian's own mail server. */
	return reply->err.code == ERR_UNSUPPORTED ? queue_of_exim(ev, a) : queue_of_postfix(ev, a);
}

/* On when every PHP of the machine writes it. */
const struct json *
host_script_log(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct json *ret;
	struct text out, line;
	struct err bad;
	const char *path = NULL;
	bool on = true, header = true;
	size_t count = 0;

	(void)arg;
	(void)params;
	if (!verb_out(ev, a, "log of script mail", "php-mail-log-get", &out))
		return NULL;
	while (text_line(&out, &line)) {
		const struct json *row = json_parse(a, line, &bad);

		if (row == NULL)
			continue;
		count++;
		on = on && json_str(row, "log") != NULL;
		header = header && json_bool(row, "header", false);
		if (json_str(row, "log") != NULL)
			path = json_str(row, "log");
	}
	ret = json_new_object(a);
	if (count == 0) {		/* no PHP: nothing to log */
		json_put_null(ret, "on");
		json_put_null(ret, "path");
		json_put_null(ret, "header");
		return ret;
	}
	json_put_bool(ret, "on", on);
	json_put_str(ret, "path", path);
	json_put_bool(ret, "header", header);
	return ret;
}

#define LOG_TAIL	(3L * 1024 * 1024)	/* bytes at the end of the log that are read */

/* First where it ends, then what stands before; the line that the cut goes through is none. */
const struct json *
host_mail_traffic(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char verb[] = "mail-log-read";
	struct request r = { .kind = REQUEST_VERB };
	const char **args = arena_array(evidence_arena(ev), 2, sizeof(*args));
	const struct json *head;
	const struct reply *reply;
	struct maillog_counts *counts;
	struct text out, line;
	struct err err;
	int64_t offset;

	(void)arg;
	(void)params;
	if (!verb_out(ev, a, "mail log", verb, &out) || !text_line(&out, &line))
		return NULL;
	if ((head = json_parse(a, line, &err)) == NULL || json_str(head, "file") == NULL) {
		ev_fail(ev, "mail log", err_word(ERR_PROTOCOL), "the helper's answer is none");
		return NULL;
	}
	offset = json_int(head, "offset", 0);
	args[0] = arena_strdup(evidence_arena(ev), json_str(head, "file"));
	args[1] = arena_printf(evidence_arena(ev), "%lld", (long long)(offset > LOG_TAIL ? offset - LOG_TAIL : 0));
	r.u.verb.verb = verb;
	r.u.verb.args = args;
	r.u.verb.arg_count = 2;
	if ((reply = ev_call(ev, &r)) == NULL)
		return NULL;
	if (reply->err.code != ERR_NONE || reply->u.verb.status != 0) {
		ev_fail(ev, "mail log", err_word(reply->err.code != ERR_NONE ? reply->err.code : ERR_IO), NULL);
		return NULL;
	}
	counts = maillog_counts_new(a, evidence_now(ev));
	for (out = reply->u.verb.out; text_line(&out, &line);)
		maillog_count(counts, line);
	return maillog_counts_json(counts, a);
}

bool
host_clamav(struct evidence *ev, struct arena *a, const char **ret)
{
	struct text out, line;
	struct err bad;

	*ret = NULL;
	if (!verb_out(ev, a, "virus scanner", "services", &out))
		return false;
	while (text_line(&out, &line)) {
		const struct json *row = json_parse(a, line, &bad);

		if (json_str(row, "name") != NULL && strcmp(json_str(row, "name"), "clamav") == 0)
			*ret = json_str(row, "path");
	}
	return true;
}

/* --- distribution ----------------------------------------------------------------------------- */

static const char *
os_value(struct arena *a, struct text release, const char *key)
{
	struct text line, name;

	while (text_line(&release, &line))
		if (text_split(&line, '=', &name) && text_is(name, key)) {
			line = text_trim(line);
			if (line.n >= 2 && line.p[0] == '"' && line.p[line.n - 1] == '"')
				line = text_head(text_skip(line, 1), line.n - 2);
			return text_show(a, line);
		}
	return NULL;
}

/* os-release(5): ID, and whom it is like. */
static const char *
family_of(const char *id, const char *like)
{
	static const struct { const char *word, *family; } words[] = {
		{ "debian", "debian" }, { "ubuntu", "debian" }, { "rhel", "rpm" }, { "fedora", "rpm" },
		{ "centos", "rpm" }, { "almalinux", "rpm" }, { "rocky", "rpm" }, { "suse", "rpm" },
		{ "opensuse", "rpm" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct text rest = text_of(like), word;

		if (id != NULL && strcmp(id, words[i].word) == 0)
			return words[i].family;
		while (text_split(&rest, ' ', &word))
			if (text_is(word, words[i].word))
				return words[i].family;
	}
	return NULL;
}

const struct json *
host_os(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct json *os;
	struct text out;

	(void)arg;
	(void)params;
	if (!verb_out(ev, a, "distribution", "os-release", &out))
		return NULL;
	os = json_new_object(a);
	json_put_str(os, "id", os_value(a, out, "ID"));
	json_put_str(os, "name", os_value(a, out, "PRETTY_NAME"));
	json_put_str(os, "family", family_of(os_value(a, out, "ID"), os_value(a, out, "ID_LIKE")));
	return os;
}

/* --- changes ---------------------------------------------------------------------------------- */

static struct request
write_verb(const char *verb)
{
	struct request r = { .kind = REQUEST_VERB };

	r.u.verb.verb = verb;
	r.u.verb.write = true;
	return r;
}

static enum step
ended(struct arena *a, const struct reply *reply, struct err *err)
{
	if (reply->err.code != ERR_NONE) {
		*err = reply->err;
		return STEP_FAILED;
	}
	if (reply->u.verb.status == 0)
		return STEP_DONE;
	err_set(err, ERR_VALUE, "%s", text_show(a, text_head(text_trim(reply->u.verb.err), 300)));
	return STEP_FAILED;
}

enum step
host_next_script_log(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	if (log->count > 0)
		return ended(a, &log->replies[0], err);
	*call = write_verb(json_value_bool(c->after, false) ? "php-mail-log-enable" :
	    "php-mail-log-disable");
	return STEP_CALL;
}

bool
host_state_script_log(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *log = ev_fact(ev, "script_log", NULL);
	struct json *holder;

	(void)c;
	(void)params;
	if (log == NULL)
		return false;
	holder = json_new_object(a);
	json_put_bool(holder, "on", json_bool(log, "on", false) && json_bool(log, "header", false));
	*ret = json_get(holder, "on");
	return true;
}

struct queue_verb { const char *action, *verb; };

static enum step
next_queue(struct arena *a, const struct change *c, const struct call_log *log,
    const struct queue_verb verbs[3], struct request *call, struct err *err)
{
	struct str ids;
	size_t i;

	if (log->count > 0)
		return ended(a, &log->replies[0], err);
	for (i = 0; i < 3 && strcmp(verbs[i].action, c->action) != 0; i++)
		;
	if (i == 3 || json_count(c->ids) == 0) {
		err_set(err, ERR_VALUE, "nothing to do with the queue");
		return STEP_FAILED;
	}
	ids = str_in(a, IDS_MAX);
	for (const struct json *v = json_first(c->ids); v != NULL; v = json_next(v))
		str_addf(&ids, "%s\n", json_value_str(v));
	if (!str_ok(&ids)) {
		err_set(err, ERR_LIMIT, "too many messages at once");
		return STEP_FAILED;
	}
	*call = write_verb(verbs[i].verb);
	call->u.verb.input = str_text(&ids);
	return STEP_CALL;
}

enum step
host_next_queue(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	static const struct queue_verb verbs[3] = {
		{ "hold", "queue-hold" }, { "release", "queue-release" }, { "delete", "queue-delete" },
	};
	const char *first = json_value_str(json_first(c->ids));

	if (first != NULL && exim_id_fits(text_of(first)))
		return host_next_exim_queue(a, c, log, ev, params, call, err);
	return next_queue(a, c, log, verbs, call, err);
}

enum step
host_next_exim_queue(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	static const struct queue_verb verbs[3] = {
		{ "hold", "exim-freeze" }, { "release", "exim-thaw" }, { "delete", "exim-remove" },
	};

	(void)ev;
	(void)params;
	return next_queue(a, c, log, verbs, call, err);
}
