#ifndef EVIDENCE_LIST_H
#define EVIDENCE_LIST_H

/*
 * DNS blacklists, believed only when they pass their own test (RFC 5782 5):
 * the test address must be listed, the other must not, and every answer must
 * be within 127/8.  A refusal is not a listing, and a list that lists the world
 * or nothing is out of service.
 */

#include "evidence/evidence.h"
#include "mail/data.h"

/* Zones that stand over the data, and account keys; keys are secrets and are
 * shown as "{key}". */
struct list_zone { const char *list, *zone; };
struct list_key { const char *list, *key; };

struct list_rules {
	bool			 enabled;
	const struct list_zone	*zones;
	size_t			 zone_count;
	const struct list_key	*keys;
	size_t			 key_count;
};

enum list_state {
	LIST_CLEAN,
	LIST_LISTED,
	LIST_UNKNOWN,		/* refused, or no answer */
	LIST_OUT_OF_SERVICE,	/* fails its self-test */
};

#define LIST_STATES	(LIST_OUT_OF_SERVICE + 1)

const char	*list_state_word(enum list_state);

#define LIST_CODES_MAX	8

struct list_answer {
	enum list_state		 state;
	bool			 refused;	/* UNKNOWN: the list refuses our resolver */
	const char		*zone;		/* as shown: without a key */
	const struct dns_answer	*answer;	/* of the question; NULL = not asked */
	struct ip		 codes[LIST_CODES_MAX];
	size_t			 code_count;
	const struct blacklist_code *code;	/* the gravest that is known; NULL = just listed */
	const char		*reason;	/* the list's own TXT, or NULL */
};

/* Is the list asked at all: has a zone (and its key), is meant to be asked, fits? */
bool	list_is_asked(const struct list_rules *, const struct blacklist *);
bool	list_takes(const struct blacklist *, struct ip);

/* False = on its way. */
bool	ev_list_health(struct evidence *, const struct list_rules *, const struct blacklist *,
	    enum list_state *ret, bool *refused);
bool	ev_list_ip(struct evidence *, const struct list_rules *, const struct blacklist *, struct ip,
	    struct list_answer *ret);
bool	ev_list_domain(struct evidence *, const struct list_rules *, const struct blacklist *, struct name,
	    struct list_answer *ret);

#endif
