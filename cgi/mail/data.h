#ifndef MAIL_DATA_H
#define MAIL_DATA_H

/*
 * What the program knows of the world: services that send mail, DNS hosts,
 * mailbox providers, blacklists, the meaning of SMTP answers.  It stands in
 * templates/data, one file per subject, so that a non-programmer can correct
 * it.  main and cli read the files (yaml_load) and hand the trees over; all
 * that is made here is const and lives as long as the arena.
 *
 * Strings that may be absent are NULL, lists that may be absent have count 0.
 */

#include "base/addr.h"
#include "base/err.h"
#include "base/text.h"
#include "base/yaml.h"

struct text_list {
	const char *const *v;
	size_t		 count;
};

struct late_regex;		/* base/late_regex.h */

/* POSIX extended, case ignored.  What must be in a text that fits is searched first: that is a hundred times cheaper. */
struct data_regex {
	struct late_regex	*late;
	struct text_list	 need;	/* one of these, lower case; none = anything may fit */
};

/* NULL = there is no expression: false. */
bool	data_regex_fits(const struct data_regex *, const char *text);

/* --- services that send mail for a domain (senders.yaml) --- */

enum spf_needed {
	SPF_NEEDED_ROOT,	/* MAIL FROM is the customer's own domain */
	SPF_NEEDED_SUBDOMAIN,	/* a subdomain given to the service */
	SPF_NEEDED_NO,		/* its own bounce domain */
};

struct sender {
	const char	*id;		/* "google-workspace" */
	const char	*name;
	const char	*kind;		/* mailbox, transactional, marketing, relay, ... */
	struct text_list spf;		/* terms, ready to insert */
	enum spf_needed	 spf_needed;
	int64_t		 lookups;	/* last known cost of the terms; -1 = not known */
	struct text_list spf_alternatives;
	struct text_list dkim_selectors;	/* "*" = chosen per account */
	bool		 dkim_cname;	/* keys are published by CNAME */
	const char	*return_path;
	struct text_list verification;	/* beginnings of TXT values */
	bool		 verify;	/* values differ by account */
	struct data_regex *spf_regex;	/* NULL = none */
	struct data_regex *dkim_target;
	struct data_regex *mx_regex;
};

/* --- who hosts a domain's DNS (dns_hosts.yaml) --- */

enum dns_host_class { DNS_PROVIDER_PANEL, DNS_THIS_PANEL, DNS_EXTERNAL, DNS_REGISTRAR_DEFAULT };

struct dns_host {
	const char	*id;
	const char	*name;
	enum dns_host_class class;
	struct text_list exact, suffix;
	struct data_regex **regex;
	size_t		 regex_count;
	bool		 by_address;	/* told by the server's address, not its name */
	const char	*shown;		/* its name servers as a person reads them; NULL = the exact ones */
	const char	*where;		/* menu path */
	const char	*url;
	const char	*at_label;	/* "@", "blank" or "fqdn" */
	int		 quotes;	/* -1 not known, 0 no, 1 yes */
	bool		 domain_connect, api;
};

/* --- mailbox providers and gateways (providers.yaml) --- */

struct provider_delist {
	const char	*name, *url, *email;
	struct text_list other_urls, other_emails;
	struct text_list needs;		/* ids: delist.need.ID in the catalogues */
};

struct provider_service {		/* reputation portal, feedback loop */
	const char	*name;		/* NULL = there is none */
	const char	*url;
	const char	*keyed_by;	/* ip, domain, dkim_domain, members */
};

struct provider {
	const char	*id;
	int64_t		 order;		/* in the delist pages; 0 = after the others */
	const char	*name;
	struct text_list mx, domains;
	struct late_regex *mta_regex, *text_regex;	/* base/late_regex.h */
	struct provider_delist delist;
	struct provider_service reputation, feedback;
};

/* --- DNS blacklists (blacklists.yaml) --- */

enum blacklist_kind { BLACKLIST_IP, BLACKLIST_DOMAIN, BLACKLIST_HASH };
enum blacklist_type { BLACKLIST_BLOCK, BLACKLIST_WHITE, BLACKLIST_MIXED, BLACKLIST_INFO };
enum blacklist_weight { WEIGHT_HIGH, WEIGHT_MEDIUM, WEIGHT_LOW, WEIGHT_IGNORE };
enum blacklist_status { LIST_ALIVE, LIST_ASSUMED_ALIVE, LIST_COMMERCIAL, LIST_UNVERIFIED, LIST_DEAD };
enum blacklist_verdict { CODE_LISTED, CODE_NOT_LISTED, CODE_INFO, CODE_ERROR };

struct blacklist_code {
	const char	*text;		/* as in the file: "127.0.0.2", "bit 8" */
	uint32_t	 value, mask;	/* (answer & mask) == value, or ... */
	uint32_t	 low, high;	/* ... low <= answer <= high when mask is 0, or ... */
	uint32_t	 bit;		/* ... (last octet & bit) != 0 when not 0 */
	enum blacklist_verdict verdict;
	const char	*reason;	/* id: blacklist.reason.ID; NULL = just listed */
};

struct blacklist {
	const char	*id;
	const char	*zone;		/* NULL = cannot be asked over DNS */
	bool		 needs_key;	/* zone holds "{key}" */
	const char	*name, *operator;
	enum blacklist_kind kind;
	enum blacklist_type type;
	bool		 ipv4, ipv6;	/* families of addresses that may be asked */
	enum blacklist_weight weight;
	enum blacklist_status status;
	bool		 query;		/* asked by default */
	bool		 everyone;	/* applies_to_everyone */
	bool		 pay;		/* removal costs money */
	const char	*test_positive, *test_negative;	/* RFC 5782 5; address or domain */
	struct blacklist_code *codes;
	size_t		 code_count;
	const char	*removal;	/* self_service, form, account, auto, none, unknown */
	const char	*removal_url, *lookup_url;
	const char	*advice;	/* id: blacklist.advice.ID */
};

/* --- SMTP answers (smtp_codes.yaml) --- */

struct smtp_code {			/* basic or enhanced */
	const char	*code;		/* "550"; "X.1.1", X for 4 and 5 */
	const char	*category;
	struct text_list steps;		/* ids: bounce.step.ID */
};

struct smtp_pattern {
	const char	*id;
	const char	*provider;	/* id; NULL = any */
	const char	*says;		/* as a person sees it in an answer, "(S3140)"; NULL = none */
	struct late_regex *regex;	/* base/late_regex.h; or */
	struct text_list words;		/* lower case */
	struct text_list need;		/* one of these (lower case) is in every text that matches regex */
	int64_t		 class;		/* 4, 5; 0 = both */
	bool		 weak;		/* an enhanced status with a meaning of its own says more */
	struct text_list code, not;	/* only with, never with these "5.4.1" */
	const char	*category;
	struct text_list steps;
};

/* --- words of reports (bounce_words.yaml): phrases in lower case --- */

struct bounce_words {
	struct text_list failed_subjects, delayed_subjects, delivered_subjects;
	struct text_list failed_texts, delayed_texts, gave_up_texts;
	struct text_list auto_reply_subjects, absence_subjects, auto_reply_texts;
	struct text_list challenge_subjects, challenge_texts;
	struct text_list original_marks;	/* the returned message stands behind */
	struct text_list recipient_labels, cause_labels, other_labels;
	struct text_list response_marks;	/* the answer stands behind */
	struct text_list boilerplate;
};

/* --- words of the message test (message_words.yaml) --- */

struct message_words {
	struct text_list shorteners;		/* domains that hide where a link leads */
	struct text_list freemail;		/* beside the domains of providers.yaml */
	struct text_list programs;		/* endings of file names: "exe" */
	struct text_list macros;
	struct text_list reply_marks;		/* "re:" of the languages, lower case */
};

/* --- signs of pirated WordPress themes and plugins (wordpress.yaml), lower case --- */

struct wordpress_marks {
	struct text_list names, texts;
};

/* --- web sites of others (links.yaml) --- */

struct outside_link {
	const char	*id, *name, *url;
	const char	*place;		/* below which page or section of the guide it is shown */
};

struct data {
	const struct sender	*senders;	size_t sender_count;
	const struct dns_host	*dns_hosts;	size_t dns_host_count;
	const struct map	*dns_host_names, *dns_host_suffixes;	/* to struct dns_host */
	const struct provider	*providers;	size_t provider_count;
	const struct blacklist	*blacklists;	size_t blacklist_count;
	const struct smtp_code	*basic;		size_t basic_count;
	const struct smtp_code	*enhanced;	size_t enhanced_count;
	const struct smtp_pattern *patterns;	size_t pattern_count;
	struct bounce_words	 words;
	struct message_words	 message;
	struct wordpress_marks	 wordpress;
	const struct outside_link *links;	size_t link_count;
};

struct data_files {			/* parsed; none but the last three may be NULL */
	const struct yaml	*senders, *dns_hosts, *providers, *blacklists, *smtp_codes, *bounce_words;
	const struct yaml	*message_words, *wordpress, *links;
};

/*
 * NULL on failure; err says "FILE:LINE:COLUMN: what is wrong", for an unknown
 * key the nearest known one too.
 */
const struct data *data_from_yaml(struct arena *, const struct data_files *, struct err *);

/* '-' and '_' are alike in ids; NULL = no such entry. */
const struct sender	*data_sender(const struct data *, const char *id);
const struct provider	*data_provider(const struct data *, const char *id);
const struct blacklist	*data_blacklist(const struct data *, const char *id);
const struct outside_link *data_link(const struct data *, const char *id);

/* By a name server (lower case, no final dot): exact and regex before suffix,
 * the longest suffix wins. */
const struct dns_host	*data_dns_host(const struct data *, const char *name_server);
/* By a mail exchanger's name (label border, longest wins); by a mail domain. */
const struct provider	*data_provider_by_mx(const struct data *, const char *host);
const struct provider	*data_provider_by_domain(const struct data *, const char *domain);
/* A blacklist by its zone or by a name below it, as bounces show it. */
const struct blacklist	*data_blacklist_by_zone(const struct data *, const char *zone);

/* What an answer of a list means; NULL = not in its codes. */
const struct blacklist_code *blacklist_code(const struct blacklist *, struct ip answer);

const char	*blacklist_weight_word(enum blacklist_weight);

/* host equals suffix or ends in "." + suffix; ASCII case does not matter. */
bool		 host_has_suffix(const char *host, const char *suffix);

#endif
