/*
 * What changed at one's domains: only what a second look has confirmed, once
 * when it went wrong and once when it is right again.  What could not be
 * checked in between says nothing.  Everybody can switch it off for himself.
 */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/reports.h"
#include "store/settings.h"
#include "web/pages/pages.h"

#define SINCE_S		(30 * 86400)
#define CHANGES_MAX	2000
#define NAMED_MAX	10	/* domains of one row of a digest */

static bool
is_bad(const char *verdict)
{
	return verdict != NULL && (strcmp(verdict, "problem") == 0 || strcmp(verdict, "warning") == 0);
}

static bool
is_unknown(const char *verdict)
{
	return verdict == NULL || strcmp(verdict, "unknown") == 0;
}

/* Notices off: a setting by login. */
static const char *
setting(const struct exchange *x)
{
	return arena_printf(x->arena, "notices off %s", x->who.login);
}

static bool
is_on(struct exchange *x)
{
	struct err err;

	return x->config->notices && store_get(engine_store(x->engine), x->arena, setting(x), &err) == NULL;
}

/* How it stood before the change, over what could not be checked in between; `change` is the newest of its check. */
static const char *
really_before(const struct json *change)
{
	const char *domain = json_str(change, "domain"), *check = json_str(change, "check");
	const char *before = json_str(change, "before");

	for (const struct json *c = json_next(change); c != NULL && is_unknown(before); c = json_next(c))
		if (strcmp(json_str(c, "domain"), domain) == 0 && strcmp(json_str(c, "check"), check) == 0)
			before = json_str(c, "before");
	return before;
}

/* "worse", "resolved", or NULL: nothing to tell. */
static const char *
kind_of(const struct json *change, const char **before)
{
	const char *after = json_str(change, "after"), *now = json_str(change, "now");

	/* Seen once, or another by now: the next look tells. */
	if (after == NULL || now == NULL || strcmp(after, now) != 0 || is_unknown(after) ||
	    time_of(change, "checked_at") <= time_of(change, "at"))
		return NULL;
	*before = really_before(change);
	if (is_unknown(*before) || strcmp(*before, after) == 0)
		return NULL;
	if (is_bad(after))
		return strcmp(*before, "problem") == 0 ? NULL : "worse";
	return is_bad(*before) ? "resolved" : NULL;
}

struct json *
notices_of(struct exchange *x, struct err *err)
{
	struct json *answer = json_new_object(x->arena), *list;
	const struct json *changes;
	struct map *seen = map_new(x->arena);
	bool on = is_on(x);

	json_put_bool(answer, "enabled", on);
	list = json_put_array(answer, "notices");
	if (!on)
		return answer;
	changes = store_changes(engine_store(x->engine), x->arena, &x->scope, x->now - SINCE_S, CHANGES_MAX, err);
	if (changes == NULL)
		return NULL;
	for (const struct json *c = json_first(changes); c != NULL; c = json_next(c)) {
		const char *key = arena_printf(x->arena, "%s %s", json_str(c, "domain"), json_str(c, "check"));
		const char *before = NULL, *kind;
		struct json *one;

		if (map_get(seen, key) != NULL)
			continue;
		map_put(seen, key, list);
		if ((kind = kind_of(c, &before)) == NULL)
			continue;
		one = json_add_object(list);
		json_put_copy(one, "at", json_get(c, "at"));
		json_put_copy(one, "domain", json_get(c, "domain"));
		json_put_copy(one, "name", json_get(c, "name"));
		json_put_copy(one, "check", json_get(c, "check"));
		json_put_str(one, "kind", kind);
		json_put_copy(one, "verdict", json_get(c, "after"));
		json_put_str(one, "before", before);
	}
	return answer;
}

/* --- view --------------------------------------------------------------------------------------- */

static void
add_domain(struct json *row, const struct exchange *x, const struct json *notice)
{
	struct json *list = json_edit(row, "domains");
	int64_t count = json_int(row, "count", 0) + 1;

	json_put_int(row, "count", count);
	json_put_str(row, "count_text", say_count(x, "pages.notices.domains", count));
	if (count > NAMED_MAX) {
		json_put_bool(row, "more", true);
		return;
	}
	list = json_add_object(list);
	json_put_copy(list, "name", json_get(notice, "name"));
	json_put_str(list, "link", link_to(x, "/domains/%s", json_str(notice, "domain")));
}

/* One row for each check and kind: a digest; who has few domains reads them just as well. */
static void
view_notices(struct json *view, const struct exchange *x, const struct json *answer)
{
	struct json *list = json_put_array(view, "rows");
	struct map *rows = map_new(x->arena);

	for (const struct json *n = json_first(json_get(answer, "notices")); n != NULL; n = json_next(n)) {
		const char *check = json_str(n, "check"), *verdict = json_str(n, "verdict"), *kind = json_str(n, "kind");
		const char *key = arena_printf(x->arena, "%s %s", check, kind[0] == 'r' ? kind : verdict);
		struct json *row = map_get(rows, key);

		if (row == NULL) {
			row = json_add_object(list);
			map_put(rows, key, row);
			json_put_str(row, "kind", kind);
			json_put_str(row, "check", say_check(x, check));
			view_verdict(row, x, kind[0] == 'r' ? "ok" : verdict);
			json_put_str(row, "word", kind[0] == 'r' ? say(x, "pages.notices.resolved") : say_word(x, "verdict", verdict));
			view_time(row, x, "at", time_of(n, "at"));
			json_put_array(row, "domains");
			json_put_bool(row, "more", false);
		}
		add_domain(row, x, n);
	}
	json_put_bool(view, "has_rows", json_count(list) > 0);
}

void
page_notices(struct exchange *x)
{
	static const struct column columns[] = {
		{ "at", NULL }, { "domain", NULL }, { "check", NULL }, { "kind", NULL }, { "verdict", NULL },
		{ "before", NULL },
	};
	struct err err = { 0 };
	struct json *answer = notices_of(x, &err), *view;

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, answer, "notices", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "home");
	json_put_bool(view, "on", json_bool(answer, "enabled", false));
	json_put_bool(view, "may", x->config->notices);
	json_put_str(view, "csv", link_to(x, "/notices?format=csv"));
	view_notices(view, x, answer);
	page_html(x, "notices", say(x, "pages.notices.title"), view);
}

void
page_notices_set(struct exchange *x)
{
	const char *enabled = field_get(&x->req->form, "enabled");
	struct err err;

	if (enabled == NULL || (strcmp(enabled, "0") != 0 && strcmp(enabled, "1") != 0)) {
		page_error(x, 422);
		return;
	}
	if (!store_set(engine_store(x->engine), setting(x), enabled[0] == '0' ? "1" : NULL, x->now, &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/notices"));
}
