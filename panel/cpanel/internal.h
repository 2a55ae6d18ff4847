#ifndef PANEL_CPANEL_INTERNAL_H
#define PANEL_CPANEL_INTERNAL_H

/* What the files of this adapter share; nobody else includes it. */

#include "base/arena.h"
#include "base/str.h"
#include "panel/cpanel/call.h"
#include "panel/cpanel/cpanel.h"
#include "panel/host.h"

/* How many things go into one call of a bulk read, and how many such calls are
 * asked for ahead of the first that is not there. */
#define DOMAINS_PER_CHECK	10	/* each is some live DNS questions for the panel: up to 5 s */
#define PAGES_AHEAD		4	/* cpsrvd has few connections for everybody */

#define FACT(name)	const struct json *name(struct evidence *, struct arena *, const char *arg, \
			    const struct panel_params *)
FACT(cpanel_login);
FACT(cpanel_server);
FACT(cpanel_accounts);
FACT(cpanel_product);
FACT(cpanel_account_rows);
FACT(cpanel_domains);
FACT(cpanel_site);
FACT(cpanel_places);
FACT(cpanel_mail_server);
FACT(cpanel_tweaks);
FACT(cpanel_zone);
FACT(cpanel_zones_page);
FACT(cpanel_auth);
FACT(cpanel_auth_page);
FACT(cpanel_dkim_key);
FACT(cpanel_domain_mail);
FACT(cpanel_domain_mail_all);
FACT(cpanel_names_by_user);
FACT(cpanel_site_accounts);
FACT(cpanel_default_address);
FACT(cpanel_mail_routing);
FACT(cpanel_mailboxes);
FACT(cpanel_mailboxes_all);
FACT(cpanel_accounts_page);
FACT(cpanel_queue);
FACT(cpanel_mail_traffic);
FACT(cpanel_queue_here);
FACT(cpanel_traffic_here);
FACT(cpanel_script_log);
FACT(cpanel_antivirus);
FACT(cpanel_scanner);
FACT(cpanel_scanner_page);
FACT(cpanel_os);
FACT(cpanel_toolkit);
FACT(cpanel_sites_of);
FACT(cpanel_sites_listed);
#undef FACT

/* Whose is this domain: {"user","ascii"}, *ret NULL = the panel has none of this name.  false = cannot
 * go on. */
bool		 cp_site_row(struct evidence *, const char *name, const struct json **ret);

/* The i-th page of `per` members of an array; NULL = there are not so many. */
const struct json *cp_page_first(const struct json *list, const char *arg, size_t per);
/* In a run over many domains: the page that this one stands on; GOT_NOT = it is asked for alone. */
enum cp_pages { PAGES_OF_DOMAINS, PAGES_OF_ACCOUNTS };
enum got	 cp_page_of(struct evidence *, struct arena *, enum cp_pages, const char *ascii, const char **page);
/* Ask for all pages of a fact, some ahead; false = cannot go on. */
bool		 cp_pages_there(struct evidence *, struct arena *, const char *page_fact, size_t count);
const struct json *cp_page_at(struct evidence *, struct arena *, const char *page_fact, size_t i);

/* Lower case, without the final dot. */
const char	*cp_plain_name(struct arena *, const char *);
void		 cp_put_flag(struct json *, const char *key, int flag);	/* -1 = null */
/* An address of the panel as the world sees it; NULL = not known. */
const char	*cp_public(struct arena *, const struct json *server, const char *address);
/* EmailAuth of WHM for some domains at once: its rows. */
enum got	 cp_ask_domains(struct evidence *, struct arena *, const struct panel_params *,
		    const char *function, const char *const *domains, size_t count, const struct json **rows,
		    struct err *);
/* "unlimited", 0, "" and nothing are no limit: -1. */
int64_t		 cp_limit(const struct json *, const char *key);

/* "local", "remote", "auto", "secondary": who takes a domain's mail; NULL = no such word. */
const char	*cp_mx_check(const char *);

/* --- zones ------------------------------------------------------------------------------------- */

/* The shape of the fact `zone` with "serial" (text) and "ttl" ($TTL, may be null), from the lines
 * of parse_dns_zone; the id of a record is its line. */
const struct json *cp_zone_of_lines(struct arena *, const char *zone, const struct json *lines);
/* A name of the zone as mass_edit takes it: "www", and the zone's own with a dot. */
const char	*cp_name_in_zone(struct arena *, const char *zone, const char *name);
/* A record's data as the list that mass_edit takes. */
void		 cp_put_record_data(struct json *into, struct arena *, const char *type, const char *value);

/* --- mail addresses ------------------------------------------------------------------------------ */

/* "catch_all" from a default address as the panel writes it; NULL = not said. */
void		 cp_put_default_address(struct json *into, struct arena *, const char *text);
/* The rows of one domain. */
const struct json *cp_mail_rows(struct arena *, const char *domain, const struct json *pops,
		    const struct json *forwarders, const char *default_address);
/* One '@', a local part, nothing that would be two things. */
bool		 cp_is_address(const char *);
/* An address, or the name of an account. */
bool		 cp_is_target(const char *);
const char	*cp_local_part(struct arena *, const char *address);
const char	*cp_domain_part(const char *address);

/* An action of WP Toolkit's command (helper/wp_toolkit.c) with `count` arguments. */
struct request	 cp_toolkit_request(struct arena *, const char *action, const char *const *args, size_t count);

/* --- changes -------------------------------------------------------------------------------------- */

#define NEXT(name)	enum step name(struct arena *, const struct change *, const struct call_log *, \
			    struct evidence *, const struct panel_params *, struct request *, struct err *)
#define STATE(name)	bool name(struct evidence *, struct arena *, const struct change *, \
			    const struct panel_params *, const struct json **)
NEXT(cpanel_next_rrset);
STATE(cpanel_state_rrset);
NEXT(cpanel_next_hostname);
STATE(cpanel_state_hostname);
NEXT(cpanel_next_outgoing_limits);
STATE(cpanel_state_outgoing_limits);
NEXT(cpanel_next_dkim);
STATE(cpanel_state_dkim);
NEXT(cpanel_next_dkim_key);
STATE(cpanel_state_dkim_key);
NEXT(cpanel_next_catch_all);
STATE(cpanel_state_catch_all);
NEXT(cpanel_next_routing);
STATE(cpanel_state_routing);
NEXT(cpanel_next_outgoing_limit);
STATE(cpanel_state_outgoing_limit);
NEXT(cpanel_next_keeps_copy);
STATE(cpanel_state_keeps_copy);
NEXT(cpanel_next_mailbox);
STATE(cpanel_state_mailbox);
NEXT(cpanel_next_forward);
STATE(cpanel_state_forward);
NEXT(cpanel_next_password);
NEXT(cpanel_next_queue);
NEXT(cpanel_next_site_updates);
STATE(cpanel_state_site_updates);
NEXT(cpanel_next_site_auto_update);
STATE(cpanel_state_site_auto_update);
#undef NEXT
#undef STATE

enum step	 cp_step_failed(struct err *, enum err_code, const char *text);
/* The log's entries one after the other: plays what was made, and says what is next. */
struct play {
	struct arena			*arena;
	const struct call_log		*log;
	const struct panel_params	*params;
	size_t				 at;
	struct request			*call;
	struct err			*err;
};
/* The reply to this request, or NULL: it is to be made (*call). */
const struct reply *cp_made(struct play *, struct request);
/* Data of a call that has to succeed. */
enum step	 cp_play_whm(struct play *, struct request, const struct json **data);
enum step	 cp_play_uapi(struct play *, struct request, const struct json **data);
/* Whose is the domain: the first call of a change of an account's things. */
enum step	 cp_play_owner(struct play *, const char *domain, const char **user);

#endif
