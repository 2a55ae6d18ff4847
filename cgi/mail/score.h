#ifndef MAIL_SCORE_H
#define MAIL_SCORE_H

/*
 * How a typical receiver would look at one message: ten points, less what is
 * wrong with it.  Two steps, so that all questions to the outside can be asked
 * between them: score_read looks at the message alone (and says which domains
 * its links lead to), score_judge adds what was found out elsewhere.
 *
 * Whatever could not be found out costs nothing.  Points are tenths; the sum of
 * all items, at worst -100, and ten points make the score.
 *
 * Bounds: 256 KiB of the HTML, of the text and of an attachment are decoded
 * (8 MiB of all zip archives together), 20 attachments are opened, 2,000 links
 * read, 20 domains of links told.
 */

#include "mail/data.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/problem.h"
#include "mail/received.h"
#include "mail/spf.h"
#include "mail/verify.h"

struct psl;

#define SCORE_MAX	100		/* tenths */
#define SCORE_ITEMS_MAX	200
#define SCORE_DOMAINS_MAX 20
#define SCORE_STEPS_MAX	5

struct score_item {
	const char		*code;		/* a literal; texts: score_item.CODE.title, .text */
	enum problem_severity	 severity;
	int			 points;	/* tenths, 0 or less */
	const char		*fix;		/* id of a fix, or NULL */
	struct catalog_value	 values[PROBLEM_VALUES_MAX];
	size_t			 value_count;
};

struct score_items {
	struct arena		*arena;
	struct score_item	*list;
	size_t			 count;
};

/* --- what stands in the message ------------------------------------------------------------------- */

struct score_content {
	const struct message	*message;
	const struct data	*data;
	const struct psl	*psl;		/* NULL: the last two labels are taken for the domain */
	const struct mime	*mime;
	size_t			 size_bytes;
	struct name		 from;		/* NULL = none, or not one only */
	const char		*return_path;	/* of the topmost Return-Path; "" = null, NULL = none */
	struct received		 steps[SCORE_STEPS_MAX];	/* from public addresses, the last one first */
	size_t			 step_count;
	struct received		 arrival;	/* the step into the receiver's system */
	bool			 has_arrival;
	struct received		 top;		/* the topmost Received, whatever it says */
	bool			 outlook;	/* a file that is no message: nothing else is judged */
	bool			 bulk;		/* says of itself that it goes to many */
	struct name		 domains[SCORE_DOMAINS_MAX];	/* registered domains of links and From */
	size_t			 domain_count;
	struct score_items	 items;
};

/* The message's bytes must live as long.  */
struct score_content *score_read(struct arena *, const struct data *, const struct psl *, struct text message,
			    const struct message *);

/* Steps from addresses of the receiver's own, one server of it to the next, are no arrival either. */
void	score_skip_own_steps(struct score_content *, const struct ip *own, size_t count);

/* --- what others say --------------------------------------------------------------------------------- */

enum score_ptr { SCORE_PTR_UNKNOWN, SCORE_PTR_MISSING, SCORE_PTR_UNCONFIRMED, SCORE_PTR_CONFIRMED };
enum score_helo { SCORE_HELO_UNKNOWN, SCORE_HELO_NO_ADDRESS, SCORE_HELO_OTHER, SCORE_HELO_FITS };

struct score_listing {
	const char		*list;		/* its name */
	const char		*subject;	/* address or domain */
	bool			 domain;
	bool			 own;		/* the domain is From's, not a link's */
	enum blacklist_weight	 weight;
	bool			 counts;	/* not a list that wants money or lists whole ranges */
};

struct score_filter {				/* SpamAssassin, Rspamd */
	const char		*name;
	bool			 silent;	/* it is there, but did not answer */
	bool			 spam;
	double			 points, limit;
	const char		*rules;		/* the gravest, for the text; "" = none */
};

struct score_outside {
	int64_t			 now;
	const struct verify	*verify;
	bool			 spf_checked;
	enum spf_result		 spf;
	const char		*spf_domain;

	struct ip		 address;	/* family 0 = not known who sent it */
	const char		*helo;		/* NULL = not known */
	bool			 in_clear;	/* a server of ours says that it came without TLS */
	enum score_ptr		 ptr;
	struct name		 ptr_name;	/* the one that confirms, else the first */
	enum score_helo		 helo_address;

	const struct score_listing *listings;
	size_t			 listing_count;
	size_t			 lists_asked, lists_silent;	/* of all answers */
	const struct score_filter *filters;
	size_t			 filter_count;
};

struct score {
	int			 points;	/* 0 to SCORE_MAX, tenths */
	const struct score_item	*items;		/* costliest first, else as found */
	size_t			 count;
};

void	score_judge(struct arena *, const struct score_content *, const struct score_outside *, struct score *ret);

#endif
