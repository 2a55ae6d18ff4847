/* The table: what Plesk tells and what can be changed.  No row = it cannot. */

#include "panel/plesk/plesk.h"

#include "panel/host.h"
#include "panel/plesk/internal.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static const struct panel_fact facts[] = {
	{ "server",		plesk_fact_server,		300 },
	{ "accounts",		plesk_fact_accounts,		60 },
	{ "domains",		plesk_fact_domains,		60, .alone = true },
	{ "mail_server",	plesk_fact_mail_server,		300 },
	{ "domain_mail",	plesk_fact_domain_mail,		60 },
	{ "domain_mail_all",	plesk_fact_domain_mail_all,	300, true },
	{ "zone",		plesk_fact_zone,		30 },
	{ "dkim_key",		plesk_fact_dkim_key,		30 },
	{ "mailboxes",		plesk_fact_mailboxes,		60 },
	{ "mailboxes_all",	plesk_fact_mailboxes_all,	300, true },
	{ "sites",		plesk_fact_sites,		300 },
	{ "sites_on_disk",	host_sites,			3600 },
	{ "script_mode",		host_script_mode,		30 },
	{ "queue",		plesk_fact_queue,		5 },
	{ "mail_traffic",	plesk_fact_mail_traffic,	300 },
	{ "script_log",		plesk_fact_script_log,		60 },
	{ "antivirus",		plesk_fact_antivirus,		300 },
	/* What the adapter itself stands on; not in panel.h. */
	{ "client_domains",	plesk_fact_client_domains,	60 },
	{ "site",		plesk_fact_site,		60 },
	{ "site_prefs",		plesk_fact_site_prefs,		60 },
	{ "site_accounts",	plesk_fact_site_accounts,	60 },
	{ "domain_mail_page",	plesk_fact_domain_mail_page,	30, .shared = true },
	{ "zone_states",	plesk_fact_zone_states,		60, true },
	{ "zone_states_page",	plesk_fact_zone_states_page,	30, .shared = true },
	{ "mailboxes_page",	plesk_fact_mailboxes_page,	30, .shared = true },
	{ "mail_list",		plesk_fact_mail_list,		60 },
	{ "cli_ref",		plesk_fact_cli_ref,		3600 },
};

static const struct panel_change changes[] = {
	{ CHANGE_RRSET,		NULL,			plesk_next_rrset,		plesk_state_rrset },
	{ CHANGE_SETTING,	"hostname",		plesk_next_hostname,		plesk_state_hostname },
	{ CHANGE_SETTING,	"dkim_signing",		plesk_next_dkim_signing,	NULL },
	{ CHANGE_SETTING,	"outgoing_limits",	plesk_next_outgoing_limits,	plesk_state_outgoing_limits },
	{ CHANGE_SETTING,	"outgoing_mode",	plesk_next_outgoing_mode,	plesk_state_outgoing_mode },
	{ CHANGE_SETTING,	"sendmail",		plesk_next_sendmail,		plesk_state_sendmail },
	{ CHANGE_SETTING,	"dkim",			plesk_next_dkim,		plesk_state_dkim },
	{ CHANGE_SETTING,	"dkim_record",		plesk_next_dkim_record,		plesk_state_dkim_record },
	{ CHANGE_SETTING,	"mail_service",		plesk_next_mail_service,	plesk_state_mail_service },
	{ CHANGE_SETTING,	"catch_all",		plesk_next_catch_all,		plesk_state_catch_all },
	{ CHANGE_SETTING,	"outgoing_limit",	plesk_next_outgoing_limit,	plesk_state_outgoing_limit },
	{ CHANGE_SETTING,	"keeps_copy",		plesk_next_keeps_copy,		plesk_state_keeps_copy },
	{ CHANGE_SETTING,	"updates",		plesk_next_site_updates,	plesk_state_site_updates },
	{ CHANGE_SETTING,	"script_log",		host_next_script_log,		host_state_script_log },
	{ CHANGE_SETTING,	"mode",			host_next_script_mode,		host_state_script_mode },
	{ CHANGE_MAILBOX,	NULL,			plesk_next_mailbox,		plesk_state_mailbox },
	{ CHANGE_FORWARD,	NULL,			plesk_next_forward,		plesk_state_forward },
	{ CHANGE_QUEUE,		NULL,			host_next_queue,		NULL },
	{ CHANGE_SECRET,	"password",		plesk_next_password,		NULL },
};

const struct panel panel_plesk = {
	.kind = "plesk",
	.facts = facts, .fact_count = COUNT(facts),
	.changes = changes, .change_count = COUNT(changes),
	.serves_dns = true,
	.keeps_last_mx = true,
};
