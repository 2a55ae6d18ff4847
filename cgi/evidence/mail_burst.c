#include "evidence/mail_burst.h"

#define HOUR_S		3600
#define BUCKETS		512
#define TIMES		5	/* over the usual hour */
#define PAUSE_S		(3 * HOUR_S)	/* a burst goes on after it */

/* Messages that half of the active hours did not pass; many is BUCKETS - 1. */
static int64_t
median(const struct mail_hour *hours, size_t count)
{
	size_t of[BUCKETS] = { 0 }, active = 0, seen = 0;
	int64_t i;

	for (size_t h = 0; h < count; h++) {
		if (hours[h].messages <= 0)
			continue;
		of[hours[h].messages < BUCKETS ? hours[h].messages : BUCKETS - 1]++;
		active++;
	}
	for (i = 1; i < BUCKETS - 1; i++)
		if ((seen += of[i]) * 2 >= active)
			break;
	return i;
}

bool
mail_burst_find(const struct mail_hour *hours, size_t count, struct mail_burst *ret)
{
	int64_t usual = median(hours, count), least;
	size_t top = 0, from, to;

	for (size_t i = 0; i < count; i++)
		if (hours[i].messages > hours[top].messages)
			top = i;
	if (count == 0 || hours[top].messages < MAIL_BURST_MIN || hours[top].messages < TIMES * usual)
		return false;
	least = hours[top].messages / TIMES > 2 * usual ? hours[top].messages / TIMES : 2 * usual;
	for (from = top; from > 0 && hours[from].hour - hours[from - 1].hour <= PAUSE_S &&
	    hours[from - 1].messages >= least; from--)
		;
	for (to = top; to + 1 < count && hours[to + 1].hour - hours[to].hour <= PAUSE_S &&
	    hours[to + 1].messages >= least; to++)
		;
	*ret = (struct mail_burst){ hours[from].hour, hours[to].hour + HOUR_S, 0 };
	for (size_t i = from; i <= to; i++)
		ret->messages += hours[i].messages;
	return true;
}
