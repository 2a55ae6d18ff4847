/*
 * The cPanel adapter against the recordings in tests/panels/cpanel/ (panel_replay.h).
 *
 * CALL is "WHM listaccts want=user,domain" (decoded once, as the panel does it), "UAPI anna
 * Email::list_pops domain=cust.example" (carried by WHM), "BATCH [WHM ...] [UAPI ...]", or
 * "VERB whmapi1 gethostname" of the helper, as its words stand.  A secret is written REF.
 *
 * REPLY may also be {"whm": data}, {"no": reason}, {"uapi": data}, {"uapi_no": [texts]} in
 * their envelopes, or {"batch": [of these]}, whose own result is 0 when one of them is a refusal.
 */

#include "unit/panel_replay.h"

#include "base/text.h"
#include "panel/cpanel/call.h"
#include "panel/cpanel/cpanel.h"

/* --- calls ---------------------------------------------------------------------------------------------- */

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, ascii_tolower((unsigned char)c));

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* '+' is a blank and %XX a byte. */
static const char *
decoded(struct arena *a, struct text t)
{
	struct str s = str_in(a, t.n + 1);

	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == '%' && i + 2 < t.n && hex(t.p[i + 1]) >= 0 && hex(t.p[i + 2]) >= 0) {
			str_addc(&s, (char)(hex(t.p[i + 1]) * 16 + hex(t.p[i + 2])));
			i += 2;
		} else
			str_addc(&s, t.p[i] == '+' ? ' ' : t.p[i]);
	return s.p;
}

/* Of "api.version=1&cpanel.user=anna&...", without what is said before the function's name. */
static const char *
function_text(struct arena *a, const char *function, struct text body)
{
	struct str s = str_in(a, 1 << 20), args = str_in(a, 1 << 20);
	const char *user = "", *module = "", *uapi = "";
	bool batch = strcmp(function, "batch") == 0;
	struct text pair, name;

	while (text_split(&body, '&', &pair)) {
		text_split(&pair, '=', &name);
		if (text_is(name, "api.version"))
			continue;
		if (text_is(name, "cpanel.user"))
			user = decoded(a, pair);
		else if (text_is(name, "cpanel.module"))
			module = decoded(a, pair);
		else if (text_is(name, "cpanel.function"))
			uapi = decoded(a, pair);
		else if (batch) {
			struct text inner = text_of(decoded(a, pair)), at;

			text_split(&inner, '?', &at);
			str_addf(&args, " [%s]", function_text(a, text_cstr(a, at), inner));
		} else
			str_addf(&args, " %s=%s", decoded(a, name), decoded(a, pair));
	}
	if (batch)
		str_addf(&s, "BATCH%s", args.p == NULL ? "" : args.p);
	else if (strcmp(function, "uapi_cpanel") == 0)
		str_addf(&s, "UAPI %s %s::%s%s", user, module, uapi, args.p == NULL ? "" : args.p);
	else
		str_addf(&s, "WHM %s%s", function, args.p == NULL ? "" : args.p);
	return s.p;
}

static const char *
verb_text(struct arena *a, const struct request *r)
{
	struct str s = str_in(a, 1 << 20);

	str_addf(&s, "VERB %s", r->u.verb.verb);
	for (size_t i = 0; i < r->u.verb.arg_count; i++)
		str_addf(&s, " %s", r->u.verb.args[i]);
	return s.p;
}

static const char *
call_text(struct arena *a, const struct request *r)
{
	static const char root[] = "/json-api/";
	const struct request_http *h = &r->u.http;
	const char *said, *secret;

	if (r->kind == REQUEST_VERB)
		return verb_text(a, r);
	if (r->kind != REQUEST_HTTP || h->door != HTTP_PANEL || strcmp(h->method, "POST") != 0 ||
	    !text_starts(text_of(h->path), root) || strchr(h->path, '?') != NULL ||
	    !text_starts(h->body, "api.version=1"))
		return "no call of the panel";
	said = function_text(a, h->path + strlen(root), h->body);
	if ((secret = strstr(said, SECRET_HERE)) == NULL)
		return said;
	return arena_printf(a, "%.*s%s%s", (int)(secret - said), said, h->secret_marker != NULL &&
	    text_find(h->body, text_of(h->secret_marker), &(size_t){ 0 }) ? h->secret_ref : "CLEAR TEXT",
	    secret + strlen(SECRET_HERE));
}

/* What is called is the last word before the parameters. */
static bool
changes(struct arena *a, const struct request *r)
{
	static const char *const reads[] = { "list", "get", "accountsummary", "parse_", "validate_", "version",
	    "has_", "fetch_", "core-version", "core-updates", "plugins", "themes", "constants" };
	struct text call = text_of(call_text(a, r)), word;
	size_t at, words = text_starts(call, "VERB uapi ") ? 4 : text_starts(call, "VERB") ? 2 : 1;

	if (text_starts(call, "VERB script-mode "))
		return r->u.verb.arg_count > 2;
	if (text_find(call, TEXT("::"), &at))
		call = text_skip(call, at + 2);
	else
		while (words-- > 0)
			text_split(&call, ' ', &word);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		if (text_starts(call, reads[i]))
			return false;
	return true;
}

/* --- replies -------------------------------------------------------------------------------------------- */

static struct json *
whm_said(struct arena *a, int result, const char *reason, const struct json *data)
{
	struct json *said = json_new_object(a), *metadata = json_put_object(said, "metadata");

	json_put_int(metadata, "result", result);
	json_put_int(metadata, "version", 1);
	json_put_str(metadata, "reason", reason);
	if (data != NULL)
		json_put_copy(said, "data", data);
	return said;
}

static const struct json *
said_of(struct arena *a, const struct json *given)
{
	const struct json *v;
	struct json *data, *uapi, *list;
	int result = 1;

	if ((v = json_get(given, "whm")) != NULL)
		return whm_said(a, 1, "OK", v);
	if (json_str(given, "no") != NULL)
		return whm_said(a, 0, json_str(given, "no"), NULL);
	if (json_get(given, "uapi") != NULL || json_get(given, "uapi_no") != NULL) {
		data = json_new_object(a);
		uapi = json_put_object(data, "uapi");
		json_put_int(uapi, "status", json_get(given, "uapi") != NULL);
		json_put_copy(uapi, "data", json_get(given, "uapi"));
		json_put_copy(uapi, "errors", json_get(given, "uapi_no"));
		return whm_said(a, 1, "OK", data);
	}
	if ((v = json_get(given, "batch")) == NULL)
		return given;
	data = json_new_object(a);
	list = json_put_array(data, "result");
	for (v = json_first(v); v != NULL; v = json_next(v)) {
		json_add_copy(list, said_of(a, v));
		if (json_str(v, "no") != NULL)
			result = 0;
	}
	return whm_said(a, result, "", data);
}

static const char *
body(struct arena *a, const struct json *given)
{
	const struct json *said = said_of(a, given);

	return said == given ? NULL : json_print(a, said);
}

int
main(void)
{
	static const struct replay replay = { &panel_cpanel, "tests/panels/cpanel", call_text, changes, body };

	replay_run(&replay);
	TEST_END();
}
