/*
 * The Plesk adapter against the recordings in tests/panels/plesk/ (panel_replay.h).
 *
 * CALL is "GET /domains" (below /api/v2), "PUT /dns/records/5 {body}",
 * "CLI mail --info a@cust.example", or "XML <mail>...</mail>" (inside the
 * packet), or "VERB dkim-key cust.example" of the helper.  REPLY may also be
 * {"xml": "inside the packet"} or {"cli": [exit status, stdout, stderr]}.
 */

#include "unit/panel_replay.h"

#include "panel/plesk/plesk.h"

/* --- calls as the files write them ----------------------------------------------------------------------- */

static void
add_word(struct str *out, const char *word)
{
	str_addc(out, ' ');
	str_add(out, *word == '\0' ? "''" : word);
}

static const char *
call_text(struct arena *a, const struct request *r)
{
	const struct request_http *h = &r->u.http;
	struct str out = str_in(a, 1 << 20);
	struct text path;

	if (r->kind == REQUEST_VERB) {
		str_addf(&out, "VERB %s", r->u.verb.verb);
		for (size_t i = 0; i < r->u.verb.arg_count; i++)
			add_word(&out, r->u.verb.args[i]);
		return out.p;
	}
	if (r->kind != REQUEST_HTTP || h->door != HTTP_PANEL)
		return "no call of the panel";
	path = text_of(h->path);
	if (text_is(path, "/enterprise/control/agent.php")) {
		str_add(&out, "XML ");
		str_addt(&out, text_head(text_skip(h->body, strlen("<packet>")),
		    h->body.n - strlen("<packet></packet>")));
		return out.p;
	}
	if (text_starts(path, "/api/v2"))
		path = text_skip(path, strlen("/api/v2"));
	if (text_starts(path, "/cli/") && text_ends(path, "/call")) {
		const struct json *body = json_parse(a, h->body, NULL), *v;

		path = text_skip(path, strlen("/cli/"));
		str_add(&out, "CLI ");
		str_addt(&out, text_head(path, path.n - strlen("/call")));
		for (v = json_first(json_get(body, "params")); v != NULL; v = json_next(v))
			add_word(&out, json_value_str(v));
		for (v = json_first(json_get(body, "env")); v != NULL; v = json_next(v))
			str_addf(&out, " with %s=%s", json_key(v),
			    h->secret_marker != NULL && strcmp(h->secret_marker, json_value_str(v)) == 0 ?
			    h->secret_ref : "CLEAR TEXT");
		return out.p;
	}
	str_addf(&out, "%s ", h->method);
	str_addt(&out, path);
	if (h->body.n > 0) {
		str_addc(&out, ' ');
		str_addt(&out, h->body);
	}
	return out.p;
}

static bool
changes(struct arena *a, const struct request *r)
{
	return r->kind != REQUEST_HTTP || (strcmp(r->u.http.method, "GET") != 0 &&
	    strstr(call_text(a, r), "<get>") == NULL);
}

static const char *
body(struct arena *a, const struct json *given)
{
	const struct json *v = json_first(json_get(given, "cli"));
	struct json *said;

	if (json_str(given, "xml") != NULL)
		return arena_printf(a, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<packet version=\"1.6.9.1\">%s</packet>", json_str(given, "xml"));
	if (v == NULL)
		return NULL;
	said = json_new_object(a);
	json_put_copy(said, "code", v);
	json_put_copy(said, "stdout", v = json_next(v));
	json_put_copy(said, "stderr", json_next(v));
	return json_print(a, said);
}

int
main(void)
{
	static const struct replay replay = { &panel_plesk, "tests/panels/plesk", call_text, changes, body };

	replay_run(&replay);
	TEST_END();
}
