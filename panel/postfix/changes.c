/* Parameters of main.cf, by the helper's verbs. */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "panel/postfix/internal.h"

static enum step
failed(struct err *err, enum err_code code, const char *text)
{
	err_set(err, code, "%s", text);
	return STEP_FAILED;
}

static struct request
write_verb(const char *verb, const char *const *args, size_t count)
{
	struct request r = { .kind = REQUEST_VERB };

	r.u.verb.verb = verb;
	r.u.verb.args = args;
	r.u.verb.arg_count = count;
	r.u.verb.write = true;
	return r;
}

static bool
ended_well(struct arena *a, const struct reply *reply, struct err *err)
{
	if (reply->err.code != ERR_NONE) {
		*err = reply->err;
		return false;
	}
	return reply->u.verb.status == 0 || err_set(err, ERR_VALUE, "%s",
	    text_show(a, text_head(text_trim(reply->u.verb.err), 300)));
}

/* --- main.cf ------------------------------------------------------------------------------------------ */

static struct request
set_parameter(struct arena *a, const char *key, const struct json *value)
{
	const char **args = arena_array(a, 1, sizeof(*args));

	if (json_is_null(value)) {
		args[0] = key;
		return write_verb("postconf-unset", args, 1);
	}
	args[0] = arena_printf(a, "%s=%s", key, json_value_str(value));
	return write_verb("postconf-set", args, 1);
}

/* postfix(1): a change of inet_protocols is not taken up by a reload. */
static const char *
take_up(const char *key)
{
	return strcmp(key, "inet_protocols") == 0 ? "postfix-restart" : "postfix-reload";
}

/*
 * Write it, have it taken up.  What does not pass `postfix check` is put back,
 * so that the next start of the server does not fail because of us; and that
 * is taken up, in case it was only the answer that did not come.
 */
enum step
postfix_next_parameter(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	if (!json_is_null(c->after) && !json_is_str(c->after))
		return failed(err, ERR_VALUE, "the value of a parameter is a text");
	switch (log->count) {
	case 0:
		*call = set_parameter(a, c->key, c->after);
		return STEP_CALL;
	case 1:
		if (!ended_well(a, &log->replies[0], err))
			return STEP_FAILED;
		*call = write_verb(take_up(c->key), NULL, 0);
		return STEP_CALL;
	case 2:
		if (ended_well(a, &log->replies[1], err))
			return STEP_DONE;
		if (c->before_unknown)
			return STEP_FAILED;
		*call = set_parameter(a, c->key, c->before);
		return STEP_CALL;
	case 3:
		*call = write_verb(take_up(c->key), NULL, 0);
		return STEP_CALL;
	default:
		ended_well(a, &log->replies[1], err);
		return STEP_FAILED;
	}
}

/* As it stands in main.cf; not there = Postfix' default. */
bool
postfix_state_parameter(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const char *const args[] = { c->key };
	struct json *holder;
	struct text out, name;
	struct err err;

	(void)params;
	if (!verb_need(ev, "mail server setting", verb_ask(ev, a, "postconf-explicit", args, 1, &out, &err), &err))
		return false;
	*ret = NULL;
	if (text_split(&out, '=', &name) && text_is(text_trim(name), c->key)) {
		holder = json_new_array(a);
		json_add_text(holder, text_trim(out));
		*ret = json_first(holder);
	}
	return true;
}
