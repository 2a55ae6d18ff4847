#include "unit/test.h"

#include "base/arena.h"
#include "base/code.h"
#include "base/request.h"
#include "base/sha256.h"

static const struct endpoint servers[] = {
	{ { 4, { 203, 0, 113, 53 } }, 53 }, { { 4, { 203, 0, 113, 54 } }, 5353 },
};
static const struct http_header headers[] = { { "A", "b c" }, { "D", "e" } };
static const char *const args[] = { "myhostname", "a=b", "", "x y" };

#define DNS(...)	{ REQUEST_DNS, { .dns = { __VA_ARGS__ } } }
#define HTTP(...)	{ REQUEST_HTTP, { .http = { __VA_ARGS__ } } }
#define SMTP(...)	{ REQUEST_SMTP, { .smtp = { __VA_ARGS__ } } }
#define VERB(...)	{ REQUEST_VERB, { .verb = { __VA_ARGS__ } } }

static const struct {
	const char	*want;
	struct request	 r;
} keys[] = {
	{ "dns TXT cust.example", DNS({ "cust.example" }, RR_TXT, NULL, 0) },
	{ "dns NS .", DNS({ "" }, RR_NS, NULL, 0) },
	{ "dns TYPE999 a.example", DNS({ "a.example" }, (enum rrtype)999, NULL, 0) },
	{ "dns @203.0.113.53:53 TXT cust.example", DNS({ "cust.example" }, RR_TXT, servers, 1) },
	{ "dns @203.0.113.53:53,203.0.113.54:5353 MX cust.example",
	    DNS({ "cust.example" }, RR_MX, servers, 2) },
	{ "http panel GET /api/v2/server",
	    HTTP(.door = HTTP_PANEL, .method = "GET", .path = "/api/v2/server") },
	{ "http public GET https://mta-sts.cust.example/.well-known/mta-sts.txt",
	    HTTP(.door = HTTP_PUBLIC, .method = "GET",
	    .path = "https://mta-sts.cust.example/.well-known/mta-sts.txt") },
	{ "http panel POST /x header=A:b\\x20c header=D:e type=application/json"
	    " body={\"a\":\\x20\"\\x5cn\"} secret=S1",
	    HTTP(.method = "POST", .path = "/x", .headers = headers, .header_count = 2,
	    .content_type = "application/json", .body = { "{\"a\": \"\\n\"}", 11 },
	    .secret_marker = "MARK", .secret_ref = "S1", .credential_header = "X-API-Key") },
	{ "http panel GET /x\\x20body=1", HTTP(.method = "GET", .path = "/x body=1") },
	{ "smtp 203.0.113.53:53", SMTP(.server = { { 4, { 203, 0, 113, 53 } }, 53 }) },
	{ "smtp 203.0.113.25:25 bind=203.0.113.10 ehlo=mail.example starttls tls=mx.example",
	    SMTP(.server = { { 4, { 203, 0, 113, 25 } }, 25 }, .bind = { 4, { 203, 0, 113, 10 } },
	    .ehlo = "mail.example", .starttls = true, .tls_name = "mx.example", .timeout_ms = 5) },
	{ "verb queue-list", VERB("queue-list", NULL, 0) },
	{ "scan spamd REPORT message-sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    { REQUEST_SCAN, { .scan = { SCAN_SPAMD, "REPORT", { "abc", 3 } } } } },
	{ "scan rspamd message-sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    { REQUEST_SCAN, { .scan = { SCAN_RSPAMD, NULL, { "abc", 3 } } } } },
	{ "verb postconf-get myhostname a\\x3db  x\\x20y input=in secret=S2",
	    VERB("postconf-get", args, 4, { "in", 2 }, .secret_ref = "S2") },
};

static void
test_keys(struct arena *a)
{
	struct request r = HTTP(.method = "POST", .path = "/x", .content_type = "t");
	const char *many[3000], *one, *two;
	char *big = arena_zalloc(a, 5000);
	uint8_t hash[32];
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		CHECK_STR(keys[i].want, request_key(a, &keys[i].r), keys[i].want);
	memset(big, 'x', 5000);
	r.u.http.body = (struct text){ big, 1025 };
	one = request_key(a, &r);
	CHECK("a long body is hashed", strlen(one) < 200 && strstr(one, " body-sha256=") != NULL);
	big[1000] = 'y';
	CHECK("another body, another key", strcmp(one, request_key(a, &r)) != 0);
	for (i = 0; i < 3000; i++)
		many[i] = "AB12CD34EF";
	r = (struct request)VERB("queue-hold", many, 3000);
	one = request_key(a, &r);
	r.u.verb.arg_count = 2999;
	two = request_key(a, &r);
	CHECK("a long key is bounded", strlen(one) < 4096 && strcmp(one, two) != 0);

	/* FIPS 180-4 examples; 55 to 64 octets are where padding changes */
	sha256(TEXT("abc"), hash);
	CHECK_STR("sha256", hex_encode(a, (struct text){ (char *)hash, 32 }),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(TEXT(""), hash);
	CHECK_STR("sha256 of nothing", hex_encode(a, (struct text){ (char *)hash, 32 }),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256(TEXT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
	CHECK_STR("sha256 of 56", hex_encode(a, (struct text){ (char *)hash, 32 }),
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(big, 'a', 1000);
	sha256((struct text){ big, 1000 }, hash);
	CHECK_STR("sha256 of 1000", hex_encode(a, (struct text){ (char *)hash, 32 }),
	    "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}

/* Answers as they come back when printed, parsed and read. */
static const struct {
	const char	*name, *in, *want;	/* want NULL = refused, "" = as in */
} answers[] = {
	{ "TXT with bytes that are no text",
	    "{\"name\":\"cust.example\",\"type\":\"TXT\",\"outcome\":\"found\",\"rcode\":0,\"aa\":true,"
	    "\"ad\":false,\"ttl\":300,\"server\":\"203.0.113.53:53\",\"at\":1795456800,\"records\":["
	    "{\"ttl\":300,\"strings\":[\"v=spf1 \",\"-all\"]},"
	    "{\"ttl\":60,\"strings\":[{\"b64\":\"AP8=\"},\"back\\\\x00slash\"]},"
	    "{\"ttl\":60,\"strings\":[]}]}", "" },
	{ "A", "{\"name\":\"a.example\",\"type\":\"A\",\"outcome\":\"found\",\"rcode\":0,\"aa\":false,"
	    "\"ad\":true,\"cname\":\"b.example\",\"ttl\":1,\"at\":0,\"records\":[{\"ttl\":1,"
	    "\"ip\":\"203.0.113.1\"}]}", "" },
	{ "null MX", "{\"name\":\"a.example\",\"type\":\"MX\",\"outcome\":\"found\",\"rcode\":0,"
	    "\"aa\":false,\"ad\":false,\"ttl\":1,\"at\":0,\"records\":[{\"ttl\":1,\"preference\":0,"
	    "\"exchange\":\".\"}]}", "" },
	{ "SOA", "{\"name\":\".\",\"type\":\"SOA\",\"outcome\":\"found\",\"rcode\":0,\"aa\":false,"
	    "\"ad\":false,\"ttl\":1,\"at\":0,\"records\":[{\"ttl\":1,\"mname\":\"a\\\\046b.example\","
	    "\"rname\":\"h.example\",\"serial\":4294967295,\"minimum\":300}]}", "" },
	{ "other types", "{\"name\":\"a.example\",\"type\":\"CAA\",\"outcome\":\"found\",\"rcode\":0,"
	    "\"aa\":false,\"ad\":false,\"ttl\":1,\"at\":0,\"records\":[{\"ttl\":1,\"raw\":\"00ff\"}]}", "" },
	{ "NXDOMAIN", "{\"name\":\"a.example\",\"type\":\"A\",\"outcome\":\"nxdomain\",\"rcode\":3,"
	    "\"aa\":false,\"ad\":false,\"ttl\":1,\"at\":0}", "" },
	{ "failed", "{\"name\":\"a.example\",\"type\":\"A\",\"outcome\":\"failed\",\"failure\":\"timeout\","
	    "\"rcode\":0,\"aa\":false,\"ad\":false,\"ttl\":0,\"at\":0}", "" },
	{ "short found", "{\"name\":\"A.example.\",\"type\":\"txt\",\"ttl\":5,\"records\":[{\"text\":\"x\"}]}",
	    "{\"name\":\"a.example\",\"type\":\"TXT\",\"outcome\":\"found\",\"rcode\":0,\"aa\":false,"
	    "\"ad\":false,\"ttl\":5,\"at\":0,\"records\":[{\"ttl\":5,\"strings\":[\"x\"]}]}" },
	{ "short none", "{\"name\":\"a.example\",\"type\":\"TXT\"}",
	    "{\"name\":\"a.example\",\"type\":\"TXT\",\"outcome\":\"nodata\",\"rcode\":0,\"aa\":false,"
	    "\"ad\":false,\"ttl\":0,\"at\":0}" },
	{ "short failed", "{\"name\":\"a.example\",\"type\":\"TXT\",\"failure\":\"servfail\",\"rcode\":2}",
	    "{\"name\":\"a.example\",\"type\":\"TXT\",\"outcome\":\"failed\",\"failure\":\"servfail\","
	    "\"rcode\":2,\"aa\":false,\"ad\":false,\"ttl\":0,\"at\":0}" },
	{ "no name", "{\"type\":\"TXT\"}", NULL },
	{ "no type", "{\"name\":\"a.example\"}", NULL },
	{ "found without records", "{\"name\":\"a\",\"type\":\"A\",\"outcome\":\"found\"}", NULL },
	{ "none with records", "{\"name\":\"a\",\"type\":\"A\",\"outcome\":\"nodata\",\"records\":["
	    "{\"ip\":\"203.0.113.1\"}]}", NULL },
	{ "failed without reason", "{\"name\":\"a\",\"type\":\"A\",\"outcome\":\"failed\"}", NULL },
	{ "unknown reason", "{\"name\":\"a\",\"type\":\"A\",\"failure\":\"tired\"}", NULL },
	{ "unknown outcome", "{\"name\":\"a\",\"type\":\"A\",\"outcome\":\"maybe\"}", NULL },
	{ "v6 in an A record", "{\"name\":\"a\",\"type\":\"A\",\"records\":[{\"ip\":\"::1\"}]}", NULL },
	{ "preference too large", "{\"name\":\"a\",\"type\":\"MX\",\"records\":[{\"preference\":65536,"
	    "\"exchange\":\"b\"}]}", NULL },
	{ "negative ttl", "{\"name\":\"a\",\"type\":\"A\",\"ttl\":-1}", NULL },
	{ "records no list", "{\"name\":\"a\",\"type\":\"A\",\"records\":{}}", NULL },
	{ "not an object", "[]", NULL },
};

static void
test_answers(struct arena *a)
{
	struct dns_answer d;
	struct json *out;
	struct err err;
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		memset(&err, 0, sizeof(err));
		ok = dns_answer_from_json(a, json_parse(a, text_of(answers[i].in), &err), &d, &err);
		CHECK(answers[i].name, ok == (answers[i].want != NULL));
		if (!ok) {
			CHECK(answers[i].name, err.code == ERR_VALUE);
			continue;
		}
		out = json_new_object(a);
		dns_answer_to_json(out, &d);
		CHECK_STR(answers[i].name, json_print(a, out),
		    answers[i].want[0] == '\0' ? answers[i].in : answers[i].want);
	}
	dns_answer_from_json(a, json_parse(a, text_of(answers[0].in), &err), &d, &err);
	CHECK("strings are joined", text_is(d.rrs[0].u.txt.joined, "v=spf1 -all"));
	CHECK("NUL is kept", text_eq(d.rrs[1].u.txt.strings[0], (struct text){ "\0\xff", 2 }));
}

static const struct request http = HTTP(.method = "GET", .path = "/");
static const struct request smtp = SMTP(.ehlo = "a");
static const struct request verb = VERB("queue-list", NULL, 0);
static const struct request dns = DNS({ "a" }, RR_A, NULL, 0);

static const struct {
	const char		*name;
	const struct request	*r;
	const char		*in, *want;
} replies[] = {
	{ "http", &http, "{\"at\":5,\"took_ms\":7,\"http\":{\"status\":500,\"content_type\":\"text/x\","
	    "\"body\":\"a\\u0001\\n\"}}", "" },
	{ "http bytes", &http, "{\"at\":5,\"took_ms\":7,\"http\":{\"status\":200,\"content_type\":\"\","
	    "\"body\":{\"b64\":\"AP8=\"}}}", "" },
	{ "http, body as JSON", &http, "{\"http\":{\"body\":{\"a\":[1]}}}",
	    "{\"at\":0,\"took_ms\":0,\"http\":{\"status\":200,\"content_type\":\"\",\"body\":\"{\\\"a\\\":[1]}\"}}" },
	{ "http failed", &http, "{\"at\":5,\"took_ms\":7,\"error\":{\"code\":\"timeout\",\"text\":\"x\"},"
	    "\"maybe_done\":true}", "" },
	{ "http nothing", &http, "{}", NULL },
	{ "unknown error", &http, "{\"error\":{\"code\":\"zz\"}}", NULL },
	{ "smtp", &smtp, "{\"at\":5,\"took_ms\":7,\"smtp\":{\"greeting\":\"220 x\",\"tls\":null}}", "" },
	{ "smtp nothing", &smtp, "{\"at\":5}", NULL },
	{ "verb", &verb, "{\"at\":5,\"took_ms\":7,\"verb\":{\"status\":-1,\"out\":\"o\",\"err\":\"e\"}}", "" },
	{ "verb nothing", &verb, "{\"at\":5}", NULL },
	{ "dns", &dns, "{\"at\":5,\"took_ms\":7,\"dns\":{\"name\":\"a\",\"type\":\"A\",\"outcome\":\"nodata\","
	    "\"rcode\":0,\"aa\":false,\"ad\":false,\"ttl\":0,\"at\":5}}", "" },
	{ "dns nothing", &dns, "{\"at\":5}", NULL },
};

static void
test_replies(struct arena *a)
{
	struct reply reply;
	struct json *out;
	struct err err;
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		ok = reply_from_json(a, json_parse(a, text_of(replies[i].in), &err), replies[i].r,
		    &reply, &err);
		CHECK(replies[i].name, ok == (replies[i].want != NULL));
		if (!ok)
			continue;
		out = json_new_object(a);
		reply_to_json(out, replies[i].r, &reply);
		CHECK_STR(replies[i].name, json_print(a, out),
		    replies[i].want[0] == '\0' ? replies[i].in : replies[i].want);
	}
}

int
main(void)
{
	struct arena *a = arena_new();

	test_keys(a);
	test_answers(a);
	test_replies(a);
	arena_free(a);
	TEST_END();
}
