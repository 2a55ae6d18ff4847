/* Hotmail's own figures: the export of SNDS taken in, and its days beside what was sent. */

#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "engine/snds.h"
#include "web/pages/pages.h"

#define TONES	3

/* Green, yellow and red have their words and symbols; the colour alone says nothing. */
static const struct { const char *filter, *tone, *symbol; } tones[TONES] = {
	{ "green", "ok", "\xe2\x9c\x93" }, { "yellow", "warning", "!" }, { "red", "problem", "\xe2\x9c\x95" },
};

static void
view_filter(struct json *view, const struct exchange *x, const char *filter)
{
	json_put_str(view, "tone", "unknown");
	json_put_str(view, "symbol", "?");
	for (size_t i = 0; filter != NULL && i < TONES; i++)
		if (strcmp(filter, tones[i].filter) == 0) {
			json_put_str(view, "tone", tones[i].tone);
			json_put_str(view, "symbol", tones[i].symbol);
		}
	json_put_str(view, "word", say(x, arena_printf(x->arena, "pages.hotmail.filter.%s", filter == NULL ? "none" : filter)));
}

static void
put_number(struct json *view, const struct exchange *x, const char *key, const struct json *number)
{
	if (json_is_int(number))
		json_put_str(view, key, lang_int(x->arena, x->lang, json_value_int(number, 0)));
	else
		json_put_null(view, key);
}

/* "3 trap hits" */
static void
put_counted(struct json *view, const struct exchange *x, const char *key, const struct json *row)
{
	const struct json *number = json_get(row, key);

	json_put_str(view, key, !json_is_int(number) ? NULL :
	    say_count(x, arena_printf(x->arena, "pages.hotmail.snds_counted.%s", key), json_value_int(number, 0)));
}

static void
view_address(struct json *view, const struct exchange *x, const struct json *row)
{
	static const char *const texts[] = { "address", "complaints", "helo", "sender" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_put_copy(view, texts[i], json_get(row, texts[i]));
	view_filter(view, x, json_str(row, "filter"));
	put_counted(view, x, "recipients", row);
	put_counted(view, x, "traps", row);
}

static void
view_top(struct json *view, const struct exchange *x, const struct json *top)
{
	const char *who = json_str(top, "who"), *name = json_str(top, "name");

	json_put_copy(view, "name", json_get(top, "name"));
	json_put_str(view, "kind", say_word(x, "sender", who));
	put_number(view, x, "messages", json_get(top, "messages"));
	json_put_str(view, "href", link_to(x, "/senders?by=%s&name=%s", who, url_encode(x->arena, text_of(name))));
}

void
view_snds(struct json *view, const struct exchange *x, const struct json *snds)
{
	struct json *list = json_put_array(view, "days");

	for (const struct json *d = json_first(json_get(snds, "days")); d != NULL; d = json_next(d)) {
		struct json *one = json_add_object(list), *part;

		json_put_copy(one, "date", json_get(d, "day"));
		json_put_str(one, "shown", time_of(d, "day") == 0 ? json_str(d, "day") :
		    lang_date(x->arena, x->lang, time_of(d, "day")));
		json_put_copy(one, "bad", json_get(d, "bad"));
		view_filter(one, x, json_str(d, "filter"));
		put_number(one, x, "sent", json_get(d, "sent"));
		part = json_put_array(one, "addresses");
		for (const struct json *r = json_first(json_get(d, "addresses")); r != NULL; r = json_next(r))
			view_address(json_add_object(part), x, r);
		part = json_put_array(one, "top");
		for (const struct json *t = json_first(json_get(d, "top")); t != NULL; t = json_next(t))
			view_top(json_add_object(part), x, t);
		json_put_bool(one, "has_top", json_count(part) > 0);
	}
	json_put_bool(view, "has_days", json_count(list) > 0);
	json_put_bool(view, "snds_import", true);
	if (json_str(snds, "imported_at") != NULL)
		view_time(view, x, "imported", time_of(snds, "imported_at"));
}

/* file or text: the export. */
void
page_hotmail_snds(struct exchange *x)
{
	struct err err = { 0 };
	struct json *answer;
	struct text csv;

	if (!field_upload(&x->req->form, "file", "text", &csv)) {
		page_error_text(x, 422, "invalid", say(x, "pages.hotmail.snds_empty"));
		return;
	}
	answer = engine_snds_import(x->engine, x->arena, csv, &err);
	if (answer == NULL && (err.code == ERR_SYNTAX || err.code == ERR_LIMIT))
		page_error_text(x, 422, "invalid", say(x, err.code == ERR_SYNTAX ? "pages.hotmail.snds_none" :
		    "pages.hotmail.snds_large"));
	else if (answer == NULL)
		page_err(x, &err);
	else if (!page_data(x, answer, NULL, NULL, 0))
		page_redirect(x, link_to(x, "/hotmail"));
}
