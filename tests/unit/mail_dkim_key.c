/* DKIM key records, RFC 6376 3.6; RFC 8301; RFC 8463. */

#include "base/str.h"
#include "mail/dkim_key.h"
#include "tests/sign.h"
#include "tests/zone.h"
#include "unit/test.h"

/* In records $512, $1024, $2048, $ed stand for keys; $pkcs1 is the bare form of $2048. */
static struct { const char *name, *p; } keys[6];

static const char *
fill(struct arena *a, const char *record)
{
	struct str s = str_in(a, 2000000);
	size_t i;

	while (*record != '\0') {
		for (i = 0; i < 5; i++)
			if (strncmp(record, keys[i].name, strlen(keys[i].name)) == 0)
				break;
		if (i < 5) {
			str_add(&s, keys[i].p);
			record += strlen(keys[i].name);
		} else
			str_addc(&s, *record++);
	}
	return s.p;
}

static const struct {
	const char	*name, *record, *result;
	unsigned	 bits;
	const char	*problem;		/* NULL = none at all */
} records[] = {
	{ "plain", "v=DKIM1; k=rsa; p=$2048", "ok", 2048, NULL },
	{ "only p=", "p=$2048", "ok", 2048, NULL },				/* v=, k= optional */
	{ "no k=", "v=DKIM1; p=$2048", "ok", 2048, NULL },
	{ "no blanks", "v=DKIM1;k=rsa;p=$2048", "ok", 2048, NULL },
	{ "blanks around all", " v = DKIM1 ; k\t=\trsa ; p = $2048 ; ", "ok", 2048, NULL },
	{ "another order", "v=DKIM1; p=$2048; k=rsa", "ok", 2048, NULL },
	{ "empty tags", "v=DKIM1;; k=rsa;;; p=$2048;;", "ok", 2048, NULL },
	{ "bare PKCS#1 key", "v=DKIM1; p=$pkcs1", "ok", 2048, NULL },		/* erratum 3017 */
	{ "Ed25519", "v=DKIM1; k=ed25519; p=$ed", "ok", 256, NULL },		/* RFC 8463 4 */
	{ "1024 bits are weak", "v=DKIM1; p=$1024", "weak", 1024, "key_short" },	/* RFC 8301 3.2 */
	{ "512 bits are invalid", "v=DKIM1; p=$512", "invalid", 512, "key_too_short" },
	{ "unknown tags", "v=DKIM1; x=1; zz_9=; p=$2048", "ok", 2048, NULL },
	{ "g= is historic", "v=DKIM1; g=; p=$2048", "ok", 2048, NULL },
	{ "g= of another user", "v=DKIM1; g=other; p=$2048", "ok", 2048, NULL },
	{ "notes", "v=DKIM1; n=some=20notes here; p=$2048", "ok", 2048, NULL },
	{ "testing", "v=DKIM1; t=y; p=$2048", "ok", 2048, "test_mode" },
	{ "t=s", "v=DKIM1; t=s; p=$2048", "ok", 2048, NULL },
	{ "t=y:s", "v=DKIM1; t=s : y; p=$2048", "ok", 2048, "test_mode" },
	{ "t= unknown", "v=DKIM1; t=x; p=$2048", "ok", 2048, NULL },
	{ "t= is case-sensitive", "v=DKIM1; t=Y; p=$2048", "ok", 2048, NULL },
	{ "h=sha256", "v=DKIM1; h=sha256; p=$2048", "ok", 2048, NULL },
	{ "h= of both", "v=DKIM1; h=sha1 : sha256; p=$2048", "ok", 2048, NULL },
	{ "h=sha1 alone", "v=DKIM1; h=sha1; p=$2048", "ok", 2048, "sha256_not_allowed" },
	{ "s=*", "v=DKIM1; s=*; p=$2048", "ok", 2048, NULL },
	{ "s=email", "v=DKIM1; s=email; p=$2048", "ok", 2048, NULL },
	{ "s= of several", "v=DKIM1; s=tlsrpt:email; p=$2048", "ok", 2048, NULL },
	{ "s= of others", "v=DKIM1; s=tlsrpt; p=$2048", "unsupported", 0, "not_for_email" },
	{ "s= empty", "v=DKIM1; s=; p=$2048", "unsupported", 0, "not_for_email" },
	{ "s= is case-sensitive", "v=DKIM1; s=Email; p=$2048", "unsupported", 0, "not_for_email" },
	{ "k= unknown", "v=DKIM1; k=dsa; p=$2048", "unsupported", 0, "unsupported_type" },
	{ "k= unknown and p= empty", "v=DKIM1; k=dsa; p=", "unsupported", 0, "unsupported_type" },
	{ "k= unknown and p= nonsense", "v=DKIM1; k=dsa; p=!!", "unsupported", 0, "unsupported_type" },
	{ "k= is case-sensitive", "v=DKIM1; k=RSA; p=$2048", "unsupported", 0, "unsupported_type" },
	{ "k= empty", "v=DKIM1; k=; p=$2048", "unsupported", 0, "unsupported_type" },
	{ "k= unknown without p=", "v=DKIM1; k=dsa", "invalid", 0, "no_key" },
	{ "revoked", "v=DKIM1; p=", "revoked", 0, "revoked" },
	{ "revoked with blanks", "v=DKIM1; p= \t ; t=s", "revoked", 0, "revoked" },
	{ "revoked without v=", "p=", "revoked", 0, "revoked" },
	{ "no p=", "v=DKIM1; k=rsa", "invalid", 0, "no_key" },
	{ "only v=", "v=DKIM1", "invalid", 0, "no_key" },
	{ "P= is another tag", "v=DKIM1; P=$2048", "invalid", 0, "no_key" },
	{ "not base64", "v=DKIM1; p=$2048*", "invalid", 0, "not_base64" },
	{ "padding missing", "v=DKIM1; p=MIIBIjANBgkqhkiG9w0BAQ", "invalid", 0, "not_base64" },
	{ "base64 but no key", "v=DKIM1; p=aGVsbG8=", "invalid", 0, "not_an_rsa_key" },
	{ "RSA key as Ed25519", "v=DKIM1; k=ed25519; p=$2048", "invalid", 0, "not_an_ed25519_key" },
	{ "Ed25519 key as RSA", "v=DKIM1; k=rsa; p=$ed", "invalid", 0, "not_an_rsa_key" },
	{ "blanks inside p=", "v=DKIM1; p=MCow BQYD K2Vw", "invalid", 0, "not_an_rsa_key" },
	{ "v= not first", "k=rsa; v=DKIM1; p=$2048", "invalid", 0, "version_not_first" },
	{ "v= twice", "v=DKIM1; v=DKIM1; p=$2048", "invalid", 0, "duplicate_tag" },
	{ "p= twice", "v=DKIM1; p=$2048; p=$2048", "invalid", 0, "duplicate_tag" },
	{ "unknown tag twice", "v=DKIM1; x=1; x=1; p=$2048", "invalid", 0, "duplicate_tag" },
	{ "v= with more", "v=DKIM1 k=rsa; p=$2048", "invalid", 0, "bad_version" },
	{ "v=DKIM10", "v=DKIM10; p=$2048", "invalid", 0, "bad_version" },
	{ "text without =", "v=DKIM1; k=rsa; p=$2048; foo", "invalid", 0, "no_equals" },
	{ "text without =, no v=", "k=rsa; p=$2048; foo", "invalid", 0, "no_equals" },
	{ "escaped semicolons", "v=DKIM1\\; k=rsa\\; p=$2048", "invalid", 0, "escaped_semicolon" },
	{ "quotes inside", "\"v=DKIM1; k=rsa; p=$2048\"", "invalid", 0, "quotes_inside" },
	{ "quote in the key", "v=DKIM1; k=rsa; p=MII\" \"BIj", "invalid", 0, "quotes_inside" },
	{ "not ASCII", "v=DKIM1; n=\303\251; p=$2048", "invalid", 0, "bad_tag_octet" },
};

static void
test_records(struct arena *a)
{
	struct dkim_record r;
	struct problems ps;
	const char *name;
	size_t i;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		name = records[i].name;
		ps = problems_in(a);
		dkim_record_parse(a, text_of(fill(a, records[i].record)), &r, &ps);
		CHECK_STR(name, dkim_key_result_word(r.result), records[i].result);
		CHECK(name, r.bits == records[i].bits);
		if (records[i].problem == NULL)
			CHECK(name, ps.count == 0);
		else
			CHECK(name, problems_have(&ps, records[i].problem));
	}
	dkim_record_parse(a, text_of(fill(a, "v=DKIM1; t=y:s; h=sha256:x; p=$2048")), &r, NULL);
	CHECK("flags", r.testing && r.strict_identity);
	CHECK("hashes", r.has_hashes && r.hash_count == 2 && text_is(r.hashes[1], "x"));
	CHECK("sha1 not allowed", !dkim_record_allows(&r, HASH_SHA1));
}

/* What stands at s1._domainkey.d.example. */
static const struct {
	const char	*name, *zone, *result;
	size_t		 count;
	const char	*problem;
} lookups[] = {
	{ "nothing", "other.example A 192.0.2.1", "missing", 0, "no_record" },
	{ "another type there", "N A 192.0.2.1", "missing", 0, "no_record" },
	{ "DNS fails", "N FAIL timeout", "temperror", 0, "dns_error" },
	{ "one", "N TXT v=DKIM1; p=$2048", "ok", 1, NULL },
	{ "strings are joined", "N TXT \"v=DKIM1; p\" \"=\" \"$2048\"", "ok", 1, NULL },
	{ "two", "N TXT v=DKIM1; p=$2048|N TXT v=DKIM1; p=$1024", "multiple", 2, "multiple_records" },
	{ "the same twice", "N TXT v=DKIM1; p=$2048|N TXT v=DKIM1; p=$2048", "multiple", 2, "multiple_records" },
	{ "a bad second one counts", "N TXT v=DKIM1; p=$2048|N TXT v=DKIM1", "multiple", 2, "multiple_records" },
	{ "a token beside it", "N TXT v=DKIM1; p=$2048|N TXT google-site-verification=x", "ok", 1, "other_text" },
	{ "SPF beside it", "N TXT v=DKIM1; p=$2048|N TXT v=spf1 -all", "ok", 1, "other_text" },
	{ "DMARC beside it has p=", "N TXT v=DKIM1; p=$2048|N TXT v=DMARC1; p=none", "ok", 1, "other_text" },
	{ "only SPF", "N TXT v=spf1 -all", "missing", 0, "no_record" },
	{ "another version", "N TXT v=DKIM2; p=$2048", "missing", 0, "no_record" },
	{ "v= in lower case", "N TXT v=dkim1; p=$2048", "missing", 0, "no_record" },
	{ "only text", "N TXT hello", "missing", 0, "no_record" },
	{ "empty text", "N TXT \"\"", "missing", 0, "no_record" },
	{ "only p=", "N TXT p=$2048", "ok", 1, NULL },
	{ "xp= is no p=", "N TXT xp=$2048", "missing", 0, "no_record" },
	{ "alias", "N CNAME k.example|k.example TXT v=DKIM1; p=$2048", "ok", 1, NULL },
	{ "alias to nothing", "N CNAME k.example", "missing", 0, "no_record" },
};

static void
test_lookups(struct arena *a)
{
	struct name domain, name;
	struct dkim_key key;
	struct zone z;
	struct str s;
	const char *p;
	size_t i;

	name_parse(a, TEXT("d.example"), &domain);
	CHECK("name", dkim_key_name(a, "s1", domain, &name));
	CHECK_STR("name", name.s, "s1._domainkey.d.example");
	for (i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++) {
		s = str_in(a, 100000);
		for (p = lookups[i].zone; *p != '\0'; p++)
			if (*p == 'N' && (p == lookups[i].zone || p[-1] == '|'))
				str_add(&s, name.s);
			else
				str_addc(&s, *p);
		zone_init(&z, a);
		zone_load(&z, fill(a, s.p));
		CHECK(lookups[i].name, dkim_key_lookup(a, &z.source, name, &key));
		CHECK_STR(lookups[i].name, dkim_key_result_word(key.result), lookups[i].result);
		CHECK(lookups[i].name, key.count == lookups[i].count);
		if (lookups[i].problem == NULL)
			CHECK(lookups[i].name, key.problems.count == 0);
		else
			CHECK(lookups[i].name, problems_have(&key.problems, lookups[i].problem));
	}
	zone_init(&z, a);
	zone_load(&z, "s1._domainkey.d.example WAIT");
	CHECK("pending", !dkim_key_lookup(a, &z.source, name, &key));
}

static void
test_same(struct arena *a)
{
	const char *full = fill(a, "v=DKIM1; k=rsa; p=$2048");
	const char *cut = arena_strndup(a, full, 255);
	struct dkim_record r;
	struct text whole = text_of(full);

	CHECK("the same key in other words", dkim_key_same(a, whole,
	    text_of(fill(a, "p=$pkcs1"))));
	CHECK("another key", !dkim_key_same(a, whole, text_of(fill(a, "p=$1024"))));
	CHECK("no key", !dkim_key_same(a, whole, TEXT("p=")));
	CHECK("cut at 255", dkim_key_is_truncated(a, text_of(cut), whole));
	CHECK("cut, quotes and a blank left in", dkim_key_is_truncated(a,
	    text_of(arena_printf(a, "\"%s\" ", cut)), whole));
	CHECK("cut, no v= and k=", dkim_key_is_truncated(a,
	    text_of(arena_printf(a, "p=%s", arena_strndup(a, full + 18, 200))), whole));
	CHECK("not cut", !dkim_key_is_truncated(a, whole, whole));
	CHECK("not cut, split with a blank", !dkim_key_is_truncated(a,
	    text_of(arena_printf(a, "%s %s", cut, full + 255)), whole));
	CHECK("another key is not cut", !dkim_key_is_truncated(a,
	    text_of(fill(a, "v=DKIM1; k=rsa; p=$1024")), whole));
	CHECK("revoked is not cut", !dkim_key_is_truncated(a, TEXT("p="), whole));

	dkim_record_parse(a, whole, &r, NULL);
	CHECK_STR("record from a key", dkim_key_text(a, r.key), full);
	dkim_record_parse(a, text_of(fill(a, "k=ed25519; p=$ed")), &r, NULL);
	CHECK_STR("record from an Ed25519 key", dkim_key_text(a, r.key),
	    fill(a, "v=DKIM1; k=ed25519; p=$ed"));
}

/* A base64 of a megabyte, and a key with octets behind it. */
static void
test_hostile(struct arena *a)
{
	char *big = arena_alloc(a, 1000001);
	struct dkim_record r;
	struct text der;

	memset(big, 'A', 1000000);
	big[1000000] = '\0';
	dkim_record_parse(a, text_of(arena_printf(a, "v=DKIM1; p=%s", big)), &r, NULL);
	CHECK("a megabyte of base64", r.result == DKIM_KEY_INVALID);
	base64_decode(a, text_of(keys[2].p), &der);
	der = text_dup(a, (struct text){ arena_printf(a, "%*s", (int)der.n + 1, ""), der.n + 1 });
	dkim_record_parse(a, text_of(arena_printf(a, "p=%s", base64_encode(a, der))), &r, NULL);
	CHECK("not DER", r.result == DKIM_KEY_INVALID);
}

int
main(void)
{
	struct arena *a = arena_new();
	struct signer s512 = signer_rsa(512), s1024 = signer_rsa(1024), s2048 = signer_rsa(2048);
	struct signer ed = signer_ed25519();

	keys[0].name = "$512", keys[0].p = signer_p(a, s512);
	keys[1].name = "$1024", keys[1].p = signer_p(a, s1024);
	keys[2].name = "$2048", keys[2].p = signer_p(a, s2048);
	keys[3].name = "$ed", keys[3].p = signer_p(a, ed);
	keys[4].name = "$pkcs1", keys[4].p = signer_p_pkcs1(a, s2048);
	test_records(a);
	test_lookups(a);
	test_same(a);
	test_hostile(a);
	signer_free(s512);
	signer_free(s1024);
	signer_free(s2048);
	signer_free(ed);
	arena_free(a);
	TEST_END();
}
