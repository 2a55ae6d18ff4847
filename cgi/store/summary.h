#ifndef STORE_SUMMARY_H
#define STORE_SUMMARY_H

/*
 * What the summary row keeps of a report: counts, the worst verdict of each
 * check, the findings that stand.  Made from the report, so they cannot
 * disagree.
 */

#include "store/store.h"

enum { RANK_PROBLEM, RANK_WARNING, RANK_UNKNOWN, RANK_INFORMATION, RANK_OK, RANK_NOT_APPLICABLE, RANK_NEVER };

/* Among the verdicts, and none: the addresses that the domain sends from, blanks between. */
#define SUMMARY_SENDING	"@sending"
/* Among the server's: "@CHECK ADDRESS", the worst verdict of a check of each address. */
#define SUMMARY_ADDRESS	"@%s %.*s"

struct summary {
	const char	*kind, *name, *display, *owner;
	int64_t		 checked_at;
	const char	*worst;
	int64_t		 problem, warning, information, ok, unknown, not_applicable;
	int64_t		 weight;
	const char	*verdicts;		/* JSON object text, checks in the report's order of name */
	const char	*findings;		/* ids, sorted, each followed by a space */
};

/* In the JSON text of a row's verdicts, what follows `key`, a name with its quotes and the value's first; p NULL = nothing. */
struct text	 summary_value(const char *verdicts, const char *key);

/* In `arena`, nothing of it in the report; ERR_VALUE: no report. */
bool		 summary_of(struct arena *, const struct json *report, struct summary *ret, struct err *);

/*
 * How bad a finding is: 0 unless problem or warning, else more for what is
 * worse.  summary_weigh: of the whole report, the worst of this id, and how often.
 */
int		 summary_badness(const struct json *finding);
int64_t		 summary_weigh(const struct json *report, const char *id);

/* The order of the list: rank of the worst, then more problems, then more warnings. */
int64_t		 summary_weight(int rank, int64_t problem, int64_t warning);
int		 summary_rank(const char *verdict);		/* RANK_NEVER when unknown */
/* The weights a worst verdict can have: [low, high]. */
void		 summary_weights(int rank, int64_t *low, int64_t *high);

#endif
