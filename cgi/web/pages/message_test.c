/* A message's source, tested before it goes out: a score, every deduction explained, and who vouches for it. */

#include <string.h>

#include "base/arena.h"
#include "engine/reflector.h"
#include "engine/tools_score.h"
#include "web/pages/pages.h"

#define MESSAGE_BYTES_MAX	(5 * 1024 * 1024)
#define SCORE_MS		8000

static const char *
filled(const struct exchange *x, const char *name)
{
	const char *s = field_get(&x->req->form, name);

	return s == NULL || s[0] == '\0' ? NULL : s;
}

/* pass is right, fail is wrong, what could not be asked is unknown. */
static void
view_result(struct json *one, const struct exchange *x, const char *result)
{
	const char *verdict = "warning";

	if (result == NULL || strcmp(result, "temperror") == 0)
		verdict = "unknown";
	else if (strcmp(result, "pass") == 0)
		verdict = "ok";
	else if (strcmp(result, "fail") == 0 || strcmp(result, "permerror") == 0)
		verdict = "problem";
	view_verdict(one, x, verdict);
	json_put_str(one, "word", say_word(x, "auth", result));
}

/* Of a number with one decimal, as the person writes it. */
static const char *
tenths_of(const struct exchange *x, const struct json *v, const char *key)
{
	double tenths = json_double(v, key, 0) * 10;

	return lang_tenths(x->arena, x->lang, (int64_t)(tenths < 0 ? tenths - .5 : tenths + .5));
}

/* {"score","max","items":[{"points","title","text","fix"}]}: every deduction with its reason. */
static void
view_score(struct json *view, const struct exchange *x, const struct json *answer)
{
	struct json *score, *items;

	if (!json_is_number(json_get(answer, "score")))
		return;
	score = json_put_object(view, "score");
	json_put_copy(score, "points", json_get(answer, "score"));
	json_put_copy(score, "max", json_get(answer, "max"));
	json_put_str(score, "text", say2(x, "pages.message_test.score", "points", tenths_of(x, answer, "score"), "max",
	    tenths_of(x, answer, "max")));
	items = json_put_array(score, "items");
	for (const struct json *i = json_first(json_get(answer, "items")); i != NULL; i = json_next(i)) {
		const char *severity = json_str(i, "severity"), *fix = json_str(i, "fix");
		struct json *one = json_add_object(items);

		view_verdict(one, x, severity == NULL || strcmp(severity, "info") == 0 ? "information" :
		    strcmp(severity, "error") == 0 ? "problem" : "warning");
		json_put_copy(one, "code", json_get(i, "code"));
		json_put_str(one, "deduction", tenths_of(x, i, "points"));
		json_put_copy(one, "title", json_get(i, "title"));
		json_put_copy(one, "text", json_get(i, "text"));
		json_put_str(one, "fix", fix == NULL || fix_find(fix) == NULL ? NULL :
		    say(x, arena_printf(x->arena, "pages.fixes.%s.button", fix)));
	}
}

static void
view_answer(struct json *view, const struct exchange *x, const struct json *answer)
{
	const struct json *verify = json_get(answer, "verify") != NULL ? json_get(answer, "verify") : answer;
	const struct json *spf = json_get(verify, "spf"), *dmarc = json_get(verify, "dmarc");
	struct json *list = json_put_array(view, "signatures"), *one;

	json_put_bool(view, "answered", true);
	view_score(view, x, answer);
	json_put_copy(view, "from_domain", json_get(verify, "from_domain"));
	for (const struct json *s = json_first(json_get(verify, "dkim")); s != NULL; s = json_next(s)) {
		one = json_add_object(list);
		view_result(one, x, json_str(s, "result"));
		json_put_copy(one, "domain", json_get(s, "domain"));
		json_put_copy(one, "selector", json_get(s, "selector"));
		json_put_copy(one, "detail", json_get(s, "detail"));
		json_put_copy(one, "bits", json_get(s, "bits"));
	}
	json_put_bool(view, "unsigned", json_count(list) == 0);
	if (json_is_object(spf)) {
		one = json_put_object(view, "spf");
		view_result(one, x, json_str(spf, "result"));
		json_put_copy(one, "domain", json_get(spf, "domain"));
		json_put_copy(one, "record", json_get(spf, "record"));
	}
	one = json_put_object(view, "dmarc");
	view_result(one, x, json_str(dmarc, "result"));
	json_put_copy(one, "policy", json_get(dmarc, "policy"));
	json_put_copy(one, "policy_domain", json_get(dmarc, "policy_domain"));
	json_put_str(one, "disposition", json_str(dmarc, "disposition") == NULL || (json_str(dmarc, "result") != NULL &&
	    strcmp(json_str(dmarc, "result"), "pass") == 0) ? NULL : say_word(x, "dmarc_policy", json_str(dmarc, "disposition")));
	view_problems(view, x, "problems", json_get(verify, "problems"));
}

/* The person's own address, where there is a mailbox for it. */
static void
view_reflector(struct json *view, const struct exchange *x, const struct json *reflector)
{
	struct json *one;

	if (reflector == NULL) {
		json_put_null(view, "reflector");
		return;
	}
	one = json_put_object(view, "reflector");
	json_put_copy(one, "address", json_get(reflector, "address"));
	json_put_bool(one, "arrived", json_bool(reflector, "arrived", false));
	json_put_str(one, "until_text", say1(x, "pages.message_test.until", "time",
	    lang_time(x->arena, x->lang, time_of(reflector, "until"))));
}

static void
show(struct exchange *x, struct json *view, const struct json *reflector)
{
	view_reflector(view, x, reflector);
	page_html(x, "message_test", say(x, "pages.message_test.title"), view);
}

/* The form once more, with what is wrong with it. */
static void
complain(struct exchange *x, struct json *view, const struct json *reflector, const char *what)
{
	if (x->req->wants_json) {
		page_error(x, 422);
		return;
	}
	x->res.status = 422;
	json_put_str(view, "complaint", say(x, arena_printf(x->arena, "pages.message_test.%s", what)));
	show(x, view, reflector);
}

/* "Has it come?" and "another address"; true = answered. */
static bool
reflector_asked(struct exchange *x, struct json *view, struct json *reflector)
{
	struct json *answer;
	struct err err = { 0 };

	if (filled(x, "received") == NULL && filled(x, "renew") == NULL)
		return false;
	if (reflector == NULL) {
		page_error(x, 404);
		return true;
	}
	if (filled(x, "renew") != NULL) {
		if (x->req->wants_json)
			page_data(x, reflector, NULL, NULL, 0);
		else
			page_redirect(x, link_to(x, "/message-test"));
		return true;
	}
	answer = engine_reflector_score(x->engine, x->arena, &x->who, x->lang, x->now, SCORE_MS, &err);
	if (answer == NULL && err.code != ERR_NOT_FOUND)
		page_err(x, &err);
	else if (answer != NULL) {
		if (page_data(x, answer, NULL, NULL, 0))
			return true;
		view_answer(view, x, answer);
		show(x, view, reflector);
	} else if (!page_data(x, reflector, NULL, NULL, 0)) {
		json_put_str(view, "complaint", say(x, "pages.message_test.not_yet"));
		show(x, view, reflector);
	}
	return true;
}

void
page_message_test(struct exchange *x)
{
	struct spf_eval_input spf = { filled(x, "ip"), filled(x, "helo"), filled(x, "sender"), NULL };
	struct score_input how = { NULL, false };
	struct json *view = tool_view(x, "message-test"), *answer, *reflector = NULL;
	struct text message;
	struct err err = { 0 };

	/* Not configured, or the mailbox cannot be read: the page works without it. */
	if (engine_reflects(x->engine))
		reflector = engine_reflector(x->engine, x->arena, &x->who, x->req->method == WEB_POST &&
		    filled(x, "renew") != NULL, x->now, &err);
	if (x->req->method != WEB_POST) {
		if (!page_data(x, reflector != NULL ? reflector : json_new_object(x->arena), NULL, NULL, 0))
			show(x, view, reflector);
		return;
	}
	if (reflector_asked(x, view, reflector))
		return;
	json_put_str(view, "ip", spf.ip);
	json_put_str(view, "helo", spf.helo);
	json_put_str(view, "sender", spf.sender);
	if (!field_upload(&x->req->form, "file", "text", &message)) {
		complain(x, view, reflector, "empty");
		return;
	}
	if (message.n > MESSAGE_BYTES_MAX) {
		page_error(x, 413);
		return;
	}
	if (spf.sender == NULL)
		spf.sender = "";
	how.spf = spf.ip == NULL ? NULL : &spf;
	answer = engine_message_score(x->engine, x->arena, x->lang, message, &how, SCORE_MS, &err);
	if (message.n < 64 * 1024)
		json_put_text(view, "text", message);
	if (answer == NULL && err.code == ERR_VALUE)
		complain(x, view, reflector, "bad_value");
	else if (answer == NULL)
		page_err(x, &err);
	else if (!page_data(x, answer, NULL, NULL, 0)) {
		view_answer(view, x, answer);
		show(x, view, reflector);
	}
}
