#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

/*
 * The hall that the faces (web, cli) enter.  Answers are JSON in the shapes of
 * the contract, made in the caller's arena, texts in the caller's language;
 * pages and commands are two views of the same answer.
 *
 * One engine thread owns the event loop, evidence and changes.  In `serve` it
 * is a thread of its own and the functions below may be called from any other;
 * on the command line the caller's thread turns the loop while it waits.
 *
 * Errors (err.code): ERR_NOT_FOUND (unknown, foreign, not for this role: the
 * same), ERR_VALUE (bad input), ERR_STALE (conflict), ERR_UNREACHABLE (panel
 * down), ERR_DENIED (the panel refuses the key), ERR_BUSY, ERR_IO (store).
 */

#include <signal.h>

#include "base/catalog.h"
#include "checks/check.h"
#include "fixes/fix.h"

struct engine;
struct store;
struct store_scope;
struct net_config;

struct engine_setup {
	const struct rules		*rules;
	const struct net_config		*net;
	const struct panel		*panel;		/* NULL = kind none */
	const struct panel_params	*panel_params;
	const struct catalog		*catalog;
	struct store			*store;		/* NULL = keep nothing (tools, one check) */
	uint16_t			 authoritative_port;
	int64_t				 stale_after_s;
	uint32_t			 time_limit_ms;	/* of one question; 0 = 20 s */
	const struct json		*replay;	/* answers from a recording alone */
	const char			*lang;		/* default language */
	const char			*test_address, *test_maildir;	/* message_test; NULL = none */
	bool				 notices_off;	/* nobody is told of changes */
	const char			*notices_from;	/* an address: they are mailed too; NULL = not */
	const struct json		*links;		/* object id -> url, over those of the data; or NULL */
};

struct engine	*engine_new(const struct engine_setup *, struct err *);
void		 engine_free(struct engine *);

/* `serve`: run the loop in a thread of its own; stop drains. */
bool		 engine_start(struct engine *, struct err *);
void		 engine_stop(struct engine *);

/* --- who asks --------------------------------------------------------------------------------- */

struct identity {
	const char	*login;
	enum role	 role;
	const char	*lang;
	const char	*session;
	const char	*acting;	/* works as this login, or NULL */
	const char	*from;		/* browser's address or "cli", for the audit */
};

/*
 * What this person may see and change, from the panel's own data (at most 60 s
 * old; re-read for changes).  Every call below takes one, so none can forget.
 */
struct rights;

bool		 engine_rights(struct engine *, struct arena *, const struct identity *,
		    bool fresh, struct rights **ret, struct err *);
/* The same for looking, never later than in a moment: ERR_BUSY while the panel's list is read for the first time. */
bool		 engine_rights_soon(struct engine *, struct arena *, const struct identity *, struct rights **ret,
		    struct err *);
/* The panel's list could not be read of late, and what is known is of `since` (Unix seconds).  false = all is well. */
bool		 engine_panel_away(struct engine *, int64_t *since);
/* The command line's administrator while the panel is down: for what is kept, no domain is known. */
struct rights	*engine_rights_kept(struct arena *);
const struct identity *rights_identity(const struct rights *);
enum role	 rights_role(const struct rights *);	/* of whom one works as */
bool		 rights_admin(const struct rights *);		/* and not acting as somebody else */
bool		 rights_domain(const struct rights *, const char *ascii);
/* The domains, by name; for an administrator all. */
size_t		 rights_count(const struct rights *);
const char	*rights_at(const struct rights *, size_t i);
bool		 rights_owned_by(const struct rights *, size_t i, const char *login);
/* The login of a domain in these rights; NULL = nobody's, or not in them. */
const char	*rights_owner(const struct rights *, const char *ascii);
/* Does any of them belong to somebody?  On a server without a panel there may be no owners at all. */
bool		 rights_owners(const struct rights *);
/* Another number whenever the panel was read anew; 0 = it was not read. */
uint64_t	 rights_turn(const struct rights *);
/* Has the panel such a user, or any domain of his? */
bool		 rights_knows(const struct rights *, const char *login);
/* The panel has whom one works as, and he is not suspended. */
bool		 rights_active(const struct rights *);
/* Is the product in his plan?  Only the panel's plain no is one. */
bool		 engine_included(struct engine *, const struct rights *);
/* The same for the store's readers; lives as long as the rights do. */
void		 rights_scope(const struct rights *, struct arena *, struct store_scope *ret);

/* --- checks ------------------------------------------------------------------------------------ */

struct check_options {
	const char *const	*only;		/* names of checks; none = all of the scope */
	size_t			 only_count;
	struct ask_options	 ask;
	enum truth_depth	 depth;		/* RESOLVER: deepened for domains with a problem */
	bool			 fresh;		/* "check again": nothing from the cache */
	bool			 keep;		/* into the store */
	bool			 shallow;	/* RESOLVER: not even those */
	struct json		*record;	/* NULL, or an array that gets the evidence */
	const volatile sig_atomic_t *stop;	/* NULL, or: not 0 = begin no more, drop what is under way */
};

/* Called as each report is ready (engine thread or caller's); json is the REPORT. */
typedef void	(*report_ready)(void *ctx, const struct json *report);

/* Check named domains, rights NULL = no panel is asked whose they are. */
bool		 engine_check(struct engine *, const struct rights *, const char *const *names,
		    size_t count, const char *lang, const struct check_options *, report_ready, void *ctx,
		    struct err *);
bool		 engine_check_server(struct engine *, const char *lang, const struct check_options *,
		    report_ready, void *ctx, struct err *);
/* Start "check again" and return; an administrator's only name may be "server". */
bool		 engine_check_start(struct engine *, const struct rights *, const char *const *names,
		    size_t count, struct err *);
bool		 engine_checking(struct engine *, const char *name);
bool		 engine_checking_any(struct engine *);
/*
 * How far that is: [{"check","verdict"}] in the guide's order, verdict null where it is not decided yet.
 * Empty: not begun, not being checked, or one of many.
 */
struct json	*engine_progress(struct engine *, struct arena *, const char *name);

/* Something of this domain (or "server") has changed, the panel says: it is looked at soon, once. */
bool		 engine_changed(struct engine *, const char *name, struct err *);

/* The answer of `domains`: all that these rights hold, with the last summaries. */
struct json	*engine_domains(struct engine *, struct arena *, const struct rights *, struct err *);

/* --- fixes ------------------------------------------------------------------------------------- */

/* The contract's answers of `fix plan`, `fix apply`, `fix undo`.  A refused plan is an answer. */
struct json	*engine_plan(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *fix, const char *target, const struct fix_param *, size_t count, struct err *);
/*
 * Apply and undo answer a conflict (stale plan, wrong hash, applied before, changed since) as JSON with
 * "state":"conflict" and "reason"; "entry" is null when nothing was begun, or that of who was first.
 * wait false: the entry is begun and runs on; NULL only when it could not begin.
 */
struct json	*engine_apply(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *plan, const char *hash, struct text secret, bool wait, struct err *);
struct json	*engine_undo(struct engine *, struct arena *, const struct rights *, const char *lang,
		    int64_t entry, bool wait, struct err *);

/* A kept plan again, with "state" (planned, applied, expired), "at", "expires_at", "entry". */
struct json	*engine_plan_show(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *plan, struct err *);
/* How many messages such a plan deletes, which nothing brings back; 0 = none. */
size_t		 engine_plan_deletes(const struct json *plan);
/* Will its apply need a password? */
bool		 engine_plan_wants_secret(const struct json *plan);
/* The answer of `journal`; entry 0 = the newest, else that one in full. */
struct json	*engine_journal(struct engine *, struct arena *, const struct rights *, const char *lang,
		    int64_t entry, struct err *);
/* A page of it, with "total", "page", "per_page"; target, part of a target, state: NULL = any. */
struct json	*engine_journal_page(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *target, const char *part, const char *state, size_t page, size_t per_page, struct err *);

/*
 * One fix for many domains; the contract's answer of `fix bulk`, with "state" (planning, interrupted, planned,
 * applying, paused, done, undoing, undone) and "done".  Resellers and administrators.  Apply and undo happen once:
 * ERR_STALE.  wait_ms: where there are threads, planning goes on aside after so long.
 */
struct json	*engine_bulk_plan(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *fix, const char *const *names, size_t count, const struct fix_param *,
		    size_t param_count, int64_t stop_after, uint32_t wait_ms, struct err *);
struct json	*engine_bulk(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *bulk, struct err *);
/* stop: looked at between two domains, not NULL and not 0 pauses it (command line); or NULL. */
struct json	*engine_bulk_apply(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *bulk, bool wait, const volatile sig_atomic_t *stop, struct err *);
/* Nothing more is begun; engine_bulk_apply goes on with it.  ERR_STALE: it is not being carried out. */
struct json	*engine_bulk_pause(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *bulk, struct err *);
struct json	*engine_bulk_undo(struct engine *, struct arena *, const struct rights *, const char *lang,
		    const char *bulk, bool wait, struct err *);

/* At the start: entries that an earlier run left open are finished or put back (see recover.c). */
void		 engine_recover(struct engine *);
/* From time to time, and before the journal is shown: what was written is looked for again. */
void		 engine_settle(struct engine *);

/* --- any other question ------------------------------------------------------------------------ */

/*
 * Drive a restartable function to its end: called again from the top when what
 * it asked for has come.  It returns true when it has its answer.  Used by the
 * tools (spf eval, dkim key, ...).  Returns false when the time ran out: the
 * function has then been run a last time with everything missing failed
 * (DNS_LIMIT), so its answer is there, with temperror where it must be.
 */
typedef bool	(*question)(void *ctx, struct evidence *, struct arena *);
bool		 engine_ask(struct engine *, question, void *ctx, uint32_t time_limit_ms);

/* Many at once, bounded; `next` gives the next context or NULL, `done` is called in any order. */
struct question_stream {
	question	 ask;
	void		*(*next)(void *ctx);		/* NULL = no more */
	bool		 (*ready)(void *ctx);		/* NULL = always; false: next would wait */
	void		 (*done)(void *ctx, void *one);
	void		*ctx;
	size_t		 at_once;
	uint32_t	 time_limit_ms;
	enum truth_depth depth;
};
void		 engine_ask_stream(struct engine *, const struct question_stream *);

/* --- parts handed to the faces ------------------------------------------------------------------ */

const struct catalog	*engine_catalog(const struct engine *);
const struct rules	*engine_rules(const struct engine *);
struct store		*engine_store(struct engine *);

/*
 * What the configuration names, tried: {"valid":true,"reachable":[{"what":"resolver|panel|table|store|
 * mail_server","detail","state":"ok|unreachable|refused|unknown"}]}.
 */
struct json	*engine_reachable(struct engine *, struct arena *);

/* Every check, finding and fix with its rows: the answer of `catalogue`. */
struct json	*engine_catalogue(struct arena *);

#endif
