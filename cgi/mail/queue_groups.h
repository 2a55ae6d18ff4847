#ifndef MAIL_QUEUE_GROUPS_H
#define MAIL_QUEUE_GROUPS_H

/*
 * A mail queue by what its messages have in common: the script that sends them,
 * the authenticated account, the envelope sender, who is to receive them and why
 * they still wait.  Messages are rows of evidence/queue.h; senders chose most of
 * what stands in them.  Pure.
 *
 * Keys:
 *	script			as the header has it; "uid:N" where only the user is known
 *	account			the login
 *	sender			the envelope sender; "" = bounces
 *	recipient_provider	id of providers.yaml, else the recipient's domain
 *	reason			category of smtp_codes.yaml: blocked_ip_reputation, rate_limited, ...
 *
 * A message to several recipients is in several groups of the last two, once in
 * each.  A message without a script is in no group of scripts.
 */

#include "base/json.h"
#include "mail/data.h"

enum queue_by {
	QUEUE_BY_SCRIPT, QUEUE_BY_ACCOUNT, QUEUE_BY_SENDER, QUEUE_BY_PROVIDER, QUEUE_BY_REASON,
	QUEUE_BYS,
};

#define QUEUE_GROUPS_MAX	5000	/* of one kind; keys after that are not counted */

struct queue_group {
	enum queue_by		 by;
	const char		*key;
	size_t			 count;		/* messages */
	size_t			 of;		/* of so many, where this could be known */
	size_t			 unsubscribe, one_click;	/* that have List-Unsubscribe, -Post */
	size_t			 headers;	/* whose headers were read */
	const char		*sender_domain;	/* the one most of them claim, lower case; NULL = none */
	size_t			 sender_count;	/* so many do */
	const struct json	*sample;	/* the first of them */
};

struct queue_groups {
	struct queue_group	*v;		/* by kind, the largest first */
	size_t			 count;
	size_t			 messages;	/* rows */
	size_t			 headers;	/* rows whose headers were read */
	bool			 more;		/* there were too many keys */
};

/* `data` NULL: no providers and no reasons. */
struct queue_groups	*queue_group(struct arena *, const struct data *, const struct json *messages);

const char		*queue_by_word(enum queue_by);
/* "script:/var/www/x.php" */
bool			 queue_group_parse(const char *, enum queue_by *by, const char **key);

/* The group's members; asks like queue_group does. */
struct queue_reader;
struct queue_reader	*queue_reader_new(struct arena *, const struct data *);
bool			 queue_is_in(struct queue_reader *, const struct json *message, enum queue_by,
			    const char *key);

/* Category of one recipient's reason, "" where there is none; provider's id or domain. */
const char		*queue_reason(struct queue_reader *, const struct json *recipient);
const char		*queue_provider(struct queue_reader *, const struct json *recipient);
/* The reply code in it, "550 5.7.1", "" = none. */
const char		*queue_code(struct queue_reader *, const struct json *recipient);

#endif
