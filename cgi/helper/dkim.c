/*
 * Who signs, and with which key.  The private key goes to openssl on its
 * standard input and its public half comes back; nothing else leaves here.
 *
 *	Plesk		/etc/domainkeys/DOMAIN/SELECTOR
 *	OpenDKIM	its KeyTable, or Domain, Selector and KeyFile of opendkim.conf
 *	Rspamd		/var/lib/rspamd/dkim/DOMAIN.SELECTOR.key
 */

#include <string.h>

#include "base/code.h"
#include "helper/helper.h"

#define KEY_MAX		(16UL * 1024)
#define TABLE_MAX	(4UL * 1024 * 1024)
#define KEYS_MAX	64

struct keys {
	struct verb_call	*call;
	const char		*domain, *selector;	/* selector NULL = all */
	struct str		 out;
	size_t			 count;
};

static bool
wanted(const struct keys *k, const char *selector)
{
	return word_is_selector(selector) && k->count < KEYS_MAX &&
	    (k->selector == NULL || strcmp(k->selector, selector) == 0);
}

/* A key that cannot be read is a row without a record: the signer has it, we do not know it. */
static void
add_key(struct keys *k, const char *signer, const char *selector, const char *path)
{
	struct arena *a = k->call->arena;
	struct json *row = json_new_object(a);
	struct verb_reply made = { .status = -1 };
	struct text pem = { "", 0 };
	struct err err;

	json_put_str(row, "selector", selector);
	json_put_null(row, "record");
	json_put_str(row, "signer", signer);
	if (read_file(a, k->call->helper->root, path, KEY_MAX, &pem, &err) &&
	    run_program(a, (const char *const[]){ "openssl", "pkey", "-pubout", "-outform", "DER", NULL },
	    pem, &made, &err) && made.status == 0 && made.out.n > 0)
		/* An Ed25519 key is published bare (RFC 8463 4): the last 32 octets. */
		json_put_str(row, "record", made.out.n == 44 ?
		    arena_printf(a, "v=DKIM1; k=ed25519; p=%s", base64_encode(a, text_skip(made.out, 12))) :
		    arena_printf(a, "v=DKIM1; k=rsa; p=%s", base64_encode(a, made.out)));
	explicit_bzero((void *)(uintptr_t)pem.p, pem.n);
	str_addf(&k->out, "%s\n", json_print(a, row));
	k->count++;
}

static void
plesk(struct keys *k)
{
	struct arena *a = k->call->arena;
	const char *folder = arena_printf(a, "/etc/domainkeys/%s", k->domain);
	const char **names;
	size_t count, i;

	names = list_folder(a, k->call->helper->root, folder, KEYS_MAX, &count);
	for (i = 0; i < count; i++)
		if (wanted(k, names[i]))
			add_key(k, "plesk", names[i], arena_printf(a, "%s/%s", folder, names[i]));
}

/* --- OpenDKIM ------------------------------------------------------------------------------------- */

static bool
is_key_place(const char *path)
{
	static const char *const places[] = { "/etc/dkimkeys/", "/etc/opendkim/", "/etc/mail/dkim/",
	    "/var/db/dkim/", "/var/lib/opendkim/" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0 && strstr(path, "/.") == NULL)
			return true;
	return false;
}

/* "name domain:selector:/path/to/key" */
static void
key_table(struct keys *k, const char *path)
{
	struct arena *a = k->call->arena;
	struct text table, line, name, domain, selector;
	struct err err;

	if (!read_file(a, k->call->helper->root, path, TABLE_MAX, &table, &err))
		return;
	while (text_line(&table, &line)) {
		line = text_trim(line);
		for (name = line; name.n > 0 && !ascii_isspace((unsigned char)*name.p); name = text_skip(name, 1))
			;
		name = text_trim(name);
		if (line.n == 0 || line.p[0] == '#' || !text_split(&name, ':', &domain) ||
		    !text_split(&name, ':', &selector) || !text_iis(domain, k->domain))
			continue;
		if (wanted(k, text_cstr(a, selector)) && is_key_place(text_cstr(a, name)))
			add_key(k, "opendkim", text_cstr(a, selector), text_cstr(a, name));
	}
}

/* The value of "Key value" in opendkim.conf, the last one counts. */
static const char *
setting(struct arena *a, struct text conf, const char *key)
{
	struct text line;
	const char *found = NULL;

	while (text_line(&conf, &line)) {
		line = text_trim(line);
		if (text_istarts(line, key) && line.n > strlen(key) &&
		    ascii_isspace((unsigned char)line.p[strlen(key)]))
			found = text_cstr(a, text_trim(text_skip(line, strlen(key))));
	}
	return found;
}

static void
opendkim(struct keys *k)
{
	struct arena *a = k->call->arena;
	const char *table, *domain, *selector, *file;
	struct text conf = { "", 0 };
	struct err err;

	read_file(a, k->call->helper->root, "/etc/opendkim.conf", TABLE_MAX, &conf, &err);
	if ((table = setting(a, conf, "KeyTable")) != NULL) {
		const char *colon = strstr(table, ":/");

		key_table(k, colon != NULL ? colon + 1 : table);
	} else {
		key_table(k, "/etc/dkimkeys/KeyTable");
		key_table(k, "/etc/opendkim/KeyTable");
	}
	domain = setting(a, conf, "Domain");
	selector = setting(a, conf, "Selector");
	file = setting(a, conf, "KeyFile");
	if (table == NULL && domain != NULL && selector != NULL && file != NULL &&
	    text_iis(text_of(domain), k->domain) && wanted(k, selector) && is_key_place(file))
		add_key(k, "opendkim", selector, file);
}

static void
rspamd(struct keys *k)
{
	static const char folder[] = "/var/lib/rspamd/dkim";
	struct arena *a = k->call->arena;
	const char *prefix = arena_printf(a, "%s.", k->domain);
	const char **names;
	size_t count, i;

	names = list_folder(a, k->call->helper->root, folder, 10000, &count);
	for (i = 0; i < count; i++) {
		size_t n = strlen(names[i]), head = strlen(prefix);
		const char *selector;

		if (strncmp(names[i], prefix, head) != 0 || n < head + 5 || strcmp(names[i] + n - 4, ".key") != 0)
			continue;
		selector = arena_strndup(a, names[i] + head, n - head - 4);
		if (wanted(k, selector))
			add_key(k, "rspamd", selector, arena_printf(a, "%s/%s", folder, names[i]));
	}
}

bool
verb_dkim_key(struct verb_call *c, struct err *err)
{
	struct keys k = { .call = c, .domain = c->args[0],
	    .selector = c->arg_count > 1 ? c->args[1] : NULL, .out = str_in(c->arena, HELPER_OUT_MAX) };

	if (!word_is_host(k.domain))
		return err_set(err, ERR_VALUE, "not a domain name");
	if (k.selector != NULL && !word_is_selector(k.selector))
		return err_set(err, ERR_VALUE, "not a selector");
	plesk(&k);
	opendkim(&k);
	rspamd(&k);
	c->reply->status = 0;
	c->reply->out = str_text(&k.out);
	return true;
}

/* --- what is installed ------------------------------------------------------------------------------- */

bool
verb_services(struct verb_call *c, struct err *err)
{
	static const struct { const char *name, *path; } rows[] = {
		{ "opendkim", "/etc/opendkim.conf" },
		{ "rspamd", "/etc/rspamd/rspamd.conf" },
		{ "rspamd-dkim", "/etc/rspamd/local.d/dkim_signing.conf" },
		{ "rspamd-ratelimit", "/etc/rspamd/local.d/ratelimit.conf" },
		{ "policyd-rate-limit", "/etc/policyd-rate-limit.yaml" },
		{ "policyd-rate-limit", "/etc/policyd-rate-limit.conf" },
		{ "postfwd", "/etc/postfix/postfwd.cf" },
		{ "postfwd", "/etc/postfwd/postfwd.cf" },
		{ "cluebringer", "/etc/cluebringer/cluebringer.conf" },
		{ "postsrsd", "/etc/default/postsrsd" },
		{ "postsrsd", "/etc/postsrsd.conf" },
		{ "clamav", "/etc/clamav/clamd.conf" },
		{ "clamav", "/etc/clamd.d/scan.conf" },
		{ "plesk", "/etc/psa/psa.conf" },
	};
	struct str out = str_in(c->arena, 8192);

	(void)err;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *row = json_new_object(c->arena);

		if (!exists(c->helper->root, rows[i].path))
			continue;
		json_put_str(row, "name", rows[i].name);
		json_put_str(row, "path", rows[i].path);
		str_addf(&out, "%s\n", json_print(c->arena, row));
	}
	c->reply->status = 0;
	c->reply->out = str_text(&out);
	return true;
}
