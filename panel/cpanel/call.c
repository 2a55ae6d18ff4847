#include "panel/cpanel/call.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define BULK_BYTES	((size_t)64 << 20)	/* every domain of a large server in one answer */
#define CALL_MS		120000
#define BODY_MAX	((size_t)4 << 20)
#define SHOWN_MAX	200

static const struct http_header accept_json[] = { { "Accept", "application/json" } };

/* --- requests --------------------------------------------------------------------------------- */

/* application/x-www-form-urlencoded, blanks as %20: what both the server and its commands decode. */
static void
add_encoded(struct str *s, const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (ascii_isalnum((unsigned char)*p) || strchr("-._", *p) != NULL)
			str_addc(s, *p);
		else
			str_addf(s, "%%%02X", (unsigned)(unsigned char)*p);
}

static void
add_arg(struct str *s, const char *name, const char *value)
{
	add_encoded(s, name);
	str_addc(s, '=');
	add_encoded(s, value);
}

static const char *
user_of(const struct panel_params *params)
{
	return params == NULL || params->user == NULL ? "root" : params->user;
}

static struct request
post(struct arena *a, const struct panel_params *params, const char *path, const struct str *body)
{
	struct request r = { .kind = REQUEST_HTTP };

	r.u.http.door = HTTP_PANEL;
	r.u.http.method = "POST";
	r.u.http.path = path;
	r.u.http.headers = accept_json;
	r.u.http.header_count = 1;
	r.u.http.credential_header = "Authorization";
	r.u.http.credential_prefix = arena_printf(a, "whm %s:", user_of(params));
	r.u.http.content_type = "application/x-www-form-urlencoded";
	r.u.http.body = str_text(body);
	r.u.http.timeout_ms = CALL_MS;
	r.u.http.max_bytes = BULK_BYTES;
	return r;
}

static size_t
args_count(const struct arg *args)
{
	size_t n = 0;

	while (args[n].name != NULL)
		n++;
	return n;
}

/* first: what stands before the parameters on the command line, `count` of them. */
static struct request
verb(struct arena *a, const char *name, const char *const *first, size_t count, const struct arg *args)
{
	struct request r = { .kind = REQUEST_VERB };
	size_t n = args_count(args);
	const char **words = arena_array(a, count + n, sizeof(*words));

	memcpy(words, first, count * sizeof(*words));
	for (size_t i = 0; i < n; i++) {
		struct str s = str_in(a, BODY_MAX);

		add_arg(&s, args[i].name, args[i].value);
		words[count + i] = s.p;
	}
	r.u.verb.verb = name;
	r.u.verb.args = words;
	r.u.verb.arg_count = count + n;
	return r;
}

static void
add_args(struct str *s, const struct arg *args)
{
	for (; args->name != NULL; args++) {
		str_addc(s, '&');
		add_arg(s, args->name, args->value);
	}
}

static bool
by_command(const struct panel_params *params)
{
	return params != NULL && params->by_command;
}

struct request
whm_read(struct arena *a, const struct panel_params *params, const char *function, const struct arg *args)
{
	struct str body;

	if (by_command(params))
		return verb(a, "whmapi1", (const char *const[]){ function }, 1, args);
	body = str_in(a, BODY_MAX);
	/* Without it WHM answers in a form of ten years ago. */
	str_add(&body, "api.version=1");
	add_args(&body, args);
	return post(a, params, arena_printf(a, "/json-api/%s", function), &body);
}

static struct request
writes(struct request r)
{
	if (r.kind == REQUEST_HTTP)
		r.u.http.write = true;
	else
		r.u.verb.write = true;
	return r;
}

struct request
whm_write(struct arena *a, const struct panel_params *params, const char *function, const struct arg *args)
{
	return writes(whm_read(a, params, function, args));
}

static void
add_uapi(struct str *s, const char *user, const char *module, const char *function, const struct arg *args)
{
	add_arg(s, "cpanel.user", user);
	str_addc(s, '&');
	add_arg(s, "cpanel.module", module);
	str_addc(s, '&');
	add_arg(s, "cpanel.function", function);
	add_args(s, args);
}

struct request
uapi_read(struct arena *a, const struct panel_params *params, const char *user, const char *module,
    const char *function, const struct arg *args)
{
	struct str body;

	if (by_command(params))
		return verb(a, "uapi", (const char *const[]){ user, module, function }, 3, args);
	body = str_in(a, BODY_MAX);
	str_add(&body, "api.version=1&");
	add_uapi(&body, user, module, function, args);
	return post(a, params, "/json-api/uapi_cpanel", &body);
}

struct request
uapi_write(struct arena *a, const struct panel_params *params, const char *user, const char *module,
    const char *function, const struct arg *args)
{
	return writes(uapi_read(a, params, user, module, function, args));
}

/* The marker as it stands in the body: '@' is written out there. */
#define MARKER_ENCODED	"%40%40ANTISPAM-GUIDE-SECRET%40%40"

bool
uapi_write_secret(struct arena *a, const struct panel_params *params, const char *user, const char *module,
    const char *function, const struct arg *args, const char *secret_ref, struct request *ret,
    struct err *err)
{
	if (by_command(params))
		return err_set(err, ERR_UNSUPPORTED, "a password is not given on a command line, which "
		    "every user of the machine may read");
	*ret = uapi_write(a, params, user, module, function, args);
	ret->u.http.secret_marker = MARKER_ENCODED;
	ret->u.http.secret_ref = secret_ref;
	return true;
}

/* FUNCTION?name=value&...; encoded once more as the value of command-N. */
static const char *
command(struct arena *a, const char *function, const struct str *args)
{
	return args->n == 0 ? function : arena_printf(a, "%s?%s", function, args->p);
}

const char *
whm_command(struct arena *a, const char *function, const struct arg *args)
{
	struct str s = str_in(a, BODY_MAX);

	for (size_t i = 0; args[i].name != NULL; i++) {
		if (i > 0)
			str_addc(&s, '&');
		add_arg(&s, args[i].name, args[i].value);
	}
	return command(a, function, &s);
}

const char *
uapi_command(struct arena *a, const char *user, const char *module, const char *function,
    const struct arg *args)
{
	struct str s = str_in(a, BODY_MAX);

	add_uapi(&s, user, module, function, args);
	return command(a, "uapi_cpanel", &s);
}

struct request
whm_batch(struct arena *a, const struct panel_params *params, const char *const *commands, size_t count)
{
	struct arg *args = arena_array(a, count + 1, sizeof(*args));

	for (size_t i = 0; i < count; i++)
		args[i] = (struct arg){ arena_printf(a, "command-%zu", i), commands[i] };
	args[count] = (struct arg){ NULL, NULL };
	return whm_read(a, params, "batch", args);
}

/* --- what the panel said ---------------------------------------------------------------------- */

static const char *
shown(struct arena *a, struct text text)
{
	return text_show(a, text_head(text_trim(text), SHOWN_MAX));
}

/* A text, or a list of texts in one line; NULL = neither. */
static const char *
words_of(struct arena *a, const struct json *v)
{
	struct str s = str_in(a, 1024);

	if (json_is_str(v))
		return *json_value_str(v) == '\0' ? NULL : json_value_str(v);
	for (v = json_first(v); v != NULL; v = json_next(v))
		if (json_value_str(v) != NULL)
			str_addf(&s, "%s%s", s.n == 0 ? "" : " ", json_value_str(v));
	return s.n == 0 ? NULL : s.p;
}

/* What is refused, in the panel's own words. */
static bool
refused(struct arena *a, const char *reason, struct err *err)
{
	struct text text = text_of(reason);
	enum err_code code = ERR_VALUE;
	size_t at;

	if (text_ifind(text, TEXT("unknown app requested"), &at))
		code = ERR_UNSUPPORTED;
	else if (text_ifind(text, TEXT("access denied"), &at))
		code = ERR_DENIED;
	else if (text_ifind(text, TEXT("does not exist"), &at))
		code = ERR_NOT_FOUND;
	return err_set(err, code, "the panel refuses this: %s", reason == NULL ? "without a reason" :
	    shown(a, text));
}

static bool
is_page(struct text body)
{
	return text_starts(text_trim(body), "<");
}

static bool
status_failed(struct arena *a, const struct reply *reply, struct err *err)
{
	const struct json *body = json_parse(a, reply->u.http.body, NULL);
	const struct json *old = json_get(body, "cpanelresult");
	const char *reason = json_str(json_get(body, "metadata"), "reason");
	int status = reply->u.http.status;
	enum err_code code = ERR_PROTOCOL;
	const char *what = "the panel answered";

	if (reason == NULL)
		reason = json_str(old, "error");
	if (reason == NULL)
		reason = "without a reason";
	if (status == 401 || status == 403) {
		code = ERR_DENIED;
		what = "the panel refuses the token or the permission";
	} else if (status == 404)
		code = ERR_NOT_FOUND;
	else if (status == 503) {
		code = ERR_UNREACHABLE;
		what = "the panel is not ready, or has locked this address out";
	} else if (status == 429)
		code = ERR_BUSY;
	return err_set(err, code, "%s (HTTP %d): %s", what, status, shown(a, text_of(reason)));
}

/* The JSON of an answer, whatever it says. */
static bool
answer_json(struct arena *a, const struct request *request, const struct reply *reply,
    const struct json **ret, struct err *err)
{
	struct text body;
	struct err why;

	if (reply->err.code != ERR_NONE) {
		if (err != NULL)
			*err = reply->err;
		return false;
	}
	if (request->kind == REQUEST_VERB) {
		body = reply->u.verb.out;		/* its exit status says nothing for sure */
		if (text_trim(body).n == 0)
			return err_set(err, ERR_IO, "the panel's command failed with %d: %s",
			    reply->u.verb.status, shown(a, reply->u.verb.err));
	} else {
		body = reply->u.http.body;
		if (reply->u.http.status < 200 || reply->u.http.status > 299)
			return status_failed(a, reply, err);
		if (is_page(body))
			return err_set(err, ERR_DENIED, "the panel shows a page instead of answering: the login "
			    "is refused, or this address is locked out");
	}
	if ((*ret = json_parse(a, body, &why)) == NULL)
		return err_set(err, ERR_PROTOCOL, "the panel's answer is no JSON (%s): %s", why.text,
		    shown(a, body));
	return true;
}

bool
cp_number(const struct json *v, const char *key, int64_t *ret)
{
	const struct json *n = json_get(v, key);
	uint64_t value;

	if (json_is_int(n)) {
		*ret = json_value_int(n, 0);
		return true;
	}
	if (!text_uint(text_of(json_value_str(n)), INT64_MAX, &value))
		return false;
	*ret = (int64_t)value;
	return true;
}

int
cp_flag(const struct json *v, const char *key)
{
	int64_t n;

	if (json_is_bool(json_get(v, key)))
		return json_bool(v, key, false);
	return cp_number(v, key, &n) ? n != 0 : -1;
}

/* WHM API 1; version 0 and API 2 shapes where old functions fall back on them. */
bool
whm_result(struct arena *a, const struct json *envelope, const struct json **ret, struct err *err)
{
	const struct json *metadata = json_get(envelope, "metadata"), *data = json_get(envelope, "data");
	const struct json *old = json_get(envelope, "cpanelresult");

	if (json_is_object(old)) {
		data = json_get(old, "data");
		if (json_str(old, "error") != NULL || cp_flag(data, "result") == 0)
			return refused(a, json_str(old, "error") != NULL ? json_str(old, "error") :
			    json_str(data, "reason"), err);
	} else if (!json_is_object(metadata) || cp_flag(metadata, "result") < 0) {
		if (json_str(envelope, "error") != NULL)
			return refused(a, json_str(envelope, "error"), err);
		return err_set(err, ERR_PROTOCOL, "the panel did not say whether it was done");
	} else if (cp_flag(metadata, "result") == 0)
		return refused(a, json_str(metadata, "reason"), err);
	*ret = json_is_null(data) ? json_new_object(a) : data;
	return true;
}

bool
uapi_result(struct arena *a, const struct json *envelope, const struct json **ret, struct err *err)
{
	const struct json *data;

	if (json_is_object(json_get(envelope, "result")))
		envelope = json_get(envelope, "result");
	switch (cp_flag(envelope, "status")) {
	case 0:
		return refused(a, words_of(a, json_get(envelope, "errors")), err);
	case 1:
		break;
	default:
		return err_set(err, ERR_PROTOCOL, "the panel did not say whether it was done");
	}
	data = json_get(envelope, "data");
	*ret = json_is_null(data) ? json_new_object(a) : data;
	return true;
}

bool
whm_uapi_result(struct arena *a, const struct json *envelope, const struct json **ret, struct err *err)
{
	const struct json *data;

	if (!whm_result(a, envelope, &data, err))
		return false;
	return uapi_result(a, json_is_object(json_get(data, "uapi")) ? json_get(data, "uapi") : data, ret, err);
}

bool
whm_reply(struct arena *a, const struct request *request, const struct reply *reply,
    const struct json **ret, struct err *err)
{
	const struct json *json;

	return answer_json(a, request, reply, &json, err) && whm_result(a, json, ret, err);
}

bool
uapi_reply(struct arena *a, const struct request *request, const struct reply *reply,
    const struct json **ret, struct err *err)
{
	const struct json *json;

	if (!answer_json(a, request, reply, &json, err))
		return false;
	/* The command prints UAPI's own envelope, WHM wraps it. */
	if (json_is_object(json_get(json, "metadata")) && json_get(json, "status") == NULL)
		return whm_uapi_result(a, json, ret, err);
	if (json_is_object(json_get(json, "cpanelresult")) || json_str(json, "error") != NULL)
		return whm_result(a, json, ret, err);
	return uapi_result(a, json, ret, err);
}

bool
batch_reply(struct arena *a, const struct request *request, const struct reply *reply, size_t count,
    const struct json **ret, struct err *err)
{
	const struct json *json, *data, *list;

	if (!answer_json(a, request, reply, &json, err))
		return false;
	list = json_get(json_get(json, "data"), "result");
	if (json_is_array(list) && json_count(list) == count) {
		*ret = list;
		return true;
	}
	if (whm_result(a, json, &data, err))
		err_set(err, ERR_PROTOCOL, "the panel did not answer all that was asked at once");
	return false;
}

const struct json *
cp_list(const struct json *data, const char *name)
{
	if (json_is_array(data))
		return data;
	if (json_is_array(json_get(data, name)))
		return json_get(data, name);
	return json_is_array(json_get(data, "payload")) ? json_get(data, "payload") : NULL;
}

bool
cp_item_done(struct arena *a, const struct json *list, const char *domain, struct err *err)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "domain")), domain))
			break;
	if (v == NULL || cp_flag(v, "status") < 0)
		return err_set(err, ERR_PROTOCOL, "the panel did not say whether it was done for %s", domain);
	return cp_flag(v, "status") == 1 || refused(a, words_of(a, json_get(v, "msg")), err);
}

/* --- from facts ------------------------------------------------------------------------------- */

/* Who cannot log in asks nothing else: each refusal counts towards a lock-out. */
static enum got
logged_in(struct evidence *ev, const char *function, struct err *err)
{
	const struct ev_failure *why;
	enum err_code code = ERR_DENIED;

	if (strcmp(function, "version") == 0 || ev_fact_any(ev, "login", NULL, &why) != NULL)
		return GOT_IT;
	if (why == NULL)
		return GOT_WAIT;
	err_parse(why->reason, &code);
	err_set(err, code, "%s", why->detail == NULL ? "the login failed" : why->detail);
	return GOT_NOT;
}

static enum got
carried(struct evidence *ev, const char *function, const struct request *request,
    const struct reply **reply, struct err *err)
{
	enum got got = logged_in(ev, function, err);

	if (got != GOT_IT)
		return got;
	return (*reply = ev_call(ev, request)) == NULL ? GOT_WAIT : GOT_IT;
}

enum got
ask_whm(struct evidence *ev, struct arena *a, const struct panel_params *params, const char *function,
    const struct arg *args, const struct json **ret, struct err *err)
{
	struct request request = whm_read(evidence_arena(ev), params, function, args);
	const struct reply *reply = NULL;
	enum got got = carried(ev, function, &request, &reply, err);

	if (got != GOT_IT)
		return got;
	return whm_reply(a, &request, reply, ret, err) ? GOT_IT : GOT_NOT;
}

enum got
ask_uapi(struct evidence *ev, struct arena *a, const struct panel_params *params, const char *user,
    const char *module, const char *function, const struct arg *args, const struct json **ret,
    struct err *err)
{
	struct request request = uapi_read(evidence_arena(ev), params, arena_strdup(evidence_arena(ev), user),
	    module, function, args);
	const struct reply *reply = NULL;
	enum got got = carried(ev, function, &request, &reply, err);

	if (got != GOT_IT)
		return got;
	return uapi_reply(a, &request, reply, ret, err) ? GOT_IT : GOT_NOT;
}

enum got
ask_batch(struct evidence *ev, struct arena *a, const struct panel_params *params,
    const char *const *commands, size_t count, const struct json **ret, struct err *err)
{
	struct request request = whm_batch(evidence_arena(ev), params, commands, count);
	const struct reply *reply = NULL;
	enum got got = carried(ev, "batch", &request, &reply, err);

	if (got != GOT_IT)
		return got;
	return batch_reply(a, &request, reply, count, ret, err) ? GOT_IT : GOT_NOT;
}

bool
cpanel_need(struct evidence *ev, const char *what, enum got got, const struct err *err)
{
	if (got == GOT_NOT)
		ev_fail(ev, what, err_word(err->code == ERR_VALUE ? ERR_DENIED : err->code), err->text);
	return got == GOT_IT;
}
