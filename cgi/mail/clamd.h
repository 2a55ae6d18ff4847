#ifndef MAIL_CLAMD_H
#define MAIL_CLAMD_H

/* What clamd says (clamd(8)): its version line, and the result of a scan. */

#include "base/text.h"

/*
 * "ClamAV 1.4.3/27800/Tue Nov 24 08:24:10 2026": program, number and time of the
 * signatures.  A daemon without ClamAV's own database leaves the last two out: -1.
 * version points into the text.  false = not such a line.
 */
bool	clamd_version(struct text line, struct text *version, int64_t *number, int64_t *at);

enum clamd_result { CLAMD_CLEAN, CLAMD_FOUND, CLAMD_ERROR };

/* "/path: OK", "/path: Eicar-Test-Signature FOUND", "/path: lstat() failed: ... ERROR". */
bool	clamd_scan_line(struct text line, struct text *path, struct text *name, enum clamd_result *ret);

#endif
