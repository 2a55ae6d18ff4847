#ifndef MAIL_SPF_JOB_H
#define MAIL_SPF_JOB_H

/*
 * What the files of spf_propose share, and nobody else includes: one question
 * for a better record, and the steps that every remedy takes.  Functions that
 * return bool say false when an answer is missing.
 */

#include "mail/spf_propose.h"

#define SPF_SAMPLES_MAX	64	/* addresses of the old record that must go on passing */

struct spf_job {
	struct arena			*arena;
	const struct spf_propose_query	*q;
	struct spf_proposal		*ret;
	const char			*all;		/* to be set where there is none */
	const struct rr			**records;	/* published now */
	size_t				 record_count;
	struct ip			 samples[SPF_SAMPLES_MAX];
	size_t				 sample_count;
	bool				 pending;
};

void		spf_job_refuse(struct spf_job *, enum spf_refusal, const char *id);
void		spf_job_needs_first(struct spf_job *, enum spf_fix, const char *id);

/* Remember addresses that this record, alone at its name, lets pass. */
bool		spf_job_sample(struct spf_job *, struct text record);

/* The one record of now; NULL with the refusal set. */
const struct spf *spf_job_one_record(struct spf_job *);
/* Qualifier of what it says of all others, through redirect too; NUL = nothing. */
bool		spf_job_effective_all(struct spf_job *, const struct spf *, int depth, char *ret);

/* A candidate of the draft as it stands. */
bool		spf_job_prove(struct spf_job *, const struct spf_draft *, const char *way,
		    struct spf_candidate *);
/* Sending addresses for which the draft's record gives no pass. */
bool		spf_job_missing(struct spf_job *, const struct spf_draft *, struct ip *ret, size_t *count);
/* An "all" where neither it nor a redirect is. */
void		spf_job_set_all(struct spf_job *, struct spf_draft *);
/* Does an ip4 or ip6 term already let it pass? */
bool		spf_draft_has(const struct spf_draft *, struct ip);
void		spf_job_authorise(struct spf_job *, struct spf_draft *, const struct ip *, size_t count,
		    bool in_front);
/* Bring the draft to what may be offered: an "all", every sending address, proof. */
bool		spf_job_finish(struct spf_job *, struct spf_draft *, const char *way,
		    struct spf_candidate *);
/* The proposal is this candidate, offered or refused; and one that is not taken. */
void		spf_job_take(struct spf_job *, const struct spf_candidate *);
void		spf_job_take_other(struct spf_job *, struct spf_candidate *);

/* Take cost out of a draft; `every` own name, or only until it fits. */
bool		spf_job_reduce(struct spf_job *, struct spf_draft *, bool every);
/* Leave out dead, void, ptr and private terms; `spf` (NULL allowed) is what the draft was made of. */
bool		spf_job_clear(struct spf_job *, const struct spf *, struct spf_draft *);
/* Mend and clear a draft that was made of `spf`. */
bool		spf_job_repair(struct spf_job *, const struct spf *, struct spf_draft *);

bool		spf_fix_merge(struct spf_job *);
bool		spf_fix_repair(struct spf_job *);
bool		spf_fix_reduce(struct spf_job *);

#endif
