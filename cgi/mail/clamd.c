#include "mail/clamd.h"

#include <string.h>

/* "Tue Nov 24 08:24:10 2026" as asctime(3) has it; clamd prints local time, read as UTC: days count here. */
static bool
asctime_read(struct text t, int64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t n[5];
	struct text part[5];		/* Nov 24 08:24:10 2026, the time in one */
	size_t count = 0, month;
	int64_t y, days;

	t = text_skip(t, 4);
	while (count < 4) {
		t = text_trim(t);
		if (!text_split(&t, ' ', &part[count]))
			return false;
		count++;
	}
	for (month = 0; month < 12 && !text_eq(part[0], (struct text){ months + 3 * month, 3 }); month++)
		;
	if (month == 12 || part[2].n != 8 || !text_uint(part[1], 31, &n[0]) ||
	    !text_uint(text_head(part[2], 2), 23, &n[1]) ||
	    !text_uint(text_head(text_skip(part[2], 3), 2), 59, &n[2]) ||
	    !text_uint(text_skip(part[2], 6), 60, &n[3]) || !text_uint(part[3], 9999, &n[4]) || n[4] < 1970)
		return false;
	/* Days of the civil calendar, years counted from March. */
	y = (int64_t)n[4] - (month < 2);
	days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * (((int64_t)month + 10) % 12) + 2) / 5 +
	    (int64_t)n[0] - 1 - 719468;
	*ret = days * 86400 + (int64_t)(n[1] * 3600 + n[2] * 60 + n[3]);
	return true;
}

bool
clamd_version(struct text line, struct text *version, int64_t *number, int64_t *at)
{
	struct text rest = text_trim(line), word;
	uint64_t n;

	if (!text_starts(rest, "ClamAV ") || !text_split(&rest, '/', version))
		return false;
	*version = text_trim(text_skip(*version, 7));
	*number = *at = -1;
	if (text_split(&rest, '/', &word)) {
		if (text_uint(text_trim(word), INT32_MAX, &n))
			*number = (int64_t)n;
		if (!asctime_read(text_trim(rest), at))
			*at = -1;
	}
	return version->n > 0;
}

bool
clamd_scan_line(struct text line, struct text *path, struct text *name, enum clamd_result *ret)
{
	static const struct { const char *end; enum clamd_result result; } ends[] = {
		{ " FOUND", CLAMD_FOUND }, { " ERROR", CLAMD_ERROR }, { " OK", CLAMD_CLEAN },
	};
	size_t i, at, last = 0, from = 0;
	bool found = false;

	while (line.n > 0 && (line.p[line.n - 1] == '\0' || line.p[line.n - 1] == '\r'))
		line.n--;
	for (i = 0; i < 3 && !text_ends(line, ends[i].end); i++)
		;
	if (i == 3)
		return false;
	/* A path may hold ": ", a signature's name does not; an error's words do. */
	while (text_find(text_skip(line, from), TEXT(": "), &at)) {
		last = from + at;
		from = last + 2;
		found = true;
		if (ends[i].result == CLAMD_ERROR)
			break;
	}
	if (!found)
		return false;
	*path = text_head(line, last);
	*name = ends[i].result == CLAMD_CLEAN ? TEXT("") :
	    text_head(text_skip(line, last + 2), line.n - last - 2 - strlen(ends[i].end));
	*ret = ends[i].result;
	return true;
}
