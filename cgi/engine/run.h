#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

/*
 * All checks of one target, as one restartable question: each check is run
 * until it is decided; the target is done when all are.
 */

#include "engine/engine.h"
#include "evidence/evidence.h"

struct target_run {
	/* given */
	const struct rules	*rules;
	const struct check_options *options;
	enum scope		 scope;		/* SCOPE_DOMAIN or SCOPE_SERVER */
	struct name		 domain;	/* SCOPE_DOMAIN */
	struct arena		*arena;		/* outlives the evidence: findings live here */
	/* result */
	struct finding		*findings;
	size_t			 finding_count;
	bool			 has_problem;
	/* own */
	struct check_state	*states;
	size_t			 state_count;
	struct ev_failure	 no_addresses;	/* why the sending addresses could not be had; key NULL = they could */
};

/* How far it is: a row for each check, in the table's order. */
struct target_row {
	const struct check	*check;
	bool			 decided;
	enum verdict		 worst;		/* where it is */
};

size_t	target_rows(const struct target_run *, struct target_row *, size_t max);

/* The question (engine.h) over a struct target_run. */
bool	target_question(void *target_run, struct evidence *, struct arena *);

#endif
