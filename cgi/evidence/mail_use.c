#include "evidence/mail_use.h"

#include <string.h>

#define HOUR_MOST	100		/* more in one hour than ever else is hardly a person's doing */

const char *const mail_use_levels[MAIL_USE_LEVELS] = { "mailbox", "domain", "subscription" };

/* Of a person, a small office, a customer: while nothing is known, and at least. */
static const struct { int64_t usual, least; } measures[MAIL_USE_LEVELS] = { { 100, 20 }, { 300, 50 }, { 500, 100 } };

static const struct json *
hours_of(const struct json *use, const char *level)
{
	return json_get(json_get(json_get(use, "levels"), level), "hours");
}

/* [messages, hours]; what is none counts nothing. */
static bool
read_bar(const struct json *bar, int64_t *messages, int64_t *hours)
{
	const struct json *first = json_first(bar);

	*messages = json_value_int(first, 0);
	*hours = json_value_int(first == NULL ? NULL : json_next(first), 0);
	return *messages > 0 && *hours > 0;
}

/* The fewest messages that so many of a hundred hours did not pass. */
static int64_t
percentile(const struct json *bars, int64_t total, int64_t percent)
{
	int64_t rank = (total * percent + 99) / 100, seen = 0, messages, hours, last = 0;

	for (const struct json *v = json_first(bars); v != NULL; v = json_next(v)) {
		if (!read_bar(v, &messages, &hours))
			continue;
		last = messages;
		if ((seen += hours) >= rank)
			break;
	}
	return last;
}

bool
mail_use_level(const struct json *use, const char *level, struct mail_use_level *ret)
{
	const struct json *bars = hours_of(use, level), *one = json_get(json_get(use, "levels"), level);
	int64_t messages, hours;

	memset(ret, 0, sizeof(*ret));
	for (const struct json *v = json_first(bars); v != NULL; v = json_next(v)) {
		if (!read_bar(v, &messages, &hours))
			continue;
		ret->hours += hours;
		ret->messages += messages * hours;
		if (messages > ret->busiest)
			ret->busiest = messages;
	}
	if (ret->hours == 0)
		return false;
	ret->names = json_int(one, "names", 0);
	ret->p50 = percentile(bars, ret->hours, 50);
	ret->p95 = percentile(bars, ret->hours, 95);
	ret->p99 = percentile(bars, ret->hours, 99);
	ret->busiest_name = json_str(json_get(one, "busiest"), "name");
	ret->busiest_at = json_int(json_get(one, "busiest"), "at", 0);
	return true;
}

void
mail_use_stopped(const struct json *use, const char *level, int64_t limit, int64_t *messages, int64_t *hours)
{
	int64_t sent, count;

	*messages = *hours = 0;
	for (const struct json *v = json_first(hours_of(use, level)); v != NULL; v = json_next(v)) {
		if (!read_bar(v, &sent, &count) || sent <= limit)
			continue;
		*messages += (sent - limit) * count;
		*hours += count;
	}
}

/* A number that a person would choose. */
static int64_t
rounded_up(int64_t n)
{
	int64_t step = n <= 50 ? 5 : n <= 200 ? 10 : n <= 1000 ? 50 : 100;

	return (n + step - 1) / step * step;
}

/* The busiest hour that a person could have had. */
static int64_t
busiest_real(const struct json *use, const char *level, int64_t most)
{
	int64_t sent, count, busiest = 0;

	for (const struct json *v = json_first(hours_of(use, level)); v != NULL; v = json_next(v))
		if (read_bar(v, &sent, &count) && sent <= most && sent > busiest)
			busiest = sent;
	return busiest;
}

/* Enough to tell. */
static bool
is_told(const struct json *use, size_t level, struct mail_use_level *l)
{
	return mail_use_level(use, mail_use_levels[level], l) && l->messages >= MAIL_USE_MESSAGES_MIN;
}

bool
mail_use_too_high(const struct json *use, size_t level, int64_t limit)
{
	struct mail_use_level l;

	return limit > 0 && is_told(use, level, &l) && limit > MAIL_USE_TOO_HIGH * l.busiest;
}

int64_t
mail_use_propose(const struct json *use, size_t level)
{
	struct mail_use_level l;
	int64_t most, ret;

	if (!is_told(use, level, &l))
		return measures[level].usual;
	most = 5 * l.p95 > HOUR_MOST ? 5 * l.p95 : HOUR_MOST;
	ret = rounded_up(2 * (l.busiest <= most ? l.busiest : busiest_real(use, mail_use_levels[level], most)));
	if (ret < measures[level].least)
		ret = measures[level].least;
	return ret > MAIL_USE_TOO_HIGH * l.busiest ? MAIL_USE_TOO_HIGH * l.busiest : ret;
}

int64_t
mail_use_keep(const struct json *use, size_t level, int64_t limit)
{
	struct mail_use_level l;

	if (limit > 0 && (!is_told(use, level, &l) ||
	    (limit >= l.busiest && limit <= MAIL_USE_TOO_HIGH * l.busiest)))
		return limit;
	return mail_use_propose(use, level);
}

bool
mail_use_has_limit(const char *panel_kind, size_t level)
{
	if (strcmp(panel_kind, "plesk") == 0)
		return true;
	return strcmp(mail_use_levels[level], strcmp(panel_kind, "cpanel") == 0 ? "domain" : "mailbox") == 0;
}
