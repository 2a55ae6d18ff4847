#include "engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"

static const enum verdict all_verdicts[] = {
	VERDICT_PROBLEM, VERDICT_WARNING, VERDICT_INFORMATION, VERDICT_OK, VERDICT_UNKNOWN,
	VERDICT_NOT_APPLICABLE,
};

void
report_summarise(struct json *report)
{
	struct json *summary = json_put_object(report, "summary");
	const struct json *v;
	size_t count[sizeof(all_verdicts) / sizeof(all_verdicts[0])] = { 0 }, i;
	const char *worst = NULL;
	int rank = 100;

	for (v = json_first(json_get(report, "findings")); v != NULL; v = json_next(v)) {
		const char *word = json_str(v, "verdict");
		enum verdict verdict;

		if (word == NULL || !verdict_parse(word, &verdict))
			continue;
		count[verdict]++;
		if (verdict_rank(verdict) < rank) {
			rank = verdict_rank(verdict);
			worst = word;
		}
	}
	json_put_str(summary, "worst", worst);
	for (i = 0; i < sizeof(all_verdicts) / sizeof(all_verdicts[0]); i++)
		json_put_int(summary, verdict_word(all_verdicts[i]), (int64_t)count[all_verdicts[i]]);
}

static int
worst_first(const void *a, const void *b)
{
	const struct finding *const *fa = a, *const *fb = b;

	if ((*fa)->verdict != (*fb)->verdict)
		return verdict_rank((*fa)->verdict) - verdict_rank((*fb)->verdict);
	if ((*fa)->severity != (*fb)->severity)
		return (int)(*fb)->severity - (int)(*fa)->severity;
	return (*fa > *fb) - (*fa < *fb);	/* else the guide's order */
}

static const char *
finding_owner(const struct finding *f)
{
	if (f->row != NULL)
		return owner_word(f->row->owner);
	return f->check->scope == SCOPE_SERVER || f->check->scope == SCOPE_ADDRESS ?
	    "provider" : "customer";
}

/* What the findings of a check always have in their data (contract), a list or not known. */
static const struct data_rule { const char *check, *values[4], *lists[4]; } data_rules[] = {
	{ "spf", { "record", "lookups", "void_lookups" }, { "records", "terms", "results" } },
	{ "dkim", { "selector", "bits", "type" }, { NULL } },
	{ "ptr", { "address", "confirmed" }, { "names" } },
	{ "helo", { "name", "source" }, { NULL } },
	{ "dns", { "where", "operator" }, { "name_servers" } },
};

/* Also of those that came before anything was known: spf.unknown, dkim.not_applicable. */
static void
complete_data(const char *check, struct json *data)
{
	size_t i, j;

	for (i = 0; i < sizeof(data_rules) / sizeof(data_rules[0]); i++) {
		const struct data_rule *rule = &data_rules[i];

		if (strcmp(rule->check, check) != 0)
			continue;
		for (j = 0; j < 4 && rule->values[j] != NULL; j++)
			if (json_get(data, rule->values[j]) == NULL)
				json_put_null(data, rule->values[j]);
		for (j = 0; j < 4 && rule->lists[j] != NULL; j++)
			if (json_get(data, rule->lists[j]) == NULL)
				json_put_array(data, rule->lists[j]);
	}
}

static void
put_finding(struct json *into, const struct finding *f)
{
	bool alarming = f->verdict == VERDICT_PROBLEM || f->verdict == VERDICT_WARNING;
	enum scope scope = f->row != NULL && f->row->own_scope ? f->row->scope : f->check->scope;
	struct json *values, *fixes_out;
	size_t i;

	json_put_str(into, "id", f->id);
	json_put_str(into, "check", f->check->name);
	json_put_str(into, "verdict", verdict_word(f->verdict));
	json_put_str(into, "severity", alarming ? severity_word(f->severity) : NULL);
	json_put_str(into, "scope", scope_word(scope));
	json_put_str(into, "subject", f->subject);
	json_put_str(into, "owner", finding_owner(f));
	json_put_str(into, "guide", f->check->guide);
	json_put_str(into, "text_id", f->text_id);
	values = json_put_object(into, "values");
	for (i = 0; i < f->value_count; i++)
		json_put_text(values, f->values[i].name, text_of(f->values[i].value));
	json_put_own(into, "evidence", f->evidence);
	complete_data(f->check->name, f->data);
	json_put_own(into, "data", f->data);
	fixes_out = json_put_array(into, "fixes");
	for (i = 0; f->row != NULL && i < FINDING_FIXES_MAX && f->row->fixes[i] != NULL; i++)
		json_put_str(json_add_object(fixes_out), "id", f->row->fixes[i]);
	json_put_int(into, "affects", 0);
	json_put_str(into, "parent", f->parent);
}

struct json *
report_make(struct arena *a, const struct report_target *target, const struct finding *findings,
    size_t count, int64_t checked_at, int64_t duration_ms)
{
	const struct finding **sorted = arena_array(a, count + 1, sizeof(*sorted));
	struct json *report = json_new_object(a), *t, *list;
	char at[TIME_TEXT_MAX];
	size_t i;

	t = json_put_object(report, "target");
	json_put_str(t, "kind", target->kind);
	json_put_str(t, "name", name_display(a, target->name));
	json_put_str(t, "ascii", target->name.s);
	json_put_str(t, "owner", target->owner);
	json_put_str(report, "checked_at", time_text(checked_at, at));
	json_put_int(report, "duration_ms", duration_ms);
	json_put_object(report, "summary");
	list = json_put_array(report, "findings");
	for (i = 0; i < count; i++)
		sorted[i] = &findings[i];
	qsort(sorted, count, sizeof(*sorted), worst_first);
	for (i = 0; i < count; i++)
		put_finding(json_add_object(list), sorted[i]);
	json_put_array(report, "server_findings");
	report_summarise(report);
	return report;
}

void
report_settle(struct json *report)
{
	struct json *f;

	for (f = json_edit_first(json_edit(report, "findings")); f != NULL; f = json_edit_next(f)) {
		json_settle(f, "evidence");
		json_settle(f, "data");
	}
}

/* --- words ----------------------------------------------------------------------------------------- */

/*
 * "spf.missing.title"; for what every check has: "spf.ok.title" where the
 * check has words of its own, else "any.ok.title" with {check}.
 */
static const char *
words_stem(struct arena *a, const struct catalog *catalog, const char *lang, const char *text_id)
{
	const char *dot;

	if (catalog_raw(catalog, lang, arena_join(a, text_id, ".title", NULL)) != NULL)
		return text_id;
	dot = strrchr(text_id, '.');
	return dot == NULL ? text_id : arena_join(a, "any", dot, NULL);
}

static const char *
word_of(struct arena *a, const struct catalog *catalog, const char *lang, const char *prefix,
    const char *word)
{
	const char *id = arena_join(a, prefix, ".", word, NULL);

	return catalog_raw(catalog, lang, id) == NULL ? word : catalog_text(catalog, a, lang, id,
	    NULL, 0);
}

/* "dkim.key_missing@cust.example, helo.invalid@server" as people read it. */
static const char *
references_words(struct arena *a, const struct catalog *catalog, const char *lang, const char *references)
{
	struct str out = str_in(a, 8192);
	struct text rest = text_of(references), one;

	while (text_split(&rest, ',', &one)) {
		const char *reference = text_cstr(a, text_trim(one)), *at = strchr(reference, '@');
		const char *id = at == NULL ? reference : arena_strndup(a, reference, (size_t)(at - reference));
		const char *dot = strrchr(id, '.');
		struct catalog_value check = { "check", dot == NULL ? id :
		    word_of(a, catalog, lang, "checks", arena_strndup(a, id, (size_t)(dot - id))) };

		str_addf(&out, "%s%s", out.n == 0 ? "" : ", ", catalog_text(catalog, a, lang,
		    arena_join(a, words_stem(a, catalog, lang, id), ".title", NULL), &check, 1));
		if (at != NULL && strcmp(at + 1, "server") != 0)
			str_addf(&out, " (%s)", at + 1);
	}
	return out.p;
}

static void
finding_words(struct arena *a, struct json *f, const struct catalog *catalog, const char *lang)
{
	struct catalog_value values[FINDING_VALUES_MAX + 4];
	const struct json *given = json_get(f, "values"), *v;
	const char *stem = words_stem(a, catalog, lang, json_str(f, "text_id"));
	size_t n = 0;

	for (v = json_first(given); v != NULL && n < FINDING_VALUES_MAX; v = json_next(v)) {
		const char *value = json_value_str(v);

		/* Reasons are stable words at rest. */
		if (strcmp(json_key(v), "reason") == 0)
			value = word_of(a, catalog, lang, "reasons", value);
		else if (strcmp(json_key(v), "list_reason") == 0)
			value = word_of(a, catalog, lang, "blacklist.reason", value);
		else if (strcmp(json_key(v), "sign") == 0)
			value = word_of(a, catalog, lang, "wordpress_sign", value);
		else if (strcmp(json_key(v), "why") == 0)
			value = word_of(a, catalog, lang, "why", value);
		else if (strcmp(json_key(v), "findings") == 0)
			value = references_words(a, catalog, lang, value == NULL ? "" : value);
		else if (strcmp(json_key(v), "fault") == 0)
			value = word_of(a, catalog, lang, arena_join(a, "faults.", json_str(f, "check"), NULL), value);
		values[n++] = (struct catalog_value){ json_key(v), value == NULL ? "" : value };
	}
	values[n++] = (struct catalog_value){ "subject", json_str(f, "subject") };
	values[n++] = (struct catalog_value){ "check", word_of(a, catalog, lang, "checks",
	    json_str(f, "check")) };
	json_put_str(f, "title", catalog_text(catalog, a, lang, arena_join(a, stem, ".title", NULL),
	    values, n));
	json_put_str(f, "text", catalog_text(catalog, a, lang, arena_join(a, stem, ".text", NULL),
	    values, n));
	json_put_str(f, "detail", catalog_text(catalog, a, lang, arena_join(a, stem, ".detail", NULL),
	    values, n));
	json_remove(f, "text_id");
	json_remove(f, "values");
}

/* A fix's reason, and where its text is pasted, are at rest ids with values; sentences for people. */
static void
fix_words(struct arena *a, struct json *fix, const struct catalog *catalog, const char *lang)
{
	struct catalog_value values[8];
	const struct json *v;
	const char *id = json_str(fix, "reason_id"), *where = json_str(fix, "where");
	const char *message = json_str(fix, "copy_text_id");
	size_t n = 0;

	if (where != NULL) {
		values[0] = (struct catalog_value){ "operator", json_str(fix, "operator") };
		json_put_str(fix, "where", catalog_text(catalog, a, lang, where, values, 1));
	}
	if (message != NULL) {
		for (v = json_first(json_get(fix, "copy_values")); v != NULL && n < 8; v = json_next(v))
			values[n++] = (struct catalog_value){ json_key(v), json_value_str(v) };
		json_put_str(fix, "copy_text", catalog_text(catalog, a, lang, message, values, n));
		json_remove(fix, "copy_text_id");
		json_remove(fix, "copy_values");
		n = 0;
	}
	if (id == NULL)
		return;
	for (v = json_first(json_get(fix, "reason_values")); v != NULL && n < 8; v = json_next(v))
		values[n++] = (struct catalog_value){ json_key(v), json_value_str(v) };
	json_put_str(fix, "reason", catalog_text(catalog, a, lang, id, values, n));
	json_remove(fix, "reason_id");
	json_remove(fix, "reason_values");
}

void
report_speak(struct arena *a, struct json *report, const struct catalog *catalog, const char *lang)
{
	struct json *f, *fix;

	for (f = json_edit_first(json_edit(report, "findings")); f != NULL; f = json_edit_next(f)) {
		finding_words(a, f, catalog, lang);
		for (fix = json_edit_first(json_edit(f, "fixes")); fix != NULL;
		    fix = json_edit_next(fix))
			fix_words(a, fix, catalog, lang);
	}
}

struct json *
report_words(struct arena *a, const struct json *neutral, const struct catalog *catalog,
    const char *lang)
{
	struct json *report = json_copy(a, neutral);

	report_speak(a, report, catalog, lang);
	return report;
}
