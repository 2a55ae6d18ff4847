#include "mail/exim_queue.h"

#include <string.h>

#include "base/str.h"

#define RECIPIENTS_MAX	1000
#define REASON_MAX	1000

static bool
is_word(struct text t, size_t n)
{
	if (t.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]))
			return false;
	return true;
}

bool
exim_id_fits(struct text t)
{
	struct text a, b;

	return text_split(&t, '-', &a) && text_split(&t, '-', &b) && is_word(a, 6) &&
	    ((is_word(b, 6) && is_word(t, 2)) || (is_word(b, 11) && is_word(t, 4)));
}

/* "25m", "3d", "17h": seconds; -1 = no age. */
static int64_t
age_of(struct text t)
{
	static const struct { char unit; int64_t s; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 },
	};
	uint64_t n;

	if (t.n < 2 || !text_uint(text_head(t, t.n - 1), 100000, &n))
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (t.p[t.n - 1] == units[i].unit)
			return (int64_t)n * units[i].s;
	return -1;
}

/* "842", "2.9K", "12M": bytes; -1 = no size. */
static int64_t
size_of(struct text t)
{
	uint64_t whole, tenth = 0, unit = 1;
	struct text part;

	if (t.n == 0)
		return -1;
	if (t.p[t.n - 1] == 'K' || t.p[t.n - 1] == 'M' || t.p[t.n - 1] == 'G') {
		unit = t.p[t.n - 1] == 'K' ? 1024 : t.p[t.n - 1] == 'M' ? 1024 * 1024 : 1024 * 1024 * 1024;
		t.n--;
	}
	if (!text_split(&t, '.', &part) || !text_uint(part, 1000000, &whole) ||
	    (t.n > 0 && !text_uint(text_head(t, 1), 9, &tenth)))
		return -1;
	return (int64_t)(whole * unit + tenth * unit / 10);
}

static bool
next_word(struct text *rest, struct text *word)
{
	*rest = text_trim(*rest);
	return text_split(rest, ' ', word) && word->n > 0;
}

struct head {
	struct text	id, sender;
	int64_t		age, size;
	bool		frozen;
};

/* The line of a message; recipients follow. */
static bool
head_line(struct text line, struct head *ret)
{
	struct text age, size, rest = line;
	size_t end;

	if (!next_word(&rest, &age) || !next_word(&rest, &size) || !next_word(&rest, &ret->id) ||
	    (ret->age = age_of(age)) < 0 || (ret->size = size_of(size)) < 0 || !exim_id_fits(ret->id))
		return false;
	rest = text_trim(rest);
	/* A local part may be quoted and hold anything: the last bracket before what Exim adds. */
	if (rest.n == 0 || rest.p[0] != '<' || !text_find(rest, TEXT(">"), &end))
		return false;
	for (size_t i = end + 1; i < rest.n; i++)
		if (rest.p[i] == '>')
			end = i;
	ret->sender = text_head(text_skip(rest, 1), end - 1);
	ret->frozen = text_ends(rest, "*** frozen ***");
	return true;
}

static void
put_head(struct json *row, const struct head *h, int64_t now)
{
	static const char *const later[] = { "script", "uid", "account", "x_mailer", "list_unsubscribe",
	    "list_unsubscribe_post" };

	json_put_text(row, "id", h->id);
	json_put_str(row, "state", h->frozen ? "hold" : "deferred");
	json_put_int(row, "arrived_at", now - h->age);
	json_put_int(row, "size", h->size);
	json_put_text(row, "sender", h->sender);
	json_put_array(row, "recipients");
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		json_put_null(row, later[i]);
}

static void
recipient_line(struct text line, struct json *row)
{
	struct json *list = json_edit(row, "recipients"), *one;

	line = text_trim(line);
	if (text_starts(line, "D "))		/* delivered already */
		return;
	if (line.n == 0 || json_count(list) >= RECIPIENTS_MAX)
		return;
	one = json_add_object(list);
	json_put_text(one, "address", line);
	json_put_null(one, "reason");		/* it stands in the log only */
}

void
exim_queue_count(struct text out, int64_t now, struct queue_counts *ret)
{
	struct text line;
	struct head head;

	*ret = (struct queue_counts){ .oldest_at = -1 };
	while (text_line(&out, &line)) {
		if (!head_line(line, &head))
			continue;
		ret->total++;
		ret->hold += head.frozen;
		ret->deferred += !head.frozen;
		if (!head.frozen && (ret->oldest_at < 0 || now - head.age < ret->oldest_at))
			ret->oldest_at = now - head.age;
	}
}

size_t
exim_queue_parse(struct arena *a, struct text out, int64_t now, size_t max, struct json *messages)
{
	struct queue_counts all;
	struct text line;
	struct head head;
	struct json *row = NULL;
	size_t count = 0, kept = 0, total, wanted;

	(void)a;
	exim_queue_count(out, now, &all);
	total = (size_t)all.total;
	wanted = total < max ? total : max;
	while (text_line(&out, &line)) {
		if (text_trim(line).n == 0) {
			row = NULL;
			continue;
		}
		if (head_line(line, &head)) {
			row = count++ * wanted / total >= kept && kept < wanted ? json_add_object(messages) : NULL;
			if (row != NULL) {
				put_head(row, &head, now);
				kept++;
			}
		} else if (row != NULL && (line.p[0] == ' ' || line.p[0] == '\t'))
			recipient_line(line, row);
	}
	return count;
}

/* --- the header file of a message ---------------------------------------------------------------------- */

/* "123P Received: ...": the length, and what Exim makes of the field ('*': deleted). */
static bool
field_prefix(struct text line, size_t *n, char *flag)
{
	size_t i = 0;

	while (i < line.n && ascii_isdigit((unsigned char)line.p[i]))
		i++;
	if (i < 3 || i + 2 > line.n || line.p[i + 1] != ' ')
		return false;
	*flag = line.p[i];
	*n = i + 2;
	return true;
}

/* user, uid and gid stand in the second line. */
static int64_t
uid_of(struct text line)
{
	struct text user, uid;
	uint64_t n;

	return next_word(&line, &user) && next_word(&line, &uid) && text_uint(uid, UINT32_MAX, &n) ? (int64_t)n : -1;
}

/* "-NAME VALUE"; two dashes since Exim 4.95 where a stranger has said the value. */
static bool
is_variable(struct text line, const char *name, struct text *value)
{
	struct text word;

	if (!text_starts(line, "-"))
		return false;
	line = text_skip(line, text_starts(line, "--") ? 2 : 1);
	if (!text_split(&line, ' ', &word) || !text_is(word, name))
		return false;
	*value = line;
	return true;
}

struct text
exim_spool_text(struct arena *a, struct text out, int64_t *uid)
{
	struct str s = str_in(a, out.n + 256);
	bool head = true, shown = false, by_smtp = false;
	struct text line, account = { "", 0 }, value;
	size_t at = 0, n;
	char flag;

	*uid = -1;
	while (text_line(&out, &line)) {
		at++;
		if (head && at == 2)
			*uid = uid_of(line);
		else if (head && is_variable(line, "auth_id", &value))
			account = value;
		else if (head && is_variable(line, "host_address", &value))
			by_smtp = true;
		else if (head && line.n == 0) {
			/* Of a program on this machine auth_id is its user, who did not log in. */
			if (by_smtp && account.n > 0) {
				str_add(&s, "named_attribute: sasl_username=");
				str_addt(&s, account);
				str_addc(&s, '\n');
			}
			str_add(&s, "*** MESSAGE CONTENTS ***\n");
			head = false;
		} else if (!head && field_prefix(line, &n, &flag)) {
			shown = flag != '*';
			line = text_skip(line, n);
		}
		if (!head && shown && line.n > 0) {
			str_addt(&s, line);
			str_addc(&s, '\n');
		}
	}
	if (by_smtp)
		*uid = -1;
	return str_text(&s);
}

/* --- the log of a message ------------------------------------------------------------------------------- */

/* "2026-11-26 22:45:37 c@x.example <parent@y.example> R=r T=t defer (-46) H=h [i]: SMTP error ...: 451 4.7.1 no" */
static bool
defer_line(struct text line, struct text *address, struct text *reason)
{
	static const char mark[] = " defer (", route[] = " R=", parent[] = " <";
	size_t at, end;

	if (line.n < 21 || line.p[4] != '-' || line.p[10] != ' ')
		return false;
	line = text_skip(line, 19);		/* then perhaps milliseconds, and perhaps a zone */
	for (int i = 0; i < 2; i++) {
		if (!text_find(line, TEXT(" "), &at))
			return false;
		line = text_skip(line, at + 1);
		if (line.n < 6 || (line.p[0] != '+' && line.p[0] != '-') || line.p[5] != ' ')
			break;
	}
	if (!text_find(line, TEXT(mark), &at) || !text_find(text_skip(line, at + sizeof(mark) - 1), TEXT(")"), &end))
		return false;
	*reason = text_trim(text_skip(line, at + sizeof(mark) + end));
	if (reason->n > 0 && reason->p[0] == ':')
		*reason = text_trim(text_skip(*reason, 1));
	*address = text_head(line, at);
	if (text_find(*address, TEXT(route), &at))
		*address = text_head(*address, at);
	if (text_find(*address, TEXT(parent), &at))
		*address = text_head(*address, at);
	return reason->n > 0 && address->n > 0;
}

void
exim_log_parse(struct text log, struct json *message)
{
	struct text line, address, reason;
	struct json *v;

	while (text_line(&log, &line)) {
		/* It says that it was not tried again: what came before is the reason. */
		bool again = defer_line(line, &address, &reason) &&
		    !text_starts(reason, "retry time not reached") && !text_starts(reason, "Retry time not yet reached");

		if (!again)
			continue;
		for (v = json_edit_first(json_edit(message, "recipients")); v != NULL; v = json_edit_next(v))
			if (text_ieq(text_of(json_str(v, "address")), address))
				json_put_text(v, "reason", text_head(reason, REASON_MAX));
	}
}
