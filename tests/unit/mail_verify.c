/* From fields (RFC 5322 3.4), ARC chains (RFC 8617 5.2), DMARC of messages (RFC 9989 5.3). */

#include "base/str.h"
#include "mail/verify.h"
#include "tests/sign.h"
#include "tests/zone.h"
#include "unit/test.h"

#define NOW	1700000000

/* "domain domain", "-" none; "!" unreadable, "~" malformed in front. */
static const struct { const char *name, *from, *want; } froms[] = {
	{ "plain", "a@example.com", "example.com" },
	{ "in brackets", "<a@example.com>", "example.com" },
	{ "with a name", "Joe Doe <a@example.com>", "example.com" },
	{ "with a quoted name", "\"Doe, Joe\" <a@example.com>", "example.com" },
	{ "an address in the name", "\"x@evil.example\" <a@example.com>", "example.com" },
	{ "an escaped quote in the name", "\"a\\\"@x.example, b\" <a@example.com>", "example.com" },
	{ "a comment behind", "a@example.com (Joe, x@evil.example)", "example.com" },
	{ "a comment in front", "(c <x@evil.example>) a@example.com", "example.com" },
	{ "nested comments", "a@example.com ((a) b (c(d)))", "example.com" },
	{ "an escaped parenthesis", "a@example.com (a \\) x@y.example)", "example.com" },
	{ "a comment inside", "a@(c)example.com", "example.com" },
	{ "a comment in brackets", "J <a@example.com(c)>", "example.com" },
	{ "folded", "Joe\r\n <a@example.com>", "example.com" },
	{ "folded inside", "Joe <a@\r\n example.com>", "example.com" },
	{ "upper case", "a@EXAMPLE.Com", "example.com" },
	{ "blanks around the dots", "a @ example . com", "example.com" },	/* 4.4 */
	{ "quoted local part", "\"a b\"@example.com", "example.com" },
	{ "an @ in a quoted local part", "\"a@evil.example\"@example.com", "example.com" },
	{ "brackets in a quoted local part", "<\"a>b\"@example.com>", "example.com" },
	{ "two of one domain", "a@example.com, b@example.com", "example.com" },
	{ "two domains", "a@example.com, b@example.net", "example.com example.net" },
	{ "a group", "Team: a@example.com, b@example.com;", "example.com" },	/* RFC 6854 */
	{ "an empty group", "Nobody:;", "-" },
	{ "a group and one more", "Team: a@example.com; , b@example.net", "example.com example.net" },
	{ "encoded word with a comma", "=?utf-8?q?Doe,_Joe?= <a@example.com>", "example.com" },
	{ "encoded word with an address", "=?utf-8?q?x@evil.example?= <a@example.com>", "example.com" },
	{ "encoded word with brackets", "=?utf-8?q?<x@evil.example>?= <a@example.com>", "example.com" },
	{ "base64 word", "=?UTF-8?B?Sm/Dqw==?= <a@example.com>", "example.com" },
	{ "raw UTF-8 in the name", "Jos\303\251 <a@example.com>", "example.com" },
	{ "Latin-1 in the name", "Jos\351 <a@example.com>", "example.com" },
	{ "U-labels", "a@b\303\274cher.example", "xn--bcher-kva.example" },	/* RFC 6532 */
	{ "A-labels", "a@xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "route", "<@relay.example,@r2.example:a@example.com>", "example.com" },
	{ "a comma in a bare name", "Doe, Joe <a@example.com>", "~example.com" },
	{ "a bare address as name", "x@evil.example <a@example.com>", "~example.com" },
	{ "empty elements", ", a@example.com,,", "example.com" },
	{ "empty", "", "-" },
	{ "null address", "<>", "~!-" },
	{ "only a name", "Joe", "~-" },
	{ "no domain", "a@", "~!-" },
	{ "no local part", "@example.com", "~!-" },
	{ "two @", "a@b@example.com", "~!-" },
	{ "address literal", "a@[192.0.2.1]", "~!-" },
	{ "bad domain", "a@exa mple.com", "~!-" },
	{ "empty label", "a@example..com", "~!-" },
	{ "one good, one bad", "a@example.com, b@..", "~!example.com" },
	{ "two in one element", "<a@example.com> <b@example.net>", "~example.com example.net" },
	{ "bracket not closed", "Joe <a@example.com", "~example.com" },
	{ "quote not closed", "\"Joe <a@example.com>", "~-" },
	{ "comment not closed", "(Joe <a@example.com>", "~-" },
};

static void
test_froms(struct arena *a)
{
	struct from f;
	struct str s;
	size_t i, j;

	for (i = 0; i < sizeof(froms) / sizeof(froms[0]); i++) {
		from_parse(a, text_of(froms[i].from), &f);
		s = str_in(a, 1000);
		if (f.malformed)
			str_add(&s, "~");
		if (f.unreadable)
			str_add(&s, "!");
		for (j = 0; j < f.count; j++)
			str_addf(&s, "%s%s", j > 0 ? " " : "", f.domains[j].s);
		if (f.count == 0)
			str_add(&s, "-");
		CHECK_STR(froms[i].name, s.p, froms[i].want);
	}
}

/* --- whole messages ------------------------------------------------------------------------------- */

static struct signer key;
static const char *record;

#define KEY	"s1._domainkey.%s TXT %s\n"
#define REJECT	"_dmarc.example.com TXT v=DMARC1; p=reject%s\n"

static struct verify
run(struct arena *a, const char *zone, const char *message, enum verify_spf spf,
    const char *spf_domain)
{
	struct verify_input in = { .now = NOW, .spf = spf };
	struct message m;
	struct verify v;
	struct zone z;
	unsigned rounds = 0;

	zone_init(&z, a);
	zone_load(&z, zone);
	z.shy = true;
	message_read(a, text_of(message), &m, NULL);
	in.message = &m;
	if (spf_domain != NULL)
		name_parse(a, text_of(spf_domain), &in.spf_domain);
	while (!verify_message(a, &z.source, &in, &v) && rounds++ < 20)
		;
	return v;
}

#define MESSAGE(from) "From: " from "\r\nSubject: x\r\n\r\nHi\r\n"

/* One row: who signs (NULL: nobody), the DMARC record's further tags, SPF. */
static const struct {
	const char	*name, *from, *signer, *tags, *zone;
	enum verify_spf	 spf;
	const char	*spf_domain;
	const char	*want;			/* "result dkim spf disposition" */
} rows[] = {
	{ "DKIM aligned", "a@example.com", "example.com", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "pass y - none" },
	{ "DKIM aligned, relaxed", "a@example.com", "m.example.com", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "pass y - none" },
	{ "DKIM strict", "a@example.com", "m.example.com", "; adkim=s", "", VERIFY_SPF_NOT_CHECKED, NULL, "fail n - reject" },
	{ "DKIM of another", "a@example.com", "example.net", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "fail n - reject" },
	{ "unsigned", "a@example.com", NULL, "", "", VERIFY_SPF_NOT_CHECKED, NULL, "fail n - reject" },
	{ "t=y", "a@example.com", NULL, "; t=y", "", VERIFY_SPF_NOT_CHECKED, NULL, "fail n - quarantine" },
	{ "sp", "a@b.example.com", NULL, "; sp=quarantine", "b.example.com A 192.0.2.1\n", VERIFY_SPF_NOT_CHECKED, NULL, "fail n - quarantine" },
	{ "np", "a@b.example.com", NULL, "; np=none", "", VERIFY_SPF_NOT_CHECKED, NULL, "fail n - none" },
	{ "SPF aligned", "a@example.com", NULL, "", "", VERIFY_SPF_PASS, "example.com", "pass n y none" },
	{ "SPF aligned, relaxed", "a@example.com", NULL, "", "", VERIFY_SPF_PASS, "b.example.com", "pass n y none" },
	{ "SPF strict", "a@example.com", NULL, "; aspf=s", "", VERIFY_SPF_PASS, "b.example.com", "fail n n reject" },
	{ "SPF of another", "a@example.com", NULL, "", "", VERIFY_SPF_PASS, "example.net", "fail n n reject" },
	{ "SPF fails", "a@example.com", NULL, "", "", VERIFY_SPF_OTHER, "example.com", "fail n n reject" },
	{ "SPF temperror", "a@example.com", NULL, "", "", VERIFY_SPF_TEMPERROR, "example.com", "temperror n n none" },
	{ "SPF temperror of another", "a@example.com", NULL, "", "", VERIFY_SPF_TEMPERROR, "example.net", "fail n n reject" },
	{ "SPF temperror, DKIM passes", "a@example.com", "example.com", "", "", VERIFY_SPF_TEMPERROR, "example.com", "pass y n none" },
	{ "DKIM fails, SPF passes", "a@example.com", "example.net", "", "", VERIFY_SPF_PASS, "example.com", "pass n y none" },
	{ "key cannot be had", "a@example.com", "example.com", "", "s1._domainkey.example.com FAIL x\n", VERIFY_SPF_NOT_CHECKED, NULL, "temperror n - none" },
	{ "policy cannot be had", "a@example.org", "example.com", "", "_dmarc.example.org FAIL x\n", VERIFY_SPF_NOT_CHECKED, NULL, "temperror n - none" },
	{ "no policy", "a@example.org", "example.com", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "none n - none" },
	{ "no policy, signed by itself", "a@signer.example", "signer.example", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "none y - none" },
	{ "record that cannot be used", "a@bad.example", "bad.example", "", "_dmarc.bad.example TXT v=DMARC1; p=x\n", VERIFY_SPF_NOT_CHECKED, NULL, "permerror y - none" },
	{ "two From domains", "a@example.com, b@example.net", "example.com", "", "", VERIFY_SPF_PASS, "example.com", "permerror n n none" },
	{ "two of one From domain", "a@example.com, b@example.com", "example.com", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "pass y - none" },
	{ "no From domain", "nobody", "example.com", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "permerror n - none" },
	{ "two From fields", "a@example.com\r\nFrom: a@example.com", "example.com", "", "", VERIFY_SPF_NOT_CHECKED, NULL, "permerror n - none" },
	{ "From in U-labels", "a@b\303\274cher.example", "xn--bcher-kva.example", "", "_dmarc.xn--bcher-kva.example TXT v=DMARC1; p=reject\n", VERIFY_SPF_NOT_CHECKED, NULL, "pass y - none" },
};

static void
test_messages(struct arena *a)
{
	const char *zone, *message, *got;
	struct verify v;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		message = arena_printf(a, "From: %s\r\nSubject: x\r\n\r\nHi\r\n", rows[i].from);
		zone = arena_printf(a, "%s" REJECT, rows[i].zone, rows[i].tags);
		if (rows[i].signer != NULL) {
			message = sign(a, key, arena_printf(a, "v=1; a=rsa-sha256; d=%s; s=s1; "
			    "h=from:from:subject", rows[i].signer), message);
			if (strstr(rows[i].zone, "FAIL") == NULL || strcmp(rows[i].signer, "example.com") != 0)
				zone = arena_printf(a, "%s" KEY, zone, rows[i].signer, record);
		}
		v = run(a, zone, message, rows[i].spf, rows[i].spf_domain);
		got = arena_printf(a, "%s %c %c %s", dmarc_result_word(v.dmarc),
		    v.dkim_pass ? 'y' : 'n', v.spf == VERIFY_SPF_NOT_CHECKED ? '-' :
		    v.spf_pass ? 'y' : 'n', dmarc_policy_word(v.disposition));
		CHECK_STR(rows[i].name, got, rows[i].want);
	}
	v = run(a, "", "Subject: x\r\n\r\nHi\r\n", VERIFY_SPF_NOT_CHECKED, NULL);
	CHECK("no From field", v.dmarc == DMARC_RESULT_PERMERROR && v.from_domain.s == NULL &&
	    problems_have(&v.problems, "no_from"));
	v = run(a, "", "", VERIFY_SPF_NOT_CHECKED, NULL);
	CHECK("nothing at all", v.dmarc == DMARC_RESULT_PERMERROR && v.arc.result == ARC_NONE);
	v = run(a, "_dmarc.example.com TXT v=DMARC1; p=none; rua=mailto:a@example.com\n",
	    MESSAGE("a@example.com"), VERIFY_SPF_NOT_CHECKED, NULL);
	CHECK("domain", strcmp(v.from_domain.s, "example.com") == 0 && v.problems.count == 0);
}

/* --- ARC ------------------------------------------------------------------------------------------ */

/* One more set on top of `m`, by the book. */
static const char *
arc_add(struct arena *a, const char *m, unsigned i, const char *cv)
{
	struct arc arc;
	struct message msg;
	struct digest *d;
	uint8_t value[HASH_BYTES_MAX];
	const char *seal, *whole;
	size_t n;
	unsigned j;

	m = sign_as(a, key, "ARC-Message-Signature", SIGNATURE_ARC_MESSAGE, arena_printf(a,
	    "i=%u; a=rsa-sha256; c=relaxed/relaxed; d=arc.example; s=s1; h=from:subject", i), m);
	m = arena_printf(a, "ARC-Authentication-Results: i=%u; mx.example; spf=pass\r\n%s", i, m);
	seal = arena_printf(a, "ARC-Seal: i=%u; a=rsa-sha256; cv=%s; d=arc.example; s=s1; b=", i, cv);
	whole = arena_printf(a, "%s\r\n%s", seal, m);
	message_read(a, text_of(whole), &msg, NULL);
	arc_read(a, &msg, NOW, &arc);
	d = digest_new(a, HASH_SHA256);
	for (j = 0; j < i; j++) {
		canon_field(CANON_RELAXED, arc.sets[j].results, digest_sink(d));
		canon_field(CANON_RELAXED, arc.sets[j].message.field, digest_sink(d));
		if (j + 1 < i)
			canon_field(CANON_RELAXED, arc.sets[j].seal.field, digest_sink(d));
	}
	canon_signature(CANON_RELAXED, arc.sets[i - 1].seal.field, arc.sets[i - 1].seal.b_hole,
	    digest_sink(d));
	n = digest_end(d, value);
	return arena_printf(a, "%s%s\r\n%s", seal, sign_digest(a, key, HASH_SHA256,
	    (struct text){ (const char *)value, n }), m);
}

static const char *
swap(struct arena *a, const char *whole, const char *before, const char *after)
{
	const char *at = strstr(whole, before);

	if (at == NULL)
		return whole;
	return arena_printf(a, "%.*s%s%s", (int)(at - whole), whole, after, at + strlen(before));
}

static const char *
arc_of(struct arena *a, const char *message, const char *zone)
{
	struct verify v = run(a, zone, message, VERIFY_SPF_NOT_CHECKED, NULL);

	return arena_printf(a, "%s %u", arc_result_word(v.arc.result), v.arc.instances);
}

static void
test_arc(struct arena *a)
{
	const char *zone = arena_printf(a, KEY, "arc.example", record);
	const char *one = arc_add(a, MESSAGE("a@example.com"), 1, "none");
	const char *two = arc_add(a, one, 2, "pass"), *m;
	unsigned i;

	CHECK_STR("no chain", arc_of(a, MESSAGE("a@example.com"), zone), "none 0");
	CHECK_STR("one set", arc_of(a, one, zone), "pass 1");
	CHECK_STR("two sets", arc_of(a, two, zone), "pass 2");
	CHECK_STR("body changed", arc_of(a, swap(a, two, "\nHi", "\nHo"), zone), "fail 2");
	CHECK_STR("body changed between", arc_of(a, arc_add(a, swap(a, one, "\nHi", "\nHo"), 2, "pass"),
	    zone), "pass 2");						/* 5.2 step 4 is optional */
	CHECK_STR("subject changed", arc_of(a, swap(a, two, "Subject: x", "Subject: y"), zone), "fail 2");
	CHECK_STR("results changed", arc_of(a, swap(a, two, "spf=pass", "spf=fail"), zone), "fail 2");
	CHECK_STR("cv=fail", arc_of(a, arc_add(a, one, 2, "fail"), zone), "fail 2");
	CHECK_STR("cv=none in the second", arc_of(a, arc_add(a, one, 2, "none"), zone), "fail 2");
	CHECK_STR("cv=pass in the first", arc_of(a, arc_add(a, MESSAGE("a@example.com"), 1, "pass"), zone), "fail 1");
	CHECK_STR("a set is missing", arc_of(a, swap(a, two, "ARC-Authentication-Results: i=1", "X: i=1"), zone), "fail 2");
	CHECK_STR("a gap", arc_of(a, swap(a, swap(a, swap(a, one, "i=1", "i=2"), "i=1", "i=2"), "i=1", "i=2"), zone), "fail 2");
	CHECK_STR("a seal twice", arc_of(a, swap(a, one, "ARC-Seal", "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=arc.example; s=s1; b=aaaa\r\nARC-Seal"), zone), "fail 1");
	CHECK_STR("instance 0", arc_of(a, swap(a, one, "i=1", "i=0"), zone), "fail 1");
	CHECK_STR("instance 51", arc_of(a, swap(a, one, "i=1", "i=51"), zone), "fail 1");
	CHECK_STR("h= in a seal", arc_of(a, swap(a, one, "cv=none;", "cv=none; h=from;"), zone), "fail 1");
	CHECK_STR("no key", arc_of(a, two, ""), "fail 2");
	CHECK_STR("DNS fails", arc_of(a, two, "s1._domainkey.arc.example FAIL x"), "temperror 2");
	CHECK_STR("DNS fails and structure is wrong", arc_of(a, arc_add(a, one, 2, "fail"),
	    "s1._domainkey.arc.example FAIL x"), "fail 2");
	for (i = 1, m = MESSAGE("a@example.com"); i <= 50; i++)
		m = arc_add(a, m, i, i == 1 ? "none" : "pass");
	CHECK_STR("fifty sets", arc_of(a, m, zone), "pass 50");
	m = arena_printf(a, "ARC-Seal: i=51; a=rsa-sha256; cv=pass; d=arc.example; s=s1; b=aa\r\n%s", m);
	CHECK_STR("fifty-one sets", arc_of(a, m, zone), "fail 50");
}

static void
test_limits(struct arena *a)
{
	struct str s = str_in(a, 4000000);
	struct verify v;
	size_t i;

	for (i = 0; i < 10000; i++)
		str_add(&s, "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s1; h=from; bh=aa==; b=aa==\r\n");
	str_add(&s, MESSAGE("a@example.com"));
	v = run(a, "", s.p, VERIFY_SPF_NOT_CHECKED, NULL);
	CHECK("10,000 signatures", v.dkim.count == 20 && v.dkim.present == 10000 &&
	    problems_have(&v.problems, "too_many_signatures"));
	s = str_in(a, 4000000);
	for (i = 0; i < 60000; i++)
		str_add(&s, "X: y\r\n");
	str_add(&s, MESSAGE("a@example.com"));
	v = run(a, "", s.p, VERIFY_SPF_NOT_CHECKED, NULL);
	CHECK("60,000 fields", problems_have(&v.problems, "too_many_fields"));
}

int
main(void)
{
	struct arena *a = arena_new();

	key = signer_rsa(1024);
	record = signer_record(a, key);
	test_froms(a);
	test_messages(a);
	test_arc(a);
	test_limits(a);
	signer_free(key);
	arena_free(a);
	TEST_END();
}
