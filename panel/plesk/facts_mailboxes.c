/*
 * Mail addresses.  XML mail.get_info tells all of a site's accounts; one packet
 * holds many sites.  Without the XML API the utility lists the whole server in
 * one call, and one call an address tells the rest.
 */

#include <string.h>

#include "base/map.h"
#include "panel/plesk/cli_text.h"
#include "panel/plesk/internal.h"

#define INFO_MAX	200		/* addresses of one domain: one call each, without XML */

/* --- rows ------------------------------------------------------------------------------------- */

static struct json *
add_row(struct json *rows, const char *address, const char *kind)
{
	struct json *row = json_add_object(rows);

	json_put_str(row, "address", address);
	json_put_str(row, "kind", kind);
	json_put_null(row, "enabled");
	json_put_array(row, "targets");
	json_put_null(row, "keeps_copy");
	return row;
}

static void
put_known(struct json *row, const char *key, int value)
{
	if (value < 0)
		json_put_null(row, key);
	else
		json_put_bool(row, key, value == 1);
}

/* No element, no member: not every Plesk tells it, and then it is not known. */
static void
put_limit(struct json *row, const struct xml *mailname)
{
	int64_t n;

	if (plesk_limit(mailname, "outgoing-messages-mbox-limit", &n))
		json_put_int(row, "limit", n);
	else if (xml_child(mailname, "outgoing-messages-mbox-limit") != NULL)
		json_put_null(row, "limit");
}

static const char *
address_in(struct arena *a, const char *local, const char *domain)
{
	return strchr(local, '@') != NULL ? local : arena_printf(a, "%s@%s", local, domain);
}

static void
add_alias(struct json *rows, struct arena *a, const char *domain, const char *local, const char *of)
{
	struct json *row = add_row(rows, address_in(a, local, domain), "alias");

	json_put_bool(row, "enabled", true);
	json_add_str(json_edit(row, "targets"), of);
}

/* A mailbox that forwards as well has a row of each. */
void
plesk_add_mailname(struct json *rows, struct arena *a, const char *domain, const struct xml *mailname)
{
	const struct xml *forwarding = xml_child(mailname, "forwarding"), *v;
	const char *local = xml_str(a, mailname, "name"), *address;
	int mailbox = xml_tristate(xml_child(mailname, "mailbox"), "enabled");
	bool forwards = xml_tristate(forwarding, "enabled") == 1;
	struct json *row;

	if (local == NULL || *local == '\0')
		return;
	address = address_in(a, local, domain);
	if (mailbox != 0 || !forwards) {
		row = add_row(rows, address, "mailbox");
		put_known(row, "enabled", mailbox);
		put_limit(row, mailname);
	}
	if (forwards) {
		row = add_row(rows, address, "forward");
		json_put_bool(row, "enabled", true);
		put_known(row, "keeps_copy", mailbox);
		put_limit(row, mailname);
		for (v = xml_child(forwarding, "address"); v != NULL; v = xml_again(v, "address"))
			json_add_str(json_edit(row, "targets"), text_show(a, text_trim(v->text)));
	}
	for (v = xml_child(mailname, "alias"); v != NULL; v = xml_again(v, "alias"))
		add_alias(rows, a, domain, text_show(a, text_trim(v->text)), address);
}

static void
add_catch_all(struct json *rows, struct arena *a, const char *domain, const struct json *mail)
{
	const struct json *catch_all = json_get(mail, "catch_all");
	const char *kind = json_str(catch_all, "kind"), *target = json_str(catch_all, "target");
	struct json *row;

	if (kind == NULL || target == NULL || strcmp(kind, "forward") != 0)
		return;
	row = add_row(rows, arena_printf(a, "*@%s", domain), "catch_all");
	json_put_bool(row, "enabled", true);
	json_add_str(json_edit(row, "targets"), target);
}

/* --- by utility ------------------------------------------------------------------------------- */

void
plesk_add_mail_info(struct json *rows, struct arena *a, const char *address, struct text info)
{
	const char *domain = strrchr(address, '@');
	struct text value, word;
	int mailbox = -1, forwards = 0;
	struct json *row;

	domain = domain == NULL ? "" : domain + 1;
	if (cli_find(info, "Mailbox", &value))
		mailbox = text_iis(value, "true") ? 1 : text_iis(value, "false") ? 0 : -1;
	if (cli_find(info, "Mailgroup", &value))
		forwards = text_iis(value, "true");
	if (mailbox != 0 || !forwards) {
		row = add_row(rows, address, "mailbox");
		put_known(row, "enabled", mailbox);
	}
	if (forwards) {
		row = add_row(rows, address, "forward");
		json_put_bool(row, "enabled", true);
		put_known(row, "keeps_copy", mailbox);
		if (cli_find(info, "Group member(s)", &value))
			while (cli_next_word(&value, &word))
				json_add_str(json_edit(row, "targets"), text_show(a, word));
	}
	if (cli_find(info, "Alias(es)", &value) || cli_find(info, "Aliases", &value))
		while (cli_next_word(&value, &word))
			add_alias(rows, a, domain, text_show(a, word), address);
}

/* Every address of the server, read once: {DOMAIN: [{"type","name"}]}. */
const struct json *
plesk_fact_mail_list(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	static const char *const list[] = { "--list", "-json", NULL };
	static const char *const plain[] = { "--list", NULL };
	struct json *all = json_new_array(a), *fact;
	const struct json *v;
	struct cli_result r;
	struct err err;
	enum got got;

	(void)arg;
	(void)params;
	got = plesk_ask_cli(ev, a, "mail", list, &r, &err);
	if (got == GOT_IT && r.code != 0)		/* before -json was known */
		got = plesk_ask_cli(ev, a, "mail", plain, &r, &err);
	if (!plesk_need(ev, "panel mail addresses", got, &err))
		return NULL;
	if (r.code != 0) {
		ev_fail(ev, "panel mail addresses", "protocol", cli_complaint(a, &r));
		return NULL;
	}
	cli_mail_list(all, a, r.out);
	fact = json_new_object(a);
	for (v = json_first(all); v != NULL; v = json_next(v)) {
		const char *at = strrchr(json_str(v, "name"), '@');
		struct json *rows;
		struct name domain;

		if (!name_from_person(a, text_of(at + 1), &domain, NULL))
			continue;
		rows = json_edit(fact, domain.s);
		json_add_copy(rows != NULL ? rows : json_put_array(fact, domain.s), v);
	}
	return fact;
}

static const struct json *
mailboxes_by_cli(struct evidence *ev, struct arena *a, const char *domain)
{
	const struct json *all = ev_fact(ev, "mail_list", NULL), *v;
	struct json *rows;
	size_t asked = 0;
	bool waiting = false;

	if (all == NULL)
		return NULL;
	rows = json_new_array(a);
	for (v = json_first(json_get(all, domain)); v != NULL; v = json_next(v)) {
		const char *type = json_str(v, "type"), *name = json_str(v, "name");
		const char *const params[] = { "--info", arena_strdup(evidence_arena(ev), name), NULL };
		struct cli_result r;
		struct err err;
		enum got got = GOT_NOT;

		if (type != NULL && strcmp(type, "alias") == 0)
			continue;			/* its mailbox tells of it */
		if (asked++ < INFO_MAX)
			got = plesk_ask_cli(ev, a, "mail", params, &r, &err);
		if (got == GOT_WAIT)
			waiting = true;
		else if (got == GOT_IT && r.code == 0)
			plesk_add_mail_info(rows, a, name, r.out);
		else
			add_row(rows, name, "mailbox");	/* it is there; more is not known */
	}
	return waiting ? NULL : rows;
}

/* --- one domain ------------------------------------------------------------------------------- */

/* One account each; a site without any gives an ok and no account. */
static void
add_results(struct json *rows, struct arena *a, const char *domain, const struct xml *get_info)
{
	const struct xml *result = xml_child(get_info, "result");

	for (; result != NULL; result = xml_again(result, "result")) {
		const struct xml *mailname = xml_child(result, "mailname");

		for (; mailname != NULL; mailname = xml_again(mailname, "mailname"))
			plesk_add_mailname(rows, a, domain, mailname);
	}
}

static void
add_question(struct str *ask, int64_t id)
{
	str_addf(ask, "<get_info><filter><site-id>%lld</site-id></filter>"
	    "<mailbox/><forwarding/><aliases/></get_info>", (long long)id);
}

/* The site was read, or has no accounts. */
static bool
site_answered(struct arena *a, const struct xml *get_info, struct err *err)
{
	const struct xml *result = xml_child(get_info, "result");

	return result == NULL || plesk_result_ok(a, result, err);
}

/* The addresses of one domain, without what its settings do with unknown ones. */
const struct json *
plesk_fact_site_accounts(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	struct str ask = packet_begin(a);
	const struct xml *packet = NULL, *get_info;
	const struct json *site;
	struct json *rows;
	struct err err;
	enum got got;

	(void)params;
	if (!plesk_site_row(ev, arg, &site))
		return NULL;
	if (site == NULL) {
		ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
		return NULL;
	}
	str_add(&ask, "<mail>");
	add_question(&ask, json_int(site, "id", 0));
	str_add(&ask, "</mail>");
	if ((got = plesk_ask_packet(ev, a, &ask, &packet, &err)) == GOT_WAIT)
		return NULL;
	get_info = xml_path(packet, "mail/get_info");
	if (got == GOT_IT && get_info != NULL && site_answered(a, get_info, &err)) {
		rows = json_new_array(a);
		add_results(rows, a, json_str(site, "ascii"), get_info);
		return rows;
	}
	return mailboxes_by_cli(ev, a, json_str(site, "ascii"));
}

const struct json *
plesk_fact_mailboxes(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *site, *accounts, *prefs;
	const struct ev_failure *why;
	struct json *rows;

	(void)params;
	if (!plesk_site_row(ev, arg, &site))
		return NULL;
	/* The name of an alias: the addresses are those of its domain. */
	if (site == NULL && !plesk_domain_row(ev, arg, &site))
		return NULL;
	if (site == NULL) {
		ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
		return NULL;
	}
	accounts = ev_fact(ev, "site_accounts", json_str(site, "ascii"));
	prefs = ev_fact_any(ev, "site_prefs", json_str(site, "ascii"), &why);
	if (accounts == NULL || (prefs == NULL && why == NULL))
		return NULL;
	rows = json_copy(a, accounts);
	add_catch_all(rows, a, json_str(site, "ascii"), prefs);
	return rows;
}

/* --- many ------------------------------------------------------------------------------------- */

const struct json *
plesk_fact_mailboxes_page(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	const struct json *domains = ev_fact(ev, "domains", NULL), *first, *d;
	const struct json *mails = ev_fact(ev, "domain_mail_all", NULL), *mail;
	struct str ask = packet_begin(a);
	const struct xml *packet, *get_info;
	struct json *page;
	struct err err;
	size_t i;

	(void)params;
	if (domains == NULL || mails == NULL)
		return NULL;
	if ((first = plesk_domain_page(domains, arg, SITES_PER_PACKET)) == NULL)
		return json_new_object(a);
	str_add(&ask, "<mail>");
	for (d = first, i = 0; d != NULL && i < SITES_PER_PACKET; d = json_next(d), i++)
		add_question(&ask, json_int(d, "id", 0));
	str_add(&ask, "</mail>");
	if (!plesk_need(ev, "panel mail addresses", plesk_ask_packet(ev, a, &ask, &packet, &err), &err))
		return NULL;
	page = json_new_object(a);
	get_info = xml_path(packet, "mail/get_info");
	for (d = first, i = 0; d != NULL && i < SITES_PER_PACKET; d = json_next(d), i++) {
		struct json *rows;

		/* Answers come in the order of the questions and do not name their site. */
		if (get_info == NULL) {
			ev_fail(ev, "panel mail addresses", "protocol",
			    "fewer answers than questions in a packet");
			return NULL;
		}
		if (site_answered(a, get_info, &err)) {
			rows = json_put_array(page, json_str(d, "ascii"));
			add_results(rows, a, json_str(d, "ascii"), get_info);
			if (ev_fact_member(ev, "domain_mail_all", NULL, json_str(d, "ascii"), &mail))
				add_catch_all(rows, a, json_str(d, "ascii"), mail);
		}
		get_info = xml_again(get_info, "get_info");
	}
	return page;
}

const struct json *
plesk_fact_mailboxes_all(struct evidence *ev, struct arena *a, const char *arg,
    const struct panel_params *params)
{
	(void)arg;
	(void)params;
	return plesk_join_pages(ev, a, "mailboxes_page", SITES_PER_PACKET);
}
