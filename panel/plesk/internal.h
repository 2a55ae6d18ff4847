#ifndef PANEL_PLESK_INTERNAL_H
#define PANEL_PLESK_INTERNAL_H

/* What the files of this adapter share; nobody else includes it. */

#include "panel/panel.h"
#include "panel/plesk/call.h"
#include "panel/plesk/plesk.h"

/* How many objects go into one packet of a bulk read, and how many packets are
 * asked for ahead of the first that is not there. */
#define PREFS_PER_PACKET	500
#define SITES_PER_PACKET	100
#define PAGES_AHEAD		8

#define FACT(name)	const struct json *name(struct evidence *, struct arena *, const char *arg, \
			    const struct panel_params *)

FACT(plesk_fact_server);
FACT(plesk_fact_mail_server);
FACT(plesk_fact_accounts);
FACT(plesk_fact_client_domains);
FACT(plesk_fact_site);
FACT(plesk_fact_site_prefs);
FACT(plesk_fact_site_accounts);
FACT(plesk_fact_domains);
FACT(plesk_fact_domain_mail);
FACT(plesk_fact_domain_mail_page);
FACT(plesk_fact_domain_mail_all);
FACT(plesk_fact_zone);
FACT(plesk_fact_zone_states);
FACT(plesk_fact_zone_states_page);
FACT(plesk_fact_dkim_key);
FACT(plesk_fact_mailboxes);
FACT(plesk_fact_mailboxes_page);
FACT(plesk_fact_mailboxes_all);
FACT(plesk_fact_mail_list);
FACT(plesk_fact_sites);
FACT(plesk_fact_antivirus);
FACT(plesk_fact_queue);
FACT(plesk_fact_script_log);
FACT(plesk_fact_mail_traffic);
FACT(plesk_fact_cli_ref);
#undef FACT

/* The row of a domain of this panel, by its A-label name; for the name of an
 * alias the row of the domain that it belongs to.  *ret NULL = no such domain. */
bool	 plesk_domain_row(struct evidence *, const char *name, const struct json **ret);
/* One domain by a light call: {"id","ascii"}, both null when the panel has none of this name. */
bool	 plesk_site_row(struct evidence *, const char *name, const struct json **ret);
/* The domains, `per` at a time: page `arg` of the fact `domains`. */
const struct json *plesk_domain_page(const struct json *domains, const char *arg, size_t per);
/* A packet that names the ids of one page. */
struct str plesk_packet_of_ids(struct arena *, const struct json *first, const char *before,
	    const char *tag, const char *after);
/* The result for an id among those that are left, NULL = none or an error; they
 * come in the order asked. */
const struct xml *plesk_result_for(struct arena *, const struct xml **rest, const char *tag, int64_t id);
/* All pages of a fact as one object; NULL = cannot go on. */
const struct json *plesk_join_pages(struct evidence *, struct arena *, const char *page_fact, size_t per);

/* Does this server's reference of a utility name this option or command?
 * -1 = the reference cannot be had. */
int	 plesk_ref_knows(const struct json *ref, const char *option);

/* A record as the contract has it, from one of the REST API. */
const char	*plesk_record_name(struct arena *, const char *host);
const char	*plesk_record_value(struct arena *, const char *type, const char *value, const char *opt);

/* Does the panel's own name server run?  -1 = not said, WAIT = on its way. */
#define WAIT	(-2)
int	 panel_dns_running(struct evidence *, struct arena *);

/* The selector whose key stands in the zone, "default" before others; NULL = none. */
const char	*plesk_zone_selector(struct arena *, const struct json *zone, const char *domain);

/* Messages an hour, "unlimited" = -1; false = none of its own ("default"), or not said. */
bool	 plesk_limit(const struct xml *, const char *tag, int64_t *n);
/* A domain's outgoing limit; *ret NULL = none of its own.  false = cannot go on. */
bool	 plesk_site_limit(struct evidence *, struct arena *, const char *domain, const struct json **ret);

/* "catch_all" of domain_mail from <nonexistent-user>; NULL = not said. */
void	 plesk_put_catch_all(struct json *into, struct arena *, const struct xml *prefs);

/* The rows of one address, onto an array in the shape of the fact `mailboxes`. */
void	 plesk_add_mailname(struct json *rows, struct arena *, const char *domain, const struct xml *mailname);
void	 plesk_add_mail_info(struct json *rows, struct arena *, const char *address, struct text info);

#define NEXT(name)	enum step name(struct arena *, const struct change *, const struct call_log *, \
			    struct evidence *, const struct panel_params *, struct request *, struct err *)
#define STATE(name)	bool name(struct evidence *, struct arena *, const struct change *, \
			    const struct panel_params *, const struct json **)

NEXT(plesk_next_rrset);
STATE(plesk_state_rrset);
NEXT(plesk_next_hostname);
STATE(plesk_state_hostname);
NEXT(plesk_next_dkim_signing);
NEXT(plesk_next_outgoing_limits);
STATE(plesk_state_outgoing_limits);
NEXT(plesk_next_outgoing_mode);
STATE(plesk_state_outgoing_mode);
NEXT(plesk_next_sendmail);
STATE(plesk_state_sendmail);
NEXT(plesk_next_dkim);
STATE(plesk_state_dkim);
NEXT(plesk_next_dkim_record);
STATE(plesk_state_dkim_record);
NEXT(plesk_next_catch_all);
STATE(plesk_state_catch_all);
NEXT(plesk_next_mail_service);
STATE(plesk_state_mail_service);
NEXT(plesk_next_outgoing_limit);
STATE(plesk_state_outgoing_limit);
NEXT(plesk_next_keeps_copy);
STATE(plesk_state_keeps_copy);
NEXT(plesk_next_mailbox);
STATE(plesk_state_mailbox);
NEXT(plesk_next_forward);
STATE(plesk_state_forward);
NEXT(plesk_next_password);
NEXT(plesk_next_site_updates);
STATE(plesk_state_site_updates);
#undef NEXT
#undef STATE

/* --- for `next` ------------------------------------------------------------------------------- */

enum step	 plesk_step_failed(struct err *, enum err_code, const char *text);
/* The last reply of the log. */
const struct reply *plesk_last_reply(const struct call_log *);
/* One call of a utility that has to succeed: said when the log is empty, judged afterwards. */
enum step	 plesk_one_cli(struct arena *, const struct call_log *, const char *utility,
		    const char *const *params, struct request *, struct err *);
/* The XML API itself is not to be had, as against a refusal of one change. */
bool		 xml_is_blocked(struct arena *, const struct reply *);
/* The id of a domain from a fresh GET /domains?name=; the first call of a log. */
bool		 plesk_site_id(struct arena *, const struct reply *, const char *domain, int64_t *ret,
		    struct err *);
struct request	 plesk_site_lookup(struct arena *, const char *domain);

#endif
