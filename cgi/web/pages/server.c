/* The server itself: HELO, PTR, egress, limits, DKIM switch, resolver, antivirus (administrators). */

#include "base/arena.h"
#include "engine/report.h"
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
	return report;
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
	view_verdict(json_put_object(view, "worst"), x, json_str(json_get(report, "summary"), "worst"));
	view_summary(view, x, json_get(report, "summary"));
	view_findings(view, x, report);
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
