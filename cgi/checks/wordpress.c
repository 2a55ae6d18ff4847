/*
 * WordPress sites of a domain: core, plugins and themes behind, updates by
 * themselves, and signs of stolen goods.  What the panel's toolkit tells is all
 * that is known; no address of a site is ever fetched.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/whose.h"

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
	const struct json *signs = json_get(site, "signs"), *v;
	struct str list = str_in(run->arena, 1000);
	struct finding *f;
	size_t others = 0;

	for (v = json_first(signs); v != NULL; v = json_next(v)) {
		if (json_value_str(v) == NULL)
			continue;
		others += strcmp(json_value_str(v), "infected") != 0;
		str_addf(&list, "%s%s", list.n == 0 ? "" : ", ", json_value_str(v));
	}
	if (list.n == 0)
		return;
	f = report(run, "wordpress.pirated", subject);
	json_put_copy(f->data, "signs", signs);
	finding_value(f, "site", json_str(site, "url") != NULL ? json_str(site, "url") : subject);
	finding_value(f, "signs", list.p);
	if (others == 0)
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
	}
	report_signs(run, site, subject);
}

static void
check(struct run *run)
{
	const struct json *sites, *v;
	struct json *list;
	size_t count = 0;

	/* Without a panel nobody keeps a list of sites. */
	if (!ev_has_panel(run->ev) || strcmp(run->rules->panel_kind, "postfix") == 0) {
		report_not_applicable(run, "no_panel");
		return;
	}
	if ((sites = ev_fact(run->ev, "sites", NULL)) == NULL)
		return;
	list = json_put_array(run_data(run), "sites");
	for (v = json_first(sites); v != NULL; v = json_next(v)) {
		const char *domain = json_str(v, "domain");
		struct json *one;

		if (domain == NULL || json_str(v, "path") == NULL ||
		    strcmp(domain, run->domain.s) != 0)
			continue;
		one = json_add_object(list);
		json_put_str(one, "url", json_str(v, "url"));
		json_put_str(one, "path", json_str(v, "path"));
		json_put_str(one, "version", json_str(v, "version"));
		count++;
	}
	if (count == 0) {
		report_not_applicable(run, "no_wordpress");
		return;
	}
	for (v = json_first(sites); v != NULL; v = json_next(v))
		if (json_str(v, "domain") != NULL && json_str(v, "path") != NULL &&
		    strcmp(json_str(v, "domain"), run->domain.s) == 0)
			check_site(run, v);
}

const struct check check_wordpress = {
	"wordpress", SCOPE_SITE, "wordpress", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
