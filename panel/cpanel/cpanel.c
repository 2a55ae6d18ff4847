/* The table: what cPanel tells and what can be changed.  No row = it cannot. */

#include "panel/cpanel/cpanel.h"

#include "panel/cpanel/internal.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static const struct panel_fact facts[] = {
	{ "server",		cpanel_server,		300 },
	{ "accounts",		cpanel_accounts,	60 },
	{ "domains",		cpanel_domains,		60 },
	{ "product",		cpanel_product,		60 },
	{ "mail_server",	cpanel_mail_server,	300 },
	{ "domain_mail",	cpanel_domain_mail,	60 },
	{ "domain_mail_all",	cpanel_domain_mail_all,	300 },
	{ "zone",		cpanel_zone,		30 },
	{ "dkim_key",		cpanel_dkim_key,	30 },
	{ "mailboxes",		cpanel_mailboxes,	60 },
	{ "mailboxes_all",	cpanel_mailboxes_all,	300 },
	{ "queue",		cpanel_queue,		5 },
	{ "mail_traffic",	cpanel_mail_traffic,	300 },
	{ "script_log",		cpanel_script_log,	60 },
	{ "antivirus",		cpanel_antivirus,	300 },
	{ "sites_of",		cpanel_sites_of,	300 },
	{ "sites_listed",	cpanel_sites_listed,	300 },
	{ "sites_on_disk",	host_sites,		3600 },
	{ "script_mode",		host_script_mode,	30 },
	{ "os",			cpanel_os,		3600 },
	/* What the adapter itself stands on; not in panel.h. */
	{ "login",		cpanel_login,		300 },
	{ "account_rows",	cpanel_account_rows,	60 },
	{ "site",		cpanel_site,		60 },
	{ "places",		cpanel_places,		60 },
	{ "names_by_user",	cpanel_names_by_user,	60 },
	{ "tweaks",		cpanel_tweaks,		300 },
	{ "zones_page",		cpanel_zones_page,	60, .shared = true },
	{ "auth",		cpanel_auth,		30 },
	{ "auth_page",		cpanel_auth_page,	300, .shared = true },
	{ "site_accounts",	cpanel_site_accounts,	60 },
	{ "default_address",	cpanel_default_address,	60 },
	{ "mail_routing",	cpanel_mail_routing,	60 },
	{ "accounts_page",	cpanel_accounts_page,	300, .shared = true },
	{ "queue_here",		cpanel_queue_here,	30 },
	{ "traffic_here",	cpanel_traffic_here,	300 },
	{ "clamd",		host_antivirus,		300 },
	{ "toolkit",		cpanel_toolkit,		300 },
	{ "scanner",		cpanel_scanner,		300 },
	{ "scanner_page",	cpanel_scanner_page,	300, .shared = true },
};

static const struct panel_change changes[] = {
	{ CHANGE_RRSET,		NULL,			cpanel_next_rrset,		cpanel_state_rrset },
	{ CHANGE_SETTING,	"hostname",		cpanel_next_hostname,		cpanel_state_hostname },
	{ CHANGE_SETTING,	"outgoing_limits",	cpanel_next_outgoing_limits,	cpanel_state_outgoing_limits },
	{ CHANGE_SETTING,	"dkim",			cpanel_next_dkim,		cpanel_state_dkim },
	{ CHANGE_SETTING,	"dkim_key",		cpanel_next_dkim_key,		cpanel_state_dkim_key },
	{ CHANGE_SETTING,	"catch_all",		cpanel_next_catch_all,		cpanel_state_catch_all },
	{ CHANGE_SETTING,	"routing",		cpanel_next_routing,		cpanel_state_routing },
	{ CHANGE_SETTING,	"outgoing_limit",	cpanel_next_outgoing_limit,	cpanel_state_outgoing_limit },
	{ CHANGE_SETTING,	"keeps_copy",		cpanel_next_keeps_copy,		cpanel_state_keeps_copy },
	{ CHANGE_SETTING,	"updates",		cpanel_next_site_updates,	cpanel_state_site_updates },
	{ CHANGE_SETTING,	"auto_update",		cpanel_next_site_auto_update,	cpanel_state_site_auto_update },
	{ CHANGE_SETTING,	"auto_updater",		cpanel_next_site_auto_update,	cpanel_state_site_auto_update },
	{ CHANGE_SETTING,	"auto_plugins",		cpanel_next_site_auto_update,	cpanel_state_site_auto_update },
	{ CHANGE_SETTING,	"auto_themes",		cpanel_next_site_auto_update,	cpanel_state_site_auto_update },
	{ CHANGE_SETTING,	"script_log",		host_next_script_log,		host_state_script_log },
	{ CHANGE_SETTING,	"mode",			host_next_script_mode,		host_state_script_mode },
	{ CHANGE_MAILBOX,	NULL,			cpanel_next_mailbox,		cpanel_state_mailbox },
	{ CHANGE_FORWARD,	NULL,			cpanel_next_forward,		cpanel_state_forward },
	{ CHANGE_QUEUE,		NULL,			cpanel_next_queue,		NULL },
	{ CHANGE_SECRET,	"password",		cpanel_next_password,		NULL },
};

const struct panel panel_cpanel = {
	.kind = "cpanel",
	.facts = facts, .fact_count = COUNT(facts),
	.changes = changes, .change_count = COUNT(changes),
	.serves_dns = true,
	.by_pages = true,
};
