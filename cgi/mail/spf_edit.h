#ifndef MAIL_SPF_EDIT_H
#define MAIL_SPF_EDIT_H

/*
 * A record under revision.  What is not touched keeps text and place; what is
 * touched keeps what it was and why, so that a preview can mark every edit.
 */

#include "mail/spf.h"

enum spf_op { SPF_KEEP, SPF_ADD, SPF_CHANGE, SPF_DROP };

const char	*spf_op_word(enum spf_op);

struct spf_edit {
	enum spf_op	 op;
	struct text	 before;	/* n 0 with ADD */
	struct text	 after;		/* n 0 with DROP */
	const char	*why;		/* last part of a text id, "spf_edit.why.<why>"; NULL with KEEP */
	struct spf_term	 term;		/* as it stands now; of no use with DROP */
};

struct spf_draft {
	struct arena	*arena;
	struct text	 version;	/* as it was written */
	struct spf_edit	*edits;
	size_t		 count, size;
};

struct spf_draft *spf_draft_new(struct arena *);
struct spf_draft *spf_draft_of(struct arena *, const struct spf *);
struct spf_draft *spf_draft_copy(struct arena *, const struct spf_draft *);

/* `text` is one term; `at` is an index of edits, count = the end. */
void		spf_draft_add(struct spf_draft *, size_t at, struct text term, const char *why);
void		spf_draft_change(struct spf_draft *, size_t at, struct text term, const char *why);
void		spf_draft_drop(struct spf_draft *, size_t at, const char *why);

/* Index of the first "all", or of the end of mechanisms when there is none. */
size_t		spf_draft_before_all(const struct spf_draft *);
/* The first term of that kind that still stands; SIZE_MAX = none. */
size_t		spf_draft_find(const struct spf_draft *, enum spf_kind);
bool		spf_draft_changed(const struct spf_draft *);
struct text	spf_draft_text(const struct spf_draft *);

/*
 * Leave out what says the same again: duplicates, and networks inside a wider
 * one, as long as no term of another qualifier stands between the two.
 */
void		spf_draft_dedupe(struct spf_draft *);

/* "ip4:192.0.2.1" or "ip6:2001:db8::1". */
struct text	spf_address_term(struct arena *, struct ip);

/*
 * A dns_source that gives `record` as the only TXT of `name` (n 0: no TXT at
 * all) and passes every other question on.  Lives in the arena.
 */
struct dns_source *spf_overlay(struct arena *, const struct dns_source *under, struct name name,
		    struct text record);

#endif
