/* WordPress sites, by WP Toolkit's REST API.  Without the extension: not supported. */

#include <string.h>

#include "base/map.h"
#include "panel/plesk/internal.h"

/* Without these the call fails as soon as one site is broken or infected. */
#define SKIP	"skipBrokenInstallations=true&skipInfectedInstallations=true" \
		"&skipUnsupportedInstallations=true"

static void
put_parts(struct json *row, const char *key, const struct json *parts)
{
	struct json *list = json_put_array(row, key);
	const struct json *v;

	for (v = json_first(parts); v != NULL; v = json_next(v)) {
		struct json *part;

		if (json_str(v, "slug") == NULL)
			continue;
		part = json_add_object(list);
		json_put_str(part, "slug", json_str(v, "slug"));
		json_put_str(part, "title", json_str(v, "title"));
		json_put_str(part, "version", json_str(v, "version"));
		json_put_str(part, "available", json_str(v, "availableVersion"));
		if (json_tristate(v, "vulnerable") < 0)
			json_put_null(part, "vulnerable");
		else
			json_put_bool(part, "vulnerable", json_tristate(v, "vulnerable") == 1);
	}
}

static void
put_auto_update(struct json *row, const struct json *auto_update)
{
	const char *core = json_str(auto_update, "core");

	if (core == NULL)
		json_put_null(row, "auto_update");
	else
		json_put_bool(row, "auto_update", strcmp(core, "disabled") != 0);
}

static struct map *
by_id(struct arena *a, const struct json *list)
{
	struct map *map = map_new(a);
	const struct json *v;
	union { const struct json *in; void *out; } keep;

	for (v = json_first(list); v != NULL; v = json_next(v)) {
		keep.in = v;
		map_put(map, arena_printf(a, "%lld", (long long)json_int(v, "id", 0)), keep.out);
	}
	return map;
}

static void
add_site(struct json *list, struct arena *a, struct evidence *ev, const struct json *site,
    const struct json *check)
{
	const struct json *domain_row_of = NULL, *features = json_get(site, "features");
	const char *domain = json_str(json_get(site, "domain"), "name");
	const char *owner = json_str(json_get(site, "owner"), "login");
	struct json *row = json_add_object(list), *signs;
	struct name name;

	if (domain != NULL && name_from_person(a, text_of(domain), &name, NULL)) {
		domain = name.s;
		ev_fact_member(ev, "domains", NULL, domain, &domain_row_of);
	}
	if (json_str(domain_row_of, "owner") != NULL)
		owner = json_str(domain_row_of, "owner");
	json_put_int(row, "id", json_int(site, "id", 0));
	json_put_str(row, "path", json_str(site, "path"));
	json_put_str(row, "url", json_str(site, "url"));
	json_put_str(row, "domain", domain);
	json_put_str(row, "owner", owner);
	json_put_str(row, "version", json_str(site, "version"));
	json_put_str(row, "available", check != NULL ?
	    json_str(json_get(check, "core"), "availableVersion") :
	    json_str(json_get(features, "updates"), "availableVersion"));
	put_parts(row, "plugins", json_get(check, "plugins"));
	put_parts(row, "themes", json_get(check, "themes"));
	put_auto_update(row, json_get(check, "autoUpdate"));
	json_put_bool(row, "checked", check != NULL);	/* false: plugins and themes could not be looked at */
	signs = json_put_array(row, "signs");
	if (json_tristate(json_get(site, "status"), "infected") == 1)
		json_add_str(signs, "infected");
}

const struct json *
plesk_fact_sites(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *sites, *checks = NULL, *v;
	const struct ev_failure *why;
	enum got got_sites, got_checks;
	struct map *checked;
	struct json *list, *kept;
	struct err err, err_checks;

	(void)params;
	if (ev_fact_any(ev, "domains", NULL, &why) == NULL && why == NULL)
		return NULL;
	got_sites = plesk_ask_rest(ev, a, PLESK_WP "/v1/installations", &sites, &err);
	got_checks = plesk_ask_rest(ev, a, PLESK_WP "/v1/updates-checker?" SKIP, &checks, &err_checks);
	if (got_sites == GOT_NOT && err.code == ERR_NOT_FOUND) {
		ev_fail(ev, "panel sites", "unsupported", "WP Toolkit is not installed");
		return NULL;
	}
	if (!plesk_need(ev, "panel sites", got_sites, &err) || got_checks == GOT_WAIT)
		return NULL;
	if (!json_is_array(sites)) {
		ev_fail(ev, "panel sites", "protocol", "the list of sites is none");
		return NULL;
	}
	checked = by_id(a, checks);
	list = json_new_array(a);
	for (v = json_first(sites); v != NULL; v = json_next(v))
		add_site(list, a, ev, v, map_get(checked,
		    arena_printf(a, "%lld", (long long)json_int(v, "id", 0))));
	if (arg == NULL)
		return list;
	kept = json_new_array(a);
	for (v = json_first(list); v != NULL; v = json_next(v))
		if (json_str(v, "owner") != NULL && strcmp(json_str(v, "owner"), arg) == 0)
			json_add_copy(kept, v);
	return kept;
}
