#include "engine/culprit.h"

#include <string.h>

#include "base/arena.h"
#include "checks/check.h"
#include "engine/report.h"

bool
culprit_is(const struct json *finding)
{
	const char *id = json_str(finding, "id");
	const struct finding_row *row = id == NULL ? NULL : finding_row_find(id, NULL);

	return row != NULL && row->culprit;
}

static bool
is_wanted(const struct json *finding, const char *const *only, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(only[i], json_str(finding, "check")) == 0)
			return true;
	return count == 0;
}

/* A script of the site sends spam: what is out of date there is the likely way in. */
static void
raise_wordpress(struct json *report)
{
	for (struct json *f = json_edit_first(json_edit(report, "findings")); f != NULL; f = json_edit_next(f))
		if (strcmp(json_str(f, "id"), "wordpress.outdated") == 0)
			json_put_str(f, "severity", "high");
}

/* Worst first, as everywhere in a report. */
static bool
goes_before(const struct json *a, const struct json *b)
{
	static const char *const severities[] = { "critical", "high", "medium", "low", NULL };
	enum verdict va, vb;
	size_t i, j;

	if (!verdict_parse(json_str(a, "verdict"), &va) || !verdict_parse(json_str(b, "verdict"), &vb))
		return false;
	if (va != vb)
		return verdict_rank(va) < verdict_rank(vb);
	for (i = 0; severities[i] != NULL && (json_str(a, "severity") == NULL ||
	    strcmp(json_str(a, "severity"), severities[i]) != 0); i++)
		;
	for (j = 0; severities[j] != NULL && (json_str(b, "severity") == NULL ||
	    strcmp(json_str(b, "severity"), severities[j]) != 0); j++)
		;
	return i < j;
}

static const struct json *
next_culprit(const struct json *f, const char *domain, const char *const *only, size_t only_count)
{
	for (; f != NULL; f = json_next(f)) {
		const char *whose = json_str(json_get(f, "data"), "domain");

		if (whose != NULL && strcmp(whose, domain) == 0 && culprit_is(f) && is_wanted(f, only, only_count))
			return f;
	}
	return NULL;
}

static void
add(struct json *list, const struct json *finding)
{
	struct json *one = json_add_object(list);

	for (const struct json *v = json_first(finding); v != NULL; v = json_next(v))
		json_put_copy(one, json_key(v), v);
	json_put_int(one, "affects", 0);	/* how many others it touches is not his to know */
}

void
culprit_add(struct arena *a, struct json *report, const struct json *server_report, const char *domain,
    const char *const *only, size_t only_count)
{
	const struct json *f = next_culprit(json_first(json_get(server_report, "findings")), domain, only, only_count);
	struct json *list;
	bool script = false;

	if (f == NULL)
		return;
	list = json_new_array(a);
	for (const struct json *own = json_first(json_get(report, "findings")); own != NULL; own = json_next(own)) {
		for (; f != NULL && goes_before(f, own); f = next_culprit(json_next(f), domain, only, only_count)) {
			script = script || strcmp(json_str(f, "id"), "queue.script_spam") == 0;
			add(list, f);
		}
		json_add_copy(list, own);
	}
	for (; f != NULL; f = next_culprit(json_next(f), domain, only, only_count))
		add(list, f);
	json_put_copy(report, "findings", list);
	if (script)
		raise_wordpress(report);
	report_summarise(report);
}
