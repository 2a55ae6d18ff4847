/* Hourly counts of a mail log, plain and from the journal, and that nothing in it costs another line. */

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "mail/maillog_hours.h"
#include "unit/test.h"

#define NOW	1764007200	/* 2025-11-24T18:00:00Z */
#define HOUR	1763971200	/* 2025-11-24T08:00:00Z */

static const struct maillog_hour *
find(const struct maillog_hours *h, enum maillog_who who, const char *name, int64_t hour)
{
	for (size_t i = 0; i < maillog_hours_count(h); i++) {
		const struct maillog_hour *r = maillog_hours_at(h, i);

		if (r->who == who && strcmp(r->name, name) == 0 && r->hour == hour)
			return r;
	}
	return NULL;
}

static int64_t
messages(const struct maillog_hours *h, enum maillog_who who, const char *name, int64_t hour)
{
	const struct maillog_hour *r = find(h, who, name, hour);

	return r == NULL ? 0 : r->messages;
}

#define LOGIN(at, ip, user)	at " s postfix/smtpd[7]: 4ABC12: client=h[" ip "], sasl_method=LOGIN, sasl_username=" user

static const struct {
	const char	*name, *line;
	enum maillog_who who;
	const char	*key;
	int64_t		 hour, count;	/* messages in that hour afterwards */
} steps[] = {
	{ "a login", LOGIN("2025-11-24T08:00:01Z", "203.0.113.1", "Info@cust.example"), MAILLOG_MAILBOX, "info@cust.example", HOUR, 1 },
	{ "counts for its domain", "", MAILLOG_DOMAIN, "cust.example", HOUR, 1 },
	{ "and for the server", "", MAILLOG_SERVER, "", HOUR, 1 },
	{ "in the same hour", LOGIN("2025-11-24T08:59:59Z", "198.51.100.1", "info@cust.example"), MAILLOG_MAILBOX, "info@cust.example",
	    HOUR, 2 },
	{ "in the next", LOGIN("2025-11-24T09:00:00Z", "203.0.113.1", "info@cust.example"), MAILLOG_MAILBOX, "info@cust.example",
	    HOUR + 3600, 1 },
	{ "a line without a zone is of ours", LOGIN("Nov 24 10:30:00", "203.0.113.1", "b@cust.example"), MAILLOG_MAILBOX,
	    "b@cust.example", HOUR + 3600, 1 },
	{ "a script by its user's number", "2025-11-24T08:00:01Z s postfix/pickup[7]: 4ABC12: uid=10007 from=<www@cust.example>",
	    MAILLOG_USER, "10007", HOUR, 1 },
	{ "Exim, by name", "2025-11-24 10:00:01 +0200 1tFxYz-0000Ab-1C <= cust@srv1.example U=cust P=local S=900", MAILLOG_USER, "cust",
	    HOUR, 1 },
	{ "our own bounce is nobody's", "2025-11-24 10:00:01 +0200 1tFxYz-0000Ab-1C <= <> R=x U=exim P=local S=900", MAILLOG_USER,
	    "exim", HOUR, 0 },
	{ "a script's folder", "2025-11-24 10:00:01 +0200 cwd=/home/cust/WP 3 args: /usr/sbin/sendmail -t -i", MAILLOG_FILE,
	    "/home/cust/WP", HOUR, 1 },
	{ "a script's file", "2025-11-24T08:00:01Z s php: mail() on [/srv/a.php:3]: To: x@b.example", MAILLOG_FILE, "/srv/a.php", HOUR, 1 },
	{ "by SMTP from here", "2025-11-24T08:00:01Z s postfix/smtpd[7]: 4ABC12: client=localhost[127.0.0.1]", MAILLOG_USER,
	    MAILLOG_LOCALHOST, HOUR, 1 },
	{ "a content filter's second time", "2025-11-24T08:00:01Z s postfix/smtpd[7]: 4ABC13: client=localhost[127.0.0.1], "
	    "orig_queue_id=4ABC12, orig_client=h[203.0.113.1]", MAILLOG_USER, MAILLOG_LOCALHOST, HOUR, 1 },
	{ "mail for us is not sent by us", "2025-11-24T08:00:01Z s postfix/smtpd[7]: 4ABC13: client=h[203.0.113.9]", MAILLOG_SERVER, "",
	    HOUR, 4 },
	{ "years ago", LOGIN("2015-11-24T08:00:01Z", "203.0.113.1", "old@cust.example"), MAILLOG_MAILBOX, "old@cust.example", 1448352000, 0 },
	{ "in the far future", LOGIN("2035-11-24T08:00:01Z", "203.0.113.1", "new@cust.example"), MAILLOG_MAILBOX, "new@cust.example",
	    2079504000, 0 },
	{ "the journal", "{\"__CURSOR\":\"s=1\",\"__REALTIME_TIMESTAMP\":\"1763971201000000\",\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\","
	    "\"MESSAGE\":\"4ABC12: client=h[203.0.113.1], sasl_method=LOGIN, sasl_username=j@cust.example\"}", MAILLOG_MAILBOX,
	    "j@cust.example", HOUR, 1 },
	{ "its bytes", "{\"__REALTIME_TIMESTAMP\":\"1763971201000000\",\"SYSLOG_IDENTIFIER\":\"php\",\"MESSAGE\":[109,97,105,108,40,41,"
	    "32,111,110,32,91,47,255,58,49,93,58,32,84,111,58,32,120]}", MAILLOG_FILE, "/\xff", HOUR, 1 },
	{ "too long for it", "{\"__REALTIME_TIMESTAMP\":\"1763971201000000\",\"SYSLOG_IDENTIFIER\":\"php\",\"MESSAGE\":null}",
	    MAILLOG_SERVER, "", HOUR, 5 },
	{ "no entry", "{\"__REALTIME_TIMESTAMP\":\"x\",\"SYSLOG_IDENTIFIER\":\"php\",\"MESSAGE\":\"x\"}", MAILLOG_SERVER, "", HOUR, 5 },
	{ "half an entry", "{\"__REALTIME_TIMESTAMP\":", MAILLOG_SERVER, "", HOUR, 5 },
};

static void
test_steps(struct arena *a)
{
	struct maillog_hours *h = maillog_hours_new(a, NOW, 5400);
	const struct maillog_hour *r;
	struct maillog_span span;
	size_t same = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].line[0] != '\0')
			maillog_hours_add(h, text_of(steps[i].line));
		CHECK(steps[i].name, messages(h, steps[i].who, steps[i].key, steps[i].hour) == steps[i].count);
	}
	for (size_t i = 0; i < maillog_logins_count(h); i++)
		same += strcmp(maillog_logins_at(h, i)->account, "info@cust.example") == 0 &&
		    maillog_logins_at(h, i)->hour == HOUR;
	CHECK("two networks in that hour", same == 2);
	maillog_hours_add(h, TEXT("2025-11-24T08:00:01Z s postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[203.0.113.1]: 450 4.7.1 "
	    "<a@b.example>: Recipient address rejected: Rate limit reached; from=<info@cust.example> to=<a@b.example> proto=ESMTP "
	    "helo=<h> sasl_username=<info@cust.example>"));
	maillog_hours_add(h, TEXT("2025-11-24T08:00:01Z s postfix/smtpd[7]: NOQUEUE: reject: RCPT from h[203.0.113.1]: 554 5.7.1 "
	    "<a@b.example>: Relay access denied; from=<x@y.example> to=<a@b.example> proto=ESMTP helo=<h>"));
	r = find(h, MAILLOG_MAILBOX, "info@cust.example", HOUR);
	CHECK("cut", r->limited == 1 && r->rejected == 1 && r->messages == 2);
	r = find(h, MAILLOG_SERVER, "", HOUR);
	CHECK("a stranger's refusal is the server's alone", r->limited == 1 && r->rejected == 2);
	maillog_hours_add(h, TEXT("2025-11-24T08:00:01Z s postfix/smtpd[7]: warning: h[203.0.113.1]: SASL LOGIN authentication failed: x"));
	CHECK("a wrong password", find(h, MAILLOG_SERVER, "", HOUR)->failed == 1);
	span = maillog_hours_span(h);
	CHECK("since", span.since == HOUR + 1);
	CHECK("until", span.until == HOUR + 3600);
	CHECK("nothing left out", !span.more);
}

static const struct { const char *name, *line; enum maillog_who who; const char *key; int64_t count; } forwards[] = {
	{ "a mailbox", "2025-11-24T08:00:05Z s postfix/pipe[7]: 4ABC01: to=<info@cust.example>, relay=dovecot, delay=1, dsn=2.0.0, "
	    "status=sent (delivered)", MAILLOG_RECEIVED, "cust.example", 1 },
	{ "an alias that leads elsewhere", "2025-11-24T08:00:05Z s postfix/smtp[7]: 4ABC02: to=<x@gmail.com>, "
	    "orig_to=<anna@cust.example>, relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, dsn=2.0.0, status=sent (250 OK)",
	    MAILLOG_FORWARD, "anna@cust.example gmail.com", 1 },
	{ "came in before", "", MAILLOG_RECEIVED, "cust.example", 2 },
	{ "with a copy here: came in once", "2025-11-24T08:00:05Z s postfix/virtual[7]: 4ABC02: to=<anna@cust.example>, "
	    "relay=virtual, dsn=2.0.0, status=sent (maildir)", MAILLOG_RECEIVED, "cust.example", 2 },
	{ "tried again later: not yet", "2025-11-24T08:00:05Z s postfix/smtp[7]: 4ABC03: to=<x@gmail.com>, "
	    "orig_to=<anna@cust.example>, relay=none, dsn=4.4.1, status=deferred (timed out)", MAILLOG_FORWARD,
	    "anna@cust.example gmail.com", 1 },
	{ "one's own mail to them is none", "2025-11-24T08:00:05Z s postfix/smtp[7]: 4ABC04: to=<y@gmail.com>, relay=g[192.0.2.1]:25, "
	    "dsn=2.0.0, status=sent (250 OK)", MAILLOG_FORWARD, "anna@cust.example gmail.com", 1 },
	{ "a rewritten sender", "2025-11-24T08:00:05Z s postfix/qmgr[7]: 4ABC05: from=<SRS0=aBcD=TT=far.example=bob@cust.example>, "
	    "size=900, nrcpt=1 (queue active)", MAILLOG_FORWARD, "@cust.example yahoo.com", -1 },
	{ "tells of a forwarding too", "2025-11-24T08:00:05Z s postfix/smtp[7]: 4ABC05: to=<z@yahoo.com>, relay=y[192.0.2.1]:25, "
	    "dsn=2.0.0, status=sent (250 OK)", MAILLOG_FORWARD, "@cust.example yahoo.com", 1 },
	{ "SRS in a name only", "2025-11-24T08:00:05Z s postfix/qmgr[7]: 4ABC06: from=<srsly@cust.example>, size=9, nrcpt=1 (queue "
	    "active)", MAILLOG_FORWARD, "@cust.example yahoo.com", 1 },
	{ "is none", "2025-11-24T08:00:05Z s postfix/smtp[7]: 4ABC06: to=<z@yahoo.com>, relay=y[192.0.2.1]:25, dsn=2.0.0, "
	    "status=sent (250 OK)", MAILLOG_FORWARD, "@cust.example yahoo.com", 1 },
	{ "Exim, elsewhere", "2025-11-24 08:00:05 +0000 1tFxYz-0000Ab-1C => x@gmail.com <ben@cust.example> R=dnslookup T=remote_smtp "
	    "H=gmail-smtp-in.l.google.com [192.0.2.1] C=\"250 ok\"", MAILLOG_FORWARD, "ben@cust.example gmail.com", 1 },
	{ "Exim, a mailbox", "2025-11-24 08:00:05 +0000 1tFxYz-0000Ab-1D => info <info@cust.example> R=virtual_user "
	    "T=dovecot_virtual_delivery C=\"250 2.0.0 saved\"", MAILLOG_RECEIVED, "cust.example", 4 },
	{ "Exim, one's own mail", "2025-11-24 08:00:05 +0000 1tFxYz-0000Ab-1E => q@gmail.com R=dnslookup T=remote_smtp H=g "
	    "[192.0.2.1]", MAILLOG_FORWARD, "ben@cust.example gmail.com", 1 },
};

static void
test_forwards(struct arena *a)
{
	struct maillog_hours *h = maillog_hours_new(a, NOW, 0);

	for (size_t i = 0; i < sizeof(forwards) / sizeof(forwards[0]); i++) {
		if (forwards[i].line[0] != '\0')
			maillog_hours_add(h, text_of(forwards[i].line));
		CHECK(forwards[i].name, forwards[i].count < 0 ? find(h, forwards[i].who, forwards[i].key, HOUR) == NULL :
		    messages(h, forwards[i].who, forwards[i].key, HOUR) == forwards[i].count);
	}
	maillog_hours_add(h, TEXT("2025-11-24T08:00:05Z s postfix/smtp[7]: 4ABC07: to=<x@gmail.com>, orig_to=<anna@cust.example>, "
	    "relay=g[192.0.2.1]:25, dsn=5.7.1, status=bounced (550 5.7.26 unauthenticated)"));
	CHECK("refused there", find(h, MAILLOG_FORWARD, "anna@cust.example gmail.com", HOUR)->rejected == 1);
}

static void
test_bounded(void)
{
	struct arena *a = arena_new();
	struct maillog_hours *h = maillog_hours_new(a, NOW, 0);
	char buf[400];

	for (int i = 0; i < 300000; i++) {
		snprintf(buf, sizeof(buf), LOGIN("2025-11-24T08:00:01Z", "%d.%d.3.4", "u%d@d%d.example"), 20 + i % 90, i % 250, i, i);
		maillog_hours_add(h, text_of(buf));
	}
	CHECK("300,000 accounts: bounded rows", maillog_hours_count(h) == MAILLOG_HOURS_MAX);
	CHECK("and memory", arena_used(a) < 48u * 1024 * 1024);
	CHECK("and it says so", maillog_hours_span(h).more);
	arena_free(a);
}

#define PLESK(id, from)	"2025-11-24T08:00:09Z s postfix/cleanup[7]: " id ": milter-reject: END-OF-MESSAGE from h[203.0.113.1]: 5.7.0 Your " \
	"message could not be sent. The limit on the number of allowed outgoing messages was exceeded. Try again later.; from=<" from "> " \
	"to=<a@b.example> proto=ESMTP helo=<h>"

/* What is refused at its end was not sent, and is his who had logged in. */
static void
test_taken_back(struct arena *a)
{
	struct maillog_hours *h = maillog_hours_new(a, NOW, 0);
	const struct maillog_hour *r;

	maillog_hours_add(h, TEXT(LOGIN("2025-11-24T08:00:01Z", "203.0.113.1", "info@cust.example")));
	maillog_hours_add(h, TEXT("2025-11-24T08:00:02Z s postfix/smtpd[7]: 4ABC13: client=h[203.0.113.1], sasl_method=LOGIN, "
	    "sasl_username=info@cust.example"));
	maillog_hours_add(h, TEXT(PLESK("4ABC13", "ceo@other.example")));
	r = find(h, MAILLOG_MAILBOX, "info@cust.example", HOUR);
	CHECK("one sent, one cut", r->messages == 1 && r->limited == 1 && r->rejected == 1);
	CHECK("whatever it claimed", find(h, MAILLOG_CLAIMED, "ceo@other.example", HOUR) == NULL);
	CHECK("of the domain and the server", messages(h, MAILLOG_DOMAIN, "cust.example", HOUR) == 1 &&
	    messages(h, MAILLOG_SERVER, "", HOUR) == 1);
	maillog_hours_add(h, TEXT(PLESK("4ABC13", "ceo@other.example")));
	CHECK("once", messages(h, MAILLOG_MAILBOX, "info@cust.example", HOUR) == 1);
	maillog_hours_add(h, TEXT(PLESK("4FFFFF", "x@cust.example")));
	r = find(h, MAILLOG_CLAIMED, "x@cust.example", HOUR);
	CHECK("without its beginning: as it claims", r != NULL && r->limited == 1);
	maillog_hours_add(h, TEXT("2025-11-24T08:00:02Z s postfix/pickup[7]: 4ABC14: uid=33 from=<www@cust.example>"));
	maillog_hours_add(h, TEXT(PLESK("4ABC14", "www@cust.example")));
	CHECK("a script's", messages(h, MAILLOG_USER, "33", HOUR) == 0 && find(h, MAILLOG_CLAIMED, "www@cust.example", HOUR)->limited == 1);
	maillog_hours_add(h, TEXT("2025-11-24 08:00:01 +0000 1tFxYz-0000Ab-1C <= info@cust.example H=h [203.0.113.1] P=esmtpsa "
	    "A=dovecot_login:info@cust.example S=900"));
	for (int i = 0; i < 2; i++)
		maillog_hours_add(h, TEXT("2025-11-24 08:00:01 +0000 1tFxYz-0000Ab-1C ** a@b.example R=enforce_mail_permissions: Domain "
		    "cust.example has exceeded the max emails per hour (5/5 (100%)) allowed.  Message discarded."));
	CHECK("Exim, two recipients of one message", messages(h, MAILLOG_MAILBOX, "info@cust.example", HOUR) == 1 &&
	    find(h, MAILLOG_DOMAIN, "cust.example", HOUR)->limited == 2);
}

static const struct { const char *ip, *text; } networks[] = {
	{ "192.0.2.1", "192.0.0.0/16" }, { "255.255.255.255", "255.255.0.0/16" }, { "0.0.0.0", "0.0.0.0/16" },
	{ "2001:db8:1::1", "2001:db8::/32" }, { "::1", "0:0::/32" }, { "fe80::1", "fe80:0::/32" },
};

static void
test_networks(struct arena *a)
{
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		struct ip ip;

		CHECK(networks[i].ip, ip_parse(text_of(networks[i].ip), &ip));
		CHECK_STR(networks[i].ip, maillog_network_text(a, maillog_network(ip)), networks[i].text);
	}
}

/* Counts of two pieces add up to those of the whole, wherever the cut is made between two lines. */
static void
test_pieces(struct arena *a)
{
	struct maillog_hours *whole = maillog_hours_new(a, NOW, 0), *first = maillog_hours_new(a, NOW, 0),
	    *second = maillog_hours_new(a, NOW, 0);
	bool same = true;

	for (int i = 0; i < 900; i++) {
		struct text line = text_of(arena_printf(a, LOGIN("2025-11-24T%02d:%02d:01Z", "203.0.113.1", "u%d@cust.example"),
		    8 + i / 300, i % 60, i % 7));

		maillog_hours_add(whole, line);
		maillog_hours_add(i < 431 ? first : second, line);
	}
	for (size_t i = 0; i < maillog_hours_count(whole); i++) {
		const struct maillog_hour *r = maillog_hours_at(whole, i);

		same = same && r->messages == messages(first, r->who, r->name, r->hour) + messages(second, r->who, r->name, r->hour);
	}
	CHECK("pieces add up", same && maillog_hours_count(whole) == 3 * 9);
}

int
main(void)
{
	struct arena *a = arena_new();

	test_steps(a);
	test_bounded();
	test_pieces(a);
	test_networks(a);
	test_taken_back(a);
	test_forwards(a);
	arena_free(a);
	TEST_END();
}
