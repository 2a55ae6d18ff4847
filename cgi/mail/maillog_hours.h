#ifndef MAIL_MAILLOG_HOURS_H
#define MAIL_MAILLOG_HOURS_H

/*
 * A piece of a mail log as hourly counts: who sent how much, was refused, was cut by a limit; and from which
 * networks an account logged in.  Lines stand for themselves, so the counts of two pieces add up to those of
 * the whole, and memory is bounded whatever is in them.  Two things look back a little way: a message that was
 * let in and then refused by its queue id was not sent, and is its account's although the line does not say so; and what
 * is kept here and sent on came in once.
 */

#include "mail/maillog.h"

enum maillog_who {
	MAILLOG_SERVER,		/* all of it; no name */
	MAILLOG_MAILBOX,	/* who logged in to send */
	MAILLOG_DOMAIN,		/* of the login, or of what a program gives as its sender */
	MAILLOG_USER,		/* of the system, whose program gave us a message: a name, or a number */
	MAILLOG_FILE,		/* a script; Exim tells its folder */
	MAILLOG_CLAIMED,	/* a sender that did not log in and was cut by a limit */
	MAILLOG_RECEIVED,	/* a domain, of what came in for its addresses */
	MAILLOG_FORWARD,	/* an address and the domain elsewhere that its mail was sent on to, a blank between;
				 * "@domain" where only the rewritten sender (SRS) tells of it; rejected: by the other end */
	MAILLOG_WHOS
};

const char	*maillog_who_word(enum maillog_who);	/* "server", "mailbox", "domain", "user", "script", "sender", "received",
							 * "forward" */
bool		 maillog_who_parse(const char *, enum maillog_who *ret);

struct maillog_hour {
	enum maillog_who	 who;
	const char		*name;		/* lower case but for scripts; any bytes but NUL */
	int64_t			 hour;		/* Unix seconds at its beginning */
	int64_t			 messages, rejected, limited, failed;	/* failed: log-ins */
};

struct maillog_login {
	const char		*account;
	int64_t			 network;	/* a number, see below */
	int64_t			 hour, count;
};

/* An IPv4 /16 or IPv6 /32 as a number, small at rest; as a person knows it: "192.0.0.0/16", "2001:db8::/32". */
int64_t		 maillog_network(struct ip);
const char	*maillog_network_text(struct arena *, int64_t);

#define MAILLOG_DAYS		30	/* older lines are not counted */
#define MAILLOG_HOURS_MAX	100000	/* rows of each kind; what comes then is left out */
#define MAILLOG_NAME_MAX	300	/* bytes */
#define MAILLOG_LOCALHOST	"localhost"	/* as a user: by SMTP from this machine, without a login */

struct maillog_hours;

/* zone_s: east of UTC, for lines that name none. */
struct maillog_hours	*maillog_hours_new(struct arena *, int64_t now, int64_t zone_s);
/* A line of a log, or an entry of the journal (it begins with '{'). */
void			 maillog_hours_add(struct maillog_hours *, struct text line);

size_t			 maillog_hours_count(const struct maillog_hours *);
const struct maillog_hour *maillog_hours_at(const struct maillog_hours *, size_t i);
size_t			 maillog_logins_count(const struct maillog_hours *);
const struct maillog_login *maillog_logins_at(const struct maillog_hours *, size_t i);

/* Of the lines read so far: their number, the first and last time (-1 = none), and whether rows were left out. */
struct maillog_span { size_t lines; int64_t since, until; bool more; };
struct maillog_span	 maillog_hours_span(const struct maillog_hours *);

#endif
