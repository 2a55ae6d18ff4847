#ifndef CHECKS_WHOSE_H
#define CHECKS_WHOSE_H

/*
 * Whose is it?  Mail addresses, paths and scripts of this server, by the panel's
 * domains: a queue and a scanner name accounts and files, people have domains.
 * What cannot be told belongs to nobody: better no name than another's.
 */

#include "checks/check.h"

struct whose;

/* false = cannot go on.  Without a panel, or when its domains cannot be had, *ret knows nobody. */
bool		 whose_open(struct evidence *, struct arena *, struct whose **ret);

/* A domain of the panel in A-labels, or NULL. */
const char	*whose_domain(const struct whose *, const char *name);	/* or an alias, or a name below one */
const char	*whose_address(const struct whose *, const char *address);
const char	*whose_path(const struct whose *, const char *path);	/* of a file or folder */
/* "cust.example/wp/x.php" (X-PHP-Script), "/var/www/vhosts/cust.example/x.php"; "33:x.php" says nothing. */
const char	*whose_script(const struct whose *, const char *script);
/* The same place as "DOMAIN/path" below the domain's files, for what is done to it; NULL = it names none. */
const char	*whose_site(const struct whose *, const char *script);
/* A login: an address, else the main domain of that user. */
const char	*whose_account(const struct whose *, const char *account);
/* One message of the queue: who logged in, else the script, else its user.  What it claims as its
 * sender says nothing: anybody can write that. */
const char	*whose_message(const struct whose *, const struct json *message);

/* The main domain of its subscription; NULL = not told. */
const char	*whose_subscription(const struct whose *, const char *domain);
/* Are there domains to tell by? */
bool		 whose_knows(const struct whose *);

/* The panel's login that owns the domain; NULL = not told. */
const char	*whose_owner(const struct whose *, const char *domain);

#endif
