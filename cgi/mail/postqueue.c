#include "mail/postqueue.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define RECIPIENTS_MAX	1000	/* of one message */
#define LINE_MAX_BYTES	(1024UL * 1024)

static void
add_recipients(struct json *row, const struct json *from)
{
	struct json *list = json_put_array(row, "recipients");
	size_t count = 0;

	for (const struct json *v = json_first(from); v != NULL && count < RECIPIENTS_MAX; v = json_next(v)) {
		struct json *one;

		if (json_str(v, "address") == NULL)
			continue;
		one = json_add_object(list);
		json_put_str(one, "address", json_str(v, "address"));
		json_put_str(one, "reason", json_str(v, "delay_reason"));
		count++;
	}
}

static void
put_number(struct json *row, const char *key, const struct json *from, const char *from_key)
{
	int64_t n = json_int(from, from_key, -1);

	if (n >= 0)
		json_put_int(row, key, n);
	else
		json_put_null(row, key);
}

static bool
add_message(struct json *messages, const struct json *from)
{
	static const char *const later[] = { "script", "uid", "account", "x_mailer", "list_unsubscribe",
	    "list_unsubscribe_post" };
	const char *sender = json_str(from, "sender");
	struct json *row;

	if (json_str(from, "queue_id") == NULL || json_str(from, "queue_name") == NULL)
		return false;
	if (messages == NULL)
		return true;
	row = json_add_object(messages);
	json_put_str(row, "id", json_str(from, "queue_id"));
	json_put_str(row, "state", json_str(from, "queue_name"));
	put_number(row, "arrived_at", from, "arrival_time");
	put_number(row, "size", from, "message_size");
	/* The null sender has this name in showq(8); a user's sender has a domain always. */
	json_put_str(row, "sender", sender == NULL || strcmp(sender, "MAILER-DAEMON") == 0 ? "" : sender);
	add_recipients(row, json_get(from, "recipients"));
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		json_put_null(row, later[i]);
	return true;
}

static bool
is_message(struct text line)
{
	return line.n >= 2 && line.p[0] == '{' && line.n <= LINE_MAX_BYTES && !text_starts(line, "{\"queue\":");
}

size_t
postqueue_parse(struct arena *a, struct text out, size_t max, struct json *messages)
{
	struct text line, rest = out;
	size_t count = 0, lines = 0, wanted, i = 0, kept = 0;

	(void)a;
	while (text_line(&rest, &line))
		lines += is_message(line);
	wanted = lines < max ? lines : max;
	while (text_line(&out, &line)) {
		struct arena *scratch;
		const struct json *one;
		struct err err;

		if (!is_message(line))
			continue;
		if (kept == wanted || i++ * wanted / lines < kept) {	/* counted only: a line costs little to know */
			count++;
			continue;
		}
		scratch = arena_new();
		one = json_parse(scratch, line, &err);
		if (one != NULL && add_message(messages, one)) {
			count++;
			kept++;
		}
		arena_free(scratch);
	}
	return count;
}

static void
count_one(struct queue_counts *ret, struct text state, int64_t at)
{
	ret->total++;
	ret->active += text_is(state, "active");
	ret->hold += text_is(state, "hold");
	if (!text_is(state, "deferred"))
		return;
	ret->deferred++;
	if (at >= 0 && (ret->oldest_at < 0 || at < ret->oldest_at))
		ret->oldest_at = at;
}

/* {"queue_name": "deferred", "queue_id": "...", "arrival_time": 1795700000, ... */
static bool
count_line(struct text line, struct queue_counts *ret)
{
	static const char first[] = "{\"queue_name\":", third[] = "\"arrival_time\":";
	struct text state, id, digits;
	uint64_t at = 0;
	size_t n = 0, skip;

	if (!text_starts(line, first))
		return false;
	line = text_trim(text_skip(line, sizeof(first) - 1));
	if (!text_starts(line, "\""))
		return false;
	line = text_skip(line, 1);
	if (!text_split(&line, '"', &state) || !text_find(text_head(line, 80), TEXT("\"queue_id\":"), &skip))
		return false;
	line = text_trim(text_skip(line, skip + 11));
	if (!text_starts(line, "\""))
		return false;
	line = text_skip(line, 1);
	if (!text_split(&line, '"', &id) || !text_find(text_head(line, 40), text_of(third), &skip))
		return false;
	digits = text_trim(text_skip(line, skip + sizeof(third) - 1));
	while (n < digits.n && ascii_isdigit((unsigned char)digits.p[n]))
		n++;
	if (!text_uint(text_head(digits, n), INT64_MAX, &at))
		return false;
	count_one(ret, state, (int64_t)at);
	return true;
}

static void
count_parsed(struct text line, struct queue_counts *ret)
{
	struct arena *a = arena_new();
	const struct json *one, *whole;
	struct err err;

	one = json_parse(a, line, &err);
	whole = json_get(one, "queue");
	if (json_is_object(whole))
		*ret = (struct queue_counts){ json_int(whole, "total", 0), json_int(whole, "active", 0),
		    json_int(whole, "deferred", 0), json_int(whole, "hold", 0), json_int(whole, "oldest_at", -1) };
	else if (one != NULL && add_message(NULL, one))
		count_one(ret, text_of(json_str(one, "queue_name")), json_int(one, "arrival_time", -1));
	arena_free(a);
}

void
postqueue_count(struct arena *a, struct text out, struct queue_counts *ret)
{
	struct text line;

	(void)a;
	*ret = (struct queue_counts){ .oldest_at = -1 };
	while (text_line(&out, &line))
		if (line.n >= 2 && line.p[0] == '{' && line.n <= LINE_MAX_BYTES && !count_line(line, ret))
			count_parsed(line, ret);
}

/* --- postcat ---------------------------------------------------------------------------------------- */

/* "Received: by host (Postfix, from userid 33)": pickup's own stands above what the sender wrote. */
static void
take_received(struct text value, struct json *message)
{
	static const char before[] = "(Postfix, from userid ";
	struct text digits;
	uint64_t uid;
	size_t at;

	if (json_int(message, "uid", -1) >= 0 || !text_find(value, text_of(before), &at))
		return;
	value = text_skip(value, at + sizeof(before) - 1);
	if (text_split(&value, ')', &digits) && text_uint(digits, UINT32_MAX, &uid))
		json_put_int(message, "uid", (int64_t)uid);
}

struct shown { bool script, mailer; };		/* the better field was there */

static void
take_field(struct arena *a, struct text name, struct text value, struct json *message, struct shown *shown)
{
	value = text_head(text_trim(value), 512);
	if (text_iis(name, "Received"))
		take_received(value, message);
	else if (text_iis(name, "List-Unsubscribe"))
		json_put_bool(message, "list_unsubscribe", true);
	else if (text_iis(name, "List-Unsubscribe-Post"))
		json_put_bool(message, "list_unsubscribe_post", true);
	else if (text_iis(name, "X-PHP-Script")) {
		size_t at;

		/* "cust.example/wp-content/x.php for 192.0.2.1, 127.0.0.1" */
		json_put_text(message, "script", text_find(value, text_of(" for "), &at) ?
		    text_head(value, at) : value);
		shown->script = true;
	} else if (text_iis(name, "X-PHP-Originating-Script") && !shown->script)
		json_put_text(message, "script", value);
	else if (text_iis(name, "X-Mailer")) {
		json_put_text(message, "x_mailer", value);
		shown->mailer = true;
	} else if (text_iis(name, "User-Agent") && !shown->mailer)
		json_put_text(message, "x_mailer", value);
	(void)a;
}

static void
take_envelope(struct text line, struct json *message)
{
	static const char account[] = "named_attribute: sasl_username=";

	if (text_starts(line, account) && line.n > sizeof(account) - 1)
		json_put_text(message, "account", text_skip(line, sizeof(account) - 1));
}

/* The next header field of what postcat printed, folded as it stands. */
static bool
next_field(struct text *rest, struct text *name, struct text *value)
{
	struct text line, field = { NULL, 0 }, ahead;

	for (;;) {
		ahead = *rest;
		if (!text_line(&ahead, &line) || line.n == 0 || text_starts(line, "*** HEADER EXTRACTED "))
			line = (struct text){ NULL, 0 };
		/* RFC 5322 2.2.3: a field goes on in lines that begin with white space. */
		if (field.p != NULL && line.p != NULL && (line.p[0] == ' ' || line.p[0] == '\t')) {
			field.n = (size_t)(line.p + line.n - field.p);
			*rest = ahead;
			continue;
		}
		if (field.p != NULL && text_split(&field, ':', name)) {
			*name = text_trim(*name);
			*value = text_trim(field);
			return true;
		}
		if (line.p == NULL)
			return false;
		field = line;
		*rest = ahead;
	}
}

/* Past the envelope, each of whose lines is shown. */
static void
skip_envelope(struct text *rest, struct json *message)
{
	struct text line;

	while (text_line(rest, &line) && !text_starts(line, "*** MESSAGE CONTENTS "))
		if (message != NULL)
			take_envelope(line, message);
}

void
postcat_parse(struct arena *a, struct text out, struct json *message)
{
	struct text name, value;
	struct shown shown = { false, false };

	json_put_bool(message, "list_unsubscribe", false);
	json_put_bool(message, "list_unsubscribe_post", false);
	skip_envelope(&out, message);
	while (next_field(&out, &name, &value))
		take_field(a, name, value, message, &shown);
}

#define FIELDS_MAX	500
#define VALUE_MAX	4096

struct json *
postcat_header(struct arena *a, struct text out)
{
	struct json *list = json_new_array(a);
	struct text name, value, line;
	size_t count = 0;

	skip_envelope(&out, NULL);
	while (count++ < FIELDS_MAX && next_field(&out, &name, &value)) {
		struct str s = str_in(a, VALUE_MAX);
		struct json *one = json_add_object(list);

		while (text_line(&value, &line))
			str_addt(&s, line);
		json_put_text(one, "name", name);
		json_put_text(one, "value", str_text(&s));
	}
	return list;
}
