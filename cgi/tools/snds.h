#ifndef TOOLS_SNDS_H
#define TOOLS_SNDS_H

/*
 * What Microsoft's Smart Network Data Services lets one export: how the
 * consumer mailboxes (Outlook.com, Hotmail) saw an address on one day.
 *
 * Comma separated.  Without a line of names the columns are those of the old
 * automated data: address, start and end of the activity, RCPT commands, DATA
 * commands, recipients, filter result, complaint rate, start and end of the
 * trap period, trap hits, sample HELO, sample MAIL FROM, comments.  With one,
 * its names decide, since the portal of 2026 has moved columns.
 */

#include "base/json.h"

#define SNDS_ROWS_MAX	20000

/*
 * [{"day":"2026-11-20","address","filter":"green|yellow|red"|null,"complaints":"< 0.1%"|null,
 *   "rcpt":n|null,"data":n|null,"recipients":n|null,"traps":n|null,"helo":text|null,"sender":text|null}]
 * day: of the beginning of the activity.  skipped: lines that name no address and day.
 * NULL: no line does, or there are too many.
 */
struct json	*snds_json(struct arena *, struct text, size_t *skipped, struct err *);

#endif
