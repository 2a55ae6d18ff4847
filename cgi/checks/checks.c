/*
 * All checks, in the guide's order.  A new check is one row here.
 */

#include "checks/check.h"
#include "checks/all.h"

const struct check *const checks[] = {
	&check_dns,
};
const size_t checks_count = sizeof(checks) / sizeof(checks[0]);
