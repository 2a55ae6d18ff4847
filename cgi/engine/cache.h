#ifndef ENGINE_CACHE_H
#define ENGINE_CACHE_H

/*
 * Answers that several runs need are asked once: a question in flight is
 * shared, a DNS answer lives for its TTL (bounded), a panel fact for as long as
 * its row says.  The engine thread alone touches it.
 *
 * Each answer keeps its own arena and counts its users: a run that has read it
 * may go on reading although it was dropped meanwhile.
 */

#include "evidence/evidence.h"

struct cache;
struct net;
struct ask;

struct cache	*cache_new(struct net *);
void		 cache_free(struct cache *);

/* Get this for the ask: now, or later (ask_wake).  fresh: nothing that was
 * asked before the ask began. */
void		 cache_want(struct cache *, struct ask *, const char *key, const struct request *,
		    bool fresh);
/* The ask ends: it waits for nothing any more. */
void		 cache_forget(struct cache *, struct ask *);

struct fact	*cache_fact(struct cache *, const char *key, int64_t now);
void		 cache_fact_keep(struct cache *, const char *key, struct fact *, int64_t until);
/*
 * One run makes a fact, the others wait for it: lists of a whole panel are made of hundreds of calls' replies, which
 * every run would put together again each time one comes.  claim: may the ask make it?  If not, it is woken when that
 * is over.  Once an ask has run, what it did not come by again is given up (cache_facts_leave).
 */
bool		 cache_fact_claim(struct cache *, struct ask *, const char *key);
void		 cache_fact_failed(struct cache *, const char *key, const struct ev_failure *, int64_t now);
void		 cache_fact_end(struct cache *, const char *key);
void		 cache_facts_leave(struct cache *, struct ask *);
/* Nothing runs just now: after a while what only a run over everything wants is given back to the system. */
void		 cache_rest(struct cache *);
/* A change was made through the panel: what it said before no longer counts. */
void		 cache_facts_drop(struct cache *);
/* Everything: whatever is wanted from now on is asked anew, once. */
void		 cache_drop(struct cache *);

#endif
