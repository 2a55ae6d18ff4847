#ifndef PANEL_PLESK_RRSET_H
#define PANEL_PLESK_RRSET_H

/*
 * A change of a record set, taken apart into what has to be done to the panel's
 * records, in this order: values that stay but with another TTL and values that
 * are replaced by new ones are PUT (atomic, no moment without), what is left of
 * the new ones is POSTed, what is left of the old ones DELETEd: added before
 * removed, since the last MX of a zone may not go.  Pure.
 */

#include "panel/plesk/internal.h"

#define RECORDS_MAX	256

struct rrset_record {				/* as the panel has it */
	int64_t			 id;
	const struct json	*ttl;		/* as read; NULL = not said */
	const char		*host, *value, *opt;	/* as read */
	const char		*text;		/* value in our form */
	bool			 used;
};

enum rrset_do { OP_PUT, OP_POST, OP_DELETE };

struct rrset_op {
	enum rrset_do		 kind;
	struct rrset_record	*record;	/* PUT, DELETE */
	const char		*text;		/* PUT, POST: value in our form */
};

struct rrset_plan {
	struct arena		*arena;
	const struct change	*change;
	const char		*type;
	struct rrset_record	 records[RECORDS_MAX];
	size_t			 record_count;
	struct rrset_op		 ops[2 * RECORDS_MAX];
	size_t			 op_count;
	int64_t			 ttl;		/* of the whole set; 0 = the zone's default */
	bool			 other_ttl;	/* the present records are to get it as well */
};

/* The records that are there now, from GET /dns/records; ERR_LIMIT. */
bool		 plesk_rrset_read(struct rrset_plan *, const struct json *list, struct err *);
/* As a state of the change; NULL = none. */
const struct json *plesk_rrset_present(const struct rrset_plan *);
/* What has to be done; ERR_LIMIT. */
bool		 plesk_rrset_ops(struct rrset_plan *, struct err *);
/* Two values of this type are the same. */
bool		 plesk_rrset_same(const struct rrset_plan *, const char *, const char *);

#endif
