/*
 * What each fix is with each panel.  The facts of the contract stand here, one
 * line per fix; docs/fixes.md is made of them (`fix_table --write`) and has to
 * say the same, and so have the fixes' own rows and the adapters' tables.
 */

#include "base/arena.h"
#include "base/catalog.h"
#include "base/file.h"
#include "base/str.h"
#include "fixes/fix.h"
#include "panel/panel.h"
#include "unit/test.h"

#define DOC	"docs/fixes.md"

#define P	PANEL_PLESK
#define C	PANEL_CPANEL
#define F	PANEL_POSTFIX
#define N	8		/* no panel */
#define PC	(P | C)
#define PCF	(P | C | F)
#define ADMIN	ROLE_ADMIN
#define ALL	ROLE_ALL

struct row {
	const char	*id;
	enum scope	 scope;
	unsigned	 roles;
	unsigned	 panels;	/* the contract's list */
	const char	*params;	/* names, blank between */
	unsigned	 copy;		/* of these: no call is known, so it is text to copy */
	unsigned	 refused;	/* the panel has no such thing: always refused */
	bool		 no_undo;
	enum change_kind makes;		/* where it is a click; with panels other than 0 */
	const char	*key;		/* of a setting; NULL = another one with each panel */
	const char	*note;
	const char	*lasting;	/* what has no undo, and why; NULL = all of it has one */
};

static const struct row rows[] = {
	{ "hostname.set", SCOPE_SERVER, ADMIN, PCF, "hostname", 0, 0, false, CHANGE_SETTING, NULL,
	    "a name that leads to a sending address" },
	{ "dns.forward_record", SCOPE_SERVER, ADMIN, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "ptr.request", SCOPE_ADDRESS, ADMIN, 0, "hostname", 0, 0, false, 0, NULL,
	    "a message to the owner of the address" },
	{ "egress.ipv4_only", SCOPE_SERVER, ADMIN, P | F, "", 0, 0, false, CHANGE_SETTING, NULL, "" },
	{ "spf.publish", SCOPE_DOMAIN, ALL, PC, "all senders", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "spf.merge", SCOPE_DOMAIN, ALL, PC, "all", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "spf.authorise", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "spf.repair", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "spf.reduce", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "spf.close", SCOPE_DOMAIN, ALL, PC, "all", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "dkim.enable_server", SCOPE_SERVER, ADMIN, P, "", 0, C, false, CHANGE_SETTING, "dkim_signing",
	    "cPanel has no such switch",
	    "Plesk does not tell how the switch stands, so there is no former state to go back to; it is switched off in Plesk's mail settings" },
	{ "dkim.enable", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_SETTING, "dkim", "" },
	{ "dkim.publish", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "",
	    "where Plesk is told to write the record of its key anew: what stood there was no key that it would write again" },
	{ "dkim.rotate", SCOPE_DOMAIN, ALL, C, "", 0, 0, true, CHANGE_SETTING, "dkim_key", "",
	    "cPanel keeps no former key; the new one is published with it" },
	{ "dmarc.publish", SCOPE_DOMAIN, ALL, PC, "policy rua", 0, 0, false, CHANGE_RRSET, NULL,
	    "never to reject" },
	{ "dmarc.merge", SCOPE_DOMAIN, ALL, PC, "keep", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "dmarc.relax", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "" },
	{ "mx.publish", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL, "",
	    "Plesk deletes no last MX: where there was none, the one that was written stays" },
	{ "routing.remote", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_SETTING, NULL, "" },
	{ "domain.park", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_RRSET, NULL,
	    "three record sets in one plan",
	    "where Plesk has no MX yet, as with mx.publish; all three record sets stay then" },
	{ "limits.enable", SCOPE_SERVER, ADMIN, PCF, "mailbox domain subscription", F, 0, false,
	    CHANGE_SETTING, "outgoing_limits", "cPanel: of domains only; Postfix: a policy server, by commands; one_click where one is installed and not asked" },
	{ "limits.set", SCOPE_SERVER, ADMIN, PCF, "mailbox domain subscription", F, 0, false,
	    CHANGE_SETTING, "outgoing_limits", "cPanel: of domains only; Postfix: in the policy server" },
	{ "limits.close_bypass", SCOPE_SERVER, ADMIN, P, "", P, C | F | N, false, 0, NULL,
	    "no call of Plesk edits its white list" },
	{ "role_mailbox.create", SCOPE_DOMAIN, ALL, PC, "target", 0, 0, false, CHANGE_MAILBOX, NULL, "" },
	{ "forwarding.keep_copy", SCOPE_MAILBOX, ALL, PC, "address", 0, 0, false,
	    CHANGE_SETTING, "keeps_copy", "" },
	{ "forwarding.stop", SCOPE_MAILBOX, ALL, PC, "address", 0, 0, false, CHANGE_FORWARD, NULL,
	    "what is sent on inside the server stays" },
	{ "catchall.reject", SCOPE_DOMAIN, ALL, PC, "", 0, 0, false, CHANGE_SETTING, "catch_all", "" },
	{ "queue.hold", SCOPE_SERVER, ALL, PCF, "group", 0, 0, false, CHANGE_QUEUE, NULL,
	    "needs the helper on the server; undo releases" },
	{ "queue.delete_bounces", SCOPE_SERVER, ADMIN, PCF, "older_than", 0, 0, true, CHANGE_QUEUE, NULL,
	    "needs the helper on the server",
	    "a deleted message is gone, so its number is asked for first" },
	{ "mailbox.password", SCOPE_MAILBOX, ALL, PC, "address", 0, 0, true, CHANGE_SECRET, "password",
	    "given when it is applied",
	    "nobody knows the former password, and it is kept nowhere" },
	{ "mailbox.block", SCOPE_MAILBOX, ALL, PC, "address", 0, 0, false, CHANGE_SETTING, "outgoing_limit",
	    "Plesk: its limits have to be on" },
	{ "script.stop", SCOPE_SITE, ALL, PC, "", 0, 0, false, CHANGE_SETTING, "mode",
	    "its rights are taken away; needs the helper on the server" },
	{ "mail_log.enable", SCOPE_SERVER, ADMIN, PCF, "", 0, 0, false, CHANGE_SETTING, "script_log",
	    "needs the helper on the server" },
	{ "antivirus.install", SCOPE_SERVER, ADMIN, 0, "", 0, 0, false, 0, NULL, "commands for the distribution" },
	{ "wordpress.update", SCOPE_SITE, ALL, PC, "", 0, 0, true, CHANGE_SETTING, "updates",
	    "by the toolkit: Plesk's with a restore point; cPanel's by the helper on the server",
	    "none by us: Plesk's restore point, made before, or the site's backup leads back" },
	{ "wordpress.auto_update", SCOPE_SITE, ALL, PC, "", P, 0, false, CHANGE_SETTING, "auto_update",
	    "Plesk's description has no call for it; cPanel: needs the helper on the server" },
	{ "resolver.local", SCOPE_SERVER, ADMIN, 0, "", 0, 0, false, 0, NULL, "commands for the distribution" },
	{ "delist.request", SCOPE_ADDRESS, ADMIN, 0, "provider", 0, 0, false, 0, NULL,
	    "opens when the guide's three conditions hold" },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static const struct { const char *kind, *name; unsigned bit; } kinds[] = {
	{ "plesk", "Plesk", P }, { "cpanel", "cPanel", C }, { "postfix", "Postfix", F }, { "none", "no panel", N },
};

static const char *
mode_on(const struct row *row, const struct fix *fix, unsigned bit)
{
	if (fix->request)
		return "request";
	if ((row->refused & bit) != 0)
		return "refused";
	return (row->panels & ~row->copy & bit) != 0 ? "one_click" : "copy";
}

static const char *
document(struct arena *a)
{
	struct str s = str_in(a, 65536);

	str_add(&s, "# Fixes\n\nWhat each is with each panel: `one_click` (plan, preview, apply, verify, undo), `copy`\n"
	    "(the same plan as text: the record, the commands, the steps), `request` (a message to send)\n"
	    "or `refused` (there is no such thing there). DNS that another operator serves is always `copy`.\n"
	    "`tests/unit/fix_table.c` makes this page (`build/unit/fix_table --write`) and holds it.\n\n"
	    "| fix | Plesk | cPanel | Postfix | no panel | parameters | undo | note |\n"
	    "|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < ROWS; i++) {
		const struct fix *fix = fix_find(rows[i].id);

		if (fix == NULL)
			continue;
		str_addf(&s, "| %s |", rows[i].id);
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			str_addf(&s, " %s |", mode_on(&rows[i], fix, kinds[k].bit));
		str_addf(&s, " %s | %s | %s |\n", rows[i].params, (rows[i].panels & ~rows[i].copy) == 0 ? "" :
		    rows[i].no_undo ? "no" : rows[i].lasting != NULL ? "see below" : "yes", rows[i].note);
	}
	str_add(&s, "\n## What has no undo, and why\n\nThe plan says so before (`no_undo`), and so does the journal's entry after.\n\n");
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].lasting != NULL)
			str_addf(&s, "- **%s**: %s.\n", rows[i].id, rows[i].lasting);
	return s.p;
}

/* The names, in any order. */
static bool
params_are(const struct fix *fix, const char *names)
{
	struct text rest = text_of(names), name;
	size_t count = 0, have = 0;

	while (have < FIX_PARAMS_MAX && fix->params[have] != NULL)
		have++;
	while (text_split(&rest, ' ', &name)) {
		bool found = false;

		for (size_t i = 0; i < have; i++)
			found = found || text_is(name, fix->params[i]);
		if (!found)
			return false;
		count++;
	}
	return count == have;
}

/* Where a click is promised, the adapter has a row for the change; an adapter to come promises nothing yet. */
static bool
adapters_can(const struct row *row)
{
	const struct change c = { .kind = row->makes, .key = row->key };

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		const struct panel *panel = panel_find(kinds[k].kind);

		if (panel == NULL || (row->panels & ~row->copy & ~row->refused & kinds[k].bit) == 0)
			continue;
		if ((row->makes != CHANGE_SETTING || row->key != NULL) && panel_change_find(panel, &c) == NULL)
			return false;
	}
	return true;
}

/* Every plan shows what else was considered, and why it is not done. */
static bool
has_considered(struct arena *a, const struct catalog *texts, const char *id)
{
	static const char *const langs[] = { "en", "es" }, *const parts[] = { "way", "why" };

	for (size_t i = 0; i < 4; i++)
		if (catalog_raw(texts, langs[i / 2], arena_printf(a, "fix.considered.%s.%s", id, parts[i % 2])) == NULL)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();
	const char *made = document(a);
	const struct catalog *texts;
	struct text there = { 0 };
	struct err err;

	if (argc > 1 && strcmp(argv[1], "--write") == 0) {
		FILE *f = fopen(DOC, "w");

		if (f == NULL || fputs(made, f) < 0 || fclose(f) != 0)
			return 1;
		arena_free(a);
		return 0;
	}
	texts = catalog_load(a, "templates/lang", &err);
	CHECK("as many fixes as the contract has", fixes_count == ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		const struct fix *fix = fix_find(rows[i].id);

		CHECK(rows[i].id, fix != NULL);
		if (fix == NULL)
			continue;
		CHECK(rows[i].id, i < fixes_count && strcmp(fixes[i]->id, rows[i].id) == 0);
		CHECK(rows[i].id, texts != NULL && has_considered(a, texts, fix->id));
		CHECK(rows[i].id, fix->scope == rows[i].scope && fix->roles == rows[i].roles);
		CHECK(rows[i].id, fix->panels == rows[i].panels);
		CHECK(rows[i].id, params_are(fix, rows[i].params));
		CHECK(rows[i].id, fix->no_undo == rows[i].no_undo && (!fix->no_undo || rows[i].lasting != NULL));
		CHECK(rows[i].id, fix->plan != NULL && adapters_can(&rows[i]));
	}
	CHECK(DOC, file_read(a, DOC, 1u << 20, &there, &err) && text_is(there, made));
	arena_free(a);
	TEST_END();
}
