#ifndef CHECKS_ALL_H
#define CHECKS_ALL_H

/* One line per check, for the table in checks.c. */

#include "checks/check.h"

extern const struct check check_helo;
extern const struct check check_ptr;
extern const struct check check_egress;
extern const struct check check_dns;
extern const struct check check_mail_routing;
extern const struct check check_spf;
extern const struct check check_dkim_server;
extern const struct check check_dkim;
extern const struct check check_dmarc;
extern const struct check check_transport;
extern const struct check check_blacklist;
extern const struct check check_domain_blacklist;
extern const struct check check_resolver;
extern const struct check check_limits;
extern const struct check check_queue;
extern const struct check check_mail_log;
extern const struct check check_antivirus;
extern const struct check check_wordpress;
extern const struct check check_role_mailboxes;
extern const struct check check_forwarding;
extern const struct check check_delist_readiness;

#endif
