#include <stdio.h>

#include "base/arena.h"
#include "base/time.h"

#define DAY_S		86400

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first of January, proleptic Gregorian. */
static int64_t
days_to_year(int64_t year)
{
	int64_t y = year - 1;

	/* Years 0001 to `year`-1; the years here are never before 0. */
	return 365 * y + (y < 0 ? -1 : y / 4 - y / 100 + y / 400) - 719162;
}

/* A list of domains holds hundreds of times: printf would be a tenth of its cost. */
static void
put_digits(char *p, int n, unsigned v)
{
	for (; n > 0; v /= 10)
		p[--n] = (char)('0' + v % 10);
}

const char *
time_text(int64_t unix_s, char buf[TIME_TEXT_MAX])
{
	int64_t day, rest, year;
	int month = 1;

	/* 0000-01-01 to 9999-12-31: what four digits can say. */
	if (unix_s < -62167219200)
		unix_s = -62167219200;
	if (unix_s > 253402300799)
		unix_s = 253402300799;
	day = unix_s / DAY_S;
	rest = unix_s % DAY_S;
	if (rest < 0) {
		rest += DAY_S;
		day--;
	}
	year = 1970 + day / 366;
	while (days_to_year(year) > day)
		year--;
	while (days_to_year(year + 1) <= day)
		year++;
	day -= days_to_year(year);
	while (day >= month_days(year, month))
		day -= month_days(year, month++);
	put_digits(buf, 4, (unsigned)year);
	buf[4] = '-';
	put_digits(buf + 5, 2, (unsigned)month);
	buf[7] = '-';
	put_digits(buf + 8, 2, (unsigned)day + 1);
	buf[10] = 'T';
	put_digits(buf + 11, 2, (unsigned)(rest / 3600));
	buf[13] = ':';
	put_digits(buf + 14, 2, (unsigned)(rest / 60 % 60));
	buf[16] = ':';
	put_digits(buf + 17, 2, (unsigned)(rest % 60));
	buf[19] = 'Z';
	buf[20] = '\0';
	return buf;
}

const char *
time_str(struct arena *a, int64_t unix_s)
{
	char buf[TIME_TEXT_MAX];

	return arena_strdup(a, time_text(unix_s, buf));
}

/* `form`: 'd' for a digit, all else as it is. */
static bool
has_form(struct text t, const char *form)
{
	size_t i;

	for (i = 0; i < t.n && form[i] != '\0'; i++) {
		if (form[i] == 'd' ? !ascii_isdigit((unsigned char)t.p[i]) : t.p[i] != form[i])
			return false;
	}
	return i == t.n && form[i] == '\0';
}

static int
digits(struct text t, size_t at, size_t n)
{
	int v = 0;

	for (; n > 0; n--, at++)
		v = v * 10 + (t.p[at] - '0');
	return v;
}

bool
time_parse(struct text t, int64_t *ret)
{
	int year, month, day, hour = 0, minute = 0, second = 0, m;
	int64_t days;

	if (has_form(t, "dddd-dd-ddTdd:dd:ddZ")) {
		hour = digits(t, 11, 2);
		minute = digits(t, 14, 2);
		second = digits(t, 17, 2);
	} else if (!has_form(t, "dddd-dd-dd"))
		return false;
	year = digits(t, 0, 4);
	month = digits(t, 5, 2);
	day = digits(t, 8, 2);
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) ||
	    hour > 23 || minute > 59 || second > 59)
		return false;
	days = days_to_year(year) + day - 1;
	for (m = 1; m < month; m++)
		days += month_days(year, m);
	*ret = days * DAY_S + hour * 3600 + minute * 60 + second;
	return true;
}
