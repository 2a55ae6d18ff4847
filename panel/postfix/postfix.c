/* The table: what a Postfix without panel tells and what can be changed.  No row = it cannot. */

#include "panel/postfix/postfix.h"

#include "panel/host.h"
#include "panel/postfix/internal.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static const struct panel_fact facts[] = {
	{ "server",		postfix_server,		300 },
	{ "accounts",		postfix_accounts,		60 },
	{ "domains",		postfix_domains,		60 },
	{ "mail_server",	postfix_mail_server,	60 },
	{ "domain_mail",	postfix_domain_mail,	60 },
	{ "dkim_key",		postfix_dkim_key,		30 },
	{ "mailboxes",		postfix_mailboxes,		60 },
	{ "mailboxes_all",	postfix_mailboxes_all,	300 },
	{ "domain_mail_all",	postfix_domain_mail_all,	300 },
	{ "unlisted",		postfix_unlisted,		300 },
	{ "queue",		host_queue,		5 },
	{ "script_log",		host_script_log,	60 },
	{ "mail_traffic",	host_mail_traffic,	300 },
	{ "antivirus",		host_antivirus,		300 },
	{ "sites_on_disk",	host_sites,		3600 },
	{ "main_cf",		postfix_main_cf,	30 },
	{ "os",			host_os,		3600 },
	/* What the adapter itself stands on; not in panel.h. */
	{ "settings",		postfix_settings,		60 },
	{ "services",		postfix_services,		300 },
	{ "table",		postfix_table,		60 },
};

static const struct panel_change changes[] = {
	{ CHANGE_SETTING,	"myhostname",		postfix_next_parameter,		postfix_state_parameter, true },
	{ CHANGE_SETTING,	"smtpd_banner",		postfix_next_parameter,		postfix_state_parameter, true },
	{ CHANGE_SETTING,	"smtp_helo_name",	postfix_next_parameter,	postfix_state_parameter, true },
	{ CHANGE_SETTING,	"smtpd_end_of_data_restrictions", postfix_next_parameter, postfix_state_parameter, true },
	{ CHANGE_SETTING,	"inet_protocols",	postfix_next_parameter,		postfix_state_parameter, true },
	{ CHANGE_SETTING,	"smtp_address_preference", postfix_next_parameter,	postfix_state_parameter, true },
	{ CHANGE_SETTING,	"script_log",		host_next_script_log,		host_state_script_log },
	{ CHANGE_QUEUE,		NULL,			host_next_queue,		NULL },
};

const struct panel panel_postfix = {
	.kind = "postfix",
	.facts = facts, .fact_count = COUNT(facts),
	.changes = changes, .change_count = COUNT(changes),
	.serves_dns = false,
};
