/*
 * Who signs, and with which key: Plesk (/etc/domainkeys/DOMAIN/SELECTOR),
 * opendkim.c, rspamd.c.  The private key goes to openssl on its standard input
 * and its public half comes back; nothing else leaves here.
 */

#include <string.h>

#include "base/code.h"
#include "helper/dkim.h"

#define KEY_MAX		(16UL * 1024)
#define KEYS_MAX	64

bool
dkim_wants(const struct dkim_keys *k, const char *selector)
{
	return word_is_selector(selector) && k->count < KEYS_MAX &&
	    (k->selector == NULL || strcmp(k->selector, selector) == 0);
}

const char *
dkim_put(struct arena *a, const char *form, const char *mark, const char *value)
{
	struct text rest = text_of(form);
	struct str s = str_in(a, 2048);
	size_t at;

	for (; text_find(rest, text_of(mark), &at); rest = text_skip(rest, at + strlen(mark))) {
		str_addt(&s, text_head(rest, at));
		str_add(&s, value);
	}
	str_addt(&s, rest);
	return str_ok(&s) ? s.p : "";
}

void
dkim_add_unread(struct dkim_keys *k, const char *signer)
{
	struct json *row = json_new_object(k->call->arena);

	json_put_null(row, "selector");
	json_put_null(row, "record");
	json_put_str(row, "signer", signer);
	str_addf(&k->out, "%s\n", json_print(k->call->arena, row));
}

/* A key that cannot be read is a row without a record: the signer has it, we do not know it. */
void
dkim_add_key(struct dkim_keys *k, const char *signer, const char *selector, const char *path)
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
	/* Two ways may lead to one key. */
	if (strstr(k->out.p, json_print(a, row)) != NULL)
		return;
	str_addf(&k->out, "%s\n", json_print(a, row));
	k->count++;
}

static void
plesk(struct dkim_keys *k)
{
	struct arena *a = k->call->arena;
	const char *folder = arena_printf(a, "/etc/domainkeys/%s", k->domain);
	const char **names;
	size_t count, i;

	names = list_folder(a, k->call->helper->root, folder, KEYS_MAX, &count);
	for (i = 0; i < count; i++)
		if (dkim_wants(k, names[i]))
			dkim_add_key(k, "plesk", names[i], arena_printf(a, "%s/%s", folder, names[i]));
}

bool
verb_dkim_key(struct verb_call *c, struct err *err)
{
	struct dkim_keys k = { .call = c, .domain = c->args[0],
	    .selector = c->arg_count > 1 ? c->args[1] : NULL, .out = str_in(c->arena, HELPER_OUT_MAX) };

	if (!word_is_host(k.domain))
		return err_set(err, ERR_VALUE, "not a domain name");
	if (k.selector != NULL && !word_is_selector(k.selector))
		return err_set(err, ERR_VALUE, "not a selector");
	plesk(&k);
	opendkim_keys(&k);
	rspamd_keys(&k);
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
