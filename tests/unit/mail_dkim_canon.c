/* Canonicalisation, RFC 6376 3.4. */

#include "base/arena.h"
#include "base/str.h"
#include "mail/dkim_canon.h"
#include "unit/test.h"

static void
into_str(void *ctx, const char *p, size_t n)
{
	str_addt(ctx, (struct text){ p, n });
}

static struct text
body(struct arena *a, enum canon canon, struct text in, size_t chunk, uint64_t *bytes)
{
	struct str out = str_in(a, 100000);
	struct canon_body *b = arena_alloc(a, sizeof(*b));

	canon_body_init(b, canon, (struct canon_sink){ into_str, &out });
	for (; in.n > 0; in = text_skip(in, chunk))
		canon_body_add(b, text_head(in, chunk));
	canon_body_end(b);
	if (bytes != NULL)
		*bytes = b->bytes;
	return str_text(&out);
}

static const struct {
	const char	*name, *in, *simple, *relaxed;
} bodies[] = {
	{ "the example of 3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
	{ "empty", "", "\r\n", "" },						/* 3.4.3, 3.4.4 */
	{ "one empty line", "\r\n", "\r\n", "" },
	{ "many empty lines", "\r\n\r\n\r\n\r\n", "\r\n", "" },
	{ "no final line end", "a", "a\r\n", "a\r\n" },
	{ "final line end", "a\r\n", "a\r\n", "a\r\n" },
	{ "empty lines at the end", "a\r\n\r\n\r\n", "a\r\n", "a\r\n" },
	{ "empty lines at the start", "\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n" },
	{ "empty lines inside", "a\r\n\r\n\r\nb", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
	{ "LF alone", "a\n\nb\n\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n" },
	{ "mixed line ends", "a\r\nb\nc\r\n", "a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n" },
	{ "CR alone is an octet", "a\rb\r\n", "a\rb\r\n", "a\rb\r\n" },
	{ "CR alone at the end", "a\r", "a\r\r\n", "a\r\r\n" },
	{ "CR CR LF", "a\r\r\nb", "a\r\r\nb\r\n", "a\r\r\nb\r\n" },
	{ "CR CR LF at the end", "a\r\n\r\r\n", "a\r\n\r\r\n", "a\r\n\r\r\n" },
	{ "a line of blanks", "  \r\n", "  \r\n", "" },
	{ "a line of blanks at the end", "a\r\n \t\r\n", "a\r\n \t\r\n", "a\r\n" },
	{ "blanks at the end of lines", "a \r\nb\t\r\n", "a \r\nb\t\r\n", "a\r\nb\r\n" },
	{ "blanks at the end without a line end", "a  ", "a  \r\n", "a\r\n" },
	{ "runs of blanks", "a \t b\r\n", "a \t b\r\n", "a b\r\n" },
	{ "a tab becomes a blank", "a\tb\r\n", "a\tb\r\n", "a b\r\n" },
	{ "blanks at the start of a line", "\t a\r\n", "\t a\r\n", " a\r\n" },
	{ "blank before CR alone", "a \rb", "a \rb\r\n", "a \rb\r\n" },
	{ "other white space is kept", "a\v\fb\240\r\n", "a\v\fb\240\r\n", "a\v\fb\240\r\n" },
};

static const struct {
	const char	*name, *field, *simple, *relaxed;
} fields[] = {
	{ "example A of 3.4.5", "A: X\r\n", "A: X\r\n", "a:X\r\n" },
	{ "example B of 3.4.5", "B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n" },
	{ "name in lower case", "SUBJECT: A B", "SUBJECT: A B\r\n", "subject:A B\r\n" },
	{ "no blank after the colon", "a:b", "a:b\r\n", "a:b\r\n" },
	{ "blanks around the colon", "a \t: \t b", "a \t: \t b\r\n", "a:b\r\n" },
	{ "empty value", "a:", "a:\r\n", "a:\r\n" },
	{ "value of blanks", "a: \t ", "a: \t \r\n", "a:\r\n" },
	{ "folded at once", "a:\r\n b", "a:\r\n b\r\n", "a:b\r\n" },
	{ "folded with LF", "a: b\n c\n", "a: b\r\n c\r\n", "a:b c\r\n" },
	{ "folded twice", "a: b\r\n\t c\r\n d", "a: b\r\n\t c\r\n d\r\n", "a:b c d\r\n" },
	{ "a folded line of blanks", "a: b\r\n \t\r\n c", "a: b\r\n \t\r\n c\r\n", "a:b c\r\n" },
	{ "CR alone", "a: b\rc", "a: b\rc\r\n", "a:b\rc\r\n" },
	{ "colons in the value", "a: b : c", "a: b : c\r\n", "a:b : c\r\n" },
	{ "8-bit octets", "a: \303\251\377", "a: \303\251\377\r\n", "a:\303\251\377\r\n" },
};

static struct text
field(struct arena *a, enum canon canon, const char *in)
{
	struct str out = str_in(a, 100000);
	struct message m;

	message_read(a, text_of(in), &m, NULL);
	canon_field(canon, &m.fields[0], (struct canon_sink){ into_str, &out });
	return str_text(&out);
}

static void
test_bodies(struct arena *a)
{
	struct text in, got;
	uint64_t bytes;
	size_t i, chunk;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		in = text_of(bodies[i].in);
		got = body(a, CANON_SIMPLE, in, 10000, &bytes);
		CHECK_STR(bodies[i].name, got.p, bodies[i].simple);
		CHECK(bodies[i].name, bytes == got.n);
		got = body(a, CANON_RELAXED, in, 10000, &bytes);
		CHECK_STR(bodies[i].name, got.p, bodies[i].relaxed);
		CHECK(bodies[i].name, bytes == got.n);
		for (chunk = 1; chunk < 4; chunk++) {
			CHECK_STR(bodies[i].name, body(a, CANON_SIMPLE, in, chunk, NULL).p,
			    bodies[i].simple);
			CHECK_STR(bodies[i].name, body(a, CANON_RELAXED, in, chunk, NULL).p,
			    bodies[i].relaxed);
		}
		CHECK_STR("twice is as once", body(a, CANON_RELAXED,
		    text_of(bodies[i].relaxed), 10000, NULL).p, bodies[i].relaxed);
	}
}

static void
test_signature(struct arena *a)
{
	struct str out = str_in(a, 1000);
	struct message m;
	struct text hole;
	size_t at;

	message_read(a, TEXT("DKIM-Signature: v=1;\r\n b= ab\r\n cd ; x=1\r\n"), &m, NULL);
	text_find(m.fields[0].value, TEXT(" ab\r\n cd "), &at);
	hole = text_head(text_skip(m.fields[0].value, at), 9);
	canon_signature(CANON_RELAXED, &m.fields[0], hole, (struct canon_sink){ into_str, &out });
	CHECK_STR("b= emptied, no line end, relaxed", out.p, "dkim-signature:v=1; b=; x=1");
	out = str_in(a, 1000);
	canon_signature(CANON_SIMPLE, &m.fields[0], hole, (struct canon_sink){ into_str, &out });
	CHECK_STR("b= emptied, no line end, simple", out.p,
	    "DKIM-Signature: v=1;\r\n b=; x=1");
}

int
main(void)
{
	struct arena *a = arena_new();
	struct str big = str_in(a, 90000);
	size_t i;

	test_bodies(a);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		CHECK_STR(fields[i].name, field(a, CANON_SIMPLE, fields[i].field).p,
		    fields[i].simple);
		CHECK_STR(fields[i].name, field(a, CANON_RELAXED, fields[i].field).p,
		    fields[i].relaxed);
	}
	test_signature(a);
	for (i = 0; i < 20000; i++)
		str_add(&big, "\r\n");
	CHECK("20,000 empty lines are nothing", body(a, CANON_RELAXED, str_text(&big), 4096,
	    NULL).n == 0);
	str_add(&big, "x");
	CHECK("20,000 empty lines and a word", body(a, CANON_RELAXED, str_text(&big), 4096,
	    NULL).n == 40003);
	arena_free(a);
	TEST_END();
}
