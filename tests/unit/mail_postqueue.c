/* postqueue(1) -j and postcat(1), as Postfix 3.7 prints them; senders write most of it. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/exim_queue.h"
#include "mail/postqueue.h"
#include "unit/test.h"

static const struct { const char *name, *out; size_t total; const char *rows; } lists[] = {
	{ "a message",
	    "{\"queue_name\": \"deferred\", \"queue_id\": \"9719D64\", \"arrival_time\": 1795723911, "
	    "\"message_size\": 249, \"forced_expire\": false, \"sender\": \"a@b.example\", \"recipients\": "
	    "[{\"address\": \"x@y.example\", \"delay_reason\": \"no\"}]}\n", 1,
	    "[{\"id\":\"9719D64\",\"state\":\"deferred\",\"arrived_at\":1795723911,\"size\":249,"
	    "\"sender\":\"a@b.example\",\"recipients\":[{\"address\":\"x@y.example\",\"reason\":\"no\"}],"
	    "\"script\":null,\"uid\":null,\"account\":null,\"x_mailer\":null,\"list_unsubscribe\":null,\"list_unsubscribe_post\":null}]" },
	{ "a bounce, no reason, members that are not known",
	    "{\"queue_name\": \"active\", \"queue_id\": \"4Qw2bC0z\", \"sender\": \"MAILER-DAEMON\", \"new\": [1], "
	    "\"recipients\": [{\"address\": \"x@y.example\"}]}\n", 1,
	    "[{\"id\":\"4Qw2bC0z\",\"state\":\"active\",\"arrived_at\":null,\"size\":null,\"sender\":\"\","
	    "\"recipients\":[{\"address\":\"x@y.example\",\"reason\":null}],\"script\":null,\"uid\":null,"
	    "\"account\":null,\"x_mailer\":null,\"list_unsubscribe\":null,\"list_unsubscribe_post\":null}]" },
	{ "a bad line never loses the next",
	    "nonsense\n{\"queue_id\": \n{}\n[]\n{\"queue_name\":1,\"queue_id\":\"A\"}\n"
	    "{\"queue_name\":\"hold\",\"queue_id\":\"ABCDEF\",\"sender\":7,\"recipients\":{}}\n", 1,
	    "[{\"id\":\"ABCDEF\",\"state\":\"hold\",\"arrived_at\":null,\"size\":null,\"sender\":\"\","
	    "\"recipients\":[],\"script\":null,\"uid\":null,\"account\":null,\"x_mailer\":null,"
	    "\"list_unsubscribe\":null,\"list_unsubscribe_post\":null}]" },
	{ "an empty queue", "", 0, "[]" },
};

static const struct { const char *name, *out, *script; int64_t uid; const char *account, *mailer; int list; }
messages[] = {
	{ "from a script by sendmail",
	    "*** ENVELOPE RECORDS deferred/9/9719D64 ***\nsender: a@b.example\n"
	    "*** MESSAGE CONTENTS deferred/9/9719D64 ***\n"
	    "Received: by h.example (Postfix, from userid 33)\n\tid 9719D64; Thu, 26 Nov 2026\n"
	    "X-PHP-Originating-Script: 1001:mailer.php\nX-Mailer: PHPMailer 6\n"
	    "*** HEADER EXTRACTED deferred/9/9719D64 ***\n", "1001:mailer.php", 33, NULL, "PHPMailer 6", 0 },
	{ "authenticated",
	    "*** ENVELOPE RECORDS active/A ***\nnamed_attribute: sasl_username=anna@cust.example\n"
	    "*** MESSAGE CONTENTS active/A ***\nUser-Agent: Webmail\nList-Unsubscribe: <mailto:x>\n",
	    NULL, -1, "anna@cust.example", "Webmail", 1 },
	{ "the path counts before the name, whatever the order",
	    "*** MESSAGE CONTENTS a ***\nX-PHP-Script: cust.example/a/b.php for 192.0.2.1, 127.0.0.1\n"
	    "X-PHP-Originating-Script: 33:b.php\n", "cust.example/a/b.php", -1, NULL, NULL, 0 },
	{ "X-Mailer counts before User-Agent",
	    "*** MESSAGE CONTENTS a ***\nX-Mailer: one\nUser-Agent: two\n", NULL, -1, NULL, "one", 0 },
	{ "a header is no envelope: an account cannot be forged",
	    "*** MESSAGE CONTENTS a ***\nX: y\n named_attribute: sasl_username=forged@cust.example\n"
	    "named_attribute: sasl_username=forged@cust.example\n", NULL, -1, NULL, NULL, 0 },
	{ "folded (RFC 5322 2.2.3)",
	    "*** MESSAGE CONTENTS a ***\nX-Mailer:\n Outlook\n", NULL, -1, NULL, "Outlook", 0 },
	{ "a body is not read",
	    "*** MESSAGE CONTENTS a ***\nX: y\n\nX-Mailer: body\n", NULL, -1, NULL, NULL, 0 },
	{ "nothing", "", NULL, -1, NULL, NULL, 0 },
};

/* Of a long list the rows are spread over it, and the numbers are of all. */
static void
test_many(void)
{
	struct arena *a = arena_new();
	struct str s = str_in(a, 1024 * 1024), exim = str_in(a, 1024 * 1024);
	struct json *rows = json_new_array(a), *others = json_new_array(a);
	struct queue_counts n;
	const struct json *v;

	for (int i = 0; i < 1000; i++) {
		str_addf(&s, "{\"queue_name\": \"%s\", \"queue_id\": \"A%05d\", \"arrival_time\": %d, \"message_size\": 1, "
		    "\"sender\": \"\\\"arrival_time\\\": 5\", \"recipients\": []}\n", i < 900 ? "deferred" : i < 950 ? "hold" : "active",
		    i, 1000 + i);
		str_addf(&exim, "%dm  2.9K 1tF%03d-00000%c-%02d <a@b.example>%s\n          x@y.example\n\n", 1 + i % 50, i, 'a' + i % 26,
		    i % 100, i % 10 == 0 ? " *** frozen ***" : "");
	}
	str_add(&s, "{\"arrival_time\":7,\"queue_name\":\"deferred\",\"queue_id\":\"B00001\"}\nno line\n");
	CHECK("all are counted", postqueue_parse(a, str_text(&s), 100, rows) == 1001);
	CHECK("so many rows", json_count(rows) == 100);
	v = json_first(rows);
	CHECK_STR("from the first", json_str(v, "id"), "A00000");
	for (v = json_first(rows); json_next(v) != NULL; v = json_next(v))
		;
	CHECK("to the end", strcmp(json_str(v, "id"), "A00980") > 0);
	postqueue_count(a, str_text(&s), &n);
	CHECK("the numbers of all", n.total == 1001 && n.deferred == 901 && n.hold == 50 && n.active == 50);
	CHECK("a time that a sender wrote is none", n.oldest_at == 7);
	str_add(&s, "{\"queue\":{\"total\":5000,\"active\":1,\"deferred\":2,\"hold\":3,\"oldest_at\":null}}\n");
	postqueue_count(a, str_text(&s), &n);
	CHECK("of a list that the helper has thinned", n.total == 5000 && n.hold == 3 && n.oldest_at == -1);
	CHECK("whose last line is no message", postqueue_parse(a, str_text(&s), 10, json_new_array(a)) == 1001);
	CHECK("Exim's", exim_queue_parse(a, str_text(&exim), 100000, 50, others) == 1000 && json_count(others) == 50);
	exim_queue_count(str_text(&exim), 100000, &n);
	CHECK("Exim's numbers", n.total == 1000 && n.hold == 100 && n.deferred == 900 && n.oldest_at == 100000 - 50 * 60);
	postqueue_count(a, TEXT(""), &n);
	CHECK("empty", n.total == 0 && n.oldest_at == -1);
	arena_free(a);
}

int
main(void)
{
	size_t i;

	test_many();

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct arena *a = arena_new();
		struct json *rows = json_new_array(a);

		CHECK(lists[i].name, postqueue_parse(a, text_of(lists[i].out), 10, rows) == lists[i].total);
		CHECK_STR(lists[i].name, json_print(a, rows), lists[i].rows);
		arena_free(a);
	}
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct arena *a = arena_new();
		struct json *row = json_new_object(a);

		postcat_parse(a, text_of(messages[i].out), row);
		CHECK_STR(messages[i].name, json_str(row, "script"), messages[i].script);
		CHECK(messages[i].name, json_int(row, "uid", -1) == messages[i].uid);
		CHECK_STR(messages[i].name, json_str(row, "account"), messages[i].account);
		CHECK_STR(messages[i].name, json_str(row, "x_mailer"), messages[i].mailer);
		CHECK(messages[i].name, json_tristate(row, "list_unsubscribe") == messages[i].list);
		arena_free(a);
	}
	TEST_END();
}
