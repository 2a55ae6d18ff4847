#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

/*
 * Who did or tried what: every denied and every changing request, and every
 * view of another's data.  Only ever appended; each row holds the SHA-256 over
 * the row before and itself, so a row that was edited or taken away shows.
 */

#include "store/store.h"

struct audit_event {
	int64_t		 at;
	const char	*login, *role, *acting, *from;	/* NULL allowed */
	const char	*action;	/* "plan", "apply", "undo", "denied", "view", ... */
	const char	*object;	/* a domain, "entry 12", a path */
	const char	*domain;	/* tenant key or NULL, so a customer can be shown his */
	const char	*outcome;	/* "ok", "denied", an err_word or a STATE */
	const char	*detail;	/* one line or NULL */
};

bool		 store_audit(struct store *, const struct audit_event *, struct err *);

/*
 * {"events":[{"id","at","login","role","acting","from","action","object","outcome","detail"}],
 *  "total"}, newest first.  Customers see what concerns their domains.
 */
struct json	*store_audit_list(struct store *, struct arena *, const struct store_scope *,
		    const char *text, size_t page, size_t per_page, struct err *);

struct audit_proof {
	bool	 whole;
	int64_t	 rows;
	int64_t	 first_bad;	/* id of the first row that does not fit; 0 = none */
};

/* Reads the whole chain.  false only when it could not be read. */
bool		 store_audit_verify(struct store *, struct audit_proof *ret, struct err *);

#endif
