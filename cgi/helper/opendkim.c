/*
 * Which keys OpenDKIM signs a domain with (opendkim.conf(5), opendkim(8)):
 *
 *	SigningTable	sender -> name; "refile:" takes '*' in the sender
 *	KeyTable	name -> domain:selector:/path/to/key; '%' = the sender's domain
 *	without them	Domain, Selector and KeyFile
 *
 * A table that is no file (a database, a directory) cannot be read here, and a
 * key that stands in the table itself is not taken from it: both are said.
 */

#include <fnmatch.h>
#include <string.h>

#include "helper/dkim.h"

#define TABLE_MAX	(4UL * 1024 * 1024)
#define NAMES_MAX	64

static const char signer[] = "opendkim";

static bool
is_key_place(const char *path)
{
	static const char *const places[] = { "/etc/dkimkeys/", "/etc/opendkim/", "/etc/mail/dkim/",
	    "/etc/postfix/dkim/", "/var/db/dkim/", "/var/lib/opendkim/" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0 && strstr(path, "/.") == NULL)
			return true;
	return false;
}

/* "file:/x", "refile:/x" and "/x" are files; anything else is none.  *glob: senders have '*'. */
static const char *
file_of(const char *table, bool *glob)
{
	*glob = strncmp(table, "refile:", 7) == 0;
	if (*glob || strncmp(table, "file:", 5) == 0)
		table = strchr(table, ':') + 1;
	return table[0] == '/' ? table : NULL;
}

/* The next "key value" of a table; what comes after '#' is a remark. */
static bool
next_row(struct text *table, struct text *key, struct text *value)
{
	struct text line, kept;
	size_t n;

	while (text_line(table, &line)) {
		kept = line;
		text_split(&line, '#', &kept);
		kept = text_trim(kept);
		for (n = 0; n < kept.n && !ascii_isspace((unsigned char)kept.p[n]); n++)
			;
		*key = text_head(kept, n);
		*value = text_trim(text_skip(kept, n));
		if (key->n > 0 && value->n > 0)
			return true;
	}
	return false;
}

/* --- SigningTable ------------------------------------------------------------------------------------------- */

/* Does it speak of senders of this domain?  "user@cust.example", "*@cust.example", ".example", "*". */
static bool
is_of_domain(struct arena *a, struct text sender, const char *domain, bool glob)
{
	const char *s = text_cstr(a, sender), *at = strrchr(s, '@');
	const char *part = at == NULL ? s : at + 1;
	size_t n = strlen(domain), m = strlen(part);

	if (strcmp(part, "*") == 0)
		return true;
	if (glob)	/* without an at sign the '*' stands for the sender's name as well */
		return fnmatch(part, at == NULL ? arena_printf(a, "x@%s", domain) : domain, FNM_CASEFOLD) == 0;
	return text_iis(text_of(part), domain) ||
	    (part[0] == '.' && n > m && text_iis(text_of(domain + n - m), part));
}

/* The names of the keys it signs this domain with, in their order; false = that cannot be read. */
static bool
signing_names(struct dkim_keys *k, const char *table, struct text names[NAMES_MAX], size_t *count)
{
	struct arena *a = k->call->arena;
	struct text rest, sender, name;
	struct err err;
	bool glob;
	const char *path = file_of(table, &glob);

	*count = 0;
	if (path == NULL || !read_file(a, k->call->helper->root, path, TABLE_MAX, &rest, &err))
		return false;
	while (*count < NAMES_MAX && next_row(&rest, &sender, &name))
		if (is_of_domain(a, sender, k->domain, glob))
			names[(*count)++] = text_is(name, "%") ? text_of(k->domain) : name;
	return true;
}

/* --- KeyTable ----------------------------------------------------------------------------------------------- */

static void
add_row(struct dkim_keys *k, struct text value)
{
	struct arena *a = k->call->arena;
	struct text domain, selector;
	const char *path, *sel;

	if (!text_split(&value, ':', &domain) || !text_split(&value, ':', &selector) ||
	    !(text_iis(domain, k->domain) || text_is(domain, "%")) || !dkim_wants(k, sel = text_cstr(a, selector)))
		return;
	path = dkim_put(a, text_cstr(a, value), "%", k->domain);
	if (is_key_place(path))
		dkim_add_key(k, signer, sel, path);
	else if (path[0] != '/')
		dkim_add_unread(k, signer);
}

/* names NULL = of all rows; else those of this name. */
static bool
key_table(struct dkim_keys *k, const char *table, const struct text *wanted)
{
	struct text rest, name, value;
	struct err err;
	bool glob;
	const char *path = file_of(table, &glob);

	if (path == NULL || !read_file(k->call->arena, k->call->helper->root, path, TABLE_MAX, &rest, &err))
		return false;
	while (next_row(&rest, &name, &value))
		if (wanted == NULL || text_eq(name, *wanted))
			add_row(k, value);
	return true;
}

/* --- opendkim.conf ------------------------------------------------------------------------------------------ */

/* The value of "Key value", the last one counts. */
static const char *
setting(struct arena *a, struct text conf, const char *wanted)
{
	struct text key, value;
	const char *found = NULL;

	while (next_row(&conf, &key, &value))
		if (text_iis(key, wanted))
			found = text_cstr(a, value);
	return found;
}

static bool
is_listed(const char *domains, const char *domain)
{
	struct text rest = text_of(domains), one;

	while (text_split(&rest, ',', &one))
		if (text_iis(text_trim(one), domain) || text_is(text_trim(one), "*"))
			return true;
	return false;
}

static void
by_tables(struct dkim_keys *k, const char *key, const char *signing)
{
	struct text names[NAMES_MAX];
	size_t count, before = k->count, i;
	bool read = true;

	if (signing == NULL || !signing_names(k, signing, names, &count))
		read = key_table(k, key, NULL);
	else
		for (i = 0; i < count && read; i++)
			read = key_table(k, key, &names[i]);
	if (!read && k->count == before)
		dkim_add_unread(k, signer);
}

void
opendkim_keys(struct dkim_keys *k)
{
	static const char *const usual[] = { "/etc/dkimkeys/KeyTable", "/etc/opendkim/KeyTable" };
	struct arena *a = k->call->arena;
	const char *table, *domain, *selector, *file;
	struct text conf = { "", 0 };
	struct err err;
	bool is_there = read_file(a, k->call->helper->root, "/etc/opendkim.conf", TABLE_MAX, &conf, &err);

	if ((table = setting(a, conf, "KeyTable")) != NULL) {
		by_tables(k, table, setting(a, conf, "SigningTable"));
		return;
	}
	domain = setting(a, conf, "Domain");
	selector = setting(a, conf, "Selector");
	file = setting(a, conf, "KeyFile");
	if (domain != NULL && selector != NULL && file != NULL && is_listed(domain, k->domain) &&
	    dkim_wants(k, selector) && is_key_place(file))
		dkim_add_key(k, signer, selector, file);
	else if (domain != NULL && strpbrk(domain, "/:") != NULL)	/* a set of domains, not their names */
		dkim_add_unread(k, signer);
	if (is_there && domain != NULL)
		return;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		key_table(k, usual[i], NULL);
}
