/*
 * DKIM: switch signing on, publish the key that mail is signed with, ask for a
 * new one.  The record is the panel's own; where the panel does not say it, a
 * published key that is good may be written again without its faults, and
 * nothing else: a key that nobody signs with would do harm.
 */

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "checks/dkim_state.h"
#include "fixes/all.h"
#include "fixes/as_run.h"
#include "fixes/signer.h"

static void
turn_on(struct plan_run *r, const char *scope, const char *object, const char *key, int present)
{
	plan_setting(r, scope, object, key, present < 0 ? NULL : plan_bool(r, present == 1),
	    plan_bool(r, true), present < 0);
}

/* --- by hand: a milter for Postfix ----------------------------------------------------------------------- */

static const char *
selector_of(const struct rules *rules)
{
	return rules->dkim_selector == NULL ? "default" : rules->dkim_selector;
}

static void
by_hand(struct plan_run *r, const char *domain)
{
	const char *commands;

	if (!signer_commands(r, domain, selector_of(r->rules), &commands))
		return;
	r->mode = MODE_COPY;
	r->copy_where_id = "fix.dkim.where.server";
	r->copy_text = commands;
}

/* --- dkim.enable_server ------------------------------------------------------------------------------------ */

static void
plan_enable_server(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const struct json *mail;
	int signs;

	if (!ev_has_panel(r->ev)) {
		by_hand(r, "DOMAIN");
		return;
	}
	if (strcmp(r->rules->panel_kind, "cpanel") == 0) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dkim.refused.no_switch");
		return;
	}
	if ((mail = ev_fact(r->ev, "mail_server", NULL)) == NULL)
		return;
	signs = dkim_server_signs(&asking, mail);
	if (signs == 1) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dkim.refused.server_signs");
		return;
	}
	if (plan_can_click(r)) {
		turn_on(r, "server", "server", "dkim_signing", signs);
		return;
	}
	by_hand(r, "DOMAIN");
}

/* --- dkim.enable ------------------------------------------------------------------------------------------- */

/* What has to be so before a domain can sign.  false = refused. */
static bool
may_sign(struct plan_run *r, const struct dkim_state *state)
{
	if (!state->sends) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dkim.refused.not_sending");
		return false;
	}
	if (state->server_signs == 0) {
		plan_needs(r, "dkim.enable_server", "fix.dkim.refused.server_off");
		return false;
	}
	return true;
}

static void
plan_enable(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	struct dkim_state state;

	if (!dkim_look(&asking, &state) || !may_sign(r, &state))
		return;
	if (state.panel && state.domain_signs == 1) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dkim.refused.domain_signs");
		return;
	}
	if (plan_can_click(r)) {
		turn_on(r, "domain", r->domain.s, "dkim", state.domain_signs);
		return;
	}
	by_hand(r, r->domain.s);
}

/* --- dkim.publish ------------------------------------------------------------------------------------------ */

static const struct dkim_selector *
signing_selector(const struct dkim_state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++)		/* what is broken first */
		if (state->selectors[i].signing && state->selectors[i].fault > DKIM_WEAK)
			return &state->selectors[i];
	for (i = 0; i < state->count; i++)
		if (state->selectors[i].signing || !state->panel)
			if (state->selectors[i].fault != DKIM_NO_KEY)
				return &state->selectors[i];
	return state->count > 0 ? &state->selectors[0] : NULL;
}

/* The same key without t=y, h=, s= or whatever spoilt it. */
static const char *
clean_text(struct arena *a, struct text record)
{
	struct dkim_record r;

	dkim_record_parse(a, record, &r, NULL);
	if (r.key == NULL || r.bits < KEY_RSA_BITS_MIN * (r.type == KEY_RSA))
		return NULL;
	if (r.testing || r.has_hashes || r.result == DKIM_KEY_UNSUPPORTED)
		return dkim_key_text(a, r.key);
	return text_cstr(a, record);
}

/* NULL = nobody here knows the key that mail is signed with. */
static const char *
record_text(struct arena *a, const struct dkim_selector *s)
{
	const char *own = s->panel_record.n > 0 ? clean_text(a, s->panel_record) : NULL, *one = NULL;
	size_t i;

	if (own != NULL)
		return own;
	for (i = 0; i < s->key.count && i < DKIM_KEY_RECORDS_MAX; i++) {
		const char *text = clean_text(a, s->key.records[i].text);

		if (text == NULL)
			continue;
		if (one != NULL && !dkim_key_same(a, text_of(one), text_of(text)))
			return NULL;		/* two keys: which of them signs? */
		one = text;
	}
	return one;
}

/* The name's values with this one key record; other texts stay. */
static const char **
values_with(struct arena *a, const struct json *present, const char *record, size_t *count)
{
	const struct json *values = json_get(present, "values"), *v;
	const char **list = arena_array(a, json_count(values) + 1, sizeof(*list));

	*count = 0;
	list[(*count)++] = record;
	for (v = json_first(values); v != NULL; v = json_next(v))
		if (!dkim_record_is_key(text_of(json_value_str(v))))
			list[(*count)++] = json_value_str(v);
	return list;
}

static void
publish(struct plan_run *r, const struct dkim_selector *s, const char *record)
{
	const struct json *present;
	const char **values;
	size_t count;

	if (!plan_where(r, r->domain))
		return;
	if (s->answer->cname.s != NULL) {
		plan_refuse(r, REFUSED_WOULD_BREAK, "fix.dkim.refused.alias");
		plan_refuse_value(r, "name", s->name.s);
		plan_refuse_value(r, "target", s->answer->cname.s);
		return;
	}
	present = r->panel_zone != NULL ? zone_rrset(r->arena, r->panel_zone, s->name, RR_TXT) :
	    answer_rrset(r->arena, s->answer);
	values = values_with(r->arena, present, record, &count);
	plan_rrset(r, r->domain, s->name, RR_TXT, values, count, 0);
}

/* It stands there as it should. */
static bool
is_published(const struct dkim_selector *s)
{
	return s->fault <= DKIM_WEAK && !s->record->testing;
}

/*
 * Plesk writes the record of its key anew when told to, into a zone that the
 * world asks.  false also where that cannot be said yet.
 */
static bool
can_renew(struct plan_run *r, const struct dkim_state *state)
{
	if (strcmp(r->rules->panel_kind, "plesk") != 0 || state->domain_signs != 1)
		return false;
	return !plan_where(r, r->domain) || r->panel_zone != NULL;
}

static void
plan_publish(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const struct dkim_selector *s;
	struct dkim_state state;
	const char *record;

	if (!dkim_look(&asking, &state) || !may_sign(r, &state))
		return;
	if (state.panel && state.domain_signs == 0) {
		plan_needs(r, "dkim.enable", "fix.dkim.refused.domain_off");
		return;
	}
	if ((s = signing_selector(&state)) == NULL || !ev_need(r->ev, s->answer))
		return;
	if (s->disagree) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.refused.servers_disagree");
		return;
	}
	if (is_published(s)) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dkim.refused.published");
		return;
	}
	record = record_text(r->arena, s);
	if (record == NULL && can_renew(r, &state)) {
		if (r->panel_zone != NULL)
			turn_on(r, "domain", r->domain.s, "dkim_record", -1);
		return;
	}
	if (record == NULL) {
		plan_refuse(r, REFUSED_UNKNOWN, "fix.dkim.refused.key_not_known");
		plan_refuse_value(r, "name", s->name.s);
		return;
	}
	publish(r, s, record);
}

/* --- dkim.rotate ------------------------------------------------------------------------------------------- */

static bool
needs_new_key(const struct dkim_selector *s)
{
	return s->fault == DKIM_WEAK || s->fault == DKIM_SHORT ||
	    (s->record != NULL && s->record->key != NULL && s->record->type == KEY_ED25519);
}

static const struct json *
key_size(struct arena *a, const char *selector, unsigned bits)
{
	struct json *state = json_new_object(a);

	json_put_str(state, "selector", selector);
	json_put_int(state, "bits", bits);
	return state;
}

static void
plan_rotate(struct plan_run *r)
{
	struct run asking = plan_as_run(r);
	const struct dkim_selector *s = NULL;
	struct dkim_state state;
	size_t i;

	if (!dkim_look(&asking, &state) || !may_sign(r, &state))
		return;
	for (i = 0; i < state.count && s == NULL; i++)
		if (needs_new_key(&state.selectors[i]))
			s = &state.selectors[i];
	if (s == NULL) {
		for (i = 0; i < state.count; i++)
			if (!ev_need(r->ev, state.selectors[i].answer))
				return;
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.dkim.refused.key_is_good");
		return;
	}
	if (plan_can_click(r)) {
		plan_setting(r, "domain", r->domain.s, "dkim_key",
		    key_size(r->arena, s->selector, s->record->bits),
		    key_size(r->arena, s->selector, KEY_RSA_BITS_GOOD), false);
		return;
	}
	r->mode = MODE_COPY;
	r->copy_where_id = "fix.dkim.where.new_key";
	/* A selector of its own: the old key stays until the new one is seen everywhere. */
	r->copy_text = arena_printf(r->arena, "openssl genrsa -out %s.private 2048\n"
	    "openssl rsa -in %s.private -pubout -outform DER | base64 -w0\n",
	    r->domain.s, r->domain.s);
}

#define DKIM_ROW(what, scope_, roles_, panels_, no_undo_, function) { \
	.id = what, .scope = scope_, .roles = roles_, .panels = panels_, \
	.checks_after = { "dkim" }, .no_undo = no_undo_, .plan = function }

const struct fix fix_dkim_enable_server = { .id = "dkim.enable_server", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .panels = PANEL_PLESK, .checks_after = { "dkim_server" },
	.plan = plan_enable_server };
const struct fix fix_dkim_enable = DKIM_ROW("dkim.enable", SCOPE_DOMAIN, ROLE_ALL,
    PANEL_PLESK | PANEL_CPANEL, false, plan_enable);
const struct fix fix_dkim_publish = DKIM_ROW("dkim.publish", SCOPE_DOMAIN, ROLE_ALL,
    PANEL_PLESK | PANEL_CPANEL, false, plan_publish);
const struct fix fix_dkim_rotate = DKIM_ROW("dkim.rotate", SCOPE_DOMAIN, ROLE_ALL,
    PANEL_CPANEL, true, plan_rotate);
