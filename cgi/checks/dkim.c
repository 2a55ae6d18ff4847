/*
 * DKIM: is the domain's mail signed, and does the world find the key that it is
 * signed with (RFC 6376; RFC 8301 for lengths and hashes)?
 */

#include "base/arena.h"
#include "checks/all.h"
#include "checks/dkim_state.h"
#include "checks/use.h"

static const struct finding_row rows[] = {
	{ "dkim.signing_off", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.enable" } },
	{ "dkim.key_missing", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_differs", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_truncated", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_invalid", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_revoked", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_multiple", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_unsupported", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.key_too_short", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_CUSTOMER, { "dkim.rotate" } },
	{ "dkim.key_weak", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { "dkim.rotate" } },
	{ "dkim.test_mode", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "dkim.publish" } },
	{ "dkim.ed25519_only", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { "dkim.rotate" } },
};

/* What is said of a selector; NULL = nothing is wrong, or it is judged apart. */
static const char *const finding_of[] = {
	[DKIM_WEAK] = "dkim.key_weak", [DKIM_SEVERAL] = "dkim.key_multiple",
	[DKIM_REVOKED] = "dkim.key_revoked", [DKIM_CUT] = "dkim.key_truncated",
	[DKIM_SHORT] = "dkim.key_too_short", [DKIM_BROKEN] = "dkim.key_invalid",
	[DKIM_STRANGE] = "dkim.key_unsupported", [DKIM_DIFFERS] = "dkim.key_differs",
};

/* --- what every finding shows --------------------------------------------------------------------------- */

static void
put_data(struct run *run, const char *selector, const struct dkim_record *record)
{
	struct json *data;

	run->data = NULL;
	data = run_data(run);
	json_put_str(data, "selector", selector);
	if (record != NULL && record->bits > 0)
		json_put_int(data, "bits", record->bits);
	else
		json_put_null(data, "bits");
	json_put_str(data, "type", record == NULL || !record->type_known ? NULL :
	    record->type == KEY_RSA ? "rsa" : "ed25519");
	if (record != NULL)
		json_put_text(data, "record", record->text);
}

/* data and evidence of what is reported from here on. */
static void
show(struct run *run, const struct dkim_selector *s)
{
	run->evidence = NULL;
	run_dns(run, s->answer);
	put_data(run, s->selector, s->record);
}

/* The first problem of a record, in the word of dkim key. */
static const char *
problem_of(const struct dkim_selector *s)
{
	size_t i;

	for (i = 0; i < s->key.problems.count; i++)
		if (s->key.problems.list[i].severity == PROBLEM_ERROR)
			return s->key.problems.list[i].code;
	return "";
}

static void
say(struct run *run, const struct dkim_state *state, const struct dkim_selector *s, const char *id)
{
	struct finding *f = report(run, id, NULL);

	finding_value(f, "selector", s->selector);
	finding_value(f, "name", s->name.s);
	finding_value_int(run, f, "count", (int64_t)s->key.count);
	finding_value_int(run, f, "bits", s->record == NULL ? 0 : s->record->bits);
	finding_value(f, "record", s->record == NULL ? "" : text_show(run->arena, s->record->text));
	finding_value(f, "fault", problem_of(s));
	if (s->panel_record.n > 0)
		finding_panel(run, f, "dkim_key", state->keys);
	if (state->server_signs == 0)
		finding_parent(run, f, "dkim_server.signing_off", "server");
}

/* --- judging ------------------------------------------------------------------------------------------------ */

static void
report_off(struct run *run, const struct dkim_state *state)
{
	struct finding *f;

	put_data(run, run->rules->dkim_selector, NULL);
	f = report(run, "dkim.signing_off", NULL);
	if (state->server_signs == 0) {
		finding_variant(run, f, "server");
		finding_parent(run, f, "dkim_server.signing_off", "server");
	}
	finding_panel(run, f, "domain_mail", json_get(state->mail, "dkim"));
}

/* Everybody can verify RSA, not everybody Ed25519 (RFC 8463 4). */
static bool
only_ed25519(const struct dkim_state *state)
{
	size_t i;
	bool some = false;

	for (i = 0; i < state->count; i++) {
		const struct dkim_record *r = state->selectors[i].record;

		if (r == NULL || r->key == NULL)
			continue;
		if (r->type == KEY_RSA)
			return false;
		some = true;
	}
	return some && !state->other_rsa;
}

static void
report_key(struct run *run, const struct dkim_state *state, const struct dkim_selector *s)
{
	if (finding_of[s->fault] != NULL)
		say(run, state, s, finding_of[s->fault]);
	if (s->fault > DKIM_WEAK)
		return;			/* one cause, one finding */
	if (s->record->testing)
		say(run, state, s, "dkim.test_mode");
	if (s->record->type == KEY_ED25519 && only_ed25519(state))
		say(run, state, s, "dkim.ed25519_only");
}

/* A key is missing only where somebody said that mail is signed with it. */
static bool
must_be_there(const struct dkim_state *state, const struct dkim_selector *s)
{
	return state->panel && state->domain_signs == 1 && s->signing && !state->guessed;
}

static void
report_none_found(struct run *run, const struct dkim_state *state)
{
	struct finding *f;

	report_unknown(run, state->panel ? "unsupported" : "not_found");
	f = &run->findings[run->finding_count - 1];
	if (!state->panel) {
		finding_variant(run, f, "no_key");
		finding_value(f, "name", state->selectors[0].name.s);
	}
	finding_value(f, "what", state->selectors[0].name.s);
	finding_value(f, "detail", "");
}

static void
judge(struct run *run, const struct dkim_state *state)
{
	const struct dkim_selector *best = NULL, *s;
	bool found = false, reported = false;
	size_t i;

	for (i = 0; i < state->count; i++) {
		s = &state->selectors[i];
		show(run, s);
		if (s->fault == DKIM_NOT_KNOWN) {
			reported = !ev_need(run->ev, s->answer);
		} else if (s->fault != DKIM_NO_KEY) {
			report_key(run, state, s);
			best = best == NULL || s->fault < best->fault ? s : best;
			found = true;
		} else if (must_be_there(state, s)) {
			say(run, state, s, "dkim.key_missing");
			reported = true;
		}
	}
	show(run, best != NULL ? best : &state->selectors[0]);
	if (!found && !reported)
		report_none_found(run, state);
	/* The world has a good key; whether it is ours could not be found out. */
	if (state->keys_failed != NULL && best != NULL && best->fault <= DKIM_WEAK)
		ev_fail(run->ev, arena_printf(run->arena, "dkim_key %s", run->domain.s),
		    state->keys_failed, NULL);
}

static void
check(struct run *run)
{
	struct dkim_state state;
	bool parked = false, looked = dkim_look(run, &state);

	if (!domain_is_parked(run, &parked) || !looked)
		return;
	if (parked)
		report_not_applicable(run, "parked");
	else if (!state.sends)
		report_not_applicable(run, "not_sending");
	else if (state.panel && state.domain_signs == 0)
		report_off(run, &state);
	else if (state.count > 0)
		judge(run, &state);
	else				/* the name of a key would be too long */
		ev_fail(run->ev, "selector", "value", NULL);
}

const struct check check_dkim = {
	"dkim", SCOPE_DOMAIN, "dkim", rows, sizeof(rows) / sizeof(rows[0]), check,
};
