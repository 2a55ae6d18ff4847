#ifndef FIXES_ALL_H
#define FIXES_ALL_H

/* One line per fix, for the table in fixes.c. */

#include "fixes/fix.h"

extern const struct fix fix_hostname_set, fix_dns_forward_record, fix_ptr_request, fix_egress_ipv4_only;
extern const struct fix fix_spf_publish, fix_spf_merge, fix_spf_authorise, fix_spf_repair,
    fix_spf_reduce, fix_spf_close;
extern const struct fix fix_dkim_enable_server, fix_dkim_enable, fix_dkim_publish, fix_dkim_rotate;
extern const struct fix fix_dmarc_publish, fix_dmarc_merge, fix_dmarc_relax;
extern const struct fix fix_mx_publish, fix_routing_remote, fix_domain_park;
extern const struct fix fix_limits_enable, fix_limits_set, fix_limits_close_bypass;
extern const struct fix fix_role_mailbox_create, fix_forwarding_keep_copy, fix_forwarding_stop,
    fix_catchall_reject, fix_mailbox_password, fix_mailbox_block;
extern const struct fix fix_queue_hold, fix_queue_delete_bounces;
extern const struct fix fix_queue_hold_messages, fix_queue_release, fix_queue_delete;
extern const struct fix fix_script_stop, fix_wordpress_update, fix_wordpress_auto_update;
extern const struct fix fix_mail_log_enable, fix_antivirus_install, fix_resolver_local;
extern const struct fix fix_delist_request;

#endif
