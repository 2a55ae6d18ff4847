#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/str.h"
#include "base/time.h"

/*
 * How a language writes numbers and dates (CLDR): forms, not sentences, so
 * they stand in a table and not in the catalogues.  Unit signs are those of
 * the SI and alike everywhere.
 */
static const struct lang_forms {
	const char	*lang;
	char		 thousands, point;
	const char	*months[12];
} langs[] = {
	{ "en", ',', '.', { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	    "Nov", "Dec" } },
	{ "es", '.', ',', { "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct",
	    "nov", "dic" } },
};

static const struct lang_forms *
forms_of(const char *lang)
{
	size_t i;

	for (i = 0; lang != NULL && i < sizeof(langs) / sizeof(langs[0]); i++) {
		if (strcmp(langs[i].lang, lang) == 0)
			return &langs[i];
	}
	return &langs[0];
}

const char *
lang_int(struct arena *a, const char *lang, int64_t v)
{
	struct str out = str_in(a, 40);
	char digits[24];
	size_t n, i;

	snprintf(digits, sizeof(digits), "%" PRId64, v);
	i = digits[0] == '-';
	n = strlen(digits);
	if (i > 0)
		str_addc(&out, '-');
	for (; i < n; i++) {
		str_addc(&out, digits[i]);
		if (i + 1 < n && (n - i - 1) % 3 == 0)
			str_addc(&out, forms_of(lang)->thousands);
	}
	return out.p;
}

const char *
lang_tenths(struct arena *a, const char *lang, int64_t tenths)
{
	uint64_t whole = tenths < 0 ? -(uint64_t)tenths : (uint64_t)tenths;
	const char *sign = tenths < 0 ? "-" : "", *text = lang_int(a, lang, (int64_t)(whole / 10));

	return whole % 10 == 0 ? arena_printf(a, "%s%s", sign, text) :
	    arena_printf(a, "%s%s%c%d", sign, text, forms_of(lang)->point, (int)(whole % 10));
}

const char *
lang_date(struct arena *a, const char *lang, int64_t unix_s)
{
	char t[TIME_TEXT_MAX];			/* 2026-11-23T18:00:00Z */
	int month, day;

	time_text(unix_s, t);
	month = (t[5] - '0') * 10 + (t[6] - '0');
	day = (t[8] - '0') * 10 + (t[9] - '0');
	return arena_printf(a, "%d %s %.4s", day, forms_of(lang)->months[month - 1], t);
}

const char *
lang_time(struct arena *a, const char *lang, int64_t unix_s)
{
	char t[TIME_TEXT_MAX];

	time_text(unix_s, t);
	return arena_printf(a, "%s %.5s UTC", lang_date(a, lang, unix_s), t + 11);
}

const char *
lang_duration(struct arena *a, const char *lang, int64_t seconds)
{
	static const struct {
		int64_t		 s;
		const char	*sign;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	const char *minus = seconds < 0 ? "-" : "";
	int64_t rest;
	size_t i = 0;

	if (seconds < 0)
		seconds = seconds == INT64_MIN ? INT64_MAX : -seconds;
	while (i < 3 && seconds < units[i].s)
		i++;
	rest = i < 3 ? seconds % units[i].s / units[i + 1].s : 0;
	seconds /= units[i].s;
	if (rest == 0)
		return arena_printf(a, "%s%s %s", minus, lang_int(a, lang, seconds), units[i].sign);
	return arena_printf(a, "%s%s %s %" PRId64 " %s", minus, lang_int(a, lang, seconds),
	    units[i].sign, rest, units[i + 1].sign);
}
