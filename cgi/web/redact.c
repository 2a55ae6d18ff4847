#include "web/redact.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define HIDDEN	"[...]"

static const char *const headers[] = { "authorization:", "proxy-authorization:", "cookie:", "set-cookie:" };
static const char *const words[] = { "password", "passwd", "passphrase", "passwort", "pwd", "pass", "contrase\xc3\xb1" "a",
    "contrasena", "secret", "secret_key", "secret-key", "token", "access_token", "api_key", "api-key", "apikey", "x-api-key" };
static const char *const commands[] = { "auth plain ", "auth login " };

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static bool
is_word(char c)
{
	return ascii_isalnum((unsigned char)c) || c == '_' || c == '-' || ((unsigned char)c & 0x80) != 0;
}

/* "password : 'x'": length up to the value; 0 = it is none. */
static size_t
value_after(struct text t, const char *word)
{
	size_t n = strlen(word);

	if (!text_istarts(t, word))
		return 0;
	while (n < t.n && (t.p[n] == ' ' || t.p[n] == '"' || t.p[n] == '\''))
		n++;
	if (n == t.n || (t.p[n] != ':' && t.p[n] != '='))
		return 0;
	for (n++; n < t.n && (t.p[n] == ' ' || t.p[n] == '\t' || t.p[n] == '"' || t.p[n] == '\''); n++)
		;
	return n;
}

/* How much of the line stays before the secret that begins here; 0 = none does. */
static size_t
secret_at(struct text t)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		size_t n = value_after(t, words[i]);

		if (n > 0 && n < t.n)
			return n;
	}
	for (size_t i = 0; i < COUNT(commands); i++)
		if (text_istarts(t, commands[i]) && t.n > strlen(commands[i]))
			return strlen(commands[i]);
	return 0;
}

static void
redact_line(struct str *out, struct text line)
{
	for (size_t i = 0; i < COUNT(headers); i++)
		if (text_istarts(line, headers[i])) {
			str_addt(out, text_head(line, strlen(headers[i])));
			str_add(out, " " HIDDEN);
			return;
		}
	for (size_t i = 0; i < line.n;) {
		struct text rest = text_skip(line, i);
		size_t n = i > 0 && is_word(line.p[i - 1]) ? 0 : secret_at(rest);

		if (n == 0) {
			str_addc(out, line.p[i++]);
			continue;
		}
		str_addt(out, text_head(rest, n));
		str_add(out, HIDDEN);
		for (i += n; i < line.n && strchr(" \t\"'<>,;&", line.p[i]) == NULL; i++)
			;
	}
}

const char *
redact(struct arena *a, const char *text)
{
	struct text rest = text_of(text), line;
	struct str out = str_in(a, 2 * rest.n + 64);
	bool key = false, first = true;
	size_t at;

	while (text_line(&rest, &line)) {
		bool begins = text_find(line, TEXT("-----BEGIN "), &at) && text_find(line, TEXT("PRIVATE KEY"), &at);

		if (!first && (!key || begins))
			str_addc(&out, '\n');
		first = false;
		if (begins)
			str_add(&out, HIDDEN);
		else if (!key)
			redact_line(&out, line);
		key = (key || begins) && !text_find(line, TEXT("-----END "), &at);
	}
	return out.p;
}
