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

/* The parts of one kind whose version is to be another: in one command. */
static enum step
play_parts(struct play *y, const struct change *c, const char *const kind[2], const char *id)
{
	const struct json *was = json_get(c->before, kind[0]), *will = json_get(c->after, kind[0]);
	const char **args = arena_array(y->arena, json_count(will) + 1, sizeof(*args));
	size_t n = 0;

	args[n++] = id;
	for (const struct json *v = json_first(will); v != NULL; v = json_next(v))
		if (!json_eq(v, json_get(was, json_key(v))))
			args[n++] = json_key(v);
	return n == 1 ? STEP_DONE : play_toolkit(y, arena_printf(y->arena, "%s-update", kind[1]), args, n);
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
		if ((step = play_parts(&y, c, kinds[i], id)) != STEP_DONE)
			return step;
	return STEP_DONE;
}

/* --- automatic updates -------------------------------------------------------------------------------------- */

/* Each part of it is a change of its own, so that one that is cut off in the middle can be put back. */
static const struct part {
	const char	*key;		/* of the change */
	const char	*member;	/* of "automatic" */
	const char	*command;	/* a word: followed by it; of parts: -auto-on, -auto-off */
	bool		 words;
} parts[] = {
	{ "auto_update",	"core",		"core-auto",	true },
	{ "auto_updater",	"updater",	"updater",	true },
	{ "auto_plugins",	"plugins",	"plugin",	false },
	{ "auto_themes",	"themes",	"theme",	false },
};

static const struct part *
part_of(const struct change *c)
{
	size_t i = 0;

	while (i + 1 < sizeof(parts) / sizeof(parts[0]) && strcmp(parts[i].key, c->key) != 0)
		i++;
	return &parts[i];
}

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
	*ret = json_copy(a, json_get(json_get(site, "automatic"), part_of(c)->member));
	return true;
}

/* Plugins or themes that are to be on, or off, and are not: in one command. */
static enum step
play_flags(struct play *y, const struct change *c, const char *command, const char *id, bool on)
{
	const char **args = arena_array(y->arena, json_count(c->after) + 1, sizeof(*args));
	size_t n = 0;

	args[n++] = id;
	for (const struct json *v = json_first(c->after); v != NULL; v = json_next(v))
		if (json_value_bool(v, false) == on && !json_eq(v, json_get(c->before, json_key(v))))
			args[n++] = json_key(v);
	return n == 1 ? STEP_DONE : play_toolkit(y, arena_printf(y->arena, "%s-auto-%s", command, on ? "on" : "off"), args, n);
}

enum step
cpanel_next_site_auto_update(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const struct part *part = part_of(c);
	const char *id = number_of(ev, a, c->object, err);
	enum step step;

	if (id == NULL)
		return STEP_FAILED;
	if (part->words && json_value_str(c->after) == NULL)
		return cp_step_failed(err, ERR_VALUE, "no such way of automatic updates");
	if (part->words)
		return play_toolkit(&y, arena_printf(a, "%s-%s", part->command, json_value_str(c->after)), &id, 1);
	if ((step = play_flags(&y, c, part->command, id, true)) != STEP_DONE)
		return step;
	return play_flags(&y, c, part->command, id, false);
}
