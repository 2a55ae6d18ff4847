#ifndef CHECKS_LOCAL_H
#define CHECKS_LOCAL_H

#include <stdbool.h>

struct json;

/*
 * Is the address's domain, or an alias of one, among those of the fact
 * `domains`?  What has no domain is a local user or a program.
 */
bool	address_is_local(const struct json *domains, const char *address);

#endif
