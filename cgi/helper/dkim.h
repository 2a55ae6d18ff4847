#ifndef HELPER_DKIM_H
#define HELPER_DKIM_H

/* What the signers' own files (opendkim.c, rspamd.c) tell dkim.c. */

#include "helper/helper.h"

struct dkim_keys {
	struct verb_call	*call;
	const char		*domain, *selector;	/* selector NULL = all */
	struct str		 out;
	size_t			 count;
};

/* A key of the domain in a file of its own; not there, or not readable: a row without a record. */
void	dkim_add_key(struct dkim_keys *, const char *signer, const char *selector, const char *path);
/* The signer may have a key, where it cannot be looked for: in a database, or in the table itself. */
void	dkim_add_unread(struct dkim_keys *, const char *signer);
bool	dkim_wants(const struct dkim_keys *, const char *selector);
/* "/etc/keys/$domain.key" with every `mark` replaced. */
const char *dkim_put(struct arena *, const char *form, const char *mark, const char *value);

void	opendkim_keys(struct dkim_keys *);
void	rspamd_keys(struct dkim_keys *);

#endif
