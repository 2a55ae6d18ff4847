#ifndef CHECKS_DMARC_STATE_H
#define CHECKS_DMARC_STATE_H

/*
 * What receivers are told to do with a domain's mail (the tree walk of RFC
 * 9989), and whether the mail that really leaves could pass.  Shared by the
 * check of DMARC and its fixes.
 */

#include "checks/check.h"
#include "checks/dkim_state.h"
#include "mail/dmarc_walk.h"

struct dmarc_state {
	struct dmarc_lookup	 lookup;
	struct dmarc_walk	 walk;
	const struct dmarc_level *own;		/* _dmarc of the domain itself */
	const struct dmarc_level *at;		/* what decides or spoils it; NULL = nothing found */
	enum known		 spf, dkim;	/* can they pass, aligned with the domain? */
	bool			 parked;
	bool			 sends;		/* mail of it leaves from here, as far as is known */
};

/* false = cannot go on (evidence.h); a walk that failed is a value (TEMPERROR). */
bool		 dmarc_look(struct run *, struct dmarc_state *ret);

/* One of them is enough (RFC 9989 4.4). */
enum known	 dmarc_can_pass(const struct dmarc_state *);

#endif
