/* What Exim prints of its queue (4.96, with cPanel's untrusted_set_sender), and what is read from it. */

#include "base/arena.h"
#include "mail/exim_queue.h"
#include "mail/postqueue.h"

#include "unit/test.h"

#define ARRIVED	"-received_time_usec .981480\n-received_time_complete 1795732331.981709\n"
#define FOR_X	"XX\n1\nx@provider.example\n\n"
#define FIELDS	"196P Received: from [127.0.0.1] (helo=laptop.provider.example)\n\tby srv1.host.example with esmtpa (Exim 4.96)\n" \
		"\tid 1xWi0h-00000X-3A;\n\tThu, 26 Nov 2026 22:32:11 +0000\n012  Subject: hi\n024F From: anna@cust.example\n"

static const char list[] =
	" 0m   239 1xWi0h-00000X-3A <anna@cust.example>\n"
	"          x@provider.example\n"
	"        D y@provider.example\n"
	"\n"
	"25h  2.9K 1xWi0i-000000000f1-1M12 <anna@cust.example> (anna) *** frozen ***\n"
	"          z@provider.example\n"
	"\n"
	" 3d   206 1xWi0i-00000c-0b <>\n"
	"          nobody@cust.example\n"
	"\n";

struct spool {
	const char	*name, *text, *account;
	int64_t		 uid;
};

static const struct spool spools[] = {
	{ "logged in", "1xWi0h-00000X-3A-H\nDebian-exim 47 47\n<anna@cust.example>\n1795732331 0\n" ARRIVED
	    "--helo_name laptop.provider.example\n-host_address [127.0.0.1]:38106\n-host_auth dovecot_login\n"
	    "-received_protocol esmtpa\n--auth_id anna@cust.example\n-tls_resumption A\n" FOR_X FIELDS,
	    "anna@cust.example", -1 },
	{ "logged in, before 4.95", "1xWi0h-00000X-3A-H\nmailnull 47 12\n<anna@cust.example>\n1795732331 0\n"
	    "-helo_name laptop\n-host_address 127.0.0.1.38106\n-auth_id anna@cust.example\n" FOR_X FIELDS,
	    "anna@cust.example", -1 },
	{ "by SMTP, nobody logged in", "1xWi0h-00000X-3A-H\nmailnull 47 12\n<a@b.example>\n1795732331 0\n"
	    "-host_address [192.0.2.1]:38106\n" FOR_X FIELDS, NULL, -1 },
	/* auth_id is whose program it was: nobody has logged in */
	{ "a script", "1xWi0i-00000f-1M-H\nanna 64895 64895\n<anna@cust.example>\n1795732332 0\n" ARRIVED
	    "-ident anna\n-received_protocol local\n-auth_id anna\n-auth_sender anna@srv1.host.example\n-local\n" FOR_X
	    "180P Received: from anna by srv1.host.example with local (Exim 4.96)\n\tid 1xWi0i-00000f-1M\n", NULL, 64895 },
	{ "a name that begins alike", "1xWi0i-00000f-1M-H\nmailnull 47 12\n<a@b.example>\n1795732332 0\n"
	    "-host_address [192.0.2.1]:1\n-auth_id_x no\n" FOR_X FIELDS, NULL, -1 },
};

static void
test_list(struct arena *a)
{
	struct json *messages = json_new_array(a);
	const struct json *row;

	CHECK("count", exim_queue_parse(a, text_of(list), 1800000000, 10, messages) == 3);
	row = json_first(messages);
	CHECK_STR("sender", json_str(row, "sender"), "anna@cust.example");
	CHECK_STR("state", json_str(row, "state"), "deferred");
	CHECK("the one delivered is not there", json_count(json_get(row, "recipients")) == 1);
	row = json_next(row);
	CHECK_STR("who handed it in stands behind", json_str(row, "sender"), "anna@cust.example");
	CHECK_STR("id since 4.97", json_str(row, "id"), "1xWi0i-000000000f1-1M12");
	CHECK_STR("frozen", json_str(row, "state"), "hold");
	row = json_next(row);
	CHECK_STR("a bounce", json_str(row, "sender"), "");
}

static void
test_spool(struct arena *a)
{
	for (size_t i = 0; i < sizeof(spools) / sizeof(spools[0]); i++) {
		const struct spool *c = &spools[i];
		struct json *message = json_new_object(a);
		int64_t uid = 0;

		postcat_parse(a, exim_spool_text(a, text_of(c->text), &uid), message);
		CHECK_STR(c->name, json_str(message, "account"), c->account);
		CHECK(c->name, uid == c->uid);
	}
}

int
main(void)
{
	struct arena *a = arena_new();

	test_list(a);
	test_spool(a);
	arena_free(a);
	TEST_END();
}
