#ifndef FIXES_DISTRIBUTION_H
#define FIXES_DISTRIBUTION_H

/* Commands differ by what the server's packages are. */

#include "fixes/fix.h"

enum family { FAMILY_NOT_KNOWN, FAMILY_DEBIAN, FAMILY_RPM };

/* false = cannot go on.  Where nobody says, the text names both. */
bool	distribution(struct plan_run *, enum family *ret);

#endif
