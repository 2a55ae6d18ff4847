/* DKIM signatures, RFC 6376 3.5, 5.4, 6.1; RFC 8301; RFC 8463. */

#include "base/str.h"
#include "mail/dkim_verify.h"
#include "tests/sign.h"
#include "tests/zone.h"
#include "unit/test.h"

#define NOW	1700000000

#define HEAD	"From: Joe <joe@example.com>\r\nTo: sue@example.net\r\nSubject: Hello\r\n"
#define MESSAGE	HEAD "\r\nHi.\r\n\r\nBye  now.\r\n\r\n"
#define D	"d=example.com; s=s1; "
#define RSA	"v=1; a=rsa-sha256; " D
#define H	"h=from:to:subject"

static struct signer rsa2048, rsa1024, rsa512, ed;
static const char *p2048, *p1024, *p512, *ped, *pkcs1;

/* Every record of the tables stands at s1._domainkey.example.com. */
static void
zone_with(struct zone *z, struct arena *a, const char *record)
{
	struct name n;
	struct text t = text_of(record), part;

	zone_init(z, a);
	name_parse(a, TEXT("s1._domainkey.example.com"), &n);
	if (record != NULL && strcmp(record, "FAIL") == 0)
		zone_load(z, "s1._domainkey.example.com FAIL timeout");
	else if (record != NULL)
		while (text_split(&t, '|', &part))
			zone_txt(z, n, &part, 1);
}

static struct dkim
run(struct arena *a, struct zone *z, const char *message)
{
	struct message m;
	struct dkim dkim;

	message_read(a, text_of(message), &m, NULL);
	dkim_read(a, &m, NOW, &dkim);
	if (dkim_ask(a, &z->source, &dkim))
		dkim_verify(a, &m, &dkim);
	return dkim;
}

static const char *
reason_of(struct arena *a, struct zone *z, const char *message)
{
	struct dkim dkim = run(a, z, message);

	return dkim.count == 0 ? "(unsigned)" : dkim_reason_word(dkim.checks[0].reason);
}

/* --- signed with the 2048-bit key, by tags ------------------------------------------------------- */

static const struct {
	const char	*name, *tags, *want;
} tags[] = {
	{ "plain", RSA H, "ok" },
	{ "relaxed/relaxed", RSA "c=relaxed/relaxed; " H, "ok" },
	{ "relaxed alone: simple body", RSA "c=relaxed; " H, "ok" },
	{ "simple/relaxed", RSA "c=simple/relaxed; " H, "ok" },
	{ "rsa-sha1 is refused by policy", "v=1; a=rsa-sha1; " D H, "weak_hash" },	/* RFC 8301 3.1 */
	{ "a final semicolon would follow b=", RSA H "; x=1800000000", "ok" },
	{ "folding between tags", "v=1;\r\n a=rsa-sha256;\r\n\t" D "\r\n " H, "ok" },
	{ "blanks in h=", RSA "h=from : to\r\n :\tsubject", "ok" },
	{ "h= in other case", RSA "h=FROM:To:sUbJeCt", "ok" },
	{ "h= oversigned", RSA "h=from:from:to:subject:subject:subject", "ok" },	/* 5.4.2 */
	{ "h= of absent fields", RSA "h=from:x-none:list-id", "ok" },
	{ "h= of From alone", RSA "h=from", "ok" },
	{ "h= with dkim-signature", RSA "h=from:dkim-signature", "ok" },
	{ "From not signed", RSA "h=to:subject", "from_not_signed" },			/* 5.4, 6.1.1 */
	{ "h= empty", RSA "h=", "header_syntax" },
	{ "h= with an empty name", RSA "h=from::to", "header_syntax" },
	{ "h= with a final colon", RSA "h=from:to:", "header_syntax" },
	{ "h= with a blank in a name", RSA "h=from:x y", "header_syntax" },
	{ "unknown tags", RSA "zz=1; " H, "ok" },
	{ "z= is ignored", RSA "z=From:x@y|To:z; " H, "ok" },
	{ "tag twice", RSA "d=example.com; " H, "header_syntax" },
	{ "text without =", RSA "junk; " H, "header_syntax" },
	{ "bad tag name", RSA "1x=1; " H, "header_syntax" },
	{ "tags have case", "v=1; A=rsa-sha256; " D H, "missing_tag" },

	{ "no v=", "a=rsa-sha256; " D H, "missing_tag" },				/* 6.1.1 */
	{ "no a=", "v=1; " D H, "missing_tag" },
	{ "no d=", "v=1; a=rsa-sha256; s=s1; " H, "missing_tag" },
	{ "no s=", "v=1; a=rsa-sha256; d=example.com; " H, "missing_tag" },
	{ "no h=", RSA "c=simple", "missing_tag" },
	{ "v=2", "v=2; a=rsa-sha256; " D H, "unsupported_version" },
	{ "v=1.0", "v=1.0; a=rsa-sha256; " D H, "unsupported_version" },
	{ "v=0.5", "v=0.5; a=rsa-sha256; " D H, "unsupported_version" },
	{ "v= empty", "v=; a=rsa-sha256; " D H, "unsupported_version" },
	{ "version before algorithm", "v=2; a=foo; " D H, "unsupported_version" },
	{ "syntax before version", "v=2; a=rsa-sha256; d=x; s=s1; " H, "header_syntax" },
	{ "missing before version", "v=2; a=rsa-sha256; s=s1; " H, "missing_tag" },
	{ "a= unknown", "v=1; a=rsa-md5; " D H, "unsupported_algorithm" },
	{ "a= of another hash", "v=1; a=rsa-sha512; " D H, "unsupported_algorithm" },
	{ "a= without hash", "v=1; a=rsa; " D H, "unsupported_algorithm" },
	{ "a= empty", "v=1; a=; " D H, "header_syntax" },
	{ "a= is case-sensitive", "v=1; a=RSA-SHA256; " D H, "unsupported_algorithm" },	/* 3.2 */
	{ "a= of the other key type", "v=1; a=ed25519-sha256; " D H "; b=aGk=", "key_unsupported" },
	{ "c= unknown", RSA "c=nofws; " H, "unsupported_canonicalization" },
	{ "c= unknown for the body", RSA "c=relaxed/nofws; " H, "unsupported_canonicalization" },
	{ "c= with nothing behind the slash", RSA "c=relaxed/; " H, "unsupported_canonicalization" },
	{ "q=dns/txt", RSA "q=dns/txt; " H, "ok" },
	{ "q= of several", RSA "q=foo/bar : dns/txt; " H, "ok" },
	{ "q= unknown", RSA "q=http/x; " H, "unsupported_query_method" },
	{ "q=dns", RSA "q=dns; " H, "unsupported_query_method" },

	{ "d= in other case", "v=1; a=rsa-sha256; d=EXAMPLE.com; s=s1; " H, "ok" },
	{ "d= of one label", "v=1; a=rsa-sha256; d=com; s=s1; " H, "header_syntax" },
	{ "d= empty", "v=1; a=rsa-sha256; d=; s=s1; " H, "header_syntax" },
	{ "d= with a blank", "v=1; a=rsa-sha256; d=exam ple.com; s=s1; " H, "header_syntax" },
	{ "d= with an empty label", "v=1; a=rsa-sha256; d=example..com; s=s1; " H, "header_syntax" },
	{ "d= with a final dot", "v=1; a=rsa-sha256; d=example.com.; s=s1; " H, "header_syntax" },
	{ "s= empty", "v=1; a=rsa-sha256; d=example.com; s=; " H, "header_syntax" },
	{ "s= with a blank", "v=1; a=rsa-sha256; d=example.com; s=s 1; " H, "header_syntax" },
	{ "s= in other case", "v=1; a=rsa-sha256; d=example.com; s=S1; " H, "ok" },
	{ "s= unknown", "v=1; a=rsa-sha256; d=example.com; s=s2; " H, "key_missing" },
	{ "s= of digits", "v=1; a=rsa-sha256; d=example.com; s=2024; " H, "key_missing" },
	{ "s= of several labels", "v=1; a=rsa-sha256; d=example.com; s=a.b; " H, "key_missing" },

	{ "i=", RSA "i=joe@example.com; " H, "ok" },
	{ "i= without a local part", RSA "i=@example.com; " H, "ok" },
	{ "i= of a subdomain", RSA "i=joe@mail.example.com; " H, "ok" },
	{ "i= in other case", RSA "i=@Mail.EXAMPLE.com; " H, "ok" },
	{ "i= quoted-printable", RSA "i=j=6fe=3Dx@example.com; " H, "ok" },		/* 2.11 */
	{ "i= of another domain", RSA "i=joe@example.org; " H, "identity_mismatch" },	/* 6.1.1 */
	{ "i= of the parent", RSA "i=joe@com; " H, "identity_mismatch" },
	{ "i= that ends alike", RSA "i=joe@notexample.com; " H, "identity_mismatch" },
	{ "i= without @", RSA "i=example.com; " H, "header_syntax" },
	{ "i= empty", RSA "i=; " H, "header_syntax" },
	{ "i= bad quoted-printable", RSA "i=j=zz@example.com; " H, "header_syntax" },
	{ "i= with two @", RSA "i=\"a@b\"@example.com; " H, "ok" },

	{ "t=", RSA "t=1600000000; " H, "ok" },
	{ "t= in the future", RSA "t=1800000000; " H, "ok" },				/* 3.5: MAY ignore */
	{ "t= no number", RSA "t=now; " H, "header_syntax" },
	{ "t= negative", RSA "t=-1; " H, "header_syntax" },
	{ "x= in the future", RSA "x=1800000000; " H, "ok" },
	{ "x= now", RSA "x=1700000000; " H, "ok" },
	{ "x= one second ago", RSA "x=1699999999; " H, "expired" },
	{ "x= long ago", RSA "t=1; x=2; " H, "expired" },
	{ "x= before t=", RSA "t=1600000000; x=1500000000; " H, "bad_timestamp" },
	{ "x= equal to t=", RSA "t=1800000000; x=1800000000; " H, "bad_timestamp" },
	{ "x= before t=, both to come", RSA "t=1900000000; x=1800000000; " H, "bad_timestamp" },
	{ "x= of 13 digits", RSA "t=1600000000; x=9999999999999; " H, "ok" },
	{ "x= of 40 digits", RSA "x=9999999999999999999999999999999999999999; " H, "ok" },
	{ "x= no number", RSA "x=12a; " H, "header_syntax" },
	{ "x= empty", RSA "x=; " H, "header_syntax" },
	{ "algorithm before expiry", "v=1; a=rsa-md5; x=1; " D H, "unsupported_algorithm" },
	{ "expiry before key", "v=1; a=rsa-sha256; d=example.com; s=s2; x=1; " H, "expired" },

	{ "l= of the body", RSA "l=18; " H, "ok" },		/* the canonical body has 18 octets */
	{ "l= of a part", RSA "l=5; " H, "ok" },
	{ "l=0", RSA "l=0; " H, "ok" },
	{ "l= over the body", RSA "l=19; " H, "body_hash_mismatch" },			/* 3.5 l= */
	{ "l= far over", RSA "l=99999999999999999999999999; " H, "body_hash_mismatch" },
	{ "l= no number", RSA "l=x; " H, "header_syntax" },
	{ "l= empty", RSA "l=; " H, "header_syntax" },

	{ "bh= of another body", RSA H "; bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "body_hash_mismatch" },
	{ "bh= not base64", RSA H "; bh=***", "header_syntax" },
	{ "bh= empty", RSA H "; bh=", "header_syntax" },
	{ "b= not base64", RSA H "; b=***", "header_syntax" },
	{ "b= empty", RSA H "; b=", "header_syntax" },
	{ "b= short", RSA H "; b=aGVsbG8=", "signature_mismatch" },
	{ "key before body hash", "v=1; a=rsa-sha256; d=example.com; s=s2; bh=aGk=; " H, "key_missing" },
	{ "body hash before signature", RSA H "; bh=aGk=; b=aGk=", "body_hash_mismatch" },
};

/* --- key records that verifiers meet -------------------------------------------------------------- */

static const struct {
	const char	*name, *record, *more, *want;	/* `more` tags; $ in record: p= of 2048 bits */
} records[] = {
	{ "plain", "v=DKIM1; p=$", "", "ok" },
	{ "bare PKCS#1", "v=DKIM1; p=%", "", "ok" },
	{ "no v=", "p=$", "", "ok" },
	{ "none", NULL, "", "key_missing" },
	{ "no key record", "hello", "", "key_missing" },
	{ "DNS fails", "FAIL", "", "dns_error" },
	{ "revoked", "v=DKIM1; p=", "", "key_revoked" },
	{ "not base64", "v=DKIM1; p=***", "", "key_invalid" },
	{ "no key", "v=DKIM1; p=aGVsbG8=", "", "key_invalid" },
	{ "no p=", "v=DKIM1", "", "key_invalid" },
	{ "tag twice", "v=DKIM1; p=$; p=$", "", "key_invalid" },
	{ "k= unknown", "v=DKIM1; k=dsa; p=$", "", "key_unsupported" },
	{ "k= of the other type", "v=DKIM1; k=ed25519; p=&", "", "key_unsupported" },
	{ "h=sha256", "v=DKIM1; h=sha256; p=$", "", "ok" },
	{ "h=sha1", "v=DKIM1; h=sha1; p=$", "", "key_hash_not_allowed" },
	{ "h= empty", "v=DKIM1; h=; p=$", "", "key_hash_not_allowed" },
	{ "s=email", "v=DKIM1; s=email; p=$", "", "ok" },
	{ "s= of others", "v=DKIM1; s=other; p=$", "", "key_service_mismatch" },
	{ "t=s and no i=", "v=DKIM1; t=s; p=$", "", "ok" },
	{ "t=s and i= of d=", "v=DKIM1; t=s; p=$", "i=a@example.com; ", "ok" },
	{ "t=s and i= below d=", "v=DKIM1; t=s; p=$", "i=a@x.example.com; ", "key_flag_mismatch" },
	{ "t=y", "v=DKIM1; t=y; p=$", "", "ok" },
	{ "g= of another", "v=DKIM1; g=other; p=$", "i=a@example.com; ", "ok" },
	{ "another key", "v=DKIM1; p=!", "", "signature_mismatch" },
	{ "two records, one fits", "v=DKIM1; p=!|v=DKIM1; p=$", "", "ok" },
	{ "two records, a revoked one first", "v=DKIM1; p=|v=DKIM1; p=$", "", "ok" },
	{ "two records, none fits", "v=DKIM1; p=!|v=DKIM1; p=!", "", "signature_mismatch" },
	{ "a token beside it", "token=1|v=DKIM1; p=$", "", "ok" },
};

static const char *
fill(struct arena *a, const char *record)
{
	struct str s = str_in(a, 100000);

	for (; *record != '\0'; record++)
		if (*record == '$')
			str_add(&s, p2048);
		else if (*record == '!')
			str_add(&s, p1024);
		else if (*record == '%')
			str_add(&s, pkcs1);
		else if (*record == '&')
			str_add(&s, ped);
		else
			str_addc(&s, *record);
	return s.p;
}

/* --- what happens to the message on its way -------------------------------------------------------- */

static const struct {
	const char	*name, *canon, *before, *after, *want;
} changes[] = {
	{ "nothing", "simple/simple", "x", "x", "ok" },
	{ "body changed", "relaxed/relaxed", "\nBye", "\nBya", "body_hash_mismatch" },
	{ "subject changed", "relaxed/relaxed", "Hello", "Hallo", "signature_mismatch" },
	{ "body before header", "relaxed/relaxed", "Hello\r\n\r\nHi", "Hallo\r\n\r\nHa", "body_hash_mismatch" },
	{ "text added at the end", "relaxed/relaxed", "now.", "now.\r\nAd", "body_hash_mismatch" },
	{ "empty lines added at the end, simple", "simple/simple", "\r\n\r\nHi.", "\r\n\r\nHi.", "ok" },
	{ "blank at a line's end, simple", "simple/simple", "Hi.\r", "Hi. \r", "body_hash_mismatch" },
	{ "blank at a line's end, relaxed", "simple/relaxed", "Hi.\r", "Hi. \r", "ok" },
	{ "blanks made one, simple", "simple/simple", "Bye  now", "Bye now", "body_hash_mismatch" },
	{ "blanks made one, relaxed", "simple/relaxed", "Bye  now", "Bye now", "ok" },
	{ "header folded, simple", "simple/simple", "Subject: H", "Subject:\r\n H", "signature_mismatch" },
	{ "header folded, relaxed", "relaxed/simple", "Subject: H", "Subject:\r\n H", "ok" },
	{ "header in other case, simple", "simple/simple", "Subject", "SUBJECT", "signature_mismatch" },
	{ "header in other case, relaxed", "relaxed/simple", "Subject", "SUBJECT", "ok" },
	{ "unsigned field added", "relaxed/relaxed", "To: sue", "X-A: b\r\nTo: sue", "ok" },
	{ "second subject above", "relaxed/relaxed", "From: Joe", "Subject: x\r\nFrom: Joe", "ok" },
	{ "second subject below", "relaxed/relaxed", "Hello\r\n", "Hello\r\nSubject: x\r\n", "signature_mismatch" },
};

static const char *
replace(struct arena *a, const char *whole, const char *before, const char *after)
{
	const char *at = strstr(whole, before);

	if (at == NULL)
		return whole;
	return arena_printf(a, "%.*s%s%s", (int)(at - whole), whole, after, at + strlen(before));
}

static const char *
to_lf(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s), *o = out;

	for (; *s != '\0'; s++)
		if (*s != '\r')
			*o++ = *s;
	*o = '\0';
	return out;
}

static void
test_tables(struct arena *a)
{
	const char *plain = fill(a, "v=DKIM1; p=$"), *m, *record;
	struct zone z;
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		zone_with(&z, a, plain);
		m = sign(a, rsa2048, tags[i].tags, MESSAGE);
		CHECK_STR(tags[i].name, reason_of(a, &z, m), tags[i].want);
		CHECK_STR("with LF", strcmp(tags[i].want, "ok") == 0 ?
		    reason_of(a, &z, to_lf(a, m)) : "ok", "ok");
	}
	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		record = records[i].record == NULL ? NULL : fill(a, records[i].record);
		zone_with(&z, a, record);
		m = sign(a, rsa2048, arena_printf(a, RSA "%s" H, records[i].more), MESSAGE);
		CHECK_STR(records[i].name, reason_of(a, &z, m), records[i].want);
	}
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		zone_with(&z, a, plain);
		m = sign(a, rsa2048, arena_printf(a, RSA "c=%s; " H, changes[i].canon), MESSAGE);
		m = replace(a, m, changes[i].before, changes[i].after);
		CHECK_STR(changes[i].name, reason_of(a, &z, m), changes[i].want);
	}
}

static void
test_algorithms(struct arena *a)
{
	struct zone z;
	struct dkim d;
	const char *m;

	zone_with(&z, a, fill(a, "v=DKIM1; k=ed25519; p=&"));
	m = sign(a, ed, "v=1; a=ed25519-sha256; c=relaxed/relaxed; " D H, MESSAGE);
	d = run(a, &z, m);
	CHECK_STR("Ed25519", dkim_reason_word(d.checks[0].reason), "ok");
	CHECK("Ed25519 bits", d.checks[0].bits == 256);
	CHECK_STR("Ed25519 changed", reason_of(a, &z, replace(a, m, "Hello", "Hallo")),
	    "signature_mismatch");

	zone_with(&z, a, arena_printf(a, "v=DKIM1; t=y; p=%s", p512));
	m = sign(a, rsa512, RSA H, MESSAGE);
	d = run(a, &z, m);
	CHECK_STR("512 bits verify but do not count", dkim_reason_word(d.checks[0].reason),
	    "weak_key");
	CHECK("policy", d.checks[0].result == DKIM_POLICY && d.checks[0].bits == 512);
	CHECK("testing", d.checks[0].testing);
	CHECK_STR("512 bits, changed", reason_of(a, &z, replace(a, m, "Hello", "Hallo")),
	    "signature_mismatch");

	zone_with(&z, a, arena_printf(a, "v=DKIM1; p=%s", p1024));
	d = run(a, &z, sign(a, rsa1024, RSA H, MESSAGE));
	CHECK("1024 bits pass", d.checks[0].result == DKIM_PASS && d.checks[0].bits == 1024);
	CHECK_STR("rsa-sha1 changed", reason_of(a, &z, replace(a,
	    sign(a, rsa1024, "v=1; a=rsa-sha1; " D H, MESSAGE), "Hello", "x")),
	    "signature_mismatch");
}

static void
test_length(struct arena *a)
{
	struct zone z;
	struct dkim d;

	zone_with(&z, a, fill(a, "p=$"));
	d = run(a, &z, sign(a, rsa2048, RSA "l=5; " H, MESSAGE));
	CHECK("unsigned body", d.checks[0].unsigned_body && d.checks[0].unsigned_bytes == 13);
	d = run(a, &z, sign(a, rsa2048, RSA "l=18; " H, MESSAGE));
	CHECK("whole body signed", !d.checks[0].unsigned_body);
	d = run(a, &z, arena_printf(a, "%s", replace(a, sign(a, rsa2048, RSA "l=18; " H, MESSAGE),
	    "now.\r\n", "now.\r\nAdvertisement\r\n")));
	CHECK("text added behind l=", d.checks[0].result == DKIM_PASS &&
	    d.checks[0].unsigned_body);
	d = run(a, &z, sign(a, rsa2048, RSA H, "From: a@example.com\r\n\r\n"));
	CHECK("empty body, simple", d.checks[0].result == DKIM_PASS);
	d = run(a, &z, sign(a, rsa2048, RSA "c=relaxed/relaxed; " H, "From: a@example.com\r\n"));
	CHECK("no body, relaxed", d.checks[0].result == DKIM_PASS);
	d = run(a, &z, sign(a, rsa2048, RSA "c=relaxed/relaxed; l=0; " H, "From: a@example.com\r\n\r\n"));
	CHECK("l=0 of nothing", d.checks[0].result == DKIM_PASS && !d.checks[0].unsigned_body);
}

/* Several signatures, repeated fields, what cannot be read. */
static void
test_several(struct arena *a)
{
	struct zone z;
	struct dkim d;
	const char *m, *two;
	size_t i;

	zone_with(&z, a, fill(a, "p=$"));
	m = sign(a, rsa2048, RSA H, MESSAGE);
	two = sign(a, rsa2048, RSA "h=from:dkim-signature", m);
	d = run(a, &z, two);
	CHECK("two signatures", d.count == 2 && d.checks[0].result == DKIM_PASS &&
	    d.checks[1].result == DKIM_PASS);
	CHECK("index", d.checks[0].index == 1 && d.checks[1].index == 2);
	d = run(a, &z, replace(a, two, "a=rsa-sha256; d=example.com; s=s1; h=from:to",
	    "a=rsa-sha256;  d=example.com; s=s1; h=from:to"));
	CHECK("the upper signs the lower", d.checks[0].reason == DKIM_SIGNATURE_MISMATCH &&
	    d.checks[1].reason == DKIM_SIGNATURE_MISMATCH);
	d = run(a, &z, sign(a, rsa2048, RSA "h=from:dkim-signature:dkim-signature", m));
	CHECK("its own field is never among those signed", d.checks[0].result == DKIM_PASS);

	m = sign(a, rsa2048, RSA "h=from:received:received", "Received: 1\r\nReceived: 2\r\n"
	    "Received: 3\r\n" MESSAGE);
	CHECK_STR("bottom up", reason_of(a, &z, m), "ok");
	CHECK_STR("bottom up, the top one is free", reason_of(a, &z, replace(a, m,
	    "Received: 1", "Received: x")), "ok");
	CHECK_STR("bottom up, the second is not", reason_of(a, &z, replace(a, m,
	    "Received: 2", "Received: x")), "signature_mismatch");

	for (i = 0, m = MESSAGE; i < 25; i++)
		m = arena_printf(a, "DKIM-Signature: x\r\n%s", m);
	d = run(a, &z, m);
	CHECK("25 fields, 20 looked at", d.count == 20 && d.present == 25);
	CHECK("no tag list", d.checks[19].reason == DKIM_HEADER_SYNTAX);
	CHECK("nothing readable", d.checks[0].sig.domain.s == NULL &&
	    d.checks[0].sig.selector.s == NULL && d.checks[0].sig.identity == NULL);
	CHECK("unsigned", run(a, &z, MESSAGE).count == 0);
	CHECK("empty field", run(a, &z, "DKIM-Signature:\r\n" MESSAGE).checks[0].reason ==
	    DKIM_MISSING_TAG);

	d = run(a, &z, "DKIM-Signature: v=1; a=foo; d=Example.COM; s=Sel; i=Joe@example.com\r\n"
	    MESSAGE);
	CHECK_STR("domain of a bad one", d.checks[0].sig.domain.s, "example.com");
	CHECK_STR("selector of a bad one", d.checks[0].sig.selector.s, "sel");
	CHECK_STR("identity of a bad one", d.checks[0].sig.identity, "Joe@example.com");
	CHECK_STR("algorithm of a bad one", d.checks[0].sig.algorithm, "foo");

	zone_with(&z, a, fill(a, "p=$"));
	z.shy = true;
	d = run(a, &z, sign(a, rsa2048, RSA H, MESSAGE));
	CHECK("pending is nothing yet", d.checks[0].body == NULL);
}

/* The example of RFC 8463, appendix A: both signatures verify. */
static void
test_rfc8463(struct arena *a)
{
	static const char zone[] =
	    "brisbane._domainkey.football.example.com TXT v=DKIM1; k=ed25519; "
	    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	    "test._domainkey.football.example.com TXT v=DKIM1; k=rsa; "
	    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id"
	    "Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/"
	    "e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2"
	    "kryOTIKT+l/K4w3QIDAQAB\n";
	static const char message[] =
	    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
	    " d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
	    " subject : date : message-id : from : subject : date;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
	    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
	    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
	    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
	    " d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
	    " date : message-id : from : subject : date;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
	    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
	    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
	    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
	    "From: Joe SixPack <joe@football.example.com>\r\n"
	    "To: Suzie Q <suzie@shopping.example.net>\r\n"
	    "Subject: Is dinner ready?\r\n"
	    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
	    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
	    "\r\n"
	    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
	struct zone z;
	struct dkim d;

	zone_init(&z, a);
	zone_load(&z, zone);
	d = run(a, &z, message);
	CHECK_STR("RFC 8463 Ed25519", dkim_reason_word(d.checks[0].reason), "ok");
	CHECK_STR("RFC 8463 RSA", dkim_reason_word(d.checks[1].reason), "ok");
}

int
main(void)
{
	struct arena *a = arena_new();

	rsa2048 = signer_rsa(2048);
	rsa1024 = signer_rsa(1024);
	rsa512 = signer_rsa(512);
	ed = signer_ed25519();
	p2048 = signer_p(a, rsa2048);
	pkcs1 = signer_p_pkcs1(a, rsa2048);
	p1024 = signer_p(a, rsa1024);
	p512 = signer_p(a, rsa512);
	ped = signer_p(a, ed);
	test_tables(a);
	test_algorithms(a);
	test_length(a);
	test_several(a);
	test_rfc8463(a);
	signer_free(rsa2048);
	signer_free(rsa1024);
	signer_free(rsa512);
	signer_free(ed);
	arena_free(a);
	TEST_END();
}
