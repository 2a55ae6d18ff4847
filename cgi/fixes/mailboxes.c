/*
 * People's addresses: those that every domain has to have, where mail is sent
 * on to, what happens to mail for nobody, and a mailbox that a stranger uses.
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/local.h"
#include "checks/mx_home.h"
#include "evidence/panel_facts.h"
#include "fixes/all.h"
#include "fixes/as_run.h"

static bool
is_kind(const struct json *row, const char *kind)
{
	const char *is = json_str(row, "kind");

	return is != NULL && strcmp(is, kind) == 0;
}

/* The row of an address; kind NULL = any but the catch-all. */
static const struct json *
row_of(const struct json *rows, const char *address, const char *kind)
{
	const struct json *v;

	for (v = json_first(rows); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "address")), address) &&
		    (kind == NULL ? !is_kind(v, "catch_all") : is_kind(v, kind)))
			return v;
	return NULL;
}

/* What may stand in a command between single quotes and in a map's key. */
static bool
is_plain(const char *address)
{
	if (address[0] == '-' || address[0] == '@' || strchr(address, '@') == NULL)
		return false;
	for (const char *p = address; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("@._+-=&!", *p) == NULL)
			return false;
	return true;
}

static void
by_hand(struct plan_run *r, const char *where_id, const char *commands)
{
	r->mode = MODE_COPY;
	r->copy_where_id = where_id;
	r->copy_text = commands;
}

static void
refuse_address(struct plan_run *r, enum refused refused, const char *text_id, const char *address)
{
	plan_refuse(r, refused, text_id);
	plan_refuse_value(r, "address", address);
}

/*
 * The rows of the mailbox's domain; *ret NULL when nobody knows them (no
 * panel).  false = refused, or cannot go on.
 */
static bool
known_address(struct plan_run *r, const struct json **ret)
{
	*ret = NULL;
	if (r->domain.s == NULL || strchr(r->mailbox, '@') == NULL ||
	    (!plan_can_click(r) && !is_plain(r->mailbox))) {
		refuse_address(r, REFUSED_INVALID_VALUE, "fix.mailboxes.refused.odd_address", r->mailbox);
		return false;
	}
	if (!ev_has_panel(r->ev))
		return true;
	if ((*ret = ev_mailboxes(r->ev, r->domain)) == NULL)
		return false;
	if (row_of(*ret, r->mailbox, NULL) != NULL)
		return true;
	refuse_address(r, REFUSED_INVALID_VALUE, "fix.mailboxes.refused.no_address", r->mailbox);
	return false;
}

/* --- role_mailbox.create ----------------------------------------------------------------------------------- */

static const char *const roles[] = { "postmaster", "abuse", "webmaster" };	/* RFC 2142 */

#define ROLES	(sizeof(roles) / sizeof(roles[0]))

static const char *
first_mailbox(const struct json *rows)
{
	const struct json *v;

	for (v = json_first(rows); v != NULL; v = json_next(v))
		if (is_kind(v, "mailbox") && json_tristate(v, "enabled") != 0)
			return json_str(v, "address");
	return NULL;
}

/* A domain of this panel that is the asker's, in A-labels; else NULL.  false = cannot go on. */
static bool
own_domain(struct plan_run *r, const char *address, struct name *ret, bool *is)
{
	const char *at = strrchr(address, '@');
	const struct json *row;

	*is = false;
	if (at == NULL || !name_from_person(r->arena, text_of(at + 1), ret, NULL))
		return true;
	if (name_eq(*ret, r->domain)) {
		*is = true;
		return true;
	}
	if (!ev_fact_member(r->ev, "domains", NULL, ret->s, &row))
		return false;
	*is = row != NULL && plan_may(r, ret->s);
	return true;
}

/* Who reads what comes for the roles; NULL = refused, or cannot go on. */
static const char *
role_target(struct plan_run *r, const struct json *rows)
{
	const char *given = plan_param(r, "target"), *address;
	const struct json *there = rows;
	struct name domain;
	bool own;

	if (given == NULL || given[0] == '\0') {
		if ((address = first_mailbox(rows)) == NULL)
			plan_needs(r, NULL, "fix.mailboxes.refused.no_mailbox");
		return address;
	}
	if (!own_domain(r, given, &domain, &own))
		return NULL;
	address = given;
	if (own) {
		address = arena_printf(r->arena, "%.*s@%s", (int)(strrchr(given, '@') - given), given, domain.s);
		if (!name_eq(domain, r->domain) && (there = ev_mailboxes(r->ev, domain)) == NULL)
			return NULL;
	}
	/* Another's domain and one that is not here get the same answer. */
	if (!own || !is_plain(address) || row_of(there, address, "mailbox") == NULL) {
		refuse_address(r, REFUSED_INVALID_VALUE, "fix.mailboxes.refused.no_address", given);
		return NULL;
	}
	return address;
}

static bool
is_taken(const struct json *rows, const char *address)
{
	const struct json *v;

	for (v = json_first(rows); v != NULL; v = json_next(v))
		if (is_kind(v, "catch_all"))
			return true;
	return row_of(rows, address, NULL) != NULL;
}

static void
create_role(struct plan_run *r, const char *address, const char *target)
{
	struct change c = { .kind = CHANGE_MAILBOX, .address = address };
	struct json *after = json_new_object(r->arena);
	const char *at = strrchr(target, '@');

	json_put_str(after, "kind", strcasecmp(at + 1, r->domain.s) == 0 ? "alias" : "forward");
	json_add_str(json_put_array(after, "targets"), target);
	c.after = after;
	plan_change(r, &c);
}

static const char *
alias_commands(struct plan_run *r, const char *const *addresses, size_t count, const char *target)
{
	struct str s = str_in(r->arena, 4096);

	for (size_t i = 0; i < count; i++)
		str_addf(&s, "echo '%s %s' >> /etc/postfix/virtual\n", addresses[i], target);
	str_add(&s, "postmap /etc/postfix/virtual\n"
	    "postconf virtual_alias_maps\n");		/* whether that table is the one in use */
	return s.p;
}

static void
plan_roles(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const char *missing[ROLES], *target = NULL;
	const struct json *rows = NULL;
	struct mx_place place;
	size_t count = 0;

	if (ev_has_panel(r->ev))
		rows = ev_mailboxes(r->ev, r->domain);
	if (!mx_place(&asking, &place) || (ev_has_panel(r->ev) && rows == NULL))
		return;
	if (place.home == MX_ELSEWHERE) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.mailboxes.refused.mail_elsewhere");
		return;
	}
	for (size_t i = 0; i < ROLES; i++) {
		const char *address = arena_printf(r->arena, "%s@%s", roles[i], r->domain.s);

		if (!is_taken(rows, address))
			missing[count++] = address;
	}
	if (count == 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.mailboxes.refused.roles_there");
		return;
	}
	if (rows == NULL) {			/* no panel: nobody knows the mailboxes */
		target = plan_param(r, "target");
		if (target == NULL || !is_plain(target)) {
			refuse_address(r, target == NULL ? REFUSED_NEEDS_FIRST : REFUSED_INVALID_VALUE,
			    "fix.mailboxes.refused.no_target", target == NULL ? "" : target);
			return;
		}
	} else if ((target = role_target(r, rows)) == NULL)
		return;
	if (!plan_can_click(r)) {
		by_hand(r, "fix.mailboxes.where.virtual", alias_commands(r, missing, count, target));
		return;
	}
	for (size_t i = 0; i < count; i++)
		create_role(r, missing[i], target);
}

/* --- forwarding.keep_copy ---------------------------------------------------------------------------------- */

/* The row by which the address forwards; NULL = refused, or cannot go on, or no panel. */
static const struct json *
forward_of(struct plan_run *r)
{
	const struct json *rows, *row;

	if (!known_address(r, &rows) || rows == NULL)
		return NULL;
	if ((row = row_of(rows, r->mailbox, "forward")) == NULL || json_count(json_get(row, "targets")) == 0) {
		refuse_address(r, REFUSED_NOT_NEEDED, "fix.mailboxes.refused.no_forward", r->mailbox);
		return NULL;
	}
	return row;
}

static const char *
targets_text(struct arena *a, const struct json *targets)
{
	struct str s = str_in(a, 4096);

	for (const struct json *v = json_first(targets); v != NULL; v = json_next(v))
		if (json_value_str(v) != NULL && is_plain(json_value_str(v)))
			str_addf(&s, "%s%s", s.n == 0 ? "" : ",", json_value_str(v));
	return s.p;
}

/* The line of an address in the alias table, anew or gone. */
static const char *
virtual_commands(struct plan_run *r, const char *address, const char *targets)
{
	struct str s = str_in(r->arena, 8192);

	/* Letters, digits and a few signs only: of these the dot and the plus mean more to sed. */
	str_add(&s, "sed -i '/^");
	for (const char *p = address; *p != '\0'; p++)
		str_addf(&s, *p == '.' ? "\\%c" : "%c", *p);
	str_add(&s, "[[:space:]]/d' /etc/postfix/virtual\n");
	if (targets != NULL)
		str_addf(&s, "echo '%s %s' >> /etc/postfix/virtual\n", address, targets);
	str_add(&s, "postmap /etc/postfix/virtual\n");
	return s.p;
}

/* A password, ours or theirs, would stand on a command line: it is set in the panel's own pages.  true = said. */
static bool
no_way_for_passwords(struct plan_run *r, const char *text_id)
{
	if (!r->rules->panel_by_command)
		return false;
	r->mode = MODE_COPY;
	plan_message(r, text_id, "fix.mailboxes.where.cpanel");
	plan_message_value(r, "address", r->mailbox);
	return true;
}

static void
plan_keep_copy(struct plan_run *r)
{
	const struct json *row = forward_of(r);
	int keeps;

	if (row == NULL) {
		if (r->refused == REFUSED_NO && !ev_has_panel(r->ev))
			by_hand(r, "fix.mailboxes.where.virtual", virtual_commands(r, r->mailbox,
			    arena_printf(r->arena, "%s,TARGET", r->mailbox)));
		return;
	}
	keeps = json_tristate(row, "keeps_copy");
	if (keeps == 1) {
		refuse_address(r, REFUSED_NOT_NEEDED, "fix.mailboxes.refused.keeps_copy", r->mailbox);
		return;
	}
	if (no_way_for_passwords(r, "fix.mailboxes.by_hand.keep_copy"))
		return;
	if (plan_can_click(r))
		plan_setting(r, "mailbox", json_str(row, "address"), "keeps_copy",
		    keeps < 0 ? NULL : plan_bool(r, false), plan_bool(r, true), keeps < 0);
	else
		by_hand(r, "fix.mailboxes.where.virtual", virtual_commands(r, r->mailbox,
		    arena_printf(r->arena, "%s,%s", r->mailbox,
		    targets_text(r->arena, json_get(row, "targets")))));
}

/* --- forwarding.stop --------------------------------------------------------------------------------------- */

/* What is sent on inside this server does no harm and stays; NULL = nothing of that kind. */
static const struct json *
targets_here(struct plan_run *r, const struct json *targets, const struct json *domains)
{
	struct json *list = json_new_array(r->arena);

	for (const struct json *v = json_first(targets); v != NULL; v = json_next(v))
		if (json_value_str(v) != NULL && address_is_local(domains, json_value_str(v)))
			json_add_str(list, json_value_str(v));
	return json_count(list) == 0 || json_count(list) == json_count(targets) ? NULL : list;
}

static void
plan_stop(struct plan_run *r)
{
	const struct json *row = forward_of(r), *domains = NULL, *rest;
	struct change c = { .kind = CHANGE_FORWARD };
	struct alternative *alt;

	if (ev_has_panel(r->ev) && (domains = ev_fact(r->ev, "domains", NULL)) == NULL)
		return;
	if (row == NULL) {
		if (r->refused == REFUSED_NO && !ev_has_panel(r->ev))
			by_hand(r, "fix.mailboxes.where.virtual", virtual_commands(r, r->mailbox, NULL));
		return;
	}
	rest = targets_here(r, json_get(row, "targets"), domains);
	if (rest == NULL && json_tristate(row, "keeps_copy") == 0) {
		alt = plan_alternative(r, "fix.mailboxes.way.keep_first", NULL);
		alt->values[0] = (struct finding_value){ "address", r->mailbox };
	}
	if (!plan_can_click(r)) {
		by_hand(r, "fix.mailboxes.where.virtual", virtual_commands(r, r->mailbox, rest == NULL ? NULL :
		    targets_text(r->arena, rest)));
		return;
	}
	c.address = json_str(row, "address");
	c.before = json_copy(r->arena, json_get(row, "targets"));
	c.after = rest;
	plan_change(r, &c);
}

/* --- catchall.reject --------------------------------------------------------------------------------------- */

static void
plan_reject(struct plan_run *r)
{
	const struct json *mail = NULL, *present = NULL;
	struct json *after;
	const char *kind;

	if (ev_has_panel(r->ev)) {
		if ((mail = ev_domain_mail(r->ev, r->domain)) == NULL)
			return;
		present = json_get(mail, "catch_all");
		kind = json_str(present, "kind");
		if (kind != NULL && strcmp(kind, "reject") == 0) {
			plan_refuse(r, REFUSED_NOT_NEEDED, "fix.mailboxes.refused.rejects");
			return;
		}
	}
	if (!plan_can_click(r)) {
		by_hand(r, "fix.mailboxes.where.virtual", virtual_commands(r,
		    arena_printf(r->arena, "@%s", r->domain.s), NULL));
		return;
	}
	after = json_new_object(r->arena);
	json_put_str(after, "kind", "reject");
	json_put_null(after, "target");
	plan_setting(r, "domain", r->domain.s, "catch_all", json_is_null(present) ? NULL : present, after,
	    json_is_null(present));
}

/* --- mailbox.password, mailbox.block ----------------------------------------------------------------------- */

/* A password belongs to a mailbox: not to an alias, not to what only forwards.  false = refused. */
static bool
is_mailbox(struct plan_run *r, const struct json *rows)
{
	const struct json *row = row_of(rows, r->mailbox, NULL);

	if (row_of(rows, r->mailbox, "mailbox") != NULL)
		return true;
	refuse_address(r, REFUSED_INVALID_VALUE, is_kind(row, "alias") ? "fix.mailboxes.refused.is_alias" :
	    "fix.mailboxes.refused.only_forwards", r->mailbox);
	plan_refuse_value(r, "mailbox", json_value_str(json_first(json_get(row, "targets"))) == NULL ? "-" :
	    json_value_str(json_first(json_get(row, "targets"))));
	return false;
}

static void
plan_password(struct plan_run *r)
{
	struct change c = { .kind = CHANGE_SECRET, .object = r->mailbox, .key = "password" };
	const struct json *rows;

	if (!known_address(r, &rows) || (rows != NULL && !is_mailbox(r, rows)) ||
	    no_way_for_passwords(r, "fix.mailboxes.by_hand.password_cpanel"))
		return;
	if (plan_can_click(r)) {
		plan_change(r, &c);
		return;
	}
	r->mode = MODE_COPY;
	plan_message(r, "fix.mailboxes.by_hand.password", "fix.mailboxes.where.server");
	plan_message_value(r, "address", r->mailbox);
}

/* Postfix refuses what this login sends, and only that (access(5)). */
static const char *
block_commands(struct plan_run *r)
{
	return arena_printf(r->arena, "echo '%s REJECT' >> /etc/postfix/sasl_access\n"
	    "postmap /etc/postfix/sasl_access\n"
	    "postconf -e \"smtpd_client_restrictions = check_sasl_access hash:/etc/postfix/sasl_access, "
	    "$(postconf -h smtpd_client_restrictions)\"\n"
	    "postfix reload\n", r->mailbox);
}

static const struct json *
limit_value(struct plan_run *r, int64_t n)
{
	struct json *box = json_new_object(r->arena);

	json_put_int(box, "n", n);
	return json_get(box, "n");
}

static void
plan_block(struct plan_run *r)
{
	const struct json *rows, *row, *limit, *mail;

	if (!known_address(r, &rows) || (rows != NULL && !is_mailbox(r, rows)))
		return;
	if (!plan_can_click(r)) {
		by_hand(r, "fix.mailboxes.where.server", block_commands(r));
		return;
	}
	row = row_of(rows, r->mailbox, "mailbox");
	limit = json_get(row, "limit");
	/* Plesk counts, and so stops, only where its limits are on at all. */
	if (strcmp(r->rules->panel_kind, "plesk") == 0) {
		if ((mail = ev_fact(r->ev, "mail_server", NULL)) == NULL)
			return;
		if (json_tristate(json_get(mail, "limits"), "enabled") == 0) {
			plan_needs(r, "limits.enable", "fix.mailboxes.refused.limits_off");
			return;
		}
	}
	if (json_is_int(limit) && json_value_int(limit, -1) == 0) {
		refuse_address(r, REFUSED_NOT_NEEDED, "fix.mailboxes.refused.is_blocked", r->mailbox);
		return;
	}
	if (limit == NULL)
		plan_alternative(r, "fix.mailboxes.note.limit_not_told", NULL)->values[0] =
		    (struct finding_value){ "address", r->mailbox };
	plan_setting(r, "mailbox", json_str(row, "address"), "outgoing_limit",
	    json_is_null(limit) ? NULL : limit, limit_value(r, 0), false);
}

#define MAILBOX_ROW(what, scope_, param, after, no_undo_, function) { \
	.id = what, .scope = scope_, .roles = ROLE_ALL, .panels = PANEL_PLESK | PANEL_CPANEL, \
	.params = { param }, .checks_after = { after }, .no_undo = no_undo_, .plan = function }

const struct fix fix_role_mailbox_create = MAILBOX_ROW("role_mailbox.create", SCOPE_DOMAIN, "target",
    "role_mailboxes", false, plan_roles);
const struct fix fix_forwarding_keep_copy = MAILBOX_ROW("forwarding.keep_copy", SCOPE_MAILBOX, "address",
    "forwarding", false, plan_keep_copy);
const struct fix fix_forwarding_stop = MAILBOX_ROW("forwarding.stop", SCOPE_MAILBOX, "address",
    "forwarding", false, plan_stop);
const struct fix fix_catchall_reject = MAILBOX_ROW("catchall.reject", SCOPE_DOMAIN, NULL, "forwarding", false,
    plan_reject);
const struct fix fix_mailbox_password = MAILBOX_ROW("mailbox.password", SCOPE_MAILBOX, "address", NULL, true,
    plan_password);
const struct fix fix_mailbox_block = MAILBOX_ROW("mailbox.block", SCOPE_MAILBOX, "address", NULL, false,
    plan_block);
