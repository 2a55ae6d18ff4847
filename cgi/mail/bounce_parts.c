#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "mail/arf.h"
#include "mail/bounce_reading.h"
#include "mail/html.h"
#include "mail/mailaddr.h"
#include "mail/mime_decode.h"

#define TEXT_MAX	(256 * 1024)		/* of the words for people */

/* --- parts ---------------------------------------------------------------------------------------- */

bool
bounce_is_status(const char *type)
{
	return strcmp(type, "message/delivery-status") == 0 ||
	    strcmp(type, "message/global-delivery-status") == 0;
}

static bool
is_returned(const char *type)
{
	return text_starts(text_of(type), "message/rfc822") || strcmp(type, "message/global") == 0 ||
	    strcmp(type, "message/global-headers") == 0 || strcmp(type, "text/rfc822-headers") == 0 || strcmp(type, "text/rfc822-header") == 0 ||
	    strcmp(type, "message/partial") == 0 || strcmp(type, "message/external-body") == 0;
}

/* Not inside a returned message. */
bool
bounce_is_outer(const struct mime *m, size_t i)
{
	for (size_t p = m->parts[i].parent; p != MIME_NONE; p = m->parts[p].parent)
		if (is_returned(m->parts[p].type))
			return false;
	return true;
}

void
bounce_problem(struct reading *r, const char *code, bool is)
{
	if (is)
		(void)problem_add(&r->b->problems, PROBLEM_INFO, code, NULL);
}

struct text
bounce_part_text(struct reading *r, const struct mime_part *p, size_t max)
{
	bool		cut;
	struct text	t = mime_decode_text(r->arena, p, max, &cut);

	bounce_problem(r, "text_cut", cut);
	return t;
}

size_t
bounce_find_part(const struct mime *m, bool (*is)(const char *type))
{
	for (size_t i = 0; i < m->count; i++)
		if (bounce_is_outer(m, i) && is(m->parts[i].type))
			return i;
	return MIME_NONE;
}

bool
bounce_is_feedback(const char *type)
{
	return strcmp(type, "message/feedback-report") == 0;
}

bool
bounce_is_disposition(const char *type)
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
void
bounce_read_people(struct reading *r)
{
	const struct mime	*m = r->mime;
	struct str		 s = str_in(r->arena, TEXT_MAX);
	struct text		 behind;

	for (int html = 0; html < 2 && s.n == 0; html++)
		for (size_t i = 0; i < m->count && s.n < TEXT_MAX; i++) {
			const struct mime_part	*p = &m->parts[i];
			struct text		 t;

			if (!bounce_is_outer(m, i) || strcmp(p->type, html ? "text/html" : "text/plain") != 0)
				continue;
			if (p->attachment && i > 0)
				continue;
			t = bounce_part_text(r, p, TEXT_MAX);
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

void
bounce_read_head(struct reading *r)
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
	while (rest.p != NULL && r->failed_count < BOUNCE_FAILED_MAX &&
	    mailaddr_next(&rest, &r->failed[r->failed_count]))
		r->failed_count++;
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

void
bounce_read_original(struct reading *r)
{
	const struct mime	*m = r->mime;
	struct mime_part	 head = { .head = r->original };
	struct text		 v, addr;

	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part	*p = &m->parts[i];

		if (!bounce_is_outer(m, i) || !is_returned(p->type) || p->encoding == MIME_UNKNOWN)
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

void
bounce_read_feedback(struct reading *r, size_t part)
{
	/* some put the fields into the words for people */
	const struct arf	*f = arf_parse(r->arena, part == MIME_NONE ? r->people :
				    bounce_part_text(r, &r->mime->parts[part], 64 * 1024));

	r->b->kind = BOUNCE_FEEDBACK;
	r->b->has_feedback = true;
	r->b->feedback = (struct bounce_feedback){ f->type, f->source_ip, f->reported_domain };
	r->b->reporting_mta = f->reporting_mta;
	r->dsn_sender = f->mail_from;
	bounce_read_original(r);
}

/* Microsoft's complaints (JMRP) are no RFC 5965 reports: "complaint about
 * message from 203.0.113.10" with the message attached. */
bool
bounce_read_jmrp(struct reading *r)
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
	bounce_read_original(r);
	return true;
}
