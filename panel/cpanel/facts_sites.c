/*
 * WordPress sites, by WP Toolkit's command on the panel's server.  Its list tells
 * where they are; what could be had for one of them WordPress itself says, which
 * takes a second or so for each question: so one domain's sites are asked for, and in
 * a run over many domains, where the server has more than some, nothing but the list.
 */

#include <string.h>

#include "panel/cpanel/internal.h"

#define WHAT		"panel sites"
#define SITES_IN_BULK	20	/* five questions each, eight at once: within the time of a run */

struct request
cp_toolkit_request(struct arena *a, const char *action, const char *const *args, size_t count)
{
	struct request r = { .kind = REQUEST_VERB };
	const char **all = arena_array(a, count + 1, sizeof(*all));

	all[0] = action;
	for (size_t i = 0; i < count; i++)
		all[i + 1] = args[i];
	r.u.verb.verb = "wp-toolkit";
	r.u.verb.args = all;
	r.u.verb.arg_count = count + 1;
	return r;
}

/* A site's own PHP may have said something before. */
static const struct json *
json_in(struct arena *a, struct text out)
{
	const struct json *ret;
	struct text line;
	struct err none;

	for (;;) {
		if ((out.n > 0 && (out.p[0] == '[' || out.p[0] == '{')) && (ret = json_parse(a, out, &none)) != NULL)
			return ret;
		if (!text_line(&out, &line))
			return NULL;
	}
}

/* --- the toolkit's list ------------------------------------------------------------------------------------ */

const struct json *
cpanel_toolkit(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	struct request r = cp_toolkit_request(evidence_arena(ev), "list", NULL, 0);
	const struct reply *reply;
	const struct json *list;

	(void)arg;
	if (!params->local) {
		ev_fail(ev, WHAT, err_word(ERR_UNSUPPORTED), "WP Toolkit is asked on the panel's own server");
		return NULL;
	}
	if ((reply = ev_call(ev, &r)) == NULL)
		return NULL;
	if (reply->err.code != ERR_NONE) {
		ev_fail(ev, WHAT, err_word(reply->err.code), reply->err.text);
		return NULL;
	}
	if (reply->u.verb.status == 127) {
		ev_fail(ev, WHAT, err_word(ERR_UNSUPPORTED), "WP Toolkit is not installed");
		return NULL;
	}
	if (reply->u.verb.status != 0 || !json_is_array(list = json_in(a, reply->u.verb.out))) {
		ev_fail(ev, WHAT, err_word(ERR_PROTOCOL), "WP Toolkit's list is none");
		return NULL;
	}
	return list;
}

/* --- what WordPress says of one ---------------------------------------------------------------------------- */

enum question { CORE_VERSION, CORE_UPDATES, PLUGINS, THEMES, CONSTANTS, QUESTIONS };

/* All of them before the first is read.  false = on its way. */
static bool
ask_site(struct evidence *ev, const char *id, const struct reply *replies[QUESTIONS])
{
	static const char *const actions[QUESTIONS] = { "core-version", "core-updates", "plugins", "themes", "constants" };
	bool there = true;

	for (int i = 0; i < QUESTIONS; i++) {
		struct request r = cp_toolkit_request(evidence_arena(ev), actions[i], &id, 1);

		replies[i] = ev_call(ev, &r);
		there = there && replies[i] != NULL;
	}
	return there;
}

static bool
answered(const struct reply *reply)
{
	return reply->err.code == ERR_NONE && reply->u.verb.status == 0;
}

/* "6.10" is newer than "6.9.1". */
static bool
is_newer(const char *is, const char *than)
{
	struct text a = text_of(is), b = text_of(than), x, y;
	uint64_t m, n;

	while (text_split(&a, '.', &x)) {
		if (!text_split(&b, '.', &y))
			return true;
		if (text_uint(x, UINT32_MAX, &m) && text_uint(y, UINT32_MAX, &n) && m != n)
			return m > n;
	}
	return false;
}

/* The newest of those on offer; NULL = it is current. */
static const char *
offered(const struct json *offers)
{
	const char *best = NULL;

	for (const struct json *v = json_first(offers); v != NULL; v = json_next(v)) {
		const char *version = json_str(v, "version");

		if (version != NULL && (best == NULL || is_newer(version, best)))
			best = version;
	}
	return best;
}

/* What stands in fixed places of WordPress is not updated by it, and a name that the helper does not take is none. */
static bool
is_updated(const struct json *part)
{
	const char *status = json_str(part, "status"), *slug = json_str(part, "name");

	if (slug == NULL || !ascii_isalnum((unsigned char)slug[0]))
		return false;
	for (const char *p = slug; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return false;
	return status == NULL || (strcmp(status, "must-use") != 0 && strcmp(status, "dropin") != 0);
}

static void
put_parts(struct json *row, const char *key, const struct json *said, struct json *parts)
{
	struct json *list = json_put_array(row, key), *flags = json_put_object(parts, key);

	for (const struct json *v = json_first(said); v != NULL; v = json_next(v)) {
		const char *slug = json_str(v, "name"), *on = json_str(v, "auto_update");
		const char *update = json_str(v, "update"), *available = json_str(v, "update_version");
		struct json *one;

		if (!is_updated(v))
			continue;
		one = json_add_object(list);
		json_put_str(one, "slug", slug);
		json_put_str(one, "title", json_str(v, "title"));
		json_put_str(one, "version", json_str(v, "version"));
		json_put_str(one, "available", update != NULL && strcmp(update, "available") == 0 && available != NULL &&
		    *available != '\0' ? available : NULL);
		json_put_null(one, "vulnerable");
		if (on != NULL)
			json_put_bool(flags, slug, strcmp(on, "on") == 0);
	}
}

/* A constant of wp-config.php as one of the words of `auto_update`; NULL = a value that has none. */
static const char *
constant_word(const struct json *constants, const char *name, const char *yes, const char *no, const char *minor)
{
	const struct json *v = json_first(constants), *value;
	const char *text;

	while (v != NULL && (json_str(v, "name") == NULL || strcmp(json_str(v, "name"), name) != 0))
		v = json_next(v);
	if (v == NULL)
		return "unset";
	value = json_get(v, "value");
	text = json_value_str(value);
	if (json_tristate(v, "value") >= 0)
		return json_tristate(v, "value") == 1 ? yes : no;
	if (json_is_int(value))
		return json_value_int(value, 0) != 0 ? yes : no;
	if (text == NULL)
		return NULL;
	if (minor != NULL && strcmp(text, "minor") == 0)
		return minor;
	if (strcmp(text, "1") == 0 || strcmp(text, "true") == 0)
		return yes;
	return text[0] == '\0' || strcmp(text, "0") == 0 || strcmp(text, "false") == 0 ? no : NULL;
}

/* wp-cli ends with 1 where it finds no such constant, and says so. */
static bool
read_constants(struct arena *a, const struct reply *reply, const struct json **ret)
{
	struct text said;
	size_t at;

	*ret = NULL;
	if (reply->err.code != ERR_NONE)
		return false;
	said = reply->u.verb.status == 0 ? reply->u.verb.out : reply->u.verb.err;
	if (reply->u.verb.status != 0)
		return text_ifind(said, TEXT("no matching entries"), &at);
	return json_is_array(*ret = json_in(a, said));
}

static void
put_automatic(struct json *row, struct arena *a, const struct reply *reply, const struct json *parts)
{
	const struct json *constants;
	struct json *automatic;
	const char *core, *updater;

	json_put_null(row, "auto_update");
	json_put_null(row, "automatic");
	if (!read_constants(a, reply, &constants))
		return;
	core = constant_word(constants, "WP_AUTO_UPDATE_CORE", "all", "off", "minor");
	updater = constant_word(constants, "AUTOMATIC_UPDATER_DISABLED", "off", "on", NULL);
	if (core == NULL || updater == NULL)
		return;
	if (strcmp(updater, "off") == 0 || strcmp(core, "off") == 0)
		json_put_bool(row, "auto_update", false);
	else if (strcmp(core, "unset") != 0)
		json_put_bool(row, "auto_update", true);
	automatic = json_put_object(row, "automatic");
	json_put_str(automatic, "core", core);
	json_put_str(automatic, "updater", updater);
	for (const struct json *v = json_first(parts); v != NULL; v = json_next(v))
		json_put_copy(automatic, json_key(v), v);
}

/* A site that WordPress' own command line cannot start in is in the list, and not looked at. */
static void
put_site(struct json *row, struct arena *a, const struct reply *const replies[QUESTIONS])
{
	const struct json *offers = json_in(a, replies[CORE_UPDATES]->u.verb.out);
	const struct json *plugins = json_in(a, replies[PLUGINS]->u.verb.out);
	const struct json *themes = json_in(a, replies[THEMES]->u.verb.out);
	struct json *parts = json_new_object(a);
	bool looked = answered(replies[CORE_VERSION]) && answered(replies[CORE_UPDATES]) && answered(replies[PLUGINS]) &&
	    answered(replies[THEMES]) && json_is_array(plugins) && json_is_array(themes);
	struct text version = replies[CORE_VERSION]->u.verb.out, line;

	json_put_bool(row, "checked", looked);
	if (!looked)
		return;
	while (text_line(&version, &line))	/* its last line */
		if (text_trim(line).n > 0)
			json_put_text(row, "version", text_trim(line));
	json_put_str(row, "available", offered(offers));
	put_parts(row, "plugins", plugins, parts);
	put_parts(row, "themes", themes, parts);
	put_automatic(row, a, replies[CONSTANTS], parts);
}

/* --- the sites of a domain ---------------------------------------------------------------------------------- */

static struct json *
add_site(struct json *list, struct arena *a, const struct json *said, const struct json *domain, const char *root,
    const char *place)
{
	struct json *row = json_add_object(list), *signs;
	const char *below = place + strlen(root);

	json_put_copy(row, "id", json_get(said, "id"));
	json_put_str(row, "path", host_site_path(a, root, *below == '/' ? below + 1 : below));
	json_put_str(row, "folder", place);
	json_put_str(row, "url", json_str(said, "siteUrl"));
	json_put_str(row, "domain", json_str(domain, "ascii"));
	json_put_str(row, "owner", json_str(domain, "owner"));
	json_put_str(row, "version", json_str(said, "version"));
	json_put_null(row, "available");
	json_put_array(row, "plugins");
	json_put_array(row, "themes");
	json_put_null(row, "auto_update");
	json_put_null(row, "automatic");
	json_put_null(row, "checked");		/* nobody has asked */
	signs = json_put_array(row, "signs");
	if (cp_flag(said, "infected") == 1)
		json_add_str(signs, "infected");
	return row;
}

/* "12" of 12 or "12"; NULL = no number. */
static const char *
site_id(struct arena *a, const struct json *said)
{
	int64_t n;

	return cp_number(said, "id", &n) && n >= 0 ? arena_printf(a, "%lld", (long long)n) : NULL;
}

static const struct json *
sites_of(struct evidence *ev, struct arena *a, const char *arg, bool look)
{
	const struct json *said = ev_fact(ev, "toolkit", NULL), *domains = ev_fact(ev, "domains", NULL), *domain;
	const struct reply *replies[QUESTIONS];
	struct json *list = json_new_array(a), *row;
	const char *root, *place, *id;
	bool waiting = false;

	if (said == NULL || domains == NULL || !ev_fact_member(ev, "domains", NULL, arg, &domain))
		return NULL;
	if ((root = json_str(domain, "document_root")) == NULL)
		return list;
	for (const struct json *v = json_first(said); v != NULL; v = json_next(v)) {
		size_t n = strlen(root);

		if ((place = json_str(v, "fullPath")) == NULL || strncmp(place, root, n) != 0 ||
		    (place[n] != '\0' && place[n] != '/') ||
		    host_site_is_anothers(domains, json_str(domain, "ascii"), root, place))
			continue;
		row = add_site(list, a, v, domain, root, place);
		if (!look || (id = site_id(evidence_arena(ev), v)) == NULL)
			continue;
		if (ask_site(ev, id, replies))
			put_site(row, a, replies);
		else
			waiting = true;
	}
	return waiting ? NULL : list;
}

const struct json *
cpanel_sites_of(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	(void)params;
	return sites_of(ev, a, arg, true);
}

const struct json *
cpanel_sites_listed(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *said = ev_fact(ev, "toolkit", NULL);

	(void)params;
	if (said == NULL)
		return NULL;
	return json_count(said) <= SITES_IN_BULK ? ev_fact(ev, "sites_of", arg) : sites_of(ev, a, arg, false);
}
