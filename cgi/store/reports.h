#ifndef STORE_REPORTS_H
#define STORE_REPORTS_H

/*
 * The last report of each target, language neutral (engine/report.h), and when
 * a verdict changed.
 */

#include "store/store.h"
#include "store/summary.h"

/* A report as it is kept; summary row, verdict columns and history are made from it, so none can disagree. */
struct kept_report {
	struct summary	 summary;
	const char	*text;		/* the report, JSON */
};

/* In `arena`, where the report need not be any more; ERR_VALUE: no report. */
bool		 store_report_ready(struct arena *, const struct json *report, struct kept_report *ret,
		    struct err *);

/* Keep these, one transaction for all. */
bool		 store_reports_put(struct store *, const struct kept_report *, size_t count, struct err *);

/*
 * kind "domain" (then scope holds) or "server" (any scope: the caller decides
 * what of it a customer sees).  NULL with ERR_NOT_FOUND: never checked, or not theirs.
 */
struct json	*store_report_get(struct store *, struct arena *, const struct store_scope *,
		    const char *kind, const char *name, struct err *);

/* The worst verdict of each check of that report, as text (summary.h); NULL as above. */
const char	*store_report_verdicts(struct store *, struct arena *, const struct store_scope *,
		    const char *kind, const char *name, struct err *);

/* [{"at","check","before","after"}], newest first. */
struct json	*store_history(struct store *, struct arena *, const struct store_scope *,
		    const char *kind, const char *name, size_t max, struct err *);

/* Drop history older than this. */
bool		 store_history_purge(struct store *, int64_t before, struct err *);

#endif
