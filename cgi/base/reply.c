#include "base/arena.h"
#include "base/json_bytes.h"
#include "base/request.h"

/* What could not be had has an error; an answer of DNS is there even then. */

void
reply_to_json(struct json *o, const struct request *r, const struct reply *reply)
{
	struct json *in;

	json_put_int(o, "at", reply->at);
	json_put_int(o, "took_ms", reply->took_ms);
	if (reply->err.code != ERR_NONE) {
		in = json_put_object(o, "error");
		json_put_str(in, "code", err_word(reply->err.code));
		json_put_str(in, "text", reply->err.text);
	}
	if (reply->maybe_done)
		json_put_bool(o, "maybe_done", true);
	if (r->kind == REQUEST_DNS) {
		if (reply->u.dns != NULL)
			dns_answer_to_json(json_put_object(o, "dns"), reply->u.dns);
		return;
	}
	if (reply->err.code != ERR_NONE)
		return;
	switch (r->kind) {
	case REQUEST_DNS:
		break;
	case REQUEST_HTTP:
		in = json_put_object(o, "http");
		json_put_int(in, "status", reply->u.http.status);
		json_put_str(in, "content_type", reply->u.http.content_type != NULL ?
		    reply->u.http.content_type : "");
		json_put_bytes(in, "body", reply->u.http.body);
		break;
	case REQUEST_SMTP:
		json_put_copy(o, "smtp", reply->u.smtp);
		break;
	case REQUEST_VERB:
		in = json_put_object(o, "verb");
		json_put_int(in, "status", reply->u.verb.status);
		json_put_bytes(in, "out", reply->u.verb.out);
		json_put_bytes(in, "err", reply->u.verb.err);
		break;
	case REQUEST_SCAN:
		json_put_bytes(json_put_object(o, "scan"), "out", reply->u.scan);
		break;
	}
}

/* --- reading ----------------------------------------------------------------------------------- */

static bool
wrong(struct err *err, const char *key)
{
	return err_set(err, ERR_VALUE, "reply: \"%s\" is missing or wrong", key);
}

/* A text, or any other JSON for its printed form; missing is empty. */
static bool
get_body(struct arena *a, const struct json *o, const char *key, struct text *ret, struct err *err)
{
	const struct json *v = json_get(o, key);

	*ret = TEXT("");
	if (json_is_null(v) || json_bytes(a, v, ret))
		return true;
	if (!json_is_object(v) && !json_is_array(v))
		return wrong(err, key);
	*ret = text_of(json_print(a, v));
	return true;
}

static bool
get_error(const struct json *o, struct err *ret, struct err *err)
{
	const struct json *e = json_get(o, "error");
	const char *text = json_str(e, "text");

	if (json_is_null(e))
		return true;
	if (!err_parse(json_str(e, "code"), &ret->code))
		return wrong(err, "error");
	err_set(ret, ret->code, "%s", text != NULL ? text : "");
	return true;
}

static bool
get_dns(struct arena *a, const struct json *o, struct reply *reply, struct err *err)
{
	const struct json *d = json_get(o, "dns");
	struct dns_answer *answer = arena_zalloc(a, sizeof(*answer));

	if (!json_is_object(d))
		return wrong(err, "dns");
	reply->u.dns = answer;
	return dns_answer_from_json(a, d, answer, err);
}

static bool
get_http(struct arena *a, const struct json *o, struct reply *reply, struct err *err)
{
	const struct json *h = json_get(o, "http");
	const char *type = json_str(h, "content_type");
	int64_t status = json_int(h, "status", json_is_object(h) ? 200 : -1);

	if (status < 0 || status > 999)
		return wrong(err, "http");
	reply->u.http.status = (int)status;
	reply->u.http.content_type = arena_strdup(a, type != NULL ? type : "");
	return get_body(a, h, "body", &reply->u.http.body, err);
}

static bool
get_verb(struct arena *a, const struct json *o, struct reply *reply, struct err *err)
{
	const struct json *v = json_get(o, "verb");
	int64_t status = json_int(v, "status", 0);

	if (!json_is_object(v) || status < INT32_MIN || status > INT32_MAX)
		return wrong(err, "verb");
	reply->u.verb.status = (int)status;
	return get_body(a, v, "out", &reply->u.verb.out, err) &&
	    get_body(a, v, "err", &reply->u.verb.err, err);
}

bool
reply_from_json(struct arena *a, const struct json *o, const struct request *r,
    struct reply *ret, struct err *err)
{
	struct reply reply = { 0 };
	int64_t took = json_int(o, "took_ms", 0);
	bool ok = true;

	reply.at = json_int(o, "at", 0);
	reply.took_ms = took < 0 || took > UINT32_MAX ? 0 : (uint32_t)took;
	reply.maybe_done = json_bool(o, "maybe_done", false);
	if (!get_error(o, &reply.err, err))
		return false;
	if (r->kind == REQUEST_DNS) {
		ok = get_dns(a, o, &reply, err);
	} else if (reply.err.code == ERR_NONE) {
		switch (r->kind) {
		case REQUEST_DNS:
			break;
		case REQUEST_HTTP:
			ok = get_http(a, o, &reply, err);
			break;
		case REQUEST_SMTP:
			if (!json_is_object(json_get(o, "smtp")))
				return wrong(err, "smtp");
			reply.u.smtp = json_copy(a, json_get(o, "smtp"));
			break;
		case REQUEST_VERB:
			ok = get_verb(a, o, &reply, err);
			break;
		case REQUEST_SCAN:
			if (!json_is_object(json_get(o, "scan")))
				return wrong(err, "scan");
			ok = get_body(a, json_get(o, "scan"), "out", &reply.u.scan, err);
			break;
		}
	}
	if (ok)
		*ret = reply;
	return ok;
}
