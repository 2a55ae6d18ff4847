/*
 * Updates of a WordPress site, and whether it makes them by itself: by WP Toolkit's
 * command, one part after the other.  It updates to the newest version only, so an
 * older one is refused; automatic updates go both ways.
 */

#include <string.h>

#include "panel/cpanel/internal.h"
#include "panel/site.h"

#define UPDATE_MS	620000		/* the helper ends it before */

static const char *const kinds[][2] = { { "plugins", "plugin" }, { "themes", "theme" } };
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* One command that has to succeed. */
static enum step
play_toolkit(struct play *y, const char *action, const char *const *args, size_t count)
{
	struct request r = cp_toolkit_request(y->arena, action, args, count);
	const struct reply *reply;

	r.u.verb.write = true;
	r.u.verb.timeout_ms = UPDATE_MS;
	if ((reply = cp_made(y, r)) == NULL)
		return STEP_CALL;
	if (reply->err.code != ERR_NONE) {
		*y->err = reply->err;
		return STEP_FAILED;
	}
	if (reply->u.verb.status != 0) {
		err_set(y->err, ERR_VALUE, "WP Toolkit: %s", text_show(y->arena, text_head(text_trim(reply->u.verb.err), 200)));
		return STEP_FAILED;
	}
	return STEP_DONE;
}

/* The parts of one kind whose state is to be another, and (value not NULL) to be this one: in one command. */
static enum step
play_parts(struct play *y, const struct change *c, const char *const kind[2], const char *action, const char *id,
    const struct json *value)
{
	const struct json *was = json_get(c->before, kind[0]), *will = json_get(c->after, kind[0]);
	const char **args = arena_array(y->arena, json_count(will) + 1, sizeof(*args));
	size_t n = 0;

	args[n++] = id;
	for (const struct json *v = json_first(will); v != NULL; v = json_next(v))
		if (!json_eq(v, json_get(was, json_key(v))) && (value == NULL || json_eq(v, value)))
			args[n++] = json_key(v);
	return n == 1 ? STEP_DONE : play_toolkit(y, arena_printf(y->arena, "%s-%s", kind[1], action), args, n);
}

/* The domain in "cust.example/blog". */
static const char *
domain_in(struct arena *a, const char *object)
{
	return arena_strndup(a, object, strcspn(object, "/"));
}

/* The toolkit's number of the site, from the reading of its state. */
static const char *
number_of(struct evidence *ev, struct arena *a, const char *object, struct err *err)
{
	const struct json *sites = ev_fact(ev, "sites_of", domain_in(a, object));
	int64_t n;

	if (!cp_number(site_find(a, sites, object), "id", &n)) {
		err_set(err, ERR_NOT_FOUND, "WP Toolkit has no site %s", object);
		return NULL;
	}
	return arena_printf(a, "%lld", (long long)n);
}

/* --- updates ------------------------------------------------------------------------------------------------ */

bool
cpanel_state_site_updates(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	(void)params;
	return site_state_versions(ev, a, ev_fact(ev, "sites_of", domain_in(a, c->object)), c->object, ret);
}

enum step
cpanel_next_site_updates(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const char *id;
	enum step step;

	if (site_goes_back(c))
		return cp_step_failed(err, ERR_UNSUPPORTED, "an update is not undone here: restore the site from its backup");
	if ((id = number_of(ev, a, c->object, err)) == NULL)
		return STEP_FAILED;
	if (!json_eq(json_get(c->before, "core"), json_get(c->after, "core")) &&
	    ((step = play_toolkit(&y, "core-update", &id, 1)) != STEP_DONE ||
	    (step = play_toolkit(&y, "database-update", &id, 1)) != STEP_DONE))
		return step;
	for (size_t i = 0; i < KINDS; i++)
		if ((step = play_parts(&y, c, kinds[i], "update", id, NULL)) != STEP_DONE)
			return step;
	return STEP_DONE;
}

/* --- automatic updates -------------------------------------------------------------------------------------- */

bool
cpanel_state_site_auto_update(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *sites = ev_fact(ev, "sites_of", domain_in(a, c->object)), *site;

	(void)params;
	if (sites == NULL)
		return false;
	site = site_find(a, sites, c->object);
	if (site == NULL || json_is_null(json_get(site, "automatic"))) {
		ev_fail(ev, "panel sites", site == NULL ? "not_found" : "unsupported",
		    "whether the site updates itself is not told");
		return false;
	}
	*ret = json_copy(a, json_get(site, "automatic"));
	return true;
}

/* The words of the two constants, as the commands name them. */
static enum step
play_constant(struct play *y, const struct change *c, const char *key, const char *form, const char *id)
{
	const char *word = json_str(c->after, key);

	if (word == NULL || json_eq(json_get(c->before, key), json_get(c->after, key)))
		return STEP_DONE;
	return play_toolkit(y, arena_printf(y->arena, "%s-%s", form, word), &id, 1);
}

enum step
cpanel_next_site_auto_update(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const char *id = number_of(ev, a, c->object, err);
	enum step step;

	if (id == NULL)
		return STEP_FAILED;
	if ((step = play_constant(&y, c, "updater", "updater", id)) != STEP_DONE ||
	    (step = play_constant(&y, c, "core", "core-auto", id)) != STEP_DONE)
		return step;
	for (size_t i = 0; i < KINDS; i++)
		if ((step = play_parts(&y, c, kinds[i], "auto-on", id, state_of_bool(a, true))) != STEP_DONE ||
		    (step = play_parts(&y, c, kinds[i], "auto-off", id, state_of_bool(a, false))) != STEP_DONE)
			return step;
	return STEP_DONE;
}
