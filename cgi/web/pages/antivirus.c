/* Scans for viruses: what the last ones found, and a new one of one's own domain. */

#include <string.h>

#include "base/arena.h"
#include "base/name.h"
#include "engine/scans.h"
#include "web/pages/pages.h"

static const struct { const char *state, *verdict; } states[] = {
	{ "clean", "ok" }, { "infected", "problem" }, { "incomplete", "warning" }, { "unknown", "unknown" },
};

static const char *
summary(const struct exchange *x, const struct json *scan)
{
	static const char *const known[] = { "unread", "too_large", "cut" };
	const char *reason = json_str(scan, "reason");
	const char *word = "other";

	for (size_t i = 0; reason != NULL && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(reason, known[i]) == 0)
			word = known[i];
	return reason == NULL ? NULL : say(x, arena_printf(x->arena, "pages.antivirus.reason.%s", word));
}

static void
view_scan(struct json *list, const struct exchange *x, const struct json *scan)
{
	const char *state = json_str(scan, "state"), *verdict = NULL;
	const struct json *running = json_get(scan, "running");
	int64_t more = json_int(scan, "infected_count", 0) - (int64_t)json_count(json_get(scan, "infected"));
	struct json *one = json_add_object(list);

	for (size_t i = 0; state != NULL && i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, state) == 0)
			verdict = states[i].verdict;
	view_verdict(one, x, verdict);
	json_put_str(one, "word", say_word(x, "scan_state", state == NULL ? "never" : state));
	json_put_str(one, "target", json_str(scan, "target"));
	json_put_str(one, "domain_link", link_to(x, "/domains/%s", json_str(scan, "target")));
	json_put_str(one, "reason", summary(x, scan));
	if (state != NULL)
		json_put_str(one, "files", say_count(x, "pages.antivirus.files", json_int(scan, "files", 0)));
	if (time_of(scan, "finished_at") > 0)
		view_time(one, x, "finished", time_of(scan, "finished_at"));
	json_put_str(one, "by", json_str(scan, "by"));
	json_put_copy(one, "infected", json_get(scan, "infected"));
	json_put_bool(one, "has_infected", json_count(json_get(scan, "infected")) > 0);
	if (more > 0)
		json_put_str(one, "more", say_count(x, "pages.antivirus.more", more));
	if (json_is_object(running))
		json_put_str(one, "running", say_count(x, "pages.antivirus.running", json_int(running, "files", 0)));
}

/* Which scanner there is, and from when its signatures are: in the data of what the check says of the server. */
static void
view_scanner(struct json *view, const struct exchange *x, const struct json *found)
{
	for (const struct json *f = json_first(json_get(found, "findings")); f != NULL; f = json_next(f)) {
		const struct json *data = json_get(f, "data");

		if (json_str(f, "domain") != NULL || json_str(data, "product") == NULL)
			continue;
		json_put_copy(view, "product", json_get(data, "product"));
		json_put_str(view, "product_name", say_word(x, "antivirus", json_str(data, "product")));
		json_put_copy(view, "version", json_get(data, "version"));
		if (time_of(data, "signatures_at") > 0)
			view_time(view, x, "signatures", time_of(data, "signatures_at"));
		return;
	}
}

void
page_antivirus(struct exchange *x)
{
	static const struct column columns[] = {
		{ "target", NULL }, { "owner", NULL }, { "state", NULL }, { "reason", NULL }, { "by", NULL },
		{ "started_at", NULL }, { "finished_at", NULL }, { "files", NULL }, { "unread", NULL },
		{ "too_large", NULL }, { "infected_count", NULL },
	};
	static const char *const names[] = { "antivirus", NULL };
	struct err err = { 0 };
	struct json *answer = engine_scans(x->engine, x->arena, x->rights, NULL, &err), *view, *list, *found;

	if (answer == NULL || (found = collected_findings(x, names, x->role == ROLE_ADMIN, &err)) == NULL) {
		page_err(x, &err);
		return;
	}
	json_put_copy(answer, "findings", json_get(found, "findings"));
	if (page_data(x, answer, "scans", columns, sizeof(columns) / sizeof(columns[0])))
		return;
	view = tool_view(x, "antivirus");
	collected_view(view, x, found);
	view_scanner(view, x, found);
	list = json_put_array(view, "scans");
	for (const struct json *s = json_first(json_get(answer, "scans")); s != NULL; s = json_next(s))
		view_scan(list, x, s);
	json_put_bool(view, "has_scans", json_count(list) > 0);
	page_html(x, "antivirus", say(x, "pages.antivirus.title"), view);
}

/* target: a domain of one's own; the scan goes on by itself. */
void
page_antivirus_scan(struct exchange *x)
{
	const char *target = field_get(&x->req->form, "target");
	struct err err = { 0 };
	struct name name;

	if (target == NULL || !name_from_person(x->arena, text_of(target), &name, &err)) {
		page_error(x, 422);
		return;
	}
	if (!engine_scan_ask(x->engine, x->rights, name.s, &err)) {
		page_err(x, &err);
		return;
	}
	page_audit(x, "scan", name.s, name.s, "ok");
	page_redirect(x, link_to(x, "/antivirus"));
}
