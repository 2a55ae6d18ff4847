#ifndef FIXES_AS_RUN_H
#define FIXES_AS_RUN_H

#include "fixes/fix.h"

/* What checks ask (checks/sending.h, use.h, ...), asked for a plan's target. */
static inline struct run
plan_as_run(const struct plan_run *plan)
{
	return (struct run){ .arena = plan->arena, .ev = plan->ev, .rules = plan->rules,
	    .options = plan->options, .now = plan->now, .domain = plan->domain,
	    .address = plan->address, .site = plan->site };
}

#endif
