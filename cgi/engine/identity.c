#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/json.h"
#include "base/str.h"
#include "engine/identity.h"

#define LOGIN_MAX	255
#define SESSION_MAX	1024

static const struct { const char *name; enum role role; } roles[] = {
	{ "customer", ROLE_CUSTOMER }, { "reseller", ROLE_RESELLER }, { "admin", ROLE_ADMIN },
};

const char *
role_name(enum role role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (roles[i].role == role)
			return roles[i].name;
	return "customer";
}

bool
role_of_name(const char *name, enum role *ret)
{
	for (size_t i = 0; name != NULL && i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(name, roles[i].name) == 0) {
			*ret = roles[i].role;
			return true;
		}
	return false;
}

/* Found once: looking the algorithm up by its name costs more than a signature. */
static EVP_MAC_CTX *blank;
static pthread_once_t blank_made = PTHREAD_ONCE_INIT;

static void
make_blank(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	blank = EVP_MAC_CTX_new(hmac);
	if (blank == NULL || !EVP_MAC_CTX_set_params(blank, params))
		abort();
	EVP_MAC_free(hmac);
}

void
identity_mac(struct text key, struct text message, unsigned char mac[MAC_BYTES])
{
	EVP_MAC_CTX *ctx;
	size_t size = 0;

	pthread_once(&blank_made, make_blank);
	ctx = EVP_MAC_CTX_dup(blank);
	if (ctx == NULL || !EVP_MAC_init(ctx, (const unsigned char *)key.p, key.n, NULL) ||
	    !EVP_MAC_update(ctx, (const unsigned char *)message.p, message.n) ||
	    !EVP_MAC_final(ctx, mac, &size, MAC_BYTES) || size != MAC_BYTES)
		abort();		/* out of memory; an unset signature must never be compared */
	EVP_MAC_CTX_free(ctx);
}

bool
identity_mac_eq(const unsigned char *a, const unsigned char *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

const char *
identity_sign(struct arena *a, struct text key, const struct identity *who, int64_t exp)
{
	struct json *claims = json_new_object(a);
	struct str token = str_in(a, IDENTITY_TOKEN_MAX);
	unsigned char mac[MAC_BYTES];

	json_put_int(claims, "v", 1);
	json_put_str(claims, "login", who->login);
	json_put_str(claims, "role", role_name(who->role));
	json_put_str(claims, "lang", who->lang != NULL ? who->lang : "en");
	json_put_str(claims, "session", who->session != NULL ? who->session : "");
	json_put_int(claims, "exp", exp);
	if (who->acting != NULL)
		json_put_str(claims, "acting", who->acting);
	str_add(&token, base64url_encode(a, text_of(json_print(a, claims))));
	identity_mac(key, str_text(&token), mac);
	str_addc(&token, '.');
	str_add(&token, base64url_encode(a, (struct text){ (const char *)mac, sizeof(mac) }));
	return token.p;
}

static bool
bad(const char **why, const char *word)
{
	*why = word;
	return false;
}

/* Printable, not empty, bounded: it goes into logs, the audit and the panel's questions. */
static bool
plain(const char *s, size_t max)
{
	size_t n = s == NULL ? 0 : strlen(s);

	if (n == 0 || n > max)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

bool
identity_verify(struct arena *a, struct text key, const char *token, int64_t now,
    struct identity *ret, const char **why)
{
	struct text whole = text_of(token), payload, signature, json;
	struct identity who = { 0 };
	unsigned char mac[MAC_BYTES];
	const struct json *claims, *acting;
	int64_t exp;
	size_t dot;

	if (whole.n == 0)
		return bad(why, "none");
	if (whole.n > IDENTITY_TOKEN_MAX)
		return bad(why, "long");
	if (key.n < IDENTITY_KEY_MIN)
		return bad(why, "key");
	if (!text_find(whole, TEXT("."), &dot))
		return bad(why, "form");
	payload = text_head(whole, dot);
	if (!base64url_decode(a, text_skip(whole, dot + 1), &signature) || signature.n != MAC_BYTES)
		return bad(why, "form");
	identity_mac(key, payload, mac);
	if (!identity_mac_eq(mac, (const unsigned char *)signature.p, MAC_BYTES))
		return bad(why, "signature");

	if (!base64url_decode(a, payload, &json) ||
	    (claims = json_parse(a, json, NULL)) == NULL || !json_is_object(claims))
		return bad(why, "payload");
	if (!json_is_int(json_get(claims, "v")) || json_int(claims, "v", 0) != 1)
		return bad(why, "version");
	if (!json_is_int(json_get(claims, "exp")))
		return bad(why, "exp");
	exp = json_int(claims, "exp", 0);
	if (exp <= now)
		return bad(why, "expired");
	if (exp - now > IDENTITY_LIFE_MAX_S)
		return bad(why, "exp");
	who.login = json_str(claims, "login");
	who.lang = json_str(claims, "lang");
	who.session = json_str(claims, "session");
	who.acting = json_str(claims, "acting");
	acting = json_get(claims, "acting");
	if (!plain(who.login, LOGIN_MAX) || !role_of_name(json_str(claims, "role"), &who.role) ||
	    !plain(who.session, SESSION_MAX) ||
	    (!json_is_null(acting) && !plain(who.acting, LOGIN_MAX)))
		return bad(why, "claims");
	*ret = who;
	return true;
}
