/* The contract's JSON of dkim key, dmarc lookup and message verify, and its words in every language. */

#include "base/str.h"
#include "tests/sign.h"
#include "tests/zone.h"
#include "tools/dkim_json.h"
#include "tools/dmarc_json.h"
#include "tools/verify_json.h"
#include "unit/test.h"

static struct tool_words words = { NULL, "en" };

static const char *
dkim_key(struct arena *a, const char *zone)
{
	struct json *j = NULL;
	struct name n;
	struct zone z;

	zone_init(&z, a);
	zone_load(&z, zone);
	name_parse(a, TEXT("d.example"), &n);
	if (!dkim_key_tool(a, &z.source, "s1", n, &words, &j))
		return "pending";
	return json_print(a, j);
}

static const char *
dmarc(struct arena *a, const char *zone, const char *domain, const char *other)
{
	struct dmarc_question q = { .psl = psl_of_library(a) };
	struct json *j = NULL;
	struct zone z;

	zone_init(&z, a);
	zone_load(&z, zone);
	name_parse(a, text_of(domain), &q.domain);
	if (other != NULL)
		name_parse(a, text_of(other), &q.authenticated);
	if (!dmarc_lookup_tool(a, &z.source, &q, &words, &j))
		return "pending";
	return json_print(a, j);
}

static const char *
verify(struct arena *a, const char *zone, const char *message)
{
	struct verify_input in = { .now = 1700000000 };
	struct message m;
	struct verify v;
	struct zone z;

	zone_init(&z, a);
	zone_load(&z, zone);
	message_read(a, text_of(message), &m, NULL);
	in.message = &m;
	if (!verify_message(a, &z.source, &in, &v))
		return "pending";
	return json_print(a, verify_json(a, &v, NULL, &words));
}

/* Every code that the sources name has its words in both languages. */
static void
test_words(struct arena *a, const struct catalog *catalog)
{
	static const char *const ids[] = {
		"dkim_problem.no_record", "dkim_problem.dns_error", "dkim_problem.multiple_records",
		"dkim_problem.other_text", "dkim_problem.no_equals", "dkim_problem.bad_tag_name",
		"dkim_problem.bad_tag_octet", "dkim_problem.duplicate_tag",
		"dkim_problem.too_many_tags", "dkim_problem.version_not_first",
		"dkim_problem.bad_version", "dkim_problem.no_key", "dkim_problem.revoked",
		"dkim_problem.unsupported_type", "dkim_problem.not_for_email",
		"dkim_problem.not_base64", "dkim_problem.not_an_rsa_key",
		"dkim_problem.not_an_ed25519_key", "dkim_problem.key_too_short",
		"dkim_problem.key_short", "dkim_problem.key_long",
		"dkim_problem.sha256_not_allowed", "dkim_problem.test_mode",
		"dkim_problem.escaped_semicolon", "dkim_problem.quotes_inside",
		"dmarc_problem.multiple_records", "dmarc_problem.wrong_place",
		"dmarc_problem.dns_error", "dmarc_problem.no_equals", "dmarc_problem.bad_tag_name",
		"dmarc_problem.bad_tag_octet", "dmarc_problem.duplicate_tag",
		"dmarc_problem.too_many_tags", "dmarc_problem.bad_version",
		"dmarc_problem.bad_value", "dmarc_problem.bad_report_uri",
		"dmarc_problem.not_mailto", "dmarc_problem.removed_size",
		"dmarc_problem.too_many_uris", "dmarc_problem.removed_tag",
		"dmarc_problem.unknown_tag", "dmarc_problem.no_policy",
		"dmarc_problem.no_policy_no_reports", "dmarc_problem.report_unauthorised",
		"verify_problem.no_from", "verify_problem.several_from_fields",
		"verify_problem.several_from_domains", "verify_problem.unreadable_from",
		"verify_problem.from_syntax", "verify_problem.too_many_signatures",
		"verify_problem.too_many_fields", "verify_problem.unsigned_body",
		"verify_problem.signed_in_future", "verify_problem.key_in_test_mode",
	};
	const char *id;
	size_t i;
	int r;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK(ids[i], catalog_raw(catalog, "en", ids[i]) != NULL);
		CHECK(ids[i], catalog_raw(catalog, "es", ids[i]) != NULL);
	}
	for (r = DKIM_OK; r <= DKIM_DNS_ERROR; r++) {
		id = arena_printf(a, "dkim_reason.%s", dkim_reason_word((enum dkim_reason)r));
		CHECK(id, catalog_raw(catalog, "en", id) != NULL);
		CHECK(id, catalog_raw(catalog, "es", id) != NULL);
	}
}

int
main(void)
{
	struct arena *a = arena_new();
	struct signer ed = signer_ed25519(), rsa = signer_rsa(1024);
	const char *zone, *message;
	struct err err = { 0 };

	words.catalog = catalog_load(a, "templates/lang", &err);
	CHECK(err.text, words.catalog != NULL);
	if (words.catalog == NULL)
		TEST_END();
	test_words(a, words.catalog);

	CHECK_STR("missing", dkim_key(a, "d.example A 192.0.2.1"),
	    "{\"result\":\"missing\",\"name\":\"s1._domainkey.d.example\",\"type\":null,\"bits\":null,"
	    "\"testing\":false,\"strict_identity\":false,\"hashes\":null,\"record\":null,\"records\":0,"
	    "\"cname\":null,\"problems\":[{\"code\":\"no_record\",\"severity\":\"error\",\"message\":"
	    "\"There is no DKIM key at s1._domainkey.d.example.\",\"where\":\"s1._domainkey.d.example\"}]}");
	zone = arena_printf(a, "s1._domainkey.d.example TXT v=DKIM1; k=ed25519; h=sha256; t=s; p=%s",
	    signer_p(a, ed));
	CHECK_STR("ok", dkim_key(a, zone), arena_printf(a,
	    "{\"result\":\"ok\",\"name\":\"s1._domainkey.d.example\",\"type\":\"ed25519\",\"bits\":256,"
	    "\"testing\":false,\"strict_identity\":true,\"hashes\":[\"sha256\"],"
	    "\"record\":\"v=DKIM1; k=ed25519; h=sha256; t=s; p=%s\",\"records\":1,"
	    "\"cname\":null,\"problems\":[]}", signer_p(a, ed)));

	CHECK_STR("dmarc", dmarc(a, "a.example.com A 192.0.2.1|_dmarc.example.com TXT v=DMARC1; p=reject; "
	    "sp=Quarantine; rua=mailto:d@example.com", "a.example.com", "b.example.com"),
	    "{\"domain\":\"a.example.com\",\"status\":\"ok\",\"exists\":true,\"policy\":\"quarantine\","
	    "\"policy_tag\":\"sp\",\"testing\":false,\"policy_domain\":\"example.com\","
	    "\"found_at\":\"_dmarc.example.com\",\"org_domain\":\"example.com\",\"public_suffix\":\"com\","
	    "\"registered_domain\":\"example.com\",\"p\":\"reject\",\"sp\":\"quarantine\",\"np\":null,"
	    "\"adkim\":\"r\",\"aspf\":\"r\",\"psd\":\"u\",\"rua\":[\"mailto:d@example.com\"],\"ruf\":[],"
	    "\"record\":\"v=DMARC1; p=reject; sp=Quarantine; rua=mailto:d@example.com\","
	    "\"alignment\":{\"relaxed\":true,\"strict\":false},\"problems\":[]}");
	CHECK_STR("dmarc, none", dmarc(a, "", "co.uk", NULL),
	    "{\"domain\":\"co.uk\",\"status\":\"none\",\"exists\":false,\"policy\":null,"
	    "\"policy_tag\":null,\"testing\":false,\"policy_domain\":null,"
	    "\"found_at\":null,\"org_domain\":\"co.uk\",\"public_suffix\":\"co.uk\","
	    "\"registered_domain\":null,\"p\":null,\"sp\":null,\"np\":null,"
	    "\"adkim\":null,\"aspf\":null,\"psd\":null,\"rua\":[],\"ruf\":[],"
	    "\"record\":null,\"alignment\":null,\"problems\":[]}");
	CHECK("foreign reports", strstr(dmarc(a, "_dmarc.example.com TXT v=DMARC1; p=none; "
	    "rua=mailto:d@example.net", "example.com", NULL), "\"report_unauthorised\"") != NULL);

	zone = arena_printf(a, "s1._domainkey.example.com TXT %s\n_dmarc.example.com TXT v=DMARC1; p=none\n",
	    signer_record(a, rsa));
	message = sign(a, rsa, "v=1; a=rsa-sha256; d=example.com; s=s1; l=2; h=from",
	    "From: a@example.com\r\n\r\nHello\r\n");
	CHECK_STR("verify", verify(a, zone, message),
	    "{\"from_domain\":\"example.com\",\"dkim\":[{\"index\":1,\"domain\":\"example.com\","
	    "\"selector\":\"s1\",\"identity\":\"@example.com\",\"algorithm\":\"rsa-sha256\","
	    "\"result\":\"pass\",\"reason\":\"ok\",\"bits\":1024,\"testing\":false,\"aligned\":true,"
	    "\"detail\":\"The signature of example.com is valid.\"}],\"spf\":null,"
	    "\"dmarc\":{\"result\":\"pass\",\"policy\":\"none\",\"policy_domain\":\"example.com\","
	    "\"org_domain\":\"example.com\",\"dkim_aligned\":true,\"spf_aligned\":null,"
	    "\"disposition\":\"none\"},\"arc\":{\"result\":\"none\",\"instances\":0},"
	    "\"problems\":[{\"code\":\"unsigned_body\",\"severity\":\"warning\",\"message\":"
	    "\"The signature covers only the beginning of the text: 5 octets at its end could be"
	    " added by anyone.\",\"where\":\"dkim[1]\"}]}");
	CHECK_STR("nothing", verify(a, "", ""),
	    "{\"from_domain\":null,\"dkim\":[],\"spf\":null,\"dmarc\":{\"result\":\"permerror\","
	    "\"policy\":null,\"policy_domain\":null,\"org_domain\":null,\"dkim_aligned\":false,"
	    "\"spf_aligned\":null,\"disposition\":\"none\"},\"arc\":{\"result\":\"none\",\"instances\":0},"
	    "\"problems\":[{\"code\":\"no_from\",\"severity\":\"error\",\"message\":\"The message has no"
	    " From field, so nobody can tell whom it claims to be from.\",\"where\":null}]}");
	signer_free(ed);
	signer_free(rsa);
	arena_free(a);
	TEST_END();
}
