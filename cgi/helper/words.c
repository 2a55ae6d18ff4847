/* What an argument may look like.  Everything else is refused before anything is run. */

#include <string.h>

#include "helper/helper.h"

static bool
labels(const char *s, size_t least)
{
	size_t n = strlen(s), count = 1, len = 0;

	if (n == 0 || n > 253 || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (len == 0 || s[i - 1] == '-')
				return false;
			count++;
			len = 0;
			continue;
		}
		if (!(s[i] >= 'a' && s[i] <= 'z') && !ascii_isdigit((unsigned char)s[i]) &&
		    s[i] != '_' && !(s[i] == '-' && len > 0))
			return false;
		if (++len > 63)
			return false;
	}
	return len > 0 && s[n - 1] != '-' && count >= least;
}

bool
word_is_host(const char *s)
{
	return labels(s, 2);
}

bool
word_is_selector(const char *s)
{
	return labels(s, 1);
}

/* Postfix: hexadecimal, or with enable_long_queue_ids base 52, which has no vowels.  "ALL" is a word
 * of postsuper: too short, and no number in either. */
bool
word_is_queue_id(const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char base52[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	size_t n = strlen(s);

	return n >= 6 && n <= 32 && (strspn(s, hex) == n || strspn(s, base52) == n);
}

/* Tables of files only: others (ldap, mysql, proxy) would make this process open connections. */
bool
word_is_table(const char *s)
{
	static const char *const types[] = { "hash:/", "btree:/", "lmdb:/", "cdb:/", "texthash:/", "dbm:/" };
	const char *path = strncmp(s, "/etc/", 5) == 0 ? s : NULL;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strncmp(s, types[i], strlen(types[i])) == 0)
			path = strchr(s, ':') + 1;
	if (path == NULL || strlen(path) > 1024 || strstr(path, "//") != NULL)
		return false;
	for (const char *p = path; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("/._-", *p) == NULL)
			return false;
	return strstr(path, "/.") == NULL;
}
