/*
 * WP Toolkit's own command on a cPanel server, as far as this list goes.
 *
 *	wp-toolkit ACTION [ID [NAME...]]
 *
 * ID is the toolkit's number of a site, NAME plugins or themes of it.  What stands
 * after "--" is WordPress' own command line, which the toolkit runs as the owner
 * of the site.  What could be a hole in somebody's site is looked at without the
 * site's plugins and themes, where wp-cli can do without them.
 */

#include <string.h>

#include "helper/helper.h"

#define WORDS_MAX	12
#define UPDATE_S	600	/* cut off in the middle a site would be half of each */

#define WP		"--wp-cli", "-instance-id", id, "--"
#define BARE		"--skip-plugins", "--skip-themes"
#define PARTS		"list", "--format=json", "--fields=name,title,status,update,version,update_version,auto_update"
#define CONSTANTS	"AUTOMATIC_UPDATER_DISABLED", "WP_AUTO_UPDATE_CORE"

static const char id[] = "ID", name[] = "NAME...";	/* stand for the arguments */

static const struct action {
	const char	*action;
	bool		 write;
	const char	*words[WORDS_MAX];
} actions[] = {
	{ "list",		false, { "--list", "-format", "json" } },
	{ "core-version",	false, { WP, "core", "version", BARE } },
	{ "core-updates",	false, { WP, "core", "check-update", "--format=json", BARE } },
	{ "plugins",		false, { WP, "plugin", PARTS } },
	{ "themes",		false, { WP, "theme", PARTS } },
	{ "constants",		false, { WP, "config", "list", CONSTANTS, "--strict", "--format=json" } },
	{ "core-update",	true,  { WP, "core", "update" } },
	{ "database-update",	true,  { WP, "core", "update-db" } },
	{ "plugin-update",	true,  { WP, "plugin", "update", name } },
	{ "theme-update",	true,  { WP, "theme", "update", name } },
	{ "plugin-auto-on",	true,  { WP, "plugin", "auto-updates", "enable", name } },
	{ "plugin-auto-off",	true,  { WP, "plugin", "auto-updates", "disable", name } },
	{ "theme-auto-on",	true,  { WP, "theme", "auto-updates", "enable", name } },
	{ "theme-auto-off",	true,  { WP, "theme", "auto-updates", "disable", name } },
	{ "core-auto-all",	true,  { WP, "config", "set", "WP_AUTO_UPDATE_CORE", "true", "--raw" } },
	{ "core-auto-minor",	true,  { WP, "config", "set", "WP_AUTO_UPDATE_CORE", "minor" } },
	{ "core-auto-off",	true,  { WP, "config", "set", "WP_AUTO_UPDATE_CORE", "false", "--raw" } },
	{ "core-auto-unset",	true,  { WP, "config", "delete", "WP_AUTO_UPDATE_CORE" } },
	{ "updater-on",		true,  { WP, "config", "set", "AUTOMATIC_UPDATER_DISABLED", "false", "--raw" } },
	{ "updater-off",	true,  { WP, "config", "set", "AUTOMATIC_UPDATER_DISABLED", "true", "--raw" } },
	{ "updater-unset",	true,  { WP, "config", "delete", "AUTOMATIC_UPDATER_DISABLED" } },
};

static const struct action *
action_find(const char *word)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].action, word) == 0)
			return &actions[i];
	return NULL;
}

static bool
is_number(const char *s)
{
	return s[0] != '\0' && strlen(s) < 12 && strspn(s, "0123456789") == strlen(s);
}

/* Never an option, nor a path. */
static bool
is_slug(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return false;
	return ascii_isalnum((unsigned char)s[0]) && strlen(s) <= 100;
}

bool
verb_wp_toolkit(struct verb_call *c, struct err *err)
{
	const struct action *action = action_find(c->args[0]);
	const char **argv = arena_array(c->arena, WORDS_MAX + c->arg_count + 2, sizeof(*argv));
	size_t used = 1, n = 0;

	if (action == NULL)
		return err_set(err, ERR_VALUE, "WP Toolkit is not asked for that");
	argv[n++] = "wp-toolkit";
	for (const char *const *w = action->words; w < action->words + WORDS_MAX && *w != NULL; w++) {
		if ((*w == id || *w == name) && used == c->arg_count)
			return err_set(err, ERR_VALUE, "%s of which site, and of what in it?", action->action);
		if (*w == id && !is_number(c->args[used]))
			return err_set(err, ERR_VALUE, "not a site's number");
		argv[n++] = *w == id ? c->args[used++] : *w;
		if (*w != name)
			continue;
		for (n--; used < c->arg_count; used++) {
			if (!is_slug(c->args[used]))
				return err_set(err, ERR_VALUE, "neither a plugin nor a theme");
			argv[n++] = c->args[used];
		}
	}
	if (used != c->arg_count)
		return err_set(err, ERR_VALUE, "%s takes no such argument", action->action);
	argv[n] = NULL;
	return run_program_outside(c->arena, argv, action->write ? UPDATE_S : HELPER_TIME_S, c->reply, err);
}
