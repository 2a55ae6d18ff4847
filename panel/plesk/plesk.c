/* The table: what Plesk tells and what can be changed.  No row = it cannot. */

#include "panel/plesk/plesk.h"

#include "panel/plesk/internal.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static const struct panel_fact facts[] = {
	{ "server",		fact_server,		300 },
	{ "accounts",		fact_accounts,		60 },
	{ "domains",		fact_domains,		60 },
	{ "mail_server",	fact_mail_server,	300 },
	{ "domain_mail",	fact_domain_mail,	60 },
	{ "domain_mail_all",	fact_domain_mail_all,	300 },
	{ "zone",		fact_zone,		30 },
	{ "dkim_key",		fact_dkim_key,		30 },
	{ "mailboxes",		fact_mailboxes,		60 },
	{ "mailboxes_all",	fact_mailboxes_all,	300 },
	{ "sites",		fact_sites,		300 },
	{ "antivirus",		fact_antivirus,		3600 },
	/* What the adapter itself stands on; not in panel.h. */
	{ "client_domains",	fact_client_domains,	60 },
	{ "site",		fact_site,		60 },
	{ "site_prefs",		fact_site_prefs,	60 },
	{ "site_accounts",	fact_site_accounts,	60 },
	{ "domain_mail_page",	fact_domain_mail_page,	300 },
	{ "zone_states",	fact_zone_states,	60 },
	{ "zone_states_page",	fact_zone_states_page,	60 },
	{ "mailboxes_page",	fact_mailboxes_page,	300 },
	{ "mail_list",		fact_mail_list,		60 },
	{ "cli_ref",		fact_cli_ref,		3600 },
};

static const struct panel_change changes[] = {
	{ CHANGE_RRSET,		NULL,			next_rrset,		state_rrset },
	{ CHANGE_SETTING,	"hostname",		next_hostname,		state_hostname },
	{ CHANGE_SETTING,	"dkim_signing",		next_dkim_signing,	NULL },
	{ CHANGE_SETTING,	"outgoing_limits",	next_outgoing_limits,	state_outgoing_limits },
	{ CHANGE_SETTING,	"outgoing_mode",	next_outgoing_mode,	state_outgoing_mode },
	{ CHANGE_SETTING,	"sendmail",		next_sendmail,		state_sendmail },
	{ CHANGE_SETTING,	"dkim",			next_dkim,		state_dkim },
	{ CHANGE_SETTING,	"dkim_record",		next_dkim_record,	state_dkim_record },
	{ CHANGE_SETTING,	"mail_service",		next_mail_service,	state_mail_service },
	{ CHANGE_SETTING,	"catch_all",		next_catch_all,		state_catch_all },
	{ CHANGE_SETTING,	"outgoing_limit",	next_outgoing_limit,	state_outgoing_limit },
	{ CHANGE_SETTING,	"keeps_copy",		next_keeps_copy,	state_keeps_copy },
	{ CHANGE_SETTING,	"updates",		next_site_updates,	state_site_updates },
	{ CHANGE_MAILBOX,	NULL,			next_mailbox,		state_mailbox },
	{ CHANGE_FORWARD,	NULL,			next_forward,		state_forward },
	{ CHANGE_SECRET,	"password",		next_password,		NULL },
};

const struct panel panel_plesk = {
	.kind = "plesk",
	.facts = facts, .fact_count = COUNT(facts),
	.changes = changes, .change_count = COUNT(changes),
	.serves_dns = true,
};
