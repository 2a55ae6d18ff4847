#ifndef MAIL_SPF_MACRO_H
#define MAIL_SPF_MACRO_H

/*
 * SPF macros, RFC 7208 7.  A macro-string is checked once, when its record is
 * parsed, and expanded as often as it is needed.
 */

#include "mail/spf.h"

#define SPF_LETTER(c)	(UINT32_C(1) << ((c) - 'a'))	/* bit of a macro letter */
#define SPF_ESCAPES	(UINT32_C(1) << 26)		/* %% %_ %- */
#define SPF_URL		(UINT32_C(1) << 27)		/* an upper-case letter */

enum spf_macro_use {
	SPF_DOMAIN_SPEC,	/* must end in .toplabel or a macro; no c r t */
	SPF_MACRO_STRING,	/* value of an unknown modifier; no c r t */
	SPF_EXPLAIN_STRING,	/* blanks and c r t allowed */
};

/* On a fault *at is where in the text; *macros are the letters seen. */
enum spf_fault	spf_macro_check(struct text, enum spf_macro_use, uint32_t *macros, size_t *at);

struct spf_macro_env {
	struct text	 local;		/* %{l} */
	struct text	 sender_domain;	/* %{o} */
	struct text	 domain;	/* %{d} */
	struct ip	 ip;		/* %{i} %{c} %{v} */
	struct text	 helo;		/* %{h} */
	struct text	 ptr;		/* %{p}: the validated name, or "unknown" */
	struct text	 receiver;	/* %{r} */
	int64_t		 now_s;		/* %{t} */
};

/*
 * Expand a checked domain-spec to a target name.  Over 253 characters labels
 * are dropped from the left (7.3).  False when what comes out is no domain
 * name (empty or overlong label): nothing can be asked.  `raw` (NULL allowed)
 * gets the text before it was made canonical, for %{d} further down.
 */
bool		spf_expand_name(struct arena *, struct text spec, const struct spf_macro_env *,
		    struct name *ret, struct text *raw);

/* Expand a checked explain-string; false over `max` octets. */
bool		spf_expand_text(struct arena *, struct text, const struct spf_macro_env *,
		    size_t max, struct text *ret);

#endif
