#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/bounce_answer.h"
#include "mail/bounce_reading.h"
#include "mail/mailaddr.h"
#include "mail/message.h"
#include "mail/mime_decode.h"

#define NESTED_MAX	2			/* forwarded reports */
#define ATTACHED_MAX	10			/* parts that may be a delivery status under another type */

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

struct bounce_recipient *
bounce_add_recipient(struct reading *r, struct text addr)
{
	struct bounce	*b = r->b;

	if (addr.p != NULL) {
		const char	*key = seen_key(r, addr);

		if (map_get(r->seen, key) != NULL)
			return NULL;
		map_put(r->seen, key, r);
	}
	if (b->count == DSN_RECIPIENTS_MAX) {
		bounce_problem(r, "too_many_recipients", true);
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
void
bounce_set_codes(struct reading *r, struct bounce_recipient *to, struct text field)
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
	bounce_problem(r, "too_many_recipients", d->too_many);
	r->expected = d->count;
	for (size_t i = 0; i < d->count; i++) {
		const struct dsn_recipient	*from = &d->recipients[i];
		const struct text_recipient	*words;
		struct text			 addr = from->final.p != NULL ? from->final : from->original;
		struct bounce_recipient		*to = bounce_add_recipient(r, addr);

		if (to == NULL)
			continue;
		to->original_address = from->original;
		to->action = from->action;
		if (from->diagnostic.p != NULL)
			to->diagnostic = dsn_one_line(r->arena, dsn_untyped(from->diagnostic, NULL), BOUNCE_DIAGNOSTIC_MAX);
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
		bounce_set_codes(r, to, from->status);
		if (to->action == DSN_NONE)
			to->action = to->status == NULL ? bounce_action_of_words(r) : to->status[0] == '2' ? DSN_DELIVERED :
			    to->status[0] == '4' ? bounce_action_of_words(r) : DSN_FAILED;
	}
}

static void
add_text(struct reading *r, const struct text_report *text)
{
	enum dsn_action	action = bounce_action_of_words(r);
	bool		answered = false;	/* else one answer stands for all */

	for (size_t i = 0; i < text->count; i++)
		answered = answered || text->recipients[i].answered;
	if (r->b->reporting_mta == NULL)
		r->b->reporting_mta = text->reporting_mta;
	bounce_problem(r, "too_many_recipients", text->too_many);
	r->expected = text->count;
	for (size_t i = 0; i < text->count; i++) {
		const struct text_recipient	*from = &text->recipients[i];
		struct bounce_recipient		*to = bounce_add_recipient(r, from->address);

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
		bounce_set_codes(r, to, (struct text){ NULL, 0 });
	}
	if (r->b->count == 0 && (text->answer.p != NULL || answer_status(r->arena, text->words) != NULL)) {
		struct bounce_recipient	*to = bounce_add_recipient(r, (struct text){ NULL, 0 });

		to->action = action;
		to->diagnostic = text->answer.p != NULL ? text->answer : text->words;
		to->mta = text->mta;
		bounce_set_codes(r, to, (struct text){ NULL, 0 });
		bounce_problem(r, "no_recipient", true);
	}
}

/* --- together ------------------------------------------------------------------------------------------ */

enum bounce_kind
bounce_kind_of_recipients(const struct bounce *b, enum dsn_action nobody)
{
	enum bounce_kind	kind = BOUNCE_DELIVERED;

	if (b->count == 0)
		return nobody == DSN_DELAYED ? BOUNCE_DELAYED : nobody == DSN_DELIVERED ? BOUNCE_DELIVERED : BOUNCE_FAILED;
	for (size_t i = 0; i < b->count; i++) {
		if (b->recipients[i].action == DSN_FAILED)
			return BOUNCE_FAILED;
		if (b->recipients[i].action == DSN_DELAYED)
			kind = BOUNCE_DELAYED;
	}
	return kind;
}

/* A delivery status that says it is something else ("details.txt"); NULL = there is none. */
static const struct dsn *
mislabelled_status(struct reading *r)
{
	const struct mime	*m = r->mime;

	for (size_t i = 1; i < m->count && i <= ATTACHED_MAX; i++) {
		const struct mime_part	*p = &m->parts[i];
		const struct dsn	*d;

		if (!bounce_is_outer(m, i) || text_starts(text_of(p->type), "multipart/") ||
		    text_starts(text_of(p->type), "message/"))
			continue;
		d = dsn_parse(r->arena, bounce_part_text(r, p, BOUNCE_FIELDS_MAX));
		if (d->count > 0)
			return d;
	}
	return NULL;
}

/* Reports of all kinds that name recipients; false = this is none. */
static bool
read_report(struct reading *r)
{
	struct text_context	 c = { &r->data->words, r->from, r->to, r->failed, r->failed_count };
	const struct mime	*m = r->mime;
	const struct text_report *text;
	const struct dsn	*in_words, *attached;
	bool			 status = false;
	enum verdict		 verdict = SAYS_NOTHING;

	for (size_t i = 0; i < m->count; i++)
		status = status || (bounce_is_outer(m, i) && bounce_is_status(m->parts[i].type));
	in_words = dsn_parse(r->arena, r->people);
	if (!status) {
		verdict = bounce_verdict(r);
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
		if (bounce_is_outer(m, i) && bounce_is_status(m->parts[i].type))
			add_dsn(r, dsn_parse(r->arena, bounce_part_text(r, &m->parts[i], BOUNCE_FIELDS_MAX)), text);
	if (r->b->count == 0)
		add_dsn(r, in_words, text);
	if (r->b->count == 0 && (attached = mislabelled_status(r)) != NULL)
		add_dsn(r, attached, text);
	if (r->b->count == 0)
		add_text(r, text);
	if (r->b->reporting_mta == NULL)
		r->b->reporting_mta = text->reporting_mta;
	for (size_t i = 0; i < r->b->count; i++) {
		bounce_classify(r->classes, r->b->reporting_mta, &r->b->recipients[i]);
		bounce_problem(r, "resolver_refused", r->b->recipients[i].resolver_refused);
	}
	r->b->kind = bounce_kind_of_recipients(r->b, r->b->count > 0 ? DSN_NONE : bounce_action_of_words(r));
	bounce_problem(r, "no_recipient", r->b->count == 0);
	bounce_read_original(r);
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

		if (!bounce_is_outer(m, i) || strcmp(p->type, "message/rfc822") != 0)
			continue;
		if (p->encoding == MIME_IDENTITY && i + 1 < m->count && m->parts[i + 1].parent == i)
			t = (struct text){ m->parts[i + 1].head.p, p->body.n };
		else
			t = mime_decode(r->arena, p, BOUNCE_FIELDS_MAX, NULL);
		b = read_message(r->arena, r->data, t, depth + 1);
		if (b->kind != BOUNCE_NONE && b->kind != BOUNCE_AUTO_REPLY)
			return b;
		break;
	}
	return NULL;
}

/*
 * Amazon SES's JSON, alone or in a mail; false = go on.  What stands alone and
 * cannot be read is not searched for answers: its words may be about anything.
 */
static bool
read_json(struct reading *r, struct text t, bool alone)
{
	switch (ses_json_read(r, t)) {
	case SES_JSON_READ:
		return true;
	case SES_JSON_UNREADABLE:
		bounce_problem(r, "json_unreadable", alone);
		return alone;
	case SES_JSON_NONE:
		break;
	}
	return false;
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
	r->classes = bounce_classes_new(a, d);
	r->seen = map_new(a);
	if (message_is_outlook(message)) {
		bounce_problem(r, "outlook_msg", true);
		return b;
	}
	if (read_json(r, message, true))
		return b;
	r->mime = mime_parse(a, message);
	bounce_problem(r, "too_many_parts", r->mime->too_many);
	bounce_problem(r, "too_deep", r->mime->too_deep);
	bounce_problem(r, "header_cut", r->mime->head_cut);
	bounce_read_head(r);
	bounce_read_people(r);
	if (read_json(r, r->people, false))
		return b;
	r->daemon = bounce_is_daemon(r);
	part = bounce_find_part(r->mime, bounce_is_feedback);
	if (part != MIME_NONE || (r->mime->parts[0].report_type != NULL &&
	    strcmp(r->mime->parts[0].report_type, "feedback-report") == 0)) {
		bounce_read_feedback(r, part);
		return b;
	}
	if (bounce_find_part(r->mime, bounce_is_disposition) != MIME_NONE && bounce_find_part(r->mime, bounce_is_status) == MIME_NONE)
		return b;					/* a receipt, RFC 8098: no delivery report */
	if (bounce_read_jmrp(r))
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
