#include <string.h>

#include "mail/maillog.h"

bool
maillog_is_outside(struct ip ip)
{
	return ip.family != 0 && !ip_is_private(ip) && !(ip.family == 4 && ip.b[0] == 127);
}

/*
 * Words of policy servers, milters and panels when a sender has sent his share.  Addresses stand in front,
 * in brackets, and say what their owner likes.
 */
static bool
is_limit(struct text reason)
{
	static const char *const words[] = {
		"rate limit", "ratelimit", "limit reached", "limit exceeded", "limit is exceeded",
		"limits exceeded", "sending limit", "outgoing limit", "exceeded the max", "too many messages",
	};
	const char *end = reason.n == 0 ? NULL : memrchr(reason.p, '>', reason.n);
	size_t at;

	if (end != NULL)
		reason = text_skip(reason, (size_t)(end - reason.p));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_ifind(reason, (struct text){ words[i], strlen(words[i]) }, &at))
			return true;
	return false;
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
	/* A stranger that is slowed down is no sender of ours. */
	if (l->event != MAILLOG_REJECTED || !is_limit(l->reason) ||
	    (l->account.p == NULL && maillog_is_outside(l->client)))
		return none;
	return l->account.p != NULL ? l->account : l->sender;
}
