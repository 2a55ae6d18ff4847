#ifndef MAIL_SPF_RUN_H
#define MAIL_SPF_RUN_H

/* What the files of check_host() share, and nobody else includes. */

#include "mail/spf_eval.h"
#include "mail/spf_macro.h"

enum spf_outcome { SPF_PENDING, SPF_NO_MATCH, SPF_MATCH, SPF_MATCH_TEMPERROR, SPF_MATCH_PERMERROR };

struct spf_run {
	struct arena		*arena;
	const struct spf_query	*q;
	struct ip		 ip;		/* unmapped */
	struct spf_answer	*ret;
	struct spf_macro_env	 env;
	bool			 local_8bit;	/* RFC 8616: %{s} %{l} then match nothing */
	size_t			 trace_size;
};

/* One record under evaluation, and what came of it. */
struct spf_level {
	struct name		 name;
	struct text		 domain;	/* as %{d} gives it */
	unsigned		 depth;
	const struct spf	*spf;		/* NULL: there is no single record */
	const struct spf_term	*matched;
	const struct spf_term	*exp;
	struct text		 exp_domain;	/* %{d} for exp: the record's it stands in */
};

/* 4.3 to 4.7 for one name.  False = pending. */
bool		spf_run_domain(struct spf_run *, struct spf_level *, enum spf_result *);
/* Does this mechanism match? */
enum spf_outcome spf_run_term(struct spf_run *, struct spf_level *, const struct spf_term *);

/* <target-name> of a term, 4.8.  SILENT: the term matches nothing (RFC 8616 4). */
enum spf_target { SPF_TARGET_OK, SPF_TARGET_PENDING, SPF_TARGET_BAD, SPF_TARGET_SILENT };
enum spf_target	spf_run_target(struct spf_run *, struct spf_level *, const struct spf_term *,
		    struct name *ret, struct text *raw);
/* Set %{p}; false = pending. */
bool		spf_run_ptr(struct spf_run *, const struct spf_level *);
const struct dns_answer *spf_run_ask_ptr(struct spf_run *);

/* False: this would be the eleventh term that causes DNS queries (4.6.4). */
bool		spf_run_lookup(struct spf_run *, struct spf_level *, const struct spf_term *);
bool		spf_found_nothing(const struct dns_answer *);

void		spf_run_note(struct spf_run *, enum problem_severity, const char *code,
		    struct spf_level *, struct text term);
void		spf_run_note_dns(struct spf_run *, struct name, enum rrtype, const struct dns_answer *);

#endif
