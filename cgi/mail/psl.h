#ifndef MAIL_PSL_H
#define MAIL_PSL_H

/*
 * The Public Suffix List (ICANN and private sections), by libpsl, without DNS.
 * A top-level domain that is not listed is a public suffix (the list's rule
 * "*").  Lives as long as its arena.
 */

#include "base/err.h"
#include "base/name.h"

struct psl;

/* A list as published (text) or compiled (DAFSA), already read. */
struct psl	*psl_read(struct arena *, struct text, struct err *);
/* The one built into libpsl, when the system has none. */
struct psl	*psl_of_library(struct arena *);
/* Where the system keeps the newest; the caller reads it. */
const char	*psl_system_file(void);

/* "co.uk" of "a.b.co.uk" and of "co.uk". */
struct name	 psl_public_suffix(struct arena *, const struct psl *, struct name);
/* "b.co.uk" of "a.b.co.uk"; NULL when the name is a public suffix itself. */
struct name	 psl_registered_domain(struct arena *, const struct psl *, struct name);

#endif
