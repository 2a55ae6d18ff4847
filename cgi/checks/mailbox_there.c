#include "checks/mailbox_there.h"

#include <string.h>
#include <strings.h>

bool
mailbox_there(const struct json *mailboxes, const char *address)
{
	const struct json *v;

	for (v = json_first(mailboxes); v != NULL; v = json_next(v)) {
		const char *kind = json_str(v, "kind");

		if (kind != NULL && strcmp(kind, "catch_all") == 0)
			return true;
		if (json_str(v, "address") != NULL && strcasecmp(json_str(v, "address"), address) == 0)
			return true;
	}
	return false;
}
