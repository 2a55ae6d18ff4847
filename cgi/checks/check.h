#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H

/*
 * A check is one question of the guide, answered from evidence.  To add one:
 * a file checks/x.c with its rows and its function, its texts
 * (templates/lang/LANG/checks/x.yaml), JSON cases in tests/checks/x/, and a row in checks.c.
 *
 * A check function is a straight line: it asks for evidence, returns when some
 * is missing, and reports findings.  It never waits and keeps nothing.
 * <check>.ok, <check>.unknown and <check>.not_applicable exist by themselves.
 */

#include "base/json.h"
#include "evidence/evidence.h"
#include "evidence/list.h"
#include "evidence/truth.h"

enum verdict {
	VERDICT_OK, VERDICT_INFORMATION, VERDICT_WARNING, VERDICT_PROBLEM, VERDICT_UNKNOWN,
	VERDICT_NOT_APPLICABLE,
};

enum severity { SEVERITY_NONE, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

enum scope { SCOPE_DOMAIN, SCOPE_SERVER, SCOPE_ADDRESS, SCOPE_MAILBOX, SCOPE_SITE };

enum owner {			/* who can put it right */
	OWNER_CUSTOMER, OWNER_RESELLER, OWNER_PROVIDER, OWNER_IP_OWNER, OWNER_DNS_OPERATOR,
	OWNER_RECEIVER, OWNER_LIST_OPERATOR,
};

const char	*verdict_word(enum verdict);
bool		 verdict_parse(const char *, enum verdict *ret);
int		 verdict_rank(enum verdict);	/* problem first: 0; the contract's order of `worst` */
const char	*severity_word(enum severity);	/* NULL for SEVERITY_NONE */
const char	*scope_word(enum scope);
const char	*owner_word(enum owner);

#define FINDING_FIXES_MAX	4

struct finding_row {
	const char	*id;		/* "spf.missing": whole literal, so tests can match it */
	enum verdict	 verdict;
	enum severity	 severity;	/* the highest, where it varies */
	enum owner	 owner;
	const char	*fixes[FINDING_FIXES_MAX];	/* best first */
	enum scope	 scope;		/* SCOPE_DOMAIN (0) = the check's own */
	bool		 own_scope;	/* scope above holds */
	bool		 not_yet;	/* an information with which the check is not <check>.ok */
	/* Of the server, but one customer's doing: where "domain" in the data says whose, it also
	 * stands in that domain's report, in full, and is told to no other. */
	bool		 culprit;
};

struct run;

struct check {
	const char		*name;
	enum scope		 scope;
	const char		*guide;		/* section of the guide */
	const struct finding_row *rows;
	size_t			 row_count;
	void			(*run)(struct run *);
	/* What a check of domains has to say of the server, once; NULL = nothing. */
	void			(*run_server)(struct run *);
	/* Checks that run->other is asked for, NULL at the end; they run with it, unseen
	 * when only this one was wanted.  NULL = none. */
	const char *const	*needs;
};

/* All checks in the guide's order. */
extern const struct check *const checks[];
extern const size_t checks_count;
const struct check *check_find(const char *name);
const struct finding_row *finding_row_find(const char *id, const struct check **ret_check);

/* What its row says; <check>.unknown has none, nor have the others that stand by themselves, which are right. */
enum verdict		 finding_row_verdict(const char *id);

/* --- what a check is told ---------------------------------------------------------------------- */

struct dns_pattern {		/* provider.dns of the configuration, first match wins */
	const char	*ns;		/* shell pattern: "dns0[1-4].gigas.com" */
	const char	*where;		/* "provider_panel", "this_panel", or another word */
	const char	*name, *url;	/* may be NULL */
};

/* Constant for the life of a configuration; a part of it made for checks, fixes and tools. */
struct rules {
	const char		*panel_kind;	/* "plesk", "cpanel", "postfix", "none" */
	bool			 panel_serves_dns;	/* plesk, cpanel */
	bool			 panel_by_command;	/* cPanel asked by its commands: every user reads their words */

	const struct ip		*addresses;	/* server.addresses */
	size_t			 address_count;
	const char		*relay;		/* NULL = none */
	bool			 smtp_probe;
	struct endpoint		 smtp_connect;
	const char *const	*smtp_probe_targets;
	size_t			 smtp_probe_target_count;

	const char		*provider_name;
	const char		*spf_include;	/* NULL = none */
	const char		*spf_all;	/* "~all" */
	const char		*dkim_selector;
	const char *const	*own_domains;
	size_t			 own_domain_count;
	const struct dns_pattern *dns_patterns;
	size_t			 dns_pattern_count;

	struct list_rules	 lists;
	const struct endpoint	*resolvers;	/* as configured; none = the system's */
	size_t			 resolver_count;
	const struct psl	*psl;		/* mail/psl.h; NULL = no list */
	const struct data	*data;		/* mail/data.h: senders, hosts, providers, lists, codes */
	int64_t			 queue_backlog;
};

/* The person's own options for one question: check --address, --selector. */
struct ask_options {
	const struct ip		*addresses;
	size_t			 address_count;
	const char *const	*selectors;
	size_t			 selector_count;
};

struct outcome { const struct finding *findings; size_t count; };

struct run {
	struct arena		*arena;
	struct evidence		*ev;
	const struct rules	*rules;
	const struct ask_options *options;
	int64_t			 now;
	const struct check	*check;
	/* the target: one of these, by the check's scope */
	struct name		 domain;	/* SCOPE_DOMAIN, SCOPE_MAILBOX, SCOPE_SITE */
	struct ip		 address;	/* SCOPE_ADDRESS */
	const char		*site;		/* SCOPE_SITE */
	/* What every finding of this check shows, its `ok` too; set before report(). */
	struct json		*data;		/* NULL = nothing */
	struct json		*evidence;	/* array; NULL = nothing */
	/* the engine's */
	struct finding		*findings;
	size_t			 finding_count;
	bool			 not_applicable;
	const char		*not_applicable_why;	/* text id or NULL */
	/* What a check before this one in the table has found on the same target
	 * (subject NULL) or on one address; NULL = cannot go on. */
	const struct outcome	*(*other)(struct run *, const char *check, const char *subject);
};

struct finding_value { const char *name, *value; };

#define FINDING_VALUES_MAX	16

struct finding {
	const struct finding_row *row;	/* NULL: .ok/.unknown/.not_applicable of `check` */
	const struct check	*check;
	enum verdict		 verdict;
	enum severity		 severity;
	const char		*id;
	const char		*subject;
	const char		*parent;	/* "ID@SUBJECT" or NULL */
	const char		*text_id;	/* catalogue stem; default the id */
	struct finding_value	 values[FINDING_VALUES_MAX];	/* for the texts, sorted by use */
	size_t			 value_count;
	struct json		*data;		/* "data" of the contract */
	struct json		*evidence;	/* array, "evidence" of the contract */
};

/* --- what a check says ------------------------------------------------------------------------- */

/*
 * Report a finding by its id, a row of this check.  subject NULL = the target.
 * Returns the finding to add values, data and evidence to; never NULL.
 */
struct finding	*report(struct run *, const char *id, const char *subject);
/* This check does not concern the target (text id of the reason, or NULL). */
void		 report_not_applicable(struct run *, const char *why_id);
/* Could not be checked, although nothing required failed (panel said nothing). */
void		 report_unknown(struct run *, const char *reason_word);

void		 finding_value(struct finding *, const char *name, const char *value);
void		 finding_value_int(struct run *, struct finding *, const char *name, int64_t);
void		 finding_severity(struct finding *, enum severity);	/* lower than the row's */
void		 finding_verdict(struct finding *, enum verdict, enum severity);
void		 finding_variant(struct run *, struct finding *, const char *variant);	/* text "<id>.<variant>" */
void		 finding_parent(struct run *, struct finding *, const char *id, const char *subject);

/* Evidence for all findings of this check from now on. */
void		 run_dns(struct run *, const struct dns_answer *);
struct json	*run_data(struct run *);

/* Evidence as found: {"kind":"dns",...}, {"kind":"smtp",...}, {"kind":"panel","fact",...}. */
void		 finding_dns(struct run *, struct finding *, const struct dns_answer *);
void		 finding_smtp(struct run *, struct finding *, const struct endpoint *, const struct json *);
void		 finding_panel(struct run *, struct finding *, const char *fact, const struct json *value);

#endif
