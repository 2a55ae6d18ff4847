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

/* *ret_neutral: the same as it is at rest, NULL = not checked yet. */
static struct json *
server_report(struct exchange *x, struct json **ret_neutral, struct err *err)
{
	struct store *store = engine_store(x->engine);
	struct json *neutral = store_report_get(store, x->arena, &x->scope, "server", "server", err);
	struct json *report, *list;

	*ret_neutral = neutral;
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

/* NULL = nothing in the list. */
static const char *
joined(const struct exchange *x, const struct json *list)
{
	struct str s = str_in(x->arena, 1024);

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		str_addf(&s, "%s%s", s.n > 0 ? ", " : "", json_value_str(v));
	return s.n > 0 && str_ok(&s) ? s.p : NULL;
}

static const char *
ptr_value(const struct exchange *x, const struct json *data)
{
	return joined(x, json_get(data, "names"));
}

static const char *
egress_value(const struct exchange *x, const struct json *data)
{
	const char *relay = json_str(data, "relay"), *port25 = json_str(data, "port25");

	if (relay != NULL)
		return say1(x, "pages.server.by_relay", "relay", relay);
	if (json_get(data, "port25") == NULL)
		return NULL;
	return say(x, port25 == NULL ? "pages.server.direct" : strcmp(port25, "open") == 0 ?
	    "pages.server.port25_open" : "pages.server.port25_blocked");
}

static const char *
on_off(const struct exchange *x, const struct json *v)
{
	return !json_is_bool(v) ? NULL : say(x, json_value_bool(v, false) ? "pages.server.on" : "pages.server.off");
}

static const char *
dkim_value(const struct exchange *x, const struct json *data)
{
	return on_off(x, json_get(data, "signing"));
}

/* Postfix has no switch: the policy server that counts. */
static const char *
limits_value(const struct exchange *x, const struct json *data)
{
	const char *policy = json_str(data, "policy");

	return policy != NULL ? policy : on_off(x, json_get(data, "on"));
}

static const char *
mail_log_value(const struct exchange *x, const struct json *data)
{
	return on_off(x, json_get(json_get(data, "script_log"), "on"));
}

static const char *
lists_value(const struct exchange *x, const struct json *data)
{
	return lists_summary(x, json_get(data, "states"));
}

static const char *
resolver_value(const struct exchange *x, const struct json *data)
{
	const char *asked = joined(x, json_get(data, "resolvers")), *lists;

	if (!json_is_int(json_get(data, "tested")))
		return NULL;
	lists = say2(x, "pages.server.lists_tested", "answering", lang_int(x->arena, x->lang,
	    json_int(data, "answering", 0)), "tested", lang_int(x->arena, x->lang, json_int(data, "tested", 0)));
	return asked == NULL ? lists : arena_printf(x->arena, "%s: %s", asked, lists);
}

static const char *
srs_value(const struct exchange *x, const struct json *data)
{
	const char *on = on_off(x, json_get(data, "srs"));

	if (!json_is_int(json_get(data, "forwards")))
		return NULL;
	return arena_printf(x->arena, "%s; %s", on == NULL ? say(x, "pages.server.srs_not_told") :
	    say1(x, "pages.server.srs_is", "state", on),
	    say_count(x, "pages.server.forwards", json_int(data, "forwards", 0)));
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

	if (product == NULL)
		return NULL;
	product = say_word(x, "antivirus", product);
	return version == NULL ? product : arena_printf(x->arena, "%s %s", product, version);
}

/* In the guide's order. */
static const struct { const char *check, *path; value_of value; } topics[] = {
	{ "helo", NULL, helo_value }, { "ptr", NULL, ptr_value }, { "egress", NULL, egress_value },
	{ "dkim_server", NULL, dkim_value }, { "limits", "/senders", limits_value }, { "queue", "/queue", queue_value },
	{ "mail_log", "/senders", mail_log_value }, { "antivirus", "/antivirus", antivirus_value },
	{ "blacklist", "/blacklists", lists_value }, { "resolver", "/blacklists", resolver_value },
	{ "forwarding", "/forwarding", srs_value },
};

static bool
is_fine(const struct json *f)
{
	const char *verdict = json_str(f, "verdict");

	return verdict != NULL && (strcmp(verdict, "ok") == 0 || strcmp(verdict, "not_applicable") == 0);
}

/* Why it could not be checked, of the finding at rest. */
static const char *
unknown_reason(const struct exchange *x, const struct json *at_rest)
{
	const char *word = json_str(json_get(at_rest, "values"), "reason"), *id;

	if (word == NULL)
		return NULL;
	id = arena_printf(x->arena, "reasons.%s", word);
	return catalog_raw(x->face->catalog, x->lang, id) != NULL ? say(x, id) : word;
}

static void
view_topic(struct json *list, const struct exchange *x, size_t topic, const struct json *f, const struct json *at_rest,
    const char *anchor)
{
	struct json *one = json_add_object(list);
	const char *subject = json_str(f, "subject"), *check = json_str(f, "check"), *verdict = json_str(f, "verdict");
	bool unknown = verdict != NULL && strcmp(verdict, "unknown") == 0;

	json_put_str(one, "check", check);
	json_put_str(one, "name", strcmp(check, "forwarding") == 0 ? say(x, "pages.server.srs") : say_check(x, check));
	json_put_str(one, "subject", subject == NULL || strcmp(subject, "server") == 0 ? NULL : subject);
	view_verdict(one, x, verdict);
	json_put_str(one, "value", topics[topic].value(x, json_get(f, "data")));
	json_put_str(one, "title", unknown ? unknown_reason(x, at_rest) : is_fine(f) ? NULL : json_str(f, "title"));
	json_put_str(one, "anchor", anchor);
	json_put_bool(one, "fixes", json_count(json_get(f, "fixes")) > 0 && verdict != NULL &&
	    (strcmp(verdict, "problem") == 0 || strcmp(verdict, "warning") == 0));
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
	json_put_str(one, "value", count == 0 ? say(x, "pages.server.wordpress_none") :
	    say_count(x, "pages.server.wordpress", count));
	json_put_null(one, "title");
	json_put_null(one, "anchor");
	json_put_bool(one, "fixes", false);
	json_put_str(one, "link", link_to(x, "/wordpress"));
}

static const char *
number_or(const struct exchange *x, const struct json *v, const char *none)
{
	return json_is_int(v) && json_value_int(v, -1) >= 0 ? lang_int(x->arena, x->lang, json_value_int(v, 0)) : none;
}

/*
 * Plesk has a switch that permits signing and no way to ask for it: the page offers what does no harm where it is on
 * already.
 */
static void
offer_signing(struct json *report, const struct exchange *x)
{
	if (strcmp(engine_rules(x->engine)->panel_kind, "plesk") != 0)
		return;
	for (struct json *f = json_edit_first(json_edit(report, "findings")); f != NULL; f = json_edit_next(f)) {
		struct json *fix;

		if (strcmp(json_str(f, "id"), "dkim_server.unknown") != 0)
			continue;
		fix = json_add_object(json_edit(f, "fixes"));
		json_put_str(fix, "id", "dkim.enable_server");
		json_put_str(fix, "mode", "one_click");
		json_put_str(fix, "reason", say(x, "pages.server.dkim_unread"));
	}
}

/* A name that leads to a sending address and back is one that the server may greet with. */
static void
propose_hostname(struct json *view, const struct json *report)
{
	const struct json *name = NULL;

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL && name == NULL; f = json_next(f))
		if (json_str(f, "check") != NULL && strcmp(json_str(f, "check"), "ptr") == 0 &&
		    json_bool(json_get(f, "data"), "confirmed", false))
			name = json_first(json_get(json_get(f, "data"), "names"));
	for (struct json *f = json_edit_first(json_edit(view, "findings")); f != NULL && name != NULL; f = json_edit_next(f))
		for (struct json *r = json_edit_first(json_edit(f, "fixes")); r != NULL; r = json_edit_next(r))
			if (strcmp(json_str(r, "id"), "hostname.set") == 0)
				json_put_copy(json_edit_first(json_edit(r, "inputs")), "value", name);
}

/* Each limit that this panel has, with what was really sent in an hour beside it. */
static void
view_limits(struct json *view, const struct exchange *x, const struct json *report)
{
	const struct json *data = NULL;
	struct json *list = json_put_array(view, "limits");

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL && data == NULL; f = json_next(f))
		if (json_str(f, "check") != NULL && strcmp(json_str(f, "check"), "limits") == 0 &&
		    json_is_object(json_get(json_get(f, "data"), "proposed")))
			data = json_get(f, "data");
	for (const struct json *v = json_first(json_get(data, "proposed")); v != NULL; v = json_next(v)) {
		const struct json *limit = json_get(json_get(data, "limits"), json_key(v));
		const struct json *use = json_get(json_get(data, "use"), json_key(v));
		struct json *one = json_add_object(list);

		json_put_str(one, "kind", say_word(x, "limit_kind", json_key(v)));
		json_put_str(one, "limit", number_or(x, json_bool(data, "on", true) ? limit : NULL, say(x,
		    json_is_int(limit) || !json_bool(data, "on", true) ? "pages.server.no_limit" :
		    "pages.server.limit_not_told")));
		json_put_str(one, "proposed", number_or(x, v, "\xe2\x80\x93"));
		json_put_str(one, "busiest", number_or(x, json_get(use, "busiest"), "\xe2\x80\x93"));
		json_put_str(one, "usual", number_or(x, json_get(use, "p95"), "\xe2\x80\x93"));
		json_put_str(one, "messages", number_or(x, json_get(use, "messages"), "\xe2\x80\x93"));
	}
	json_put_bool(view, "has_limits", json_count(list) > 0);
}

/* Where in the findings below each one stands. */
static struct map *
set_anchors(struct json *view, const struct exchange *x)
{
	struct map *anchors = map_new(x->arena);
	size_t n = 0;

	for (struct json *f = json_edit_first(json_edit(view, "findings")); f != NULL; f = json_edit_next(f)) {
		const char *subject = json_str(f, "subject"), *anchor = arena_printf(x->arena, "finding-%zu", ++n);

		const char *reference = arena_printf(x->arena, "%s@%s", json_str(f, "id"), subject == NULL ? "server" : subject);

		if (map_get(anchors, reference) == NULL)
			map_put(anchors, reference, arena_strdup(x->arena, anchor));
		json_put_str(f, "anchor", anchor);
	}
	return anchors;
}

/*
 * A row for every question and address, or for each kind of finding about it; what is right after all is said in
 * the row of what was found.
 */
static void
view_topics(struct json *view, struct exchange *x, const struct json *report, const struct json *neutral)
{
	struct json *list = json_put_array(view, "topics");
	struct map *anchors = set_anchors(view, x), *seen = map_new(x->arena);

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		const struct json *at_rest = json_first(json_get(neutral, "findings"));

		for (const struct json *f = json_first(json_get(report, "findings")); f != NULL;
		    f = json_next(f), at_rest = json_next(at_rest)) {
			const char *check = json_str(f, "check"), *subject = json_str(f, "subject"), *about, *reference;

			if (check == NULL || strcmp(check, topics[i].check) != 0)
				continue;
			subject = subject == NULL ? "server" : subject;
			about = arena_printf(x->arena, "%s@%s", check, subject);
			reference = arena_printf(x->arena, "%s@%s", json_str(f, "id"), subject);
			if (map_get(seen, is_fine(f) ? about : reference) != NULL)
				continue;
			map_put(seen, about, list);
			map_put(seen, reference, list);
			view_topic(list, x, i, f, at_rest, map_get(anchors, reference));
		}
	}
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
	struct json *neutral, *report = server_report(x, &neutral, &err), *view;

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
	offer_signing(report, x);
	view_findings(view, x, report);
	view_topics(view, x, report, neutral);
	view_limits(view, x, report);
	propose_hostname(view, report);
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
