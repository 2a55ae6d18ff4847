#ifndef EVIDENCE_TRUTH_H
#define EVIDENCE_TRUTH_H

/*
 * The public truth about a domain: what its authoritative servers answer.
 *
 * Depth decides how far we go: a bulk run asks the resolver; a single check,
 * "check again" and verification ask every authoritative server at its own
 * address.  When none of them answers, the resolver's answer is used and the
 * evidence names it.
 */

#include "evidence/evidence.h"

enum truth_depth { TRUTH_RESOLVER, TRUTH_AUTHORITATIVE };

#define TRUTH_SERVERS_MAX	13	/* addresses asked per domain */

struct name_server {
	struct name		 name;
	const struct ip		*addresses;
	size_t			 address_count;
	enum dns_failure	 failure;	/* its addresses could not be had */
};

enum delegation_state {
	DELEGATION_OK,
	DELEGATION_NONE,	/* NXDOMAIN at the parent, or no NS */
	DELEGATION_FAILED,	/* SERVFAIL or time-out: could not find out */
};

struct delegation {
	enum delegation_state	 state;
	struct name		 zone;		/* zone cut at or above the domain */
	const struct name_server *servers;
	size_t			 count;
	const struct endpoint	*endpoints;	/* all addresses, deduplicated, bounded */
	size_t			 endpoint_count;
	enum dns_failure	 failure;	/* FAILED only */
	const struct dns_answer	*answer;	/* the NS answer, as evidence */
};

/* Who is responsible for this domain; NULL = on its way. */
const struct delegation	*ev_delegation(struct evidence *, struct name domain);

struct truth {
	const struct dns_answer	*answer;	/* the one to judge; may be FAILED */
	bool			 authoritative;	/* an authoritative server said it */
	bool			 silent;	/* they were asked and none answered */
	bool			 disagree;	/* they answered differently (TTL and order ignored) */
	const struct dns_answer	*const *each;	/* per endpoint asked */
	size_t			 each_count;
};

/* NULL = on its way.  At depth RESOLVER only the resolver is asked. */
const struct truth	*ev_truth(struct evidence *, struct name domain, struct name,
			    enum rrtype);

/* Set once per run, before the first question. */
void		 evidence_set_depth(struct evidence *, enum truth_depth, uint16_t authoritative_port);
enum truth_depth evidence_depth(const struct evidence *);

/*
 * One of many that are looked at: the panel is read for all of them at once.  So at depth RESOLVER;
 * a deeper look at one of these says so.
 */
void		 evidence_set_bulk(struct evidence *, bool);
bool		 evidence_bulk(const struct evidence *);

/*
 * A dns_source for mail/: names at or below `domain` by ev_truth, all others
 * by the resolver.
 */
struct dns_source ev_truth_source(struct evidence *, struct name domain);

/* Same outcome and same set of values, whatever TTL and order. */
bool		 dns_answers_agree(const struct dns_answer *, const struct dns_answer *);

#endif
