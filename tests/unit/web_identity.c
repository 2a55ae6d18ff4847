/* The signed identity and the CSRF token: what is right passes, anything else does not. */

#include "unit/test.h"

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "web/csrf.h"

#define NOW	1790000000

static const struct text key = TEXT("0123456789abcdef0123456789abcdef");
static const struct text other_key = TEXT("0123456789abcdef0123456789abcdeF");

static const struct { const char *name, *payload, *why; } payloads[] = {
	{ "right", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"lang\":\"en\",\"session\":\"s\",\"exp\":1790000060}", NULL },
	{ "in 120 s", "{\"v\":1,\"login\":\"anna\",\"role\":\"admin\",\"lang\":\"en\",\"session\":\"s\",\"exp\":1790000120}", NULL },
	{ "acting", "{\"v\":1,\"login\":\"root\",\"role\":\"admin\",\"session\":\"s\",\"exp\":1790000060,\"acting\":\"anna\"}", NULL },
	{ "unknown claims are ignored", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"session\":\"s\",\"exp\":1790000060,\"x\":[1]}", NULL },
	{ "in 121 s", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"lang\":\"en\",\"session\":\"s\",\"exp\":1790000121}", "exp" },
	{ "now", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"lang\":\"en\",\"session\":\"s\",\"exp\":1790000000}", "expired" },
	{ "long ago", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"lang\":\"en\",\"session\":\"s\",\"exp\":1}", "expired" },
	{ "no exp", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"session\":\"s\"}", "exp" },
	{ "exp as text", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"session\":\"s\",\"exp\":\"1790000060\"}", "exp" },
	{ "other version", "{\"v\":2,\"login\":\"anna\",\"role\":\"customer\",\"session\":\"s\",\"exp\":1790000060}", "version" },
	{ "no version", "{\"login\":\"anna\",\"role\":\"customer\",\"session\":\"s\",\"exp\":1790000060}", "version" },
	{ "unknown role", "{\"v\":1,\"login\":\"anna\",\"role\":\"root\",\"session\":\"s\",\"exp\":1790000060}", "claims" },
	{ "empty login", "{\"v\":1,\"login\":\"\",\"role\":\"admin\",\"session\":\"s\",\"exp\":1790000060}", "claims" },
	{ "login with a control", "{\"v\":1,\"login\":\"a\\nb\",\"role\":\"admin\",\"session\":\"s\",\"exp\":1790000060}", "claims" },
	{ "no session", "{\"v\":1,\"login\":\"anna\",\"role\":\"admin\",\"exp\":1790000060}", "claims" },
	{ "acting is no text", "{\"v\":1,\"login\":\"anna\",\"role\":\"admin\",\"session\":\"s\",\"exp\":1790000060,\"acting\":1}", "claims" },
	{ "name in other case", "{\"v\":1,\"Login\":\"anna\",\"role\":\"admin\",\"session\":\"s\",\"exp\":1790000060}", "claims" },
	{ "two roles", "{\"v\":1,\"login\":\"anna\",\"role\":\"customer\",\"role\":\"admin\",\"session\":\"s\",\"exp\":1790000060}", "payload" },
	{ "no object", "[1]", "payload" },
	{ "no JSON", "{", "payload" },
};

static const struct { const char *name, *origin, *host; bool want; } origins[] = {
	{ "same", "https://panel.example:8443", "panel.example:8443", true },
	{ "same, port left out", "https://panel.example:8443", "panel.example", true },
	{ "case", "https://Panel.example", "panel.example", true },
	{ "v6", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443", true },
	{ "no header", NULL, "panel.example", true },
	{ "other host", "https://evil.example", "panel.example", false },
	{ "longer host", "https://panel.example.evil.example", "panel.example", false },
	{ "null", "null", "panel.example", false },
};

static const char *
sign(struct arena *a, struct text k, const char *payload)
{
	struct str s = str_in(a, 8192);
	unsigned char mac[MAC_BYTES];

	str_add(&s, base64url_encode(a, text_of(payload)));
	identity_mac(k, str_text(&s), mac);
	str_addc(&s, '.');
	str_add(&s, base64url_encode(a, (struct text){ (const char *)mac, sizeof(mac) }));
	return s.p;
}

int
main(void)
{
	struct arena *a = arena_new();
	struct identity who, anna = { .login = "anna", .role = ROLE_CUSTOMER, .lang = "es", .session = "s1" },
	    same = anna, other_session = anna, other_login = anna, other_role = anna, mixed = anna;
	const char *why, *token, *csrf;

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		bool ok;

		why = NULL;
		ok = identity_verify(a, key, sign(a, key, payloads[i].payload), NOW, &who, &why);
		CHECK(payloads[i].name, ok == (payloads[i].why == NULL));
		CHECK_STR(payloads[i].name, why, payloads[i].why);
		CHECK(payloads[i].name, !identity_verify(a, other_key, sign(a, key, payloads[i].payload),
		    NOW, &who, &why));
	}

	token = identity_sign(a, key, &anna, NOW + 60);
	CHECK("what we sign verifies", identity_verify(a, key, token, NOW, &who, &why));
	CHECK_STR("login", who.login, "anna");
	CHECK_STR("lang", who.lang, "es");
	CHECK_STR("acting", who.acting, NULL);
	for (size_t i = 0; i < strlen(token); i++) {
		char *t = arena_strdup(a, token);

		t[i] = t[i] == 'A' ? 'B' : 'A';
		/* The last character of a base64 text may hold unused bits; strict decoding refuses those. */
		CHECK("any changed character", !identity_verify(a, key, t, NOW, &who, &why));
	}
	for (size_t n = 0; n < strlen(token); n++)
		CHECK("any shortened text", !identity_verify(a, key, arena_strndup(a, token, n), NOW, &who, &why));
	CHECK("padding is not allowed", !identity_verify(a, key, arena_printf(a, "%s=", token), NOW, &who, &why));
	CHECK("a short key is no key", !identity_verify(a, TEXT("short"), token, NOW, &who, &why));
	CHECK("nothing", !identity_verify(a, key, NULL, NOW, &who, &why));

	csrf = csrf_token(a, key, &anna);
	other_session.session = "s2";
	other_login.login = "bert";
	other_role.role = ROLE_ADMIN;
	mixed.login = "ann";
	mixed.session = "as1";
	CHECK("own token", csrf_ok(a, key, &same, csrf));
	CHECK("other session", !csrf_ok(a, key, &other_session, csrf));
	CHECK("other login", !csrf_ok(a, key, &other_login, csrf));
	CHECK("other role", !csrf_ok(a, key, &other_role, csrf));
	CHECK("parts moved", !csrf_ok(a, key, &mixed, csrf));
	CHECK("other key", !csrf_ok(a, other_key, &anna, csrf));
	CHECK("no token", !csrf_ok(a, key, &anna, NULL));
	CHECK("empty token", !csrf_ok(a, key, &anna, ""));
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
		CHECK(origins[i].name, csrf_origin_ok(origins[i].origin, origins[i].host) == origins[i].want);
	arena_free(a);
	TEST_END();
}
