/* A fix as a card has it: its button, what is to be said first, the record or text to copy, the panel's menu. */

#include <string.h>

#include "base/arena.h"
#include "web/page.h"

/* What a person must or may say before a plan can be made; not_on: the panels that have no such thing. */
static const struct { const char *fix, *param, *type; bool required; const char *choices; unsigned not_on; } inputs[] = {
	{ "hostname.set", "hostname", "text", true, NULL, 0 },
	{ "limits.enable", "mailbox", "number", false, NULL, PANEL_CPANEL },
	{ "limits.enable", "domain", "number", false, NULL, PANEL_POSTFIX },
	{ "limits.enable", "subscription", "number", false, NULL, PANEL_CPANEL | PANEL_POSTFIX },
	{ "limits.set", "mailbox", "number", false, NULL, PANEL_CPANEL },
	{ "limits.set", "domain", "number", false, NULL, PANEL_POSTFIX },
	{ "limits.set", "subscription", "number", false, NULL, PANEL_CPANEL | PANEL_POSTFIX },
	{ "dmarc.publish", "policy", "select", false, "none quarantine", 0 },
	{ "dmarc.merge", "keep", "number", false, NULL, 0 },
	{ "spf.close", "all", "select", false, "~all -all", 0 },
	{ "role_mailbox.create", "target", "text", false, NULL, 0 },
	{ "queue.delete_bounces", "older_than", "number", false, NULL, 0 },
	{ "delist.request", "provider", "text", false, NULL, 0 },
};

/* What stands there now and what was really sent, beside the number that is proposed. */
static const char *
limit_hint(const struct exchange *x, const struct json *data, const char *param)
{
	const struct json *use = json_get(json_get(data, "use"), param);
	int64_t limit = json_bool(data, "on", true) ? json_int(json_get(data, "limits"), param, -1) : -1;
	const char *now = limit < 0 ? say(x, "pages.fixes.hint.no_limit") :
	    say1(x, "pages.fixes.hint.limit", "limit", lang_int(x->arena, x->lang, limit));

	return !json_is_int(json_get(use, "busiest")) ? now : arena_printf(x->arena, "%s, %s", now,
	    say1(x, "pages.fixes.hint.busiest", "busiest", lang_int(x->arena, x->lang, json_int(use, "busiest", 0))));
}

void
view_inputs(struct json *view, const struct exchange *x, const char *fix, const struct json *values,
    const struct json *data)
{
	unsigned panel = panel_bit_of(engine_rules(x->engine)->panel_kind);
	struct json *list = json_put_array(view, "inputs");

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct json *one, *choices;
		struct text rest, word;

		if (strcmp(inputs[i].fix, fix) != 0 || (inputs[i].not_on & panel) != 0)
			continue;
		one = json_add_object(list);
		json_put_str(one, "name", inputs[i].param);
		json_put_str(one, "label", say(x, arena_printf(x->arena, "pages.fixes.param.%s",
		    inputs[i].param)));
		json_put_bool(one, "required", inputs[i].required);
		if (inputs[i].choices == NULL) {
			json_put_str(one, "type", inputs[i].type);
			json_put_copy(one, "value", json_get(values, inputs[i].param));
			json_put_str(one, "hint", json_is_object(json_get(data, "proposed")) ?
			    limit_hint(x, data, inputs[i].param) : NULL);
			continue;
		}
		choices = json_put_array(one, "choices");
		rest = text_of(inputs[i].choices);
		while (text_split(&rest, ' ', &word))
			json_add_text(choices, word);
	}
}

/* Whose thing a fix changes: the finding's subject, what its data names where that is the whole server, or
 * what stands around it. */
static const char *
fix_target(const char *id, const char *subject, const char *ascii, const struct json *data)
{
	const struct fix *fix = fix_find(id);
	const char *named = fix == NULL || strcmp(subject, "server") != 0 ? NULL :
	    fix->scope == SCOPE_ADDRESS ? json_str(data, "address") :
	    fix->scope == SCOPE_DOMAIN ? json_str(data, "domain") : NULL;

	if (named != NULL)
		return named;
	if (fix == NULL)
		return ascii;
	switch (fix->scope) {
	case SCOPE_SERVER:
		return "server";
	case SCOPE_ADDRESS:
	case SCOPE_SITE:
		return subject;
	case SCOPE_MAILBOX:
		return strchr(subject, '@') != NULL ? subject : ascii;
	case SCOPE_DOMAIN:
		break;
	}
	/* A server finding about a domain's thing names it in its subject. */
	return strcmp(ascii, "server") == 0 ? subject : ascii;
}

/* As a zone file has a string (RFC 1035 5.1). */
static void
add_quoted(struct str *s, const char *string)
{
	str_addc(s, '"');
	for (const char *p = string; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			str_addc(s, '\\');
		str_addc(s, *p);
	}
	str_addc(s, '"');
}

static void
put_record(struct json *list, const struct exchange *x, const struct json *copy)
{
	struct json *one = json_add_object(list);
	const char *type = json_str(copy, "type");
	const struct json *split = type != NULL && strcmp(type, "TXT") == 0 ? json_get(copy, "value_split") : NULL;
	struct str joined = str_in(x->arena, 16384);

	json_put_copy(one, "name", json_get(copy, "name"));
	json_put_copy(one, "type", json_get(copy, "type"));
	json_put_copy(one, "ttl", json_get(copy, "ttl"));
	json_put_copy(one, "value", json_get(copy, "value"));
	json_put_copy(one, "bind", json_get(copy, "bind"));
	for (const struct json *v = json_first(split); v != NULL; v = json_next(v)) {
		str_add(&joined, joined.n > 0 ? " " : "");
		add_quoted(&joined, json_value_str(v));
	}
	json_put_str(one, "split", joined.n > 0 ? joined.p : NULL);
}

void
view_records(struct json *view, const struct exchange *x, const struct json *copies,
    const struct json *removed)
{
	struct json *list = json_put_array(view, "records"), *gone = json_put_array(view, "removed");

	for (const struct json *v = json_first(removed); v != NULL; v = json_next(v)) {
		struct json *one = json_add_object(gone);

		json_put_copy(one, "name", json_get(v, "name"));
		json_put_copy(one, "type", json_get(v, "type"));
		json_put_copy(one, "value", json_get(v, "value"));
	}
	json_put_bool(view, "has_removed", json_count(gone) > 0);

	if (json_is_array(copies))
		for (const struct json *v = json_first(copies); v != NULL; v = json_next(v))
			put_record(list, x, v);
	else if (json_is_object(copies))
		put_record(list, x, copies);
	json_put_bool(view, "has_records", json_count(list) + json_count(gone) > 0);
}

/*
 * The panel's own menu for it; NULL = it has none, or this person is not let in there.  What the panel could do but is
 * to be copied is done elsewhere (another name server has the zone): there its menu changes nothing either.
 */
static const char *
by_hand(const struct exchange *x, const char *id, bool copy)
{
	const char *kind = engine_rules(x->engine)->panel_kind;
	const char *path = arena_printf(x->arena, "pages.fixes.%s.%s", id, kind);
	const struct fix *fix = fix_find(id);

	if (fix != NULL && ((copy && (fix->panels & panel_bit_of(kind)) != 0) ||
	    (fix->scope == SCOPE_SERVER && x->role != ROLE_ADMIN)))
		return NULL;
	return catalog_raw(x->face->catalog, x->lang, path) != NULL ? say(x, path) : NULL;
}

/* What a finding proposes for the fields of its fixes; who has listed it is who is asked. */
static const struct json *
proposed_values(const struct exchange *x, const struct json *data)
{
	struct json *values;

	if (json_str(data, "list") == NULL)
		return json_get(data, "proposed");
	values = json_new_object(x->arena);
	json_put_copy(values, "provider", json_get(data, "list"));
	return values;
}

/*
 * The button of a fix, where there is something to press for: not where it would only say again that nothing
 * is to be done, nor above the text that it would show; that with other values is folded away.
 */
static void
put_press(struct json *one, const struct exchange *x, const struct json *fix)
{
	const char *refused = json_str(fix, "refused");
	bool one_click = json_bool(one, "one_click", false), asks = json_count(json_get(one, "inputs")) > 0;
	bool shown = json_bool(one, "has_records", false) || json_is_str(json_get(one, "text"));
	bool settled = refused != NULL && (strcmp(refused, "not_needed") == 0 || strcmp(refused, "not_allowed") == 0);
	const char *press = one_click ? json_str(one, "label") :
	    say(x, json_bool(one, "copy", false) ? "pages.common.show_text" : "pages.common.show_request");

	if (settled || (!one_click && !asks && (shown || json_is_str(json_get(fix, "reason")))))
		press = NULL;
	json_put_str(one, "press", press);
	json_put_bool(one, "folded", !one_click && shown);
	json_put_bool(one, "titled", !one_click || press == NULL);
}

void
view_fix(struct json *list, const struct exchange *x, const struct json *fix, const char *subject,
    const char *ascii, const struct json *data)
{
	const char *id = json_str(fix, "id"), *mode = json_str(fix, "mode");
	const struct json *copies = json_get(fix, "copies"), *text = json_get(fix, "copy_text");
	struct json *one;

	if (id == NULL)
		return;
	one = json_add_object(list);
	json_put_str(one, "id", id);
	json_put_str(one, "target", fix_target(id, subject, ascii, data));
	json_put_str(one, "label", say_fix(x, id));
	json_put_copy(one, "reason", json_get(fix, "reason"));
	json_put_bool(one, "one_click", mode != NULL && strcmp(mode, "one_click") == 0);
	json_put_bool(one, "copy", mode != NULL && strcmp(mode, "copy") == 0);
	view_inputs(one, x, id, proposed_values(x, data), data);
	json_put_str(one, "group", strcmp(id, "queue.hold") == 0 ? subject : NULL);
	view_records(one, x, copies != NULL ? copies : json_get(fix, "copy"), json_get(fix, "remove"));
	json_put_copy(one, "where", json_get(fix, "where"));
	json_put_str(one, "text", json_value_str(text));	/* null hides the finding's own */
	json_put_str(one, "by_hand", json_is_str(json_get(fix, "where")) ? NULL : by_hand(x, id,
	    json_bool(one, "copy", false)));
	put_press(one, x, fix);
}
