/* What a report leaves out of the texts that people pasted. */

#include "unit/test.h"

#include "base/arena.h"
#include "web/redact.h"

static const struct { const char *name, *text, *want; } cases[] = {
	{ "nothing", "", "" },
	{ "a bounce stays as it is", "550 5.7.1 [203.0.113.10] (S3140)\ndkim=pass; spf=pass smtp.mailfrom=a@b.example",
	    "550 5.7.1 [203.0.113.10] (S3140)\ndkim=pass; spf=pass smtp.mailfrom=a@b.example" },
	{ "a password", "Password: hunter2 for anna", "Password: [...] for anna" },
	{ "another way", "my passwd=hunter2, user=anna", "my passwd=[...], user=anna" },
	{ "in JSON", "{\"password\": \"hunter2\", \"user\": \"anna\"}", "{\"password\": \"[...]\", \"user\": \"anna\"}" },
	{ "in Spanish", "Contrase\xc3\xb1" "a : secreta", "Contrase\xc3\xb1" "a : [...]" },
	{ "in a link", "https://x.example/?token=abc&n=1", "https://x.example/?token=[...]&n=1" },
	{ "the word alone", "The password is wrong", "The password is wrong" },
	{ "at the end", "password:", "password:" },
	{ "within a word", "bypass: on", "bypass: on" },
	{ "a header", "From: a@b.example\nAuthorization: Basic YW5uYTp4\nX: y", "From: a@b.example\nAuthorization: [...]\nX: y" },
	{ "a session", "Set-Cookie: s=1; path=/", "Set-Cookie: [...]" },
	{ "SMTP", "AUTH PLAIN AGFubmEAeA==", "AUTH PLAIN [...]" },
	{ "a private key", "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n[...]\nb" },
	{ "one that was cut", "-----BEGIN PRIVATE KEY-----\nMIIE", "[...]" },
	{ "a public key stays", "-----BEGIN PUBLIC KEY-----\nMIIB", "-----BEGIN PUBLIC KEY-----\nMIIB" },
	{ "twice in a line", "pwd=a pwd=b", "pwd=[...] pwd=[...]" },
};

int
main(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(cases[i].name, redact(a, cases[i].text), cases[i].want);
	arena_free(a);
	TEST_END();
}
