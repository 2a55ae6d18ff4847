#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

/*
 * What is known, and how surely.
 *
 * Everything that decides (checks, fixes, tools, panel facts) is a function
 * over evidence and a straight line: it asks, and gives up when an answer is
 * not there.  The engine fetches what was asked for and runs the function
 * again from the top.  So nothing that decides waits, and every decision can
 * be replayed from a file.
 *
 * Within one run evidence does not change: what was answered once is answered
 * alike until the run ends.
 *
 * Two kinds of accessor:
 *   ev_x      required: NULL = cannot go on, return at once.  The run knows
 *             whether the answer is on its way or could not be had; the latter
 *             becomes `<check>.unknown` with the reason.
 *   ev_x_any  tolerant: a failure is a value; NULL only = on its way.
 */

#include "base/request.h"

struct evidence;
struct map;

/* Where answers come from: the engine's cache and net, a recording, a test. */
struct evidence_source {
	/* Carry this.  evidence_deliver follows, now or later. */
	void	(*fetch)(void *ctx, struct evidence *, const char *key, const struct request *);
	/* The panel's fact functions (panel/panel.h); NULL = no panel. */
	const struct panel *panel;
	const struct panel_params *panel_params;
	void	*ctx;
};

/* Why something could not be had. */
struct ev_failure {
	const char	*key;		/* which evidence */
	const char	*reason;	/* a stable word: dns_failure_word() or err_word() */
	const char	*detail;	/* one English line for support, or NULL */
};

struct evidence	*evidence_new(struct arena *, const struct evidence_source *, int64_t now);
struct arena	*evidence_arena(struct evidence *);
int64_t		 evidence_now(const struct evidence *);

/* --- asking ------------------------------------------------------------------------------------ */

/* The configured resolvers' answer. */
const struct dns_answer	*ev_dns(struct evidence *, struct name, enum rrtype);
const struct dns_answer	*ev_dns_any(struct evidence *, struct name, enum rrtype);
/* One server's own answer (no recursion). */
const struct dns_answer	*ev_dns_at(struct evidence *, struct endpoint, struct name, enum rrtype);

/* A mail server's greeting: the JSON of request.h.  NULL json with a reason. */
const struct json	*ev_smtp(struct evidence *, const struct request_smtp *);
const struct reply	*ev_smtp_any(struct evidence *, const struct request_smtp *);

/* A fact of the panel, by the rows of panel/panel.h; arg NULL or e.g. a domain. */
const struct json	*ev_fact(struct evidence *, const char *fact, const char *arg);
/* NULL with *why set = could not be had; NULL with *why NULL = on its way. */
const struct json	*ev_fact_any(struct evidence *, const char *fact, const char *arg,
			    const struct ev_failure **why);

/* A raw call, for panel adapters' facts (HTTP, helper verb).  Tolerant: read
 * reply->err.  MTA-STS uses it too. */
const struct reply	*ev_call(struct evidence *, const struct request *);

/* An accessor made of others (panel facts) ends with this when it cannot be had. */
void		 ev_fail(struct evidence *, const char *key, const char *reason,
		    const char *detail);

/* A dns_source over ev_dns_any, for mail/. */
struct dns_source ev_dns_source(struct evidence *);

/* --- one activation (engine, tests) ------------------------------------------------------------ */

/* Forget what the last activation touched. */
void		 evidence_begin(struct evidence *);
/* Wanted by this activation and not there. */
size_t		 evidence_waiting(const struct evidence *);
/* The first thing this activation required that could not be had, or NULL. */
const struct ev_failure	*evidence_failure(const struct evidence *);

/* Keys asked in this run (a guard: attackers write DNS records). */
size_t		 evidence_count(const struct evidence *);

/* An answer arrives; false when the key is unknown.  `owner` (may be NULL) is an arena kept for
 * as long as this evidence lives; the reply must live in it. */
bool		 evidence_deliver(struct evidence *, const char *key, const struct reply *,
		    struct arena *owner);

/* --- recordings -------------------------------------------------------------------------------- */

/*
 * {"schema":1,"now":UNIX,"answers":[{"key","request","reply"}...],"facts":[{"fact","arg","value"|"failed"}]}
 * Facts are kept as values, so a replay needs no panel.  Test cases of checks
 * and fixes have the same form, and may leave out "request" (see evidence/record.c).
 */
void		 evidence_record(const struct evidence *, struct json *into);
/* Evidence that answers from a recording alone; what is not in it fails with DNS_NOT_RECORDED. */
struct evidence	*evidence_replay(struct arena *, const struct json *recording, struct err *);

#endif
