/* One domain: what is wrong, who can put it right, how; the evidence; print view. */

#include <poll.h>
#include <string.h>

#include "base/arena.h"
#include "base/name.h"
#include "base/time.h"
#include "engine/report.h"
#include "store/notes.h"
#include "store/reports.h"
#include "web/pages/pages.h"

#define HISTORY_MAX	20
#define WAIT_MS		900	/* for a first result: a page never waits longer */
#define NOTE_MAX	1000

/* The domain of the address bar in its one form; NULL = answered with 404. */
static const char *
wanted_domain(struct exchange *x)
{
	struct name name;
	struct err err = { 0 };

	if (name_from_person(x->arena, text_of(x->args[0]), &name, &err) &&
	    rights_domain(x->rights, name.s))
		return name.s;
	/* Foreign and unknown are one answer. */
	err_set(&err, ERR_NOT_FOUND, "%.100s", x->args[0]);
	page_err(x, &err);
	return NULL;
}

static struct json *
empty_report(struct exchange *x, const char *ascii)
{
	static const char *const counts[] = { "problem", "warning", "information", "ok", "unknown",
	    "not_applicable" };
	struct json *r = json_new_object(x->arena), *t = json_put_object(r, "target"), *s;
	struct domain_row row = { 0 };

	store_domain_get(engine_store(x->engine), x->arena, &x->scope, ascii, &row, NULL);
	json_put_str(t, "kind", "domain");
	json_put_str(t, "name", row.display != NULL ? row.display : ascii);
	json_put_str(t, "ascii", ascii);
	json_put_str(t, "owner", row.owner);
	json_put_null(r, "checked_at");
	json_put_null(r, "duration_ms");
	s = json_put_object(r, "summary");
	json_put_null(s, "worst");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_put_int(s, counts[i], 0);
	json_put_array(r, "findings");
	json_put_array(r, "server_findings");
	return r;
}

/*
 * The last REPORT with words, and "history", "checking", "acknowledged".  One
 * that was never checked is checked now; what came within a second is shown.
 */
static struct json *
domain_report(struct exchange *x, const char *ascii, struct err *err)
{
	struct store *store = engine_store(x->engine);
	struct json *neutral = store_report_get(store, x->arena, &x->scope, "domain", ascii, err);
	struct json *report, *list;

	if (neutral == NULL && err->code == ERR_NOT_FOUND) {
		if (!engine_checking(x->engine, ascii) &&
		    !engine_check_start(x->engine, x->rights, &ascii, 1, err))
			return NULL;
		for (int waited = 0; waited < WAIT_MS && engine_checking(x->engine, ascii); waited += 20)
			poll(NULL, 0, 20);
		*err = (struct err){ 0 };
		neutral = store_report_get(store, x->arena, &x->scope, "domain", ascii, err);
	}
	if (neutral == NULL && err->code != ERR_NOT_FOUND)
		return NULL;
	report = neutral == NULL ? empty_report(x, ascii) : neutral;
	report_speak(x->arena, report, x->face->catalog, x->lang);
	if ((list = store_history(store, x->arena, &x->scope, "domain", ascii, HISTORY_MAX, err)) == NULL)
		return NULL;
	json_put_own(report, "history", list);
	if ((list = store_acknowledged(store, x->arena, &x->scope, ascii, x->now, err)) == NULL)
		return NULL;
	json_put_own(report, "acknowledged", list);
	json_put_bool(report, "checking", engine_checking(x->engine, ascii));
	json_put_own(report, "progress", engine_progress(x->engine, x->arena, ascii));
	return report;
}

/* --- view --------------------------------------------------------------------------------------- */

/* The one sentence on top. */
static const char *
headline(const struct exchange *x, const struct json *report, bool server_hurts)
{
	const struct json *summary = json_get(report, "summary");
	const char *worst = json_str(summary, "worst");
	int64_t n = worst == NULL ? 0 : json_int(summary, worst, 0);

	if (worst == NULL)
		return say(x, json_bool(report, "checking", false) ? "pages.domain.headline.first" :
		    "pages.domain.headline.never");
	if (strcmp(worst, "problem") == 0 || strcmp(worst, "warning") == 0 || strcmp(worst, "unknown") == 0)
		return say_count(x, arena_printf(x->arena, "pages.domain.headline.%s", worst), n);
	return say(x, server_hurts ? "pages.domain.headline.server" : "pages.domain.headline.fine");
}

static struct json *
domain_view(struct exchange *x, const struct json *report)
{
	const struct json *target = json_get(report, "target");
	struct json *view = page_view(x, "domains");
	int64_t at = time_of(report, "checked_at");
	bool server_hurts = false;

	json_put_copy(view, "name", json_get(target, "name"));
	json_put_copy(view, "ascii", json_get(target, "ascii"));
	json_put_str(view, "ascii_differs", strcmp(json_str(target, "name"), json_str(target, "ascii")) == 0 ?
	    NULL : json_str(target, "ascii"));
	json_put_copy(view, "owner", json_get(target, "owner"));
	view_time(view, x, "checked", at);
	json_put_bool(view, "running", json_bool(report, "checking", false));
	view_arriving(view, x, json_get(report, "progress"));
	view_verdict(json_put_object(view, "worst"), x, json_str(json_get(report, "summary"), "worst"));
	view_summary(view, x, json_get(report, "summary"));
	view_findings(view, x, report);
	for (const struct json *v = json_first(json_get(view, "server_findings")); v != NULL; v = json_next(v))
		if (strcmp(json_str(v, "verdict"), "problem") == 0)
			server_hurts = true;
	json_put_str(view, "headline", headline(x, report, server_hurts));
	view_history(view, x, json_get(report, "history"));
	view_acknowledged(view, x, json_get(report, "acknowledged"));
	return view;
}

static bool
make_domain(struct exchange *x, const char *ascii, const char *template)
{
	struct err err = { 0 };
	struct json *report = domain_report(x, ascii, &err);

	if (report == NULL) {
		page_err(x, &err);
		return false;
	}
	if (!page_data(x, report, NULL, NULL, 0)) {
		const char *name = json_str(json_get(report, "target"), "name");

		page_html(x, template, strcmp(template, "report") != 0 ? name :
		    arena_printf(x->arena, "%s %s", say(x, "pages.report.title"), name), domain_view(x, report));
	}
	page_keep(x);
	return true;
}

static void
show_domain(struct exchange *x, const char *template)
{
	const char *ascii = wanted_domain(x), *owner;

	if (ascii == NULL || (!page_kept(x) && !make_domain(x, ascii, template)))
		return;
	owner = rights_owner(x->rights, ascii);
	if (owner == NULL || strcmp(owner, x->who.login) != 0)
		page_audit(x, "view", ascii, ascii, "ok");
}

void
page_domain(struct exchange *x)
{
	static const struct column columns[] = {
		{ "id", NULL }, { "check", NULL }, { "verdict", NULL }, { "severity", NULL },
		{ "scope", NULL }, { "subject", NULL }, { "title", NULL }, { "text", NULL },
		{ "owner", NULL }, { "guide", NULL }, { "affects", NULL }, { "parent", NULL },
	};
	const char *ascii;
	struct json *report;
	struct err err = { 0 };

	if (!x->req->wants_csv) {
		show_domain(x, "domain");
		return;
	}
	if ((ascii = wanted_domain(x)) == NULL)
		return;
	if ((report = domain_report(x, ascii, &err)) == NULL)
		page_err(x, &err);
	else
		page_data(x, report, "findings", columns, sizeof(columns) / sizeof(columns[0]));
}

void
page_domain_report(struct exchange *x)
{
	show_domain(x, "report");
}

/* --- changes ------------------------------------------------------------------------------------ */

void
page_domain_check(struct exchange *x)
{
	const char *ascii = wanted_domain(x);
	struct err err = { 0 };

	if (ascii == NULL)
		return;
	if (!engine_check_start(x->engine, x->rights, &ascii, 1, &err)) {
		page_err(x, &err);
		return;
	}
	page_redirect(x, link_to(x, "/domains/%s", ascii));
}

/* finding, note, until: known and accepted; until empty = for ever; drop = no more. */
static bool
acknowledge(struct exchange *x, const char *target)
{
	const char *finding = field_get(&x->req->form, "finding"), *note = field_get(&x->req->form, "note");
	const char *day = field_get(&x->req->form, "until");
	struct err err = { 0 };
	int64_t until = 0;

	if (finding == NULL || finding_row_find(finding, NULL) == NULL ||
	    (note != NULL && strlen(note) > NOTE_MAX) ||
	    (day != NULL && day[0] != '\0' && (!time_parse(text_of(day), &until) || until <= x->now))) {
		page_error(x, 422);
		return false;
	}
	if (field_get(&x->req->form, "drop") != NULL) {
		if (store_acknowledge_drop(engine_store(x->engine), target, finding, &err))
			return true;
		page_err(x, &err);
		return false;
	}
	if (!store_acknowledge(engine_store(x->engine), target, finding, x->who.login,
	    note == NULL ? "" : note, x->now, until, &err)) {
		page_err(x, &err);
		return false;
	}
	return true;
}

void
page_domain_acknowledge(struct exchange *x)
{
	const char *ascii = wanted_domain(x);

	if (ascii != NULL && acknowledge(x, ascii))
		page_redirect(x, link_to(x, "/domains/%s", ascii));
}

void
page_server_acknowledge(struct exchange *x)
{
	if (acknowledge(x, "server"))
		page_redirect(x, link_to(x, "/server"));
}
