/* The server itself: HELO, PTR, egress, limits, DKIM switch, resolver, antivirus (administrators). */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "engine/report.h"
#include "store/domains.h"
#include "store/notes.h"
#include "store/reports.h"
#include "web/pages/pages.h"

#define HISTORY_MAX	20

static struct json *
server_report(struct exchange *x, struct err *err)
{
	struct store *store = engine_store(x->engine);
	struct json *neutral = store_report_get(store, x->arena, &x->scope, "server", "server", err);
	struct json *report, *list;

	if (neutral == NULL && err->code != ERR_NOT_FOUND)
		return NULL;
	if (neutral == NULL) {
		report = json_new_object(x->arena);
		list = json_put_object(report, "target");
		json_put_str(list, "kind", "server");
		json_put_str(list, "name", "server");
		json_put_str(list, "ascii", "server");
		json_put_null(list, "owner");
		json_put_null(report, "checked_at");
		json_put_object(report, "summary");
		json_put_array(report, "findings");
	} else
		report = report_words(x->arena, neutral, x->face->catalog, x->lang);
	if ((list = store_history(store, x->arena, &x->scope, "server", "server", HISTORY_MAX, err)) == NULL)
		return NULL;
	json_put_copy(report, "history", list);
	if ((list = store_acknowledged(store, x->arena, &x->scope, "server", x->now, err)) == NULL)
		return NULL;
	json_put_copy(report, "acknowledged", list);
	json_put_bool(report, "checking", engine_checking(x->engine, "server"));
	json_put_own(report, "progress", engine_progress(x->engine, x->arena, "server"));
	return report;
}

/* --- how it stands, question by question ---------------------------------------------------------- */

/* What a question's answer is now, in a few words; NULL = its title says it. */
typedef const char *(*value_of)(const struct exchange *, const struct json *data);

static const char *
helo_value(const struct exchange *x, const struct json *data)
{
	(void)x;
	return json_str(data, "name");
}

static const char *
ptr_value(const struct exchange *x, const struct json *data)
{
	struct str s = str_in(x->arena, 1024);

	for (const struct json *v = json_first(json_get(data, "names")); v != NULL; v = json_next(v))
		str_addf(&s, "%s%s", s.n > 0 ? ", " : "", json_value_str(v));
	return s.n > 0 && str_ok(&s) ? s.p : NULL;
}

static const char *
lists_value(const struct exchange *x, const struct json *data)
{
	return !json_is_int(json_get(data, "asked")) ? NULL : say2(x, "pages.server.lists", "known",
	    lang_int(x->arena, x->lang, json_int(data, "known", 0)), "asked",
	    lang_int(x->arena, x->lang, json_int(data, "asked", 0)));
}

static const char *
queue_value(const struct exchange *x, const struct json *data)
{
	return !json_is_int(json_get(data, "total")) ? NULL :
	    say_count(x, "pages.queue.total", json_int(data, "total", 0));
}

static const char *
antivirus_value(const struct exchange *x, const struct json *data)
{
	const char *product = json_str(data, "product"), *version = json_str(data, "version");

	return product == NULL ? NULL : version == NULL ? product :
	    arena_printf(x->arena, "%s %s", product, version);
}

/* In the guide's order. */
static const struct { const char *check, *path; value_of value; } topics[] = {
	{ "helo", NULL, helo_value }, { "ptr", NULL, ptr_value }, { "egress", NULL, NULL },
	{ "dkim_server", NULL, NULL }, { "limits", NULL, NULL }, { "queue", "/queue", queue_value },
	{ "mail_log", "/senders", NULL }, { "antivirus", "/antivirus", antivirus_value },
	{ "blacklist", "/blacklists", lists_value }, { "resolver", NULL, NULL }, { "forwarding", "/forwarding", NULL },
};

static bool
is_fine(const struct json *f)
{
	const char *verdict = json_str(f, "verdict");

	return verdict != NULL && (strcmp(verdict, "ok") == 0 || strcmp(verdict, "not_applicable") == 0);
}

static void
view_topic(struct json *list, const struct exchange *x, size_t topic, const struct json *f, const struct map *anchors)
{
	struct json *one = json_add_object(list);
	const char *subject = json_str(f, "subject"), *check = json_str(f, "check"), *value = NULL;

	if (topics[topic].value != NULL)
		value = topics[topic].value(x, json_get(f, "data"));
	json_put_str(one, "check", check);
	json_put_str(one, "name", strcmp(check, "forwarding") == 0 ? say(x, "pages.server.srs") : say_check(x, check));
	json_put_str(one, "subject", subject == NULL || strcmp(subject, "server") == 0 ? NULL : subject);
	view_verdict(one, x, json_str(f, "verdict"));
	json_put_str(one, "value", value);
	json_put_str(one, "title", is_fine(f) ? NULL : json_str(f, "title"));
	json_put_str(one, "anchor", map_get(anchors, arena_printf(x->arena, "%s@%s", json_str(f, "id"),
	    subject == NULL ? "" : subject)));
	json_put_str(one, "link", topics[topic].path == NULL ? NULL : link_to(x, "%s", topics[topic].path));
}

/* WordPress belongs to the domains; here only for how many there is something to do. */
static void
view_wordpress(struct json *list, struct exchange *x)
{
	struct err err;
	const struct json *found = store_domains_findings(engine_store(x->engine), x->arena, &x->scope, &err);
	const char *worst = "ok";
	struct json *one;
	int64_t count = 0;

	for (const struct json *v = json_first(found); v != NULL; v = json_next(v)) {
		const struct finding_row *row = finding_row_find(json_key(v), NULL);

		if (row == NULL || strncmp(json_key(v), "wordpress.", 10) != 0 ||
		    (row->verdict != VERDICT_PROBLEM && row->verdict != VERDICT_WARNING))
			continue;
		count += json_value_int(v, 0);
		if (row->verdict == VERDICT_PROBLEM || strcmp(worst, "ok") == 0)
			worst = verdict_word(row->verdict);
	}
	one = json_add_object(list);
	json_put_str(one, "check", "wordpress");
	json_put_str(one, "name", say_check(x, "wordpress"));
	json_put_null(one, "subject");
	view_verdict(one, x, worst);
	json_put_str(one, "value", count == 0 ? NULL : say_count(x, "pages.server.wordpress", count));
	json_put_null(one, "title");
	json_put_null(one, "anchor");
	json_put_str(one, "link", link_to(x, "/wordpress"));
}

static const char *
number_or(const struct exchange *x, const struct json *v, const char *none)
{
	return json_is_int(v) && json_value_int(v, -1) >= 0 ? lang_int(x->arena, x->lang, json_value_int(v, 0)) : none;
}

/* Each limit with what was really sent in an hour beside it. */
static void
view_limits(struct json *view, const struct exchange *x, const struct json *report)
{
	static const char *const kinds[] = { "mailbox", "domain", "subscription" };
	const struct json *data = NULL, *limits, *use;
	struct json *list;

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL && data == NULL; f = json_next(f))
		if (json_str(f, "check") != NULL && strcmp(json_str(f, "check"), "limits") == 0 &&
		    json_is_object(json_get(json_get(f, "data"), "use")))
			data = json_get(f, "data");
	list = json_put_array(view, "limits");
	limits = json_get(data, "limits");
	use = json_get(data, "use");
	for (size_t i = 0; data != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json *of = json_get(use, kinds[i]), *limit = json_get(limits, kinds[i]);
		struct json *one;

		if (!json_is_object(of) || !panel_has(x, kinds[i]))
			continue;
		one = json_add_object(list);
		json_put_str(one, "kind", say_word(x, "limit_kind", kinds[i]));
		/* Null: the panel has no limit of this kind, or does not say. */
		json_put_str(one, "limit", number_or(x, limit, json_is_null(limit) ? "\xe2\x80\x93" :
		    say(x, "pages.server.no_limit")));
		json_put_str(one, "busiest", number_or(x, json_get(of, "busiest"), "\xe2\x80\x93"));
		json_put_str(one, "usual", number_or(x, json_get(of, "p95"), "\xe2\x80\x93"));
		json_put_str(one, "messages", number_or(x, json_get(of, "messages"), "\xe2\x80\x93"));
	}
	json_put_bool(view, "has_limits", json_count(list) > 0);
}

static void
view_topics(struct json *view, struct exchange *x, const struct json *report)
{
	struct json *list = json_put_array(view, "topics");
	struct map *anchors = map_new(x->arena);
	size_t n = 0;

	for (struct json *f = json_edit_first(json_edit(view, "findings")); f != NULL; f = json_edit_next(f)) {
		const char *subject = json_str(f, "subject");
		const char *anchor = arena_printf(x->arena, "finding-%zu", ++n);

		map_put(anchors, arena_printf(x->arena, "%s@%s", json_str(f, "id"), subject == NULL ? "server" : subject),
		    arena_strdup(x->arena, anchor));
		json_put_str(f, "anchor", anchor);
	}
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f))
			if (json_str(f, "check") != NULL && strcmp(json_str(f, "check"), topics[i].check) == 0)
				view_topic(list, x, i, f, anchors);
	if (json_count(list) > 0)
		view_wordpress(list, x);
	json_put_bool(view, "has_topics", json_count(list) > 0);
}

void
page_server(struct exchange *x)
{
	static const struct column columns[] = {
		{ "id", NULL }, { "check", NULL }, { "verdict", NULL }, { "severity", NULL },
		{ "scope", NULL }, { "subject", NULL }, { "title", NULL }, { "text", NULL },
		{ "owner", NULL }, { "guide", NULL }, { "affects", NULL }, { "parent", NULL },
	};
	struct err err = { 0 };
	struct json *report = server_report(x, &err), *view;

	if (report == NULL) {
		page_err(x, &err);
		return;
	}
	if (page_data(x, report, "findings", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = page_view(x, "server");
	json_put_copy(view, "name", json_get(json_get(report, "target"), "name"));
	view_time(view, x, "checked", time_of(report, "checked_at"));
	json_put_bool(view, "running", json_bool(report, "checking", false));
	view_arriving(view, x, json_get(report, "progress"));
	view_verdict(json_put_object(view, "worst"), x, json_str(json_get(report, "summary"), "worst"));
	view_summary(view, x, json_get(report, "summary"));
	view_findings(view, x, report);
	view_topics(view, x, report);
	view_limits(view, x, report);
	view_history(view, x, json_get(report, "history"));
	view_acknowledged(view, x, json_get(report, "acknowledged"));
	page_html(x, "server", say(x, "pages.server.title"), view);
}

void
page_server_check(struct exchange *x)
{
	const char *server = "server";
	struct err err = { 0 };

	if (!engine_check_start(x->engine, x->rights, &server, 1, &err))
		page_err(x, &err);
	else
		page_redirect(x, link_to(x, "/server"));
}
