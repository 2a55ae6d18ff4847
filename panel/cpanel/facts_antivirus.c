/*
 * ClamAV: cPanel's plugin scans the files of one account at a time, when somebody asks
 * for it, and keeps what the last scan has found.  The machine itself, where it can be
 * asked, tells of the daemon (host.h).  The plugin refuses both where it is not installed
 * and where an account's feature list leaves it out, so its silence says nothing; nor does
 * an empty list, since nothing may ever have been scanned.
 */

#include "base/err.h"
#include "panel/cpanel/internal.h"

#define INFECTED_MAX	10000

static void
add_infected(struct json *list, const char *user, const struct json *files)
{
	for (const struct json *v = json_first(files); v != NULL && json_count(list) < INFECTED_MAX; v = json_next(v)) {
		struct json *one;

		if (json_str(v, "file") == NULL)
			continue;
		one = json_add_object(list);
		json_put_str(one, "path", json_str(v, "file"));
		json_put_str(one, "owner", user);
		json_put_str(one, "name", json_str(v, "virus_type"));
	}
}

/* {"answered":n,"infected":[...]} of some accounts. */
const struct json *
cpanel_scanner_page(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *users = ev_fact(ev, "names_by_user", NULL), *first, *v, *answers, *data;
	const char *commands[BATCH_MAX];
	struct json *page, *infected;
	int64_t answered = 0;
	struct err err;
	size_t n = 0;

	if (users == NULL)
		return NULL;
	page = json_new_object(a);
	infected = json_put_array(page, "infected");
	first = cp_page_first(users, arg, BATCH_MAX);
	for (v = first; v != NULL && n < BATCH_MAX; v = json_next(v))
		commands[n++] = uapi_command(evidence_arena(ev), json_str(v, "login"), "ClamScanner",
		    "list_infected_files", ARGS());
	if (n > 0 && !cpanel_need(ev, "panel virus scanner", ask_batch(ev, a, params, commands, n, &answers, &err),
	    &err))
		return NULL;
	for (v = n > 0 ? json_first(answers) : NULL; v != NULL; v = json_next(v), first = json_next(first)) {
		if (!whm_uapi_result(a, v, &data, &err))
			continue;
		answered++;
		add_infected(infected, json_str(first, "login"), data);
	}
	json_put_int(page, "answered", answered);
	return page;
}

/* What the scans of all accounts have found: {"infected":[...]}; fails where the plugin is silent. */
const struct json *
cpanel_scanner(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *users = ev_fact(ev, "names_by_user", NULL);
	struct json *ret, *infected;
	int64_t answered = 0;
	size_t pages;

	(void)arg;
	(void)params;
	if (users == NULL)
		return NULL;
	/* The first tells whether there is a plugin at all. */
	pages = (json_count(users) + BATCH_MAX - 1) / BATCH_MAX;
	if (pages == 0 || !cp_pages_there(ev, a, "scanner_page", 1))
		return NULL;
	if (json_int(cp_page_at(ev, a, "scanner_page", 0), "answered", 0) == 0) {
		ev_fail(ev, "panel virus scanner", err_word(ERR_UNSUPPORTED),
		    "ClamAV's plugin is not there, or no account may use it");
		return NULL;
	}
	if (!cp_pages_there(ev, a, "scanner_page", pages))
		return NULL;
	ret = json_new_object(a);
	infected = json_put_array(ret, "infected");
	for (size_t i = 0; i < pages; i++) {
		const struct json *page = cp_page_at(ev, a, "scanner_page", i);

		answered += json_int(page, "answered", 0);
		for (const struct json *v = json_first(json_get(page, "infected")); v != NULL; v = json_next(v))
			if (json_count(infected) < INFECTED_MAX)
				json_add_copy(infected, v);
	}
	json_put_int(ret, "answered", answered);
	return ret;
}

static struct json *
of_plugin(struct arena *a)
{
	static const char *const not_told[] = { "version", "active", "signatures", "signatures_at", "infected" };
	struct json *fact = json_new_object(a);

	json_put_str(fact, "product", "clamav");
	for (size_t i = 0; i < sizeof(not_told) / sizeof(not_told[0]); i++)
		json_put_null(fact, not_told[i]);
	return fact;
}

const struct json *
cpanel_antivirus(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct ev_failure *why_scanner = NULL, *why_daemon = NULL;
	const struct json *scanner = ev_fact_any(ev, "scanner", NULL, &why_scanner);
	const struct json *daemon = ev_fact_any(ev, "clamd", NULL, &why_daemon), *found;
	struct json *fact;

	(void)arg;
	(void)params;
	if ((scanner == NULL && why_scanner == NULL) || (daemon == NULL && why_daemon == NULL))
		return NULL;
	if (scanner == NULL && daemon == NULL) {
		ev_fail(ev, why_scanner->key, why_scanner->reason, why_scanner->detail);
		return NULL;
	}
	/* A plugin that answers is there, wherever its daemon listens. */
	fact = json_str(daemon, "product") != NULL || scanner == NULL ? json_copy(a, daemon) : of_plugin(a);
	found = json_get(scanner, "infected");
	if (json_count(found) > 0)
		json_put_copy(fact, "infected", found);
	return fact;
}
