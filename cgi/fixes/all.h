#ifndef FIXES_ALL_H
#define FIXES_ALL_H

/* One line per fix, for the table in fixes.c. */

#include "fixes/fix.h"

#endif
