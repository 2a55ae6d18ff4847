#ifndef PANEL_PLESK_PLESK_H
#define PANEL_PLESK_PLESK_H

/*
 * Plesk Obsidian on Linux: REST API v2 with its command gate, the XML API where
 * those cannot read a setting back, WP Toolkit's REST API.
 *
 * Settings (kind "setting") that can be changed; `object` is "server", a
 * domain (A-labels), an address or a site.  Before and after are plain JSON:
 *
 *	scope    key               value
 *	server   hostname          "srv1.host.example"
 *	server   dkim_signing      true; cannot be read: before unknown
 *	server   outgoing_limits   {"enabled":true,"mailbox":100,"domain":500,"subscription":1000};
 *	                           -1 = no limit; a member that is absent stays as it is
 *	server   outgoing_mode     {"mode":"domain-ip","explicit":["203.0.113.10"]}
 *	server   sendmail          true: scripts and users may use sendmail
 *	domain   dkim              true
 *	domain   dkim_record       true: Plesk writes the key record into its zone anew (no undo)
 *	domain   mail_service      true; false: mail for it leaves by its MX
 *	domain   catch_all         {"kind":"reject|bounce|forward","target":text|null}
 *	domain   outgoing_limit    messages an hour; -1 = no limit; null = as the levels above say
 *	mailbox  outgoing_limit    the same; 0 = sends nothing (blocked)
 *	mailbox  keeps_copy        true: an address that forwards is a mailbox as well
 *	site     updates           {"core":"6.8.3","plugins":{"slug":"6.1"},"themes":{}}: versions
 *
 * Kind "mailbox": {"kind":"alias","targets":["info@cust.example"]}, an alias of
 * that mailbox (in the same domain), or {"kind":"forward","targets":[...]}, an
 * address that only forwards; null = the address is not there.  Kind "forward":
 * where an existing address forwards to; null = nowhere.  Kind "secret", key
 * "password": a mailbox's new password.
 *
 * On the panel's own server also, through the privileged helper: the queue (kind
 * "queue"), server/script_log, and the key that DKIM signs with.
 *
 * What is not here Plesk cannot do, or nobody has documented how: the white
 * list of the outgoing limits, WordPress' automatic updates,
 * rotation of DKIM keys.
 */

#include "panel/panel.h"

extern const struct panel panel_plesk;

#endif
