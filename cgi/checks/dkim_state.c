#include "checks/dkim_state.h"

#include <string.h>

#include "base/arena.h"
#include "checks/use.h"
#include "checks/where.h"
#include "evidence/panel_facts.h"
#include "mail/dkim_cut.h"

/* --- which selectors ------------------------------------------------------------------------------ */

/* Two different records at one selector: which of them signs is not known. */
static const char *
panel_record(struct arena *a, const struct json *keys, const char *selector)
{
	const char *found = NULL;
	const struct json *v;

	for (v = json_first(keys); v != NULL; v = json_next(v)) {
		const char *record = json_str(v, "record");

		if (record == NULL || json_str(v, "selector") == NULL ||
		    strcmp(json_str(v, "selector"), selector) != 0)
			continue;
		if (found != NULL && !dkim_key_same(a, text_of(found), text_of(record)))
			return NULL;
		found = record;
	}
	return found;
}

static void
add(struct run *run, struct dkim_state *state, const char *selector, bool signing)
{
	struct dkim_selector *s = &state->selectors[state->count];
	size_t i;

	for (i = 0; i < state->count; i++)
		if (strcmp(state->selectors[i].selector, selector) == 0)
			return;
	if (state->count == DKIM_SELECTORS_MAX)
		return;
	*s = (struct dkim_selector){ .selector = selector, .signing = signing };
	if (dkim_key_name(run->arena, selector, run->domain, &s->name))
		state->count++;
}

static void
choose(struct run *run, struct dkim_state *state, const char *said)
{
	const struct json *v;
	size_t i;

	state->count = 0;
	state->guessed = false;
	if (said != NULL)
		add(run, state, said, true);
	else
		for (v = json_first(state->keys); v != NULL; v = json_next(v)) {
			if (json_str(v, "selector") != NULL)
				add(run, state, json_str(v, "selector"), true);
			/* These sign with one; Postfix' milters with all that are set. */
			if (run->rules->panel_serves_dns && state->count > 0)
				break;
		}
	if (state->count == 0) {
		/* Both panels sign with one that has a fixed name unless they say otherwise. */
		state->guessed = !state->panel || !run->rules->panel_serves_dns;
		for (i = 0; !state->panel && i < run->options->selector_count; i++)
			add(run, state, run->options->selectors[i], false);
		add(run, state, run->rules->dkim_selector == NULL ? "default" :
		    run->rules->dkim_selector, state->panel && !state->guessed);
	}
	for (i = 0; state->panel && i < run->options->selector_count; i++)
		add(run, state, run->options->selectors[i], false);
}

/* --- what is there --------------------------------------------------------------------------------- */

static enum dkim_fault
judge_invalid(struct arena *a, const struct dkim_selector *s, bool differs)
{
	if (s->panel_record.n > 0 && dkim_key_is_truncated(a, s->record->text, s->panel_record))
		return DKIM_CUT;
	if (s->record->bits > 0 && s->record->bits < KEY_RSA_BITS_MIN)
		return differs ? DKIM_DIFFERS : DKIM_SHORT;
	return dkim_key_is_cut(a, s->record->text) ? DKIM_CUT : DKIM_BROKEN;
}

static bool
differs_from_panel(struct arena *a, const struct dkim_selector *s)
{
	struct dkim_record own;

	if (s->panel_record.n == 0 || s->record->key == NULL)
		return false;
	dkim_record_parse(a, s->panel_record, &own, NULL);
	return own.key != NULL && !pubkey_same(own.key, s->record->key);
}

static enum dkim_fault
judge(struct arena *a, struct dkim_selector *s)
{
	bool differs;

	switch (s->key.result) {
	case DKIM_KEY_TEMPERROR:
		return DKIM_NOT_KNOWN;
	case DKIM_KEY_MISSING:
		return DKIM_NO_KEY;
	case DKIM_KEY_MULTIPLE:
		return DKIM_SEVERAL;
	default:
		break;
	}
	s->record = &s->key.records[0];
	differs = differs_from_panel(a, s);
	switch (s->key.result) {
	case DKIM_KEY_REVOKED:
		return DKIM_REVOKED;
	case DKIM_KEY_INVALID:
		return judge_invalid(a, s, differs);
	case DKIM_KEY_UNSUPPORTED:
		return DKIM_STRANGE;
	default:
		break;
	}
	if (!dkim_record_allows(s->record, HASH_SHA256))	/* RFC 8301 3.1 leaves no other */
		return DKIM_BROKEN;
	if (differs)
		return DKIM_DIFFERS;
	return s->key.result == DKIM_KEY_WEAK ? DKIM_WEAK : DKIM_FINE;
}

/* false = answers are on their way. */
static bool
ask_selectors(struct run *run, struct dkim_state *state)
{
	const struct truth *t;
	bool all = true;
	size_t i;

	for (i = 0; i < state->count; i++) {
		struct dkim_selector *s = &state->selectors[i];

		if ((t = ev_truth(run->ev, run->domain, s->name, RR_TXT)) == NULL) {
			all = false;
			continue;
		}
		s->answer = t->answer;
		s->disagree = t->disagree;
	}
	for (i = 0; all && i < state->count; i++) {		/* this work is done once */
		struct dkim_selector *s = &state->selectors[i];

		s->panel_record = text_of(panel_record(run->arena, state->keys, s->selector));
		s->record = NULL;
		dkim_key_from_answer(run->arena, s->answer, &s->key);
		s->fault = judge(run->arena, s);
	}
	return all;
}

/* Nothing at any selector, and that is known of all. */
static bool
found_none(const struct dkim_state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (state->selectors[i].fault != DKIM_NO_KEY)
			return false;
	return true;
}

static bool
all_good(const struct dkim_state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (state->selectors[i].fault > DKIM_WEAK)
			return false;
	return true;
}

/* Without a panel: does anything stand below _domainkey? */
static bool
ask_below(struct run *run, struct dkim_state *state)
{
	const struct truth *t;
	struct name below;

	if (state->panel || !found_none(state) ||
	    !name_prefix(run->arena, "_domainkey", run->domain, &below))
		return true;
	if ((t = ev_truth(run->ev, run->domain, below, RR_TXT)) == NULL)
		return false;
	state->nothing_below = t->answer->outcome == DNS_NXDOMAIN && t->answer->cname.s == NULL;
	return true;
}

/* --- what the panel signs with ----------------------------------------------------------------------- */

static bool
is_rsa(struct arena *a, const char *record)
{
	struct dkim_record r;

	dkim_record_parse(a, text_of(record), &r, NULL);
	return r.key != NULL && r.type == KEY_RSA;
}

/*
 * The keys cost a call per domain.  A bulk run leaves it out where the answer
 * is known beforehand: a key that is good in the very zone that the panel would
 * read it from.
 */
static bool
wants_keys(struct run *run, const struct dkim_state *state, bool *ret)
{
	struct dns_location loc;

	*ret = true;
	if (evidence_depth(run->ev) == TRUTH_AUTHORITATIVE ||
	    strcmp(run->rules->panel_kind, "plesk") != 0 || !all_good(state))
		return true;
	if (!dns_locate(run->ev, run->arena, run->rules, run->domain, &loc))
		return false;
	*ret = loc.where != DNS_HERE;
	return true;
}

static bool
read_keys(struct run *run, struct dkim_state *state, const char *said)
{
	const struct ev_failure *why;
	const struct json *fact, *v;

	fact = ev_fact_any(run->ev, "dkim_key", run->domain.s, &why);
	if (fact == NULL) {
		if (why == NULL)
			return false;
		/* A panel that has no zone or no way to tell is no failure: it does not say. */
		if (strcmp(why->reason, "not_found") != 0 && strcmp(why->reason, "unsupported") != 0)
			state->keys_failed = why->reason;
		return true;
	}
	state->keys = json_get(fact, "keys");
	if (json_is_null(state->keys))
		state->keys = NULL;
	choose(run, state, said);
	for (v = json_first(state->keys); v != NULL; v = json_next(v))
		if (is_rsa(run->arena, json_str(v, "record")))
			state->other_rsa = true;
	return ask_selectors(run, state);
}

int
dkim_server_signs(const struct run *run, const struct json *mail_server)
{
	const char *milter = json_str(mail_server, "milter");
	int signs = json_tristate(mail_server, "dkim_signing");

	/* Postfix signs by a milter or not at all. */
	if (signs < 0 && milter != NULL && milter[0] == '\0' &&
	    strcmp(run->rules->panel_kind, "postfix") == 0)
		return 0;
	return signs;
}

bool
dkim_look(struct run *run, struct dkim_state *ret)
{
	const struct json *mail = NULL, *server = NULL;
	const struct ev_failure *why = NULL;
	const char *said;
	bool sends, keys = false, waiting = false;

	memset(ret, 0, sizeof(*ret));
	ret->server_signs = ret->domain_signs = -1;
	ret->panel = ev_has_panel(run->ev);
	if (ret->panel) {
		mail = ev_domain_mail(run->ev, run->domain);
		server = ev_fact_any(run->ev, "mail_server", NULL, &why);
		waiting = mail == NULL || (server == NULL && why == NULL);
	}
	sends = domain_sends_here(run, &ret->sends);
	if (waiting || !sends)
		return false;
	ret->server_signs = dkim_server_signs(run, server);
	ret->domain_signs = json_tristate(mail, "dkim");
	ret->mail = mail;
	said = json_str(mail, "selector");
	if (ret->domain_signs == 0)
		return true;		/* what is published does not matter then */
	choose(run, ret, said);
	if (!ask_selectors(run, ret))
		return false;
	if (ret->panel && (!wants_keys(run, ret, &keys) || (keys && !read_keys(run, ret, said))))
		return false;
	return ask_below(run, ret);
}

enum known
dkim_can_pass(const struct run *run, const struct dkim_state *state)
{
	enum known no = KNOWN_NO;
	size_t i;

	if (run->rules->relay != NULL)		/* a relay may sign as well */
		no = NOT_KNOWN;
	if (state->panel && (state->domain_signs == 0 || state->server_signs == 0))
		return no;
	for (i = 0; i < state->count; i++) {
		const struct dkim_selector *s = &state->selectors[i];

		if (s->fault == DKIM_NOT_KNOWN)
			no = NOT_KNOWN;
		else if (s->fault <= DKIM_WEAK && (s->signing || !state->panel))
			return state->panel && state->domain_signs != 1 ? NOT_KNOWN : KNOWN_YES;
	}
	/* Selectors cannot be listed: elsewhere than where we looked there may be one. */
	if (!state->panel)
		return state->nothing_below ? no : NOT_KNOWN;
	return state->domain_signs == 1 && !state->guessed ? no : NOT_KNOWN;
}
