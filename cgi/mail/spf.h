#ifndef MAIL_SPF_H
#define MAIL_SPF_H

/*
 * Sender Policy Framework, RFC 7208: the record as it was published.  Pure:
 * asks nothing, remembers nothing.  Evaluation is spf_eval.h.
 *
 * A record is kept term by term with text and position, wrong terms included:
 * the same tree serves receivers' arithmetic (any fault is a permerror before
 * a mechanism is tried, 4.6), naming the wrong term to a person, and editing
 * one term while the others stay byte for byte.
 */

#include "base/dns.h"

#define SPF_LOOKUPS_MAX	10	/* terms that cause DNS queries, 4.6.4 */
#define SPF_VOIDS_MAX	2	/* of those, terms that find nothing, 4.6.4 */
#define SPF_MX_MAX	10	/* names of one MX answer, 4.6.4 */
#define SPF_PTR_MAX	10	/* names of one PTR answer that are looked at, 4.6.4 */

enum spf_result {
	SPF_NONE, SPF_NEUTRAL, SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_TEMPERROR, SPF_PERMERROR,
};

const char	*spf_result_word(enum spf_result);	/* "softfail" */

enum spf_kind {
	SPF_UNKNOWN,		/* no mechanism or modifier; always has a fault */
	SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS,
	SPF_REDIRECT, SPF_EXP,
	SPF_MODIFIER,		/* unknown modifier: ignored, RFC 7208 6 */
};

enum spf_fault {
	SPF_FINE,
	SPF_UNKNOWN_MECHANISM,
	SPF_BAD_NAME,		/* "1up=x", "=all": not the name of a modifier */
	SPF_BAD_CHARACTER,	/* control, or not ASCII (curly quotes, U-labels) */
	SPF_NO_DOMAIN,		/* "include", "a:", "redirect=" */
	SPF_BAD_DOMAIN,		/* does not end in a top label or a macro, 7.1 */
	SPF_BAD_MACRO,
	SPF_MACRO_IN_EXP_ONLY,	/* %{c} %{r} %{t}, 7.2 */
	SPF_BAD_IP4,
	SPF_BAD_IP6,
	SPF_BAD_CIDR,		/* not a number, leading zero, or too long */
	SPF_UNWANTED_VALUE,	/* "all:x", "all/8", "ptr/0", "include:x/24" */
	SPF_TWICE,		/* second redirect or exp, RFC 7208 6 */
};

const char	*spf_fault_word(enum spf_fault);	/* "bad_ip4" */

struct spf_term {
	enum spf_kind	 kind;
	enum spf_fault	 fault;
	char		 qualifier;	/* + - ~ ?; '+' when none is written */
	struct text	 text;		/* as published, qualifier included */
	size_t		 at;		/* octets before it in the record */
	size_t		 fault_at;	/* octets before the wrong place in the record */
	struct text	 domain;	/* domain-spec, or a modifier's value; n 0 = none */
	uint32_t	 macros;	/* letters used in it, spf_macro.h */
	struct ip	 ip;		/* ip4, ip6 */
	uint8_t		 bits4, bits6;	/* a, mx: both; ip4, ip6: its own */
};

struct spf {
	struct text		 text;
	struct spf_term		*terms;
	size_t			 count;
	size_t			 faults;	/* terms with one */
	const struct spf_term	*all;		/* the first; NULL = none */
	const struct spf_term	*redirect;	/* well formed, the first; NULL = none */
	const struct spf_term	*exp;
	const size_t		*joints;	/* where TXT strings met; NULL = not known */
	size_t			 joint_count;
};

/* RFC 7208 4.5: "v=spf1", any case, then a blank or the end. */
bool		spf_is_record(struct text);

/*
 * Parse one record, its strings already joined (3.3).  NULL when it is not a
 * record at all; a record with wrong terms is a tree with faults > 0.  The tree
 * lives in the arena and points into the text.
 */
struct spf	*spf_parse(struct arena *, struct text);
struct spf	*spf_parse_rr(struct arena *, const struct rr *txt);	/* knows the joints */

/* The text again, terms parted by one blank. */
struct text	spf_print(struct arena *, const struct spf *);

/* Terms that count toward the limit of 10. */
bool		spf_costs(enum spf_kind);
static inline bool
spf_is_mechanism(enum spf_kind k)
{
	return k >= SPF_ALL && k <= SPF_EXISTS;
}

/*
 * The records of a TXT answer (RFC 7208 4.5).  Count 0 = none, more than 1 is
 * a permerror.  `near`: text that is no record but was meant to be one (quote
 * or blank in front, "v=spf1;", "spf1 ..."), for the person; p NULL = none.
 */
struct spf_found {
	size_t		 count;
	const struct rr	*first;
	struct text	 near;
};

void		 spf_select(const struct dns_answer *, struct spf_found *);
/* All of them, in the order of the answer; *count may be 0. */
const struct rr	**spf_select_all(struct arena *, const struct dns_answer *, size_t *count);

/*
 * The text as TXT strings of at most 255 octets, cut after a blank where there
 * is one near; joined again they are the text.
 */
const struct text *spf_split(struct arena *, struct text, size_t *count);
/* `"..." "..."` with quote and backslash escaped: the value in a zone file. */
const char	*spf_bind(struct arena *, struct text);

/*
 * Parsed records by the place of their text, so that a run which is begun anew
 * after each DNS answer, or which checks many addresses, parses each once.
 * Lives in the arena; the texts must live as long.  A NULL cache parses anew.
 */
struct spf_cache;

struct spf_cache *spf_cache_new(struct arena *);
struct spf	*spf_cached(struct spf_cache *, struct arena *, const struct rr *txt);

#endif
