#ifndef PANEL_POSTFIX_POSTFIX_H
#define PANEL_POSTFIX_POSTFIX_H

/*
 * A server without a panel: Postfix, with a signing milter and a policy server
 * as the distribution has them.  Everything goes through the privileged
 * helper (cgi/helper/helper.h); DNS is edited elsewhere.
 *
 * Settings that can be changed (kind "setting", scope and object "server");
 * null = it does not stand in main.cf, Postfix' own default holds:
 *
 *	myhostname		"mail.host.example"
 *	smtpd_banner		"$myhostname ESMTP"
 *	smtp_helo_name		null: $myhostname
 *	inet_protocols		"ipv4"; takes a restart, so that open connections end
 *	smtp_address_preference	"ipv4"
 *	smtpd_end_of_data_restrictions	a policy server comes or goes; the rest stays
 *	script_log		true: PHP writes which script sent a mail (our own file
 *				beside each php.ini; false takes it away)
 *
 * Kind "queue": hold, release, delete.  Domains are those of the configuration
 * and of mydestination, virtual_mailbox_domains and virtual_alias_domains, as
 * far as they are names or tables in files.  A database (mysql, pgsql, ldap,
 * sqlite) cannot be listed: its domains are those that the configuration names,
 * and each is asked for (postmap -q); without any the fact fails ("unlisted").
 * So do the mailboxes of such tables.  The fact "unlisted" has their names.
 *
 * mail_server.policy names the product that limits: "policyd-rate-limit",
 * "postfwd", "rspamd", "cluebringer" (no longer packaged), else the address of
 * a policy server that is not known to do something else.
 */

#include "panel/panel.h"

extern const struct panel panel_postfix;

#endif
