/*
 * Updates of a WordPress site, by WP Toolkit.  It updates to the newest version
 * only; to go back there is no documented call, so the inverse is refused and a
 * restore point is asked for.
 */

#include <string.h>

#include "base/map.h"
#include "panel/plesk/internal.h"
#include "panel/site.h"

#define POLLS_MAX	20	/* each poll is one call of the log; the engine paces them */

bool
plesk_state_site_updates(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	(void)params;
	return site_state_versions(ev, a, ev_fact(ev, "sites", NULL), c->object, ret);
}

/* The slugs whose version is to be another. */
static void
put_slugs(struct json *item, const char *key, const struct change *c)
{
	struct json *list = json_put_array(item, key);
	const struct json *v, *was = json_get(c->before, key);

	for (v = json_first(json_get(c->after, key)); v != NULL; v = json_next(v))
		if (!json_eq(v, json_get(was, json_key(v))))
			json_add_str(list, json_key(v));
}

static int64_t
installation_id(struct arena *a, const struct reply *reply, const char *object, struct err *err)
{
	const struct json *sites, *v;

	if (!plesk_rest_reply(a, reply, &sites, err))
		return -1;
	for (v = json_first(sites); v != NULL; v = json_next(v)) {
		const char *domain = json_str(json_get(v, "domain"), "name"), *path = json_str(v, "path");
		struct name name;

		if (domain == NULL || path == NULL || json_int(v, "id", -1) < 0 ||
		    !name_from_person(a, text_of(domain), &name, NULL))
			continue;
		if (strcmp(object, arena_printf(a, "%s%s%s", name.s, *path == '/' ? "" : "/", path)) == 0)
			return json_int(v, "id", -1);
	}
	err_set(err, ERR_NOT_FOUND, "WP Toolkit has no site %s", object);
	return -1;
}

static struct request
update_request(struct arena *a, const struct change *c, int64_t id)
{
	struct json *body = json_new_array(a), *item = json_add_object(body), *core;

	json_put_int(item, "installationId", id);
	core = json_put_object(item, "core");
	json_put_bool(core, "update", json_get(c->after, "core") != NULL &&
	    !json_eq(json_get(c->after, "core"), json_get(c->before, "core")));
	json_put_bool(core, "restorePoint", true);
	put_slugs(item, "plugins", c);
	put_slugs(item, "themes", c);
	return plesk_rest_write(a, "POST", PLESK_WP "/v1/updater", body);
}

/* {"code","id"} of the task that was begun. */
static bool
task_path(struct arena *a, const struct reply *reply, const char **ret, struct err *err)
{
	const struct json *answer, *task;
	const char *code;

	if (!plesk_rest_reply(a, reply, &answer, err))
		return false;
	task = json_get(answer, "task");
	code = json_str(task, "code");
	if (code == NULL || !json_is_int(json_get(task, "id")))
		return err_set(err, ERR_PROTOCOL, "WP Toolkit did not say what it began");
	for (const char *p = code; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return err_set(err, ERR_PROTOCOL, "WP Toolkit names a task that cannot be one");
	*ret = arena_printf(a, PLESK_WP "/v1/background-tasks/%s/%lld", code,
	    (long long)json_int(task, "id", 0));
	return true;
}

enum step
plesk_next_site_updates(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	const struct json *answer, *task;
	const char *path = NULL, *status;
	int64_t id;

	(void)ev;
	(void)params;
	if (site_goes_back(c))
		return plesk_step_failed(err, ERR_UNSUPPORTED,
		    "an update is not undone here: restore the site in WP Toolkit");
	switch (log->count) {
	case 0:
		*call = plesk_rest_get(PLESK_WP "/v1/installations");
		return STEP_CALL;
	case 1:
		if ((id = installation_id(a, &log->replies[0], c->object, err)) < 0)
			return STEP_FAILED;
		*call = update_request(a, c, id);
		return STEP_CALL;
	default:
		break;
	}
	if (!task_path(a, &log->replies[1], &path, err))
		return STEP_FAILED;
	if (log->count > 2) {
		if (!plesk_rest_reply(a, plesk_last_reply(log), &answer, err))
			return STEP_FAILED;
		task = json_get(answer, "task") != NULL ? json_get(answer, "task") : answer;
		status = json_str(task, "status");
		if (status != NULL && strcmp(status, "done") == 0)
			return STEP_DONE;
		if (status != NULL && (strcmp(status, "error") == 0 || strcmp(status, "canceled") == 0))
			return plesk_step_failed(err, ERR_VALUE, "WP Toolkit could not update the site");
		if (log->count - 2 >= POLLS_MAX)
			return STEP_DONE;	/* it goes on by itself; reading back tells */
	}
	*call = plesk_rest_get(path);
	return STEP_CALL;
}
