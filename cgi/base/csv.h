#ifndef BASE_CSV_H
#define BASE_CSV_H

/* Tables as RFC 4180 has them; cells that a spreadsheet would run get a leading '. */

#include "base/json.h"

#define CSV_MAX	(16 * 1024 * 1024 - 4096)	/* bytes of one table; what is past them is cut */

struct column {
	const char	*name;		/* the heading: its JSON name */
	const char	*path;		/* "a.b" goes inside; NULL = the name */
};

/* One cell, for who writes a table himself: a comma between two, CR LF behind a row. */
void		csv_cell(struct str *, const char *);
struct text	csv_table(struct arena *, const struct json *rows, const struct column *, size_t count);

#endif
