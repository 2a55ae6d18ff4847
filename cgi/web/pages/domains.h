#ifndef WEB_PAGES_DOMAINS_H
#define WEB_PAGES_DOMAINS_H

/* The table of domains, shared by its files alone. */

#include "store/summary.h"
#include "web/pages/pages.h"

#define DOMAIN_MARKS	5	/* columns that are no field of a row: SPF, DKIM, DMARC, PTR, lists */

/* By rank (store/summary.h): worst first. */
extern const char *const domain_verdicts[RANK_NEVER];

/*
 * What rows look up beside themselves.  The server's verdicts, and what they
 * come to for the addresses that were asked for last: most rows send alike.
 * How many of a domain's findings are accepted, which few have.
 */
struct beside {
	const char	*verdicts;
	struct text	 sending;
	int		 rank[DOMAIN_MARKS];
	struct map	*accepted;	/* domain -> int64_t */
};

void		 beside_open(const struct exchange *, struct beside *ret);
int64_t		 beside_accepted(const struct beside *, const char *name);

const char	*domain_mark(size_t i);			/* "spf" */
bool		 domain_mark_is_servers(size_t i);	/* nobody's matter but the administrator's */
/* The rank of what stands in each column; RANK_NEVER: nothing is known. */
void		 domain_marks(const struct domain_row *, struct beside *, int ret[DOMAIN_MARKS]);

/* Words of `sort` that are fields of a row. */
#define DOMAIN_SORTS	4
extern const struct domain_sort_word { const char *word; enum domain_sort sort; } domain_sorts[DOMAIN_SORTS];

/* What a query may have. */
#define DOMAIN_PARAMETERS	9
extern const char *const domain_parameters[DOMAIN_PARAMETERS];

/* NULL, or the name of the parameter that has a value which is none. */
const char	*domains_query(const struct exchange *, const struct fields *, struct domain_query *ret);
/* Is it ordered by this mark? */
bool		 domains_by_mark(const struct domain_query *, size_t mark);
/* For "after" and "before": the row by what orders it. */
const char	*domains_key(const struct exchange *, const struct domain_query *, const struct domain_row *);
/* What was ticked here and on other pages, each once and in its one form. */
size_t		 domains_ticked(struct arena *, const struct fields *, const char *const **ret);

#endif
