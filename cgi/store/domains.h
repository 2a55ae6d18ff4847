#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H

/*
 * One summary row per domain: whose it is (as the panel last said) and how it
 * stands (as its last report said).  The list page reads only these.
 */

#include "store/store.h"

struct store_domain {
	const char	*name;		/* A-labels */
	const char	*display;	/* U-labels */
	const char	*owner;		/* login or NULL */
	const char	*reseller;	/* the reseller above, himself if he is the owner; or NULL */
};

/*
 * The panel's whole list: rows are added, changed and taken away so that they
 * match.  Only differences are written.  What is gone keeps its report for 30
 * days, in case it comes back to the same owner.
 */
bool		 store_domains_sync(struct store *, const struct store_domain *, size_t count,
		    int64_t now, struct err *);

enum domain_sort { SORT_WORST, SORT_NAME, SORT_CHECKED, SORT_OWNER, SORT_RANK };

struct domain_row;

/* An order of the asker's own, small numbers first; of the row only verdicts and checked_at are there. */
typedef int	 domain_rank(void *ctx, const struct domain_row *row);

struct domain_query {
	const char	*text;		/* part of name, owner; NULL = any */
	const char	*verdict;	/* worst is this; NULL = any */
	const char	*finding;	/* has this finding; "CHECK.ok", "CHECK.not_applicable": says no more of that check */
	const char	*owner;
	enum domain_sort sort;
	domain_rank	*rank;		/* of SORT_RANK */
	void		*rank_ctx;
	bool		 descending;	/* against the sort's usual direction */
	size_t		 page;		/* from 1 */
	size_t		 per_page;	/* 0 = all, for exports */
	/* Instead of counting up to `page`, what stands behind this row (before it where `backward`), so
	 * that a page does not shift while rows change.  key_name NULL = count.  key_number: the row's
	 * weight, by time its checked_at, by rank that; key_owner: by owner, NULL = nobody's. */
	const char	*key_name, *key_owner;
	int64_t		 key_number;
	bool		 backward;
};

struct domain_row {
	const char	*name, *display, *owner, *reseller, *worst;
	int64_t		 checked_at;	/* 0 = never */
	int64_t		 problem, warning, information, ok, unknown, not_applicable;
	int64_t		 weight;	/* of the order by worst */
	const char	*verdicts;	/* JSON object: check -> worst verdict; "@sending": its addresses */
};

struct domain_page {
	const struct domain_row	*rows;
	size_t			 count;
	size_t			 total;		/* rows that match, all pages */
};

bool		 store_domains_list(struct store *, struct arena *, const struct store_scope *,
		    const struct domain_query *, struct domain_page *ret, struct err *);

/* Like list without pages, a row at a time; the row lives until `row` returns. */
bool		 store_domains_each(struct store *, const struct store_scope *,
		    const struct domain_query *, void (*row)(void *ctx, const struct domain_row *),
		    void *ctx, struct err *);

/* ERR_NOT_FOUND when unknown or not theirs. */
bool		 store_domain_get(struct store *, struct arena *, const struct store_scope *,
		    const char *name, struct domain_row *ret, struct err *);

/* How many rows have which worst verdict: {"problem":n,...,"never":n,"total":n}. */
struct json	*store_domains_counts(struct store *, struct arena *, const struct store_scope *,
		    struct err *);

/* Names whose time of the day has come since they were checked, or that never were; oldest first. */
bool		 store_domains_due(struct store *, struct arena *, int64_t now, size_t max,
		    const char *const **names, size_t *count, struct err *);

/* For how many domains each finding stands: {"spf.missing":12,...}. */
struct json	*store_domains_findings(struct store *, struct arena *, const struct store_scope *,
		    struct err *);

/* Forget what is gone for longer than 30 days. */
bool		 store_domains_purge(struct store *, int64_t now, struct err *);

#endif
