/* An outbreak among the hours of one sender. */

#include "evidence/mail_burst.h"
#include "unit/test.h"

#define H	3600

static const struct {
	const char		*name;
	struct mail_hour	 hours[12];
	size_t			 count;
	bool			 found;
	int64_t			 since, until, messages;
} cases[] = {
	{ "no hours", { { 0, 0 } }, 0, false, 0, 0, 0 },
	{ "a person", { { 0, 3 }, { H, 5 }, { 2 * H, 2 } }, 3, false, 0, 0, 0 },
	{ "four hours of it", { { 0, 3 }, { H, 2 }, { 5 * H, 200 }, { 6 * H, 210 }, { 7 * H, 199 }, { 8 * H, 205 }, { 9 * H, 2 },
	    { 20 * H, 2 }, { 21 * H, 1 }, { 22 * H, 2 }, { 23 * H, 2 } }, 11, true, 5 * H, 9 * H, 814 },
	{ "a pause in it", { { 0, 2 }, { 5 * H, 300 }, { 8 * H, 290 }, { 12 * H, 280 }, { 20 * H, 2 }, { 21 * H, 2 }, { 22 * H, 3 } }, 7, true,
	    5 * H, 9 * H, 590 },
	{ "a busy shop is none", { { 0, 120 }, { H, 90 }, { 2 * H, 130 }, { 3 * H, 110 } }, 4, false, 0, 0, 0 },
	{ "ninety-nine are within what people do", { { 0, 1 }, { H, 1 }, { 2 * H, 99 } }, 3, false, 0, 0, 0 },
	{ "a hundred are not", { { 0, 1 }, { H, 1 }, { 2 * H, 100 } }, 3, true, 2 * H, 3 * H, 100 },
	{ "quiet hours are no hours", { { 0, 0 }, { H, 0 }, { 2 * H, 0 }, { 3 * H, 1000 }, { 4 * H, 3 }, { 5 * H, 3 } }, 6, true, 3 * H,
	    4 * H, 1000 },
	{ "from the first hour on: there is no usual one", { { 0, 1000 } }, 1, false, 0, 0, 0 },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mail_burst b = { 0 };

		CHECK(cases[i].name, mail_burst_find(cases[i].hours, cases[i].count, &b) == cases[i].found);
		CHECK(cases[i].name, b.since == cases[i].since && b.until == cases[i].until && b.messages == cases[i].messages);
	}
	TEST_END();
}
