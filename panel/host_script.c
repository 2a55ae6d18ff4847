/*
 * A script of a web site that is not to be run any more: its rights, by the helper
 * as the owner of the site (helper/script.c).
 */

#include <string.h>

#include "base/arena.h"
#include "evidence/evidence.h"
#include "panel/host.h"

/* The document root of the script DOMAIN/path, and its path below; false = on its way, or ev_fail was called. */
static bool
script_place(struct evidence *ev, struct arena *a, const char *script, const char *args[2])
{
	static const char *const homes[] = { "/httpdocs", "/public_html" };
	size_t n = strcspn(script, "/");
	const char *path = script + n, *root;
	const struct json *domain = NULL;

	if (!ev_fact_member(ev, "domains", NULL, arena_strndup(a, script, n), &domain))
		return false;
	if ((root = json_str(domain, "document_root")) == NULL) {
		ev_fail(ev, "script", err_word(ERR_UNSUPPORTED), "where the site's files are is not told");
		return false;
	}
	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (text_starts(text_of(path), homes[i]) && path[strlen(homes[i])] == '/' &&
		    text_ends(text_of(root), homes[i])) {
			path += strlen(homes[i]);
			break;
		}
	args[0] = root;
	args[1] = path + strspn(path, "/");
	return true;
}

static struct request
script_request(struct arena *a, const char *const place[2], const char *mode)
{
	struct request r = { .kind = REQUEST_VERB };
	const char **args = arena_array(a, 3, sizeof(*args));

	args[0] = arena_strdup(a, place[0]);
	args[1] = arena_strdup(a, place[1]);
	args[2] = mode;
	r.u.verb.verb = "script-mode";
	r.u.verb.args = args;
	r.u.verb.arg_count = mode == NULL ? 2 : 3;
	r.u.verb.write = mode != NULL;
	return r;
}

const struct json *
host_script_mode(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *said;
	const struct reply *reply;
	const char *place[2];
	struct request r;
	struct err err;

	if (arg == NULL || !params->local) {
		ev_fail(ev, "script", err_word(ERR_UNSUPPORTED), "only on the machine itself");
		return NULL;
	}
	if (!script_place(ev, a, arg, place))
		return NULL;
	r = script_request(evidence_arena(ev), place, NULL);
	if ((reply = ev_call(ev, &r)) == NULL)
		return NULL;
	if (reply->err.code != ERR_NONE) {
		ev_fail(ev, "script", err_word(reply->err.code), reply->err.text);
		return NULL;
	}
	said = json_parse(a, reply->u.verb.out, &err);
	if (json_str(said, "mode") == NULL) {
		ev_fail(ev, "script", err_word(ERR_PROTOCOL), "the helper's answer is none");
		return NULL;
	}
	return said;
}

bool
host_state_script_mode(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *fact = ev_fact(ev, "script_mode", c->object);

	(void)params;
	if (fact == NULL)
		return false;
	*ret = state_of_str(a, json_str(fact, "mode"));
	return true;
}

enum step
host_next_script_mode(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const char *place[2], *mode = json_value_str(c->after);

	(void)params;
	if (log->count > 0) {
		*err = log->replies[0].err;
		return err->code == ERR_NONE ? STEP_DONE : STEP_FAILED;
	}
	if (mode == NULL || !script_place(ev, a, c->object, place)) {
		err_set(err, ERR_NOT_FOUND, "there is no such script");
		return STEP_FAILED;
	}
	*call = script_request(a, place, mode);
	return STEP_CALL;
}
