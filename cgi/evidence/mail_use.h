#ifndef EVIDENCE_MAIL_USE_H
#define EVIDENCE_MAIL_USE_H

/*
 * How much was really sent in an hour, over the last 30 days: what a limit is
 * measured by.  The fact `mail_use` is kept by the engine from the mail log:
 *
 *	{"since":UNIX,"until":UNIX,"at":UNIX,"lost":bool,"more":bool,
 *	 "levels":{"mailbox"|"domain"|"subscription":{"names":n,
 *	           "hours":[[messages,how many hours had so many],...],
 *	           "busiest":{"name","at":UNIX}|null}},
 *	 "limited":[{"who","account":bool,"count","at":UNIX}],
 *	 "accounts":[{"account","messages","networks","networks_at":UNIX}]}
 *
 * hours: each hour of each mailbox (domain, subscription) in which it sent something; fewest first.
 * limited: cut by a limit in the last day; accounts: that logged in from MAIL_USE_NETWORKS_MIN networks or
 * more within an hour of the last day.  Both as in mail_traffic, which sees only the end of the log.
 */

#include "base/json.h"

/* What limits count by. */
#define MAIL_USE_LEVELS	3
extern const char *const mail_use_levels[MAIL_USE_LEVELS];	/* "mailbox", "domain", "subscription" */

struct mail_use_level {
	int64_t		 names, hours, messages;
	int64_t		 busiest, p50, p95, p99;	/* messages; percentiles of the hours, nearest rank */
	const char	*busiest_name;			/* or NULL */
	int64_t		 busiest_at;
};

/* false: nothing was sent, or it is not known. */
bool	mail_use_level(const struct json *use, const char *level, struct mail_use_level *ret);

/* What a limit of so many an hour would have refused: messages, in how many hours. */
void	mail_use_stopped(const struct json *use, const char *level, int64_t limit, int64_t *messages, int64_t *hours);

#define MAIL_USE_NETWORKS_MIN	5
#define MAIL_USE_MESSAGES_MIN	50	/* fewer say nothing about a limit */
#define MAIL_USE_TOO_HIGH	10	/* times the busiest hour */

/* A limit of so many is far above what was ever sent. */
bool	mail_use_too_high(const struct json *use, size_t level, int64_t limit);

/*
 * A limit with headroom: twice the busiest hour.  Hours that stand far out were hardly a person's and are left
 * aside: more than a hundred messages, and more than five times what 95 of 100 hours had.  At least what one person
 * (a small office, a customer) needs, but never so much that it would be called too high at once.  While little was
 * sent, or it is not known: a usual number.
 */
int64_t	mail_use_propose(const struct json *use, size_t level);

/* The same, but `limit`, which stands there (0 or less: nothing of use), stays where it fits what was sent. */
int64_t	mail_use_keep(const struct json *use, size_t level, int64_t limit);

/* cPanel counts messages of a domain alone, a policy server of Postfix those of who logs in. */
bool	mail_use_has_limit(const char *panel_kind, size_t level);

#endif
