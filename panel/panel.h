#ifndef PANEL_PANEL_H
#define PANEL_PANEL_H

/*
 * What a hosting panel is to us: facts to read and changes to make.  An
 * adapter (panel/<name>/) only translates: a fact into calls and their
 * replies into one JSON value; a change into a sequence of calls.  No row =
 * this panel cannot do it, and we say so.
 *
 * A fact function is pure and restartable like a check (evidence.h): it asks
 * ev_call, gives up when an answer is on its way, calls ev_fail when it cannot
 * be had.  A change function is pure as well: it is given the replies so far
 * and says what to call next.
 *
 * Shapes of the facts (null = the panel does not say; never guess):
 *
 * server            {"kind","version","hostname","addresses":[{"address","public"}],
 *                    "dns_running":bool|null}
 * accounts          [{"login","role":"admin|reseller|customer","parent":login|null,
 *                     "email","locale","active":bool,"id"}]
 * product LOGIN     {"included":bool|null}  may this account use our pages?  null: the panel has no such
 *                    switch; no row: the panel's own glue decides
 * domains           [{"name","ascii","id","owner","reseller":login|null,"subscription",
 *                     "main":bool,"status":"active|suspended|disabled"|null,
 *                     "hosting":bool,"aliases":[{"name","ascii","mail":bool,"dns":bool}]|null,
 *                     "document_root","addresses":[ip]|null}]
 *                    subscription = the main domain's A-labels; addresses = those of its
 *                    subscription, as the panel has them (private behind NAT)
 * mail_server       {"outgoing_mode":"domain-ip|domain-name|explicit-ip"|null,"explicit":[ip],
 *                    "dkim_signing":bool|null,"sendmail":bool|null,
 *                    "limits":{"enabled":bool|null,"mailbox":n|null,"domain":n|null,
 *                              "subscription":n|null},
 *                    "localhost_whitelisted":bool|null,"srs":bool|null,
 *                    "helo":name|null,"relay":text|null,
 *                    "mta":"postfix|exim|qmail"|null,"policy":text|null,"milter":text|null}
 *                    limits: messages an hour, -1 = no limit
 * domain_mail NAME  {"service":bool|null,"dkim":bool|null,"selector":text|null,
 *                    "catch_all":{"kind":"reject|bounce|discard|forward","target":text|null}|null,
 *                    "routing":"local|remote|auto"|null,"sending":[ip]|null,"helo":name|null,
 *                    "limit":n|null}
 *                    limit null = none of its own (or not said), -1 = no limit
 * domain_mail_all   {NAME: domain_mail}          by bulk calls, for many domains at once;
 *                    selector may be null there though domain_mail NAME knows it
 * zone NAME         {"served":bool|null,"editable":bool|null,"type":"master|slave"|null,
 *                    "records":[{"id","name","type","ttl":n|null,"value"}]}
 *                    names absolute without the final dot; TXT joined; MX "10 host"
 * dkim_key NAME     {"keys":[{"selector","record"}]|null}  public key as the panel signs with it;
 *                    the one in use first; [] = it has none
 * mailboxes NAME    [{"address","kind":"mailbox|alias|forward|catch_all","enabled":bool|null,
 *                     "targets":[address],"keeps_copy":bool|null,"limit":n|null}]; no limit: not told
 *                    a mailbox that forwards as well has a row of each (keeps_copy true);
 *                    alias: targets = its mailbox; catch_all: address "*@NAME"
 * mailboxes_all     {NAME: [...]}                         by bulk calls
 * queue             see evidence/queue.h
 * main_cf           (postfix) {NAME:{"set":text|null,"is":text}}: as it stands in main.cf (null = not
 *                    there), and what holds; names: panel/postfix/postfix.h
 * unlisted          (postfix) [text]: tables of domains or mailboxes that cannot be listed, only asked
 * os                {"id":text|null,"name":text|null,"family":"debian|rpm"|null}
 * mail_traffic      who sent how much, by the end of the mail log: maillog_counts_json, mail/maillog.h
 *                    (mail_use, of 30 days, is no panel's: the engine keeps it, evidence/mail_use.h)
 * script_log        {"on":bool|null,"path":text|null,"header":bool|null}
 * antivirus         {"product":"clamav|imunify"|null,"version":text|null,"active":bool|null,
 *                    "signatures":n|null,"signatures_at":UNIX|null,	their number and age (ClamAV)
 *                    "infected":[{"path","owner","name"}]|null}
 * sites [OWNER]     [{"path","url","domain","owner","version","available","plugins":[...],
 *                     "themes":[...],"auto_update":bool|null,"signs":[...]}]
 *                    plugins, themes: {"slug","title","version","available":text|null,"vulnerable"};
 *                    "checked": false = it was asked and could not say what is to be had, null = it was not asked;
 *                    signs: a word ("infected"), or {"sign","file"} (mail/wordpress.h)
 * sites_of NAME      the same of one domain, in place of `sites`, where the toolkit is asked site by site (cPanel);
 *                    with "automatic": {"core","updater","plugins","themes"}, the states of SETTING site
 *                    "auto_update" and its kin, null = they cannot be changed
 * sites_listed NAME  the same for a run over many domains: with many sites what the toolkit's list alone tells
 * script_mode SCRIPT {"mode":"0644"}: the rights of DOMAIN/path, where the machine itself can be asked
 * scans              (the engine's own) see engine/scans.h
 * sites_on_disk NAME  the same of one domain by its files, where the machine itself can be asked:
 *                    "source":"disk", "folder":its whole path, url, available and vulnerable null, auto_update by the constants,
 *                    "whole": every file was looked at
 */

#include "base/json.h"
#include "base/request.h"

struct evidence;
struct data;

struct panel_params {		/* from the configuration */
	const char		*user;		/* cPanel/WHM */
	bool			 local;		/* the backend runs on the panel's server */
	bool			 clamd;		/* services.clamd says where the virus scanner is */
	bool			 by_command;	/* cPanel: asked by its commands, not by HTTPS */
	const struct json	*domains;	/* kinds none, postfix: [{"name","owner"}] */
	const char *const	*admins;	/* kind postfix: logins */
	size_t			 admin_count;
	const char		*postfix_config_dir;
	const char		*selector;	/* provider.dkim_selector */
	const struct data	*data;		/* mail/data.h; or NULL */
};

struct panel_fact {
	const char		*name;
	/* NULL = cannot go on (pending, or ev_fail was called). */
	const struct json	*(*read)(struct evidence *, struct arena *, const char *arg,
				    const struct panel_params *);
	uint32_t		 ttl_s;		/* how long it may be reused */
	bool			 joins;		/* points into the facts it is made of (ev_fact_part) */
	bool			 shared;	/* of many things at once, though it has an argument: a page */
	bool			 alone;		/* nothing else is made in the arena given: it need not be copied */
};

/* --- changes (contract: CHANGE) ---------------------------------------------------------------- */

enum change_kind {
	CHANGE_RRSET, CHANGE_SETTING, CHANGE_MAILBOX, CHANGE_FORWARD, CHANGE_QUEUE, CHANGE_SECRET,
};

/*
 * One change: what, the whole state before, the whole state after.  The
 * inverse of a change is the change with both exchanged.
 */
/*
 * Settings that several panels have (scope key value); what else one has stands
 * in its own header.  "unknown" before = before_unknown.
 *
 *	server   hostname         "srv1.host.example"
 *	server   dkim_signing     bool
 *	server   outgoing_limits  {"enabled":bool,"mailbox":n,"domain":n,"subscription":n}, -1 = no
 *	                          limit; absent members stay as they are
 *	domain   dkim             bool
 *	domain   mail_service     bool; false: mail for the domain leaves by its MX
 *	domain   routing          "local|remote|auto|secondary": remote: it leaves by its MX
 *	domain   catch_all        {"kind","target"} as in domain_mail
 *	domain, mailbox  outgoing_limit   n; -1 = no limit; null = as the levels above say; 0 = blocked
 *	mailbox  keeps_copy       bool: an address that forwards is a mailbox as well
 *	site     updates          {"core":version,"plugins":{slug:version},"themes":{slug:version}};
 *	                          object = "DOMAIN/path" as in the findings
 *	site     mode             "0644", of the script object = "DOMAIN/path"; "0000": nobody runs it
 *	site     auto_update      "all|minor|off|unset": of WordPress itself, as wp-config.php says
 *	site     auto_updater     "on|off|unset": whether it updates anything by itself
 *	site     auto_plugins, auto_themes   {slug:bool}
 *
 * MAILBOX: before, after {"kind":"alias|forward|mailbox","targets":[address]} as a row of
 * mailboxes; null = not there.  FORWARD: [address], null = does not forward.
 */
struct change {
	enum change_kind	 kind;
	const char		*zone, *name;	/* RRSET */
	enum rrtype		 type;		/* RRSET */
	const char		*scope;		/* SETTING: "server", "domain", "mailbox" */
	const char		*object;	/* SETTING, SECRET: domain, address, "server" */
	const char		*key;		/* SETTING, SECRET */
	const char		*secret_ref;	/* SECRET: the name for request_*.secret_ref, set by the engine */
	const char		*address;	/* MAILBOX, FORWARD */
	const char		*action;	/* QUEUE: hold, release, delete */
	const struct json	*ids;		/* QUEUE */
	const struct json	*before, *after;	/* NULL = not there */
	bool			 before_unknown;	/* could not be read: no undo */
};

void		 change_to_json(struct json *into, const struct change *);
bool		 change_from_json(struct arena *, const struct json *, struct change *ret, struct err *);
struct change	 change_inverse(const struct change *);
/* False where nothing puts it back: deleted mail, a password, a state that could not be read. */
bool		 change_has_inverse(const struct change *);
/* Two states of one change are the same (rrset: order of values ignored, ttl null = any). */
bool		 change_state_eq(const struct change *, const struct json *, const struct json *);

/* A state that is one value. */
const struct json *state_of_bool(struct arena *, bool);
const struct json *state_of_int(struct arena *, int64_t);
const struct json *state_of_str(struct arena *, const char *);

/* Calls made for one change so far, oldest first. */
struct call_log {
	const struct request	*requests;
	const struct reply	*replies;
	size_t			 count;
};

enum step { STEP_CALL, STEP_DONE, STEP_FAILED };

struct panel_change {
	enum change_kind	 kind;
	const char		*key;		/* SETTING, SECRET: which; NULL = any */
	/* Say the next call, or that it is done, or why it failed (err).  Given
	 * the same log it says the same.  `present` is the fact that
	 * state() read, so record ids need no second reading. */
	enum step		(*next)(struct arena *, const struct change *, const struct call_log *,
				    struct evidence *ev, const struct panel_params *,
				    struct request *call, struct err *);
	/* The present state in the shape of before/after: *ret NULL = not there.
	 * false = cannot go on (pending or failed, as in a fact). */
	bool			(*state)(struct evidence *, struct arena *, const struct change *,
				    const struct panel_params *, const struct json **ret);
	/* The value stands after the first call and holds after a later one: where the sequence was
	 * cut off, making the change from `after` to `after` does the rest and no harm. */
	bool			 holds_later;
};

struct panel {
	const char			*kind;
	const struct panel_fact		*facts;
	size_t				 fact_count;
	const struct panel_change	*changes;
	size_t				 change_count;
	bool				 serves_dns;
	/* In a run over many, a fact of one domain comes on a page with others': none waits for all. */
	bool				 by_pages;
	bool				 keeps_last_mx;	/* refuses to delete the last MX of a zone */
};

extern const struct panel *const panels[];
extern const size_t panels_count;
const struct panel	*panel_find(const char *kind);		/* NULL = unknown */
const struct panel_fact	*panel_fact_find(const struct panel *, const char *name);
const struct panel_change *panel_change_find(const struct panel *, const struct change *);
/* change_has_inverse, and this panel can do the inverse. */
bool			 panel_can_undo(const struct panel *, const struct change *);

#endif
