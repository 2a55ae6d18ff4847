/* Reports that want to eat memory or time: answered within bounds, and it is said what was skipped. */

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/str.h"
#include "tools/bounce_json.h"
#include "shipped.h"
#include "unit/test.h"

#define DAEMON	"From: mailer-daemon@mx.example\nTo: anna@cust.example\nSubject: failure notice\n"
#define REPORT	DAEMON "Content-Type: multipart/report; report-type=delivery-status; boundary=q\n\n" \
		"--q\nContent-Type: message/delivery-status\n\n"

static const struct hostile {
	const char	*name, *before, *piece, *after;
	size_t		 count;			/* how often the piece stands there; %zu in it counts */
	const char	*problem;		/* must be among the problems; NULL = none must */
	size_t		 recipients;		/* at most */
} table[] = {
	{ "nested multiparts, 10,000 deep", "", "Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", "\n\nhi\n", 10000, "too_deep", 0 },
	{ "nested messages, 10,000 deep", "", "Content-Type: message/rfc822\n\n", "hi\n", 10000, "too_deep", 0 },
	{ "100,000 parts", "From: a@b.example\nContent-Type: multipart/mixed; boundary=q\n\n", "--q\n\nx\n", "", 100000, "too_many_parts", 0 },
	{ "delimiters that are none", "From: a@b.example\nContent-Type: multipart/mixed; boundary=q\n\n", "--\n", "", 3000000, NULL, 0 },
	{ "a header of 10 MiB", DAEMON, "X-Filler: y\n", "\nhi\n", 800000, "header_cut", 1 },
	{ "a field of 10 MiB", DAEMON, " y y y y y y\n", "\nhi\n", 800000, NULL, 1 },
	{ "100,000 recipients", REPORT, "Final-Recipient: rfc822; a%zu@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 user %zu unknown\n\n", "", 100000, "too_many_recipients", 10000 },
	{ "recipients as short as can be", REPORT, "Final-Recipient:rfc822;%zu@b.c\n\n", "", 10000, NULL, 10000 },
	{ "recipients in words", DAEMON "\n", "<a%zu@b.example>:\n550 5.1.1 user %zu unknown\n\n", "", 100000, "text_cut", 2000 },
	{ "one line of 10 MiB", DAEMON "\n<bob@remote.example>: ", "550 5.1.1 a b.c ", "\n", 650000, "text_cut", 1 },
	{ "nothing but @", DAEMON "\n", "@", "", 10000000, "text_cut", 1 },
	{ "comments that never end", DAEMON "Content-Type: text/html\n\n", "<!-- >", "", 1500000, "text_cut", 1 },
	{ "base64", DAEMON "Content-Transfer-Encoding: base64\n\n", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo\n", "", 250000, "text_cut", 1 },
	{ "soft line breaks", DAEMON "Content-Transfer-Encoding: quoted-printable\n\n", "=41=\n", "", 2000000, "text_cut", 1 },
	{ "encoded words", "From: mailer-daemon@mx.example\nSubject: ", "=?utf-8?q?=41?= ", "\n\nhi\n", 100000, NULL, 1 },
	{ "parameters", DAEMON "Content-Type: multipart/mixed; ", "a=\"b\"; ", "boundary=q\n\n--q\n\nhi\n", 100000, NULL, 1 },
};

int
main(void)
{
	static const struct tool_words	 no_words = { NULL, "en" };
	struct arena			*a = arena_new();
	const struct data		*d = shipped_data(a);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct hostile	*h = &table[i];
		struct arena		*in = arena_new(), *out = arena_new();
		struct str		 s = str_in(in, 64 << 20);
		const struct bounce	*b;
		clock_t			 start;

		str_add(&s, h->before);
		for (size_t k = 0; k < h->count; k++)
			for (const char *p = h->piece; *p != '\0'; p++)
				if (strncmp(p, "%zu", 3) == 0) {
					str_addf(&s, "%zu", k);
					p += 2;
				} else
					str_addc(&s, *p);
		str_add(&s, h->after);
		start = clock();
		b = bounce_read(out, d, str_text(&s));
		CHECK(h->name, arena_used(out) <= 16 * s.n + (1 << 20));
		CHECK(h->name, json_count(json_get(bounce_json(out, b, &no_words), "recipients")) <= h->recipients);
		CHECK(h->name, (clock() - start) / CLOCKS_PER_SEC < 10);	/* 0.3 s without sanitizers */
		CHECK(h->name, h->problem == NULL || problems_have(&b->problems, h->problem));
		arena_free(out);
		arena_free(in);
	}
	arena_free(a);
	TEST_END();
}
