/* The header: what must be there once, what must not, and when (RFC 5322 3.6, 2.1.1, 2.2). */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mail/mail_date.h"
#include "mail/mime_decode.h"
#include "mail/score_parts.h"

#define LINE_MAX_OCTETS	998
#define HOUR_S		3600
#define DAY_S		86400

/* Fields that may stand once, RFC 5322 3.6; From is judged by itself. */
static const char *const once[] = { "date", "sender", "reply-to", "to", "cc", "bcc", "message-id",
    "in-reply-to", "references", "subject", "mime-version", "content-type", "content-transfer-encoding" };

static struct text
value_of(const struct score_content *c, const char *name)
{
	size_t n;
	const struct message_field **fields = message_fields_of(c->items.arena, c->message, name, &n);

	if (n == 0)
		return (struct text){ NULL, 0 };
	return text_trim(message_unfold(c->items.arena, fields[0]->value));
}

/* --- From ------------------------------------------------------------------------------------------- */

static void
judge_from(struct score_content *c)
{
	struct score_items *items = &c->items;
	size_t n;
	const struct message_field **fields = message_fields_of(items->arena, c->message, "from", &n);
	struct from from;

	if (n == 0) {
		score_add(items, "from_missing", PROBLEM_ERROR, -30, NULL);
		return;
	}
	if (n > 1) {
		score_value_int(items, score_add(items, "from_repeated", PROBLEM_ERROR, -30, NULL), "count",
		    (int64_t)n);
		return;
	}
	from_parse(items->arena, fields[0]->value, &from);
	if (from.count == 0 || from.unreadable)
		score_value(items, score_add(items, "from_unreadable", PROBLEM_ERROR, -20, NULL), "value",
		    text_trim(message_unfold(items->arena, fields[0]->value)));
	else if (from.addresses > 1)
		score_value_int(items, score_add(items, "from_several", PROBLEM_WARNING,
		    from.count > 1 ? -20 : -5, NULL), "count", (int64_t)from.addresses);
	else if (from.malformed)
		score_value(items, score_add(items, "from_syntax", PROBLEM_WARNING, -5, NULL), "value",
		    text_trim(message_unfold(items->arena, fields[0]->value)));
}

/* An answer goes to a free mailbox elsewhere, though a company writes. */
static void
judge_reply_to(struct score_content *c)
{
	struct text value = value_of(c, "reply-to");
	struct score_item *item;
	struct from to;

	if (value.p == NULL || c->from.s == NULL)
		return;
	from_parse(c->items.arena, value, &to);
	for (size_t i = 0; i < to.count; i++) {
		if (score_same_domain(c->items.arena, c->psl, to.domains[i], c->from) ||
		    !score_freemail(c->data, to.domains[i].s))
			continue;
		item = score_add(&c->items, "reply_to_freemail", PROBLEM_WARNING, -5, NULL);
		score_value(&c->items, item, "reply_to", text_of(to.domains[i].s));
		score_value(&c->items, item, "from", text_of(c->from.s));
		return;
	}
}

/* --- Date ------------------------------------------------------------------------------------------- */

/* The smallest distance to any server's own clock; a queue may hold a message for days. */
static bool
nearest_arrival(const struct score_content *c, int64_t date, int64_t *ret)
{
	size_t n;
	const struct message_field **fields = message_fields_of(c->items.arena, c->message, "received", &n);
	struct received r;
	bool any = false;

	for (size_t i = 0; i < n && i < 50; i++) {
		received_parse(c->items.arena, message_unfold(c->items.arena, fields[i]->value), &r);
		if (r.at == -1)
			continue;
		if (!any || llabs(date - r.at) < llabs(*ret))
			*ret = date - r.at;
		any = true;
	}
	return any;
}

static void
judge_date(struct score_content *c)
{
	struct text value = value_of(c, "date");
	struct score_item *item;
	int64_t date, off = 0;

	if (value.p == NULL) {
		score_add(&c->items, "date_missing", PROBLEM_ERROR, -10, NULL);
		return;
	}
	if (!mail_date_parse(value, &date)) {
		score_value(&c->items, score_add(&c->items, "date_invalid", PROBLEM_ERROR, -10, NULL),
		    "value", value);
		return;
	}
	if (!nearest_arrival(c, date, &off) || llabs(off) <= HOUR_S)
		return;
	item = score_add(&c->items, off > 0 ? "date_future" : "date_past", PROBLEM_WARNING,
	    llabs(off) > DAY_S ? -10 : -5, NULL);
	score_value_int(&c->items, item, "minutes", llabs(off) / 60);
}

/* --- Message-ID --------------------------------------------------------------------------------------- */

/* "<left@right>" without blanks; right must be a name that only one server can have. */
static bool
id_host(struct text id, struct text *host)
{
	size_t at = 0;

	if (id.n < 5 || id.p[0] != '<' || id.p[id.n - 1] != '>')
		return false;
	id = (struct text){ id.p + 1, id.n - 2 };
	for (size_t i = 0; i < id.n; i++) {
		if ((unsigned char)id.p[i] <= ' ' || id.p[i] == '<' || id.p[i] == '>')
			return false;
		if (id.p[i] == '@')
			at = i;
	}
	*host = text_skip(id, at + 1);
	return at > 0 && host->n > 0;
}

bool
score_message_id_host(const struct score_content *c, struct name *ret)
{
	struct text host;

	return id_host(value_of(c, "message-id"), &host) && name_parse(c->items.arena, host, ret);
}

static void
judge_message_id(struct score_content *c)
{
	struct text value = value_of(c, "message-id"), host;
	struct name name;

	if (value.n == 0) {
		score_add(&c->items, "message_id_missing", PROBLEM_WARNING, -5, NULL);
		return;
	}
	if (!id_host(value, &host)) {
		score_value(&c->items, score_add(&c->items, "message_id_invalid", PROBLEM_WARNING, -5, NULL),
		    "value", value);
		return;
	}
	if (!name_parse(c->items.arena, host, &name) || name_labels(name) < 2 ||
	    strstr(name.s, "localhost") != NULL || host_has_suffix(name.s, "localdomain") ||
	    host_has_suffix(name.s, "local"))
		score_value(&c->items, score_add(&c->items, "message_id_local", PROBLEM_WARNING, -3,
		    "hostname.set"), "host", host);
}

/* --- Subject ------------------------------------------------------------------------------------------ */

/* Letters of which scripts have two cases; in UTF-8 the second octet of Latin, Greek and Cyrillic. */
static bool
all_capitals(struct arena *a, struct text s)
{
	char *lower = text_cstr(a, s);
	size_t small = 0, capital = 0;

	utf8_lower(lower, strlen(lower));
	for (size_t i = 0; i < s.n && lower[i] != '\0'; i++) {
		if (s.p[i] != lower[i])
			capital++;
		else if (ascii_isalpha((unsigned char)s.p[i]))
			small++;
	}
	return small == 0 && capital >= 8;
}

/* Octets of "Re:" at the beginning; 0 = it is no answer. */
static size_t
reply_mark(const struct text_list *marks, struct text subject)
{
	for (size_t i = 0; i < marks->count; i++)
		if (text_istarts(subject, marks->v[i]))
			return strlen(marks->v[i]);
	return 0;
}

static void
judge_subject(struct score_content *c)
{
	const struct text_list *marks = &c->data->message.reply_marks;
	struct text raw = value_of(c, "subject"), subject;
	size_t exclamations = 0;

	if (raw.n == 0) {
		score_add(&c->items, "subject_missing", PROBLEM_WARNING, -5, NULL);
		return;
	}
	subject = text_trim(mime_decode_words(c->items.arena, text_head(raw, 8192)));
	if (all_capitals(c->items.arena, text_skip(subject, reply_mark(marks, subject))))
		score_value(&c->items, score_add(&c->items, "subject_capitals", PROBLEM_WARNING, -5, NULL),
		    "subject", subject);
	for (size_t i = 0; i < subject.n; i++)
		exclamations += subject.p[i] == '!';
	if (exclamations >= 3)
		score_value(&c->items, score_add(&c->items, "subject_shouts", PROBLEM_WARNING, -3, NULL),
		    "subject", subject);
	if (reply_mark(marks, subject) > 0 &&
	    message_field_count(c->items.arena, c->message, "in-reply-to") == 0 &&
	    message_field_count(c->items.arena, c->message, "references") == 0)
		score_value(&c->items, score_add(&c->items, "subject_fake_reply", PROBLEM_WARNING, -5, NULL),
		    "subject", subject);
}

/* --- the whole -------------------------------------------------------------------------------------------- */

static void
judge_fields(struct score_content *c)
{
	const struct message *m = c->message;
	struct score_items *items = &c->items;
	size_t bad = 0, high = 0;
	struct text first_high = { NULL, 0 };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (message_field_count(items->arena, m, once[i]) > 1) {
			score_value(items, score_add(items, "field_repeated", PROBLEM_WARNING, -5, NULL),
			    "field", text_of(once[i]));
			break;
		}
	for (size_t i = 0; i < m->count; i++) {
		bad += m->fields[i].name.n == 0;
		for (size_t j = 0; j < m->fields[i].raw.n; j++)
			if ((unsigned char)m->fields[i].raw.p[j] >= 128) {
				if (high++ == 0)
					first_high = m->fields[i].name;
				break;
			}
	}
	if (bad > 0)
		score_value_int(items, score_add(items, "header_syntax", PROBLEM_WARNING, -5, NULL), "count",
		    (int64_t)bad);
	if (high > 0)
		score_value(items, score_add(items, "header_8bit", PROBLEM_WARNING, -5, NULL), "field", first_high);
	if (message_field_count(items->arena, m, "to") == 0 && message_field_count(items->arena, m, "cc") == 0)
		score_add(items, "to_missing", PROBLEM_WARNING, -5, NULL);
}

static void
judge_lines(struct score_content *c)
{
	struct text rest = c->mime->text, line;
	size_t longest = 0, count = 0;

	while (text_line(&rest, &line))
		if (line.n > LINE_MAX_OCTETS) {
			count++;
			longest = line.n > longest ? line.n : longest;
		}
	if (count > 0) {
		struct score_item *item = score_add(&c->items, "line_too_long", PROBLEM_WARNING, -5, NULL);

		score_value_int(&c->items, item, "count", (int64_t)count);
		score_value_int(&c->items, item, "longest", (int64_t)longest);
	}
	if (memchr(c->mime->text.p, '\0', c->mime->text.n) != NULL)
		score_add(&c->items, "nul_octet", PROBLEM_WARNING, -5, NULL);
}

/*
 * RFC 5321 2.3.8: CR and LF stand together.  A file of Unix has LF everywhere, and a delivery agent may write its
 * fields so above a text with CRLF; but within one body both are the sender's.
 */
static void
judge_line_ends(struct score_content *c)
{
	struct text all = c->mime->text, body = c->mime->parts[0].body;
	size_t lone_cr = 0, lone_lf = 0, pairs = 0;

	for (size_t i = 0; i < all.n; i++)
		lone_cr += all.p[i] == '\r' && (i + 1 == all.n || all.p[i + 1] != '\n');
	for (size_t i = 0; i < body.n; i++)
		if (body.p[i] == '\n') {
			if (i > 0 && body.p[i - 1] == '\r')
				pairs++;
			else
				lone_lf++;
		}
	if (pairs == 0)
		lone_lf = 0;
	if (lone_cr + lone_lf > 0)
		score_value_int(&c->items, score_add(&c->items, "line_ends", PROBLEM_WARNING, -5, NULL), "count",
		    (int64_t)(lone_cr + lone_lf));
}

void
score_head(struct score_content *c)
{
	judge_from(c);
	judge_reply_to(c);
	judge_date(c);
	judge_message_id(c);
	judge_subject(c);
	judge_fields(c);
	if (c->mime->text.n > 0) {
		judge_lines(c);
		judge_line_ends(c);
	}
}
