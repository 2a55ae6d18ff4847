/*
 * Web sites that send: stop a script, bring WordPress up to date and keep it
 * so.  Versions and updates are the panel's toolkit's; what it has no call for
 * is written out with WordPress' own command line.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "evidence/panel_facts.h"
#include "fixes/all.h"

/* "/blog/x.php" of "cust.example/blog/x.php"; "" for the domain alone. */
static const char *
path_of(const struct plan_run *r)
{
	const char *slash = strchr(r->site, '/');

	return slash == NULL ? "" : slash;
}

/* Fit for a place between single quotes, inside the site. */
static bool
is_plain_path(const char *path)
{
	for (const char *p = path; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("/._-+@, ", *p) == NULL)
			return false;
	return strstr(path, "..") == NULL;
}

/* Where the domain's files are, as the panel says.  false = cannot go on; *ret NULL = nobody says. */
static bool
document_root(struct plan_run *r, const char **ret)
{
	const struct json *row;

	*ret = NULL;
	if (!ev_has_panel(r->ev))
		return true;
	if (!ev_fact_member(r->ev, "domains", NULL, r->domain.s, &row))
		return false;
	*ret = json_str(row, "document_root");
	if (*ret != NULL && !is_plain_path(*ret))
		*ret = NULL;
	return true;
}

/* A site's folder as a word of the shell; a panel counts its path from the home, not from the root. */
static const char *
folder(struct plan_run *r, const char *root, const char *path)
{
	static const char *const homes[] = { "/httpdocs", "/public_html" };

	if (root == NULL)
		root = "DOCUMENT_ROOT";
	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (text_starts(text_of(path), homes[i]) && text_ends(text_of(root), homes[i]))
			path += strlen(homes[i]);
	return arena_printf(r->arena, "%s%s", root, strcmp(path, "/") == 0 ? "" : path);
}

static void
by_hand(struct plan_run *r, const char *where_id, const char *commands)
{
	r->mode = MODE_COPY;
	r->copy_where_id = where_id;
	r->copy_text = commands;
}

/* false = refused. */
static bool
has_plain_path(struct plan_run *r)
{
	if (is_plain_path(path_of(r)))
		return true;
	plan_refuse(r, REFUSED_INVALID_VALUE, "fix.sites.refused.path");
	plan_refuse_value(r, "site", r->site);
	return false;
}

/* --- script.stop ------------------------------------------------------------------------------------------- */

#define NO_RIGHTS	"0000"

/* The script's rights, where the machine itself can be asked; *ret NULL = it cannot.  false = cannot go on. */
static bool
script_mode(struct plan_run *r, const char **ret)
{
	const struct ev_failure *why = NULL;
	const struct json *fact = NULL;

	*ret = NULL;
	if (!plan_can_click(r) || !ev_has_panel(r->ev))
		return true;
	if ((fact = ev_fact_any(r->ev, "script_mode", r->site, &why)) == NULL && why == NULL)
		return false;
	if (why != NULL && strcmp(why->reason, "not_found") == 0) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.sites.refused.script_gone");
		plan_refuse_value(r, "site", r->site);
		return false;
	}
	*ret = json_str(fact, "mode");
	if (*ret != NULL && (*ret)[0] != '0')	/* what else it has is not put back by us */
		*ret = NULL;
	return true;
}

/* Without rights nobody runs it, and the file stays as evidence. */
static void
plan_stop(struct plan_run *r)
{
	const char *root, *file, *mode;

	if (!has_plain_path(r) || !document_root(r, &root))
		return;
	if (path_of(r)[0] == '\0' || strcmp(path_of(r), "/") == 0) {
		plan_refuse(r, REFUSED_INVALID_VALUE, "fix.sites.refused.no_script");
		plan_refuse_value(r, "site", r->site);
		return;
	}
	if (!script_mode(r, &mode))
		return;
	if (mode == NULL) {
		file = folder(r, root, path_of(r));
		by_hand(r, "fix.sites.where.shell", arena_printf(r->arena, "ls -l '%s'\nchmod 000 '%s'\n", file, file));
	} else if (strcmp(mode, NO_RIGHTS) == 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.sites.refused.script_stopped");
		plan_refuse_value(r, "site", r->site);
	} else
		plan_setting(r, "site", r->site, "mode", state_of_str(r->arena, mode), state_of_str(r->arena, NO_RIGHTS),
		    false);
}

/* --- WordPress --------------------------------------------------------------------------------------------- */

static const char *
site_name(struct arena *a, const struct json *site)
{
	const char *path = json_str(site, "path");

	return arena_printf(a, "%s%s%s", json_str(site, "domain"), path[0] == '/' ? "" : "/", path);
}

/*
 * The toolkit's row of this site; *ret NULL = there is no toolkit to ask.
 * false = refused, or cannot go on.
 */
static bool
known_site(struct plan_run *r, const struct json **ret)
{
	const struct ev_failure *why = NULL;
	const struct json *sites, *v, *only = NULL;
	size_t count = 0;

	*ret = NULL;
	if (!has_plain_path(r))
		return false;
	if (!ev_has_panel(r->ev))
		return true;
	if ((sites = ev_sites_any(r->ev, r->domain, &why)) == NULL) {
		if (why != NULL && strcmp(why->reason, "unsupported") == 0)
			return true;
		if (why != NULL)
			ev_fail(r->ev, why->key, why->reason, why->detail);
		return false;
	}
	for (v = json_first(sites); v != NULL; v = json_next(v)) {
		if (json_str(v, "domain") == NULL || json_str(v, "path") == NULL ||
		    strcmp(json_str(v, "domain"), r->domain.s) != 0)
			continue;
		only = v;
		count++;
		if (strcmp(site_name(r->arena, v), r->site) == 0) {
			*ret = v;
			return true;
		}
	}
	/* The domain alone will do where it has one site. */
	if (count == 1 && (path_of(r)[0] == '\0' || strcmp(path_of(r), "/") == 0)) {
		*ret = only;
		return true;
	}
	plan_refuse(r, REFUSED_INVALID_VALUE, "fix.sites.refused.no_site");
	plan_refuse_value(r, "site", r->site);
	return false;
}

/* "wp" is WordPress' own command line, run as the owner of the files. */
static void
wp_by_hand(struct plan_run *r, const struct json *site, const char *const *commands)
{
	const char *root, *path = site == NULL ? path_of(r) : json_str(site, "path");
	struct str s = str_in(r->arena, 4096);

	if (!document_root(r, &root))
		return;
	for (; *commands != NULL; commands++)
		str_addf(&s, "wp --path='%s' %s\n", folder(r, root, path), *commands);
	by_hand(r, "fix.sites.where.wp_cli", s.p);
}

/* Versions that stand, and those that will; true when one of them is another. */
static bool
put_versions(struct json *before, struct json *after, const char *key, const struct json *parts)
{
	struct json *was = json_put_object(before, key), *will = json_put_object(after, key);
	bool differs = false;

	for (const struct json *v = json_first(parts); v != NULL; v = json_next(v)) {
		const char *slug = json_str(v, "slug"), *version = json_str(v, "version");
		const char *available = json_str(v, "available");

		if (slug == NULL || version == NULL)
			continue;
		json_put_str(was, slug, version);
		json_put_str(will, slug, available == NULL ? version : available);
		differs = differs || (available != NULL && strcmp(available, version) != 0);
	}
	return differs;
}

static void
plan_update(struct plan_run *r)
{
	static const char *const commands[] = { "core update", "plugin update --all", "theme update --all",
	    "core verify-checksums", NULL };
	const char *version, *available;
	const struct json *site;
	struct json *before, *after;
	bool differs;

	if (!known_site(r, &site))
		return;
	if (site == NULL) {
		wp_by_hand(r, NULL, commands);
		return;
	}
	before = json_new_object(r->arena);
	after = json_new_object(r->arena);
	version = json_str(site, "version");
	available = json_str(site, "available");
	json_put_str(before, "core", version);
	json_put_str(after, "core", available == NULL ? version : available);
	differs = version != NULL && available != NULL && strcmp(version, available) != 0;
	differs |= put_versions(before, after, "plugins", json_get(site, "plugins"));
	differs |= put_versions(before, after, "themes", json_get(site, "themes"));
	if (!differs) {
		bool looked = json_tristate(site, "checked") == 1;

		plan_refuse(r, looked ? REFUSED_NOT_NEEDED : REFUSED_UNKNOWN, looked ?
		    "fix.sites.refused.current" : "fix.sites.refused.not_looked_at");
		plan_refuse_value(r, "site", r->site);
		return;
	}
	if (plan_can_click(r))
		plan_setting(r, "site", site_name(r->arena, site), "updates", before, after, false);
	else
		wp_by_hand(r, site, commands);
}

static const struct json *
all_on(struct plan_run *r, const struct json *was)
{
	struct json *will = json_new_object(r->arena);

	for (const struct json *v = json_first(was); v != NULL; v = json_next(v))
		json_put_bool(will, json_key(v), true);
	return will;
}

/* Where the panel tells of each part how it stands, it can be put back as well. */
static void
plan_auto_update(struct plan_run *r)
{
	static const char *const commands[] = { "config set WP_AUTO_UPDATE_CORE true --raw",
	    "plugin auto-updates enable --all", "theme auto-updates enable --all", NULL };
	const struct json *site, *is;
	const char *object;

	if (!known_site(r, &site))
		return;
	if (json_tristate(site, "auto_update") == 1) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.sites.refused.automatic");
		plan_refuse_value(r, "site", r->site);
		return;
	}
	is = json_get(site, "automatic");
	if (!plan_can_click(r) || json_is_null(is)) {
		wp_by_hand(r, site, commands);
		return;
	}
	object = site_name(r->arena, site);
	plan_setting(r, "site", object, "auto_update", json_get(is, "core"), state_of_str(r->arena, "all"), false);
	if (json_str(is, "updater") != NULL && strcmp(json_str(is, "updater"), "off") == 0)
		plan_setting(r, "site", object, "auto_updater", json_get(is, "updater"), state_of_str(r->arena, "on"), false);
	plan_setting(r, "site", object, "auto_plugins", json_get(is, "plugins"), all_on(r, json_get(is, "plugins")), false);
	plan_setting(r, "site", object, "auto_themes", json_get(is, "themes"), all_on(r, json_get(is, "themes")), false);
}

#define SITE_ROW(what, after, no_undo_, function) { \
	.id = what, .scope = SCOPE_SITE, .roles = ROLE_ALL, .panels = PANEL_PLESK | PANEL_CPANEL, \
	.checks_after = { after }, .no_undo = no_undo_, .plan = function }

const struct fix fix_script_stop = SITE_ROW("script.stop", "queue", false, plan_stop);
/* An older version comes back from the toolkit's restore point, by hand. */
const struct fix fix_wordpress_update = SITE_ROW("wordpress.update", "wordpress", true, plan_update);
const struct fix fix_wordpress_auto_update = SITE_ROW("wordpress.auto_update", "wordpress", false,
    plan_auto_update);
