/* The export of SNDS: old columns, named columns, and what is none. */

#include "test.h"

#include "base/arena.h"
#include "tools/snds.h"

#define OLD(ip, day, filter, traps) ip "," day " 10:00 AM," day " 7:00 PM,2300,2200,2250," filter ",< 0.1%,,," traps \
    ",mail.host.example,a@host.example,\n"

static void
test_rows(struct arena *a)
{
	static const struct { const char *name, *in, *want; size_t skipped; } cases[] = {
		{ "old columns, no line of names", OLD("203.0.113.10", "11/20/2026", "GREEN", "0"),
		    "2026-11-20 203.0.113.10 green 2300 2200 2250 0 < 0.1% mail.host.example a@host.example;", 0 },
		{ "months and days of one digit", OLD("203.0.113.10", "1/2/2026", "RED", "3"),
		    "2026-01-02 203.0.113.10 red 2300 2200 2250 3 < 0.1% mail.host.example a@host.example;", 0 },
		{ "names decide", "Date,IP Address,Filter result,Trap hits,Message recipients,Complaint rate\r\n"
		    "2026-11-20,203.0.113.10,Yellow,1,\"1,234\",0.4%\r\n",
		    "2026-11-20 203.0.113.10 yellow -1 -1 1234 1 0.4% - -;", 0 },
		{ "a byte order mark, quoted names", "\xef\xbb\xbf\"ip_address\",\"activity_start\",\"filter_result\"\n"
		    "2001:DB8::1,2026-11-20T00:00:00Z,RED\n", "2026-11-20 2001:db8::1 red -1 -1 -1 -1 - - -;", 0 },
		{ "the end of the activity is not its start", "IP,Activity end,Activity start\n"
		    "203.0.113.10,11/21/2026 1:00 AM,11/20/2026 1:00 AM\n",
		    "2026-11-20 203.0.113.10 - -1 -1 -1 -1 - - -;", 0 },
		{ "quotes within quotes", "IP,Date,Sample HELO\n203.0.113.10,2026-11-20,\"a \"\"b\"\", c\"\n",
		    "2026-11-20 203.0.113.10 - -1 -1 -1 -1 - a \"b\", c -;", 0 },
		{ "a bad line never loses the next", "203.0.113.10,yesterday,,,,\n" OLD("203.0.113.10", "11/20/2026", "GREEN", "0"),
		    "2026-11-20 203.0.113.10 green 2300 2200 2250 0 < 0.1% mail.host.example a@host.example;", 1 },
		{ "no such day", OLD("203.0.113.10", "2/30/2026", "GREEN", "0"), NULL, 1 },
		{ "no such address", OLD("203.0.113.300", "11/20/2026", "GREEN", "0"), NULL, 1 },
		{ "another filter result", OLD("203.0.113.10", "11/20/2026", "PURPLE", "0"),
		    "2026-11-20 203.0.113.10 - 2300 2200 2250 0 < 0.1% mail.host.example a@host.example;", 0 },
		{ "a quote without an end", "203.0.113.10,11/20/2026 1:00 AM,\"abc", "2026-11-20 203.0.113.10 - -1 -1 -1 -1 - - -;", 0 },
		{ "names alone", "IP Address,Date\n", NULL, 0 },
		{ "nothing", "", NULL, 0 },
		{ "a page", "<html>\n<body>sign in</body>\n", NULL, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t skipped = 99;
		struct err err;
		struct json *rows = snds_json(a, text_of(cases[i].in), &skipped, &err);
		char got[512] = "";

		CHECK(cases[i].name, skipped == cases[i].skipped);
		for (const struct json *r = json_first(rows); r != NULL; r = json_next(r)) {
#define WORD(key)	json_str(r, key) == NULL ? "-" : json_str(r, key)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %s %s %d %d %d %d %s %s %s;", WORD("day"),
			    WORD("address"), WORD("filter"), (int)json_int(r, "rcpt", -1), (int)json_int(r, "data", -1),
			    (int)json_int(r, "recipients", -1), (int)json_int(r, "traps", -1), WORD("complaints"),
			    WORD("helo"), WORD("sender"));
		}
		CHECK_STR(cases[i].name, rows == NULL ? NULL : got, cases[i].want);
		if (rows == NULL)
			CHECK(cases[i].name, err.code == ERR_SYNTAX);
	}
}

int
main(void)
{
	struct arena *a = arena_new();

	test_rows(a);
	arena_free(a);
	TEST_END();
}
