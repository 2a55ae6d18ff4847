#ifndef ENGINE_NOTICE_H
#define ENGINE_NOTICE_H

/*
 * When people are told that something changed.  Pure.
 *
 * Only what two looks by different ways agree upon is a change.  It is told at
 * once: that it appeared, that it became worse, that it is resolved.  What comes and
 * goes is told once each way; from then on it has to stand still for a day
 * before anything more is said about it.
 */

#include "base/json.h"
#include "store/notices.h"

enum notice_kind { NOTICE_NONE, NOTICE_APPEARED, NOTICE_WORSE, NOTICE_RESOLVED };

const char	*notice_word(enum notice_kind);		/* NULL for NONE */

/* Is this weight another state than the one that stands?  Getting better is not. */
bool		 standing_differs(const struct standing *, int weight);

/* The confirmed weight at `now`; what is to be told.  A new one begins with since 0. */
enum notice_kind standing_note(struct standing *, int weight, int64_t now);

/* --- what a report says of one finding ------------------------------------------------------ */

/* summary_badness of the worst finding with this id and subject; 0 = none. */
int		 report_weight(const struct json *report, const char *finding, const char *subject);
/* Has its check come to a verdict at all? */
bool		 report_decides(const struct json *report, const char *finding);

/*
 * The weight that both looks agree upon, in *ret.  false: they do not (or there
 * was no second one), so nothing is known to have changed.
 */
bool		 looks_agree(const struct standing *, const struct json *first, const struct json *second,
		    int *ret);

#endif
