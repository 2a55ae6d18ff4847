/* Lines of mail logs, queue listings, and what they add up to. */

#include "base/arena.h"
#include "base/time.h"
#include "mail/clamd.h"
#include "mail/exim_queue.h"
#include "mail/maillog.h"
#include "mail/postqueue.h"
#include "mail/queue_groups.h"
#include "unit/test.h"

#define NOW	1764007200	/* 2025-11-24T18:00:00Z */

static const struct {
	const char		*name, *line;
	enum maillog_event	 event;
	const char		*at;		/* NULL = no line of a log */
	const char		*id, *account, *sender, *recipient, *status, *reason;
} lines[] = {
	{ "RFC 3339", "2025-11-24T17:00:01.123456+00:00 srv1 postfix/smtpd[12]: 4ABC12: client=h.example[192.0.2.1], "
	    "sasl_method=PLAIN, sasl_username=info@cust.example", MAILLOG_ACCEPTED, "2025-11-24T17:00:01Z", "4ABC12",
	    "info@cust.example" },
	{ "RFC 3339 with a zone", "2025-11-24T18:00:01+01:00 srv1 postfix/qmgr[1]: 4ABC12: removed", MAILLOG_OTHER,
	    "2025-11-24T17:00:01Z", "4ABC12" },
	{ "classic", "Nov 23 08:00:01 srv1 postfix/pickup[7]: 4ABC12: uid=33 from=<www-data@srv1.example>", MAILLOG_LOCAL,
	    "2025-11-23T08:00:01Z", "4ABC12", NULL, "www-data@srv1.example" },
	{ "classic, one digit", "Nov  3 08:00:01 srv1 postfix/qmgr[7]: 4ABC12: from=<>, size=900, nrcpt=1 (queue active)",
	    MAILLOG_QUEUED, "2025-11-03T08:00:01Z", "4ABC12", NULL, "" },
	{ "classic, last year", "Dec 31 23:59:60 srv1 postfix/qmgr[7]: 4ABC12: removed", MAILLOG_OTHER,
	    "2025-01-01T00:00:00Z", "4ABC12" },
	{ "a second instance, a service of its own", "Nov 23 08:00:01 srv1 postfix-out/submission/smtpd[7]: 4ABC12: "
	    "client=h[192.0.2.1], sasl_method=LOGIN, sasl_username=anna", MAILLOG_ACCEPTED, "2025-11-23T08:00:01Z",
	    "4ABC12", "anna" },
	{ "long queue id", "Nov 23 08:00:01 srv1 postfix/smtp[7]: 4bF2Xz1qRzz3hG: to=<a@b.example>, relay=mx.b.example"
	    "[192.0.2.9]:25, delay=1.2, delays=0.1/0/0.5/0.6, dsn=4.7.0, status=deferred (host mx.b.example[192.0.2.9] "
	    "said: 421 4.7.0 try again (in reply to MAIL FROM command))", MAILLOG_DELIVERY, "2025-11-23T08:00:01Z",
	    "4bF2Xz1qRzz3hG", NULL, NULL, "a@b.example", "deferred", "host mx.b.example[192.0.2.9] said: 421 4.7.0 try "
	    "again (in reply to MAIL FROM command)" },
	{ "an address with a comma", "Nov 23 08:00:01 srv1 postfix/smtp[7]: 4ABC12: to=<\"a, b\"@c.example>, relay=none, "
	    "status=bounced (x)", MAILLOG_DELIVERY, "2025-11-23T08:00:01Z", "4ABC12", NULL, NULL, "\"a, b\"@c.example",
	    "bounced", "x" },
	{ "refused", "Nov 23 08:00:01 srv1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 450 4.7.1 <a@b.example>"
	    ": Recipient address rejected: Rate limit reached, retry later; from=<info@cust.example> to=<a@b.example> "
	    "proto=ESMTP helo=<h> sasl_username=<info@cust.example>", MAILLOG_REJECTED, "2025-11-23T08:00:01Z", NULL,
	    "info@cust.example", "info@cust.example", "a@b.example" },
	{ "wrong password", "Nov 23 08:00:01 srv1 postfix/smtpd[7]: warning: h[192.0.2.1]: SASL LOGIN authentication failed: "
	    "UGFzc3dvcmQ6, sasl_username=info@cust.example", MAILLOG_AUTH_FAILED, "2025-11-23T08:00:01Z", NULL,
	    "info@cust.example" },
	{ "another program", "Nov 23 08:00:01 srv1 sshd[7]: Accepted password for root", MAILLOG_OTHER,
	    "2025-11-23T08:00:01Z" },
	{ "a login in a HELO name is none", "Nov 23 08:00:01 srv1 postfix/smtpd[7]: 4ABC12: client=xsasl_username=ceo@cust"
	    ".example[192.0.2.1]", MAILLOG_ACCEPTED, "2025-11-23T08:00:01Z", "4ABC12" },
	{ "Exim, authenticated", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C <= info@cust.example H=(h) [192.0.2.1]:4711 "
	    "P=esmtpsa A=dovecot_login:info@cust.example S=900 id=x@h T=\"Hi\" from <info@cust.example> for a@b.example",
	    MAILLOG_ACCEPTED, "2025-11-24T17:00:01Z", "1tFxYz-0000Ab-1C", "info@cust.example", "info@cust.example" },
	{ "Exim, local", "2025-11-24 17:00:01.123 +0100 1tFxYz-00000000Abc-1CDe <= cust@srv1.example U=cust P=local S=900",
	    MAILLOG_LOCAL, "2025-11-24T16:00:01Z", "1tFxYz-00000000Abc-1CDe", NULL, "cust@srv1.example" },
	{ "Exim, a bounce with a process number", "2025-11-24 17:00:01 [4711] 1tFxYz-0000Ab-1C <= <> R=1tFxYz-0000Aa-1C "
	    "U=exim P=local S=900", MAILLOG_LOCAL, "2025-11-24T17:00:01Z", "1tFxYz-0000Ab-1C", NULL, "" },
	{ "Exim, deferred", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C == a@b.example R=dnslookup T=remote_smtp defer (-44): SMTP "
	    "error from remote", MAILLOG_DELIVERY, "2025-11-24T17:00:01Z", "1tFxYz-0000Ab-1C", NULL, NULL, "a@b.example",
	    "deferred", "SMTP error from remote" },
	{ "Exim, done", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C Completed", MAILLOG_OTHER, "2025-11-24T17:00:01Z",
	    "1tFxYz-0000Ab-1C" },
	{ "a blank in a quoted sender is no field of Exim's", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C <= \"a A=dovecot_login:"
	    "ceo@cust.example \\\" b\"@x.example H=h [192.0.2.1] P=esmtp S=900", MAILLOG_ACCEPTED, "2025-11-24T17:00:01Z",
	    "1tFxYz-0000Ab-1C", NULL, "\"a A=dovecot_login:ceo@cust.example \\\" b\"@x.example" },
	{ "nor is one in a subject", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C <= a@x.example H=h [192.0.2.1] P=esmtp S=900 id=x "
	    "T=\"x A=dovecot_login:ceo@cust.example y\"", MAILLOG_ACCEPTED, "2025-11-24T17:00:01Z", "1tFxYz-0000Ab-1C", NULL,
	    "a@x.example" },
	{ "Exim, sendmail is called from a folder", "2025-11-24 17:00:01 cwd=/home/cust/public_html/wp 3 args: /usr/sbin/sendmail"
	    " -t -i", MAILLOG_SCRIPT, "2025-11-24T17:00:01Z" },
	{ "Exim, its own queue runner", "2025-11-24 17:00:01 cwd=/var/spool/exim 2 args: /usr/sbin/exim -q", MAILLOG_OTHER,
	    "2025-11-24T17:00:01Z" },
	{ "PHP", "Nov 23 08:00:01 srv1 php[7]: mail() on [/var/www/vhosts/cust.example/httpdocs/a]b.php:12]: To: a@b.example -- "
	    "Headers: X: mail() on [/x.php:1]: To: y", MAILLOG_SCRIPT, "2025-11-23T08:00:01Z" },
	{ "PHP, something else", "Nov 23 08:00:01 srv1 php[7]: mail() off", MAILLOG_OTHER, "2025-11-23T08:00:01Z" },
	{ "no time", "postfix/smtpd[12]: 4ABC12: client=h[192.0.2.1]", MAILLOG_OTHER, NULL },
	{ "a month that is none", "Foo 23 08:00:01 srv1 postfix/smtpd[7]: x", MAILLOG_OTHER, NULL },
	{ "cut in the time", "2025-11-24T17:0", MAILLOG_OTHER, NULL },
	{ "a time and nothing behind", "2025-11-24 17:00:01 ", MAILLOG_OTHER, NULL },
	{ "empty", "", MAILLOG_OTHER, NULL },
};

static void
same(struct arena *a, const char *name, struct text got, const char *want)
{
	CHECK_STR(name, got.p == NULL ? NULL : text_cstr(a, got), want);
}

static void
test_lines(struct arena *a)
{
	struct maillog_line l;
	char at[TIME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *name = lines[i].name;
		bool fine = maillog_read(text_of(lines[i].line), NOW, &l);

		CHECK(name, fine == (lines[i].at != NULL));
		if (!fine)
			continue;
		CHECK(name, l.event == lines[i].event);
		CHECK_STR(name, time_text(l.at, at), lines[i].at);
		same(a, name, l.id, lines[i].id);
		same(a, name, l.account, lines[i].account);
		same(a, name, l.sender, lines[i].sender);
		same(a, name, l.recipient, lines[i].recipient);
		same(a, name, l.status, lines[i].status);
		if (lines[i].reason != NULL)
			same(a, name, l.reason, lines[i].reason);
	}
}

static void
test_counts(struct arena *a)
{
	struct maillog_counts *c = maillog_counts_new(a, NOW);
	const struct json *j, *one;

	for (int i = 0; i < 300; i++)
		maillog_count(c, text_of(arena_printf(a, "Nov 23 %02d:%02d:01 srv1 postfix/smtpd[7]: 4ABC%03d: client=h"
		    "[%d.%d.2.1], sasl_method=LOGIN, sasl_username=Info@cust.example", 8 + i / 100, i % 50, i,
		    i < 100 ? 20 + i % 12 : 127, 5)));
	maillog_count(c, TEXT("\xff\xfe nonsense \x00 of any kind"));
	maillog_count(c, text_of(lines[2].line));
	maillog_count(c, text_of(lines[8].line));
	j = maillog_counts_json(c, a);
	CHECK("lines", json_int(j, "lines", 0) == 302);
	one = json_first(json_get(j, "accounts"));
	CHECK_STR("one account, whatever its case", json_str(one, "account"), "info@cust.example");
	CHECK("messages", json_int(one, "messages", 0) == 300);
	CHECK("busiest hour", json_int(one, "busiest", 0) == 100);
	CHECK("networks, webmail not counted", json_int(one, "networks", 0) == 12);
	CHECK("two domains", json_count(json_get(j, "domains")) == 2);
	one = json_first(json_get(j, "limited"));
	CHECK_STR("cut by a limit", json_str(one, "who"), "info@cust.example");
	CHECK("with a login", json_bool(one, "account", false));
	CHECK("since", json_int(j, "since", 0) > 0 && json_int(j, "until", 0) > json_int(j, "since", 0));
}

static void
test_scripts(struct arena *a)
{
	struct maillog_line l;

	CHECK("PHP", maillog_read(TEXT("Nov 23 08:00:01 srv1 php[7]: mail() on [/srv/a]b.php:12]: To: a@b.example -- "
	    "Headers: X: mail() on [/x.php:1]: To: y"), NOW, &l));
	same(a, "its file, whatever stands in the header", l.script, "/srv/a]b.php");
	CHECK("Exim", maillog_read(TEXT("2025-11-24 17:00:01 [12] cwd=/home/cust/wp 3 args: /usr/sbin/sendmail -t -i"), NOW, &l));
	same(a, "its folder", l.script, "/home/cust/wp");
	CHECK("no zone", l.zoneless);
	CHECK("a zone", maillog_read(TEXT("2025-11-24T17:00:01Z srv1 x: y"), NOW, &l) && !l.zoneless);
}

static const struct {
	const char	*name, *line;
	const char	*who;		/* NULL = nobody was cut */
	bool		 account;
} cuts[] = {
	{ "by a policy server", "Nov 23 08:00:01 s postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 450 4.7.1 <a@b.example>: "
	    "Recipient address rejected: Rate limit reached; from=<info@cust.example> to=<a@b.example> proto=ESMTP helo=<h> "
	    "sasl_username=<info@cust.example>", "info@cust.example", true },
	{ "from this machine, without a login", "Nov 23 08:00:01 s postfix/smtpd[7]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: "
	    "450 4.7.1 <a@b.example>: Recipient address rejected: Rate limit reached; from=<info@cust.example> to=<a@b.example> "
	    "proto=ESMTP helo=<h>", "info@cust.example", false },
	{ "a stranger", "Nov 23 08:00:01 s postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 450 4.7.1 <a@b.example>: Recipient "
	    "address rejected: Rate limit reached; from=<info@cust.example> to=<a@b.example> proto=ESMTP helo=<h>", NULL, false },
	{ "an address that says so is no limit", "Nov 23 08:00:01 s postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 554 5.7.1 "
	    "<\"rate limit reached\"@b.example>: Relay access denied; from=<> to=<> proto=ESMTP helo=<x> "
	    "sasl_username=<ceo@cust.example>", NULL, false },
	{ "by Plesk, from outside", "Nov 23 08:00:01 s postfix/cleanup[7]: AE16288F80: milter-reject: END-OF-MESSAGE from h[192.0.2.1]: 5.7.0 "
	    "Your message could not be sent. The limit on the number of allowed outgoing messages was exceeded. Try again later.; "
	    "from=<info@cust.example> to=<a@b.example> proto=ESMTP helo=<h>", "info@cust.example", false },
	{ "Plesk's words in an address", "Nov 23 08:00:01 s postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 554 5.7.1 <\"allowed "
	    "outgoing messages was exceeded\"@b.example>: Relay access denied; from=<ceo@cust.example> to=<x@b.example> proto=ESMTP "
	    "helo=<x>", NULL, false },
	{ "by cPanel's Exim", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C ** a@b.example R=enforce_mail_permissions: Domain cust.example has "
	    "exceeded the max emails per hour (5/5 (100%)) allowed.  Message discarded.", "cust.example", true },
	{ "a remote server's words are not ours", "Nov 23 08:00:01 s postfix/smtp[7]: 4ABC12: to=<a@b.example>, relay=mx[192.0.2.9]:25, "
	    "dsn=4.7.0, status=deferred (host mx said: 421 rate limit reached)", NULL, false },
	{ "delivered", "2025-11-24 17:00:01 1tFxYz-0000Ab-1C => a@b.example R=x T=y H=mx C=\"250 a: Domain cust.example has exceeded the "
	    "max emails per hour\"", NULL, false },
};

static void
test_cuts(struct arena *a)
{
	struct maillog_line l;

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		bool account;

		CHECK(cuts[i].name, maillog_read(text_of(cuts[i].line), NOW, &l));
		same(a, cuts[i].name, maillog_limited(&l, &account), cuts[i].who);
		CHECK(cuts[i].name, cuts[i].who == NULL || account == cuts[i].account);
	}
}

static void
test_bounded(void)
{
	struct arena *a = arena_new(), *scratch = arena_new();
	struct maillog_counts *c = maillog_counts_new(a, NOW);

	for (int i = 0; i < 100000; i++) {
		maillog_count(c, text_of(arena_printf(scratch, "Nov 23 08:00:01 srv1 postfix/smtpd[7]: 4ABC12: client=h"
		    "[192.0.2.1], sasl_method=LOGIN, sasl_username=u%d@d%d.example", i, i)));
		if (i % 1000 == 0) {
			arena_free(scratch);
			scratch = arena_new();
		}
	}
	CHECK("100,000 accounts: bounded memory", arena_used(a) < 48u * 1024 * 1024);
	CHECK("and it says so", json_bool(maillog_counts_json(c, scratch), "more", false));
	arena_free(scratch);
	arena_free(a);
}

/* --- queues ------------------------------------------------------------------------------------------------ */

/* As Exim 4.96 writes it: two dashes before what a stranger has written. */
static void
test_spool(struct arena *a)
{
	static const struct { const char *name, *head, *account; int64_t uid; } cases[] = {
		{ "who logged in", "id-H\nDebian-exim 103 109\n<a@b.example>\n1 0\n--helo_name -auth_id evil@x.example\n"
		    "-host_address [192.0.2.1]:5\n-host_auth dovecot_login\n--auth_id u@cust.example\nXX\n", "u@cust.example", -1 },
		{ "by an older one", "id-H\nmailnull 47 12\n<a@b.example>\n1 0\n-host_address 192.0.2.1.5\n"
		    "-host_auth dovecot_plain\n-auth_id u@cust.example\nXX\n", "u@cust.example", -1 },
		{ "a program: the name of its user is no login", "id-H\nanna 1001 1001\n<a@b.example>\n1 0\n-ident anna\n"
		    "-received_protocol local\n-auth_id anna\n-auth_sender anna@h.example\n-local\nXX\n", NULL, 1001 },
		{ "by SMTP from nobody", "id-H\nDebian-exim 103 109\n<>\n1 0\n-host_address [192.0.2.1]:5\nXX\n", NULL, -1 },
		{ "cut off", "id-H\nanna", NULL, -1 },
	};
	static const char log[] =
	    "2026-11-26 22:45:37 Received from a@b.example U=anna P=local S=357\n"
	    "2026-11-26 22:45:37 H=mx.big.example [192.0.2.7]: x@big.example R=dns T=smtp defer (-1)\n"
	    "2026-11-26 22:45:38 X@big.example R=dnslookup T=remote_smtp H=mx.big.example [192.0.2.7] defer (-44): SMTP error "
	    "from remote mail server after RCPT TO:<x@big.example>: 451 4.7.1 try later (please)\n"
	    "2026-11-26 22:45:39.123 y@big.example <list@cust.example> R=dnslookup T=remote_smtp defer (111): Connection refused\n"
	    "2026-11-26 22:50:00 +0100 x@big.example R=dnslookup T=remote_smtp defer (-54): retry time not reached for any host\n"
	    "2026-11-26 22:50:01 z@big.example R=dnslookup defer (-1): first\n"
	    "2026-11-26 22:50:02 z@big.example R=dnslookup defer (-1):\n"
	    "2026-11-26 22:50:03 z@big.example R=dnslookup defer (\nnonsense\n\n";
	struct json *message = json_new_object(a), *list = json_put_array(message, "recipients");
	static const char *const to[] = { "x@big.example", "y@big.example", "z@big.example", "never@big.example" };
	static const char *const why[] = { "SMTP error from remote mail server after RCPT TO:<x@big.example>: 451 4.7.1 try later (please)",
	    "Connection refused", "first", NULL };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *m = json_new_object(a);
		int64_t uid;
		const char *file = arena_printf(a, "%s1\nx@y.example\n\n020  X-Mailer: one line\n\ttwo\n011* Subject: x\n",
		    cases[i].head);
		struct text shown = exim_spool_text(a, text_of(file), &uid);

		postcat_parse(a, shown, m);
		CHECK_STR(cases[i].name, json_str(m, "account"), cases[i].account);
		CHECK(cases[i].name, uid == cases[i].uid);
	}
	for (size_t i = 0; i < 4; i++) {
		struct json *one = json_add_object(list);

		json_put_str(one, "address", to[i]);
		json_put_null(one, "reason");
	}
	exim_log_parse(TEXT(log), message);
	for (size_t i = 0; i < 4; i++) {
		const struct json *v = json_first(list);

		for (size_t j = 0; j < i; j++)
			v = json_next(v);
		CHECK_STR(to[i], json_str(v, "reason"), why[i]);
	}
}

static void
test_exim(struct arena *a)
{
	static const char out[] =
	    "25m  2.9K 0t5C6f-0000c8-00 <alice@cust.example>\n          red.king@b.example\n        D white@c.example\n\n"
	    " 4d   842 0t5C6f-00000000c80-0012 <> *** frozen ***\n          a@b.example\n\n"
	    "rubbish in between\n"
	    "17h   12M 0t5C6f-0000c9-00 <\"a>b\"@cust.example>\n          x@b.example\n";
	struct json *list = json_new_array(a);
	const struct json *m, *r;

	CHECK("three", exim_queue_parse(a, TEXT(out), NOW, 100, list) == 3 && json_count(list) == 3);
	m = json_first(list);
	CHECK_STR("id", json_str(m, "id"), "0t5C6f-0000c8-00");
	CHECK_STR("state", json_str(m, "state"), "deferred");
	CHECK("age", json_int(m, "arrived_at", 0) == NOW - 25 * 60);
	CHECK("size", json_int(m, "size", 0) == 2 * 1024 + 9 * 1024 / 10);
	r = json_first(json_get(m, "recipients"));
	CHECK_STR("recipient", json_str(r, "address"), "red.king@b.example");
	CHECK("who has it already is left out", json_next(r) == NULL);
	m = json_next(m);
	CHECK_STR("frozen", json_str(m, "state"), "hold");
	CHECK_STR("a bounce", json_str(m, "sender"), "");
	CHECK_STR("a quoted sender", json_str(json_next(m), "sender"), "\"a>b\"@cust.example");
	list = json_new_array(a);
	CHECK("counted beyond the bound", exim_queue_parse(a, TEXT(out), NOW, 1, list) == 3 && json_count(list) == 1);
	test_spool(a);
	CHECK("no id", !exim_id_fits(TEXT("0t5C6f-0000c8-0")) && !exim_id_fits(TEXT("-0t5C6f-0000c8-00")) &&
	    !exim_id_fits(TEXT("0t5C6f-0000c8-00 ")) && !exim_id_fits(TEXT("")));
}

static void
test_groups(struct arena *a)
{
	static const char out[] =
	    "{\"queue_name\":\"deferred\",\"queue_id\":\"4A1\",\"arrival_time\":1764000000,\"message_size\":9,\"sender\":"
	    "\"a@cust.example\",\"recipients\":[{\"address\":\"x@b.example\"},{\"address\":\"y@B.example\"}]}\n"
	    "{\"queue_name\":\"deferred\",\"queue_id\":\n"
	    "{\"queue_name\":\"active\",\"queue_id\":\"4A2\",\"sender\":\"\",\"new\":[{}],\"recipients\":[]}\n";
	struct json *list = json_new_array(a);
	struct queue_groups *g;
	enum queue_by by;
	const char *key;

	CHECK("a bad line loses no other", postqueue_parse(a, TEXT(out), 100, list) == 2);
	g = queue_group(a, NULL, list);
	CHECK("two senders", g->count == 2 && g->messages == 2 && g->headers == 0);
	CHECK("group", queue_group_parse("script:/var/www/a:b.php", &by, &key) && by == QUEUE_BY_SCRIPT &&
	    strcmp(key, "/var/www/a:b.php") == 0);
	CHECK("bounces", queue_group_parse("sender:", &by, &key) && by == QUEUE_BY_SENDER && key[0] == '\0');
	CHECK("no group", !queue_group_parse("script", &by, &key) && !queue_group_parse("other:x", &by, &key));
}

static void
test_headers(struct arena *a)
{
	static const char out[] =
	    "*** ENVELOPE RECORDS deferred/4/4A1 ***\nnamed_attribute: sasl_username=info@cust.example\n"
	    "*** MESSAGE CONTENTS deferred/4/4A1 ***\n"
	    "Received: by srv1.example (Postfix, from userid 10007)\n\tid 4A1; x\n"
	    "Received: by forged.example (Postfix, from userid 33)\n"
	    "X-PHP-Originating-Script: 10007:mailer.php\nList-Unsubscribe: <https://x.example/>\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\nSubject: a\n b\n\nX-Mailer: body\n";
	struct json *m = json_new_object(a);
	const struct json *fields, *last = NULL;

	postcat_parse(a, TEXT(out), m);
	CHECK("our own Received decides", json_int(m, "uid", 0) == 10007);
	CHECK_STR("login", json_str(m, "account"), "info@cust.example");
	CHECK_STR("script", json_str(m, "script"), "10007:mailer.php");
	CHECK("one click", json_tristate(m, "list_unsubscribe_post") == 1 && json_tristate(m, "list_unsubscribe") == 1);
	CHECK("the body is none of it", json_str(m, "x_mailer") == NULL);
	fields = postcat_header(a, TEXT(out));
	CHECK("fields", json_count(fields) == 6);
	for (const struct json *v = json_first(fields); v != NULL; v = json_next(v))
		last = v;
	CHECK_STR("unfolded", json_str(last, "value"), "a b");
}

static void
test_clamd(struct arena *a)
{
	struct text version, path, name;
	enum clamd_result result;
	int64_t at, number;
	char buf[TIME_TEXT_MAX];

	CHECK("version", clamd_version(TEXT("ClamAV 1.4.3/27800/Mon Nov 24 08:24:10 2025\n"), &version, &number, &at));
	CHECK_STR("its number", text_cstr(a, version), "1.4.3");
	CHECK("its signatures' number", number == 27800);
	CHECK_STR("its signatures' time", time_text(at, buf), "2025-11-24T08:24:10Z");
	CHECK("one digit", clamd_version(TEXT("ClamAV 1.4.3/27800/Sat Mar  1 00:00:00 2025"), &version, &number, &at));
	CHECK_STR("of a day", time_text(at, buf), "2025-03-01T00:00:00Z");
	CHECK("without signatures", clamd_version(TEXT("ClamAV 1.4.3"), &version, &number, &at) && at == -1 && number == -1);
	CHECK("something else", !clamd_version(TEXT("PONG"), &version, &number, &at));
	CHECK("found", clamd_scan_line(TEXT("/a: b/x.php: Eicar-Test-Signature FOUND"), &path, &name, &result) &&
	    result == CLAMD_FOUND);
	CHECK_STR("path", text_cstr(a, path), "/a: b/x.php");
	CHECK_STR("name", text_cstr(a, name), "Eicar-Test-Signature");
	CHECK("clean", clamd_scan_line(TEXT("/a: OK"), &path, &name, &result) && result == CLAMD_CLEAN);
	CHECK("failed", clamd_scan_line(TEXT("/a: lstat() failed: No such file. ERROR"), &path, &name, &result) &&
	    result == CLAMD_ERROR);
}

int
main(void)
{
	struct arena *a = arena_new();

	test_lines(a);
	test_counts(a);
	test_scripts(a);
	test_cuts(a);
	test_bounded();
	test_exim(a);
	test_groups(a);
	test_headers(a);
	test_clamd(a);
	arena_free(a);
	TEST_END();
}
