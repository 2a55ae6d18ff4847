#include "mail/mail_date.h"

#include <string.h>

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
    "oct", "nov", "dec" };
static const char *const days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static const struct { const char *name; int hours; } zones[] = {	/* RFC 5322 4.3 */
	{ "ut", 0 }, { "gmt", 0 }, { "z", 0 }, { "utc", 0 }, { "est", -5 }, { "edt", -4 }, { "cst", -6 },
	{ "cdt", -5 }, { "mst", -7 }, { "mdt", -6 }, { "pst", -8 }, { "pdt", -7 },
};

/* White space and comments, nested or not. */
static void
skip_blanks(struct text *t)
{
	unsigned depth = 0;

	for (; t->n > 0; *t = text_skip(*t, 1)) {
		char c = t->p[0];

		if (depth > 0 && c == '\\')
			*t = text_skip(*t, 1);
		else if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !ascii_isspace((unsigned char)c))
			return;
	}
}

static bool
take(struct text *t, char c)
{
	skip_blanks(t);
	if (t->n == 0 || t->p[0] != c)
		return false;
	*t = text_skip(*t, 1);
	return true;
}

static bool
number(struct text *t, size_t least, size_t most, int *ret)
{
	size_t n = 0;
	int v = 0;

	skip_blanks(t);
	for (; n < t->n && n < most && ascii_isdigit((unsigned char)t->p[n]); n++)
		v = v * 10 + (t->p[n] - '0');
	if (n < least || (n < t->n && ascii_isdigit((unsigned char)t->p[n])))
		return false;
	*t = text_skip(*t, n);
	*ret = v;
	return true;
}

static struct text
word(struct text *t)
{
	struct text w;
	size_t n = 0;

	skip_blanks(t);
	while (n < t->n && ascii_isalpha((unsigned char)t->p[n]))
		n++;
	w = text_head(*t, n);
	*t = text_skip(*t, n);
	return w;
}

static bool
zone(struct text *t, int *minutes)
{
	struct text name;
	int sign, v;

	*minutes = 0;
	skip_blanks(t);
	if (t->n == 0)
		return false;
	if (t->p[0] == '+' || t->p[0] == '-') {
		sign = t->p[0] == '-' ? -1 : 1;
		*t = text_skip(*t, 1);
		if (!number(t, 4, 4, &v) || v % 100 > 59)
			return false;
		*minutes = sign * (v / 100 * 60 + v % 100);
		return true;
	}
	name = word(t);
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (text_iis(name, zones[i].name)) {
			*minutes = zones[i].hours * 60;
			return true;
		}
	return name.n == 1;		/* military: their meaning was never sure, so -0000 */
}

/* Days since 1970-01-01 of the Gregorian calendar. */
static int64_t
day_number(int y, int m, int d)
{
	int64_t years = m <= 2 ? y - 1 : y, era = (years >= 0 ? years : years - 399) / 400;
	int64_t of_era = years - era * 400, of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool
month_of(struct text t, int *ret)
{
	for (int i = 0; i < 12; i++)
		if (text_iis(t, months[i])) {
			*ret = i + 1;
			return true;
		}
	return false;
}

static int
month_days(int y, int m)
{
	static const int count[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return count[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

static bool
day_name(struct text *t)
{
	struct text name = word(t);

	for (size_t i = 0; i < 7; i++)
		if (text_iis(name, days[i]))
			return take(t, ',') || true;
	return false;
}

bool
mail_date_parse(struct text t, int64_t *unix_s)
{
	int y, m, d, hour, minute, second = 0, offset;
	size_t year_digits;

	skip_blanks(&t);
	if (t.n > 0 && ascii_isalpha((unsigned char)t.p[0]) && !day_name(&t))
		return false;
	if (!number(&t, 1, 2, &d) || !month_of(word(&t), &m))
		return false;
	skip_blanks(&t);
	year_digits = t.n;
	if (!number(&t, 2, 4, &y))
		return false;
	year_digits -= t.n;
	if (year_digits < 4)		/* RFC 5322 4.3 */
		y += year_digits == 2 && y < 50 ? 2000 : 1900;
	if (y < 1900 || d < 1 || d > month_days(y, m))
		return false;
	if (!number(&t, 1, 2, &hour) || !take(&t, ':') || !number(&t, 1, 2, &minute) ||
	    (take(&t, ':') && !number(&t, 1, 2, &second)) || hour > 23 || minute > 59 || second > 60 ||
	    !zone(&t, &offset))
		return false;
	skip_blanks(&t);
	if (t.n > 0)
		return false;
	*unix_s = day_number(y, m, d) * 86400 + hour * 3600 + minute * 60 + second - (int64_t)offset * 60;
	return true;
}
