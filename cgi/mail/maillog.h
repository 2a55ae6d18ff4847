#ifndef MAIL_MAILLOG_H
#define MAIL_MAILLOG_H

/*
 * Lines of a mail log, of Postfix by syslog and of Exim's main log.  Anybody may
 * write part of a line (addresses, names of hosts, answers of servers): a line
 * that is none, or another's, says nothing and never loses the next.
 *
 *	2026-11-23T18:00:01.123456+00:00 host postfix/smtpd[123]: 4AB: client=h[192.0.2.1], sasl_username=u
 *	Nov 23 18:00:01 host postfix/submission/smtpd[123]: ...		no year, no zone: read as UTC
 *	2026-11-23 18:00:01 1tFxYz-0000Ab-1C <= info@cust.example H=h [192.0.2.1] A=dovecot_login:u S=900
 *	2026-11-23 18:00:01 cwd=/home/cust/public_html 3 args: /usr/sbin/sendmail -t -i
 *	Nov 23 18:00:01 host php: mail() on [/var/www/vhosts/cust.example/httpdocs/a.php:12]: To: ...
 */

#include "base/addr.h"
#include "base/json.h"

enum maillog_event {
	MAILLOG_OTHER,		/* well formed, of no interest here */
	MAILLOG_ACCEPTED,	/* a client gave us a message: account, client, id; Exim: sender, script */
	MAILLOG_LOCAL,		/* a program gave us one: uid or user, sender, id */
	MAILLOG_QUEUED,		/* sender, size, recipients: Postfix' queue manager, at every try */
	MAILLOG_DELIVERY,	/* one recipient: recipient, relay, status, dsn, reason */
	MAILLOG_REJECTED,	/* refused by us: reason, sender, recipient, account, client */
	MAILLOG_AUTH_FAILED,	/* client, account */
	MAILLOG_SCRIPT,		/* a script gives a program a message: script (a file, Exim: its folder) */
};

/* Texts point into the line; p NULL = not told. */
struct maillog_line {
	enum maillog_event	 event;
	int64_t			 at;		/* Unix seconds */
	bool			 zoneless;	/* the line names no zone: `at` is as if it were UTC */
	struct text		 program;	/* "smtpd", "submission/smtpd"; "exim" */
	struct text		 id;		/* queue id */
	struct text		 account, sender, recipient, relay, status, dsn, reason, user, script;
	struct text		 original;	/* whom a DELIVERY was for before an alias or a forward */
	bool			 elsewhere;	/* DELIVERY: over the network, to another server */
	int64_t			 uid;		/* -1 = not told */
	struct ip		 client;	/* family 0 = not told */
	bool			 again;		/* ACCEPTED: from a content filter, it was here before */
};

/* `now` gives the year where the line has none.  false = no line of a mail log. */
bool	maillog_read(struct text line, int64_t now, struct maillog_line *ret);

/*
 * The same of an entry of systemd's journal, as `journalctl -o json` shows it.  Texts live in the arena.
 * A message that is too long or binary is null or an array of bytes there (systemd.journal-fields(7)).
 */
bool	maillog_read_journal(struct arena *, struct text entry, struct maillog_line *ret);

/*
 * Cut by a sending limit: who it was that had sent his share, else empty.  *account: he had logged in (or it is
 * one of our domains, where Exim limits those), else it is only a claimed sender.
 */
struct text	 maillog_limited(const struct maillog_line *, bool *account);
/* Webmail and scripts log in from here. */
bool		 maillog_is_outside(struct ip);

/*
 * What a log says of who sends how much, in memory bounded whatever is in it.
 */
#define MAILLOG_WHO_MAX		20000	/* accounts and domains that are counted */
#define MAILLOG_NETWORKS_MAX	64	/* remembered of one account */

struct maillog_counts;

struct maillog_counts	*maillog_counts_new(struct arena *, int64_t now);
void	maillog_count(struct maillog_counts *, struct text line);

/*
 * {"since":UNIX|null,"until":UNIX|null,"lines":n,"more":bool,
 *  "accounts":[{"account","messages","busiest":n,"networks":n,"networks_at":UNIX|null}],
 *  "domains":[{"domain","messages","busiest"}],
 *  "limited":[{"who","account":bool,"count","at"}]}
 * busiest: messages of its busiest hour; networks: most different ones (/16, IPv6 /32) within
 * one hour, ours not counted; domains: of the logins, and of what programs give as their sender.
 * limited: cut by a sending limit; account: it had logged in, else it is only a claimed sender.
 */
struct json	*maillog_counts_json(struct maillog_counts *, struct arena *);

#endif
