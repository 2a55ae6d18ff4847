/* One check's findings over all domains: forwardings with their volume, WordPress, blacklists. */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/catalog.h"
#include "engine/report.h"
#include "engine/tools.h"
#include "engine/traffic.h"
#include "store/reports.h"
#include "store/summary.h"
#include "web/pages/pages.h"

#define CARDS_MAX	10	/* domains with all their findings; of more there is a line for each finding */
#define DOMAINS_MAX	300	/* reports read for one page */
#define LISTS_MS	900	/* a page never waits longer for the network */

static const struct column columns[] = {
	{ "domain", NULL }, { "id", NULL }, { "verdict", NULL }, { "severity", NULL }, { "subject", NULL },
	{ "title", NULL }, { "text", NULL }, { "owner", NULL },
};

struct gathering {
	struct arena	*arena;
	struct map	*names;
};

static void
take_name(void *ctx, const struct domain_row *row)
{
	struct gathering *g = ctx;

	if (map_count(g->names) < DOMAINS_MAX && map_get(g->names, row->name) == NULL)
		map_put(g->names, row->name, arena_strdup(g->arena, row->name));
}

/* Domains whose last report has a finding of this check. */
static bool
domains_with(struct exchange *x, const struct check *check, struct map *names, struct err *err)
{
	struct gathering g = { x->arena, names };

	for (size_t i = 0; i < check->row_count; i++) {
		struct domain_query q = { .finding = check->rows[i].id, .page = 1 };

		if (!store_domains_each(engine_store(x->engine), &x->scope, &q, take_name, &g, err))
			return false;
	}
	return true;
}

/* The findings of the checks in one neutral report, with words, onto the list. */
static void
add_findings(struct exchange *x, struct json *list, const struct json *neutral, const char *domain,
    const char *const *names)
{
	const struct json *report = report_words(x->arena, neutral, x->face->catalog, x->lang);

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check"), *verdict = json_str(f, "verdict");
		struct json *one;
		bool wanted = false;

		for (size_t i = 0; names[i] != NULL; i++)
			wanted = wanted || (check != NULL && strcmp(check, names[i]) == 0);
		if (!wanted || verdict == NULL || strcmp(verdict, "not_applicable") == 0 ||
		    (domain != NULL && strcmp(verdict, "ok") == 0))
			continue;
		one = json_copy(x->arena, f);
		json_put_str(one, "domain", domain);
		json_add_copy(list, one);
	}
}

struct json *
collected_findings(struct exchange *x, const char *const *names, bool with_server, struct err *err)
{
	struct json *answer = json_new_object(x->arena), *list = json_put_array(answer, "findings"), *report;
	struct map *domains = map_new(x->arena);

	if (with_server) {
		report = store_report_get(engine_store(x->engine), x->arena, &x->scope, "server", "server", err);
		if (report == NULL && err->code != ERR_NOT_FOUND)
			return NULL;
		json_put_bool(answer, "server_checked", report != NULL);
		if (report != NULL)
			add_findings(x, list, report, NULL, names);
	}
	for (size_t i = 0; names[i] != NULL; i++) {
		const struct check *check = check_find(names[i]);

		if (check != NULL && !domains_with(x, check, domains, err))
			return NULL;
	}
	for (size_t i = 0; i < map_count(domains); i++) {
		const char *name = map_at(domains, i, NULL);

		report = store_report_get(engine_store(x->engine), x->arena, &x->scope, "domain", name, err);
		if (report != NULL)
			add_findings(x, list, report, name, names);
		else if (err->code != ERR_NOT_FOUND)
			return NULL;
	}
	json_put_bool(answer, "more", map_count(domains) == DOMAINS_MAX);
	*err = (struct err){ 0 };
	return answer;
}

/* Those of one domain, or of the server, as a report of its own. */
struct group {
	const char	*domain;	/* NULL = the server */
	struct json	*report, *findings;
	int		 rank;		/* of the worst */
};

static struct group *
group_of(const struct exchange *x, struct map *groups, const char *domain)
{
	const char *key = domain == NULL ? "" : domain;
	struct group *g = map_get(groups, key);
	struct json *target;

	if (g != NULL)
		return g;
	g = arena_zalloc(x->arena, sizeof(*g));
	*g = (struct group){ .domain = domain, .report = json_new_object(x->arena),
	    .rank = verdict_rank(VERDICT_NOT_APPLICABLE) };
	target = json_put_object(g->report, "target");
	json_put_str(target, "kind", domain == NULL ? "server" : "domain");
	json_put_str(target, "ascii", domain == NULL ? "server" : domain);
	g->findings = json_put_array(g->report, "findings");
	map_put(groups, key, g);
	return g;
}

/* Worst first. */
void
collected_view(struct json *view, const struct exchange *x, const struct json *answer)
{
	struct json *list = json_put_array(view, "groups");
	struct map *groups = map_new(x->arena);
	struct group *server;

	for (const struct json *f = json_first(json_get(answer, "findings")); f != NULL; f = json_next(f)) {
		struct group *g = group_of(x, groups, json_str(f, "domain"));
		enum verdict verdict;

		json_add_copy(g->findings, f);
		if (json_str(f, "verdict") != NULL && verdict_parse(json_str(f, "verdict"), &verdict) &&
		    verdict_rank(verdict) < g->rank)
			g->rank = verdict_rank(verdict);
	}
	/* What only the provider can mend stands behind what one can mend oneself. */
	if (x->role != ROLE_ADMIN && (server = map_get(groups, "")) != NULL)
		server->rank = verdict_rank(VERDICT_NOT_APPLICABLE);
	for (int rank = 0; rank <= verdict_rank(VERDICT_NOT_APPLICABLE); rank++)
		for (size_t i = 0; i < map_count(groups); i++) {
			const struct group *g = map_at(groups, i, NULL);
			struct json *one;

			if (g->rank != rank)
				continue;
			one = json_add_object(list);
			json_put_str(one, "domain", g->domain);
			json_put_str(one, "ascii", g->domain);
			view_findings(one, x, g->report);
		}
	json_put_bool(view, "has_groups", json_count(list) > 0);
}

/* Of many domains a line for each finding, with the way to the table; the server's findings as always. */
static bool
view_collected(struct json *view, const struct exchange *x, const struct json *answer, struct err *err)
{
	struct json *own = json_new_object(x->arena), *server = json_put_array(own, "findings");
	struct lines *lines = lines_new(x->arena);
	struct map *domains = map_new(x->arena);
	const struct json *counts;

	for (const struct json *f = json_first(json_get(answer, "findings")); f != NULL; f = json_next(f))
		if (json_str(f, "domain") == NULL)
			json_add_copy(server, f);
		else {
			map_put(domains, json_str(f, "domain"), domains);
			lines_add(lines, x, json_str(f, "id"), json_str(f, "domain"));
		}
	json_put_bool(view, "has_lines", map_count(domains) > CARDS_MAX);
	json_put_bool(view, "has_found", json_count(json_get(answer, "findings")) > 0);
	if (map_count(domains) <= CARDS_MAX) {
		collected_view(view, x, answer);
		return true;
	}
	if ((counts = store_domains_findings(engine_store(x->engine), x->arena, &x->scope, err)) == NULL)
		return false;
	lines_view(view, x, lines, counts);
	collected_view(view, x, own);
	return true;
}

/* --- WordPress, forwarding ------------------------------------------------------------------------ */

/* Without a site, and where they cannot be seen, the check does not apply: of thousands of reports few are read. */
static void
take_name_with_sites(void *ctx, const struct domain_row *row)
{
	struct text verdict = summary_value(row->verdicts, "\"wordpress\":\"");

	if (verdict.p != NULL && !text_is(verdict, "not_applicable"))
		take_name(ctx, row);
}

/* Onto the list the sites of one domain's report, those without a finding too: the check names them all. */
static void
add_sites(struct json *list, const struct json *report, const char *domain)
{
	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const struct json *sites = json_get(json_get(f, "data"), "sites");
		const char *check = json_str(f, "check");

		if (check == NULL || strcmp(check, "wordpress") != 0 || sites == NULL)
			continue;
		for (const struct json *s = json_first(sites); s != NULL; s = json_next(s)) {
			struct json *one = json_add_object(list);

			json_put_str(one, "domain", domain);
			json_put_copy(one, "url", json_get(s, "url"));
			json_put_copy(one, "path", json_get(s, "path"));
			json_put_copy(one, "version", json_get(s, "version"));
		}
		return;
	}
}

static struct json *
sites_found(struct exchange *x, struct err *err)
{
	struct gathering g = { x->arena, map_new(x->arena) };
	struct json *list = json_new_array(x->arena);
	struct domain_query q = { .page = 1 };

	if (!store_domains_each(engine_store(x->engine), &x->scope, &q, take_name_with_sites, &g, err))
		return NULL;
	for (size_t i = 0; i < map_count(g.names); i++) {
		const char *name = map_at(g.names, i, NULL);
		const struct json *report = store_report_get(engine_store(x->engine), x->arena, &x->scope, "domain", name, err);

		if (report != NULL)
			add_sites(list, report, name);
		else if (err->code != ERR_NOT_FOUND)
			return NULL;
	}
	*err = (struct err){ 0 };
	return list;
}

void
page_wordpress(struct exchange *x)
{
	static const char *const names[] = { "wordpress", NULL };
	struct err err = { 0 };
	struct json *answer = collected_findings(x, names, false, &err), *view;
	const struct json *sites = answer == NULL ? NULL : sites_found(x, &err);

	if (sites == NULL) {
		page_err(x, &err);
		return;
	}
	json_put_copy(answer, "sites", sites);
	if (page_data(x, answer, "findings", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = tool_view(x, "wordpress");
	json_put_copy(view, "sites", sites);
	json_put_bool(view, "has_sites", json_count(sites) > 0);
	json_put_bool(view, "has_any", json_count(sites) + json_count(json_get(answer, "findings")) > 0);
	if (!view_collected(view, x, answer, &err)) {
		page_err(x, &err);
		return;
	}
	page_html(x, "wordpress", say(x, "pages.wordpress.title"), view);
}

static void
put_number(struct json *view, const struct exchange *x, const char *key, const struct json *from)
{
	json_put_str(view, key, lang_int(x->arena, x->lang, json_int(from, key, 0)));
}

/* By domain how much of what came in; by address where it went. */
static void
view_volume(struct json *view, const struct exchange *x, const struct json *volume)
{
	struct json *domains = json_put_array(view, "volumes"), *forwards = json_put_array(view, "forwards"), *one;

	for (const struct json *d = json_first(json_get(volume, "domains")); d != NULL; d = json_next(d)) {
		one = json_add_object(domains);
		json_put_copy(one, "domain", json_get(d, "domain"));
		put_number(one, x, "received", d);
		put_number(one, x, "forwarded", d);
		json_put_str(one, "share", json_is_int(json_get(d, "share")) ? arena_printf(x->arena, "%lld %%",
		    (long long)json_int(d, "share", 0)) : NULL);
	}
	for (const struct json *f = json_first(json_get(volume, "forwards")); f != NULL; f = json_next(f)) {
		const char *address = json_str(f, "address");

		one = json_add_object(forwards);
		json_put_str(one, "address", address[0] == '@' ? say1(x, "pages.forwarding.of_domain", "domain", address + 1) :
		    address);
		json_put_copy(one, "to", json_get(f, "to"));
		put_number(one, x, "messages", f);
		put_number(one, x, "rejected", f);
		view_time(one, x, "last", time_of(f, "last"));
	}
	json_put_bool(view, "has_volume", json_count(forwards) > 0);
	if (json_str(volume, "until") != NULL)
		view_time(view, x, "until", time_of(volume, "until"));
}

void
page_forwarding(struct exchange *x)
{
	static const char *const names[] = { "forwarding", NULL };
	struct err err = { 0 };
	struct json *answer = collected_findings(x, names, x->role == ROLE_ADMIN, &err), *view;
	const struct json *volume = answer == NULL ? NULL : engine_forwarded(x->engine, x->arena, x->rights, &err);

	if (volume == NULL) {
		page_err(x, &err);
		return;
	}
	json_put_copy(answer, "volume", volume);
	if (page_data(x, answer, "findings", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = tool_view(x, "forwarding");
	if (!view_collected(view, x, answer, &err)) {
		page_err(x, &err);
		return;
	}
	view_volume(view, x, volume);
	page_html(x, "forwarding", say(x, "pages.forwarding.title"), view);
}

/* --- blacklists: every list's own answer, too ----------------------------------------------------- */

static const struct { const char *state, *verdict; } list_states[] = {
	{ "listed", "problem" }, { "clean", "ok" }, { "unknown", "unknown" },
	{ "out_of_service", "not_applicable" },
};

const char *
lists_summary(const struct exchange *x, const struct json *states)
{
	int64_t rest = json_int(states, "unknown", 0) + json_int(states, "out_of_service", 0);
	struct catalog_value v[] = { { "listed", lang_int(x->arena, x->lang, json_int(states, "listed", 0)) },
	    { "clean", lang_int(x->arena, x->lang, json_int(states, "clean", 0)) },
	    { "rest", lang_int(x->arena, x->lang, rest) } };

	return !json_is_object(states) ? NULL : catalog_text(x->face->catalog, x->arena, x->lang, rest == 0 ?
	    "pages.blacklists.summary" : "pages.blacklists.summary_rest", v, 3);
}

static void
view_lists(struct json *view, const struct exchange *x, const struct json *targets)
{
	struct json *list = json_put_array(view, "targets");

	for (const struct json *t = json_first(targets); t != NULL; t = json_next(t)) {
		struct json *one = json_add_object(list), *lists = json_put_array(one, "lists");
		struct json *states = json_new_object(x->arena);

		json_put_copy(one, "target", json_get(t, "target"));
		for (const struct json *l = json_first(json_get(t, "lists")); l != NULL; l = json_next(l)) {
			const char *state = json_str(l, "state"), *verdict = "unknown", *weight = json_str(l, "weight");
			struct json *row = json_add_object(lists);

			for (size_t i = 0; state != NULL && i < 4; i++)
				if (strcmp(list_states[i].state, state) == 0)
					verdict = list_states[i].verdict;
			if (state != NULL)
				json_put_int(states, state, json_int(states, state, 0) + 1);
			/* A listing that nobody acts on is no alarm. */
			if (strcmp(verdict, "problem") == 0 && (json_bool(l, "pay", false) || weight == NULL ||
			    strcmp(weight, "low") == 0 || strcmp(weight, "ignore") == 0))
				verdict = "information";
			view_verdict(row, x, verdict);
			json_put_str(row, "word", say_word(x, "list_state", state));
			json_put_str(row, "name", json_str(l, "name") != NULL ? json_str(l, "name") : json_str(l, "list"));
			json_put_copy(row, "zone", json_get(l, "zone"));
			json_put_copy(row, "codes", json_get(l, "codes"));
			json_put_copy(row, "why", json_get(l, "why"));
			json_put_str(row, "weight", say_word(x, "weight", weight));
		}
		json_put_str(one, "summary", lists_summary(x, states));
	}
	json_put_bool(view, "has_targets", json_count(list) > 0);
}

void
page_blacklists(struct exchange *x)
{
	static const char *const names[] = { "blacklist", "domain_blacklist", "resolver", NULL };
	static const struct column lists[] = {
		{ "target", NULL }, { "list", NULL }, { "zone", NULL }, { "state", NULL }, { "codes", NULL },
		{ "weight", NULL }, { "pay", NULL }, { "applies_to_everyone", NULL }, { "reason", NULL },
	};
	struct err err = { 0 };
	struct json *answer = collected_findings(x, names, true, &err), *asked = NULL, *view, *rows;
	const char *const *addresses;
	size_t count = sending_addresses(x, &addresses);

	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	if (count > 0)
		asked = engine_blacklist(x->engine, x->arena, x->lang, addresses, count, LISTS_MS, &err);
	if (asked != NULL)
		json_put_copy(answer, "targets", json_get(asked, "targets"));
	else
		json_put_array(answer, "targets");
	if (x->req->wants_csv) {
		rows = json_put_array(answer, "lists");
		for (const struct json *t = json_first(json_get(answer, "targets")); t != NULL; t = json_next(t))
			for (const struct json *l = json_first(json_get(t, "lists")); l != NULL; l = json_next(l)) {
				struct json *row = json_copy(x->arena, l);

				json_put_copy(row, "target", json_get(t, "target"));
				json_add_copy(rows, row);
			}
	}
	if (page_data(x, answer, "lists", lists, sizeof(lists) / sizeof(lists[0])))
		return;
	view = page_view(x, "blacklists");
	view_outside(view, x, "blacklists");
	if (!view_collected(view, x, answer, &err)) {
		page_err(x, &err);
		return;
	}
	view_lists(view, x, json_get(answer, "targets"));
	page_html(x, "blacklists", say(x, "pages.blacklists.title"), view);
}
