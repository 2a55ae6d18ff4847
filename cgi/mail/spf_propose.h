#ifndef MAIL_SPF_PROPOSE_H
#define MAIL_SPF_PROPOSE_H

/*
 * What to publish instead.  Every record that is offered has been proven by
 * check_host() as if it were published: it passes for every real sending
 * address and for every address of the old record's own terms that passed
 * before, and costs at most 10 look-ups and 2 void ones over the whole tree.
 * What cannot be proven is refused, with the number that is the reason.
 */

#include "mail/spf_edit.h"
#include "mail/spf_explain.h"

enum spf_fix {
	SPF_FIX_PUBLISH,	/* there is none yet */
	SPF_FIX_MERGE,		/* several: one of them all */
	SPF_FIX_AUTHORISE,	/* a real sending address is not covered */
	SPF_FIX_REPAIR,		/* wrong, dead, void, ptr, private terms */
	SPF_FIX_REDUCE,		/* over 10 look-ups: own names to addresses, said twice, dead */
	SPF_FIX_CLOSE,		/* anyone may send, or nothing is said of the others */
};

const char	*spf_fix_id(enum spf_fix);		/* "spf.publish" */

enum spf_refusal {
	SPF_OFFERED, SPF_NOT_NEEDED, SPF_WOULD_BREAK, SPF_NEEDS_FIRST, SPF_INVALID_VALUE,
	SPF_NOT_ALLOWED, SPF_CANNOT_KNOW,
};

const char	*spf_refusal_word(enum spf_refusal);	/* "would_break"; "unknown" */

#define SPF_REASON_VALUES_MAX	3

/* A text id with values; id NULL = none. */
struct spf_reason {
	const char		*id;		/* "spf_edit.refused.lookups" */
	struct catalog_value	 values[SPF_REASON_VALUES_MAX];
	size_t			 count;
};

struct spf_candidate {
	const char		*way;		/* text id: "spf_edit.way.address" */
	struct text		 record;
	const struct spf_edit	*edits;
	size_t			 edit_count;
	unsigned		 lookups, void_lookups;
	const struct spf_address_result *results;	/* of the sending addresses */
	size_t			 result_count;
	enum spf_refusal	 refused;
	struct spf_reason	 reason;
};

#define SPF_OTHERS_MAX	6

struct spf_proposal {
	enum spf_fix		 fix;
	enum spf_refusal	 refused;	/* SPF_OFFERED: `best` is to be published */
	struct spf_reason	 reason;
	const char		*needs;		/* fix id with SPF_NEEDS_FIRST */
	struct spf_candidate	 best;		/* also filled when it was refused, if there was one */
	struct spf_candidate	 others[SPF_OTHERS_MAX];
	size_t			 other_count;
	const struct text	*replaces;	/* the TXT values that go when `best` comes */
	size_t			 replace_count;
};

/* Who sends for the domain, from the sender data. */
struct spf_sender {
	const char		*id, *name;
	const char *const	*terms;		/* "include:_spf.example.com" */
	size_t			 term_count;
	bool			 deprecated;	/* never offered */
	bool			 not_at_root;	/* SPF at the domain itself does nothing for it */
};

struct spf_propose_query {
	struct spf_explain_query ask;		/* domain, sending addresses, source */
	const struct ip		*own;		/* all addresses of this server; may be none */
	size_t			 own_count;
	const char		*default_all;	/* the provider's; NULL = "~all" */
	const char		*all;		/* what the person chose; NULL = nothing */
	const char		*include;	/* the provider's own include; NULL = none */
	const struct spf_sender	*senders;	/* publish */
	size_t			 sender_count;
};

/* False: answers are missing. */
bool		spf_propose(struct arena *, const struct spf_propose_query *, enum spf_fix,
		    struct spf_proposal *ret);

/*
 * Every remedy that has something to say about what is published now: offered,
 * or refused for another reason than that it is not needed.
 */
#define SPF_FIXES	6
bool		spf_propose_all(struct arena *, const struct spf_propose_query *,
		    struct spf_proposal ret[SPF_FIXES], size_t *count);

/*
 * Prove one record as if it were published: fills numbers, results, refused and
 * reason of the candidate.  `also` are addresses that must pass too.
 */
bool		spf_prove(struct arena *, const struct spf_explain_query *, const struct ip *also,
		    size_t also_count, struct spf_candidate *);

/* May a term (an include, mostly) be written: one record there, no error anywhere below? */
enum spf_use { SPF_USE_PENDING, SPF_USE_NO, SPF_USE_UNKNOWN, SPF_USE_YES };
enum spf_use	spf_term_use(struct arena *, const struct spf_explain_query *, struct text term);

void		spf_reason_set(struct spf_reason *, const char *id);
void		spf_reason_text(struct arena *, struct spf_reason *, const char *name, struct text);
void		spf_reason_int(struct arena *, struct spf_reason *, const char *name, int64_t);

/* "~all", "-all", "?all" in any case; NULL = none of them. */
const char	*spf_all_parse(const char *);

#endif
