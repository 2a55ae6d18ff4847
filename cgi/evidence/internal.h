#ifndef EVIDENCE_INTERNAL_H
#define EVIDENCE_INTERNAL_H

/* What the files of this room share; nobody else includes it. */

#include "evidence/evidence.h"
#include "evidence/truth.h"

struct call {				/* one question to the outside */
	struct request		 request;
	const struct reply	*reply;	/* NULL = on its way */
};

struct since { int64_t at; };

enum fact_state { FACT_WANTED, FACT_THERE, FACT_FAILED };

struct fact_entry {
	const char		*name, *arg;
	enum fact_state		 state;
	struct fact		*fact;
	struct ev_failure	 failure;
};

struct evidence {
	struct arena			*arena;
	const struct evidence_source	*source;
	int64_t				 now;
	struct map			*calls;		/* key -> struct call */
	struct map			*facts;		/* key -> struct fact_entry */
	struct map			*since;		/* "FINDING TARGET" -> struct since, as asked for */
	struct map			*memo;		/* what this room derived, by its own keys */
	struct activation		 outermost;
	struct activation		*activation;
	enum truth_depth		 depth;
	uint16_t			 authoritative_port;
	bool				 bulk;
	bool				 expired;
};

#endif
