/*
 * Amazon SES tells its senders about bounces, complaints and deliveries in
 * JSON: as a notification ("notificationType") or an event ("eventType"), alone,
 * as the text "Message" of what Amazon SNS delivers, as the "detail" of an
 * EventBridge event, or as the body of a mail from SNS.  Written from Amazon's
 * pages "Amazon SNS notification contents for Amazon SES" and "Event data that
 * Amazon SES publishes".
 */

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "mail/bounce_reading.h"
#include "mail/mailaddr.h"

#define SES_JSON_MAX	(512 * 1024)	/* SNS carries 256 KiB, escaped once more */
#define SES_VALUES_MAX	4000		/* SES tells of 50 recipients and some header fields */

/* What a subtype says about the cause, in words of the code data; for recipients without an answer. */
static const struct {
	const char	*subtype, *words;
} hints[] = {
	{ "NoEmail",			"user unknown" },
	{ "MailboxFull",		"mailbox full" },
	{ "MessageTooLarge",		"message too large" },
	{ "ContentRejected",		"message rejected as spam" },
	{ "AttachmentRejected",		"attachment type not allowed" },
};

/* What a delay says (DeliveryDelay events). */
static const struct {
	const char	*type, *words;
} delays[] = {
	{ "MailboxFull",		"mailbox full" },
	{ "SpamDetected",		"message rejected as spam" },
	{ "IPFailure",			"ip address is blocked" },
	{ "RecipientServerError",	"internal server error" },
	{ "TransientCommunicationFailure", "connection timed out" },
};

static const struct {
	const char	*word;
	enum dsn_action	 action;
} actions[] = {
	{ "failed", DSN_FAILED }, { "delayed", DSN_DELAYED }, { "delivered", DSN_DELIVERED },
	{ "relayed", DSN_RELAYED }, { "expanded", DSN_EXPANDED },
};

static enum dsn_action
action_of(const char *word, enum dsn_action otherwise)
{
	for (size_t i = 0; word != NULL && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (text_iis(text_of(word), actions[i].word))
			return actions[i].action;
	return otherwise;
}

static struct text
hint_of(const struct json *what)
{
	const char	*subtype = json_str(what, "bounceSubType"), *delay = json_str(what, "delayType");

	for (size_t i = 0; subtype != NULL && i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(subtype, hints[i].subtype) == 0)
			return text_of(hints[i].words);
	for (size_t i = 0; delay != NULL && i < sizeof(delays) / sizeof(delays[0]); i++)
		if (strcmp(delay, delays[i].type) == 0)
			return text_of(delays[i].words);
	return (struct text){ NULL, 0 };
}

static const char *
mta_of(struct reading *r, const struct json *what)
{
	const char	*text = json_str(what, "remoteMtaIp");
	struct ip	 ip;

	return text != NULL && ip_parse(text_of(text), &ip) ? ip_str(r->arena, ip) : NULL;
}

/* One of bouncedRecipients or delayedRecipients, an object, or of recipients, a text. */
static void
read_recipient(struct reading *r, const struct json *what, const struct json *one, enum dsn_action action)
{
	const char		*name = json_is_str(one) ? json_value_str(one) : json_str(one, "emailAddress");
	const char		*answer = json_str(json_is_str(one) ? what : one,
				    json_is_str(one) ? "smtpResponse" : "diagnosticCode");
	const char		*status = json_str(one, "status");
	struct bounce_recipient	*to;
	struct text		 addr;

	if (name == NULL || !mailaddr_field(text_of(name), &addr) || (to = bounce_add_recipient(r, addr)) == NULL)
		return;
	to->action = action_of(json_str(one, "action"), action);
	if (answer != NULL && answer[0] != '\0')
		to->diagnostic = dsn_one_line(r->arena, dsn_untyped(text_of(answer), NULL), BOUNCE_DIAGNOSTIC_MAX);
	to->hint = hint_of(what);
	to->mta = mta_of(r, what);
	bounce_set_codes(r, to, status == NULL ? (struct text){ NULL, 0 } : text_of(status));
	bounce_classify(r->classes, r->b->reporting_mta, to);
	bounce_problem(r, "resolver_refused", to->resolver_refused);
}

static void
read_recipients(struct reading *r, const struct json *what, const char *list, enum dsn_action action)
{
	const char	*reporter = json_str(what, "reportingMTA");

	if (reporter != NULL)
		r->b->reporting_mta = dsn_mta(r->arena, text_of(reporter));
	r->expected = json_count(json_get(what, list));
	for (const struct json *one = json_first(json_get(what, list)); one != NULL; one = json_next(one))
		read_recipient(r, what, one, action);
	bounce_problem(r, "no_recipient", r->b->count == 0);
	r->b->kind = bounce_kind_of_recipients(r->b, action);
}

static void
read_complaint(struct reading *r, const struct json *what, const struct json *mail)
{
	static const char *const	types[] = { "abuse", "fraud", "virus", "auth-failure", "not-spam" };
	const char			*type = json_str(what, "complaintFeedbackType");
	const char			*source = json_str(mail, "sourceIp");
	struct text			 domain;
	struct ip			 ip;

	r->b->kind = BOUNCE_FEEDBACK;
	r->b->has_feedback = true;
	r->b->feedback.type = "other";			/* as where RFC 5965's field is missing */
	for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (text_iis(text_of(type), types[i]))
			r->b->feedback.type = types[i];
	/* who handed the message to SES: SES's own address is not told */
	if (source != NULL && ip_parse(text_of(source), &ip))
		r->b->feedback.source_ip = ip_str(r->arena, ip);
	if (r->b->original_sender.p == NULL)
		return;
	domain = mailaddr_domain(r->b->original_sender);
	r->b->feedback.reported_domain = domain.n == 0 ? NULL : text_cstr(r->arena, domain);
}

static void
read_mail(struct reading *r, const struct json *mail)
{
	const char	*source = json_str(mail, "source"), *id = json_str(json_get(mail, "commonHeaders"), "messageId");
	struct text	 addr;

	if (source != NULL && mailaddr_field(text_of(source), &addr))
		r->b->original_sender = addr;
	if (id != NULL && id[0] != '\0')
		r->b->original_message_id = text_of(id);
}

static const struct {
	const char	*type, *object, *list;		/* list NULL = a complaint */
	enum dsn_action	 action;
} kinds[] = {
	{ "Bounce",		"bounce",		"bouncedRecipients",	DSN_FAILED },
	{ "Complaint",		"complaint",		NULL,			DSN_NONE },
	{ "Delivery",		"delivery",		"recipients",		DSN_DELIVERED },
	{ "DeliveryDelay",	"deliveryDelay",	"delayedRecipients",	DSN_DELAYED },
};

/* False: not from SES.  What SES tells about openings and the like leaves `b` as it was. */
static bool
read_notification(struct reading *r, const struct json *v)
{
	const char	*type = json_str(v, "notificationType");

	if (type == NULL)
		type = json_str(v, "eventType");
	for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json	*what = json_get(v, kinds[i].object);

		if (strcmp(type, kinds[i].type) != 0 || !json_is_object(what))
			continue;
		read_mail(r, json_get(v, "mail"));
		if (kinds[i].list == NULL)
			read_complaint(r, what, json_get(v, "mail"));
		else
			read_recipients(r, what, kinds[i].list, kinds[i].action);
		break;
	}
	return type != NULL;
}

/* A mail from SNS has words behind the JSON, after a line "--". */
static struct text
without_footer(struct text t)
{
	struct text	rest = t, line;

	while (text_line(&rest, &line))
		if (text_is(text_trim(line), "--"))
			return text_trim((struct text){ t.p, (size_t)(line.p - t.p) });
	return t;
}

/* A value takes many times its two bytes in memory, so this is asked before it is made. */
static bool
is_small(struct text t)
{
	size_t	values = 1;

	for (size_t i = 0; t.n <= SES_JSON_MAX && i < t.n; i++)
		values += t.p[i] == ',' || t.p[i] == '[' || t.p[i] == '{';
	return t.n <= SES_JSON_MAX && values <= SES_VALUES_MAX;
}

enum ses_json
ses_json_read(struct reading *r, struct text t)
{
	const struct json	*v;
	const char		*inner;

	if (text_starts(t, "\xef\xbb\xbf"))
		t = text_skip(t, 3);
	t = text_trim(t);
	if (!text_starts(t, "{") || !text_starts(text_trim(text_skip(t, 1)), "\""))
		return SES_JSON_NONE;
	t = without_footer(t);
	if (!is_small(t) || (v = json_parse(r->arena, t, NULL)) == NULL)
		return SES_JSON_UNREADABLE;
	if (json_str(v, "TopicArn") != NULL && (inner = json_str(v, "Message")) != NULL) {
		/* once: nobody puts an envelope into an envelope */
		if (!text_starts(text_trim(text_of(inner)), "{"))
			return SES_JSON_NONE;
		if ((v = json_parse(r->arena, text_trim(text_of(inner)), NULL)) == NULL)
			return SES_JSON_UNREADABLE;
	} else if (json_is_object(json_get(v, "detail")))
		v = json_get(v, "detail");
	return read_notification(r, v) ? SES_JSON_READ : SES_JSON_NONE;
}
