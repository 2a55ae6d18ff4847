/*
 * All checks, in the guide's order.  A new check is one row here.
 */

#include "checks/all.h"

const struct check *const checks[] = {
	&check_helo,
	&check_ptr,
	&check_egress,
	&check_dns,
	&check_mail_routing,
	&check_spf,
	&check_dkim_server,
	&check_dkim,
	&check_dmarc,
	&check_transport,
	&check_blacklist,
	&check_domain_blacklist,
	&check_resolver,
	&check_limits,
	&check_queue,
	&check_mail_log,
	&check_antivirus,
	&check_wordpress,
	&check_role_mailboxes,
	&check_forwarding,
	&check_delist_readiness,	/* judges by those above: the last */
};
const size_t checks_count = sizeof(checks) / sizeof(checks[0]);
