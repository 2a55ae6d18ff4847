#ifndef STORE_TRAFFIC_H
#define STORE_TRAFFIC_H

/*
 * Who sent how much, by the hour, as the mail log says it; and how far the log
 * has been read.  Counts and position change together, so nothing is lost or
 * counted twice, whenever the program ends and whoever else reads.
 *
 * `who` is a word of the counter's: "server", "mailbox", "domain", "user",
 * "script", "sender".  A row belongs to the domain (A-labels) that its name
 * belongs to, as the panel said when it was last counted.
 */

#include "store/store.h"

#define TRAFFIC_NAMES_MAX	100000	/* names; what comes then is counted for the server alone */

struct traffic_name {
	const char	*who, *name;
	const char	*domain, *subscription, *owner;	/* NULL = not told */
};

struct traffic_count { int64_t messages, rejected, limited, failed; };

/* Where the reading stands; file NULL: nowhere yet. */
struct traffic_position {
	const char	*file;
	int64_t		 offset;
	int64_t		 since, until;	/* first and last line, Unix seconds; -1 = none */
	int64_t		 lines;
	int64_t		 lost_at;	/* a part of the log was not to be had; 0 = never */
	bool		 more;		/* rows had to be left out */
	const char	*script_file;	/* the same of the log of scripts; NULL: nowhere yet, or there is none */
	int64_t		 script_offset;
};

bool	store_traffic_position(struct store *, struct arena *, struct traffic_position *ret, struct err *);

/*
 * One piece of the log: traffic_begin, any number of the others, traffic_end
 * with the position after it.  ERR_STALE: somebody else has read this piece.
 */
struct traffic_writer;

struct traffic_writer *traffic_begin(struct store *, const struct traffic_position *expected, struct err *);
bool	traffic_add(struct traffic_writer *, const struct traffic_name *, int64_t hour, const struct traffic_count *,
	    struct err *);
bool	traffic_login(struct traffic_writer *, const struct traffic_name *, int64_t hour, int64_t network, int64_t count,
	    struct err *);
bool	traffic_end(struct traffic_writer *, bool ok, const struct traffic_position *, int64_t now, struct err *);

/* What is older. */
bool	store_traffic_purge(struct store *, int64_t before, struct err *);

/* --- reading; every reader but the first takes whose it may be ------------------------------------- */

/* How many hours had so many messages, of all of one kind: {messages, hours}; "subscription" adds up. */
struct traffic_bar { int64_t messages, hours; };
struct traffic_use {
	const struct traffic_bar *bars;		/* by messages, fewest first */
	size_t		 bar_count;
	int64_t		 names;			/* that sent anything */
	const char	*busiest;		/* whose hour was the busiest, or NULL */
	int64_t		 busiest_at;
};

#define TRAFFIC_BARS_MAX	3000

bool	store_traffic_use(struct store *, struct arena *, const char *who, int64_t since, struct traffic_use *ret,
	    struct err *);

struct traffic_row {
	struct traffic_name	 name;
	struct traffic_count	 count;
	int64_t			 hours;		/* in which it sent */
	int64_t			 busiest, busiest_at;
	int64_t			 networks;	/* most different ones within one hour */
	int64_t			 last;		/* beginning of the last hour in which it sent, or was cut */
};
typedef void	(*traffic_row_fn)(void *ctx, const struct traffic_row *);

/* The rows of one kind, most messages (`limited`: most cut) first; at most max. */
bool	store_traffic_rows(struct store *, const struct store_scope *, const char *who, const char *name,
	    int64_t since, bool limited, int64_t max, traffic_row_fn, void *ctx, struct err *);

/* Mailboxes that logged in from at least so many networks within one hour; that hour of each which had most. */
typedef void	(*traffic_many_fn)(void *ctx, const char *mailbox, int64_t hour, int64_t networks, int64_t messages);
bool	store_traffic_many(struct store *, int64_t since, int64_t networks_min, int64_t max, traffic_many_fn, void *ctx,
	    struct err *);

/* Who of one kind sent most within a time; at most max.  For an administrator: nobody's scope. */
typedef void	(*traffic_top_fn)(void *ctx, const char *name, int64_t messages);
bool	store_traffic_top(struct store *, const char *who, int64_t from, int64_t until, int64_t max, traffic_top_fn, void *ctx,
	    struct err *);

/* By hour: of one name, or of all of that kind (name NULL). */
typedef void	(*traffic_hour_fn)(void *ctx, int64_t hour, const struct traffic_count *);
bool	store_traffic_hours(struct store *, const struct store_scope *, const char *who, const char *name, int64_t since,
	    traffic_hour_fn, void *ctx, struct err *);

/* Networks that one mailbox logged in from, most often first; at most max. */
typedef void	(*traffic_network_fn)(void *ctx, int64_t network, int64_t count, int64_t first, int64_t last);
bool	store_traffic_networks(struct store *, const struct store_scope *, const char *mailbox, int64_t since, int64_t max,
	    traffic_network_fn, void *ctx, struct err *);

#endif
