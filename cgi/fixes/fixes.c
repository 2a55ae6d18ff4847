/*
 * All fixes, in the guide's order.  A new fix is a line in all.h and a row here.
 */

#include <string.h>

#include "fixes/all.h"

const struct fix *const fixes[] = {
	&fix_hostname_set,
	&fix_dns_forward_record,
	&fix_ptr_request,
	&fix_egress_ipv4_only,
	&fix_spf_publish,
	&fix_spf_merge,
	&fix_spf_authorise,
	&fix_spf_repair,
	&fix_spf_reduce,
	&fix_spf_close,
	&fix_dkim_enable_server,
	&fix_dkim_enable,
	&fix_dkim_publish,
	&fix_dkim_rotate,
	&fix_dmarc_publish,
	&fix_dmarc_merge,
	&fix_dmarc_relax,
	&fix_mx_publish,
	&fix_routing_remote,
	&fix_domain_park,
	&fix_limits_enable,
	&fix_limits_set,
	&fix_limits_close_bypass,
	&fix_role_mailbox_create,
	&fix_forwarding_keep_copy,
	&fix_forwarding_stop,
	&fix_catchall_reject,
	&fix_queue_hold,
	&fix_queue_delete_bounces,
	&fix_mailbox_password,
	&fix_mailbox_block,
	&fix_script_stop,
	&fix_mail_log_enable,
	&fix_antivirus_install,
	&fix_wordpress_update,
	&fix_wordpress_auto_update,
	&fix_resolver_local,
	&fix_delist_request,
};
const size_t fixes_count = sizeof(fixes) / sizeof(fixes[0]);

/* No finding offers these, and no list has them: what a person chose in the queue itself. */
static const struct fix *const by_hand[] = {
	&fix_queue_hold_messages,
	&fix_queue_release,
	&fix_queue_delete,
};

const struct fix *
fix_find(const char *id)
{
	for (size_t i = 0; i < fixes_count; i++)
		if (strcmp(fixes[i]->id, id) == 0)
			return fixes[i];
	for (size_t i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++)
		if (strcmp(by_hand[i]->id, id) == 0)
			return by_hand[i];
	return NULL;
}
