#include <string.h>

#include "mail/maillog.h"

bool
maillog_is_outside(struct ip ip)
{
	return ip.family != 0 && !ip_is_private(ip) && !(ip.family == 4 && ip.b[0] == 127);
}

/* Addresses stand in front, in brackets, and say what their owner likes. */
static struct text
own_words(struct text reason)
{
	const char *end = reason.n == 0 ? NULL : memrchr(reason.p, '>', reason.n);

	return end == NULL ? reason : text_skip(reason, (size_t)(end - reason.p));
}

/* Words of policy servers, milters and panels when a sender has sent his share. */
static bool
is_limit(struct text reason)
{
	static const char *const words[] = {
		"rate limit", "ratelimit", "limit reached", "limit exceeded", "limit is exceeded",
		"limits exceeded", "sending limit", "outgoing limit", "exceeded the max", "too many messages",
	};
	size_t at;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_ifind(reason, (struct text){ words[i], strlen(words[i]) }, &at))
			return true;
	return false;
}

/*
 * Plesk: "5.7.0 Your message could not be sent. The limit on the number of allowed outgoing messages was exceeded."
 * (support.plesk.com, "How outgoing messages limit works").  It is for its own senders alone, and the line does not
 * repeat who had logged in.
 */
static bool
is_plesk_limit(struct text reason)
{
	size_t at;

	return text_find(reason, TEXT("allowed outgoing messages was exceeded"), &at);
}

/* cPanel: "Domain cust.example has exceeded the max emails per hour (5/5 (100%)) allowed.  Message discarded." */
static struct text
limited_domain(const struct maillog_line *l)
{
	struct text t = l->reason, word;
	size_t at;

	if (!text_is(l->program, "exim") || !text_find(t, TEXT("Domain "), &at))
		return (struct text){ NULL, 0 };
	t = text_skip(t, at + 7);
	if (!text_split(&t, ' ', &word) || !text_starts(t, "has exceeded the max "))
		return (struct text){ NULL, 0 };
	return word;
}

struct text
maillog_limited(const struct maillog_line *l, bool *account)
{
	const struct text none = { NULL, 0 };

	*account = l->account.p != NULL;
	if (l->event == MAILLOG_DELIVERY) {
		*account = true;
		return text_is(l->status, "sent") ? none : limited_domain(l);
	}
	if (l->event != MAILLOG_REJECTED)
		return none;
	/* A stranger that is slowed down is no sender of ours. */
	if (!is_plesk_limit(own_words(l->reason)) && (!is_limit(own_words(l->reason)) ||
	    (l->account.p == NULL && maillog_is_outside(l->client))))
		return none;
	return l->account.p != NULL ? l->account : l->sender;
}
