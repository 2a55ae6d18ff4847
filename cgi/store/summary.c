#include "store/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"

#define CHECKS_MAX	64
#define FINDINGS_MAX	256
#define SENDING_BYTES_MAX	1024

static const char *const ranks[] = {
	[RANK_PROBLEM] = "problem", [RANK_WARNING] = "warning", [RANK_UNKNOWN] = "unknown",
	[RANK_INFORMATION] = "information", [RANK_OK] = "ok", [RANK_NOT_APPLICABLE] = "not_applicable",
};

int
summary_rank(const char *verdict)
{
	for (int i = 0; verdict != NULL && i < RANK_NEVER; i++)
		if (strcmp(ranks[i], verdict) == 0)
			return i;
	return RANK_NEVER;
}

static int64_t
most(int64_t n)
{
	return n < 0 ? 0 : n > 4095 ? 4095 : n;
}

int
summary_badness(const struct json *finding)
{
	static const char *const severities[] = { "low", "medium", "high", "critical" };
	int rank = summary_rank(json_str(finding, "verdict")), i;
	const char *severity = json_str(finding, "severity");

	if (rank > RANK_WARNING)
		return 0;
	for (i = 0; severity != NULL && i < 4; i++)
		if (strcmp(severities[i], severity) == 0)
			break;
	return (rank == RANK_PROBLEM ? 20 : 10) + (severity == NULL || i == 4 ? 0 : i + 1);
}

int64_t
summary_weigh(const struct json *report, const char *id)
{
	int64_t worst = 0, count = 0;

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		int badness = json_str(f, "id") != NULL && strcmp(json_str(f, "id"), id) == 0 ?
		    summary_badness(f) : 0;

		worst = badness > worst ? badness : worst;
		count += badness > 0;
	}
	return worst * 10000 + (count > 9999 ? 9999 : count);
}

int64_t
summary_weight(int rank, int64_t problem, int64_t warning)
{
	return ((int64_t)rank << 24) | (4095 - most(problem)) << 12 | (4095 - most(warning));
}

void
summary_weights(int rank, int64_t *low, int64_t *high)
{
	*low = (int64_t)rank << 24;
	*high = *low | 0xffffff;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct verdict_of { const char *check; int rank; };

static int
by_check(const void *a, const void *b)
{
	return strcmp(((const struct verdict_of *)a)->check, ((const struct verdict_of *)b)->check);
}

static void
verdict_note(struct verdict_of *v, size_t *n, const char *check, int rank)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(v[i].check, check) == 0) {
			if (rank < v[i].rank)
				v[i].rank = rank;
			return;
		}
	}
	if (*n < CHECKS_MAX)
		v[(*n)++] = (struct verdict_of){ check, rank };
}

/* Blanks between; what does not fit is left out whole. */
static const char *
joined(struct arena *a, const struct json *texts)
{
	struct str s = str_in(a, SENDING_BYTES_MAX);

	for (const struct json *v = json_first(texts); v != NULL; v = json_next(v)) {
		const char *text = json_value_str(v);

		if (text != NULL && s.n + strlen(text) + 1 < SENDING_BYTES_MAX)
			str_addf(&s, "%s%s", s.n > 0 ? " " : "", text);
	}
	return s.p;
}

/* What is about one address, so that a table of domains need not read the server's whole report. */
static void
put_addresses(struct arena *a, struct json *columns, const struct json *report)
{
	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check"), *subject = json_str(f, "subject"), *key;
		const char *scope = json_str(f, "scope");
		int rank = summary_rank(json_str(f, "verdict"));

		if (check == NULL || subject == NULL || scope == NULL || strcmp(scope, "address") != 0)
			continue;
		key = arena_printf(a, SUMMARY_ADDRESS, check, (int)strlen(subject), subject);
		if (rank < summary_rank(json_str(columns, key)))
			json_put_str(columns, key, ranks[rank]);
	}
}

/* "spf.ok" says no more than the verdict of its check. */
static bool
says_something(const char *id, int rank)
{
	const char *dot = strrchr(id, '.');

	return rank <= RANK_INFORMATION || (rank < RANK_NEVER && dot != NULL && strcmp(dot + 1, ranks[rank]) != 0);
}

bool
summary_of(struct arena *a, const struct json *report, struct summary *ret, struct err *err)
{
	const struct json *target = json_get(report, "target"), *sum = json_get(report, "summary");
	struct verdict_of verdicts[CHECKS_MAX];
	const char *findings[FINDINGS_MAX];
	size_t verdict_count = 0, finding_count = 0;
	struct summary s = { 0 };
	struct json *columns;
	struct str list = str_in(a, 32 * 1024);

	s.kind = arena_strdup(a, json_str(target, "kind"));
	s.name = arena_strdup(a, json_str(target, "ascii"));
	if (s.kind != NULL && strcmp(s.kind, "server") == 0)
		s.name = "server";
	if (s.kind == NULL || s.name == NULL ||
	    !time_parse(text_of(json_str(report, "checked_at")), &s.checked_at))
		return err_set(err, ERR_VALUE, "store: a report without target or time");
	s.display = arena_strdup(a, json_str(target, "name"));
	if (s.display == NULL)
		s.display = s.name;
	s.owner = arena_strdup(a, json_str(target, "owner"));
	s.worst = arena_strdup(a, json_str(sum, "worst"));
	s.problem = json_int(sum, "problem", 0);
	s.warning = json_int(sum, "warning", 0);
	s.information = json_int(sum, "information", 0);
	s.ok = json_int(sum, "ok", 0);
	s.unknown = json_int(sum, "unknown", 0);
	s.not_applicable = json_int(sum, "not_applicable", 0);
	s.weight = summary_weight(summary_rank(s.worst), s.problem, s.warning);

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *id = json_str(f, "id"), *check = json_str(f, "check");
		int rank = summary_rank(json_str(f, "verdict"));

		if (id == NULL || check == NULL)
			continue;
		verdict_note(verdicts, &verdict_count, check, rank);
		if (says_something(id, rank) && finding_count < FINDINGS_MAX && strchr(id, ' ') == NULL)
			findings[finding_count++] = id;
	}
	qsort(verdicts, verdict_count, sizeof(verdicts[0]), by_check);
	qsort(findings, finding_count, sizeof(findings[0]), by_text);
	columns = json_new_object(a);
	for (size_t i = 0; i < verdict_count; i++)
		json_put_str(columns, verdicts[i].check,
		    verdicts[i].rank < RANK_NEVER ? ranks[verdicts[i].rank] : NULL);
	if (json_count(json_get(report, "sending")) > 0)
		json_put_str(columns, SUMMARY_SENDING, joined(a, json_get(report, "sending")));
	if (strcmp(s.kind, "server") == 0)
		put_addresses(a, columns, report);
	s.verdicts = json_print(a, columns);
	for (size_t i = 0; i < finding_count; i++) {
		if (i > 0 && strcmp(findings[i], findings[i - 1]) == 0)
			continue;
		str_add(&list, findings[i]);
		str_addc(&list, ' ');
	}
	s.findings = list.p;
	*ret = s;
	return true;
}

struct text
summary_value(const char *verdicts, const char *key)
{
	const char *at = verdicts == NULL ? NULL : strstr(verdicts, key), *end;

	if (at == NULL)
		return (struct text){ NULL, 0 };
	at += strlen(key);
	end = strchr(at, '"');
	return (struct text){ at, end == NULL ? 0 : (size_t)(end - at) };
}
