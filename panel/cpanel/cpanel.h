#ifndef PANEL_CPANEL_CPANEL_H
#define PANEL_CPANEL_CPANEL_H

/*
 * cPanel & WHM 110 to 138 on Linux: WHM API 1, and UAPI for what belongs to one
 * account.  By HTTPS with a token of root (or of a reseller, who then sees what is
 * his), or by the panel's own commands through the privileged helper.
 *
 * Settings (kind "setting") that can be changed; `object` is "server", a
 * domain (A-labels), an address:
 *
 *	scope    key               value
 *	server   hostname          "srv1.host.example"; takes minutes and restarts services
 *	server   outgoing_limits   {"enabled":true,"domain":300}: messages an hour of a domain, -1 = no
 *	                           limit; there is none of a mailbox or a subscription
 *	server   script_log        see panel/host.h
 *	domain   dkim              true: key and record of it; false takes the record out, the key stays
 *	domain   dkim_key          {"selector":"default","bits":2048}: a new key for a weak one (no undo)
 *	domain   catch_all         {"kind":"reject|discard|forward","target":text|null}; target of
 *	                           reject: the text that the sender is told; of forward: an address, or
 *	                           the account's own name (its main mailbox)
 *	domain   routing           "local|remote|auto|secondary": who takes its mail (Email Routing)
 *	domain   outgoing_limit    messages an hour of each domain of its account; null = as the server says
 *	mailbox  outgoing_limit    0 = sends nothing (suspended); null = as the account may
 *	mailbox  keeps_copy        true: an address that forwards is a mailbox as well, of which nobody
 *	                           knows the password; false only while it is empty
 *
 * Kind "mailbox": {"kind":"alias|forward","targets":[...]}, which are both
 * forwarders here; null = not there.  Kind "forward": where an address forwards
 * to; what is no address (a program, the account itself, a refusal) is not told
 * and stays.  Kind "secret", key "password": a mailbox's new password, by HTTPS.
 * Kind "rrset": one mass edit with the zone's serial, all or nothing.  Kind
 * "queue": Exim's, through the helper.
 *
 * What is not here cPanel cannot do by a documented call: Exim's own settings, the HELO
 * and the sending address of a domain.
 */

#include "panel/panel.h"

extern const struct panel panel_cpanel;

#endif
