#include "engine/offer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "engine/copy.h"
#include "engine/delist.h"
#include "engine/plan.h"
#include "evidence/truth.h"
#include "store/store.h"

/* The panel's bit in a fix's row. */
static unsigned
panel_bit(const char *kind)
{
	static const struct { const char *kind; unsigned bit; } bits[] = {
		{ "plesk", PANEL_PLESK }, { "cpanel", PANEL_CPANEL }, { "postfix", PANEL_POSTFIX },
	};
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (strcmp(bits[i].kind, kind) == 0)
			return bits[i].bit;
	return 0;
}

static bool
run_has(const struct target_run *t, const char *id)
{
	size_t i;

	for (i = 0; i < t->finding_count; i++)
		if (strcmp(t->findings[i].id, id) == 0)
			return true;
	return false;
}

/* Without a plan: where would it be made? */
static enum fix_mode
mode_guess(const struct target_run *t, const struct fix *fix)
{
	if (fix->request)
		return MODE_REQUEST;
	if ((fix->panels & panel_bit(t->rules->panel_kind)) == 0)
		return MODE_COPY;
	if (t->scope == SCOPE_DOMAIN && (run_has(t, "dns.elsewhere") || run_has(t, "dns.at_provider")))
		return MODE_COPY;
	return MODE_ONE_CLICK;
}

static void
put_refused(struct json *offer, const struct plan_run *plan)
{
	struct json *values;
	size_t i;

	json_put_str(offer, "refused", refused_word(plan->refused));
	json_put_str(offer, "reason_id", plan->refused_id);
	values = json_put_object(offer, "reason_values");
	for (i = 0; i < sizeof(plan->refused_values) / sizeof(plan->refused_values[0]); i++)
		if (plan->refused_values[i].name != NULL)
			json_put_text(values, plan->refused_values[i].name,
			    text_of(plan->refused_values[i].value));
}

static void
put_copies(struct json *offer, const struct plan_run *plan, struct arena *a)
{
	struct json *copies = json_put_array(offer, "copies"), *removed, *values;
	size_t i;

	removed = json_put_array(offer, "remove");
	for (i = 0; i < plan->change_count; i++) {
		if (plan->changes[i].kind != CHANGE_RRSET)
			continue;
		copy_add(copies, a, &plan->changes[i]);
		copy_add_removed(removed, a, &plan->changes[i]);
	}
	if (json_first(copies) != NULL)
		json_put_copy(offer, "copy", json_first(copies));
	json_put_str(offer, "where", plan->copy_where_id);
	json_put_str(offer, "operator", plan->copy_operator);
	json_put_str(offer, "copy_text", plan->copy_text);
	if (plan->copy_text_id == NULL)
		return;
	json_put_str(offer, "copy_text_id", plan->copy_text_id);
	values = json_put_object(offer, "copy_values");
	for (i = 0; i < sizeof(plan->copy_values) / sizeof(plan->copy_values[0]); i++)
		if (plan->copy_values[i].name != NULL)
			json_put_text(values, plan->copy_values[i].name, text_of(plan->copy_values[i].value));
}

static void
one_param(struct plan_run *plan, const char *name, const char *value, struct arena *a)
{
	struct fix_param *params = arena_array(a, 1, sizeof(*params));

	params->name = name;
	params->value = value;
	plan->params = params;
	plan->param_count = 1;
}

/*
 * The target of a fix is the finding's, by the fix's scope; a server's finding
 * about somebody's thing names it in its subject.  false: it names none.
 */
static bool
aim(struct plan_run *plan, const struct target_run *t, const struct finding *f, struct arena *a)
{
	const char *thing = queue_key(f->subject), *at = strrchr(thing, '@');

	if (t->scope == SCOPE_DOMAIN)
		plan->domain = t->domain;
	/* Guide the plan to what the finding is about. */
	if (thing != f->subject)
		one_param(plan, "group", f->subject, a);
	else if (at != NULL)
		one_param(plan, "address", thing, a);
	switch (plan->fix->scope) {
	case SCOPE_ADDRESS:
		return ip_parse(text_of(f->subject), &plan->address) || plan->domain.s != NULL ||
		    ip_parse(text_of(json_str(f->data, "address")), &plan->address);
	case SCOPE_MAILBOX:
		plan->mailbox = thing;
		return at != NULL && name_parse(a, text_of(at + 1), &plan->domain);
	case SCOPE_SITE:
		plan->site = site_target(a, thing, NULL, NULL, &plan->domain);
		return plan->site != NULL;
	case SCOPE_DOMAIN:
		if (plan->domain.s == NULL)
			name_parse(a, text_of(strcmp(thing, "server") == 0 ? json_str(f->data, "domain") :
			    thing), &plan->domain);
		return plan->domain.s != NULL && name_labels(plan->domain) >= 2;
	case SCOPE_SERVER:
		break;
	}
	return true;
}

/* What this very run says about the server's conditions, in the form of a report; NULL = it is not about them. */
static const struct json *
readiness(const struct target_run *t, struct arena *a)
{
	struct json *report = NULL, *one;
	size_t i;

	for (i = 0; t->scope == SCOPE_SERVER && i < t->finding_count; i++) {
		const struct finding *f = &t->findings[i];

		if (f->check == NULL || strcmp(f->check->name, "delist_readiness") != 0 || f->data == NULL)
			continue;
		if (report == NULL) {
			report = json_new_object(a);
			json_put_array(report, "findings");
		}
		one = json_add_object(json_edit(report, "findings"));
		json_put_str(one, "check", f->check->name);
		json_put_copy(one, "data", f->data);
	}
	return report;
}

/* The gate of requests for removal as a plan made after this run finds it. */
static struct delist_gate
gate_now(struct offers *o, const struct target_run *t, struct arena *a)
{
	static const struct store_scope all = { .all = true };

	if (!o->gate_known && o->engine != NULL)
		o->gate = engine_delist_gate(o->engine, a, &all, NULL, readiness(t, a));
	o->gate_known = true;
	return o->gate;
}

/* false = cannot go on. */
static bool
offer_make(struct offers *o, struct json *offer, const struct fix *fix, const struct target_run *t,
    const struct finding *f, struct evidence *ev, struct arena *a)
{
	struct plan_run plan = { .arena = a, .ev = ev, .rules = t->rules, .options = &t->options->ask,
	    .now = evidence_now(ev), .fix = fix };
	struct activation act;
	enum fix_mode guess = mode_guess(t, fix);

	plan.mode = guess;
	if (strcmp(fix->id, "delist.request") == 0)
		plan.gate = gate_now(o, t, a);
	if (!aim(&plan, t, f, a)) {
		json_put_str(offer, "mode", fix_mode_word(guess));
		json_put_null(offer, "reason");
		return true;
	}
	evidence_begin(ev, &act);
	fix->plan(&plan);
	evidence_end(ev, &act);
	if (act.waiting > 0)
		return false;
	if (act.failure.key != NULL && plan.refused == REFUSED_NO) {
		plan.refused = REFUSED_UNKNOWN;
		plan.refused_id = "fix.refused.unknown";
		plan.refused_values[0] = (struct finding_value){ "reason",
		    arena_strdup(a, act.failure.reason) };
	}
	json_put_str(offer, "mode", fix_mode_word(plan.mode));
	json_put_null(offer, "reason");
	if (plan.refused != REFUSED_NO)
		put_refused(offer, &plan);
	else if (plan.mode != MODE_ONE_CLICK)
		put_copies(offer, &plan, a);
	return true;
}

static bool
offer_one(struct offers *o, struct json *list, const char *fix_id, const struct target_run *t,
    const struct finding *f, struct evidence *ev, struct arena *a)
{
	const char *key = arena_join(a, fix_id, " ", f->subject, NULL);
	const struct json *made = json_get(o->made, key);
	const struct fix *fix = fix_find(fix_id);
	struct json *offer;

	if (made == NULL) {
		offer = json_new_object(a);
		json_put_str(offer, "id", fix_id);
		if (fix != NULL && evidence_depth(ev) == TRUTH_AUTHORITATIVE) {
			if (!offer_make(o, offer, fix, t, f, ev, a))
				return false;
		} else {
			json_put_str(offer, "mode", fix_mode_word(fix == NULL ? MODE_COPY :
			    mode_guess(t, fix)));
			json_put_null(offer, "reason");
		}
		json_put_copy(o->made, key, offer);
		made = offer;
	}
	if (list != NULL)
		json_add_copy(list, made);
	return true;
}

bool
offers_question(struct offers *o, const struct target_run *t, struct evidence *ev, struct arena *a)
{
	bool all = true;
	size_t i, j;

	if (o->list != NULL)
		return true;
	if (o->made == NULL)
		o->made = json_new_object(a);
	for (i = 0; i < t->finding_count; i++) {		/* ask wide, then read */
		const struct finding *f = &t->findings[i];

		for (j = 0; f->row != NULL && j < FINDING_FIXES_MAX && f->row->fixes[j] != NULL; j++)
			if (!offer_one(o, NULL, f->row->fixes[j], t, f, ev, a))
				all = false;
	}
	if (!all)
		return false;
	o->list = json_new_object(a);
	for (i = 0; i < t->finding_count; i++) {
		const struct finding *f = &t->findings[i];
		struct json *list;

		list = json_put_array(o->list, arena_join(a, f->id, "@", f->subject, NULL));
		for (j = 0; f->row != NULL && j < FINDING_FIXES_MAX && f->row->fixes[j] != NULL; j++)
			offer_one(o, list, f->row->fixes[j], t, f, ev, a);
	}
	return true;
}

void
offers_put(struct json *report, const struct offers *o)
{
	struct json *f;

	for (f = json_edit_first(json_edit(report, "findings")); f != NULL; f = json_edit_next(f)) {
		char key[1024];
		const struct json *list;

		snprintf(key, sizeof(key), "%s@%s", json_str(f, "id"), json_str(f, "subject"));
		if ((list = json_get(o->list, key)) != NULL)
			json_put_copy(f, "fixes", list);
	}
}
