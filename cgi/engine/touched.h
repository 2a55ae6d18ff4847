#ifndef ENGINE_TOUCHED_H
#define ENGINE_TOUCHED_H

/* How many domains a finding about the server or one of its addresses touches. */

#include "evidence/evidence.h"

struct touched {
	int64_t			 domains;	/* of the panel */
	const struct json	*mail;		/* fact domain_mail_all; NULL = not known */
};

/* false = on its way; what cannot be had counts as every domain. */
bool	touched_domains(struct evidence *, struct touched *ret);

/* Into "affects" of a server's report. */
void	touched_put(struct json *report, const struct touched *);

#endif
