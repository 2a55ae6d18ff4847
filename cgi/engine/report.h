#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

/*
 * From findings to the contract's REPORT.  At rest a report is language
 * neutral (ids and values); words come in when it is shown.
 */

#include "base/catalog.h"
#include "checks/check.h"

struct report_target {
	const char	*kind;		/* "domain" or "server" */
	struct name	 name;
	const char	*owner;		/* login or NULL */
};

/*
 * The findings' evidence and data become the report's (they must live in the same arena).
 *
 * The neutral form: {"target","checked_at","duration_ms","summary","findings":[{"id","check",
 * "verdict","severity","scope","subject","owner","guide","text","values":{},"evidence","data",
 * "fixes":[{"id","mode","reason"...}],"affects","parent"}],"server_findings":[...]}, findings worst first.
 */
struct json	*report_make(struct arena *, const struct report_target *, const struct finding *,
		    size_t count, int64_t checked_at, int64_t duration_ms);

/* A copy with title, text, detail and reasons in a language: the REPORT of the contract. */
struct json	*report_words(struct arena *, const struct json *neutral, const struct catalog *,
		    const char *lang);

/* The same in place, for a report that is not kept. */
void		 report_speak(struct arena *, struct json *report, const struct catalog *, const char *lang);

/* Evidence and data are read no more, only printed (json_settle). */
void		 report_settle(struct json *report);

/* Recount "summary" after findings were added. */
void		 report_summarise(struct json *report);

#endif
