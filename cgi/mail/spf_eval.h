#ifndef MAIL_SPF_EVAL_H
#define MAIL_SPF_EVAL_H

/*
 * check_host() of RFC 7208, complete, with RFC 8616 for addresses that are not
 * ASCII.  Pure: answers come through a dns_source; while one is on its way the
 * whole evaluation is given up and begun anew later.
 *
 * Where the standard leaves a choice: the limits are 10 terms and 2 terms that
 * find nothing, and the term over the limit is not evaluated or counted; a
 * target name that no question can be made of (empty or overlong label) does
 * not match, except that include and redirect of one are permerror as 5.2 and
 * 6.1 say of "none"; over 10 names of an MX answer are a permerror before any
 * is looked up; the hosts of an MX answer are tried by preference.
 */

#include "mail/problem.h"
#include "mail/spf.h"

#define SPF_TRACE_MAX		1000	/* steps that are kept */
#define SPF_EXPLANATION_MAX	4096	/* octets; longer ones are ignored (6.2) */

struct spf_query {
	struct ip		 ip;		/* an IPv4-mapped one counts as IPv4 (5) */
	struct text		 helo;
	struct text		 sender;	/* "", "<>", "a@b", "@b", "b"; may be in <> */
	struct text		 receiver;	/* %{r}; n 0 = "unknown" */
	int64_t			 now_s;		/* %{t} */
	const struct dns_source	*dns;
	struct spf_cache	*cache;		/* NULL = none */
	bool			 quiet;		/* result, mechanism and counts only */
	bool			 ask_ahead;	/* ask for all of a record's terms at once */
};

enum spf_step { SPF_STEP_SKIPPED, SPF_STEP_NO_MATCH, SPF_STEP_MATCH, SPF_STEP_TEMPERROR, SPF_STEP_PERMERROR };

const char	*spf_step_word(enum spf_step);

struct spf_trace {
	unsigned	 depth;		/* nesting of include and redirect */
	const char	*domain;
	struct text	 term;
	enum spf_step	 result;
	unsigned	 lookups;	/* counted so far, this term included */
};

struct spf_answer {
	enum spf_result		 result;
	struct text		 explanation;	/* p NULL = none */
	bool			 helo_identity;
	const char		*domain;	/* as asked, or as given when it is no name */
	struct text		 record;	/* of that domain; p NULL = none, or several */
	struct text		 mechanism;	/* that gave the result; p NULL = none */
	unsigned		 lookups, void_lookups;
	struct problems		 problems;
	struct spf_trace	*trace;
	size_t			 trace_count;
};

/* False: an answer is not there yet.  What ret points to lives in the arena or the answers. */
bool		spf_check_host(struct arena *, const struct spf_query *, struct spf_answer *ret);

/* `ip` in the network of the first `bits` bits of `net`; false across families. */
bool		spf_in_net(struct ip ip, struct ip net, unsigned bits);

/* A problem for every wrong term of a record, named after the fault. */
void		spf_note_faults(struct problems *, const struct spf *, const char *domain);
/* "dns_error" with name, type and reason. */
void		spf_note_dns(struct problems *, struct name, enum rrtype, const struct dns_answer *);

#endif
