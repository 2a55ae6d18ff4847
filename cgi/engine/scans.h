#ifndef ENGINE_SCANS_H
#define ENGINE_SCANS_H

/*
 * Scans for viruses on request: the files of one domain, to ClamAV's daemon, by
 * the privileged helper and as the customer (helper/clamd.c), a part of some
 * seconds at a time.  Nobody waits for one: the keeper of `serve` makes part after
 * part; the command line makes its own.
 *
 * A scan that did not reach its end says nothing: "unknown", with the reason.
 *
 * SCAN {"target","owner","state":"clean|infected|incomplete|unknown"|null,
 *	 "reason":word|null,"by":login,"started_at","finished_at","files","bytes",
 *	 "unread","too_large","infected":[{"path","name"}],"infected_count",
 *	 "running":null|{"state":"queued|running","by","asked_at","files","infected_count"}}
 * null: none has ended yet.  incomplete: nothing was found, and something could
 * not be looked at.
 */

#include "engine/engine.h"

struct fact;

#define SCAN_INFECTED_MAX	1000	/* files that are named */

/* Ask for one.  ERR_NOT_FOUND: not theirs; ERR_UNSUPPORTED: the files are on another machine. */
bool		 engine_scan_ask(struct engine *, const struct rights *, const char *domain, struct err *);

enum scan_step { SCAN_NOTHING, SCAN_PART, SCAN_ENDED };
/* One part of the scan that waits longest, or of that domain's.  NOTHING: there is none, or another does it. */
enum scan_step	 engine_scan_step(struct engine *, const char *domain);

/* {"scans":[SCAN]} of what these rights hold; domain NULL = all. */
struct json	*engine_scans(struct engine *, struct arena *, const struct rights *, const char *domain,
		    struct err *);

/* For the checks: [{"domain","state","finished_at":UNIX,"files","infected":[...],"infected_count"}]. */
struct fact	*scans_fact(struct engine *);

#endif
