#include "tools/bounce_json.h"

#include <string.h>

#include "base/arena.h"

#define ADVICE_MAX	4

static void
put_text(struct json *o, const char *key, struct text t)
{
	if (t.p == NULL || t.n == 0)
		json_put_null(o, key);
	else
		json_put_text(o, key, t);
}

static void
put_advice(struct arena *a, struct json *o, const struct bounce_recipient *r,
    const struct tool_words *w)
{
	struct json	*list = json_put_array(o, "advice");

	if (r->action == DSN_DELAYED)
		json_add_str(list, tool_text(a, w, "bounce.step.wait", NULL, 0));
	for (size_t i = 0; r->steps != NULL && i < r->steps->count && i < ADVICE_MAX; i++) {
		if (r->action == DSN_DELAYED && strcmp(r->steps->v[i], "wait") == 0)
			continue;
		json_add_str(list, tool_text(a, w,
		    arena_printf(a, "bounce.step.%s", r->steps->v[i]), NULL, 0));
	}
}

static void
put_recipient(struct arena *a, struct json *o, const struct bounce_recipient *r,
    const struct tool_words *w)
{
	bool		 delivered = r->action >= DSN_DELIVERED;
	struct json	*list;

	put_text(o, "address", r->address);
	put_text(o, "original_address", r->original_address);
	json_put_str(o, "action", dsn_action_word(r->action));
	json_put_str(o, "status", r->status);
	if (r->smtp_code != 0)
		json_put_int(o, "smtp_code", r->smtp_code);
	else
		json_put_null(o, "smtp_code");
	put_text(o, "diagnostic", r->diagnostic);
	json_put_str(o, "mta", r->mta);
	json_put_str(o, "provider", r->provider == NULL ? NULL : r->provider->id);
	json_put_str(o, "category", r->category);
	json_put_str(o, "explanation", tool_text(a, w, arena_printf(a, "bounce.category.%s",
	    delivered ? "success" : r->category), NULL, 0));
	put_advice(a, o, r, w);
	list = json_put_array(o, "addresses");
	for (size_t i = 0; i < r->address_count; i++)
		json_add_str(list, ip_str(a, r->addresses[i]));
}

static void
put_feedback(struct json *o, const struct bounce *b)
{
	struct json	*f;

	if (!b->has_feedback) {
		json_put_null(o, "feedback");
		return;
	}
	f = json_put_object(o, "feedback");
	json_put_str(f, "type", b->feedback.type);
	json_put_str(f, "source_ip", b->feedback.source_ip);
	json_put_str(f, "reported_domain", b->feedback.reported_domain);
}

struct json *
bounce_json(struct arena *a, const struct bounce *b, const struct tool_words *w)
{
	struct json	*o = json_new_object(a), *list;

	json_put_str(o, "kind", bounce_kind_word(b->kind));
	json_put_str(o, "reporting_mta", b->reporting_mta);
	put_text(o, "original_message_id", b->original_message_id);
	put_text(o, "original_sender", b->original_sender);
	put_feedback(o, b);
	list = json_put_array(o, "recipients");
	for (size_t i = 0; i < b->count; i++)
		put_recipient(a, json_add_object(list), &b->recipients[i], w);
	problems_put(o, a, &b->problems, "bounce", w);
	return o;
}

struct json *
bounce_explain(struct arena *a, const struct data *d, const struct tool_words *w, struct text message,
    bool cut)
{
	struct bounce	*b = bounce_read(a, d, message);

	if (cut)
		(void)problem_add(&b->problems, PROBLEM_INFO, "message_cut", NULL);
	return bounce_json(a, b, w);
}
