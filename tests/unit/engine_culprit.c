/* One customer's doing: in full in his report, worst first, and nowhere in another's. */

#include "base/arena.h"
#include "engine/culprit.h"
#include "unit/test.h"

static const char server[] = "{\"findings\":["
    "{\"id\":\"queue.script_spam\",\"check\":\"queue\",\"verdict\":\"problem\",\"severity\":\"critical\",\"subject\":"
    "\"script:/var/www/vhosts/cust.example/x.php\",\"affects\":9,\"data\":{\"domain\":\"cust.example\"}},"
    "{\"id\":\"queue.stolen_mailbox\",\"check\":\"queue\",\"verdict\":\"problem\",\"severity\":\"critical\",\"subject\":"
    "\"account:a@other.example\",\"affects\":9,\"data\":{\"domain\":\"other.example\"}},"
    "{\"id\":\"queue.script_spam\",\"check\":\"queue\",\"verdict\":\"problem\",\"severity\":\"critical\",\"subject\":"
    "\"script:33:y.php\",\"affects\":9,\"data\":{\"domain\":null}},"
    "{\"id\":\"queue.backlog\",\"check\":\"queue\",\"verdict\":\"warning\",\"severity\":\"medium\",\"subject\":\"server\","
    "\"affects\":9,\"data\":{}}]}";

static const char own[] = "{\"findings\":["
    "{\"id\":\"spf.missing\",\"check\":\"spf\",\"verdict\":\"problem\",\"severity\":\"high\"},"
    "{\"id\":\"wordpress.outdated\",\"check\":\"wordpress\",\"verdict\":\"warning\",\"severity\":\"medium\"}]}";

static struct json *
report_of(struct arena *a)
{
	struct err err;

	return json_copy(a, json_parse(a, TEXT(own), &err));
}

int
main(void)
{
	static const char *const only_spf[] = { "spf" };
	struct arena *a = arena_new();
	struct err err;
	const struct json *s = json_parse(a, TEXT(server), &err), *f;
	struct json *r = report_of(a);

	culprit_add(a, r, s, "cust.example", NULL, 0);
	f = json_first(json_get(r, "findings"));
	CHECK("his own is added", json_count(json_get(r, "findings")) == 3);
	CHECK_STR("worst first", json_str(f, "id"), "queue.script_spam");
	CHECK("whom else it touches is not told", json_int(f, "affects", -1) == 0);
	CHECK("counted", json_int(json_get(r, "summary"), "problem", 0) == 2);
	f = json_next(json_next(f));
	CHECK_STR("the site is the likely way in", json_str(f, "severity"), "high");
	r = report_of(a);
	culprit_add(a, r, s, "third.example", NULL, 0);
	CHECK("nothing for anybody else", json_count(json_get(r, "findings")) == 2);
	culprit_add(a, r, s, "cust.example", only_spf, 1);
	CHECK("only what was asked for", json_count(json_get(r, "findings")) == 2);
	for (f = json_first(json_get(s, "findings")); f != NULL; f = json_next(f))
		CHECK("never a reference", culprit_is(f) == (strcmp(json_str(f, "id"), "queue.backlog") != 0));
	arena_free(a);
	TEST_END();
}
