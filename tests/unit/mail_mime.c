/* Parts of messages, whole and broken; transfer encodings and character sets. */

#include <string.h>

#include "base/arena.h"
#include "mail/bounce_answer.h"
#include "mail/dsn.h"
#include "mail/html.h"
#include "mail/mailaddr.h"
#include "mail/mime.h"
#include "mail/mime_decode.h"
#include "mail/mime_slim.h"
#include "unit/test.h"

/* The parts as "type[body] ..." with the depth as dots before the type. */
static const char *
outline(struct arena *a, const struct mime *m)
{
	const char	*s = "";

	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part	*p = &m->parts[i];
		bool			 inner = strncmp(p->type, "multipart/", 10) == 0 ||
					    strncmp(p->type, "message/rfc822", 14) == 0;

		s = arena_printf(a, "%s%s%.*s%s[%s]", s, s[0] == '\0' ? "" : " ", (int)p->depth, "..........",
		    p->type, inner ? "" : text_cstr(a, p->body));
	}
	return s;
}

static const struct { const char *name, *message, *parts; } messages[] = {
	{ "no header at all",		"hello\n",				"text/plain[hello\n]" },
	{ "a header and a text",	"Subject: x\n\nhello",			"text/plain[hello]" },
	{ "CRLF",			"Subject: x\r\n\r\nhello\r\n",		"text/plain[hello\r\n]" },
	{ "CR alone",			"Subject: x\r\rhello\r",		"text/plain[hello\n]" },
	{ "an mbox line before",	"From a@b Mon\nSubject: x\n\nhello",	"text/plain[hello]" },
	{ "the line end is the delimiter's (RFC 2046 5.1.1)",
	    "Content-Type: multipart/mixed; boundary=q\n\npre\n--q\n\na\n--q\n\nb\r\n--q--\nepi",
	    "multipart/mixed[] .text/plain[a] .text/plain[b]" },
	{ "a quoted boundary, blanks behind it",
	    "Content-Type: Multipart/MIXED; boundary=\"q r\"\n\n--q r \t\n\na\n--q r--",
	    "multipart/mixed[] .text/plain[a]" },
	{ "an outer delimiter ends inner parts that were left open",
	    "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\na\n--o\n\nb\n--o--",
	    "multipart/mixed[] .multipart/mixed[] ..text/plain[a] .text/plain[b]" },
	{ "a delimiter that only begins alike is none",
	    "Content-Type: multipart/mixed; boundary=q\n\n--q\n\na\n--qq\nb\n--q--", "multipart/mixed[] .text/plain[a\n--qq\nb]" },
	{ "a message inside, its fields found",
	    "Content-Type: message/rfc822\n\nSubject: y\n\nhello", "message/rfc822[] .text/plain[hello]" },
	{ "a digest holds messages (RFC 2046 5.1.5)",
	    "Content-Type: multipart/digest; boundary=q\n\n--q\n\nSubject: y\n\na\n--q--",
	    "multipart/digest[] .message/rfc822[] ..text/plain[a]" },
	{ "no boundary parameter",	"Content-Type: multipart/mixed\n\n--q\na", "multipart/mixed[]" },
	{ "never closed",		"Content-Type: multipart/mixed; boundary=q\n\n--q\n\na\n",
	    "multipart/mixed[] .text/plain[a\n]" },
	{ "an empty part stays empty",	"Content-Type: multipart/mixed; boundary=q\n\n--q\n\n--q\n\nb\n--q--",
	    "multipart/mixed[] .text/plain[] .text/plain[b]" },
	{ "a boundary in pieces (RFC 2231 3)",
	    "Content-Type: multipart/mixed; boundary*0=q;\n boundary*1=\"r\"\n\n--qr\n\na\n--qr--", "multipart/mixed[] .text/plain[a]" },
	{ "a boundary with percent signs (RFC 2231 4)",
	    "Content-Type: multipart/mixed; boundary*=us-ascii''q%72\n\n--qr\n\na\n--qr--", "multipart/mixed[] .text/plain[a]" },
	{ "comments in the type",	"Content-Type: text/html (really); charset=utf-8\n\n<p>", "text/html[<p>]" },
	{ "a line that is no field ends the header",
	    "Content-Type: text/html\nno field here\n\nx", "text/html[no field here\n\nx]" },
};

static const struct { const char *name, *head, *body, *text; } encodings[] = {
	{ "as it stands",		"",					"a=41\n",	"a=41\n" },
	{ "quoted-printable",		"Content-Transfer-Encoding: quoted-printable", "a=41 =C3=A9=\n b=\r\nc=ZZ", "aA \xc3\xa9 bc=ZZ" },
	{ "blanks after a soft break",	"Content-Transfer-Encoding: Quoted-Printable", "a=  \nb",	"ab" },
	{ "base64",			"Content-Transfer-Encoding: base64",	"aGVs\nbG8=",	"hello" },
	{ "base64 with rubbish",	"Content-Transfer-Encoding: BASE64",	"aG!!Vs-bG8",	"hello" },
	{ "two runs of base64",		"Content-Transfer-Encoding: base64",	"aA==aQ==",	"hi" },
	{ "uuencode",			"Content-Transfer-Encoding: x-uuencode", "begin 644 a\n%:&5L;&\\\n`\nend\n", "hello" },
	{ "an encoding nobody knows",	"Content-Transfer-Encoding: x-rot13",	"uryyb",	"uryyb" },
	{ "Latin-1",			"Content-Type: text/plain; charset=ISO-8859-1", "caf\xe9",	"caf\xc3\xa9" },
	{ "Windows-1252 under a wrong name", "Content-Type: text/plain; charset=iso-8859-1", "\x93x\x94", "\xe2\x80\x9cx\xe2\x80\x9d" },
	{ "KOI8-R",			"Content-Type: text/plain; charset=koi8-r",	"\xd0\xcf",	"\xd0\xbf\xd0\xbe" },
	{ "Shift_JIS",			"Content-Type: text/plain; charset=Shift_JIS",	"\x93\xfa",	"\xe6\x97\xa5" },
	{ "ISO-2022-JP",		"Content-Type: text/plain; charset=iso-2022-jp", "\x1b$BF|\x1b(B", "\xe6\x97\xa5" },
	{ "UTF-7",			"Content-Type: text/plain; charset=unicode-1-1-utf-7", "caf+AOk-",	"caf\xc3\xa9" },
	{ "a set nobody knows",		"Content-Type: text/plain; charset=x-klingon",	"caf\xe9",	"caf\xe9" },
	{ "a set that is an attack",	"Content-Type: text/plain; charset=\"../../x\"", "a",		"a" },
	{ "a byte that is none in the set", "Content-Type: text/plain; charset=cp932",	"a\x80\xff" "b", NULL },
};

static const struct { const char *name, *value, *text; } words[] = {
	{ "Q (RFC 2047 4.2)",			"=?iso-8859-1?Q?Fall=F3_de?= entrega",	"Fall\xc3\xb3 de entrega" },
	{ "B",					"=?UTF-8?B?w4ljaGVj?=",			"\xc3\x89" "chec" },
	{ "blanks between two words vanish (6.2)", "=?utf-8?q?a?= =?utf-8?q?b?=",	"ab" },
	{ "a language (RFC 2231 5)",		"=?utf-8*en?q?a?=",			"a" },
	{ "not closed",				"=?utf-8?q?a",				"=?utf-8?q?a" },
	{ "an encoding nobody knows",		"=?utf-8?x?a?=",			"=?utf-8?x?a?=" },
};

static const struct { const char *name, *html, *text; } pages[] = {
	{ "blocks are lines",		"<p>a</p><p>b<br>c</p>",		"a\nb\nc\n" },
	{ "entities",			"&lt;a&#64;b.example&gt; &amp; &eacute;&#x20AC;", "<a@b.example> & \xc3\xa9\xe2\x82\xac" },
	{ "styles and scripts",		"<style>p{}</style>a<script>x</script>b",	"ab" },
	{ "comments",			"a<!-- <p> -->b",			"ab" },
	{ "an address without entities",	"to <bob@remote.example> now",	"to <bob@remote.example> now" },
	{ "a tag that never ends",	"a<p ",					"a" },
	{ "blanks",			" a \n\n  b ",				"a b " },
};

static const struct { const char *name, *text, *address; } addresses[] = {
	{ "in a sentence",		"mail to bob@remote.example.",		"bob@remote.example" },
	{ "in angle brackets",		"<bob@remote.example>:",		"bob@remote.example" },
	{ "in quotes",			"'bob@remote.example'",			"bob@remote.example" },
	{ "a quoted local part",	"\"bob smith\"@remote.example",		"\"bob smith\"@remote.example" },
	{ "a literal",			"bob@[192.0.2.1]",			"bob@[192.0.2.1]" },
	{ "international (RFC 6531)",	"j\xc3\xbcrgen@b\xc3\xbc" "cher.example", "j\xc3\xbcrgen@b\xc3\xbc" "cher.example" },
	{ "French quotes",		"\xc2\xab bob@remote.example\xc2\xbb",	"bob@remote.example" },
	{ "a return path with =",	"bounce+bob=a.example@b.example",	"bounce+bob=a.example@b.example" },
	{ "no dot, no address",		"bob@localhost",			NULL },
	{ "nothing before",		"@remote.example",			NULL },
	{ "two dots",			"bob@remote..example",			NULL },
};

static const struct { const char *name, *text, *answer, *status; int code; } answers[] = {
	{ "behind said:",		"host mx[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)", "550 5.1.1 no", "5.1.1", 550 },
	{ "no code in a number",	"after 550 messages",			NULL, NULL, 0 },
	{ "no code in an address",	"from 203.0.113.550 5.1.1",		NULL, NULL, 0 },
	{ "no code in a time",		"at 18:550 now",			NULL, NULL, 0 },
	{ "several lines",		"550-5.7.1 a\n550 5.7.1 b\nmore",	"550-5.7.1 a 550 5.7.1 b more", "5.7.1", 550 },
	{ "the next answer is another",	"550 a\n503 b",				"550 a", NULL, 550 },
	{ "in quotes",			"returned '550 5.1.1 no'",		"550 5.1.1 no", "5.1.1", 550 },
	{ "Exchange",			"#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "5.1.1", 550 },
	{ "an address is no status",	"550 mail from 5.1.1.20 refused",	"550 mail from 5.1.1.20 refused", NULL, 550 },
	{ "a transcript",		">>> DATA\n<<< 550 no\n",		"550 no", NULL, 550 },
};

static const struct { const char *name, *text, *mta; } mtas[] = {
	{ "Postfix",		"host mx.remote.example[192.0.2.25] said: 550",				"mx.remote.example" },
	{ "Exim",		"host mx.remote.example [192.0.2.25]: 550",				"mx.remote.example" },
	{ "Sendmail",		"... while talking to mx.remote.example.:\n",				"mx.remote.example" },
	{ "Gmail",		"for the recipient domain remote.example by mx.remote.example. [192.0.2.25].", "mx.remote.example" },
	{ "Office 365",		"mx.remote.example gave this error:\n",					"mx.remote.example" },
	{ "qmail",		"192.0.2.25 does not like recipient.",					"192.0.2.25" },
	{ "connect",		"connect to mx.remote.example[192.0.2.25]:25: Connection refused",	"mx.remote.example" },
	{ "nobody",		"host unknown",								NULL },
};

/* A message of 40 MiB with `line` again and again before its last part. */
static struct text
slimmed(struct arena *a, const char *line, bool *cut)
{
	struct slim	*s = slim_new(a);

	slim_add(s, TEXT("Content-Type: multipart/mixed; boundary=q\n\n--q\n\n"));
	for (size_t n = 0; n < (size_t)40 << 20; n += strlen(line))
		slim_add(s, text_of(line));
	slim_add(s, TEXT("\n--q\n\nthe end\n--q--\n"));
	return slim_end(s, cut);
}

static void
test_slim(void)
{
	static const char *const	lines[] = {
	    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWg==\n",
	    "plain text, one line after the other\n", "no line end at all ", "\n", NULL };

	for (size_t i = 0; lines[i] != NULL; i++) {
		struct arena	*a = arena_new();
		bool		 cut;
		struct text	 t = slimmed(a, lines[i], &cut);

		CHECK(lines[i], cut && t.n <= SLIM_MAX);
		CHECK(lines[i], i == 2 || text_ends(t, "\nthe end\n--q--\n"));
		arena_free(a);
	}
}

int
main(void)
{
	struct arena	*a = arena_new();

	test_slim();

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		CHECK_STR(messages[i].name, outline(a, mime_parse(a, text_of(messages[i].message))), messages[i].parts);
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		const struct mime	*m = mime_parse(a, text_of(arena_printf(a, "Subject: x\n%s\n\n%s",
					    encodings[i].head[0] == '\0' ? "X: y" : encodings[i].head, encodings[i].body)));
		struct text		 t = mime_decode_text(a, &m->parts[0], 1000, NULL);

		if (encodings[i].text != NULL)
			CHECK_STR(encodings[i].name, text_cstr(a, t), encodings[i].text);
		else
			CHECK(encodings[i].name, t.n > 0 && t.p[0] == 'a' && t.p[t.n - 1] == 'b');
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		CHECK_STR(words[i].name, text_cstr(a, mime_decode_words(a, text_of(words[i].value))), words[i].text);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		CHECK_STR(pages[i].name, text_cstr(a, html_to_text(a, text_of(pages[i].html))), pages[i].text);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct text	t;

		CHECK_STR(addresses[i].name, mailaddr_find(text_of(addresses[i].text), &t, NULL) ?
		    text_cstr(a, t) : NULL, addresses[i].address);
	}
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct text	t;
		bool		found = answer_find(text_of(answers[i].text), &t);

		t = found ? answer_join(a, t, 500) : (struct text){ "", 0 };
		CHECK_STR(answers[i].name, found ? text_cstr(a, t) : NULL, answers[i].answer);
		CHECK_STR(answers[i].name, found ? answer_status(a, t) : NULL, answers[i].status);
		CHECK(answers[i].name, (found ? answer_code(t) : 0) == answers[i].code);
	}
	for (size_t i = 0; i < sizeof(mtas) / sizeof(mtas[0]); i++)
		CHECK_STR(mtas[i].name, answer_mta(a, text_of(mtas[i].text)), mtas[i].mta);
	arena_free(a);
	TEST_END();
}
