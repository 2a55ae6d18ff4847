#include "mail/bounce.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "mail/arf.h"
#include "mail/bounce_answer.h"
#include "mail/bounce_class.h"
#include "mail/bounce_text.h"
#include "mail/html.h"
#include "mail/mailaddr.h"
#include "mail/mime.h"
#include "mail/mime_decode.h"

#define TEXT_MAX	(256 * 1024)		/* of the words for people */
#define FIELDS_MAX	(8 * 1024 * 1024)	/* of a delivery status */
#define DIAGNOSTIC_MAX	2000
#define FAILED_MAX	200			/* addresses of X-Failed-Recipients */
#define NESTED_MAX	2			/* forwarded reports */

struct reading {
	struct arena		*arena;
	const struct data	*data;
	const struct mime	*mime;
	struct bounce		*b;
	struct bounce_classes	*classes;
	struct map		*seen;		/* addresses of b->recipients */
	size_t			 size;		/* room in b->recipients */
	size_t			 expected;	/* recipients of the report */
	struct text		 people;	/* the words before the returned message */
	struct text		 original;	/* the returned message's header, or its text */
	struct text		 dsn_sender;
	struct text		 failed[FAILED_MAX];
	size_t			 failed_count;
	const char		*subject;	/* lower case */
	const char		*words;		/* `people` in lower case */
	struct text		 from, to;	/* of the report: addresses; n 0 = none */
	bool			 daemon;	/* a mail system wrote it */
	bool			 has_head;
	char			 key[600];	/* an address in lower case */
};

/* --- parts ---------------------------------------------------------------------------------------- */

static bool
starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool
is_status(const char *type)
{
	return strcmp(type, "message/delivery-status") == 0 ||
	    strcmp(type, "message/global-delivery-status") == 0;
}

static bool
is_returned(const char *type)
{
	return starts(type, "message/rfc822") || starts(type, "message/global") ||
	    strcmp(type, "text/rfc822-headers") == 0 || strcmp(type, "text/rfc822-header") == 0 ||
	    strcmp(type, "message/partial") == 0 || strcmp(type, "message/external-body") == 0;
}

/* Not inside a returned message. */
static bool
is_outer(const struct mime *m, size_t i)
{
	for (size_t p = m->parts[i].parent; p != MIME_NONE; p = m->parts[p].parent)
		if (is_returned(m->parts[p].type))
			return false;
	return true;
}

static void
problem(struct reading *r, const char *code, bool is)
{
	if (is)
		(void)problem_add(&r->b->problems, PROBLEM_INFO, code, NULL);
}

static struct text
part_text(struct reading *r, const struct mime_part *p, size_t max)
{
	bool		cut;
	struct text	t = mime_decode_text(r->arena, p, max, &cut);

	problem(r, "text_cut", cut);
	return t;
}

static size_t
find_part(const struct mime *m, bool (*is)(const char *type))
{
	for (size_t i = 0; i < m->count; i++)
		if (is_outer(m, i) && is(m->parts[i].type))
			return i;
	return MIME_NONE;
}

static bool
is_feedback(const char *type)
{
	return strcmp(type, "message/feedback-report") == 0;
}

static bool
is_disposition(const char *type)
{
	return strcmp(type, "message/disposition-notification") == 0 ||
	    strcmp(type, "message/global-disposition-notification") == 0;
}

/* A report in the answer of a person: the marks of quoting taken away, where
 * most lines have them. */
static struct text
unquoted(struct arena *a, struct text t)
{
	struct text	rest = t, line;
	size_t		quoted = 0, lines = 0;
	struct str	s;

	while (text_line(&rest, &line) && lines < 2000) {
		lines += line.n > 0;
		quoted += text_starts(line, "> ") || text_is(line, ">");
	}
	if (quoted < 4 || quoted * 2 < lines)
		return t;
	s = str_in(a, t.n);
	for (rest = t; text_line(&rest, &line);) {
		if (text_starts(line, "> "))
			line = text_skip(line, 2);
		else if (text_is(line, ">"))
			line = text_skip(line, 1);
		str_addt(&s, line);
		str_addc(&s, '\n');
	}
	return str_text(&s);
}

/*
 * The words for people: the first plain texts outside the returned message,
 * else HTML.  Some write the report in a part without words and the words in a
 * second one, so several are joined.
 */
static void
read_people(struct reading *r)
{
	const struct mime	*m = r->mime;
	struct str		 s = str_in(r->arena, TEXT_MAX);
	struct text		 behind;

	for (int html = 0; html < 2 && s.n == 0; html++)
		for (size_t i = 0; i < m->count && s.n < TEXT_MAX; i++) {
			const struct mime_part	*p = &m->parts[i];
			struct text		 t;

			if (!is_outer(m, i) || strcmp(p->type, html ? "text/html" : "text/plain") != 0)
				continue;
			if (p->attachment && i > 0)
				continue;
			t = part_text(r, p, TEXT_MAX);
			if (html || (text_istarts(text_trim(t), "<html") || text_istarts(text_trim(t), "<!doctype")))
				t = html_to_text(r->arena, t);
			if (s.n > 0)
				str_addc(&s, '\n');
			str_addt(&s, text_head(t, s.max - s.n));
		}
	r->people = bounce_text_cut(&r->data->words, r->arena, unquoted(r->arena, str_text(&s)), &behind);
	if (behind.n > 0)
		r->original = behind;
	r->words = phrase_text(r->arena, r->people, 64 * 1024);
}

static void
read_head(struct reading *r)
{
	const struct mime_part	*top = &r->mime->parts[0];
	struct text		 v, rest;

	r->has_head = top->head.n > 0;
	r->subject = phrase_text(r->arena, mime_words(r->arena, top, "Subject"), 1000);
	v = mime_value(r->arena, top, "From");
	if (v.p != NULL && !mailaddr_field(v, &r->from))
		r->from.n = 0;
	v = mime_value(r->arena, top, "To");
	if (v.p == NULL)
		v = mime_value(r->arena, top, "Delivered-To");
	if (v.p != NULL && !mailaddr_field(v, &r->to))
		r->to.n = 0;
	/* may stand several times; mime_field gives the first, most put all into one */
	rest = mime_value(r->arena, top, "X-Failed-Recipients");
	while (rest.p != NULL && r->failed_count < FAILED_MAX &&
	    mailaddr_next(&rest, &r->failed[r->failed_count]))
		r->failed_count++;
}

/* --- who wrote it ---------------------------------------------------------------------------------- */

static bool
is_daemon(struct reading *r)
{
	static const char *const	locals[] = { "mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon",
	    "mmdf", "uucp", "mdaemon", "mailsystem", "mail-delivery", "maildelivery", "mail.delivery", "daemon",
	    "microsoftexchange", "mail_delivery", "systemmail", "mail-delivery-subsystem", "post_master", "bounce", "mta", "root", NULL };
	static const char *const	names[] = { "mail delivery", "mailer-daemon", "mailer daemon", "postmaster",
	    "mail system", "delivery subsystem", "system administrator", "administrador del sistema", "systemadministrator",
	    "administrateur syst", "microsoft outlook", "mail administrator", "mail router", "internet mail delivery",
	    "delivery system", "mail daemon", "delivery failure", NULL };
	const char			*from;
	struct text			 local = mailaddr_local(r->from), path;

	for (size_t i = 0; locals[i] != NULL; i++)
		if (r->from.n > 0 && (text_iis(local, locals[i]) ||
		    (i < 8 && text_istarts(local, locals[i])) || text_istarts(local, "microsoftexchange")))
			return true;
	from = phrase_text(r->arena, mime_words(r->arena, &r->mime->parts[0], "From"), 300);
	for (size_t i = 0; names[i] != NULL; i++)
		if (strstr(from, names[i]) != NULL)
			return true;
	path = mime_value(r->arena, &r->mime->parts[0], "Return-Path");
	return path.p != NULL && (text_is(path, "<>") || text_is(path, "< >"));
}

/* RFC 3834 5 and the fields of before it. */
static bool
has_auto_reply_field(struct reading *r)
{
	static const struct { const char *name, *value; } fields[] = {
		{ "Auto-Submitted",		"auto-replied" },
		{ "X-Autoreply",		"" },
		{ "X-Autorespond",		"" },
		{ "X-Auto-Reply",		"" },
		{ "X-Autoresponder",		"" },
		{ "X-Auto-Respond",		"" },
		{ "X-Mail-Autoreply",		"" },
		{ "X-Autogenerated",		"reply" },
		{ "X-AutoReply-From",		"" },
		{ "X-Vacation",			"" },
		{ "Precedence",			"auto_reply" },
		{ "X-Precedence",		"auto_reply" },
		{ "X-FC-MachineGenerated",	"" },
		{ "X-POST-MessageClass",	"9; autoresponder" },
		{ "Delivered-To",		"autoresponder" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct text	v = mime_value(r->arena, &r->mime->parts[0], fields[i].name);

		if (v.p != NULL && text_istarts(v, fields[i].value))
			return true;
	}
	/* absence notes of Exchange in any language */
	return text_istarts(mime_value(r->arena, &r->mime->parts[0], "Auto-Submitted"), "auto-generated") &&
	    mime_value(r->arena, &r->mime->parts[0], "X-Auto-Response-Suppress").p != NULL &&
	    mime_value(r->arena, &r->mime->parts[0], "In-Reply-To").p != NULL;
}

static bool
begins_with(struct text_list list, const char *s)
{
	for (size_t i = 0; i < list.count; i++)
		if (starts(s, list.v[i]))
			return true;
	return false;
}

/* Lists and answers of persons speak of reports, but are none. */
static bool
is_from_people(struct reading *r)
{
	static const char *const	fields[] = { "List-Id", "List-Unsubscribe", "List-Post", NULL };
	static const char *const	answers[] = { "re:", "aw:", "sv:", "antw:", "rv:", "r:", "odp:", NULL };
	struct text			v;

	for (size_t i = 0; fields[i] != NULL; i++)
		if (mime_field(&r->mime->parts[0], fields[i], &v))
			return true;
	for (size_t i = 0; answers[i] != NULL; i++)
		if (starts(r->subject, answers[i]))
			return true;
	return false;
}

enum verdict { SAYS_NOTHING, SAYS_REPORT, SAYS_AUTO_REPLY };

/*
 * What a message without a delivery status is.  Mail systems and autoresponders
 * both say "auto-replied" and both have a null return path, so the words decide.
 */
static enum verdict
verdict_of(struct reading *r)
{
	const struct bounce_words	*w = &r->data->words;
	bool				 subject_failed, text_failed, auto_subject, auto_text, challenge;
	struct text			 answer;

	subject_failed = phrase_in(w->failed_subjects, r->subject) ||
	    phrase_in(w->delayed_subjects, r->subject);
	text_failed = phrase_in(w->failed_texts, r->words) || phrase_in(w->delayed_texts, r->words);
	if (r->failed_count > 0)
		return SAYS_REPORT;
	if (!r->has_head)
		return text_failed || answer_find(r->people, &answer) ||
		    answer_status(r->arena, r->people) != NULL ? SAYS_REPORT : SAYS_NOTHING;
	auto_text = phrase_in(w->auto_reply_texts, r->words);
	auto_subject = phrase_in(w->auto_reply_subjects, r->subject) ||
	    (phrase_in(w->absence_subjects, r->subject) && (auto_text || has_auto_reply_field(r)));
	challenge = phrase_in(w->challenge_subjects, r->subject) && phrase_in(w->challenge_texts, r->words);
	if (begins_with(w->auto_reply_subjects, r->subject))
		return SAYS_AUTO_REPLY;
	if (r->daemon && (subject_failed || ((text_failed || answer_find(r->people, &answer)) &&
	    !auto_subject && !challenge)))
		return SAYS_REPORT;
	if (!r->daemon && is_from_people(r))
		subject_failed = false;
	if (subject_failed && text_failed && (answer_find(r->people, &answer) ||
	    answer_status(r->arena, r->people) != NULL || mailaddr_find(r->people, &answer, NULL)))
		return SAYS_REPORT;
	if (auto_subject && (has_auto_reply_field(r) || auto_text || !subject_failed))
		return SAYS_AUTO_REPLY;
	if (challenge && !subject_failed)
		return SAYS_AUTO_REPLY;
	if (has_auto_reply_field(r))
		return SAYS_AUTO_REPLY;
	return SAYS_NOTHING;
}

static enum dsn_action
action_of_words(struct reading *r)
{
	const struct bounce_words	*w = &r->data->words;

	if (phrase_in(w->gave_up_texts, r->words))
		return DSN_FAILED;
	if (phrase_in(w->delayed_texts, r->words) || phrase_in(w->delayed_subjects, r->subject))
		return DSN_DELAYED;
	if (phrase_in(w->delivered_subjects, r->subject) && !phrase_in(w->failed_texts, r->words))
		return DSN_DELIVERED;
	return DSN_FAILED;
}

/* --- recipients ------------------------------------------------------------------------------------- */

/* Into a buffer of its own: the map keeps a copy. */
static const char *
seen_key(struct reading *r, struct text addr)
{
	size_t	n = addr.n < sizeof(r->key) - 1 ? addr.n : sizeof(r->key) - 1;

	for (size_t i = 0; i < n; i++)
		r->key[i] = addr.p[i] == '\0' ? '?' : (char)ascii_tolower((unsigned char)addr.p[i]);
	r->key[n] = '\0';
	return r->key;
}

static struct bounce_recipient *
add_recipient(struct reading *r, struct text addr)
{
	struct bounce	*b = r->b;

	if (addr.p != NULL) {
		const char	*key = seen_key(r, addr);

		if (map_get(r->seen, key) != NULL)
			return NULL;
		map_put(r->seen, key, r);
	}
	if (b->count == DSN_RECIPIENTS_MAX) {
		problem(r, "too_many_recipients", true);
		return NULL;
	}
	if (b->count == r->size) {
		size_t	size = r->size == 0 ? r->expected + 1 : r->size * 2;

		b->recipients = arena_grow(r->arena, b->recipients, b->count, size, sizeof(*b->recipients));
		r->size = size;
	}
	b->recipients[b->count].address = addr;
	return &b->recipients[b->count++];
}

/* The answer's status and code; the field and the answer: the more specific
 * wins, the field when both say as much. */
static void
set_codes(struct reading *r, struct bounce_recipient *to, struct text field)
{
	const char	*of_field = field.p == NULL ? NULL : status_of_field(r->arena, field), *of_answer = NULL;
	struct text	 found;

	if (to->diagnostic.p != NULL) {
		to->smtp_code = answer_code(to->diagnostic);
		found = to->diagnostic;
		if (to->smtp_code == 0 && answer_find(to->diagnostic, &found))
			to->smtp_code = answer_code(found);
		else if (to->smtp_code == 0)
			found = to->diagnostic;
		of_answer = answer_status(r->arena, found);
		if (of_answer == NULL)
			of_answer = answer_status(r->arena, to->diagnostic);
	}
	to->status = status_weight(of_answer) > status_weight(of_field) ? of_answer : of_field;
}

static const struct text_recipient *
text_of_recipient(const struct text_report *t, struct text addr)
{
	for (size_t i = 0; i < t->count && addr.p != NULL && i < 200; i++)
		if (mailaddr_eq(t->recipients[i].address, addr))
			return &t->recipients[i];
	return NULL;
}

/* A diagnostic that only repeats what other fields say. */
static bool
says_little(struct text d)
{
	size_t	letters = 0;

	if (d.p == NULL)
		return true;
	for (size_t i = 0; i < d.n; i++)
		letters += ascii_isalpha((unsigned char)d.p[i]) || (unsigned char)d.p[i] >= 0x80;
	return letters < 3;
}

static void
add_dsn(struct reading *r, const struct dsn *d, const struct text_report *text)
{
	if (r->b->reporting_mta == NULL && d->reporting_mta.p != NULL)
		r->b->reporting_mta = dsn_mta(r->arena, d->reporting_mta);
	if (d->sender.p != NULL)
		r->dsn_sender = d->sender;
	problem(r, "too_many_recipients", d->too_many);
	r->expected = d->count;
	for (size_t i = 0; i < d->count; i++) {
		const struct dsn_recipient	*from = &d->recipients[i];
		const struct text_recipient	*words;
		struct text			 addr = from->final.p != NULL ? from->final : from->original;
		struct bounce_recipient		*to = add_recipient(r, addr);

		if (to == NULL)
			continue;
		to->original_address = from->original;
		to->action = from->action;
		if (from->diagnostic.p != NULL)
			to->diagnostic = dsn_one_line(r->arena, dsn_untyped(from->diagnostic, NULL), DIAGNOSTIC_MAX);
		if (from->remote_mta.p != NULL)
			to->mta = dsn_mta(r->arena, from->remote_mta);
		words = text_of_recipient(text, addr);
		if (words == NULL && from->original.p != NULL)
			words = text_of_recipient(text, from->original);
		if (words == NULL && d->count == 1 && text->count == 1)
			words = &text->recipients[0];
		/* Domino folds in the middle of words; its text does not */
		if (from->action >= DSN_DELIVERED)
			words = NULL;				/* nothing went wrong: no cause to look for */
		else if (says_little(to->diagnostic) || (text_istarts(from->diagnostic, "X-Notes") && words != NULL &&
		    words->diagnostic.p != NULL)) {
			if (words != NULL && words->diagnostic.p != NULL)
				to->diagnostic = words->diagnostic;
			else if (d->count == 1 && text->answer.p != NULL && !says_little(text->answer))
				to->diagnostic = text->answer;
			if (to->diagnostic.p == NULL && words != NULL)
				to->hint = words->lead;
		}
		if (to->mta == NULL && words != NULL && words->mta != NULL && (words->answered ||
		    to->diagnostic.p == words->diagnostic.p))
			to->mta = words->mta;
		set_codes(r, to, from->status);
		if (to->action == DSN_NONE)
			to->action = to->status == NULL ? action_of_words(r) : to->status[0] == '2' ? DSN_DELIVERED :
			    to->status[0] == '4' ? action_of_words(r) : DSN_FAILED;
	}
}

static void
add_text(struct reading *r, const struct text_report *text)
{
	enum dsn_action	action = action_of_words(r);
	bool		answered = false;	/* else one answer stands for all */

	for (size_t i = 0; i < text->count; i++)
		answered = answered || text->recipients[i].answered;
	if (r->b->reporting_mta == NULL)
		r->b->reporting_mta = text->reporting_mta;
	problem(r, "too_many_recipients", text->too_many);
	r->expected = text->count;
	for (size_t i = 0; i < text->count; i++) {
		const struct text_recipient	*from = &text->recipients[i];
		struct bounce_recipient		*to = add_recipient(r, from->address);

		if (to == NULL)
			continue;
		to->original_address = from->original;
		to->action = action;
		to->diagnostic = from->diagnostic;
		if (action == DSN_DELAYED && from->answered && answer_code(from->diagnostic) >= 500 &&
		    !phrase_in(r->data->words.delayed_texts, r->words))
			to->action = DSN_FAILED;
		to->mta = from->mta;
		if (!answered && text->answer.p != NULL) {
			to->diagnostic = text->answer;
			if (to->mta == NULL)
				to->mta = text->mta;
		}
		if (!from->answered)
			to->hint = from->lead.n > 0 && (from->diagnostic.p == NULL ||
			    phrase_in(r->data->words.failed_texts, phrase_text(r->arena, from->lead, 800))) ?
			    from->lead : text_of(r->subject);
		set_codes(r, to, (struct text){ NULL, 0 });
	}
	if (r->b->count == 0 && (text->answer.p != NULL || answer_status(r->arena, text->words) != NULL)) {
		struct bounce_recipient	*to = add_recipient(r, (struct text){ NULL, 0 });

		to->action = action;
		to->diagnostic = text->answer.p != NULL ? text->answer : text->words;
		to->mta = text->mta;
		set_codes(r, to, (struct text){ NULL, 0 });
		problem(r, "no_recipient", true);
	}
}

/* --- the returned message ---------------------------------------------------------------------------- */

/* A return path that names the recipient or a message (VERP, SRS, BATV): not
 * who a person would call the sender. */
static bool
is_machine_address(struct text addr)
{
	struct text	local = mailaddr_local(addr);

	return memchr(local.p, '=', local.n) != NULL || text_istarts(local, "bounce") ||
	    local.n > 48;
}

static void
read_original(struct reading *r)
{
	const struct mime	*m = r->mime;
	struct mime_part	 head = { .head = r->original };
	struct text		 v, addr;

	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part	*p = &m->parts[i];

		if (!is_outer(m, i) || !is_returned(p->type) || p->encoding == MIME_UNKNOWN)
			continue;
		/* the message inside is the next part, unless it was encoded or too deep */
		if (i + 1 < m->count && m->parts[i + 1].parent == i)
			head.head = m->parts[i + 1].head;
		else
			head.head = mime_decode(r->arena, p, MIME_HEAD_MAX, NULL);
		break;
	}
	/* words may stand before its header ("--- Below this line is a copy of the message.") */
	v = mime_value(r->arena, &head, "Message-ID");
	if (v.p != NULL && v.n > 0) {
		const char	*end = memchr(v.p, '>', v.n);

		if (v.p[0] == '<' && end != NULL)
			v.n = (size_t)(end - v.p) + 1;
		r->b->original_message_id = v;
	}
	if (r->b->original_message_id.p == NULL) {
		v = mime_value(r->arena, &m->parts[0], "In-Reply-To");
		if (v.p == NULL)
			v = mime_value(r->arena, &m->parts[0], "References");
		if (v.n > 2 && v.p[0] == '<') {
			const char	*end = memchr(v.p, '>', v.n);

			if (end != NULL)
				r->b->original_message_id = text_head(v, (size_t)(end - v.p) + 1);
		}
	}
	if (r->dsn_sender.p != NULL && !is_machine_address(r->dsn_sender))
		r->b->original_sender = r->dsn_sender;
	for (int i = 0; i < 3 && r->b->original_sender.p == NULL; i++) {
		static const char *const	names[] = { "Return-Path", "From", "Sender" };

		v = mime_value(r->arena, &head, names[i]);
		if (v.p != NULL && mailaddr_field(v, &addr) && (i > 0 || !is_machine_address(addr)))
			r->b->original_sender = addr;
	}
	if (r->b->original_sender.p == NULL)
		r->b->original_sender = r->dsn_sender;
	/* a report goes to the sender; forwarded by a person it does not */
	if (r->b->original_sender.p == NULL && r->to.n > 0 && r->daemon)
		r->b->original_sender = r->to;
}

/* --- complaints -------------------------------------------------------------------------------------- */

static void
read_feedback(struct reading *r, size_t part)
{
	/* some put the fields into the words for people */
	const struct arf	*f = arf_parse(r->arena, part == MIME_NONE ? r->people :
				    part_text(r, &r->mime->parts[part], 64 * 1024));

	r->b->kind = BOUNCE_FEEDBACK;
	r->b->has_feedback = true;
	r->b->feedback = (struct bounce_feedback){ f->type, f->source_ip, f->reported_domain };
	r->b->reporting_mta = f->reporting_mta;
	r->dsn_sender = f->mail_from;
	read_original(r);
}

/* Microsoft's complaints (JMRP) are no RFC 5965 reports: "complaint about
 * message from 203.0.113.10" with the message attached. */
static bool
read_jmrp(struct reading *r)
{
	const char	*at = strstr(r->subject, "complaint about message from ");
	struct ip	 ip;
	size_t		 n = 0;

	if (at == NULL)
		return false;
	at += strlen("complaint about message from ");
	while (at[n] != '\0' && at[n] != ' ')
		n++;
	r->b->kind = BOUNCE_FEEDBACK;
	r->b->has_feedback = true;
	r->b->feedback.type = "abuse";
	if (ip_parse((struct text){ at, n }, &ip))
		r->b->feedback.source_ip = ip_str(r->arena, ip);
	read_original(r);
	return true;
}

/* --- together ------------------------------------------------------------------------------------------ */

static enum bounce_kind
kind_of_recipients(const struct bounce *b)
{
	enum bounce_kind	kind = BOUNCE_DELIVERED;

	for (size_t i = 0; i < b->count; i++) {
		if (b->recipients[i].action == DSN_FAILED)
			return BOUNCE_FAILED;
		if (b->recipients[i].action == DSN_DELAYED)
			kind = BOUNCE_DELAYED;
	}
	return kind;
}

/* Reports of all kinds that name recipients; false = this is none. */
static bool
read_report(struct reading *r)
{
	struct text_context	 c = { &r->data->words, r->from, r->to, r->failed, r->failed_count };
	const struct mime	*m = r->mime;
	const struct text_report *text;
	const struct dsn	*in_words;
	bool			 status = false;
	enum verdict		 verdict = SAYS_NOTHING;

	for (size_t i = 0; i < m->count; i++)
		status = status || (is_outer(m, i) && is_status(m->parts[i].type));
	in_words = dsn_parse(r->arena, r->people);
	if (!status) {
		verdict = verdict_of(r);
		if (verdict == SAYS_AUTO_REPLY && in_words->count == 0 && (m->parts[0].report_type == NULL ||
		    strcmp(m->parts[0].report_type, "delivery-status") != 0)) {
			r->b->kind = BOUNCE_AUTO_REPLY;
			return true;
		}
		if (verdict != SAYS_REPORT && in_words->count == 0 && (m->parts[0].report_type == NULL ||
		    strcmp(m->parts[0].report_type, "delivery-status") != 0))
			return false;
	}
	text = bounce_text_read(r->arena, &c, r->people);
	for (size_t i = 0; i < m->count; i++)
		if (is_outer(m, i) && is_status(m->parts[i].type))
			add_dsn(r, dsn_parse(r->arena, part_text(r, &m->parts[i], FIELDS_MAX)), text);
	if (r->b->count == 0)
		add_dsn(r, in_words, text);
	if (r->b->count == 0)
		add_text(r, text);
	if (r->b->reporting_mta == NULL)
		r->b->reporting_mta = text->reporting_mta;
	for (size_t i = 0; i < r->b->count; i++) {
		bounce_classify(r->classes, r->b->reporting_mta, &r->b->recipients[i]);
		problem(r, "resolver_refused", r->b->recipients[i].resolver_refused);
	}
	r->b->kind = r->b->count > 0 ? kind_of_recipients(r->b) :
	    action_of_words(r) == DSN_DELAYED ? BOUNCE_DELAYED :
	    action_of_words(r) == DSN_DELIVERED ? BOUNCE_DELIVERED : BOUNCE_FAILED;
	problem(r, "no_recipient", r->b->count == 0);
	read_original(r);
	return true;
}

static struct bounce	*read_message(struct arena *, const struct data *, struct text, unsigned depth);

/* A report that somebody forwarded as an attachment. */
static struct bounce *
read_forwarded(struct reading *r, unsigned depth)
{
	const struct mime	*m = r->mime;

	for (size_t i = 0; i < m->count && depth < NESTED_MAX; i++) {
		const struct mime_part	*p = &m->parts[i];
		struct bounce		*b;
		struct text		 t;

		if (!is_outer(m, i) || strcmp(p->type, "message/rfc822") != 0)
			continue;
		if (p->encoding == MIME_IDENTITY && i + 1 < m->count && m->parts[i + 1].parent == i)
			t = (struct text){ m->parts[i + 1].head.p, p->body.n };
		else
			t = mime_decode(r->arena, p, FIELDS_MAX, NULL);
		b = read_message(r->arena, r->data, t, depth + 1);
		if (b->kind != BOUNCE_NONE && b->kind != BOUNCE_AUTO_REPLY)
			return b;
		break;
	}
	return NULL;
}

static struct bounce *
read_message(struct arena *a, const struct data *d, struct text message, unsigned depth)
{
	struct bounce	*b = arena_zalloc(a, sizeof(*b)), *inner;
	struct reading	*r = arena_zalloc(a, sizeof(*r));
	size_t		 part;

	b->problems = problems_in(a);
	r->arena = a;
	r->data = d;
	r->b = b;
	r->mime = mime_parse(a, message);
	r->classes = bounce_classes_new(a, d);
	r->seen = map_new(a);
	problem(r, "too_many_parts", r->mime->too_many);
	problem(r, "too_deep", r->mime->too_deep);
	problem(r, "header_cut", r->mime->head_cut);
	read_head(r);
	read_people(r);
	r->daemon = is_daemon(r);
	part = find_part(r->mime, is_feedback);
	if (part != MIME_NONE || (r->mime->parts[0].report_type != NULL &&
	    strcmp(r->mime->parts[0].report_type, "feedback-report") == 0)) {
		read_feedback(r, part);
		return b;
	}
	if (find_part(r->mime, is_disposition) != MIME_NONE && find_part(r->mime, is_status) == MIME_NONE)
		return b;					/* a receipt, RFC 8098: no delivery report */
	if (read_jmrp(r))
		return b;
	if (read_report(r)) {
		if (b->kind != BOUNCE_AUTO_REPLY)
			return b;
	}
	inner = read_forwarded(r, depth);
	return inner != NULL ? inner : b;
}

struct bounce *
bounce_read(struct arena *a, const struct data *d, struct text message)
{
	return read_message(a, d, message, 0);
}

const char *
bounce_kind_word(enum bounce_kind k)
{
	static const char *const	words[] =
	    { "not_a_bounce", "bounce", "delayed", "delivered", "feedback_report", "auto_reply" };

	return words[k];
}
