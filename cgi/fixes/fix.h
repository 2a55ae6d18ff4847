#ifndef FIXES_FIX_H
#define FIXES_FIX_H

/*
 * A fix is a remedy of the guide: evidence in, changes out.  It never makes
 * them; preview, journal, apply, verify and undo are written once, in engine/.
 * To add one: a row and a plan function in its subject's file, its texts in
 * templates/lang/LANG/fixes/ (in considered.yaml the other way that comes to
 * mind, and why not), cases in tests/fixes/.
 */

#include "checks/check.h"
#include "panel/panel.h"

enum role { ROLE_CUSTOMER = 1, ROLE_RESELLER = 2, ROLE_ADMIN = 4 };
#define ROLE_ALL	(ROLE_CUSTOMER | ROLE_RESELLER | ROLE_ADMIN)

enum panel_bit { PANEL_PLESK = 1, PANEL_CPANEL = 2, PANEL_POSTFIX = 4 };

enum refused {
	REFUSED_NO, REFUSED_NOT_NEEDED, REFUSED_WOULD_BREAK, REFUSED_DNS_ELSEWHERE, REFUSED_NOT_ALLOWED,
	REFUSED_NEEDS_FIRST, REFUSED_INVALID_VALUE, REFUSED_UNKNOWN,
};
const char	*refused_word(enum refused);

enum fix_mode { MODE_ONE_CLICK, MODE_COPY, MODE_REQUEST };
const char	*fix_mode_word(enum fix_mode);

#define FIX_PARAMS_MAX	4
#define PLAN_CHANGES_MAX	32
#define PLAN_ALTERNATIVES_MAX	8

struct plan_run;

struct fix {
	const char	*id;
	enum scope	 scope;
	unsigned	 roles;		/* who may run it on what is theirs */
	unsigned	 panels;	/* where it can be one click */
	const char	*params[FIX_PARAMS_MAX];
	const char	*checks_after[3];
	bool		 no_undo;
	bool		 request;	/* never ours to make: a message to send */
	void		(*plan)(struct plan_run *);
};

extern const struct fix *const fixes[];
extern const size_t fixes_count;
const struct fix *fix_find(const char *id);

struct fix_param { const char *name, *value; };

struct alternative {
	const char		*text_id;	/* description, with values */
	struct finding_value	 values[6];
	const char		*refused_id;	/* why not; NULL = it was the second best */
};

/* The guide's three conditions before anybody is asked for removal; the engine judges them. */
struct delist_gate {
	enum { GATE_UNKNOWN, GATE_CLOSED, GATE_OPEN } state;
	const char	*condition;	/* CLOSED: the first that is not met */
	const char	*needs;		/* CLOSED: the fix that mends it, or NULL */
};

struct plan_run {
	struct arena		*arena;
	struct evidence		*ev;		/* at depth AUTHORITATIVE */
	const struct rules	*rules;
	const struct ask_options *options;
	int64_t			 now;
	const struct fix	*fix;
	struct name		 domain;	/* by the fix's scope */
	struct ip		 address;
	const char		*mailbox, *site;
	const struct fix_param	*params;
	size_t			 param_count;
	/* who asks: may a thing of this domain be touched?  See plan_may. */
	bool			 may_all;
	bool			(*may)(const void *ctx, const char *ascii);
	const void		*may_ctx;
	struct delist_gate	 gate;		/* for delist.request */

	/* the plan */
	struct change		 changes[PLAN_CHANGES_MAX];
	size_t			 change_count;
	struct alternative	 alternatives[PLAN_ALTERNATIVES_MAX];
	size_t			 alternative_count;
	enum refused		 refused;
	const char		*refused_id;	/* text id */
	struct finding_value	 refused_values[6];
	const char		*needs;		/* fix id, with REFUSED_NEEDS_FIRST */
	/* text to copy instead of a click: set when the panel cannot make it */
	enum fix_mode		 mode;
	const char		*copy_where_id;	/* where to paste it: text id */
	const char		*copy_operator;	/* name of the DNS operator or NULL */
	/* by plan_where: the zone that the world asks, and the panel's fact of it
	 * when a change there is seen (NULL: copy) */
	struct name		 zone;
	const struct json	*panel_zone;
	bool			 public_differs;	/* the world sees another set than the panel has */
	const char		*copy_text;	/* a message or commands, for fixes without a record */
	const char		*copy_text_id;	/* the same as a text of the catalogue: what is a sentence */
	struct finding_value	 copy_values[8];
};

/* PANEL_PLESK, ... of a panel's kind; 0 for none. */
unsigned	 panel_bit_of(const char *kind);

/* This panel may make this fix's changes; else it is text to copy. */
bool		 plan_can_click(const struct plan_run *);
const struct json *plan_bool(struct plan_run *, bool);

const char	*plan_param(const struct plan_run *, const char *name);	/* NULL = not given */

/* For server-wide things that hold many people's own (the queue): is this domain the asker's?
 * An offer in a report has no asker: there the answer is yes. */
bool		 plan_may(const struct plan_run *, const char *ascii);

/*
 * Change a record set.  values_after NULL/0 = remove it.  `ttl_s` 0 keeps the
 * present TTL, or the zone's default when there was none.  The present set is
 * taken from the panel's zone where the panel serves the domain (mode
 * one_click), else from the public truth (mode copy).  false = cannot go on.
 */
bool		 plan_rrset(struct plan_run *, struct name zone, struct name name, enum rrtype,
		    const char *const *values_after, size_t count, uint32_t ttl_s);
void		 plan_setting(struct plan_run *, const char *scope, const char *object, const char *key,
		    const struct json *before, const struct json *after, bool before_unknown);
void		 plan_change(struct plan_run *, const struct change *);
void		 plan_refuse(struct plan_run *, enum refused, const char *text_id);
void		 plan_refuse_value(struct plan_run *, const char *name, const char *value);
/* A message, or steps by hand, in the reader's language.  The mode stays as it is. */
void		 plan_message(struct plan_run *, const char *text_id, const char *where_id);
void		 plan_message_value(struct plan_run *, const char *name, const char *value);
struct alternative *plan_alternative(struct plan_run *, const char *text_id, const char *refused_id);
void		 plan_needs(struct plan_run *, const char *fix_id, const char *text_id);

/*
 * Does this panel serve the zone that the world asks?  Decides one click or
 * copy, and fills copy_where_id/copy_operator.  false = cannot go on.
 */
bool		 plan_where(struct plan_run *, struct name domain);

/* A record set in the shape of before/after; NULL = not there.  From the panel's zone, and from an
 * answer (one that FAILED says nothing: ask before). */
const struct json *zone_rrset(struct arena *, const struct json *zone, struct name, enum rrtype);
const struct json *answer_rrset(struct arena *, const struct dns_answer *);
/* One record in the form of the panel's values: "10 host", joined text, ...; NULL = type not known. */
const char	*rr_value(struct arena *, const struct rr *, enum rrtype);

#endif
