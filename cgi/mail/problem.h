#ifndef MAIL_PROBLEM_H
#define MAIL_PROBLEM_H

/*
 * What is wrong or worth knowing about a record or a message.  A problem is a
 * code with named values; the words are in the catalogues, under
 * "<tool>_problem.<code>", and are put in by tools/problem_json.
 */

#include "base/catalog.h"

enum problem_severity { PROBLEM_ERROR, PROBLEM_WARNING, PROBLEM_INFO };

#define PROBLEM_VALUES_MAX	4
#define PROBLEMS_MAX		100	/* of one list; what comes after is not kept */

struct problem {
	const char		*code;		/* snake_case, a literal */
	enum problem_severity		 severity;
	const char		*where;		/* name, tag, term; NULL = none; as text_show */
	struct catalog_value	 values[PROBLEM_VALUES_MAX];
	size_t			 value_count;
};

struct problems {
	struct arena		*arena;
	struct problem		*list;
	size_t			 count;
	size_t			 size;
};

struct problems	 problems_in(struct arena *);

/* The same code at the same place is kept once.  NULL: the list was full. */
struct problem	*problem_add(struct problems *, enum problem_severity, const char *code,
		    const char *where);
/* A named value of the text, shown by text_show. */
void		 problem_value(struct problems *, struct problem *, const char *name,
		    struct text);
void		 problem_value_int(struct problems *, struct problem *, const char *name,
		    int64_t);

/* Most serious first, else in the order in which they were found. */
void		 problems_sort(struct problems *);
bool		 problems_have(const struct problems *, const char *code);
const char	*problem_severity_word(enum problem_severity);

#endif
