#ifndef MAIL_SPF_EXPLAIN_H
#define MAIL_SPF_EXPLAIN_H

/*
 * What a record costs, whoever asks: receivers stop at the first match, so a
 * record may work for one address and break for another.  Here every branch is
 * followed as if nothing matched, and counting goes on past the limits, so that
 * the person sees which terms are too many.
 */

#include "mail/spf_eval.h"

#define SPF_TREE_TERMS_MAX	1000	/* of a tree; after that it is cut off */
#define SPF_TREE_DEPTH_MAX	20
#define SPF_TREE_ASKS_MAX	500	/* DNS questions: others write the records */

enum spf_note {			/* what is to be said of a term */
	SPF_NOTE_KIND,		/* nothing but what it does */
	SPF_NOTE_FAULT,		/* wrong: see the problems */
	SPF_NOTE_DEAD,		/* behind "all", or a redirect beside it: never reached */
	SPF_NOTE_MACRO,		/* depends on the message: not followed */
	SPF_NOTE_LOOP,		/* leads back to a record that it stands in */
	SPF_NOTE_NO_RECORD,	/* include or redirect of a name without one: permerror */
	SPF_NOTE_MANY_RECORDS,
	SPF_NOTE_VOID,		/* finds nothing */
	SPF_NOTE_FAILED,	/* DNS did not answer */
	SPF_NOTE_MX_MANY,	/* over 10 names: permerror */
	SPF_NOTE_CUT,		/* the tree was cut off here */
};

const char	*spf_note_word(enum spf_note);
const char	*spf_kind_word(enum spf_kind);		/* "ip4", "modifier" */

struct spf_cost {
	unsigned		 depth;
	const char		*domain;	/* whose record */
	const struct spf_term	*term;
	enum spf_note		 note;
	unsigned		 cost;		/* of the term alone: 1 or 0 */
	unsigned		 total;		/* with all below it */
	bool			 void4, void6;	/* finds nothing for clients of that family */
	bool			 is_void;	/* for a family that matters here */
};

struct spf_address_result {
	struct ip		 ip;
	enum spf_result		 result;
};

struct spf_tree {
	const struct text	*records;	/* of the domain; more than one is wrong */
	size_t			 record_count;
	const struct spf	*spf;		/* NULL unless there is exactly one */
	bool			 failed;	/* the domain's TXT could not be had */
	struct text		 near;		/* spf_select's */
	struct spf_cost		*terms;		/* of the one record and all below it */
	size_t			 count;
	unsigned		 lookups;	/* all branches, past the limit */
	unsigned		 void_lookups;	/* most of the families that matter */
	bool			 permerror;	/* some branch is one, limits apart */
	bool			 temperror;	/* some branch could not be looked at */
	bool			 cut;		/* too large: the numbers are lower bounds */
	struct spf_address_result *results;	/* in the order of the question */
	size_t			 result_count;
	struct problems		 problems;
};

struct spf_explain_query {
	struct name		 domain;
	const struct ip		*addresses;	/* that really send; may be none */
	size_t			 address_count;
	struct text		 helo;		/* n 0 = the domain */
	int64_t			 now_s;
	const struct dns_source	*dns;
	struct spf_cache	*cache;		/* NULL = none */
};

/* False: answers are missing; all that can be foreseen has been asked. */
bool		spf_explain(struct arena *, const struct spf_explain_query *, struct spf_tree *ret);

/* What is unwise in a record by itself (spf_lint.c); `ps` gets warnings and infos. */
void		spf_lint(struct problems *, const struct spf *, const char *domain);

/* Wider than /8 (IPv4) or /16 (IPv6). */
bool		spf_is_wide(const struct spf_term *);
/* An ip4 or ip6 term of addresses that nobody outside can have. */
bool		spf_is_private(const struct spf_term *);
/* A modifier that was meant to be a mechanism ("ip4=..."), or a second version. */
bool		spf_is_mistaken(const struct spf_term *);
/* Same mechanism, value and qualifier; names by DNS, networks by what they hold. */
bool		spf_same_term(const struct spf_term *, const struct spf_term *);

#endif
