/*
 * A mail log: whatever stands in a line, the next one is read as if it stood
 * alone, and all texts lie within their line.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mail/maillog_hours.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW	1764007200

static void
inside(struct text line, struct text part)
{
	if (part.p != NULL && part.n > 0 && (part.p < line.p || part.p + part.n > line.p + line.n))
		abort();
}

/* Names stay within their bound, and the good line counts after all that. */
static void
count_hours(struct text in, const char *good)
{
	struct arena *a = arena_new();
	struct maillog_hours *h = maillog_hours_new(a, NOW, 3600);
	struct text line;
	bool found = false;

	while (text_line(&in, &line)) {
		maillog_hours_add(h, line);
		if (line.n > 0 && line.p[0] != '{') {	/* the same as an entry of the journal */
			struct json *entry = json_new_object(a);

			json_put_str(entry, "__REALTIME_TIMESTAMP", "1764007100000000");
			json_put_str(entry, "SYSLOG_IDENTIFIER", "postfix/smtpd");
			json_put_text(entry, "MESSAGE", line);
			maillog_hours_add(h, text_of(json_print(a, entry)));
		}
	}
	maillog_hours_add(h, text_of(good));
	for (size_t i = 0; i < maillog_hours_count(h); i++) {
		const struct maillog_hour *r = maillog_hours_at(h, i);

		if (strlen(r->name) > MAILLOG_NAME_MAX || r->hour % 3600 != 0 || r->messages < 0)
			abort();
		found = found || strcmp(r->name, "zz-good@cust.example") == 0;
	}
	if (!found)
		abort();
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char good[] = "Nov 23 08:00:01 srv1 postfix/smtpd[7]: 4ABC12: client=h[192.0.2.1], "
	    "sasl_method=LOGIN, sasl_username=zz-good@cust.example";
	struct text in = { (const char *)data, size }, rest = in, line;
	struct arena *a = arena_new();
	struct maillog_counts *c = maillog_counts_new(a, NOW);
	struct maillog_line l;
	const struct json *j, *v;
	bool found = false;

	count_hours(in, good);
	while (text_line(&rest, &line)) {
		maillog_count(c, line);
		if (!maillog_read(line, NOW, &l))
			continue;
		inside(line, l.id);
		inside(line, l.account);
		inside(line, l.sender);
		inside(line, l.recipient);
		inside(line, l.relay);
		inside(line, l.reason);
	}
	maillog_count(c, TEXT(good));
	j = maillog_counts_json(c, a);
	for (v = json_first(json_get(j, "accounts")); v != NULL; v = json_next(v))
		found = found || strcmp(json_str(v, "account"), "zz-good@cust.example") == 0;
	if (!found)
		abort();
	arena_free(a);
	return 0;
}
