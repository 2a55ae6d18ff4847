/* What Amazon SES tells in JSON: the shapes of its documentation, and texts that only look like them. */

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "tools/bounce_json.h"
#include "shipped.h"
#include "unit/test.h"

#define MAIL	"\"mail\":{\"source\":\"anna@cust.example\",\"sourceIp\":\"203.0.113.7\",\"destination\":[\"third@other.example\"]}"
#define TO_BOB	"{\"emailAddress\":\"bob@remote.example\"}"
#define BOUNCE(type, subtype, to) "{\"notificationType\":\"Bounce\",\"bounce\":{\"bounceType\":\"" type \
	"\",\"bounceSubType\":\"" subtype "\",\"bouncedRecipients\":[" to "]}," MAIL "}"
#define EVENT	"{\"eventType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Permanent\",\"bouncedRecipients\":[{\"emailAddress\":" \
	"\"Bob <bob@remote.example>\",\"status\":\"5.2.2\",\"diagnosticCode\":\"smtp; 552 5.2.2 mailbox full\"}]}," MAIL "}"
#define ENVELOPE(message) "{\"Type\":\"Notification\",\"TopicArn\":\"arn:aws:sns:x:1:t\",\"Message\":\"" message "\"}"
#define SHORT	"{\\\"notificationType\\\":\\\"Bounce\\\",\\\"bounce\\\":{\\\"bouncedRecipients\\\":[{\\\"emailAddress\\\":" \
	"\\\"bob@remote.example\\\",\\\"status\\\":\\\"5.1.1\\\"}]}}"

static const struct {
	const char	*name, *in;
	/* kind, then for each recipient: address action status code category */
	const char	*want;
} table[] = {
	{ "no answer, no subtype that says why", BOUNCE("Permanent", "General", TO_BOB), "bounce bob@remote.example failed - 0 unknown" },
	{ "the address does not exist",	BOUNCE("Permanent", "NoEmail", TO_BOB),	"bounce bob@remote.example failed - 0 user_unknown" },
	{ "mailbox full",		BOUNCE("Transient", "MailboxFull", TO_BOB), "bounce bob@remote.example failed - 0 mailbox_full" },
	{ "too large",			BOUNCE("Transient", "MessageTooLarge", TO_BOB), "bounce bob@remote.example failed - 0 too_large" },
	{ "content",			BOUNCE("Transient", "ContentRejected", TO_BOB), "bounce bob@remote.example failed - 0 content_spam" },
	{ "attachment",			BOUNCE("Transient", "AttachmentRejected", TO_BOB), "bounce bob@remote.example failed - 0 content_virus" },
	{ "the answer wins over the subtype", BOUNCE("Transient", "MailboxFull", "{\"emailAddress\":\"bob@remote.example\",\"diagnosticCode\":\"smtp; 550 5.1.1 user unknown\"}"), "bounce bob@remote.example failed 5.1.1 550 user_unknown" },
	{ "an action of its own",	BOUNCE("Transient", "General", "{\"emailAddress\":\"bob@remote.example\",\"action\":\"delayed\",\"status\":\"4.2.2\"}"), "delayed bob@remote.example delayed 4.2.2 0 mailbox_full" },
	{ "several, one twice",		BOUNCE("Permanent", "General", TO_BOB ",{\"emailAddress\":\"eve@remote.example\",\"status\":\"5.1.1\"}," TO_BOB), "bounce bob@remote.example failed - 0 unknown eve@remote.example failed 5.1.1 0 user_unknown" },
	{ "an event",			EVENT,					"bounce bob@remote.example failed 5.2.2 552 mailbox_full" },
	{ "an event of EventBridge",	"{\"source\":\"aws.ses\",\"detail\":" EVENT "}", "bounce bob@remote.example failed 5.2.2 552 mailbox_full" },
	{ "a byte order mark and blanks", "\xef\xbb\xbf\r\n " EVENT "\r\n",	"bounce bob@remote.example failed 5.2.2 552 mailbox_full" },
	{ "an envelope of SNS",		ENVELOPE(SHORT),			"bounce bob@remote.example failed 5.1.1 0 user_unknown" },
	{ "a mail of SNS with a footer", "From: AWS Notifications <no-reply@sns.amazonaws.com>\nTo: anna@cust.example\nSubject: AWS Notification Message\n\n" EVENT "\n\n--\nIf you wish to stop receiving notifications from this topic, write to x@y.example\n", "bounce bob@remote.example failed 5.2.2 552 mailbox_full" },
	{ "a mail with the envelope",	"From: no-reply@sns.amazonaws.com\nSubject: AWS Notification Message\n\n" ENVELOPE(SHORT) "\n", "bounce bob@remote.example failed 5.1.1 0 user_unknown" },
	{ "delivery",			"{\"notificationType\":\"Delivery\",\"delivery\":{\"recipients\":[\"bob@remote.example\"],\"smtpResponse\":\"250 2.6.0 Message received\",\"reportingMTA\":\"a8-70.smtp-out.amazonses.com\"}," MAIL "}", "delivered bob@remote.example delivered 2.6.0 250 unknown" },
	{ "delay",			"{\"eventType\":\"DeliveryDelay\",\"deliveryDelay\":{\"delayType\":\"MailboxFull\",\"delayedRecipients\":[{\"emailAddress\":\"bob@remote.example\"}]}," MAIL "}", "delayed bob@remote.example delayed - 0 mailbox_full" },
	{ "complaint",			"{\"notificationType\":\"Complaint\",\"complaint\":{\"complainedRecipients\":[" TO_BOB "],\"complaintFeedbackType\":\"abuse\"}," MAIL "}", "feedback_report abuse 203.0.113.7 cust.example" },
	{ "a complaint without a type",	"{\"eventType\":\"Complaint\",\"complaint\":{\"complainedRecipients\":[" TO_BOB "]}}", "feedback_report other - -" },
	{ "recipients that are none",	BOUNCE("Permanent", "General", "7,null,[],{},{\"emailAddress\":9},{\"emailAddress\":\"nobody\"}"), "bounce no_recipient" },
	{ "fields of other types",	BOUNCE("Permanent", "General", "{\"emailAddress\":\"bob@remote.example\",\"status\":5,\"action\":[],\"diagnosticCode\":{}}"), "bounce bob@remote.example failed - 0 unknown" },
	{ "an address with a line end",	BOUNCE("Permanent", "NoEmail", "{\"emailAddress\":\"x\\r\\nbob@remote.example\"}"), "bounce bob@remote.example failed - 0 user_unknown" },
	/* not about delivery */
	{ "an opening",			"{\"eventType\":\"Open\",\"open\":{}," MAIL "}", "not_a_bounce" },
	{ "a topic that was set up",	"{\"notificationType\":\"AmazonSnsSubscriptionSucceeded\",\"message\":\"You have successfully subscribed\"}", "not_a_bounce" },
	{ "no object where one belongs", "{\"notificationType\":\"Bounce\",\"bounce\":[]}", "not_a_bounce" },
	{ "the type is no text",	"{\"notificationType\":[\"Bounce\"],\"bounce\":{}}", "not_a_bounce" },
	{ "an envelope around words",	ENVELOPE("hello"),			"not_a_bounce" },
	{ "an envelope in an envelope",	ENVELOPE("{\\\"TopicArn\\\":\\\"t\\\",\\\"Message\\\":\\\"{}\\\"}"), "not_a_bounce" },
	/* damaged: not searched for answers */
	{ "a duplicate key",		"{\"notificationType\":\"Bounce\",\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[" TO_BOB "]}}", "not_a_bounce json_unreadable" },
	{ "a duplicate key inside the envelope", ENVELOPE("{\\\"a\\\":1,\\\"a\\\":\\\"550 5.1.1 user unknown\\\"}"), "not_a_bounce json_unreadable" },
	{ "cut off",			"{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[{\"diagnosticCode\":\"550 5.1.1 <bob@remote.example> user unknown", "not_a_bounce json_unreadable" },
	{ "two objects",		EVENT "\n" EVENT,			"not_a_bounce json_unreadable" },
	{ "a NUL character",		"{\"notificationType\":\"Bounce\\u0000\"}",	"not_a_bounce json_unreadable" },
};

static const char *
summary(struct arena *a, const struct bounce *b)
{
	static const struct tool_words	 no_words = { NULL, "en" };
	const struct json		*o = bounce_json(a, b, &no_words), *f = json_get(o, "feedback");
	struct str			 s = str_in(a, 4096);

	str_add(&s, json_str(o, "kind"));
	if (json_is_object(f))
		str_addf(&s, " %s %s %s", json_str(f, "type"), json_str(f, "source_ip") == NULL ? "-" : json_str(f, "source_ip"),
		    json_str(f, "reported_domain") == NULL ? "-" : json_str(f, "reported_domain"));
	for (const struct json *r = json_first(json_get(o, "recipients")); r != NULL; r = json_next(r))
		str_addf(&s, " %s %s %s %d %s", json_str(r, "address"), json_str(r, "action"), json_str(r, "status") == NULL ? "-" :
		    json_str(r, "status"), (int)json_int(r, "smtp_code", 0), json_str(r, "category"));
	for (const struct json *p = json_first(json_get(o, "problems")); p != NULL; p = json_next(p))
		str_addf(&s, " %s", json_str(p, "code"));
	return text_cstr(a, str_text(&s));
}

/* Built up of pieces, too large to stand here. */
static void
test_hostile(struct arena *a, const struct data *d, const char *name, const char *before, const char *piece, size_t count,
    const char *after, const char *want)
{
	struct str	s = str_in(a, 64 << 20);
	struct arena	*out = arena_new();

	str_add(&s, before);
	for (size_t i = 0; i < count; i++)
		str_add(&s, piece);
	str_add(&s, after);
	CHECK_STR(name, summary(a, bounce_read(out, d, str_text(&s))), want);
	CHECK(name, arena_used(out) <= 16 * s.n + (1 << 20));
	arena_free(out);
}

int
main(void)
{
	struct arena		*a = arena_new();
	const struct data	*d = shipped_data(a);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		CHECK_STR(table[i].name, summary(a, bounce_read(a, d, text_of(table[i].in))), table[i].want);
	test_hostile(a, d, "10,000 deep", "{\"notificationType\":\"Bounce\",\"bounce\":", "{\"bounce\":", 10000, "1", "not_a_bounce json_unreadable");
	test_hostile(a, d, "100,000 brackets", "{\"Message\":", "[", 100000, "", "not_a_bounce json_unreadable");
	test_hostile(a, d, "10 MiB", "{\"notificationType\":\"Bounce\",\"x\":\"", "550 5.1.1 a@b.c ", 650000, "\"}", "not_a_bounce json_unreadable");
	test_hostile(a, d, "250,000 values", "{\"notificationType\":\"Open\",\"x\":[0", ",0", 250000, "]}", "not_a_bounce json_unreadable");
	test_hostile(a, d, "as many values as allowed", "{\"notificationType\":\"Open\",\"x\":[0", ",0", 3990, "]}", "not_a_bounce");
	test_hostile(a, d, "an envelope with a deep message", "{\"TopicArn\":\"t\",\"Message\":\"{\\\"a\\\":", "[", 100, "\"}", "not_a_bounce json_unreadable");
	arena_free(a);
	TEST_END();
}
