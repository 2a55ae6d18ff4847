/*
 * WordPress sites of a domain: core, plugins and themes behind, updates by
 * themselves, and signs of stolen goods.  The panel's toolkit tells what there is
 * and what could be had; the files tell what there is, and the signs.  No address
 * of a site is ever fetched.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/whose.h"
#include "evidence/panel_facts.h"

static const struct finding_row rows[] = {
	{ "wordpress.outdated", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "wordpress.update" } },
	{ "wordpress.auto_update_off", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER,
	    { "wordpress.auto_update" } },
	{ "wordpress.pirated", VERDICT_WARNING, SEVERITY_HIGH, OWNER_CUSTOMER, { NULL } },
};

#define NAMES_SHOWN	8

/* "6.10" is newer than "6.9.1"; parts that are no numbers are compared as words. */
static bool
is_newer(const char *is, const char *than)
{
	struct text a = text_of(is), b = text_of(than), x, y;
	uint64_t m, n;
	bool more_a, more_b;

	for (;;) {
		more_a = text_split(&a, '.', &x);
		more_b = text_split(&b, '.', &y);
		if (!more_a || !more_b)		/* "6.9.0" is not newer than "6.9" */
			return more_a && (!text_uint(x, UINT32_MAX, &m) || m > 0 || a.n > 0);
		if (text_eq(x, y))
			continue;
		if (text_uint(x, UINT32_MAX, &m) && text_uint(y, UINT32_MAX, &n)) {
			if (m == n)
				continue;
			return m > n;
		}
		return true;			/* "6.9-beta1": another one is offered */
	}
}

static bool
is_behind(const struct json *part)
{
	const char *version = json_str(part, "version"), *available = json_str(part, "available");

	return available != NULL && available[0] != '\0' && (version == NULL || is_newer(available, version));
}

struct behind {
	struct json	*list;
	size_t		 count, vulnerable;
	struct str	 names;
};

static void
collect(struct behind *b, const struct json *parts)
{
	for (const struct json *v = json_first(parts); v != NULL; v = json_next(v)) {
		const char *title = json_str(v, "title") != NULL ? json_str(v, "title") : json_str(v, "slug");
		bool vulnerable = json_tristate(v, "vulnerable") == 1;

		if (!is_behind(v) && !vulnerable)
			continue;
		json_add_copy(b->list, v);
		b->vulnerable += vulnerable;
		if (title != NULL && b->count < NAMES_SHOWN)
			str_addf(&b->names, "%s%s", b->names.n == 0 ? "" : ", ", title);
		b->count++;
	}
}

static void
report_outdated(struct run *run, const struct json *site, const char *subject)
{
	struct behind b = { .list = json_new_array(run->arena), .names = str_in(run->arena, 1000) };
	bool core = is_behind(site);
	struct finding *f;

	collect(&b, json_get(site, "plugins"));
	collect(&b, json_get(site, "themes"));
	if (!core && b.count == 0)
		return;
	f = report(run, "wordpress.outdated", subject);
	json_put_str(f->data, "version", json_str(site, "version"));
	json_put_str(f->data, "available", json_str(site, "available"));
	json_put_str(f->data, "url", json_str(site, "url"));
	json_put_copy(f->data, "parts", b.list);
	json_put_int(f->data, "vulnerable", (int64_t)b.vulnerable);
	finding_value(f, "site", json_str(site, "url") != NULL ? json_str(site, "url") : subject);
	finding_value(f, "version", json_str(site, "version"));
	finding_value(f, "available", json_str(site, "available"));
	finding_value(f, "parts", b.names.n == 0 ? "-" : b.names.p);
	finding_value_int(run, f, "count", (int64_t)b.count);
	if (core && b.count == 0)
		finding_variant(run, f, "core");
	else if (!core)
		finding_variant(run, f, "parts");
	finding_panel(run, f, "sites", b.list);
}

static void
report_signs(struct run *run, const struct json *site, const char *subject)
{
	const struct json *signs = json_get(site, "signs"), *v, *first = NULL;
	struct str list = str_in(run->arena, 1000);
	struct finding *f;
	size_t others = 0;

	for (v = json_first(signs); v != NULL; v = json_next(v)) {
		const char *word = json_value_str(v) != NULL ? json_value_str(v) : json_str(v, "file");

		if (word == NULL)
			continue;
		if (first == NULL && json_value_str(v) == NULL)
			first = v;
		others += strcmp(word, "infected") != 0;
		str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", word);
	}
	if (list.n == 0)
		return;
	f = report(run, "wordpress.pirated", subject);
	json_put_copy(f->data, "signs", signs);
	finding_value(f, "site", json_str(site, "url") != NULL ? json_str(site, "url") : subject);
	finding_value(f, "signs", list.p);
	finding_value_int(run, f, "count", (int64_t)json_count(signs));
	if (first != NULL) {
		finding_value(f, "sign", json_str(first, "sign"));
		finding_value(f, "file", json_str(first, "file"));
		finding_variant(run, f, "files");
	} else if (others == 0)
		finding_variant(run, f, "infected");
	finding_panel(run, f, "sites", signs);
}

static void
check_site(struct run *run, const struct json *site)
{
	const char *domain = json_str(site, "domain"), *path = json_str(site, "path");
	const char *subject = arena_printf(run->arena, "%s%s%s", domain, path[0] == '/' ? "" : "/", path);
	struct finding *f;

	report_outdated(run, site, subject);
	if (json_tristate(site, "auto_update") == 0) {
		f = report(run, "wordpress.auto_update_off", subject);
		finding_value(f, "site", json_str(site, "url") != NULL ? json_str(site, "url") : subject);
		finding_panel(run, f, "sites", json_get(site, "auto_update"));
	}
	report_signs(run, site, subject);
}

/* --- which sites there are ------------------------------------------------------------------------------- */

static bool
is_ours(const struct run *run, const struct json *site)
{
	return json_str(site, "domain") != NULL && json_str(site, "path") != NULL &&
	    strcmp(json_str(site, "domain"), run->domain.s) == 0;
}

/* The toolkit says "/httpdocs/blog", the disk has all that stands before it. */
static bool
is_same_place(const struct json *site, const struct json *on_disk)
{
	const char *path = json_str(site, "path"), *folder = json_str(on_disk, "folder");

	return strcmp(path, json_str(on_disk, "path")) == 0 ||
	    (folder != NULL && path[0] == '/' && path[1] != '\0' && text_ends(text_of(folder), path));
}

/* What the toolkit does not say and the files do. */
static void
fill(struct json *site, const struct json *on_disk)
{
	static const char *const keys[] = { "version", "auto_update" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_is_null(json_get(site, keys[i])) && !json_is_null(json_get(on_disk, keys[i])))
			json_put_copy(site, keys[i], json_get(on_disk, keys[i]));
}

/* Those of the toolkit with what the disk adds; then those that only the disk has. */
static struct json *
sites_of(struct run *run, const struct json *kept, const struct json *disk)
{
	struct json *list = json_new_array(run->arena), *one;
	const struct json *v, *d, *sign;

	for (v = json_first(kept); v != NULL; v = json_next(v)) {
		if (!is_ours(run, v))
			continue;
		json_add_copy(list, v);
	}
	for (d = json_first(disk); d != NULL; d = json_next(d)) {
		if (!is_ours(run, d))
			continue;
		for (one = json_edit_first(list); one != NULL && !is_same_place(one, d); one = json_edit_next(one))
			;
		if (one == NULL) {
			json_add_copy(list, d);
			continue;
		}
		fill(one, d);
		if (json_edit(one, "signs") == NULL)
			json_put_array(one, "signs");
		for (sign = json_first(json_get(d, "signs")); sign != NULL; sign = json_next(sign))
			json_add_copy(json_edit(one, "signs"), sign);
		json_put_bool(one, "whole", json_bool(d, "whole", true));
	}
	return list;
}

static bool
nobody_tells(const struct ev_failure *why)
{
	return strcmp(why->reason, "unsupported") == 0 || strcmp(why->reason, "not_recorded") == 0;
}

/* false = neither of them has a list: said already. */
static bool
ask_both(struct run *run, const struct json **kept, const struct json **disk)
{
	const struct ev_failure *why_kept, *why_disk, *why;

	*kept = ev_sites_any(run->ev, run->domain, &why_kept);
	*disk = ev_fact_any(run->ev, "sites_on_disk", run->domain.s, &why_disk);
	if ((*kept == NULL && why_kept == NULL) || (*disk == NULL && why_disk == NULL))
		return false;
	if (*kept == NULL && *disk == NULL) {
		why = nobody_tells(why_kept) && !nobody_tells(why_disk) ? why_disk : why_kept;
		/* Without a panel nobody keeps a list of sites. */
		if (nobody_tells(why) && strcmp(run->rules->panel_kind, "postfix") == 0)
			report_not_applicable(run, "no_panel");
		else
			ev_fail(run->ev, why->key, why->reason, why->detail);
		return false;
	}
	why = *kept == NULL && !nobody_tells(why_kept) ? why_kept :
	    *disk == NULL && !nobody_tells(why_disk) ? why_disk : NULL;
	if (why != NULL)		/* one half is known, and told */
		ev_fail(run->ev, why->key, why->reason, why->detail);
	return true;
}

static void
check(struct run *run)
{
	const struct json *kept, *disk, *v;
	struct json *list, *sites;
	bool whole = true, looked = true;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	if (!ask_both(run, &kept, &disk))
		return;
	sites = sites_of(run, kept, disk);
	list = json_put_array(run_data(run), "sites");
	for (v = json_first(sites); v != NULL; v = json_next(v)) {
		struct json *one = json_add_object(list);

		json_put_str(one, "url", json_str(v, "url"));
		json_put_str(one, "path", json_str(v, "path"));
		json_put_str(one, "version", json_str(v, "version"));
		json_put_str(one, "source", json_str(v, "source") == NULL ? "toolkit" : json_str(v, "source"));
	}
	if (json_count(sites) == 0) {
		report_not_applicable(run, "no_wordpress");
		return;
	}
	for (v = json_first(sites); v != NULL; v = json_next(v)) {
		check_site(run, v);
		whole = whole && json_bool(v, "whole", true);
		looked = looked && json_tristate(v, "checked") != 0;
	}
	/* Signs in what was not read, updates of what does not start: nobody knows. */
	if (!whole || !looked)
		report_unknown(run, looked ? "cut" : "not_looked_at");
}

const struct check check_wordpress = {
	"wordpress", SCOPE_SITE, "wordpress", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
