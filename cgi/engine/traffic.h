#ifndef ENGINE_TRAFFIC_H
#define ENGINE_TRAFFIC_H

/*
 * Who sends how much: the mail log is read on from where the last reading ended,
 * its hourly counts go into the store (30 days of them), and what limits are
 * measured by is made of them.  The keeper does it every hour; on the command
 * line it is done when somebody asks.
 */

#include "engine/engine.h"
#include "evidence/evidence.h"

#define TRAFFIC_DAYS	30

/*
 * Read what came since, for about so many milliseconds; *more (NULL allowed): there is more to read.  Somebody
 * else reading at this moment is no error.  ERR_UNSUPPORTED: no log can be read from here.
 */
bool		 engine_traffic_read(struct engine *, uint32_t time_ms, bool *more, struct err *);

/* Make mail_use anew where that is needed; `changed`: something was counted since. */
bool		 traffic_use_keep(struct engine *, int64_t now, bool changed, struct err *);

/* What is older than TRAFFIC_DAYS is forgotten. */
bool		 engine_traffic_purge(struct engine *, int64_t now, struct err *);

/* The fact mail_use (evidence/mail_use.h) as it was last kept, with no reference counted yet; NULL = there is none.
 * Engine thread. */
struct fact	*traffic_fact(struct engine *, int64_t now);

/*
 * The answer of `senders`: {"since","until","lines","lost_at","days","by","name","total":{"messages","rejected",
 * "limited","failed_logins"},"hours":[{"hour","messages","rejected","limited"}],
 * "senders":[{"by","name","domain","subscription","owner","messages","rejected","limited","hours","busiest",
 * "busiest_at","networks","last"}],"networks":[{"network","logins","first","last"}],"use":{"mailbox":{"names",
 * "hours","messages","busiest","busiest_name","busiest_at","p50","p95","p99"},...},"signs":["burst"|"networks"|
 * "limited"],"burst":{"since","until","messages"}|null}.
 * Times are texts or null; hours in which nothing was sent are left out; failed_logins and use are the
 * administrator's (else null); signs (of abuse) and burst are of one sender (`name`); networks those of one mailbox (`name`), else [].  Everybody but an
 * administrator sees his own domains' alone, and every number counts those alone.
 */
struct senders_query {
	const char	*by;		/* mailbox (NULL), domain, subscription, user, script */
	const char	*name;		/* one of them, or NULL */
	int64_t		 days;		/* 0 = TRAFFIC_DAYS */
};

#define SENDERS_SHOWN	200

/*
 * How much of what comes in is sent on to other providers, by the mail log: {"since","until","lost_at","days",
 * "domains":[{"domain","received","forwarded","share"}],"forwards":[{"address","to","provider","domain","messages",
 * "rejected","last"}]}.  received counts recipients; share in percent, null where nothing was received; provider is an
 * id or null; address "@domain": only the rewritten sender tells of it; rejected: refused by the other end.
 */
struct json	*engine_forwarded(struct engine *, struct arena *, const struct rights *, struct err *);

struct json	*engine_who_sends(struct engine *, struct arena *, const struct rights *, const struct senders_query *,
		    struct err *);

#endif
