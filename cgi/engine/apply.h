#ifndef ENGINE_APPLY_H
#define ENGINE_APPLY_H

/*
 * Making changes.  One straight line, in the thread of who asked (command
 * line, bulk run) or in one of a few of its own (serve):
 *
 *	entry on disk (the plan is taken in the same transaction)
 *	locks of the things that are touched, between threads and processes
 *	present state == before?  else conflict, nothing written
 *	each change: step marked on disk, written, result marked
 *	a step fails: the done ones are put back in reverse
 *	verify: panel, every authoritative server
 *	state on disk; the checks that are concerned run again
 *
 * After a crash recover.c finds the entry and what was marked.
 */

#include "engine/rights.h"
#include "engine/write.h"
#include "engine/verify.h"
#include "store/journal.h"

struct store_lock;
struct apply_state;

enum step_state { STEP_WAITING, STEP_STARTED, STEP_MADE, STEP_BAD, STEP_SKIPPED, STEP_PUT_BACK };

struct step_mark {
	enum step_state	 state;
	const char	*text_id;	/* or NULL */
	const char	*detail;	/* English, for support; or NULL */
};

struct applying {
	struct engine		*engine;
	struct arena		*arena;		/* its own */
	struct store_entry	 entry;
	const char		*from;		/* where it was asked for; NULL after a restart */
	const struct change	*changes;
	struct step_mark	*marks;		/* per change */
	size_t			 count;
	uint32_t		 old_ttl_s;	/* caches may keep the old state so long */
	struct json		*verification;
	struct store_lock	*life;		/* held as long as somebody works on this entry */
	struct store_lock	**locks;	/* of what is touched */
	size_t			 lock_count;
	bool			 has_secret;
	bool			 quick;		/* bulk: verify once, leave the checks to the end */
};

struct applying	*applying_new(struct engine *);
void		 applying_free(struct applying *);
/* Changes and marks from the entry (recover, settle). */
bool		 applying_load(struct applying *, const struct store_entry *, struct err *);

/* "plan:ID" or "undo:N": who holds it works on the entry. */
const char	*life_name(struct arena *, const struct store_entry *);
bool		 things_lock(struct applying *, uint32_t timeout_ms);

/* From the first look to the last mark. */
void		 applying_run(struct applying *);
/* Put back what is done, in reverse; true when nothing is left. */
bool		 applying_put_back(struct applying *);
/* It stands there, and whatever makes it hold as well is done once more (panel.h, holds_later). */
void		 applying_hold(struct applying *, const struct change *);
/* Read back and decide the state; `polls` times more when servers are slow. */
void		 applying_verify(struct applying *, int polls);
/* Mark, on disk. */
bool		 applying_mark(struct applying *, const char *state, const char *reason, struct err *);
/* The end: state on disk, audit, the old entry of an undo. */
void		 applying_end(struct applying *, const char *state, const char *reason);

/* The contract's answer of apply and undo. */
struct json	*outcome_words(struct engine *, struct arena *, const char *lang, const struct store_entry *);
/* An answer without an entry: nothing was begun. */
struct json	*outcome_none(struct engine *, struct arena *, const char *lang, int64_t entry,
		    const char *reason);

/* Why it cannot be undone (text id), or NULL. */
const char	*entry_no_undo(struct engine *, const struct store_entry *);

/* A bounded number at once; each enter has its leave. */
bool		 apply_enter(struct engine *, struct err *);
void		 apply_enter_more(struct engine *);	/* who has entered already, for one of the things he does */
void		 apply_leave(struct engine *);
void		 apply_idle(struct engine *);	/* wait until none is running */
void		 bulk_recover(struct engine *);
/* The reason of an "applied" entry that nothing more can be learnt of: by its nature it cannot be read back. */
#define REASON_ACCEPTED	"fix.reason.accepted"
/* The same of an "unknown" one: the answer was lost, or the program ended before it came. */
#define REASON_MUTE	"fix.reason.mute"

/*
 * The reason of a "not_applied" or "failed" entry whose write was sent and not
 * answered: nothing of it is seen, but the panel may still be at it.
 */
#define REASON_UNHEARD	"fix.reason.unheard"

/* Will it stay as it is, unless somebody undoes it? */
bool		 entry_is_final(const struct store_entry *);
/* Look once more at an entry that is not final. */
void		 entry_settle(struct engine *, int64_t entry);
void		 apply_free(struct apply_state *);

/* For bulk runs: apply and undo without the waiting for slow servers. */
struct json	*apply_plan(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *plan, const char *hash, struct text secret, bool wait, bool quick, struct err *);
struct json	*undo_entry(struct engine *, struct arena *, const struct rights *, const char *lang,
		    int64_t entry, bool wait, bool quick, struct err *);

#endif
