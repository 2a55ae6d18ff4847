#ifndef EVIDENCE_PANEL_FACTS_H
#define EVIDENCE_PANEL_FACTS_H

/*
 * Facts that exist for one domain and, by the panel's bulk calls, for all: a
 * bulk run (depth RESOLVER) reads the latter once, a single check the former.
 * Required; NULL = cannot go on.  A domain that the bulk answer does not hold
 * is asked for by itself.
 */

#include "evidence/evidence.h"

const struct json	*ev_domain_mail(struct evidence *, struct name domain);
const struct json	*ev_mailboxes(struct evidence *, struct name domain);
/* WordPress sites as the panel's toolkit keeps them: all, or, where it is asked site by site, those of
 * this domain.  Tolerant, like ev_fact_any. */
const struct json	*ev_sites_any(struct evidence *, struct name domain, const struct ev_failure **why);

#endif
