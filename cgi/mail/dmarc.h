#ifndef MAIL_DMARC_H
#define MAIL_DMARC_H

/*
 * DMARC policy records (RFC 9989 4.7, 4.8).  Pure: text in, values out.
 *
 * A text is a record when it begins with v=DMARC1: "v" in any case, DMARC1 as
 * it stands.  Tag names and values have no case.  A tag with a bad value is as
 * if absent; a list that is no tag list, or repeats a tag, makes the record
 * useless as a whole.
 */

#include "base/name.h"
#include "mail/problem.h"

enum dmarc_policy { DMARC_ABSENT, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

enum dmarc_psd { DMARC_PSD_U, DMARC_PSD_Y, DMARC_PSD_N };

/* "none", "quarantine", "reject"; NULL for ABSENT. */
const char	*dmarc_policy_word(enum dmarc_policy);
bool		 dmarc_policy_parse(struct text, enum dmarc_policy *ret);
/* One step softer, as t=y asks: reject, quarantine, none. */
enum dmarc_policy dmarc_softer(enum dmarc_policy);

/* Where reports go: a URI (RFC 3986) without the obsolete "!size". */
struct dmarc_uri {
	const char	*uri;
	struct name	 domain;	/* of a mailto: address or an authority; NULL = none */
	bool		 mailto;
};

#define DMARC_URIS_MAX	32		/* of one tag; more are left out */

struct dmarc_uris {
	const struct dmarc_uri	*list;
	size_t			 count;
};

struct dmarc_record {
	struct text		 text;
	bool			 usable;	/* else receivers ignore it (status invalid) */
	enum dmarc_policy	 p, sp, np;	/* as published; ABSENT also for a bad value */
	bool			 adkim_strict, aspf_strict;
	enum dmarc_psd		 psd;
	bool			 testing;	/* t=y */
	struct dmarc_uris	 rua, ruf;
};

/* Does it identify itself as one?  What follows may still be wrong. */
bool		 dmarc_is_record(struct text);

/* `ps` may be NULL.  ret->usable says if it can be applied. */
void		 dmarc_parse(struct arena *, struct text, struct dmarc_record *ret,
		    struct problems *ps);

/* p=, or none where it is missing and rua= is there (4.10.1). */
enum dmarc_policy dmarc_own_policy(const struct dmarc_record *);

/* One URI; false = not one.  *sized: it had an obsolete size at its end. */
bool		 dmarc_uri_parse(struct arena *, struct text, struct dmarc_uri *ret,
		    bool *sized);

#endif
