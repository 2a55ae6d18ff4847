#include "mail/maillog.h"

#include <string.h>

#include "base/time.h"
#include "mail/maillog_parts.h"

/* --- time ---------------------------------------------------------------------------------------------- */

static bool
two(struct text t, size_t at, uint64_t max, int64_t *ret)
{
	uint64_t n;

	if (t.n < at + 2 || !text_uint(text_head(text_skip(t, at), 2), max, &n))
		return false;
	*ret = (int64_t)n;
	return true;
}

/* "18:00:01" of the day; 60 is a leap second. */
static bool
clock_read(struct text t, int64_t *ret)
{
	int64_t h, m, s;

	if (t.n < 8 || t.p[2] != ':' || t.p[5] != ':' || !two(t, 0, 23, &h) || !two(t, 3, 59, &m) ||
	    !two(t, 6, 60, &s))
		return false;
	*ret = h * 3600 + m * 60 + s;
	return true;
}

/* "+01:00", "+0100", "Z"; *none: there is none. */
static int64_t
zone_read(struct text t, bool *none)
{
	int64_t h, m, sign;

	*none = t.n == 0 || t.p[0] != 'Z';
	if (t.n < 5 || (t.p[0] != '+' && t.p[0] != '-'))
		return 0;
	sign = t.p[0] == '-' ? -1 : 1;
	if (!two(t, 1, 23, &h) || !two(t, t.p[3] == ':' ? 4 : 3, 59, &m))
		return 0;
	*none = false;
	return sign * (h * 3600 + m * 60);
}

/* "2026-11-23T18:00:01.123456+00:00" or "2026-11-23 18:00:01.123 +0100", at the beginning of `rest`. */
static bool
time_with_year(struct text *rest, int64_t *at, bool *zoneless)
{
	int64_t day, clock;
	size_t n = 19;

	if (rest->n < 20 || (rest->p[10] != 'T' && rest->p[10] != ' ') ||
	    !time_parse(text_head(*rest, 10), &day) || !clock_read(text_skip(*rest, 11), &clock))
		return false;
	if (rest->p[n] == '.')
		for (n++; n < rest->n && ascii_isdigit((unsigned char)rest->p[n]); n++)
			;
	if (rest->p[10] == ' ' && n + 1 < rest->n && rest->p[n] == ' ' &&
	    (rest->p[n + 1] == '+' || rest->p[n + 1] == '-'))
		n++;
	*at = day + clock - zone_read(text_skip(*rest, n), zoneless);
	while (n < rest->n && rest->p[n] != ' ')
		n++;
	*rest = text_skip(*rest, n + 1);
	return true;
}

static int64_t
year_of(int64_t at)
{
	char buf[TIME_TEXT_MAX];
	uint64_t year = 1970;

	text_uint(text_head(text_of(time_text(at, buf)), 4), 9999, &year);
	return (int64_t)year;
}

/* "Nov 23 18:00:01", "Nov  3 18:00:01": of the last twelve months. */
static bool
time_without_year(struct text *rest, int64_t now, int64_t *at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char day[11];
	int64_t clock, mday, year = year_of(now);
	size_t month;

	for (month = 0; month < 12 && !text_eq(text_head(*rest, 3), (struct text){ months + 3 * month, 3 }); month++)
		;
	if (month == 12 || rest->n < 16 || rest->p[3] != ' ' || rest->p[6] != ' ' || rest->p[15] != ' ' ||
	    !clock_read(text_skip(*rest, 7), &clock))
		return false;
	if (rest->p[4] == ' ') {
		mday = rest->p[5] - '0';
		if (mday < 1 || mday > 9)
			return false;
	} else if (!two(*rest, 4, 31, &mday))
		return false;
	for (int tries = 0; tries < 2; tries++, year--) {
		day[0] = (char)('0' + year / 1000 % 10);
		day[1] = (char)('0' + year / 100 % 10);
		day[2] = (char)('0' + year / 10 % 10);
		day[3] = (char)('0' + year % 10);
		day[4] = day[7] = '-';
		day[5] = (char)('0' + (month + 1) / 10);
		day[6] = (char)('0' + (month + 1) % 10);
		day[8] = (char)('0' + mday / 10);
		day[9] = (char)('0' + mday % 10);
		day[10] = '\0';
		if (time_parse((struct text){ day, 10 }, at) && *at + clock <= now + 86400) {
			*at += clock;
			*rest = text_skip(*rest, 16);
			return true;
		}
	}
	return false;
}

/* --- pieces -------------------------------------------------------------------------------------------------- */

static bool
next_word(struct text *rest, struct text *word)
{
	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = text_skip(*rest, 1);
	*word = (struct text){ rest->p, 0 };
	return text_split(rest, ' ', word);
}

/* "sasl_username=u" among ", "-parted attributes; a value in brackets may hold commas. */
static bool
attribute(struct text t, const char *name, struct text *ret)
{
	size_t n = strlen(name), at, from = 0;

	while (text_find(text_skip(t, from), (struct text){ name, n }, &at)) {
		struct text v = text_skip(t, from + at + n);
		size_t end = 0;

		/* At the beginning of a word. */
		if (from + at > 0 && t.p[from + at - 1] != ' ') {
			from += at + n;
			continue;
		}
		if (v.n > 0 && v.p[0] == '<') {
			v = text_skip(v, 1);
			if (!text_find(v, TEXT(">"), &end))
				return false;
		} else
			while (end < v.n && v.p[end] != ',' && v.p[end] != ' ')
				end++;
		*ret = text_head(v, end);
		return true;
	}
	return false;
}

/* The address in the first "[...]" that holds one. */
static void
bracketed_ip(struct text t, struct ip *ret)
{
	size_t at, end;

	while (text_find(t, TEXT("["), &at)) {
		t = text_skip(t, at + 1);
		if (!text_find(t, TEXT("]"), &end))
			return;
		if (text_starts(t, "IPv6:") ? ip_parse(text_head(text_skip(t, 5), end - 5), ret) :
		    ip_parse(text_head(t, end), ret))
			return;
	}
}

static bool
is_id(struct text t)
{
	if (t.n < 5 || t.n > 23)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]))
			return false;
	return true;
}

/* --- Postfix ---------------------------------------------------------------------------------------------------- */

static void
read_delivery(struct text msg, struct maillog_line *l)
{
	size_t at;

	l->event = MAILLOG_DELIVERY;
	attribute(msg, "to=", &l->recipient);
	attribute(msg, "orig_to=", &l->original);
	attribute(msg, "relay=", &l->relay);
	l->elsewhere = text_ends(l->program, "smtp");
	attribute(msg, "dsn=", &l->dsn);
	attribute(msg, "status=", &l->status);
	if (text_find(msg, TEXT(" status="), &at)) {
		struct text rest = text_skip(msg, at);

		if (text_find(rest, TEXT(" ("), &at) || text_find(rest, TEXT("("), &at)) {
			rest = text_skip(rest, at + 1);
			while (rest.n > 0 && (rest.p[0] == '(' || rest.p[0] == ' '))
				rest = text_skip(rest, 1);
			if (rest.n > 0 && rest.p[rest.n - 1] == ')')
				rest.n--;
			l->reason = rest;
		}
	}
}

/* "reject: RCPT from h[ip]: 450 4.7.1 ...; from=<> to=<> proto=ESMTP helo=<>" */
static void
read_reject(struct text msg, struct maillog_line *l)
{
	size_t at;

	l->event = MAILLOG_REJECTED;
	bracketed_ip(msg, &l->client);
	if (text_find(msg, TEXT("]: "), &at))
		msg = text_skip(msg, at + 3);
	l->reason = msg;
	if (text_find(msg, TEXT("; from=<"), &at)) {
		l->reason = text_head(msg, at);
		msg = text_skip(msg, at + 1);
		attribute(msg, "from=", &l->sender);
		attribute(msg, "to=", &l->recipient);
		attribute(msg, "sasl_username=", &l->account);
	}
}

static void
read_postfix(struct text program, struct text msg, struct maillog_line *l)
{
	struct text head, uid;
	uint64_t n;
	size_t at;

	l->program = program;
	if (text_find(msg, TEXT(": SASL "), &at) && text_find(msg, TEXT(" authentication failed"), &at)) {
		l->event = MAILLOG_AUTH_FAILED;
		bracketed_ip(msg, &l->client);
		attribute(msg, "sasl_username=", &l->account);
		return;
	}
	if (!text_find(msg, TEXT(": "), &at))
		return;
	head = text_head(msg, at);
	if (!is_id(head))
		return;
	if (!text_is(head, "NOQUEUE"))
		l->id = head;
	msg = text_skip(msg, at + 2);
	if (text_starts(msg, "client=") && l->id.p != NULL) {
		l->event = MAILLOG_ACCEPTED;
		bracketed_ip(msg, &l->client);
		attribute(msg, "sasl_username=", &l->account);
		l->again = text_find(msg, TEXT(", orig_queue_id="), &at) || text_find(msg, TEXT(", orig_client="), &at);
	} else if (text_starts(msg, "uid=") && attribute(msg, "uid=", &uid) && text_uint(uid, UINT32_MAX, &n)) {
		l->event = MAILLOG_LOCAL;
		l->uid = (int64_t)n;
		attribute(msg, "from=", &l->sender);
	} else if (text_starts(msg, "from=<") && text_find(msg, TEXT(", nrcpt="), &at)) {
		l->event = MAILLOG_QUEUED;
		attribute(msg, "from=", &l->sender);
	} else if (text_starts(msg, "to=<") && text_find(msg, TEXT(" status="), &at))
		read_delivery(msg, l);
	else if (text_starts(msg, "reject: ") || text_starts(msg, "milter-reject: "))
		read_reject(msg, l);
}

/* "mail() on [/path/x.php:12]: To: a@b.example -- Headers: ..."; a path may hold brackets. */
static void
read_php(struct text msg, struct maillog_line *l)
{
	static const char head[] = "mail() on [";
	size_t at, end;

	if (!text_find(msg, TEXT(head), &at))
		return;
	msg = text_skip(msg, at + sizeof(head) - 1);
	if (!text_find(msg, TEXT("]: To: "), &end))
		return;
	msg = text_head(msg, end);
	for (end = msg.n; end > 0 && ascii_isdigit((unsigned char)msg.p[end - 1]); end--)
		;
	if (end > 1 && end < msg.n && msg.p[end - 1] == ':')
		msg = text_head(msg, end - 1);
	l->event = MAILLOG_SCRIPT;
	l->script = msg;
}

/* "host postfix/smtpd[123]: message"; other programs' lines are no matter of ours, but lines all the same. */
static bool
read_syslog(struct text rest, struct maillog_line *l)
{
	struct text host, tag, name;
	size_t at;

	if (!next_word(&rest, &host) || !next_word(&rest, &tag) || tag.n == 0 || tag.p[tag.n - 1] != ':')
		return false;
	name = text_head(tag, tag.n - 1);
	if (text_find(name, TEXT("["), &at))
		name = text_head(name, at);
	maillog_read_program(name, text_skip(rest, rest.n > 0 && rest.p[0] == ' '), l);
	return true;
}

void
maillog_read_program(struct text name, struct text message, struct maillog_line *l)
{
	size_t at;

	l->program = name;
	/* "postfix/smtpd", and "postfix-x/smtpd" of a second instance. */
	if (text_starts(name, "postfix") && text_find(name, TEXT("/"), &at))
		read_postfix(text_skip(name, at + 1), message, l);
	else if (text_starts(name, "php"))
		read_php(message, l);
}

/* --- Exim ------------------------------------------------------------------------------------------------------------ */

static bool
is_exim_id(struct text t)
{
	if (t.n != 16 && t.n != 23)
		return false;
	if (t.p[6] != '-' || t.p[t.n == 16 ? 13 : 18] != '-')
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && t.p[i] != '-')
			return false;
	return true;
}

/* A=dovecot_login:info@cust.example */
static void
exim_account(struct text rest, struct maillog_line *l)
{
	struct text value, driver;

	if (attribute(rest, "A=", &value) && text_split(&value, ':', &driver) && value.n > 0)
		l->account = value;
}

static const struct { const char *mark, *status; } exim_marks[] = {
	{ "=>", "sent" }, { "->", "sent" }, { ">>", "sent" }, { "==", "deferred" }, { "**", "bounced" },
	{ "*>", "suppressed" },
};

/* An address may be quoted and hold blanks; whoever sends it chose it, so what is in it is no field. */
static void
exim_address(struct text *rest, struct text *ret)
{
	size_t n = 1;

	if (rest->n < 2 || rest->p[0] != '"') {
		next_word(rest, ret);
		return;
	}
	for (; n < rest->n && rest->p[n] != '"'; n++)
		if (rest->p[n] == '\\')
			n++;
	for (; n < rest->n && rest->p[n] != ' '; n++)
		;
	*ret = text_head(*rest, n);
	*rest = text_skip(*rest, n);
}

/* "=> user@gmail.com <info@cust.example> R=dnslookup": the address that led to the recipient. */
static void
exim_original(struct text rest, struct text *ret)
{
	struct text word;

	if (next_word(&rest, &word) && word.n > 2 && word.p[0] == '<' && word.p[word.n - 1] == '>')
		*ret = text_head(text_skip(word, 1), word.n - 2);
}

static void
exim_arrival(struct text rest, struct maillog_line *l)
{
	struct text protocol = { NULL, 0 };
	size_t at;

	exim_address(&rest, &l->sender);
	if (text_find(rest, TEXT(" S="), &at))		/* behind it stand id and subject, the sender's own words */
		rest = text_head(rest, at);
	if (text_is(l->sender, "<>"))
		l->sender = (struct text){ l->sender.p, 0 };
	attribute(rest, "P=", &protocol);
	if (text_is(protocol, "local")) {
		l->event = MAILLOG_LOCAL;
		attribute(rest, "U=", &l->user);
		return;
	}
	l->event = MAILLOG_ACCEPTED;
	bracketed_ip(rest, &l->client);
	exim_account(rest, l);
}

/*
 * "cwd=/home/cust/public_html 3 args: /usr/sbin/sendmail -t -i": who calls sendmail, from where.  Exim's own
 * calls are none, and a folder with a blank in its name is not told whole.
 */
static void
read_cwd(struct text folder, struct text rest, struct maillog_line *l)
{
	struct text count, word, program;
	uint64_t n;

	if (!next_word(&rest, &count) || !text_uint(count, 100000, &n) || !next_word(&rest, &word) ||
	    !text_is(word, "args:") || !next_word(&rest, &program) || !text_ends(program, "sendmail") ||
	    folder.n < 2 || folder.p[0] != '/' || text_starts(folder, "/var/spool/"))
		return;
	l->event = MAILLOG_SCRIPT;
	l->script = folder;
}

static bool
read_exim(struct text rest, struct maillog_line *l)
{
	struct text id, mark, ahead = rest, pid;
	size_t at;

	l->program = TEXT("exim");
	next_word(&ahead, &pid);
	if (pid.n > 2 && pid.p[0] == '[' && pid.p[pid.n - 1] == ']')	/* log_selector +pid */
		rest = ahead;
	if (!next_word(&rest, &id))
		return false;
	if (text_starts(id, "cwd=")) {
		read_cwd(text_skip(id, 4), rest, l);
		return true;
	}
	if (!is_exim_id(id)) {
		/* "H=h [192.0.2.1] F=<> rejected RCPT <x>: reason"; else a line about no message. */
		if (text_find(rest, TEXT(" rejected "), &at)) {
			l->event = MAILLOG_REJECTED;
			l->reason = text_skip(rest, at + 1);
			bracketed_ip(text_head(rest, at), &l->client);
			attribute(text_head(rest, at), "F=", &l->sender);
			exim_account(text_head(rest, at), l);
		}
		return true;
	}
	l->id = id;
	if (!next_word(&rest, &mark))
		return true;
	if (text_is(mark, "<=")) {
		exim_arrival(rest, l);
		return true;
	}
	for (size_t i = 0; i < sizeof(exim_marks) / sizeof(exim_marks[0]); i++) {
		if (!text_is(mark, exim_marks[i].mark))
			continue;
		l->event = MAILLOG_DELIVERY;
		l->status = text_of(exim_marks[i].status);
		next_word(&rest, &l->recipient);
		exim_original(rest, &l->original);
		l->elsewhere = attribute(rest, "H=", &l->relay);
		if (text_find(rest, TEXT(": "), &at))
			l->reason = text_skip(rest, at + 2);
	}
	return true;
}

bool
maillog_read(struct text line, int64_t now, struct maillog_line *ret)
{
	struct text rest = line;
	bool exim;

	memset(ret, 0, sizeof(*ret));
	ret->uid = -1;
	while (rest.n > 0 && (rest.p[rest.n - 1] == '\r' || rest.p[rest.n - 1] == ' '))
		rest.n--;
	exim = rest.n > 10 && rest.p[4] == '-' && rest.p[10] == ' ';
	if (!time_with_year(&rest, &ret->at, &ret->zoneless)) {
		if (!time_without_year(&rest, now, &ret->at))
			return false;
		ret->zoneless = true;
	}
	return exim ? read_exim(rest, ret) : read_syslog(rest, ret);
}
