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

/* Why something could not be had. */
struct ev_failure {
	const char	*key;		/* which evidence */
	const char	*reason;	/* a stable word: dns_failure_word() or err_word() */
	const char	*detail;	/* one English line for support, or NULL */
};

/* Where answers come from: the engine's cache and net, a recording, a test. */
struct evidence_source {
	/* Carry this.  evidence_deliver follows, now or later. */
	void	(*fetch)(void *ctx, struct evidence *, const char *key, const struct request *);
	/* A fact that another run has made and that still holds, or NULL; and the
	 * news of one just made (kept or not, as the source likes).  NULL = no such store. */
	struct fact *(*fact_get)(void *ctx, struct evidence *, const char *key);
	void	(*fact_made)(void *ctx, struct evidence *, const char *key, struct fact *,
		    uint32_t ttl_s);
	/* May this run make it?  false: another one is at it, and this one is run again when that has come to an
	 * end.  And why it could not be made.  NULL = nobody else asks. */
	bool	(*fact_claim)(void *ctx, struct evidence *, const char *key);
	void	(*fact_failed)(void *ctx, struct evidence *, const char *key, const struct ev_failure *);
	/* Since when a finding has stood, by the last report of its target; 0 = it did not.
	 * NULL = nothing is remembered. */
	int64_t	(*since)(void *ctx, const char *finding, const char *target);
	/* The panel's fact functions (panel/panel.h); NULL = no panel. */
	const struct panel *panel;
	const struct panel_params *panel_params;
	bool	 recorded_panel;	/* a replay: there was one */
	void	*ctx;
};

/*
 * A panel fact's value, in an arena of its own so that runs can share it.
 * `index` finds a member by name or, in an array, by its "ascii", "name",
 * "login" or "address" in constant time: 10,000 domains are a linked list to
 * cJSON.  Counted references; the last one frees.
 */
struct fact {
	struct arena		*arena;
	const struct json	*value;		/* NULL = it could not be had */
	struct ev_failure	 failure;
	struct map		*index;		/* made when first needed */
	bool			 joins;		/* points into others, which live on with it */
	bool			 shared;	/* of more than one thing */
	unsigned		 refs;
};

void	 fact_unref(void *fact);

struct evidence	*evidence_new(struct arena *, const struct evidence_source *, int64_t now);
struct arena	*evidence_arena(struct evidence *);
int64_t		 evidence_now(const struct evidence *);

/* --- asking ------------------------------------------------------------------------------------ */

/* The configured resolvers' answer. */
const struct dns_answer	*ev_dns(struct evidence *, struct name, enum rrtype);
const struct dns_answer	*ev_dns_any(struct evidence *, struct name, enum rrtype);
/* An answer got by a tolerant accessor is needed after all: false when it has failed. */
bool			 ev_need(struct evidence *, const struct dns_answer *);
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

/* One member of a fact by its key: *ret NULL = there is none.  Required: false = cannot go on. */
bool			 ev_fact_member(struct evidence *, const char *fact, const char *arg,
			    const char *member, const struct json **ret);
/* The fact if it is there already, by this run or kept from another; NULL = not
 * there, and nothing is asked.  For choosing the cheaper of two ways. */
const struct json	*ev_fact_known(struct evidence *, const char *fact, const char *arg);
/* For a fact that joins others (panel/panel.h): the same, and it lives as long as `a`. */
const struct json	*ev_fact_part(struct evidence *, struct arena *a, const char *fact, const char *arg);
bool			 ev_has_panel(const struct evidence *);

/* A raw call, for panel adapters' facts (HTTP, helper verb).  Tolerant: read
 * reply->err.  MTA-STS uses it too.  The request is read during the call alone. */
const struct reply	*ev_call(struct evidence *, const struct request *);

/* An accessor made of others (panel facts) ends with this when it cannot be had. */
void		 ev_fail(struct evidence *, const char *key, const char *reason,
		    const char *detail);

/* Since when this finding has stood for this target (Unix seconds), or 0.  Known at once. */
int64_t		 ev_since(struct evidence *, const char *finding, const char *target);

/* A dns_source over ev_dns_any, for mail/. */
struct dns_source ev_dns_source(struct evidence *);

/* --- one activation (engine, tests) ------------------------------------------------------------ */

/*
 * What one run of a function touched.  Activations nest: a check runs within
 * its run, a panel fact within a check.  What the inner one waits for, the
 * outer one waits for; a failure stays with the inner one.
 */
struct activation {
	size_t			 waiting;	/* wanted and not there */
	struct ev_failure	 failure;	/* first required thing that could not be had; key NULL = none */
	struct activation	*outer;
};

void		 evidence_begin(struct evidence *, struct activation *);
void		 evidence_end(struct evidence *, struct activation *);

/* The activation waits for something inside its own run (another check). */
void		 ev_wait(struct evidence *);

/* Keys asked in this run (a guard: attackers write DNS records). */
size_t		 evidence_count(const struct evidence *);

/* The time or the count ran out: what is on its way, and all that is asked
 * from now on, has failed (DNS_LIMIT). */
void		 evidence_expire(struct evidence *);

/* An answer arrives.  The reply must live as long as the evidence does. */
void		 evidence_deliver(struct evidence *, const char *key, const struct reply *);

/* --- recordings -------------------------------------------------------------------------------- */

/*
 * {"schema":1,"now":UNIX,"answers":[{"key","reply"}...],"facts":[{"fact","arg","value"}|{..,"failed"}],
 *  "since":{"dns.servers_silent cust.example":UNIX}}
 * Facts are kept as values, so a replay needs no panel.  Test cases of checks
 * and fixes have the same form and a shorter one besides (evidence/record.c).
 */
void		 evidence_record(const struct evidence *, struct json *into);
/* A source that answers from recordings alone; what is not in them fails with
 * DNS_NOT_RECORDED. */
struct evidence_source	*evidence_replay_source(struct arena *, const struct json *recording,
			    struct err *);

#endif
