/* postqueue(1) -j and postcat(1), as Postfix 3.7 prints them; senders write most of it. */

#include "base/arena.h"
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

int
main(void)
{
	size_t i;

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
