/* The message test: for each item a message that has it, and the nearest one that has not. */

#include "base/arena.h"
#include "base/file.h"
#include "base/str.h"
#include "base/yaml.h"
#include "mail/link.h"
#include "mail/mail_date.h"
#include "mail/psl.h"
#include "mail/score.h"
#include "shipped.h"
#include "unit/test.h"

#define NOW	1763920800

static const struct data *data;
static const struct psl *psl;

/* --- messages ------------------------------------------------------------------------------------------- */

static const char *const base[][2] = {
	{ "From", "Anna <anna@cust.example>" }, { "To", "b@other.example" }, { "Subject", "Offer of the month" },
	{ "Date", "Mon, 23 Nov 2026 18:00:00 +0100" }, { "Message-ID", "<1@mail.cust.example>" },
};

/* `head`: fields that stand instead of those of the same name, parted by "|"; "-Date" takes one away. */
static struct text
make(struct arena *a, const char *head, const char *body)
{
	struct text rest = text_of(head), field;
	struct str s = str_in(a, 4 << 20);

	for (size_t i = 0; i < 5; i++) {
		bool there = false;

		for (rest = text_of(head); text_split(&rest, '|', &field);)
			there = there || text_istarts(field, arena_printf(a, "%s:", base[i][0])) ||
			    text_is(field, arena_printf(a, "-%s", base[i][0]));
		if (!there)
			str_addf(&s, "%s: %s\r\n", base[i][0], base[i][1]);
	}
	for (rest = text_of(head); text_split(&rest, '|', &field);)
		if (field.n > 0 && field.p[0] != '-') {
			str_addt(&s, field);
			str_add(&s, "\r\n");
		}
	str_add(&s, "\r\n");
	str_add(&s, body == NULL ? "Good morning, here is the offer of the month.\r\n" : body);
	return str_text(&s);
}

static const struct score_content *
read_message(struct arena *a, struct text text)
{
	struct message *m = arena_zalloc(a, sizeof(*m));

	message_read(a, text, m, NULL);
	return score_read(a, data, psl, text, m);
}

/* All codes found, parted by blanks. */
static const char *
codes(struct arena *a, const struct score_item *items, size_t count)
{
	struct str s = str_in(a, 4000);

	for (size_t i = 0; i < count; i++)
		str_addf(&s, "%s%s", s.n > 0 ? " " : "", items[i].code);
	return s.p;
}

#define MIME	"MIME-Version: 1.0|"
#define HTML	MIME "Content-Type: text/html; charset=utf-8"
#define BOTH	MIME "Content-Type: multipart/alternative; boundary=x"
#define PARTS(text, html) "--x\r\nContent-Type: text/plain\r\n\r\n" text "\r\n--x\r\nContent-Type: text/html\r\n\r\n" html "\r\n--x--\r\n"
#define WORDS	"Good morning, here is the offer of the month for all our friends in the north and in the south of the country, as every month."
#define LINK(html) PARTS(WORDS, "<p>" WORDS "</p>" html)
#define FILES	MIME "Content-Type: multipart/mixed; boundary=x"
#define FILE(head, bytes) "--x\r\nContent-Type: text/plain\r\n\r\nHere.\r\n--x\r\n" head "\r\n\r\n" bytes "\r\n--x--\r\n"
#define NAMED(name) FILE("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" name "\"", "abc")
#define BULK	"List-Id: <l.cust.example>|List-Unsubscribe: <https://cust.example/u/1>"
#define POST	"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
/* A zip with one file "a.txt", not encrypted, encrypted, and one called "a.exe"; base64. */
#define ZIP(b64) FILE("Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64", b64)
#define B64_PLAIN "UEsDBAoAAAAAAAAAAAAAAAAAAAAAAAAAAAAFAAAAYS50eHQ="
#define B64_CRYPT "UEsDBAoAAQAAAAAAAAAAAAAAAAAAAAAAAAAFAAAAYS50eHQ="
#define B64_EXE "UEsDBAoAAAAAAAAAAAAAAAAAAAAAAAAAAAAFAAAAYS5leGU="

/* body NULL = a plain text; `want`: the codes, in the order of the message. */
static const struct { const char *name, *head, *body, *want; } cases[] = {
	{ "nothing wrong", "", NULL, "" },
	{ "no From", "-From", NULL, "from_missing" },
	{ "two From", "From: a@cust.example|From: b@cust.example", NULL, "from_repeated" },
	{ "From unreadable", "From: Anna", NULL, "from_unreadable" },
	{ "two authors", "From: a@cust.example, b@cust.example", NULL, "from_several" },
	{ "a comma without quotes", "From: Doe, Anna <a@cust.example>", NULL, "from_syntax" },
	{ "a comma in quotes", "From: \"Doe, Anna\" <a@cust.example>", NULL, "" },
	{ "answers to a free mailbox", "Reply-To: anna.cust@gmail.com", NULL, "reply_to_freemail" },
	{ "answers to another of ours", "Reply-To: info@shop.cust.example", NULL, "" },
	{ "answers to another company", "Reply-To: info@partner.example", NULL, "" },
	{ "a free mailbox answers to itself", "From: a@gmail.com|Reply-To: a@gmail.com|Message-ID: <1@mail.gmail.com>", NULL, "" },

	{ "no Date", "-Date", NULL, "date_missing" },
	{ "no date in Date", "Date: yesterday", NULL, "date_invalid" },
	{ "two hours ahead", "Received: from a by b; Mon, 23 Nov 2026 15:00:00 +0000", NULL, "date_future" },
	{ "two hours late", "Received: from a by b; Mon, 23 Nov 2026 19:00:00 +0000", NULL, "date_past" },
	{ "an hour is allowed", "Received: from a by b; Mon, 23 Nov 2026 18:00:00 +0000", NULL, "" },
	{ "two days in a queue", "Received: from a by b; Wed, 25 Nov 2026 17:00:00 +0000|"
	    "Received: from c by a; Mon, 23 Nov 2026 17:00:10 +0000", NULL, "" },
	{ "no clock to compare with", "Date: Mon, 23 Nov 2020 18:00:00 +0100", NULL, "" },

	{ "no Message-ID", "-Message-ID", NULL, "message_id_missing" },
	{ "Message-ID without brackets", "Message-ID: 1@cust.example", NULL, "message_id_invalid" },
	{ "Message-ID without host", "Message-ID: <abcdef>", NULL, "message_id_invalid" },
	{ "Message-ID of localhost", "Message-ID: <1@localhost.localdomain>", NULL, "message_id_local" },
	{ "Message-ID of a bare name", "Message-ID: <1@web1>", NULL, "message_id_local" },

	{ "no subject", "-Subject", NULL, "subject_missing" },
	{ "empty subject", "Subject: ", NULL, "subject_missing" },
	{ "all capitals", "Subject: BUY NOW AND SAVE", NULL, "subject_capitals" },
	{ "all capitals, encoded", "Subject: =?utf-8?q?COMPRE_AHORA_=C3=91?=", NULL, "subject_capitals" },
	{ "all capitals but for the mark", "Subject: Re: BUY NOW AND SAVE|References: <2@other.example>", NULL, "subject_capitals" },
	{ "one word in capitals", "Subject: The NATO summit", NULL, "" },
	{ "a short code", "Subject: DNS OK", NULL, "" },
	{ "shouting", "Subject: Buy now!!!", NULL, "subject_shouts" },
	{ "two marks", "Subject: Hello! Welcome!", NULL, "" },
	{ "a false answer", "Subject: Re: our talk", NULL, "subject_fake_reply" },
	{ "a true answer", "Subject: Re: our talk|In-Reply-To: <2@other.example>", NULL, "" },
	{ "begins like an answer", "Subject: Reading for winter", NULL, "" },
	{ "a forwarded message", "Subject: Fwd: our talk", NULL, "" },

	{ "two subjects", "Subject: a|Subject: b", NULL, "field_repeated" },
	{ "two Received are usual", "Received: from a by b|Received: from c by a", NULL, "" },
	{ "a line that is no field", "no field here", NULL, "header_syntax" },
	{ "8-bit in the header", "Subject: Ma\303\261ana es viernes", NULL, "header_8bit" },
	{ "encoded in the header", "Subject: =?utf-8?q?Ma=C3=B1ana_es_viernes?=", NULL, "" },
	{ "no recipient", "-To", NULL, "to_missing" },
	{ "a copy only", "-To|Cc: b@other.example", NULL, "" },

	{ "no MIME-Version", "Content-Type: text/plain", NULL, "mime_version" },
	{ "boundary never closed", BOTH, "--x\r\nContent-Type: text/plain\r\n\r\nHi there.\r\n", "mime_broken" },
	{ "no boundary", MIME "Content-Type: multipart/mixed", "Hi there.\r\n", "mime_broken" },
	{ "no part", FILES, "Hi there.\r\n", "mime_broken" },
	{ "unknown encoding", MIME "Content-Type: text/plain|Content-Transfer-Encoding: rot13", NULL, "mime_broken" },
	{ "not base64", MIME "Content-Type: text/plain|Content-Transfer-Encoding: base64", "SGk=!\r\n", "mime_broken" },
	{ "base64", MIME "Content-Type: text/plain|Content-Transfer-Encoding: base64", "SGkgdGhlcmUu\r\n", "" },
	{ "8-bit without a word", MIME "Content-Type: text/plain", "Ma\303\261ana\r\n", "body_8bit" },
	{ "8-bit with one", MIME "Content-Type: text/plain; charset=utf-8|Content-Transfer-Encoding: 8bit",
	    "Ma\303\261ana\r\n", "" },
	{ "empty", "", "\r\n", "body_empty" },

	{ "HTML only", HTML, "<p>" WORDS "</p>", "text_missing" },
	{ "both", BOTH, PARTS(WORDS, "<p>" WORDS "</p>"), "" },
	{ "an empty text part", BOTH, PARTS("", "<p>" WORDS "</p>"), "text_missing" },
	{ "different texts", BOTH, PARTS("Please open this message in a browser.", "<p>" WORDS "</p>"), "text_differs" },
	{ "HTML says a little more", BOTH, PARTS(WORDS, "<p>" WORDS "</p><p>Unsubscribe here</p>"), "" },
	{ "a script", BOTH, LINK("<script>alert(1)</script>"), "html_script" },
	{ "a handler", BOTH, LINK("<b onclick=\"x()\">x</b>"), "html_script" },
	{ "data for search", BOTH, LINK("<script type=\"application/ld+json\">{}</script>"), "" },
	{ "a script in a comment", BOTH, LINK("<!-- <script> -->"), "" },
	{ "a form", BOTH, LINK("<form action=\"https://cust.example/\"></form>"), "html_form" },
	{ "a frame", BOTH, LINK("<iframe src=\"https://cust.example/\"></iframe>"), "html_frame" },
	{ "an object", BOTH, LINK("<object data=x></object>"), "html_object" },
	{ "a refresh", BOTH, LINK("<meta http-equiv=refresh content=1>"), "html_refresh" },
	{ "a picture without alt", BOTH, LINK("<img src=\"https://cust.example/a.png\">"), "image_no_alt" },
	{ "a picture with alt", BOTH, LINK("<img src=\"https://cust.example/a.png\" alt=\"\">"), "" },
	{ "a counting pixel", BOTH, LINK("<img src=\"https://cust.example/a.gif\" width=1 height=1>"), "" },
	{ "only a picture", BOTH, PARTS("Offer of the month", "<img alt=\"Offer of the month\" src=\"cid:1\">"),
	    "image_only" },

	{ "https", BOTH, LINK("<a href=\"https://cust.example/\">here</a>"), "" },
	{ "http", BOTH, LINK("<a href=\"http://cust.example/\">here</a>"), "link_http" },
	{ "mailto", BOTH, LINK("<a href=\"mailto:a@cust.example\">here</a>"), "" },
	{ "a link to an address", BOTH, LINK("<a href=\"https://203.0.113.9/x\">here</a>"), "link_address" },
	{ "a link to a hidden address", BOTH, LINK("<a href=\"https://0xcb007109/x\">here</a>"), "link_address" },
	{ "a link to an IPv6 address", BOTH, LINK("<a href=\"https://[2001:db8::1]/\">here</a>"), "link_address" },
	{ "a name of digits", BOTH, LINK("<a href=\"https://123.example/\">here</a>"), "" },
	{ "a shortener", BOTH, LINK("<a href=\"https://bit.ly/abc\">here</a>"), "link_shortener" },
	{ "ends like a shortener", BOTH, LINK("<a href=\"https://rabbit.ly/abc\">here</a>"), "" },
	{ "a user before the host", BOTH, LINK("<a href=\"https://bank.example@evil.example/\">here</a>"), "link_user" },
	{ "an @ in the path", BOTH, LINK("<a href=\"https://cust.example/@anna\">here</a>"), "" },
	{ "a port", BOTH, LINK("<a href=\"https://cust.example:8080/\">here</a>"), "link_port" },
	{ "the usual port", BOTH, LINK("<a href=\"https://cust.example:443/\">here</a>"), "" },
	{ "shown another host", BOTH, LINK("<a href=\"https://evil.example/\">https://bank.example/login</a>"), "link_other" },
	{ "shown another bare host", BOTH, LINK("<a href=\"https://evil.example/\"><b>www.bank.example</b></a>"), "link_other" },
	{ "shown the same domain", BOTH, LINK("<a href=\"https://click.bank.example/\">www.bank.example</a>"), "" },
	{ "shown a file name", BOTH, LINK("<a href=\"https://cust.example/a\">report.pdf</a>"), "" },
	{ "entities in the target", BOTH, LINK("<a href=\"https:&#47;&#47;evil.example/\">bank.com</a>"), "link_other" },
	{ "a shortener in the text", "", "Go to http://tinyurl.com/x now.\r\n", "link_http link_shortener" },
	{ "a line that ends in LF among others", "", "Good morning, here is\nthe offer\r\nof the month.\r\n", "line_ends" },
	{ "a CR in the middle of a line", "", "Good morning, here is\rthe offer\r\n", "line_ends" },
	{ "a file of Unix behind fields with CR LF", "", "Good morning, here is\nthe offer of the month.\n", "" },
	{ "a web link in the text", "", "Go to https://cust.example/x now.\r\n", "" },

	{ "a program", FILES, NAMED("invoice.pdf.exe"), "attachment_program" },
	{ "a script file", FILES, NAMED("a.VBS"), "attachment_program" },
	{ "a disk image", FILES, NAMED("a.iso"), "attachment_program" },
	{ "a shortcut with a dot behind", FILES, NAMED("a.lnk."), "attachment_program" },
	{ "a document", FILES, NAMED("invoice.exe.pdf"), "" },
	{ "macros", FILES, NAMED("a.xlsm"), "attachment_macro" },
	{ "a sheet", FILES, NAMED("a.xlsx"), "" },
	{ "a zip", FILES, ZIP(B64_PLAIN), "" },
	{ "an encrypted zip", FILES, ZIP(B64_CRYPT), "attachment_encrypted" },
	{ "a program in a zip", FILES, ZIP(B64_EXE), "attachment_program" },

	{ "bulk without a way out", "Precedence: bulk", NULL, "unsubscribe_missing" },
	{ "bulk with one click", BULK "|" POST, NULL, "" },
	{ "by mail only", "List-Unsubscribe: <mailto:u@cust.example>|" POST, NULL, "unsubscribe_no_https" },
	{ "nothing usable", "List-Unsubscribe: https://cust.example/", NULL, "unsubscribe_invalid" },
	{ "no post", BULK, NULL, "unsubscribe_no_post" },
	{ "wrong post", BULK "|List-Unsubscribe-Post: One-Click", NULL, "unsubscribe_post_invalid" },
	{ "no bulk", "X-Priority: 3", NULL, "" },
};

/* A compound file ([MS-CFB] 2.2) is no message, and nothing else is said of it. */
static void
test_outlook(struct arena *a)
{
	static const char file[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0From: a@b.example\r\n\r\nx\r\n";
	const struct score_content *c = read_message(a, (struct text){ file, sizeof(file) - 1 });

	CHECK_STR("a file of Outlook", codes(a, c->items.list, c->items.count), "outlook_msg");
	c = read_message(a, (struct text){ file, 7 });
	CHECK("its beginning alone is none", strstr(codes(a, c->items.list, c->items.count), "outlook_msg") == NULL);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new();
		const struct score_content *c = read_message(a, make(a, cases[i].head, cases[i].body));

		CHECK_STR(cases[i].name, codes(a, c->items.list, c->items.count), cases[i].want);
		arena_free(a);
	}
}

/* --- sizes ------------------------------------------------------------------------------------------------ */

static const char *
repeated(struct arena *a, const char *before, const char *s, size_t times, const char *after)
{
	struct str out = str_in(a, 16 << 20);

	str_add(&out, before);
	for (size_t i = 0; i < times; i++)
		str_add(&out, s);
	str_add(&out, after);
	return out.p;
}

static void
test_sizes(struct arena *a)
{
	static const struct { const char *name, *before, *s; size_t times; const char *after, *want; } sizes[] = {
		{ "998 octets in a line", "", "x", 998, "\r\n", "" },
		{ "999 octets in a line", "", "x", 999, "\r\n", "line_too_long" },
		{ "10 MB", "", "0123456789012345678901234567890123456789012345678901234567890\r\n", 170000, "",
		    "message_big" },
	};
	const struct score_content *c;
	struct str s;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		s = str_in(a, 16 << 20);
		str_addt(&s, make(a, "", ""));
		str_add(&s, repeated(a, sizes[i].before, sizes[i].s, sizes[i].times, sizes[i].after));
		c = read_message(a, str_text(&s));
		CHECK_STR(sizes[i].name, codes(a, c->items.list, c->items.count), sizes[i].want);
	}
	c = read_message(a, make(a, HTML, repeated(a, "<p>", "0123456789 words of text\r\n", 4300, "</p>")));
	CHECK_STR("HTML over 102 KB", codes(a, c->items.list, c->items.count), "text_missing html_big");
	c = read_message(a, make(a, HTML, repeated(a, "<p>", "0123456789 words of text\r\n", 4100, "</p>")));
	CHECK_STR("HTML under 102 KB", codes(a, c->items.list, c->items.count), "text_missing");
}

/* --- what others say ----------------------------------------------------------------------------------------- */

/* Everything right: SPF passes, one valid aligned signature, DMARC passes, names fit. */
static struct verify
good_verify(struct arena *a)
{
	struct verify v = { .problems = problems_in(a), .dmarc = DMARC_RESULT_PASS, .spf = VERIFY_SPF_PASS };

	v.dkim.checks = arena_array(a, 2, sizeof(*v.dkim.checks));
	v.dkim.count = v.dkim.present = 1;
	v.dkim.checks[0] = (struct dkim_check){ .index = 1, .result = DKIM_PASS, .bits = 2048,
	    .sig = { .domain = { "cust.example" }, .selector = { "default" } } };
	v.aligned[0] = KNOWN_YES;
	v.from_domain = (struct name){ "cust.example" };
	v.policy.policy = DMARC_REJECT;
	return v;
}

static struct score_outside
good_outside(const struct verify *v)
{
	struct score_outside o = { .now = NOW, .verify = v, .spf_checked = true, .spf = SPF_PASS,
	    .spf_domain = "cust.example", .helo = "mail.cust.example", .ptr = SCORE_PTR_CONFIRMED,
	    .ptr_name = { "mail.cust.example" }, .helo_address = SCORE_HELO_FITS };

	ip_parse(text_of("203.0.113.10"), &o.address);
	return o;
}

static void
check_judged(struct arena *a, const char *name, const char *head, const struct score_outside *o, const char *want,
    int points)
{
	const struct score_content *c = read_message(a, make(a, head, NULL));
	struct score score;
	int sum = SCORE_MAX;

	score_judge(a, c, o, &score);
	CHECK_STR(name, codes(a, score.items, score.count), want);
	for (size_t i = 0; i < score.count; i++)
		sum += score.items[i].points;
	CHECK(name, sum == score.points);
	CHECK(name, score.points == points);
}

static void
test_spf(struct arena *a)
{
	static const struct { enum spf_result result; const char *want; int points; } rows[] = {
		{ SPF_PASS, "", 100 }, { SPF_FAIL, "spf_fail", 85 }, { SPF_SOFTFAIL, "spf_softfail", 90 },
		{ SPF_NEUTRAL, "spf_neutral", 95 }, { SPF_NONE, "spf_none", 90 },
		{ SPF_PERMERROR, "spf_permerror", 90 }, { SPF_TEMPERROR, "spf_unknown", 100 },
	};
	struct verify v = good_verify(a);
	struct score_outside o = good_outside(&v);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o.spf = rows[i].result;
		check_judged(a, "SPF", "", &o, rows[i].want, rows[i].points);
	}
	o = (struct score_outside){ .now = NOW, .verify = &v };
	check_judged(a, "nobody said who sent it", "", &o, "sender_unknown", 100);
}

static void
test_dkim(struct arena *a)
{
	static const struct { const char *name; size_t present; enum dkim_result result; enum dkim_reason reason;
	    enum known aligned; unsigned bits; const char *want; int points; } rows[] = {
		{ "valid", 1, DKIM_PASS, DKIM_OK, KNOWN_YES, 2048, "", 100 },
		{ "unsigned", 0, DKIM_PASS, DKIM_OK, KNOWN_YES, 2048, "dkim_missing", 90 },
		{ "fails", 1, DKIM_FAIL, DKIM_SIGNATURE_MISMATCH, KNOWN_YES, 2048, "dkim_fail", 85 },
		{ "no key", 1, DKIM_PERMERROR, DKIM_KEY_IS_MISSING, KNOWN_YES, 0, "dkim_fail", 85 },
		{ "weak", 1, DKIM_POLICY, DKIM_WEAK_KEY, KNOWN_YES, 512, "dkim_weak", 90 },
		{ "DNS failed", 1, DKIM_TEMPERROR, DKIM_DNS_ERROR, KNOWN_YES, 0, "dkim_unknown", 100 },
		{ "another's", 1, DKIM_PASS, DKIM_OK, KNOWN_NO, 2048, "dkim_unaligned", 95 },
		{ "alignment not known", 1, DKIM_PASS, DKIM_OK, NOT_KNOWN, 2048, "", 100 },
		{ "short key", 1, DKIM_PASS, DKIM_OK, KNOWN_YES, 1024, "dkim_short_key", 100 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verify v = good_verify(a);
		struct score_outside o = good_outside(&v);

		v.dkim.count = v.dkim.present = rows[i].present;
		v.dkim.checks[0].result = rows[i].result;
		v.dkim.checks[0].reason = rows[i].reason;
		v.dkim.checks[0].bits = rows[i].bits;
		v.aligned[0] = rows[i].aligned;
		check_judged(a, rows[i].name, "", &o, rows[i].want, rows[i].points);
	}
}

/* Two good signatures: that of From's domain speaks, wherever it stands. */
static void
test_dkim_two(struct arena *a)
{
	static const struct { const char *name; enum known own0, own1; bool short0, short1; const char *want; int points; } rows[] = {
		{ "own behind another's", KNOWN_NO, KNOWN_YES, true, false, "", 100 },
		{ "own before another's", KNOWN_YES, KNOWN_NO, false, true, "", 100 },
		{ "own with l=, another's whole", KNOWN_YES, KNOWN_NO, true, false, "dkim_unsigned_body", 97 },
		{ "own twice, one with l=", KNOWN_YES, KNOWN_YES, true, false, "", 100 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verify v = good_verify(a);
		struct score_outside o = good_outside(&v);

		v.dkim.count = v.dkim.present = 2;
		v.dkim.checks[1] = v.dkim.checks[0];
		v.dkim.checks[0].unsigned_body = rows[i].short0;
		v.dkim.checks[1].unsigned_body = rows[i].short1;
		v.aligned[0] = rows[i].own0;
		v.aligned[1] = rows[i].own1;
		check_judged(a, rows[i].name, "", &o, rows[i].want, rows[i].points);
	}
}

static void
test_dmarc(struct arena *a)
{
	static const struct { const char *name; enum dmarc_result result; enum dmarc_policy disposition; bool spf;
	    const char *want; int points; } rows[] = {
		{ "passes", DMARC_RESULT_PASS, DMARC_NONE, true, "", 100 },
		{ "none", DMARC_RESULT_NONE, DMARC_NONE, true, "dmarc_missing", 90 },
		{ "faulty", DMARC_RESULT_PERMERROR, DMARC_NONE, true, "dmarc_invalid", 90 },
		{ "DNS failed", DMARC_RESULT_TEMPERROR, DMARC_NONE, true, "dmarc_unknown", 100 },
		{ "fails, p=none", DMARC_RESULT_FAIL, DMARC_NONE, true, "dmarc_fail", 85 },
		{ "fails, p=reject", DMARC_RESULT_FAIL, DMARC_REJECT, true, "dmarc_fail", 70 },
		{ "fails, SPF not known", DMARC_RESULT_FAIL, DMARC_REJECT, false, "sender_unknown dmarc_open", 100 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verify v = good_verify(a);
		struct score_outside o = good_outside(&v);

		v.dmarc = rows[i].result;
		v.disposition = rows[i].disposition;
		o.spf_checked = rows[i].spf;
		check_judged(a, rows[i].name, "", &o, rows[i].want, rows[i].points);
	}
}

static void
test_names(struct arena *a)
{
	static const struct { const char *name; enum score_ptr ptr; const char *ptr_name, *helo; enum score_helo fits;
	    const char *want; int points; } rows[] = {
		{ "no PTR", SCORE_PTR_MISSING, NULL, "mail.cust.example", SCORE_HELO_FITS, "ptr_missing", 80 },
		{ "PTR leads elsewhere", SCORE_PTR_UNCONFIRMED, "x.example", "mail.cust.example", SCORE_HELO_FITS, "ptr_unconfirmed", 85 },
		{ "PTR not known", SCORE_PTR_UNKNOWN, NULL, "mail.cust.example", SCORE_HELO_FITS, "ptr_unknown", 100 },
		{ "generic PTR", SCORE_PTR_CONFIRMED, "203-0-113-10.pool.isp.example", "mail.cust.example", SCORE_HELO_FITS, "ptr_generic", 95 },
		{ "PTR differs but confirms", SCORE_PTR_CONFIRMED, "srv1.host.example", "mail.cust.example", SCORE_HELO_FITS, "", 100 },
		{ "HELO localhost", SCORE_PTR_CONFIRMED, "srv1.host.example", "localhost.localdomain", SCORE_HELO_NO_ADDRESS, "helo_invalid", 90 },
		{ "HELO does not exist", SCORE_PTR_CONFIRMED, "srv1.host.example", "x.host.example", SCORE_HELO_NO_ADDRESS, "helo_unresolved", 95 },
		{ "HELO of another", SCORE_PTR_CONFIRMED, "srv1.host.example", "x.host.example", SCORE_HELO_OTHER, "helo_other", 95 },
		{ "HELO not known", SCORE_PTR_CONFIRMED, "srv1.host.example", "x.host.example", SCORE_HELO_UNKNOWN, "", 100 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verify v = good_verify(a);
		struct score_outside o = good_outside(&v);

		o.ptr = rows[i].ptr;
		o.ptr_name.s = rows[i].ptr_name;
		o.helo = rows[i].helo;
		o.helo_address = rows[i].fits;
		check_judged(a, rows[i].name, "", &o, rows[i].want, rows[i].points);
	}
}

static void
test_lists(struct arena *a)
{
	struct verify v = good_verify(a);
	struct score_outside o = good_outside(&v);
	struct score_listing one = { "Spamhaus ZEN", "203.0.113.10", false, false, WEIGHT_HIGH, true };
	struct score_listing many[5] = { one, one, one, one, one };

	o.listings = &one;
	o.listing_count = 1;
	check_judged(a, "listed", "", &o, "address_listed", 80);
	one.counts = false;
	check_judged(a, "a list that wants money", "", &o, "address_listed", 100);
	one = (struct score_listing){ "DBL", "evil.example", true, false, WEIGHT_HIGH, true };
	check_judged(a, "a link", "", &o, "link_listed", 80);
	one.own = true;
	check_judged(a, "the domain itself", "", &o, "domain_listed", 80);
	o.listings = many;
	o.listing_count = 5;
	check_judged(a, "five lists", "", &o, "address_listed address_listed address_listed address_listed address_listed", 70);
	o.listing_count = 0;
	o.lists_asked = 20;
	o.lists_silent = 3;
	check_judged(a, "lists that do not answer", "", &o, "lists_silent", 100);
}

static void
test_rest(struct arena *a)
{
	struct verify v = good_verify(a);
	struct score_outside o = good_outside(&v);
	struct score_filter filter = { "SpamAssassin", false, false, 7.5, 5, "BAYES_99 (3.5)" };
	struct text headers[] = { TEXT("from"), TEXT("List-Unsubscribe"), TEXT("List-Unsubscribe-Post") };

	check_judged(a, "a foreign Message-ID", "Message-ID: <1@mail.foreign.example>", &o, "message_id_foreign", 98);
	check_judged(a, "a Message-ID of a large provider", "Message-ID: <1@mail.gmail.com>", &o, "", 100);
	v.dkim.checks[0].sig.headers = headers;
	v.dkim.checks[0].sig.header_count = 1;
	check_judged(a, "unsubscribing unsigned", BULK "|" POST, &o,
	    "unsubscribe_unsigned bulk_gmail bulk_yahoo", 95);
	v.dkim.checks[0].sig.header_count = 3;
	check_judged(a, "unsubscribing signed", BULK "|" POST, &o, "", 100);
	o.spf = SPF_NONE;
	check_judged(a, "bulk without SPF", BULK "|" POST, &o, "spf_none bulk_gmail bulk_yahoo bulk_microsoft", 90);
	o.spf = SPF_PASS;
	o.in_clear = true;
	check_judged(a, "without TLS", "", &o, "tls_missing", 95);
	o.in_clear = false;
	o.filters = &filter;
	o.filter_count = 1;
	check_judged(a, "a filter's spam", "", &o, "filter_spam", 80);
	filter.points = 3;
	check_judged(a, "a filter's suspicion", "", &o, "filter_near", 90);
	filter.points = -1;
	check_judged(a, "a filter's praise", "", &o, "filter_clean", 100);
	filter.silent = true;
	check_judged(a, "a filter's silence", "", &o, "filter_silent", 100);
}

/* Never below nothing, and the points add up all the same. */
static void
test_floor(struct arena *a)
{
	struct verify v = good_verify(a);
	struct score_outside o = good_outside(&v);
	struct score score;
	int sum = SCORE_MAX;

	v.dkim.count = v.dkim.present = 0;
	v.dmarc = DMARC_RESULT_FAIL;
	v.disposition = DMARC_REJECT;
	o.spf = SPF_FAIL;
	o.ptr = SCORE_PTR_MISSING;
	o.helo = "localhost";
	score_judge(a, read_message(a, make(a, "-From|-Date|-Subject|-Message-ID|-To", "")), &o, &score);
	for (size_t i = 0; i < score.count; i++)
		sum += score.items[i].points;
	CHECK("nothing left", score.points == 0 && sum == 0);
}

/* --- pieces --------------------------------------------------------------------------------------------------- */

static void
test_dates(void)
{
	static const struct { const char *text; int64_t want; } rows[] = {
		{ "Mon, 23 Nov 2026 18:00:00 +0100", 1795453200 },
		{ "23 Nov 2026 17:00 GMT", 1795453200 },
		{ "Mon, 23 Nov 2026 12:00:00 EST (winter)", 1795453200 },
		{ "Thu, 1 Jan 1970 00:00:00 -0000", 0 },
		{ "29 Feb 2024 00:00:00 +0000", 1709164800 },
		{ "23 Nov 26 17:00:00 Z", 1795453200 },
		{ "29 Feb 2023 00:00:00 +0000", -1 }, { "Foo, 1 Jan 2026 00:00:00 +0000", -1 },
		{ "1 Jan 2026 24:00:00 +0000", -1 }, { "1 Jan 2026 00:00:00", -1 }, { "2026-01-01T00:00:00Z", -1 },
		{ "", -1 }, { "1 Jan 2026 00:00:00 +0000 x", -1 }, { "1 Jan 2026 00:00:00 +0099", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t at = -1;

		CHECK(rows[i].text, mail_date_parse(text_of(rows[i].text), &at) == (rows[i].want != -1));
		CHECK(rows[i].text, at == rows[i].want);
	}
}

static void
test_received(struct arena *a)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "from mail.cust.example (mail.cust.example [203.0.113.10]) by srv1.host.example (Postfix) with ESMTPS id 1"
		    " for <a@b.example>; Mon, 23 Nov 2026 17:00:00 +0000", "mail.cust.example 203.0.113.10 srv1.host.example ESMTPS tls" },
		{ "from [203.0.113.10] (helo=mail.cust.example) by srv1.host.example with esmtp (Exim 4.96) id 1",
		    "mail.cust.example 203.0.113.10 srv1.host.example ESMTP" },
		{ "from laptop (host.isp.example [IPv6:2001:db8::7]) by srv1.host.example with ESMTPSA id 1",
		    "laptop 2001:db8::7 srv1.host.example ESMTPSA tls person" },
		{ "from mail.cust.example (unknown [203.0.113.10]) (using TLSv1.3 with cipher X) by s.example with ESMTP",
		    "mail.cust.example 203.0.113.10 s.example ESMTP tls" },
		{ "by srv1.host.example (Postfix, from userid 33) id 1; Mon, 23 Nov 2026 17:00:00 +0000",
		    "- - srv1.host.example -" },
		{ "from [203.0.113.10] (helo=[192.168.1.5]) by srv1.host.example with esmtp id 1",
		    "[192.168.1.5] 203.0.113.10 srv1.host.example ESMTP" },	/* Exim, a literal as name */
		{ "from mail.cust.example ([203.0.113.10]:40112 helo=[10.0.0.1]) by s.example with esmtps",
		    "[10.0.0.1] 203.0.113.10 s.example ESMTPS tls" },
		{ "from [192.168.1.5] (host.isp.example [203.0.113.10]) by s.example with ESMTP",
		    "[192.168.1.5] 203.0.113.10 s.example ESMTP" },
		{ "from unknown (HELO mail.cust.example) (203.0.113.10) by s.example with SMTP",
		    "mail.cust.example 203.0.113.10 s.example SMTP" },		/* qmail */
		{ "from mail.cust.example (HELO 10.0.0.1) (info@203.0.113.10) by s.example with ESMTPS",
		    "10.0.0.1 203.0.113.10 s.example ESMTPS tls" },
		{ "from AM6PR01.example (2603:10a6:20b::15) by s.example with Microsoft SMTP Server (version=TLS1_2) id 15",
		    "AM6PR01.example 2603:10a6:20b::15 s.example MICROSOFT tls" },
		{ "from mail.cust.example ([::ffff:203.0.113.10]) by s.example with ESMTP",
		    "mail.cust.example 203.0.113.10 s.example ESMTP" },		/* Courier */
		{ "", "- - - -" },
		{ "from (((", "- - - -" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct received r;

		received_parse(a, text_of(rows[i].text), &r);
		CHECK_STR(rows[i].text, arena_printf(a, "%s %s %s %s%s%s", r.helo == NULL ? "-" : r.helo,
		    r.address.family == 0 ? "-" : ip_str(a, r.address), r.by == NULL ? "-" : r.by,
		    r.with == NULL ? "-" : r.with, r.encrypted ? " tls" : "", r.authenticated ? " person" : ""),
		    rows[i].want);
	}
}

#define HOP(from, by)	"Received: from x (x [" from "]) by " by " with ESMTPS; Mon, 23 Nov 2026 17:00:00 +0000|"
#define FILTER		"Received: from localhost (localhost [127.0.0.1]) by srv1.host.example with ESMTP|"
#define SUBMITTED	"Received: from x (x [203.0.113.10]) by srv1.host.example with ESMTPSA|"

/* Which step is the arrival, where 203.0.113.10 and 2001:db8::10 are the receiver's own. */
static void
test_arrival(struct arena *a)
{
	static const struct { const char *name, *head, *want; } rows[] = {
		{ "straight", HOP("198.51.100.7", "srv1.host.example"), "198.51.100.7" },
		{ "through a content filter", FILTER HOP("198.51.100.7", "srv1.host.example"), "198.51.100.7" },
		{ "from another server of our own", HOP("203.0.113.10", "srv2.host.example")
		    HOP("198.51.100.7", "srv1.host.example"), "198.51.100.7" },
		{ "the same over IPv6", HOP("IPv6:2001:db8::10", "srv2.host.example")
		    HOP("198.51.100.7", "srv1.host.example"), "198.51.100.7" },
		{ "what stands below the arrival is anybody's", HOP("198.51.100.7", "srv1.host.example")
		    HOP("203.0.113.10", "srv1.host.example") HOP("192.0.2.1", "srv1.host.example"), "198.51.100.7" },
		{ "a person on our own server", SUBMITTED HOP("198.51.100.7", "srv1.host.example"), "-" },
		{ "only our own", HOP("203.0.113.10", "srv2.host.example"), "203.0.113.10" },
		{ "none", "", "-" },
	};
	struct ip own[2];

	ip_parse(text_of("203.0.113.10"), &own[0]);
	ip_parse(text_of("2001:db8::10"), &own[1]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message *m = arena_zalloc(a, sizeof(*m));
		struct text text = make(a, rows[i].head, NULL);
		struct score_content *c;

		message_read(a, text, m, NULL);
		c = score_read(a, data, psl, text, m);
		score_skip_own_steps(c, own, 2);
		CHECK_STR(rows[i].name, c->has_arrival ? ip_str(a, c->arrival.address) : "-", rows[i].want);
	}
}

int
main(void)
{
	struct arena *a = arena_new();

	data = shipped_data(a);
	psl = psl_of_library(a);
	test_cases();
	test_outlook(a);
	test_sizes(a);
	test_spf(a);
	test_dkim(a);
	test_dkim_two(a);
	test_dmarc(a);
	test_names(a);
	test_lists(a);
	test_rest(a);
	test_floor(a);
	test_dates();
	test_received(a);
	test_arrival(a);
	arena_free(a);
	TEST_END();
}
