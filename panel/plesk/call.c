#include "panel/plesk/call.h"

#include <string.h>

#define AGENT		"/enterprise/control/agent.php"
#define BULK_BYTES	((size_t)64 << 20)	/* every domain of a large server in one answer */
#define READ_MS		120000			/* utilities start a PHP process each */
#define WRITE_MS	120000
#define PACKET_MAX	((size_t)4 << 20)
#define SHOWN_MAX	200

/* Stands for the password in the request; net replaces it. */
#define SECRET_MARKER	"@@ANTISPAM-GUIDE-SECRET@@"

/* The vendor wants both on every call, also on those without a body. */
static const struct http_header json_headers[] = {
	{ "Accept", "application/json" }, { "Content-Type", "application/json" },
};
#define ACCEPT_ALONE	1		/* with a body the content type is the body's */

/* --- requests --------------------------------------------------------------------------------- */

static struct request
rest(const char *method, const char *path)
{
	struct request r = { .kind = REQUEST_HTTP };

	r.u.http.door = HTTP_PANEL;
	r.u.http.method = method;
	r.u.http.path = path;
	r.u.http.headers = json_headers;
	r.u.http.header_count = sizeof(json_headers) / sizeof(json_headers[0]);
	r.u.http.credential_header = "X-API-Key";
	r.u.http.timeout_ms = READ_MS;
	r.u.http.max_bytes = BULK_BYTES;
	return r;
}

struct request
plesk_rest_get(const char *path)
{
	return rest("GET", path);
}

static void
put_body(struct arena *a, struct request *r, const struct json *body)
{
	r->u.http.header_count = ACCEPT_ALONE;
	r->u.http.content_type = "application/json";
	r->u.http.body = text_of(json_print(a, body));
}

struct request
plesk_rest_write(struct arena *a, const char *method, const char *path, const struct json *body)
{
	struct request r = rest(method, path);

	if (body != NULL)
		put_body(a, &r, body);
	r.u.http.timeout_ms = WRITE_MS;
	r.u.http.write = true;
	return r;
}

static struct request
cli(struct arena *a, const char *utility, const char *const *params, const char *password)
{
	struct request r = rest("POST", arena_printf(a, PLESK_REST "/cli/%s/call", utility));
	struct json *body = json_new_object(a), *list = json_put_array(body, "params");

	for (; *params != NULL; params++)
		json_add_str(list, *params);
	if (password != NULL)
		json_put_str(json_put_object(body, "env"), "PSA_PASSWORD", password);
	put_body(a, &r, body);
	return r;
}

struct request
cli_run(struct arena *a, const char *utility, const char *const *params)
{
	return cli(a, utility, params, NULL);
}

struct request
cli_change(struct arena *a, const char *utility, const char *const *params)
{
	struct request r = cli(a, utility, params, NULL);

	r.u.http.write = true;
	return r;
}

struct request
cli_change_secret(struct arena *a, const char *utility, const char *const *params,
    const char *secret_ref)
{
	struct request r = cli(a, utility, params, SECRET_MARKER);

	r.u.http.write = true;
	r.u.http.secret_marker = SECRET_MARKER;
	r.u.http.secret_ref = secret_ref;
	return r;
}

struct str
packet_begin(struct arena *a)
{
	struct str packet = str_in(a, PACKET_MAX);

	str_add(&packet, "<packet>");
	return packet;
}

struct request
packet_read(struct str *packet)
{
	struct request r = rest("POST", AGENT);

	str_add(packet, "</packet>");
	r.u.http.headers = NULL;
	r.u.http.header_count = 0;
	r.u.http.credential_header = "KEY";
	r.u.http.content_type = "text/xml";
	r.u.http.body = str_text(packet);
	return r;
}

struct request
packet_write(struct str *packet)
{
	struct request r = packet_read(packet);

	r.u.http.timeout_ms = WRITE_MS;
	r.u.http.write = true;
	return r;
}

/* --- what the panel said ---------------------------------------------------------------------- */

static const char *
shown(struct arena *a, struct text text)
{
	return text_show(a, text_head(text_trim(text), SHOWN_MAX));
}

/* Nobody wants to read the source of a page for people. */
static const char *
shown_body(struct arena *a, const struct reply *reply)
{
	struct text body = text_trim(reply->u.http.body);

	return text_istarts(body, "<!doctype html") || text_istarts(body, "<html") ? "a page for people" :
	    shown(a, body);
}

static const struct { int status; enum err_code code; const char *what; } statuses[] = {
	{ 401, ERR_DENIED, "the panel refuses the key or the permission" },
	{ 403, ERR_DENIED, "the panel refuses the key or the permission" },
	{ 404, ERR_NOT_FOUND, "the panel answered" },
	{ 429, ERR_BUSY, "the panel answered" },
	/* Its web server is there before and after what stands behind it. */
	{ 502, ERR_UNREACHABLE, "the panel is not ready" },
	{ 503, ERR_UNREACHABLE, "the panel is not ready" },
	{ 504, ERR_UNREACHABLE, "the panel is not ready" },
};

/* Only the panel's words tell it from another refusal; so the word begins in its languages. */
static bool
is_about_licence(struct text said)
{
	size_t at;

	return text_ifind(said, TEXT("licen"), &at) || text_ifind(said, TEXT("lizenz"), &at);
}

/* A status that is no success, and the panel's own words where they can be read. */
static bool
status_failed(struct arena *a, const struct reply *reply, struct err *err)
{
	const struct json *body = json_parse(a, reply->u.http.body, NULL);
	const char *message = json_str(body, "message");
	int status = reply->u.http.status;
	enum err_code code = status >= 400 && status < 500 ? ERR_VALUE : ERR_PROTOCOL;
	const char *what = code == ERR_VALUE ? "the panel refuses this" : "the panel answered";

	if (message == NULL)		/* WP Toolkit's form */
		message = json_str(json_get(body, "meta"), "message");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status) {
			code = statuses[i].code;
			what = statuses[i].what;
		}
	if (code == ERR_DENIED && is_about_licence(text_of(message)))
		code = ERR_LICENCE;
	return err_set(err, code, "%s (HTTP %d): %s", what, status, message == NULL ? "without a reason" :
	    shown(a, text_of(message)));
}

static bool
answered(struct arena *a, const struct reply *reply, struct err *err)
{
	if (reply->err.code != ERR_NONE) {
		if (err != NULL)
			*err = reply->err;
		return false;
	}
	return (reply->u.http.status >= 200 && reply->u.http.status < 300) ||
	    status_failed(a, reply, err);
}

bool
plesk_rest_reply(struct arena *a, const struct reply *reply, const struct json **ret, struct err *err)
{
	const struct json *json;
	struct err why;

	if (!answered(a, reply, err))
		return false;
	if ((json = json_parse(a, reply->u.http.body, &why)) == NULL)
		return err_set(err, ERR_PROTOCOL, "the panel's answer is no JSON (%s): %s", why.text,
		    shown_body(a, reply));
	*ret = json;
	return true;
}

bool
cli_reply(struct arena *a, const struct reply *reply, struct cli_result *ret, struct err *err)
{
	const struct json *json;

	if (!plesk_rest_reply(a, reply, &json, err))
		return false;
	if (!json_is_int(json_get(json, "code")))
		return err_set(err, ERR_PROTOCOL, "the command gate gave no exit status");
	ret->code = json_int(json, "code", 1);
	ret->out = text_of(json_str(json, "stdout"));
	ret->err = text_of(json_str(json, "stderr"));
	return true;
}

const char *
cli_complaint(struct arena *a, const struct cli_result *r)
{
	struct text text = text_trim(r->err).n > 0 ? r->err : r->out;
	struct str line = str_in(a, SHOWN_MAX);
	struct text part;

	for (text = text_trim(text); text_line(&text, &part); ) {
		if (line.n > 0)
			str_addc(&line, ' ');
		str_addt(&line, text_trim(part));
	}
	return line.n == 0 ? "without a reason" : text_show(a, str_text(&line));
}

bool
cli_done(struct arena *a, const struct reply *reply, struct err *err)
{
	struct cli_result r;

	if (!cli_reply(a, reply, &r, err))
		return false;
	if (r.code == 0)
		return true;
	return err_set(err, is_about_licence(r.err) ? ERR_LICENCE : ERR_VALUE, "the utility failed with %lld: %s",
	    (long long)r.code, cli_complaint(a, &r));
}

/* --- XML -------------------------------------------------------------------------------------- */

bool
plesk_result_ok(struct arena *a, const struct xml *result, struct err *err)
{
	/* The vendor's reduced list of error codes; the others say nothing that we could act on. */
	static const struct { int64_t errcode; enum err_code code; } codes[] = {
		{ 1001, ERR_DENIED },		/* wrong password */
		{ 1003, ERR_UNREACHABLE },	/* the agent could not start */
		{ 1004, ERR_UNREACHABLE },	/* the panel was not set up yet */
		{ 1005, ERR_UNSUPPORTED },	/* version of the API */
		{ 1006, ERR_DENIED },
		{ 1007, ERR_VALUE },		/* is there already */
		{ 1010, ERR_DENIED },		/* no access to the panel */
		{ 1011, ERR_DENIED },		/* account disabled */
		{ 1012, ERR_DENIED },		/* login locked */
		{ 1013, ERR_NOT_FOUND },
		{ 1014, ERR_VALUE },		/* the packet, or a value in it */
		{ 1015, ERR_NOT_FOUND },	/* its owner */
		{ 1017, ERR_UNSUPPORTED },
		{ 1019, ERR_VALUE },
		{ 1026, ERR_UNSUPPORTED },	/* component not installed */
		{ 1029, ERR_DENIED },		/* way to log in */
		{ 1030, ERR_LICENCE },
		{ 1031, ERR_UNSUPPORTED },	/* component not configured */
		{ 11003, ERR_DENIED },		/* secret key */
	};
	const char *status = xml_str(a, result, "status"), *text;
	enum err_code code = ERR_PROTOCOL;
	int64_t errcode = 0;

	if (status != NULL && strcmp(status, "ok") == 0)
		return true;
	if (status == NULL)
		return err_set(err, ERR_PROTOCOL, "the XML API gave no status");
	xml_number(result, "errcode", &errcode);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].errcode == errcode)
			code = codes[i].code;
	text = xml_str(a, result, "errtext");
	return err_set(err, code, "the XML API refuses (%lld): %s", (long long)errcode,
	    text == NULL ? "without a reason" : shown(a, text_of(text)));
}

bool
packet_reply(struct arena *a, const struct reply *reply, const struct xml **packet, struct err *err)
{
	const struct xml *root;
	struct err why;

	if (!answered(a, reply, err))
		return false;
	if (!xml_parse(a, reply->u.http.body, &root, &why))
		return err_set(err, why.code == ERR_LIMIT ? ERR_LIMIT : ERR_PROTOCOL,
		    "the panel's answer is no XML (%s): %s", why.text, shown_body(a, reply));
	if (!text_is(root->name, "packet"))
		return err_set(err, ERR_PROTOCOL, "the panel's answer is no packet: %s",
		    shown_body(a, reply));
	if (xml_child(root, "system") != NULL) {
		if (plesk_result_ok(a, xml_child(root, "system"), err))
			return err_set(err, ERR_PROTOCOL, "the XML API did not say what it did");
		return false;
	}
	*packet = root;
	return true;
}

bool
packet_done(struct arena *a, const struct reply *reply, const char *path, struct err *err)
{
	const struct xml *packet, *result;

	if (!packet_reply(a, reply, &packet, err))
		return false;
	result = xml_path(packet, path);
	if (result == NULL)
		return err_set(err, ERR_PROTOCOL, "the XML API gave no result");
	return plesk_result_ok(a, result, err);
}

/* --- from facts ------------------------------------------------------------------------------- */

enum got
plesk_ask_rest(struct evidence *ev, struct arena *a, const char *path, const struct json **ret,
    struct err *err)
{
	struct request request = plesk_rest_get(path);
	const struct reply *reply = ev_call(ev, &request);

	if (reply == NULL)
		return GOT_WAIT;
	return plesk_rest_reply(a, reply, ret, err) ? GOT_IT : GOT_NOT;
}

enum got
plesk_ask_cli(struct evidence *ev, struct arena *a, const char *utility, const char *const *params,
    struct cli_result *ret, struct err *err)
{
	struct request request = cli_run(a, utility, params);
	const struct reply *reply = ev_call(ev, &request);

	if (reply == NULL)
		return GOT_WAIT;
	return cli_reply(a, reply, ret, err) ? GOT_IT : GOT_NOT;
}

enum got
plesk_ask_packet(struct evidence *ev, struct arena *a, struct str *packet, const struct xml **ret,
    struct err *err)
{
	struct request request = packet_read(packet);
	const struct reply *reply = ev_call(ev, &request);

	if (reply == NULL)
		return GOT_WAIT;
	return packet_reply(a, reply, ret, err) ? GOT_IT : GOT_NOT;
}

bool
plesk_need(struct evidence *ev, const char *what, enum got got, const struct err *err)
{
	if (got == GOT_NOT)
		ev_fail(ev, what, err_word(err->code), err->text);
	return got == GOT_IT;
}
