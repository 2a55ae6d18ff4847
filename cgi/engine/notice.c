#include "engine/notice.h"

#include <string.h>

#include "store/summary.h"

#define QUIET_S		86400
#define FLIPS_MAX	2

const char *
notice_word(enum notice_kind kind)
{
	static const char *const words[] = { NULL, "appeared", "worse", "resolved" };

	return words[kind];
}

bool
standing_differs(const struct standing *s, int weight)
{
	return (weight == 0) != (s->weight == 0) || weight > s->weight;
}

enum notice_kind
standing_note(struct standing *s, int weight, int64_t now)
{
	enum notice_kind kind;
	bool quiet = now - s->since >= QUIET_S || now < s->since;

	if (standing_differs(s, weight)) {
		if (quiet)
			s->flips = 0;
		s->flips++;
		s->since = now;
		quiet = false;
	}
	s->weight = weight;
	if ((weight == 0) == (s->told == 0) && weight <= s->told)
		return NOTICE_NONE;
	if (s->flips > FLIPS_MAX && !quiet)
		return NOTICE_NONE;
	kind = s->told == 0 ? NOTICE_APPEARED : weight == 0 ? NOTICE_RESOLVED : NOTICE_WORSE;
	s->told = weight;
	return kind;
}

int
report_weight(const struct json *report, const char *finding, const char *subject)
{
	int worst = 0;

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *of = json_str(f, "subject");

		if (strcmp(json_str(f, "id"), finding) == 0 && strcmp(of == NULL ? "" : of, subject) == 0 &&
		    summary_badness(f) > worst)
			worst = summary_badness(f);
	}
	return worst;
}

bool
report_decides(const struct json *report, const char *finding)
{
	size_t n = strcspn(finding, ".");
	bool any = false;

	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *check = json_str(f, "check");
		int rank = summary_rank(json_str(f, "verdict"));

		if (strlen(check) != n || strncmp(check, finding, n) != 0)
			continue;
		if (rank == RANK_UNKNOWN || rank == RANK_NOT_APPLICABLE)
			return false;
		any = true;
	}
	return any;
}

bool
looks_agree(const struct standing *s, const struct json *first, const struct json *second, int *ret)
{
	int a = report_weight(first, s->finding, s->subject), b;

	if (a == 0 && !report_decides(first, s->finding)) {
		*ret = s->weight;		/* could not be seen: as it was */
		return true;
	}
	*ret = a;
	if (!standing_differs(s, a))
		return true;
	if (second == NULL)
		return false;
	b = report_weight(second, s->finding, s->subject);
	if (a == 0)
		return b == 0 && report_decides(second, s->finding);
	*ret = b < a ? b : a;
	return b > 0 && standing_differs(s, *ret);
}
