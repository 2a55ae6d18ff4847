#ifndef BASE_FOLLOW_H
#define BASE_FOLLOW_H

/*
 * A log that grows and is rotated, read on from where the last reading ended.
 * Used by net and the helper only.
 *
 * A file is known again by its beginning (a hash of its first bytes that were
 * read) and by its inode: so it is found under a rotated name whether it was
 * renamed or copied and cut (copytruncate), and a file that was cut and has
 * grown again is not taken for the old one.  Then the rest of the rotated file
 * comes first, and every newer one after it.  Compressed files are not read.
 */

#include "base/err.h"
#include "base/text.h"

#define FOLLOW_CHUNK_MAX	(4UL * 1024 * 1024)	/* bytes of lines at once */
#define FOLLOW_OLDEST		"oldest"		/* as a file: begin with the oldest rotated one */

/* Opens the log's file with this suffix ("", ".1", "-20261123"); -1 = cannot, ERR_NOT_FOUND = is not there. */
struct follow_files {
	int	(*open)(void *ctx, const char *suffix, struct err *);
	void	*ctx;
};

struct follow {
	const char	*file;		/* to be given back next time, with the offset */
	int64_t		 offset;
	bool		 more;		/* ask again now */
	bool		 lost;		/* the old file is not there any more: what was left in it is not known */
	struct text	 lines;		/* whole ones, with their LF */
};

/*
 * file NULL: the end of the log, no lines.  since: rotated files not written to
 * since then are none that FOLLOW_OLDEST begins with.  false = the log itself cannot be read.
 */
bool		 follow_read(struct arena *, const struct follow_files *, const char *file, int64_t offset,
		    int64_t since, int64_t now, struct follow *ret, struct err *);

/* How it is answered by whoever reads: a line {"file","offset","more","lost"}, and the lines behind it. */
struct text	 follow_answer(struct arena *, const struct follow *);

#endif
